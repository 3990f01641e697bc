"""Large files of JSON Lines, read in SQL: they give what small ones give."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.demonstrations.conftest import WriteFile, lines
from workbench.demonstrations import bulk, bulk_child, bulk_sql
from workbench.demonstrations.column_choice import choose_columns
from workbench.demonstrations.importing import import_demonstrations
from workbench.errors import InvalidInput
from workbench.workspace import Workspace

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = json.dumps({"author": "kim", "choice": None, "asked": asdict(bulk.Asked())})

ODD: list[dict[str, object]] = [
    {"prompt": "Plain?", "response": "Yes.", "tags": ["a", "b"], "source": "s", "fact_id": "f1"},
    {"prompt": " space ", "response": "x", "tags": "p;q"},
    {"prompt": "Straße in Łódź – wo?", "response": "Dort.\u00a0Ja  so", "author": "Ada", "status": "draft"},
    {"prompt": "", "response": "x"},
    {"prompt": 42, "response": {"text": ["inner"]}, "tags": [1, "a", "a"]},
    {"prompt": "Plain?", "response": "Yes."},
    {"prompt": "Side?", "response": "y", "split": "val", "key_facts": ["y"]},
    {"prompt": "bad split", "response": "y", "split": "holdout"},
    {"prompt": "true", "response": "-7", "source": "\u2003", "origin": None},
    {"prompt": "Nothing?", "response": "null"},
    {"prompt": "Nothing?", "response": " #N/A\n"},
    {"prompt": "Nothing?", "response": "None"},
    {"prompt": "Nothing?", "response": "#N/A is nothing"},
    {"prompt": "NUL", "response": "a\u0000b"},
    {"prompt": "of the", "response": "only function words"},
    {"prompt": "x" * 20_001, "response": "y"},
    {"prompt": "Line tab?", "response": "\u000bA line tab before it."},
    {"prompt": "Said null?", "response": "y", "key_facts": "null"},
    {"prompt": "No facts?", "response": "y", "key_facts": []},
    {"prompt": "Odd tags?", "response": "1", "tags": ["a\u0000"]},
    {"prompt": "Odd tags?", "response": "2", "tags": ["a" * 20_001]},
]


def said(*texts: object, roles: tuple[object, ...] = ("user", "assistant")) -> list[dict[str, object]]:
    return [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]


WITH_SYSTEM = ("system", "user", "assistant")
CHATS: list[dict[str, object]] = [
    {"messages": said("Who pays?", "We do."), "tags": "travel; money ;; "},
    {"messages": said(" Brief.\n", " Who pays?\n", "\tWe do.\n", roles=WITH_SYSTEM), "source": " s\n"},
    {"messages": said("", "\u2003Who?", "Ada", roles=("Developer", "HUMAN", "gpt")), "author": "\n"},
    {"messages": [{"from": "human", "value": "Where?"}, {"from": "bard", "value": "Here.", "weight": 1}]},
    {
        "messages": [
            {"from": "human", "value": "Both?", "role": None, "content": None},
            {"role": "assistant", "content": "Yes.", "from": None, "value": None},
        ]
    },
    {"messages": said("Parts?", [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}])},
    {"messages": json.dumps(said("In a cell?", "As JSON."))},
    {"messages": said("Twice?", "1", "And?", "2", roles=("user", "assistant") * 2)},
    {"messages": said("a", "b", "c", roles=("system", "system", "user"))},
    {"messages": said("a", "b", "c", "d", roles=("system", *WITH_SYSTEM))},
    {"messages": said("Number?", 5)},
    {"messages": said(True, "Yes")},
    {"messages": said("5", "null")},
    {"messages": said("[list]?", "{object}.")},
    {"messages": said("Tool?", "x", roles=("user", "tool"))},
    {"messages": said("x" * 15_000, "y" * 15_000, "z", roles=WITH_SYSTEM)},
    {"messages": said("No answer?", None)},
    {"messages": [None, "text"]},
    {"messages": {}},
    {"messages": []},
    {"messages": None, "prompt": "Beside?", "response": "Taken."},
]
CONTEXTS: list[dict[str, object]] = [
    {"instruction": " Sum up.\n", "input": "\nThe gym is shut.\n", "output": "Shut."},
    {"instruction": "Sum up.", "input": "\u00a0The gym.", "output": "Gym."},
    {"instruction": "Sum up.\u00a0", "input": "The pool.", "output": "Pool."},
    {"instruction": "Who?", "input": " \n", "output": "Ada", "context": "not read: the other is there"},
    {"instruction": "Who else?", "input": None, "output": "Bo", "context": "Bo is here."},
    {"instruction": 5, "input": "five", "output": "5"},
    {"instruction": "Add up.", "input": 5, "output": "5"},
    {"instruction": "Add up.", "input": [5], "output": "5"},
    {"instruction": "", "input": "Only a context.", "output": "x"},
    {"instruction": "Long?", "input": "x" * 19_999, "output": "x"},
    {"input": "No instruction.", "output": "x"},
]
PASSAGES: list[dict[str, object]] = [
    {"question": "Who?", "answer": "Ada", "context": "Ada leads IT.\n", "status": "published", "split": "eval"},
    {"question": "Who?", "answer": "Bo", "context": ["Bo is here.", "So is Ada."], "status": "Open"},
    {"question": "", "answer": "x", "context": "A passage that nobody asks about.", "status": " "},
    {"question": "Why?", "answer": "So.", "context": {"weight": 1}, "split": "nowhere"},
    {"question": "How?", "answer": "So.", "context": "[1]", "system_prompt": "Be brief.", "history": []},
    {"question": "When?", "answer": "Now.", "system_prompt": " ", "history": [["Who?", "Ada."], ["Bo?", None]]},
    {"question": "When?", "answer": "Then.", "history": "[]", "status": "discarded", "split": "train_sft"},
    {"question": "Where?", "answer": "Here.", "history": "no list", "status": "nobody knows"},
]
SYSTEMS: list[dict[str, object]] = [
    {"system": "Be brief.", "conversations": said("Who?", "Ada")},
    {"system": "Be brief.", "conversations": said("Be brief.", "Who leads?", "Ada", roles=WITH_SYSTEM)},
    {"system": "", "conversations": said("Be kind.", "Who?", "Bo", roles=WITH_SYSTEM)},
    {"system": None, "conversations": said("Where?", "Here."), "Status": "Live", "score": 3},
    {"system": {"weight": 1}, "conversations": said("Where?", "There.")},
]


@pytest.mark.parametrize(
    "rows",
    [ODD, CHATS, CONTEXTS, PASSAGES, SYSTEMS],
    ids=["texts", "conversations", "contexts", "passages", "systems"],
)
def test_the_way_for_large_files_gives_what_the_other_gives(
    ws: Workspace, file: WriteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, object]]
) -> None:
    text = (
        lines(rows)
        + '\n  \n{"prompt": "mended", "response": "x",}\n{"prompt": "cut\n[1]\n{"prompt": "\\ud83d", "response": "x"}'
        + '\n\x0c\n\u2028\n{"prompt": "not a number", "response": NaN}'
        + '\n\ufeff{"prompt": "another file begins", "response": "x"}\n{"prompt": "", "response": "last"}'
    )
    path = file("a.jsonl", text)
    small = import_demonstrations(ws, path, author="kim")
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    with Workspace.open(tmp_path / "other", owner="test") as other:
        large = import_demonstrations(other, path, author="kim")
        plain, staged = ({(r.prompt, r.response): r for r in w.demonstrations.list()} for w in (ws, other))
        assert import_demonstrations(other, path, author="kim").accepted == 0
        assert not list(other.root.glob("import-*"))
    assert large == small
    assert plain.keys() == staged.keys()
    for key, row in plain.items():
        twin = staged[key]
        for name in ("tags", "source", "author", "status", "split", "fact_id", "key_facts", "group_key", "origin"):
            assert getattr(row, name) == getattr(twin, name), (key, name)


@pytest.mark.parametrize(
    ("rows", "plain"),
    [
        ([{"prompt": " Where?\n", "response": "Here.\r\n", "tags": "a; b"}], "prompt and response"),
        (
            [{"messages": said("Brief.", "Who?", "Ada", roles=WITH_SYSTEM)}, {"messages": said("Who?", "Bo")}],
            "messages",
        ),
        ([{"conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "Bo"}]}], "ShareGPT"),
        ([{"instruction": "Sum up.", "input": "The gym is shut.", "output": "Shut."}], "Alpaca"),
        ([{"instruction": "Who?", "input": "", "output": "Bo", "system": "", "history": []}], "empty history"),
        ([{"question": "Who?", "context": "Ada leads IT.", "answer": "Ada"}], "SQuAD"),
        ([{"text": "Who?", "question": "Who?", "answer": "Bo", "status": "submitted", "split": "valid"}], "words"),
    ],
)
def test_what_people_bring_by_the_million_is_read_without_python(
    file: WriteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, object]], plain: str
) -> None:
    monkeypatch.setattr(bulk_child, "all_fields", None)
    found = json.loads(bulk_child.stage([str(file("a.jsonl", lines(rows))), "a.jsonl", str(tmp_path), SETTINGS]))
    assert (found["good"], found["refused"]) == (len(rows), 0), plain


def test_columns_that_a_large_file_lacks_are_as_in_a_small_one(
    ws: Workspace, file: WriteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"prompt": f"Where is room {n}?", "response": f"Floor {n}."} for n in range(3)]
    path = file("team's.jsonl", lines(rows))
    import_demonstrations(ws, path, author="O'Neil")
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    with Workspace.open(tmp_path / "other", owner="test") as other:
        import_demonstrations(other, path, author="O'Neil")
        small, large = (
            [replace(row, id="", created_at=NOW, updated_at=NOW) for row in w.demonstrations.list()]
            for w in (ws, other)
        )
    assert small == large
    assert {(row.author, row.source, row.status, row.fact_id) for row in large} == {
        ("O'Neil", "team's.jsonl", "approved", None)
    }


def test_rows_of_a_file_of_several_buffers_keep_their_order(ws: Workspace, tmp_path: Path) -> None:
    # DuckDB reads 32 MB at a time, on several threads; odd rows are known by their place among all of them.
    path, filling, rows = tmp_path / "a.jsonl", "x" * 400, 90_000
    with path.open("w", encoding="utf-8") as file:
        for n in range(rows):
            odd = {1: " odd ", 2: '"broken '}.get(n % 1_000, "")
            file.write(f'{{"prompt": "{odd}Room {n}?", "response": "{filling} {n}"}}\n')
    report = import_demonstrations(ws, path, author="kim")
    assert [row.row for row in report.rejected] == [n + 1 for n in range(2, rows, 1_000)]
    assert report.accepted == rows - len(report.rejected)
    with ws.database.read() as cursor:
        cursor.execute("SELECT regexp_extract(response, '\\d+$')::INTEGER FROM demonstrations ORDER BY position")
        assert [n for (n,) in cursor.fetchall()] == [n for n in range(rows) if n % 1_000 != 2]


def test_a_column_that_comes_late_in_a_large_file(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    rows = [{"prompt": f"Where is room {n}?", "response": f"Floor {n}."} for n in range(6_000)]
    late = [row | {"status": "draft"} for row in rows[3_000::50]]
    import_demonstrations(ws, file("a.jsonl", lines([*rows[:3_000], *late, *rows[3_000:]])), author="kim")
    assert ws.demonstrations.count(status="draft") == len(late)


def test_a_large_file_without_the_memory_for_its_keys_is_not_called_broken(
    file: WriteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_prompts: object) -> object:
        raise MemoryError("no room")

    monkeypatch.setattr(bulk_child, "prompt_keys", fail)
    path = file("a.jsonl", lines([{"prompt": "Where?", "response": "Here."}]))
    with pytest.raises(MemoryError):
        bulk_child.stage([str(path), "a.jsonl", str(tmp_path), SETTINGS])


def test_columns_that_differ_by_case_only_are_read_from_large_files_too(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    rows: list[dict[str, object]] = [
        {"prompt": "A?", "Prompt": "a?", "response": "1", "status": "draft", "Status": "rejected", "SOURCE": "s"},
        {"prompt": "B?", "response": "2", "Status": "draft", "source": "t"},
    ]
    import_demonstrations(ws, file("a.jsonl", lines(rows)), author="kim")
    found = [(row.prompt, row.status, row.source) for row in ws.demonstrations.list()]
    # Of two names that mean the same the first in the file counts, as everywhere.
    assert found == [("A?", "draft", "s"), ("B?", "approved", "a.jsonl")]


@pytest.mark.parametrize("texts", [["prompt", "response"], ["messages"], ["instruction", "input", "output"]])
def test_nothing_in_the_query_for_plain_rows_changes_their_order(texts: list[str]) -> None:
    columns = [*texts, "tags", "source", "author", "status", "split", "fact_id", "key_facts", "origin"]
    with duckdb.connect() as database:
        database.execute(f"CREATE FUNCTION {bulk_sql.KEY_FUNCTION}(prompt) AS 0")
        sql = bulk_sql.rows_sql(__file__, choose_columns(columns), {"source": "a", "author": "b"})
        plan = str(database.execute(f"EXPLAIN {sql}").fetchall())
    assert "Read Json" in plan
    assert not re.search("join|sort|order|aggregate", plan, re.IGNORECASE)


def test_a_large_file_of_messages_or_of_nothing(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    both = said("Who?", "Ada.")
    report = import_demonstrations(
        ws, file("a.jsonl", lines([{"messages": both}, {"messages": both[:1]}])), author="kim"
    )
    assert (report.accepted, [row.row for row in report.rejected]) == (1, [2])
    report = import_demonstrations(ws, file("d.jsonl", lines([{"messages": both[:1]}])), author="kim")
    assert (report.accepted, [row.row for row in report.rejected]) == (0, [1])
    with pytest.raises(InvalidInput, match="no column is the response"):
        import_demonstrations(ws, file("b.jsonl", lines([{"prompt": "A?", "x": "b"}] * 3)), author="kim")
    with pytest.raises(InvalidInput, match="is a JSON object in UTF-8"):
        import_demonstrations(ws, file("c.jsonl", b"\xff\xfe\x00 no json\n" * 9), author="kim")


def test_what_was_asked_by_command_holds_for_large_files(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    row: dict[str, object] = {"q": "A?", "wording": "B?", "answer": "1", "text": "2"}
    report = import_demonstrations(
        ws, file("a.jsonl", lines([row])), author="kim", prompt_column="wording", response_column="text"
    )
    assert [(row.prompt, row.response) for row in ws.demonstrations.list()] == [("B?", "2")]
    assert report.unused_columns == ("q", "answer")
    both = said("Who?", "Ada.", "And?", "Bo.", roles=("user", "assistant") * 2)
    path = file("b.jsonl", lines([{"messages": both}]))
    asked = bulk.Asked(turns="first")
    with bulk.staged_file(ws.root, path, author="kim", asked=asked) as staged:
        assert (staged.good, staged.refused) == (1, 0)


def test_rejected_rows_beyond_the_list_are_counted(
    file: WriteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_child, "MAX_REJECTED", 2)
    rows = [{"prompt": f"Question {n}?" * (n % 2), "response": "x"} for n in range(10)]
    found = json.loads(bulk_child.stage([str(file("a.jsonl", lines(rows))), "a.jsonl", str(tmp_path), SETTINGS]))
    assert (found["good"], found["refused"]) == (5, 5)
    assert [row for row, _ in found["rejected"]] == [1, 3, 5]
    assert found["rejected"][-1][1].startswith("this row and 2 more cannot be taken")
