"""Step 1: writing, importing, changing, deleting."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from pages.demonstrations_browse import CHOSEN
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.workspace import Workspace

PAGE = "step1_demonstrations.py"
PART = "demonstrations_part"


def write(app: AppTest, prompt: str, response: str) -> AppTest:
    app.text_area(key="new_prompt").set_value(prompt)
    app.text_area(key="new_response").set_value(response)
    return unbroken(app.button(key="save_demonstration").click().run())


def test_a_written_demonstration_is_stored_and_the_form_emptied(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Write"})
    write(app, "Where is the gym?", "In the basement of the Mill house.")
    assert "Saved to the" in app.success[0].value
    rows = ws.demonstrations.list()
    assert [(row.prompt, row.response, row.author) for row in rows] == [
        ("Where is the gym?", "In the basement of the Mill house.", "Ada")
    ]
    assert app.text_area(key="new_prompt").value == ""


def test_an_empty_response_is_refused_and_what_was_typed_stays(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Write"})
    write(app, "Where is the gym?", "   ")
    assert "response is empty" in app.error[0].value
    assert app.text_area(key="new_prompt").value == "Where is the gym?"
    assert not ws.demonstrations.list()


def test_the_same_demonstration_twice_is_refused(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Write"})
    for _ in range(2):
        write(app, "Where is the gym?", "In the basement.")
    assert "already there" in app.error[0].value
    assert ws.demonstrations.count() == 1


def test_without_a_name_writing_asks_for_one(app: AppTest) -> None:
    visit(app, PAGE, **{PART: "Write"})
    assert "What is your name?" in texts(app)
    assert app.button(key="save_demonstration").disabled
    app.text_input(key="person_name_asked").set_value("  Ada   Lovelace ")
    unbroken(app.button(key="name_go_on").click().run())
    assert not app.button(key="save_demonstration").disabled
    assert app.selectbox(key="person_name").value == "Ada Lovelace"


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
    app.selectbox(key="import_prompt_column").set_value("alpha")
    app.selectbox(key="import_response_column").set_value("beta")
    unbroken(app.run())
    unbroken(app.button(key="import_confirm").click().run())
    assert [row.prompt for row in ws.demonstrations.list()] == ["Where is A?"]


def test_an_unreadable_file_is_one_sentence(ws: Workspace, app: AppTest) -> None:
    visit(app, PAGE, name="Ada", **{PART: "Import"})
    app.file_uploader(key="import_file_0").upload("broken.json", b"{not json")
    unbroken(app.run())
    assert len(app.error) == 1
    assert not ws.demonstrations.list()


def test_search_and_filters(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    visit(app, PAGE)
    app.text_input(key="demonstrations_search").set_value("payroll")
    unbroken(app.run())
    assert set(app.dataframe[0].value["Prompt"]) == {row.prompt for row in ws.demonstrations.list(search="payroll")}
    app.selectbox(key="demonstrations_split").set_value("test")
    unbroken(app.run())
    assert list(app.dataframe[0].value["Split"]) == ["test"]


def test_edit_then_delete_then_undo(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    row = ws.demonstrations.list()[0]
    visit(app, PAGE, name="Ben", **{CHOSEN: row.id})
    unbroken(app.button(key="edit_demonstration").click().run())
    app.text_area(key="edit_response").set_value("Somewhere else.")
    unbroken(app.button(key="edit_save").click().run())
    assert ws.demonstrations.get(row.id).response == "Somewhere else."
    assert ws.demonstrations.history(row.id)[0].replaced_by == "Ben"
    unbroken(app.button(key="delete_demonstration").click().run())
    assert ws.demonstrations.count() == 31
    unbroken(app.button(key="undelete").click().run())
    assert ws.demonstrations.get(row.id).response == "Somewhere else."


def test_deleting_needs_a_name(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    visit(app, PAGE, **{CHOSEN: ws.demonstrations.list()[0].id})
    unbroken(app.button(key="delete_demonstration").click().run())
    assert "Your name" in app.error[0].value
    assert ws.demonstrations.count() == 32


def test_home_loads_the_demo_company(ws: Workspace, app: AppTest) -> None:
    visit(app)
    unbroken(app.button(key="load_demo").click().run())
    number = ws.demonstrations.count()
    assert number > 100
    assert f"{number:,} demonstrations added" in app.success[0].value.replace("\\", "")
    assert "Go to SFT" in texts(app)
    assert "load_demo" not in {button.key for button in app.button}
