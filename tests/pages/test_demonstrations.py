"""Step 1: writing, finding, changing, deleting."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from pages import demonstrations_grid
from pages.demonstrations_browse import GRID, MEANING
from pages.demonstrations_bulk import CHOSEN, MANY
from pages.demonstrations_grid import changes_of
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.demonstrations import embedder, quality
from workbench.demonstrations.editing import add_demonstration, update_demonstration
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


def test_a_reworded_prompt_moves_no_held_out_question_and_says_where_it_is(ws: Workspace, app: AppTest) -> None:
    held = add_demonstration(ws, prompt="Where is room 71?", response="Up.", author="kim", split="test")
    row = add_demonstration(ws, prompt="How do I get to room 71?", response="Up.", author="kim", split="train")
    visit(app, PAGE, name="Ben", **{CHOSEN: row.id})
    unbroken(app.button(key="edit_demonstration").click().run())
    app.text_area(key="edit_prompt").set_value("Where is the room 71?")
    app.text_area(key="edit_response").set_value("Up, on the left.")
    unbroken(app.button(key="edit_save").click().run())
    assert [ws.demonstrations.get(id).split for id in (held.id, row.id)] == ["test", "test"]
    words = app.success[0].value.replace("\\", "")
    assert words == "Saved. The former version is kept. It is in test now, beside 'Where is room 71?'."


def test_the_editor_keeps_both_texts_where_somebody_else_changed_the_same(ws: Workspace, app: AppTest) -> None:
    row = add_demonstration(ws, prompt="Where is the gym?", response="Floor 1.", author="kim")
    visit(app, PAGE, name="Xenia", **{CHOSEN: row.id})
    unbroken(app.button(key="edit_demonstration").click().run())
    update_demonstration(ws, row.id, by="Yan", response="Floor 2.")
    app.text_input(key="edit_source").set_value("plan")
    unbroken(app.button(key="edit_save").click().run())
    assert (ws.demonstrations.get(row.id).response, ws.demonstrations.get(row.id).source) == ("Floor 2.", "plan")

    unbroken(app.button(key="edit_demonstration").click().run())
    update_demonstration(ws, row.id, by="Yan", response="Floor 3.")
    app.text_area(key="edit_response").set_value("Floor 4.")
    unbroken(app.button(key="edit_save").click().run())
    assert "Yan changed the response of 'Where is the gym?' meanwhile" in app.error[0].value
    assert app.text_area(key="edit_response").value == "Floor 4."
    assert "as Yan left it" in texts(app)
    assert ws.demonstrations.get(row.id).response == "Floor 3."
    unbroken(app.button(key="edit_save").click().run())
    assert ws.demonstrations.get(row.id).response == "Floor 4."
    assert "as Yan left it" not in texts(app)


def test_what_was_typed_outlives_the_row(ws: Workspace, app: AppTest) -> None:
    add_demonstration(ws, prompt="Where is the pool?", response="Floor 2.", author="kim")
    row = add_demonstration(ws, prompt="Where is the gym?", response="Floor 1.", author="kim")
    visit(app, PAGE, name="Xenia", **{CHOSEN: row.id})
    unbroken(app.button(key="edit_demonstration").click().run())
    ws.demonstrations.delete(row.id, by="Yan")
    app.text_area(key="edit_response").set_value("Floor 4, by the stairs.")
    unbroken(app.button(key="edit_save").click().run())
    assert "Yan deleted 'Where is the gym?' meanwhile" in app.error[0].value
    assert app.text_area(key="edit_response").value == "Floor 4, by the stairs."


def test_undo_counts_what_was_changed_since(ws: Workspace, app: AppTest) -> None:
    rows = [add_demonstration(ws, prompt=f"Q {n}?", response="x", author="kim", status="draft") for n in range(2)]
    visit(app, PAGE, name="Ann", **{MANY: [row.id for row in rows]})
    unbroken(app.button(key="many_approved").click().run())
    update_demonstration(ws, rows[1].id, by="Bob", response="corrected")
    unbroken(app.button(key="undelete").click().run())
    assert [(row.status, row.response) for row in ws.demonstrations.list()] == [
        ("draft", "x"),
        ("approved", "corrected"),
    ]
    assert "1 row is as before. 1 row was changed since and stays as it is." in texts(app).replace("\\", "")


def test_a_version_that_was_clicked_is_the_one_restored_or_none(ws: Workspace, app: AppTest) -> None:
    row = add_demonstration(ws, prompt="Where is the gym?", response="Floor 1.", author="kim")
    update_demonstration(ws, row.id, by="Ann", response="Floor 2.")
    (first,) = ws.demonstrations.history(row.id)
    visit(app, PAGE, name="Xenia", **{CHOSEN: row.id})
    unbroken(app.button(key="show_history").click().run())
    update_demonstration(ws, row.id, by="Yan", response="Floor 3.")
    unbroken(app.button(key=f"restore_{first.id}").click().run())
    assert "Yan edited it meanwhile" in app.error[0].value
    assert ws.demonstrations.get(row.id).response == "Floor 3."
    unbroken(app.button(key=f"restore_{first.id}").click().run())
    assert ws.demonstrations.get(row.id).response == "Floor 1."


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


def test_typed_tags_stay_where_they_cannot_be_stored(ws: Workspace, app: AppTest) -> None:
    rows = [add_demonstration(ws, prompt=f"Q {n}?", response="x", author="kim", tags=("office",)) for n in range(2)]
    visit(app, PAGE, **{MANY: [row.id for row in rows]})
    app.multiselect(key="many_add_tags").set_value(["office"])
    unbroken(next(button for button in app.button if button.label == "Change tags").click().run())
    assert "Your name" in app.error[0].value
    assert app.multiselect(key="many_add_tags").value == ["office"]


def test_many_rows_are_approved_together_and_that_is_undone(ws: Workspace, app: AppTest) -> None:
    rows = [add_demonstration(ws, prompt=f"Q {n}?", response="x", author="kim", status="draft") for n in range(3)]
    visit(app, PAGE, name="Ben", **{MANY: [row.id for row in rows[:2]]})
    assert "2 demonstrations chosen" in texts(app)
    unbroken(app.button(key="many_approved").click().run())
    assert [row.status for row in ws.demonstrations.list()] == ["approved", "approved", "draft"]
    unbroken(app.button(key="undelete").click().run())
    assert {row.status for row in ws.demonstrations.list()} == {"draft"}


def test_a_draft_is_approved_where_it_is_read(ws: Workspace, app: AppTest) -> None:
    row = add_demonstration(ws, prompt="Q?", response="x", author="kim", status="draft")
    visit(app, PAGE, name="Ben", **{CHOSEN: row.id})
    unbroken(app.button(key="reject_demonstration").click().run())
    unbroken(app.button(key="approve_demonstration").click().run())
    assert ws.demonstrations.get(row.id).status == "approved"
    assert [version.status for version in ws.demonstrations.history(row.id)] == ["rejected", "draft"]
    unbroken(app.button(key="show_history").click().run())
    assert "Also changed: status rejected → approved" in texts(app)
    assert "Also changed: status draft → rejected" in texts(app)
    unbroken(app.button(key=f"restore_{ws.demonstrations.history(row.id)[1].id}").click().run())
    assert ws.demonstrations.get(row.id).status == "draft"


def test_the_history_asks_for_a_name_where_there_is_none(ws: Workspace, app: AppTest) -> None:
    row = add_demonstration(ws, prompt="Q?", response="On floor 1.", author="kim")
    update_demonstration(
        ws, row.id, by="Ben", prompt="Q?", response="On floor 2.", tags=(), source="", status="approved", split="train"
    )
    visit(app, PAGE, **{CHOSEN: row.id})
    unbroken(app.button(key="show_history").click().run())
    assert "The response after that" in texts(app)
    restoring = f"restore_{ws.demonstrations.history(row.id)[0].id}"
    assert app.button(key=restoring).disabled
    app.text_input(key="person_name_asked").set_value("Ada")
    unbroken(app.run())
    unbroken(app.button(key=restoring).click().run())
    assert ws.demonstrations.get(row.id).response == "On floor 1."
    assert ws.demonstrations.history(row.id)[0].replaced_by == "Ada"


def test_the_grid_shows_a_page_of_rows_and_its_cells_become_changes(ws: Workspace, app: AppTest) -> None:
    row = add_demonstration(ws, prompt="Q?", response="x", author="kim", tags=["a"])
    visit(app, PAGE, name="Ben", demonstrations_mode=GRID)
    assert app.button(key="grid_save").disabled
    edited = {0: {"Response": "y", "Tags": ["a", "b"], "Source": None}, 7: {"Prompt": "not on this page"}}
    assert changes_of(edited, [row.id]) == {row.id: {"response": "y", "tags": ("a", "b"), "source": ""}}


def test_the_grid_knows_its_rows_when_others_come_to_the_top(
    ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [add_demonstration(ws, prompt=f"Q {n}?", response="x", author="kim") for n in range(2)]
    visit(app, PAGE, name="Xenia", demonstrations_mode=GRID, demonstrations_order="Last changed")
    # No driver can type into a grid, so this is what the browser would send: a cell of the first row.
    typed = {0: {"Response": "mine"}}
    monkeypatch.setattr(demonstrations_grid, "_edited", lambda key: typed if key.endswith("_0") else {})
    update_demonstration(ws, rows[0].id, by="Yan", response="theirs")
    unbroken(app.run())
    unbroken(app.button(key="grid_save").click().run())
    assert {row.prompt: row.response for row in ws.demonstrations.list()} == {"Q 0?": "theirs", "Q 1?": "mine"}


def test_the_grid_shows_what_somebody_else_made_of_the_same_cell(
    ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = add_demonstration(ws, prompt="Q?", response="x", author="kim")
    visit(app, PAGE, name="Xenia", demonstrations_mode=GRID)
    typed = {0: {"Response": "mine"}}
    monkeypatch.setattr(demonstrations_grid, "_edited", lambda key: typed if key.endswith("_0") else {})
    update_demonstration(ws, row.id, by="Yan", response="theirs")
    unbroken(app.run())
    unbroken(app.button(key="grid_save").click().run())
    assert "Yan changed the response of 'Q?' meanwhile" in app.error[0].value
    assert "theirs" in texts(app)
    assert ws.demonstrations.get(row.id).response == "theirs"
    unbroken(app.button(key="grid_save").click().run())
    assert ws.demonstrations.get(row.id).response == "mine"


def test_a_search_by_meaning_shows_how_far_it_is(ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    seeding.demonstrations(ws)
    shown: list[str] = []
    monkeypatch.setattr(quality, "BATCH", 20)
    monkeypatch.setattr(embedder, "embed", lambda texts: np.eye(len(texts), 384, dtype=np.float32))
    monkeypatch.setattr(DeltaGenerator, "progress", lambda _, _share, words: shown.append(words))
    visit(app, PAGE, demonstrations_search="payroll", demonstrations_search_by=MEANING)
    assert [words.split(",")[0] for words in shown] == ["Embedding prompts: 62%", "Embedding prompts: 100%"]
    assert len(app.dataframe[0].value) == 25
    unbroken(app.run())
    assert len(shown) == 2  # each prompt is embedded once
