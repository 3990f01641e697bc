"""Which columns hold prompt and response: by their names, named by a person, or a conversation."""

from __future__ import annotations

import json

import pytest

from tests.demonstrations.conftest import WriteFile, texts
from workbench.demonstrations.column_choice import choose_columns, unused_columns
from workbench.demonstrations.columns import RowError, conversation, plain_name
from workbench.demonstrations.importing import import_demonstrations, propose, read_demonstrations
from workbench.demonstrations.parsing import parse_file
from workbench.errors import UnreadableFile
from workbench.workspace import Workspace


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


def test_columns_that_no_name_tells_can_be_named(ws: Workspace, file: WriteFile) -> None:
    path = file("faq.csv", "id,text,more,text_2,more_2\n1,Where?,Here.,Où?,Ici.\n")
    table = parse_file(path)
    assert table.columns == ("id", "text", "more", "text_2", "more_2")
    with pytest.raises(UnreadableFile, match="no column is the prompt"):
        propose(table)
    import_demonstrations(ws, path, author="kim", prompt_column="text_2", response_column="more_2")
    assert texts(ws) == [("Où?", "Ici.")]
    with pytest.raises(UnreadableFile, match="there is no column 'q_de'"):
        import_demonstrations(ws, path, author="kim", prompt_column="q_de", response_column="a_fr")


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
        ("userQuestion", "idealResponse"),
        ("UserQuestion", "IdealResponse"),
        ("Q", "A"),
        ("提问", "回复"),
        ("問", "答"),
        ("Ερώτηση", "Απάντηση"),
        ("Câu hỏi", "Trả lời"),
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


ASKED = [{"from": "human", "value": "Who?"}]
SAID = {"from": "gpt", "value": "Ada."}


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("FAQ", "faq"),
        ("ID", "id"),
        ("questionID", "question_id"),
        ("questionEN", "question_en"),
        ("QA–Text", "qa_text"),
    ],
)
def test_words_that_are_written_together_are_told_apart(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_languages_by_their_own_names_and_with_regions() -> None:
    beside = ["Deutsch", "Englisch", "Französisch", "español", "zh_CN", "EN-US"]
    columns = [f"{name} ({language})" for language in beside for name in ("Frage", "Antwort")]
    choice = choose_columns(["questionIT", "answerIT", *columns, "Antwort (Klingonisch)"])
    assert [pair.language for pair in choice.languages] == ["it", "de", "en", "fr", "es", "zh", "en"]
    assert unused_columns([*columns, "Antwort (Klingonisch)"], choice) == ("Antwort (Klingonisch)",)


def test_a_language_that_no_name_says_stands_before_the_others() -> None:
    choice = choose_columns(["question", "answer", "question_de", "answer_de"])
    assert [(pair.prompt, pair.language) for pair in choice.languages] == [("question", ""), ("question_de", "de")]


def test_words_of_other_tools_for_status_and_split(ws: Workspace, file: WriteFile) -> None:
    words = [("Published", "train_sft"), ("submitted", "dev"), ("Open", "valid"), ("discarded", "test_sft"), ("", " ")]
    rows = "".join(f"Is it {status}?,Yes.,{status},{split}\n" for status, split in words)
    import_demonstrations(ws, file("faq.csv", f"Question,Answer,Status,Split\n{rows}"), author="kim")
    found = [(row.status, row.split) for row in ws.demonstrations.list()]
    assert found[:4] == [
        ("approved", "train"),
        ("approved", "validation"),
        ("draft", "validation"),
        ("rejected", "test"),
    ]
    assert found[4][0] == "approved"


def test_rows_whose_status_nobody_knows_are_drafts_and_that_is_said(file: WriteFile) -> None:
    path = file("faq.csv", "Question,Answer,Status,Nr\nA?,1,Escalated,1\nB?,2,Live,2\nC?,3,,3\nD?,4,New,4\n")
    found = read_demonstrations(path)
    assert [row.status for row in found.fields] == ["draft", "approved", None, "draft"]
    assert (found.unused_columns, found.rejected) == (("Nr",), [])
    assert found.notes == (
        "The column 'Status' holds words that are not known here ('Escalated', 'New'): their rows come in as drafts. "
        "Leave the column out if all rows are approved.",
    )
    assert [row.status for row in read_demonstrations(path, ignore=["status"]).fields] == [None] * 4


def test_a_column_can_be_ignored(file: WriteFile) -> None:
    path = file("faq.csv", "question,answer,status,ideal response\nA?,1,draft,2\n")
    found = read_demonstrations(path, ignore=["answer", "status"])
    assert [(row.response, row.status) for row in found.fields] == [("2", None)]
    assert found.unused_columns == ("answer", "status")
    with pytest.raises(UnreadableFile, match="there is no column 'state'"):
        read_demonstrations(path, ignore=["state"])


def test_what_stands_before_a_prompt_and_beside_it(ws: Workspace, file: WriteFile) -> None:
    rows: list[dict[str, object]] = [
        {"instruction": "And in Denver?", "input": "", "output": "Floor 3.", "system": "Be brief.",
         "history": [["Where is HR in Boston?", "Floor 2."]]},
        {"instruction": "Where is IT?", "input": "In Boston", "output": "Floor 1.", "system": "", "history": []},
    ]  # fmt: skip
    import_demonstrations(ws, file("alpaca.json", json.dumps(rows)), author="kim")
    chats = [{"system": "Be kind.", "conversations": [*ASKED, SAID]}]
    import_demonstrations(ws, file("chats.json", json.dumps(chats)), author="kim")
    squad = [{"question": "Who leads IT?", "context": "Ada leads IT.", "answer": {"text": ["Ada"]}, "id": "1"}]
    report = import_demonstrations(ws, file("squad.json", json.dumps(squad)), author="kim")
    assert [prompt for prompt, _ in texts(ws)] == [
        "Be brief.\n\nWhere is HR in Boston?\n\nFloor 2.\n\nAnd in Denver?",
        "Where is IT?\n\nIn Boston",
        "Be kind.\n\nWho?",
        "Who leads IT?\n\nAda leads IT.",
    ]
    assert report.unused_columns == ("id",)


def test_texts_beside_conversations_are_used_where_a_row_has_no_conversation(file: WriteFile) -> None:
    row = {"messages": [*ASKED, SAID], "prompt": "Who else?", "response": "Bo."}
    found = read_demonstrations(file("a.json", json.dumps([row])))
    assert ([row.prompt for row in found.fields], found.unused_columns) == (["Who?"], ("prompt", "response"))
    found = read_demonstrations(file("b.json", json.dumps([row, row | {"messages": None}])))
    assert ([row.prompt for row in found.fields], found.unused_columns) == (["Who?", "Who else?"], ())


def test_a_system_or_history_of_something_else_is_no_part_of_the_prompt(file: WriteFile) -> None:
    path = file("faq.csv", "question,answer,system,history\nHow do I log in?,By card.,SAP,changed in May\n")
    found = read_demonstrations(path)
    assert (found.fields[0].prompt, found.unused_columns) == ("How do I log in?", ("system", "history"))
    assert found.notes == ("The column 'history' is not used: it holds no list of what was said before.",)


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Who?", "chosen": "Ada.", "rejected": "Bob."},
        {"chosen": [{"role": "user", "content": "Who?"}], "rejected": []},
        {"conversations": ASKED, "chosen": SAID, "rejected": SAID},
        {"messages": json.dumps([*ASKED, SAID, *ASKED]), "chosen": SAID, "rejected": SAID},
        {"question": "Who?", "response_a": "Ada.", "response_b": "Bob.", "choice": "a"},
    ],
)
def test_preferences_are_told_where_they_go(file: WriteFile, row: dict[str, object]) -> None:
    for name, content in (("pairs.json", json.dumps([row])), ("pairs.jsonl", json.dumps(row))):
        with pytest.raises(UnreadableFile) as caught:
            read_demonstrations(file(name, content))
        sentence = str(caught.value)
        assert sentence.startswith(f"{name}: this looks like preferences")
        assert "3a · Preferences, by the command 'workbench import FILE --as preferences'." in sentence


def test_demonstrations_beside_which_preferences_stand_are_taken(file: WriteFile) -> None:
    beside = {"chosen": "x", "rejected": "y"}
    path = file("a.json", json.dumps([{"conversations": [*ASKED, SAID], **beside}]))
    assert [row.response for row in read_demonstrations(path).fields] == ["Ada."]
    path = file("b.json", json.dumps([{"prompt": "Who?", "response": "Ada.", **beside}]))
    assert [row.response for row in read_demonstrations(path).fields] == ["Ada."]
    chosen = file("c.json", json.dumps([{"prompt": "Who?", **beside}]))
    assert [row.response for row in read_demonstrations(chosen, response_column="chosen").fields] == ["x"]


def test_a_row_with_an_empty_conversation_is_read_by_its_other_columns(file: WriteFile) -> None:
    said = json.dumps([*ASKED, SAID]).replace('"', '""')
    path = file("mended.csv", f'question,answer,messages\nWhere?,Here.,\n,,"{said}"\n')
    found = read_demonstrations(path)
    assert ([row.prompt for row in found.fields], found.unused_columns) == (["Where?", "Who?"], ())
