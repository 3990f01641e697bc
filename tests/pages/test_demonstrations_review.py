"""Step 1: the review, snapshots and exports."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.demonstrations_export import KINDS, exported
from pages.demonstrations_review import HELD, SVG_POINTS
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.demonstrations import embedder
from workbench.demonstrations.editing import add_demonstration, update_demonstration
from workbench.demonstrations.quality import Review
from workbench.demonstrations.snapshots import take_snapshot
from workbench.workspace import Workspace

PAGE = "step1_demonstrations.py"
PART = "demonstrations_part"


def test_a_snapshot_is_named_and_listed(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    visit(app, PAGE, name="Ada", **{PART: "Snapshots and export"})
    app.text_input(key="snapshot_name").set_value("March")
    unbroken(next(button for button in app.button if button.label == "Take snapshot").click().run())
    assert [item.name for item in ws.snapshots.list()] == ["March"]
    assert "March" in str(app.dataframe[0].value)


def test_a_long_list_of_changes_says_how_much_of_it_is_shown(ws: Workspace, app: AppTest) -> None:
    row = add_demonstration(ws, prompt="Q?", response="x", author="kim")
    take_snapshot(ws, "March")
    for number in range(52):
        add_demonstration(ws, prompt=f"Where is room {number}?", response="x", author="kim")
    update_demonstration(ws, row.id, by="kim", tags=["hr"])
    take_snapshot(ws, "April")
    visit(app, PAGE, name="Ada", **{PART: "Snapshots and export"})
    assert "**Added**: the first 50 of 52 lines; the download has all" in texts(app)
    assert app.download_button(key="diff_download").label == "Download all changes"
    assert {metric.label: metric.value for metric in app.metric if metric.label in ("Added", "Other fields")} == {
        "Added": "52",
        "Other fields": "1",
    }
    assert app.dataframe[2].value.values.tolist() == [["Q?", "tags", "none", "hr"]]


def test_a_review_shows_contradictions(ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "embed", lambda texts: np.eye(len(texts), 384, dtype=np.float32))
    for answer in ("Floor 1, next to the lift.", "Floor 2, write to gym@example.org."):
        add_demonstration(ws, prompt="Where is the gym?", response=answer, author="kim")
    visit(app, PAGE, name="Ben", **{PART: "Review"})
    unbroken(app.button(key="review_start").click().run())
    assert "Floor 1, next to the lift." in texts(app)
    row = ws.demonstrations.list()[0]
    rejecting = next(button for button in app.button if str(button.key).endswith(row.id) and button.label == "Reject")
    unbroken(rejecting.click().run())
    assert ws.demonstrations.get(row.id).status == "rejected"
    for view in ("Near-duplicates (1)", "To look at (1)", "Map", "Coverage"):
        app.session_state["review_view"] = view
        unbroken(app.run())


def test_exports_come_as_bytes(ws: Workspace) -> None:
    seeding.demonstrations(ws)
    for name, style in KINDS.values():
        data = exported(name, style)
        assert data[:2] == (b"PK" if style == "huggingface" else data[:2])
        assert len(data) > 500


@pytest.mark.parametrize(("points", "drawn"), [(1500, "scatter"), (SVG_POINTS + 1, "scattergl")])
def test_the_map_needs_webgl_only_for_very_many_points(ws: Workspace, app: AppTest, points: int, drawn: str) -> None:
    row = add_demonstration(ws, prompt="Where is the gym?", response="In the basement.", author="kim")
    found = Review(points, [], [], [], points=[(row, at / points, 0.5) for at in range(points)])
    visit(app, PAGE, **{PART: "Review", HELD: found, "review_view": "Map"})
    (chart,) = app.get("plotly_chart")
    assert {trace["type"] for trace in json.loads(chart.proto.spec)["data"]} == {drawn}
