"""What an import takes, rejects and knows already, and the reasons that it gives."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.demonstrations.conftest import WriteFile, texts
from workbench.demonstrations.editing import add_demonstration, update_demonstration
from workbench.demonstrations.exporting import export_demonstrations
from workbench.demonstrations.import_preview import preview_table
from workbench.demonstrations.import_report import RejectedRow
from workbench.demonstrations.importing import import_demonstrations, propose, read_demonstrations
from workbench.demonstrations.many import delete_demonstrations
from workbench.demonstrations.parsing import parse_file
from workbench.demonstrations.rejected_file import rejected_csv, with_lines
from workbench.demonstrations.splits import assign_split
from workbench.workspace import Workspace


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


def test_a_corrected_row_does_not_come_in_again_as_it_was_but_a_deleted_one_does(
    ws: Workspace, file: WriteFile
) -> None:
    path = file("a.csv", "question,answer\nWhere?,Here.\nWho?,Ada.\nWhen?,At 9.\n")
    import_demonstrations(ws, path, author="kim")
    where, who, _ = ws.demonstrations.list()
    update_demonstration(ws, where.id, by="lee", response="There.")
    delete_demonstrations(ws, [who.id], by="lee")
    table = parse_file(path)
    assert preview_table("a.csv", table, propose(table), ws).report.accepted == 1
    report = import_demonstrations(ws, path, author="kim")
    assert (report.accepted, report.duplicates) == (1, 2)
    assert sorted(texts(ws)) == [("When?", "At 9."), ("Where?", "There."), ("Who?", "Ada.")]


def test_rows_that_cannot_be_stored_are_rejected(ws: Workspace, file: WriteFile) -> None:
    rows = [
        {"prompt": "x" * 20_001, "response": "y"},
        {"prompt": "ok", "response": "y\x00z"},
        {"prompt": "ok", "response": ["a", "list"]},
        {"prompt": "ok", "response": None},
        {"prompt": "ok", "response": "y", "split": "holdout"},
        {"prompt": "ok", "response": " ", "status": "great"},
        {"prompt": "", "response": "y", "split": "train", "status": "approved"},
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
    assert reasons[6] == "the response is empty"
    assert "surrogate" in reasons[8]
    assert "NaN" in reasons[9]


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


def test_languages_side_by_side_are_wordings_of_one_fact(ws: Workspace, file: WriteFile) -> None:
    path = file(
        "faq.csv", "id,q_en,a_en,Frage (Deutsch),Antwort (Deutsch)\n7,Where?,Here.,Wo?,Hier.\n8,When?,At 9.,,\n"
    )
    report = import_demonstrations(ws, path, author="kim")
    assert (report.rows, report.accepted, report.rejected) == (3, 3, [])
    rows = ws.demonstrations.list()
    assert [(row.prompt, row.tags) for row in rows] == [
        ("Where?", ("lang:en",)),
        ("Wo?", ("lang:de",)),
        ("When?", ("lang:en",)),
    ]
    assert rows[0].fact_id == rows[1].fact_id != rows[2].fact_id


def test_languages_of_another_file_of_that_name_are_other_facts(ws: Workspace, file: WriteFile) -> None:
    columns = "id,q_en,a_en,q_de,a_de\n"
    import_demonstrations(ws, file("faq.csv", columns + "1,Where is HR?,Here.,Wo ist HR?,Hier.\n"), author="kim")
    more = "1,How do I reset the VPN?,Call.,Wie geht das VPN?,Anrufen.\n2,Where is HR?,Here.,Où est HR?,Là.\n"
    import_demonstrations(ws, file("faq.csv", columns + more), author="kim")
    facts = {row.prompt: row.fact_id for row in ws.demonstrations.list()}
    assert facts["Where is HR?"] == facts["Wo ist HR?"] == facts["Où est HR?"]
    assert facts["How do I reset the VPN?"] == facts["Wie geht das VPN?"] != facts["Where is HR?"]


def test_html_in_cells_becomes_text_unless_the_file_is_ours(ws: Workspace, file: WriteFile) -> None:
    cell = "See <a href='https://x.example/a'>the\n list</a>.<ul><li>One</li><li>Two &amp; three</li></ul>"
    path = file("faq.csv", f'question,answer\n"Where is 1 < 2?","{cell}"\n')
    found = read_demonstrations(path)
    assert found.fields[0].prompt == "Where is 1 < 2?"
    assert found.fields[0].response == "See the list (https://x.example/a).\n\n- One\n- Two & three"
    assert found.notes == ("HTML was taken out of 1 row.",)
    add_demonstration(ws, prompt="Bold?", response="Write <b>so</b>.", author="kim")
    export_demonstrations(ws, path)
    assert read_demonstrations(path).fields[0].response == "Write <b>so</b>."


def test_html_is_taken_out_of_cells_and_kept_in_json_unless_said_otherwise(file: WriteFile) -> None:
    files = {
        "a.csv": "prompt,response\nA?,<b>so</b> AT&amp;T\nB?,R&amp;D\n",
        "a.json": '[{"prompt": "A?", "response": "<b>so</b> AT&amp;T"}, {"prompt": "B?", "response": "R&amp;D"}]',
    }
    kept, stripped = ["<b>so</b> AT&amp;T", "R&amp;D"], ["so AT&T", "R&D"]
    for name, default in (("a.csv", stripped), ("a.json", kept)):
        path = file(name, files[name])
        assert [row.response for row in read_demonstrations(path).fields] == default
        assert [row.response for row in read_demonstrations(path, html="keep").fields] == kept
        found = read_demonstrations(path, html="strip")
        assert [row.response for row in found.fields] == stripped
        assert found.notes == ("HTML was taken out of 2 rows.",)


def test_rejected_rows_are_written_with_what_they_held_mended_and_imported(ws: Workspace, file: WriteFile) -> None:
    table = file("a.csv", "Question,answer,file\n=A?,,x\nB?,c,y\n")
    messages = [{"role": "user", "content": "C?"}, {"role": "user", "content": "D?"}]
    chats = file("b.jsonl", json.dumps({"messages": messages, "tags": ["x", "y"]}) + "\nno json\n")
    written = rejected_csv([(path.name, read_demonstrations(path).rejected) for path in (table, chats)])
    rows = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"))))
    assert [(row["file"], row["row"]) for row in rows] == [("a.csv", "1"), ("b.jsonl", "1"), ("b.jsonl", "2")]
    assert (rows[0]["Question"], rows[0]["answer"], rows[0]["file of the row"]) == ("'=A?", "", "x")
    assert json.loads(rows[1]["messages"]) == messages
    assert rows[2]["messages"] == ""
    first = rejected_csv([("a.csv", read_demonstrations(table).rejected)])
    mended = file("mended.csv", first.replace(b"'=A?,,", b"'=A?,yes,"))
    assert import_demonstrations(ws, mended, author="kim").accepted == 1
    assert texts(ws) == [("=A?", "yes")]
    again = rejected_csv([("again.csv", read_demonstrations(file("again.csv", first)).rejected)])
    assert again.decode("utf-8-sig").splitlines()[0] == "file,row,reason,Question,answer,file of the row"


def test_rejected_rows_of_a_large_file_are_looked_up_in_it(file: WriteFile) -> None:
    path = file("a.jsonl", '\ufeff{"prompt": "A?"}\n{"prompt": "B?", "response": "c"}\nno json\n{"prompt": "D?"}\n')
    found = with_lines(path, [RejectedRow(1, "empty"), RejectedRow(3, "no JSON"), RejectedRow(4, "empty")])
    assert [row.values for row in found] == [{"prompt": "A?"}, None, {"prompt": "D?"}]


@pytest.mark.parametrize("nothing", ["#N/A", "#REF!", "NULL", "NaN"])
def test_what_a_program_writes_for_nothing_is_no_answer(file: WriteFile, nothing: str) -> None:
    found = read_demonstrations(file("a.csv", f"prompt,response\nA?,{nothing}\nB?,{nothing} means nothing\n"))
    assert [row.prompt for row in found.fields] == ["B?"]
    reason = f"the response '{nothing}' is no answer but what a program writes for nothing"
    assert [row.reason.partition(" (")[0] for row in found.rejected] == [reason]


def test_numbers_that_are_none_are_no_answers(file: WriteFile) -> None:
    found = read_demonstrations(
        file("a.json", '[{"q": "A?", "a": 1e400}, {"q": "B?", "a": -1e400}, {"q": "C?", "a": 12}]')
    )
    assert ([row.response for row in found.fields], [row.row for row in found.rejected]) == (["12"], [1, 2])


def test_a_preview_writes_nothing(ws: Workspace, file: WriteFile) -> None:
    path = file("rows.csv", "prompt,response\nA?,B\nA?,B\n,C\n")
    table = parse_file(path)
    preview = preview_table(path.name, table, propose(table), ws)
    assert [(row.prompt, row.response) for row in preview.first_fields] == [("A?", "B")]
    assert (preview.report.accepted, preview.report.duplicates, len(preview.report.rejected)) == (1, 1, 1)
    assert ws.demonstrations.count() == 0
    assert import_demonstrations(ws, path, author="kim") == preview.report
    assert preview_table(path.name, table, propose(table), ws).first_fields == ()


def test_an_upload_is_known_by_the_name_it_had(ws: Workspace, file: WriteFile) -> None:
    path = file("tmp1234", "prompt,response\nA?,B\n")
    import_demonstrations(ws, path, author="kim", filename="faq.csv")
    assert ws.demonstrations.list()[0].source == "faq.csv"
