"""What sides rows get when many come in at once, and what bulk changes leave behind."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.demonstrations.conftest import WriteFile
from workbench.demonstrations import bulk, bulk_child, bulk_sql
from workbench.demonstrations.columns import choose_columns
from workbench.demonstrations.editing import (
    add_demonstration,
    change_demonstrations,
    delete_demonstrations,
    link_wordings,
    undo_changes,
    update_demonstration,
)
from workbench.demonstrations.importing import import_demonstrations
from workbench.demonstrations.splits import assign_split
from workbench.errors import InvalidInput
from workbench.workspace import Workspace

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_near_duplicates_share_a_side_and_nothing_moves_when_others_come(ws: Workspace, file: WriteFile) -> None:
    first = [{"prompt": f"Where is room {n} in the house?", "response": f"Floor {n}."} for n in range(60)]
    import_demonstrations(ws, file("a.jsonl", lines(first)), author="kim")
    before = {row.prompt: row.split for row in ws.demonstrations.list()}
    assert all(split == assign_split(prompt) for prompt, split in before.items())
    assert len(set(before.values())) == 3
    near = [{"prompt": f"where's room {n}, house", "response": f"On floor {n}."} for n in range(60)]
    import_demonstrations(ws, file("b.jsonl", lines(near)), author="kim")
    after = {row.prompt: row.split for row in ws.demonstrations.list()}
    assert {prompt: after[prompt] for prompt in before} == before
    assert [after[f"where's room {n}, house"] for n in range(60)] == [
        before[f"Where is room {n} in the house?"] for n in range(60)
    ]


def test_a_side_that_the_file_states_yields_to_the_same_prompt_only(ws: Workspace, file: WriteFile) -> None:
    add_demonstration(ws, prompt="Where is the gym?", response="1", author="kim", split="train")
    rows = [
        {"prompt": "where  IS the gym?", "response": "2", "split": "test"},
        {"prompt": "Gym where?", "response": "3", "split": "test"},
        {"prompt": "The gym, where?", "response": "4"},
    ]
    import_demonstrations(ws, file("a.jsonl", lines(rows)), author="kim")
    found = ws.demonstrations.list()
    assert [row.split for row in found] == ["train", "train", "test", "train"]
    assert len({row.group_key for row in found}) == 1


def test_one_fact_in_ten_is_held_out_with_all_its_wordings(ws: Workspace, file: WriteFile) -> None:
    rows = [
        {"prompt": f"{words} {n}?", "response": f"{n}.", "fact_id": f"f{n}"}
        for n in range(400)
        for words in ("Where is room", "How to find room", "Way to office", "Directions towards number")
    ]
    import_demonstrations(ws, file("a.jsonl", lines(rows)), author="kim")
    sides: dict[str | None, set[str]] = {}
    for row in ws.demonstrations.list():
        sides.setdefault(row.fact_id, set()).add(row.split)
    trained = sum("train" in found for found in sides.values())
    # Of 400 facts 360 are not withheld; of those, one in 600 has no wording in training by chance (0.2 to the 4th).
    assert 335 <= trained <= 380
    assert sum(found == {"test"} for found in sides.values()) >= 8
    assert sum(found == {"validation"} for found in sides.values()) >= 8


def test_a_fact_that_trains_already_is_not_withheld(ws: Workspace, file: WriteFile) -> None:
    for n in range(60):
        add_demonstration(ws, prompt=f"Old {n}?", response="x", author="kim", split="train", fact_id=f"f{n}")
    rows = [{"prompt": f"New {n}?", "response": "x", "fact_id": f"f{n}"} for n in range(60)]
    import_demonstrations(ws, file("a.jsonl", lines(rows)), author="kim")
    found = {row.prompt: row.split for row in ws.demonstrations.list() if row.prompt.startswith("New")}
    assert found == {prompt: assign_split(prompt) for prompt in found}


ODD = [
    {"prompt": "Plain?", "response": "Yes.", "tags": ["a", "b"], "source": "s", "fact_id": "f1"},
    {"prompt": " space ", "response": "x", "tags": "p;q"},
    {"prompt": "Straße in Łódź – wo?", "response": "Dort.\u00a0Ja  so", "author": "Ada", "status": "draft"},
    {"prompt": "", "response": "x"},
    {"prompt": 42, "response": {"text": ["inner"]}, "tags": [1, "a", "a"]},
    {"prompt": "Plain?", "response": "Yes."},
    {"prompt": "Side?", "response": "y", "split": "val", "key_facts": ["y"]},
    {"prompt": "bad split", "response": "y", "split": "holdout"},
    {"prompt": "true", "response": "null", "source": "\u2003", "origin": None},
    {"prompt": "NUL", "response": "a\u0000b"},
    {"prompt": "of the", "response": "only function words"},
    {"prompt": "x" * 20_001, "response": "y"},
    {"prompt": "Line tab?", "response": "\u000bA line tab before it."},
    {"prompt": "Said null?", "response": "y", "key_facts": "null"},
    {"prompt": "Odd tags?", "response": "1", "tags": ["a\u0000"]},
    {"prompt": "Odd tags?", "response": "2", "tags": ["a" * 20_001]},
]


def test_the_way_for_large_files_gives_what_the_other_gives(
    ws: Workspace, file: WriteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        lines(ODD)
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
        bulk_child.stage([str(path), "a.jsonl", str(tmp_path), json.dumps({"author": "kim", "choice": None})])


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
    assert found == [("A?", "rejected", "s"), ("B?", "draft", "a.jsonl")]


def test_nothing_in_the_query_for_plain_rows_changes_their_order() -> None:
    columns = ["prompt", "response", "tags", "source", "author", "status", "split", "fact_id", "key_facts", "origin"]
    with duckdb.connect() as database:
        database.execute(f"CREATE FUNCTION {bulk_sql.KEY_FUNCTION}(prompt) AS 0")
        sql = bulk_sql.rows_sql(__file__, columns, choose_columns(columns), {"source": "a", "author": "b"})
        plan = str(database.execute(f"EXPLAIN {sql}").fetchall())
    assert "Read Json" in plan
    assert not re.search("join|sort|order|aggregate", plan, re.IGNORECASE)


def test_a_large_file_of_messages_or_of_nothing(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LARGE_BYTES", 0)
    said = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Ada."}]
    report = import_demonstrations(
        ws, file("a.jsonl", lines([{"messages": said}, {"messages": said[:1]}])), author="kim"
    )
    assert (report.accepted, [row.row for row in report.rejected]) == (1, [2])
    report = import_demonstrations(ws, file("d.jsonl", lines([{"messages": said[:1]}])), author="kim")
    assert (report.accepted, [row.row for row in report.rejected]) == (0, [1])
    with pytest.raises(InvalidInput, match="no column is the response"):
        import_demonstrations(ws, file("b.jsonl", lines([{"prompt": "A?", "x": "b"}] * 3)), author="kim")
    with pytest.raises(InvalidInput, match="is a JSON object in UTF-8"):
        import_demonstrations(ws, file("c.jsonl", b"\xff\xfe\x00 no json\n" * 9), author="kim")


def test_rejected_rows_beyond_the_list_are_counted(
    file: WriteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_child, "MAX_REJECTED", 2)
    rows = [{"prompt": f"Question {n}?" * (n % 2), "response": "x"} for n in range(10)]
    settings = json.dumps({"author": "kim", "choice": None})
    found = json.loads(bulk_child.stage([str(file("a.jsonl", lines(rows))), "a.jsonl", str(tmp_path), settings]))
    assert (found["good"], found["refused"]) == (5, 5)
    assert [row for row, _ in found["rejected"]] == [1, 3, 5]
    assert found["rejected"][-1][1].startswith("this row and 2 more cannot be taken")


def test_many_rows_change_at_once_and_come_back(ws: Workspace) -> None:
    rows = [add_demonstration(ws, prompt=f"Q {n}?", response="x", author="kim", tags=["a", "b"]) for n in range(4)]
    ids = [row.id for row in rows[:3]]
    assert change_demonstrations(ws, ids, by="Ben", status="rejected", add_tags=["c", "a"], remove_tags=["b"]) == 3
    assert [(row.status, row.tags) for row in ws.demonstrations.list()] == [("rejected", ("a", "c"))] * 3 + [
        ("approved", ("a", "b"))
    ]
    assert ws.demonstrations.history(ids[0])[0].replaced_by == "Ben"
    assert undo_changes(ws, ids, by="Ben") == 3
    assert {(row.status, row.tags) for row in ws.demonstrations.list()} == {("approved", ("a", "b"))}
    assert delete_demonstrations(ws, ids, by="Ben") == 3
    assert ws.demonstrations.count() == 1
    assert undo_changes(ws, ids, by="Ben") == 3
    assert ws.demonstrations.count() == 4
    with pytest.raises(InvalidInput, match="must be draft"):
        change_demonstrations(ws, ids, by="Ben", status="great")  # type: ignore[arg-type]


def test_linked_wordings_state_one_fact_and_stay_where_they_are(ws: Workspace) -> None:
    one, two, three = (
        add_demonstration(ws, prompt=f"Wording {n}?", response="x", author="kim", split=split)
        for n, split in enumerate(("train", "test", "validation"))
    )
    with pytest.raises(InvalidInput, match="at least two"):
        link_wordings(ws, [one.id], by="kim")
    fact = link_wordings(ws, [one.id, two.id], by="kim")
    assert link_wordings(ws, [three.id, two.id], by="kim") == fact
    found = ws.demonstrations.list()
    assert {row.fact_id for row in found} == {fact}
    assert [row.split for row in found] == ["train", "test", "validation"]


def test_a_changed_side_takes_the_whole_group_along(ws: Workspace) -> None:
    one = add_demonstration(ws, prompt="Where is the gym?", response="1", author="kim", split="train")
    two = add_demonstration(ws, prompt="where's gym", response="2", author="kim", split="test")
    assert two.split == "train"
    update_demonstration(ws, one.id, by="kim", split="test")
    assert {row.split for row in ws.demonstrations.list()} == {"test"}
    other = add_demonstration(ws, prompt="Where is the pool?", response="3", author="kim", split="train")
    assert update_demonstration(ws, other.id, by="kim", prompt="Where, the gym?").split == "test"
