"""The import of step 1 on its page: what is refused, what columns mean, handbooks, dataset folders, preferences."""

from __future__ import annotations

import io
import zipfile

from streamlit.testing.v1 import AppTest

from pages.demonstrations_export import exported
from tests.pages import seeding
from tests.pages.conftest import unbroken, visit
from workbench.demonstrations.many import delete_demonstrations
from workbench.workspace import Workspace

PAGE = "step1_demonstrations.py"
PART = "demonstrations_part"


def test_import_shows_what_is_refused_before_and_after(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    file = "prompt,response\nWhere is A?,In B.\n,no prompt\nWhere is A?,In B.\nWhere is C?,In D.\n"
    app.file_uploader(key="import_file_0").upload("staff.csv", file.encode())
    unbroken(app.run())
    assert app.button(key="import_confirm").label == "Import 2 demonstrations"
    assert "1 row cannot be taken" in app.warning[0].value
    assert not ws.demonstrations.list()
    unbroken(app.button(key="import_confirm").click().run())
    assert "2 demonstrations imported from staff" in app.success[0].value
    assert any("prompt is empty" in str(frame.value) for frame in app.dataframe)
    assert ws.demonstrations.count() == 2


def test_a_file_without_known_columns_asks_for_them(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    app.file_uploader(key="import_file_0").upload("odd.csv", b"alpha,beta\nWhere is A?,In B.\n")
    unbroken(app.run())
    app.selectbox(key="map_prompt").set_value("alpha")
    app.selectbox(key="map_response").set_value("beta")
    unbroken(app.run())
    unbroken(app.button(key="import_confirm").click().run())
    assert [row.prompt for row in ws.demonstrations.list()] == ["Where is A?"]


def test_an_unreadable_file_is_one_sentence(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    app.file_uploader(key="import_file_0").upload("broken.json", b"{not json")
    unbroken(app.run())
    assert len(app.error) == 1
    assert not ws.demonstrations.list()


def test_what_the_columns_mean_can_be_corrected(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    file = "question,answer,short,topic\nWhere is A?,In B.,B,places\n"
    app.file_uploader(key="import_file_0").upload("faq.csv", file.encode())
    unbroken(app.run())
    app.selectbox(key="map_response").set_value("short")
    unbroken(app.run())
    unbroken(app.button(key="import_confirm").click().run())
    assert [(row.response, row.tags) for row in ws.demonstrations.list()] == [("B", ("places",))]


def test_a_handbook_gives_drafts(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    text = "# Where is HR?\n\nFloor 2.\n\n# Travel\n\nBook trains early; flights only above six hours of rail.\n"
    app.file_uploader(key="import_file_0").upload("handbook.md", text.encode())
    unbroken(app.run())
    assert app.button(key="import_confirm").label == "Take 1 draft"
    app.toggle(key="map_sections").set_value(True)
    unbroken(app.run())
    unbroken(app.button(key="import_confirm").click().run())
    assert [(row.prompt, row.status) for row in ws.demonstrations.list()] == [
        ("Where is HR?", "draft"),
        ("What should I know about Travel?", "draft"),
    ]
    assert app.success[0].value.startswith("2 drafts imported from handbook")
    app.file_uploader(key="import_file_1").upload("again.md", text.encode())
    unbroken(app.run())
    unbroken(app.button(key="import_confirm").click().run())
    assert app.success[0].value.replace("\\", "") == "Nothing new in again.md. 1 duplicate left out."


def test_a_document_that_asks_nothing_offers_its_paragraphs(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    app.file_uploader(key="import_file_0").upload("plain.txt", b"Our gym is in the basement.\n\nIt opens at eight.\n")
    unbroken(app.run())
    assert [note.value.replace("\\", "") for note in app.info] == [
        "plain.txt: no heading asks a question; turn the switch on to get drafts of its one section with proposed "
        "questions."
    ]
    app.toggle(key="map_sections").set_value(True)
    unbroken(app.run())
    assert not app.info
    unbroken(app.button(key="import_confirm").click().run())
    assert [row.response for row in ws.demonstrations.list()] == ["Our gym is in the basement.\n\nIt opens at eight."]


def test_a_dataset_comes_out_and_goes_in_again(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    data = exported("dataset.zip", "huggingface")
    rows = {row.id: (row.prompt, row.response, row.split, row.status) for row in ws.demonstrations.list()}
    delete_demonstrations(ws, list(rows), by="Ada")
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    app.file_uploader(key="import_file_0").upload("dataset.zip", data)
    unbroken(app.run())
    assert app.button(key="import_confirm").label == f"Import {len(rows)} demonstrations"
    unbroken(app.button(key="import_confirm").click().run())
    found = [(row.prompt, row.response, row.split, row.status) for row in ws.demonstrations.list()]
    assert sorted(found) == sorted(rows.values())


def test_a_zip_of_documents_is_taken_for_a_handbook(app: AppTest) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("leave.md", "# Where is HR?\n\nFloor 2.\n")
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    app.file_uploader(key="import_file_0").upload("handbook.zip", data.getvalue())
    unbroken(app.run())
    assert app.button(key="import_confirm").label == "Take 1 draft"


def test_preferences_are_told_where_they_go(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    rows = b"prompt,chosen,rejected\nWhere is A?,In B.,In C.\n"
    app.file_uploader(key="import_file_0").upload("pairs.csv", rows)
    unbroken(app.run())
    assert "this looks like preferences" in app.warning[0].value
    assert "workbench import FILE --as preferences" in app.warning[0].value.replace("\\", "")
    app.selectbox(key="map_prompt").set_value("prompt")
    app.selectbox(key="map_response").set_value("chosen")
    unbroken(app.run())
    unbroken(app.button(key="import_confirm").click().run())
    assert [(row.prompt, row.response) for row in ws.demonstrations.list()] == [("Where is A?", "In B.")]


def opened(app: AppTest, name: str, content: str) -> None:
    """The import part with a file in it."""
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    app.file_uploader(key="import_file_0").upload(name, content.encode())
    unbroken(app.run())


def said(app: AppTest) -> str:
    """Captions and notes, without what keeps them from being read as Markdown."""
    return " ".join(element.value for element in (*app.caption, *app.info)).replace("\\", "")


def imported(ws: Workspace, app: AppTest) -> list[tuple[str, str, tuple[str, ...]]]:
    unbroken(app.button(key="import_confirm").click().run())
    return [(row.prompt, row.response, row.tags) for row in ws.demonstrations.list()]


def test_all_columns_can_be_chosen_where_no_name_tells(ws: Workspace, app: AppTest) -> None:
    opened(app, "faq.csv", "Titel;Inhalt;Rubrik;Beleg;Nr\nWhere?;<b>Here</b>.;places;p. 3;7\n")
    app.selectbox(key="map_prompt").set_value("Titel")
    app.selectbox(key="map_response").set_value("Inhalt")
    unbroken(app.run())
    assert app.multiselect(key="map_tags").value == ["Rubrik"]
    app.selectbox(key="map_source").set_value("Beleg")
    app.selectbox(key="map_fact").set_value("Nr")
    unbroken(app.run())
    assert imported(ws, app) == [("Where?", "Here.", ("places",))]
    row = ws.demonstrations.list()[0]
    assert (row.source, row.fact_id) == ("p. 3", "7")


def test_a_status_is_left_out_or_taken_as_the_person_says(ws: Workspace, app: AppTest) -> None:
    opened(app, "faq.csv", "question,answer,status,state\nA?,1,draft,Live\nB?,2,lost,approved\nC?,3,draft,rejected\n")
    assert app.button(key="import_confirm").label == "Import 3 demonstrations"
    assert "'status' holds words that are not known here ('lost'): their rows come in as drafts." in said(app)
    assert "Not used: column 'state'." in said(app)
    app.selectbox(key="map_status").set_value(None)
    unbroken(app.run())
    assert "come in as drafts" not in said(app)
    app.selectbox(key="map_status").set_value("state")
    unbroken(app.run())
    imported(ws, app)
    assert [row.status for row in ws.demonstrations.list()] == ["approved", "approved", "rejected"]


def test_a_language_can_be_added(ws: Workspace, app: AppTest) -> None:
    columns = "Frage (Deutsch),Antwort (Deutsch),Frage (Klingonisch),Antwort (Klingonisch)"
    opened(app, "faq.csv", f"{columns}\nWo?,Hier.,nuq?,naDev.\n")
    assert "Not used: columns 'Frage (Klingonisch)', 'Antwort (Klingonisch)'." in said(app)
    app.text_input(key="map_new_language").set_value("tlh")
    app.selectbox(key="map_new_prompt").set_value("Frage (Klingonisch)")
    app.selectbox(key="map_new_response").set_value("Antwort (Klingonisch)")
    unbroken(app.run())
    unbroken(app.button(key="map_add").click().run())
    assert imported(ws, app) == [("Wo?", "Hier.", ("lang:de",)), ("nuq?", "naDev.", ("lang:tlh",))]


def test_another_reading_can_be_chosen(ws: Workspace, app: AppTest) -> None:
    rows = '{"chat": "Where?", "reply": "Here.", "question_de": "Wo?", "answer_de": "Hier."}\n'
    opened(app, "faq.jsonl", rows)
    assert app.selectbox(key="map_messages").value == "chat"
    assert "the conversation is not a list of messages" in str([frame.value for frame in app.dataframe])
    app.session_state["map_reading"] = "Languages side by side"
    unbroken(app.run())
    assert app.multiselect(key="map_languages").value == ["de: question_de → answer_de"]
    app.session_state["map_reading"] = "One prompt and one response"
    unbroken(app.run())
    app.selectbox(key="map_prompt").set_value("chat")
    app.selectbox(key="map_response").set_value("reply")
    unbroken(app.run())
    assert imported(ws, app) == [("Where?", "Here.", ())]


def test_a_context_can_be_left_out(ws: Workspace, app: AppTest) -> None:
    opened(app, "squad.csv", "question,context,answer\nWho leads IT?,Ada leads IT.,Ada\n")
    assert app.dataframe[0].value["Prompt"][0] == "Who leads IT?\n\nAda leads IT."
    app.selectbox(key="map_context").set_value(None)
    unbroken(app.run())
    assert imported(ws, app) == [("Who leads IT?", "Ada", ())]
