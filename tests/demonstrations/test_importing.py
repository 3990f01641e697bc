"""Importing demonstrations."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.demonstrations.conftest import WriteFile, write_workbook
from workbench.demonstrations.columns import RowError, choose_columns, conversation
from workbench.demonstrations.delimited import guard, unguard
from workbench.demonstrations.editing import add_demonstration
from workbench.demonstrations.exporting import export_demonstrations
from workbench.demonstrations.import_preview import preview_demonstrations
from workbench.demonstrations.import_report import rejected_csv
from workbench.demonstrations.importing import import_demonstrations, read_demonstrations
from workbench.demonstrations.parsing import parse_file
from workbench.demonstrations.splits import assign_split
from workbench.errors import UnreadableFile
from workbench.workspace import Workspace


def texts(ws: Workspace) -> list[tuple[str, str]]:
    return [(row.prompt, row.response) for row in ws.demonstrations.list()]


def test_jsonl_row_by_row(ws: Workspace, file: WriteFile) -> None:
    path = file(
        "rows.jsonl",
        '{"prompt": "Where is HR?", "response": "Floor 2."}\r\n'
        "\r\n"
        '{"prompt": " ", "response": "Floor 3."}\r\n'
        "[1, 2]\r\n"
        '{"prompt": "Who leads IT?", "response": "Ada Byron.", "tags": ["it", "people", "it"], "split": "val"}\r\n'
        '{"prompt": "Who cut this li',
    )
    report = import_demonstrations(ws, path, author="kim")
    assert (report.format, report.rows, report.accepted, report.duplicates) == ("jsonl", 5, 2, 0)
    assert [row.row for row in report.rejected] == [3, 4, 6]
    reasons = {row.row: row.reason for row in report.rejected}
    assert reasons[3] == "the prompt is empty"
    assert reasons[4] == "the row is not a JSON object of named values"
    assert "cut off" in reasons[6]
    second = ws.demonstrations.list()[1]
    assert (second.split, second.tags, second.author) == ("validation", ("it", "people"), "kim")
    assert (second.status, second.source) == ("approved", "rows.jsonl")


def test_the_same_file_twice_adds_nothing(ws: Workspace, file: WriteFile) -> None:
    path = file("rows.jsonl", '{"prompt": "A?", "response": "B"}\n{"prompt": "A?  ", "response": "B"}\n')
    first = import_demonstrations(ws, path, author="kim")
    again = import_demonstrations(ws, path, author="kim")
    assert (first.accepted, first.duplicates) == (1, 1)
    assert (again.rows, again.accepted, again.duplicates) == (2, 0, 2)
    assert ws.demonstrations.count() == 1


def test_csv_counts_data_rows_and_says_the_line(ws: Workspace, file: WriteFile) -> None:
    path = file(
        "rows.csv",
        'id;Question;Ideal Answer\n1;Where?;"On two\nlines; with a semicolon"\n'
        "2;;Nobody asked\n\n3;When?;At 9:00;extra\n",
    )
    report = import_demonstrations(ws, path, author="kim")
    assert (report.format, report.rows, report.accepted) == ("csv", 3, 1)
    assert texts(ws) == [("Where?", "On two\nlines; with a semicolon")]
    # The first record spans lines 2 and 3; line 5 is empty.
    assert [(row.row, row.reason) for row in report.rejected] == [
        (2, "the prompt is empty (line 4 of the file, the header line counted)"),
        (3, "the row has 4 cells but the header has 3 (line 6 of the file, the header line counted)"),
    ]


def test_tsv_and_byte_order_mark(ws: Workspace, file: WriteFile) -> None:
    path = file("rows.tsv", "prompt\tresponse\nWo?\tIm Büro, hinten\n".encode("utf-16"))
    assert import_demonstrations(ws, path, author="kim").accepted == 1
    assert texts(ws) == [("Wo?", "Im Büro, hinten")]


def test_a_quote_that_is_never_closed_costs_one_row(ws: Workspace, file: WriteFile) -> None:
    path = file("rows.csv", 'prompt,response\nA?,B\nC?,"D\nE?,F\n')
    report = import_demonstrations(ws, path, author="kim")
    assert report.accepted == 1
    assert [(row.row, "never closed" in row.reason) for row in report.rejected] == [(2, True)]


def test_json_lists_wrapped_lists_and_lines_called_json(ws: Workspace, file: WriteFile) -> None:
    rows = [{"instruction": "Sum up:", "input": "a long text", "output": "short"}, {"instruction": "x"}]
    report = import_demonstrations(ws, file("a.json", json.dumps(rows)), author="kim")
    assert (report.format, report.accepted) == ("json", 1)
    assert [(row.row, row.reason) for row in report.rejected] == [(2, "the response is empty")]
    assert texts(ws) == [("Sum up:\n\na long text", "short")]
    wrapped = file("b.json", json.dumps({"data": [{"q": "Q", "a": 42}]}))
    assert import_demonstrations(ws, wrapped, author="kim").accepted == 1
    assert texts(ws)[-1] == ("Q", "42")
    lines = file("c.json", '{"prompt": "L", "response": "1"}\n{"prompt": "M", "response": "2"}\n')
    assert import_demonstrations(ws, lines, author="kim").format == "jsonl"


def test_messages_with_content_parts_and_sharegpt(ws: Workspace, file: WriteFile) -> None:
    parts = [{"type": "text", "text": "Where"}, {"type": "text", "text": "is it?"}]
    rows = [
        {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": "Here."}]},
        {"conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "Ada."}]},
        {"messages": [{"role": "user", "content": "One"}] * 3},
    ]
    path = file("chat.jsonl", "\n".join(json.dumps(row) for row in rows))
    report = import_demonstrations(ws, path, author="kim")
    # Only one of the two names is looked for in a file: the first in the list, 'messages'.
    assert report.accepted == 1
    assert texts(ws) == [("Where\nis it?", "Here.")]
    assert conversation(rows[1]["conversations"]) == ("Who?", "Ada.")
    assert report.rejected[-1].row == 3
    assert "not one question and one answer" in report.rejected[-1].reason


def test_a_system_message_belongs_to_the_prompt() -> None:
    messages = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello.")]
    rows = [{"role": role, "content": content} for role, content in messages]
    assert conversation(rows) == ("Be brief.\n\nHi", "Hello.")
    with pytest.raises(RowError, match="not text"):
        conversation([{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "name,age\nAda,36\n", "no column is the prompt: the columns are 'name', 'age'"),
        ("a.csv", "prompt,age\nAda,36\n", "no column is the response"),
        ("a.csv", "prompt,prompt,response\n1,2,3\n", "stands twice"),
        ("a.csv", "prompt,response\n", "no rows"),
        ("a.jsonl", "", "the file is empty"),
        ("a.json", " \n ", "the file is empty"),
        ("a.json", "[]", "no rows"),
        ("a.json", '{"prompt": ', "not valid JSON"),
        ("a.jsonl", "no json\nat all\n", "not one row can be read; row 1"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.jsonl", bytes(range(256)) * 40, "binary data"),
        ("a.xlsx", b"PK\x03\x04", "zip file is damaged or cut off"),
        ("a", "x", "files ending in ''"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    ws: Workspace, file: WriteFile, name: str, content: str | bytes, words: str
) -> None:
    with pytest.raises(UnreadableFile) as caught:
        import_demonstrations(ws, file(name, content), author="kim")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ws.demonstrations.count() == 0


def test_a_file_that_is_not_there_or_is_a_folder(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        import_demonstrations(ws, tmp_path / "missing.csv", author="kim")
    with pytest.raises(UnreadableFile, match="is a folder without"):
        import_demonstrations(ws, tmp_path, author="kim")


def test_a_large_file_is_refused_unread(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(200 * 2**20)  # sparse: takes no room on the disk
    began = time.monotonic()
    with pytest.raises(UnreadableFile, match="has 200 MB; at most 25 MB"):
        import_demonstrations(ws, path, author="kim")
    assert time.monotonic() - began < 5


def test_rows_that_cannot_be_stored_are_rejected(ws: Workspace, file: WriteFile) -> None:
    rows = [
        {"prompt": "x" * 20_001, "response": "y"},
        {"prompt": "ok", "response": "y\x00z"},
        {"prompt": "ok", "response": ["a", "list"]},
        {"prompt": "ok", "response": None},
        {"prompt": "ok", "response": "y", "split": "holdout"},
        {"prompt": "ok", "response": "y", "status": "great"},
    ]
    lines = [json.dumps(row) for row in rows] + ['{"prompt": "ok", "response": "\\ud83d"}', '{"prompt": NaN}']
    report = import_demonstrations(ws, file("rows.jsonl", "\n".join(lines)), author="kim")
    assert report.accepted == 0
    reasons = {row.row: row.reason for row in report.rejected}
    assert reasons[1] == "the prompt has 20,001 characters; 20,000 is the most"
    assert reasons[2] == "the response holds a NUL character"
    assert reasons[3] == "the response is not text"
    assert reasons[4] == "the response is empty"
    assert "'holdout' is not train" in reasons[5]
    assert "'great' is not draft" in reasons[6]
    assert "surrogate" in reasons[7]
    assert "NaN" in reasons[8]


def test_rejected_rows_come_in_the_order_of_the_file(ws: Workspace, file: WriteFile) -> None:
    path = file("rows.jsonl", '{"prompt": "a", "response": ""}\n?\n{"prompt": "", "response": "b"}\n?\n')
    report = import_demonstrations(ws, path, author="kim")
    assert [row.row for row in report.rejected] == [1, 2, 3, 4]


def test_a_known_prompt_keeps_its_split(ws: Workspace, file: WriteFile) -> None:
    other = "test" if assign_split("Where is HR?") != "test" else "train"
    add_demonstration(ws, prompt="Where is HR?", response="Floor 2.", author="kim", split=other)  # type: ignore[arg-type]
    rows = [
        {"prompt": "where is  HR?", "response": "On floor 2."},
        {"prompt": "Where is HR?", "response": "Second floor.", "split": "validation"},
        {"prompt": "New?", "response": "1", "split": "dev"},
        {"prompt": "new? ", "response": "2", "split": "test"},
    ]
    import_demonstrations(ws, file("rows.json", json.dumps(rows)), author="kim")
    assert [row.split for row in ws.demonstrations.list()] == [other, other, other, "validation", "validation"]


def test_columns_that_no_name_tells_can_be_named(ws: Workspace, file: WriteFile) -> None:
    path = file("faq.csv", "id,text,more,text_2,more_2\n1,Where?,Here.,Où?,Ici.\n")
    preview = preview_demonstrations(path)
    assert preview.columns == ("id", "text", "more", "text_2", "more_2")
    assert preview.report is None
    assert "no column is the prompt" in (preview.problem or "")
    import_demonstrations(ws, path, author="kim", prompt_column="text_2", response_column="more_2")
    assert texts(ws) == [("Où?", "Ici.")]
    with pytest.raises(UnreadableFile, match="there is no column 'q_de'"):
        import_demonstrations(ws, path, author="kim", prompt_column="q_de", response_column="a_fr")


def test_languages_side_by_side_are_wordings_of_one_fact(ws: Workspace, file: WriteFile) -> None:
    path = file(
        "faq.csv", "id,q_en,a_en,Frage (Deutsch),Antwort (Deutsch)\n7,Where?,Here.,Wo?,Hier.\n8,When?,At 9.,,\n"
    )
    report = import_demonstrations(ws, path, author="kim")
    assert (report.rows, report.accepted, report.rejected) == (3, 3, [])
    rows = ws.demonstrations.list()
    assert [(row.prompt, row.fact_id, row.tags) for row in rows] == [
        ("Where?", "7", ("lang:en",)),
        ("Wo?", "7", ("lang:de",)),
        ("When?", "8", ("lang:en",)),
    ]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Question", "Réponse"),
        ("FRAGE", "Antwort"),
        ("Pregunta", "Respuesta"),
        ("domanda", "risposta"),
        ("Pytanie", "Odpowiedź"),
        ("Fråga", "Svar"),
        ("вопрос", "ответ"),
        ("質問", "回答"),
        ("user-input", "Ideal Response"),
    ],
)
def test_column_names_in_many_languages(question: str, answer: str) -> None:
    choice = choose_columns(["nr", question, answer])
    assert (choice.prompt, choice.response) == (question, answer)


def test_dolly_and_texts_wrapped_in_lists(ws: Workspace, file: WriteFile) -> None:
    rows = [
        {"instruction": "Sum up", "context": "a text", "response": "short", "category": "summarization"},
        {
            "instruction": "Name one",
            "context": "",
            "response": {"text": ["Ada"], "answer_start": [3]},
            "category": None,
        },
    ]
    import_demonstrations(ws, file("dolly.jsonl", "\n".join(map(json.dumps, rows))), author="kim")
    assert texts(ws) == [("Sum up\n\na text", "short"), ("Name one", "Ada")]
    assert [row.tags for row in ws.demonstrations.list()] == [("summarization",), ()]


def test_conversations_of_several_exchanges_are_taken_as_the_person_says(file: WriteFile) -> None:
    said = [("human", "Who?"), ("gpt", "Ada."), ("human", "Since when?"), ("gpt", "2019.")]
    path = file("chat.json", json.dumps([{"conversations": [{"from": a, "value": b} for a, b in said]}]))
    refused = read_demonstrations(path)
    assert not refused.fields
    assert "the first exchange or every one can be taken" in refused.rejected[0].reason
    first, every = (read_demonstrations(path, turns=turns).fields for turns in ("first", "every"))
    assert [(row.prompt, row.response) for row in first] == [("Who?", "Ada.")]
    assert [(row.prompt, row.response) for row in every] == [
        ("Who?", "Ada."),
        ("Who?\n\nAda.\n\nSince when?", "2019."),
    ]


def test_nearly_valid_json_is_mended_and_that_is_said(file: WriteFile) -> None:
    text = '[{"prompt": "A, ] b?", "response": "x // no comment",}, // one\n {"prompt": "C?", "response": "d"},\n]'
    found = read_demonstrations(file("a.json", text))
    assert [(row.prompt, row.response) for row in found.fields] == [("A, ] b?", "x // no comment"), ("C?", "d")]
    assert "was mended" in found.notes[0]
    lines = read_demonstrations(
        file("a.jsonl", '{"prompt": "A?", "response": "b",},\n{"prompt": "C?", "response": "d"}\n')
    )
    assert len(lines.fields) == 2
    assert "1 lines were not valid JSON and were mended" in lines.notes[0]


def test_a_list_that_breaks_off_gives_what_is_whole(file: WriteFile) -> None:
    found = read_demonstrations(file("a.json", '[{"prompt": "A?", "response": "b"}, {"prompt": "C?", "resp'))
    assert [row.prompt for row in found.fields] == ["A?"]
    assert [(row.row, "broken from here on" in row.reason) for row in found.rejected] == [(2, True)]


@pytest.mark.parametrize(
    "content",
    [
        {"question": ["A?", "C?"], "answer": ["b", "d"]},
        {"one": {"question": "A?", "answer": "b"}, "two": {"question": "C?", "answer": "d"}},
        [[{"question": "A?", "answer": "b"}], [{"question": "C?", "answer": "d"}]],
        {"faq": [{"question": "A?", "answer": "b"}, {"question": "C?", "answer": ["d"]}]},
    ],
)
def test_json_in_other_shapes(file: WriteFile, content: object) -> None:
    found = read_demonstrations(file("a.json", json.dumps(content)))
    assert [(row.prompt, row.response) for row in found.fields] == [("A?", "b"), ("C?", "d")]


def test_html_in_cells_becomes_text_unless_the_file_is_ours(ws: Workspace, file: WriteFile) -> None:
    cell = "See <a href='https://x.example/a'>the\n list</a>.<ul><li>One</li><li>Two &amp; three</li></ul>"
    path = file("faq.csv", f'question,answer\n"Where is 1 < 2?","{cell}"\n')
    found = read_demonstrations(path)
    assert found.fields[0].prompt == "Where is 1 < 2?"
    assert found.fields[0].response == "See the list (https://x.example/a).\n\n- One\n- Two & three"
    assert found.notes == ("HTML was turned into plain text in 1 rows.",)
    add_demonstration(ws, prompt="Bold?", response="Write <b>so</b>.", author="kim")
    export_demonstrations(ws, path)
    assert read_demonstrations(path).fields[0].response == "Write <b>so</b>."


def test_parquet_and_spreadsheets(ws: Workspace, tmp_path: Path) -> None:
    rows = [{"prompt": "A?", "response": "b", "tags": ["x", "y"]}, {"prompt": "C?", "response": "d", "tags": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert import_demonstrations(ws, tmp_path / "a.parquet", author="kim").accepted == 2
    assert ws.demonstrations.list()[0].tags == ("x", "y")
    sheet = [["FAQ of the office"], [], ["Question", "Answer", "Nr"], ["E?", 42.0, 1], ["", "", ""], ["G?", "", 2]]
    write_workbook(tmp_path / "a.xlsx", sheet)
    report = import_demonstrations(ws, tmp_path / "a.xlsx", author="kim")
    assert (report.format, report.accepted) == ("xlsx", 1)
    assert texts(ws)[-1] == ("E?", "42")
    assert [(row.row, row.reason) for row in report.rejected] == [
        (2, "the response is empty (line 6 of the sheet, the header line counted)")
    ]


def test_packed_files_and_wrong_names(tmp_path: Path) -> None:
    rows = b"prompt,response\nA?,b\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(rows[:9]) + gzip.compress(rows[9:]))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../evil/faq.csv", rows)
        archive.writestr("__MACOSX/._faq.csv", b"junk")
    (tmp_path / "a.json").write_bytes(rows)
    (tmp_path / "a.xlsx").write_bytes(rows)
    (tmp_path / "b.csv").write_bytes(b'{"prompt": "A?", "response": "b"}\n')
    for name in ("a.csv.gz", "a.zip", "a.json", "a.xlsx", "b.csv"):
        found = read_demonstrations(tmp_path / name)
        assert [(row.prompt, row.response) for row in found.fields] == [("A?", "b")], name
        assert found.notes, name


def test_old_line_ends_and_excels_separator(file: WriteFile) -> None:
    for text in ("prompt,response\rA?,b\r", "sep=;\r\nprompt;response\r\nA?;b\r\n", "prompt,response\r\nA?,b\n,\r\n"):
        assert [row.prompt for row in read_demonstrations(file("a.csv", text)).fields] == ["A?"], text


def test_rejected_rows_can_be_downloaded_with_what_they_held(file: WriteFile) -> None:
    path = file("a.jsonl", '{"prompt": "=A?", "response": ""}\nno json\n{"prompt": "B?", "response": "c"}\n')
    table = parse_file(path)
    found = read_demonstrations(path)
    rows = list(csv.DictReader(io.StringIO(rejected_csv(found.rejected, table).decode("utf-8-sig"))))
    assert [row["row"] for row in rows] == ["1", "2"]
    assert json.loads(rows[0]["values"]) == {"prompt": "=A?", "response": ""}
    assert rows[1]["values"] == ""


def test_a_preview_writes_nothing(ws: Workspace, file: WriteFile) -> None:
    path = file("rows.csv", "prompt,response\nA?,B\nA?,B\n,C\n")
    preview = preview_demonstrations(path, ws=ws)
    assert (preview.prompt_column, preview.response_column) == ("prompt", "response")
    assert preview.first_rows[0] == {"prompt": "A?", "response": "B"}
    assert preview.report is not None
    assert (preview.report.accepted, preview.report.duplicates, len(preview.report.rejected)) == (1, 1, 1)
    assert ws.demonstrations.count() == 0
    assert import_demonstrations(ws, path, author="kim") == preview.report


def test_an_upload_is_known_by_the_name_it_had(ws: Workspace, file: WriteFile) -> None:
    path = file("tmp1234", "prompt,response\nA?,B\n")
    import_demonstrations(ws, path, author="kim", filename="faq.csv")
    assert ws.demonstrations.list()[0].source == "faq.csv"


def test_a_hostile_file_cannot_take_the_memory(ws: Workspace, file: WriteFile) -> None:
    # 6 MB that become two million lists.
    path = file("bomb.json", b"[" + b"[]," * (2 * 2**20) + b"[]]")
    with pytest.raises(UnreadableFile, match=r"memory|more than 200,000 rows"):
        import_demonstrations(ws, path, author="kim")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20) | st.from_regex(r"'*[=+\-@\t\r].*", fullmatch=True))
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(guard(cell)) == cell
