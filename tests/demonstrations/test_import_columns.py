"""Which columns hold prompt and response: by their names, named by a person, or a conversation."""

from __future__ import annotations

import json

import pytest

from tests.demonstrations.conftest import WriteFile, texts
from workbench.demonstrations.columns import RowError, choose_columns, conversation
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
