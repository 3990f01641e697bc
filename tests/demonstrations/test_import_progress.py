"""How far an import is: what is done, which share of the whole, and the time left."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.demonstrations.conftest import WriteFile
from workbench.demonstrations import bulk, import_report
from workbench.demonstrations.bulk import staged_file
from workbench.demonstrations.import_report import RejectedRow, StepProgress, reasons
from workbench.demonstrations.importing import (
    LARGE_STEPS,
    READING,
    STORING,
    read_demonstrations,
    store_demonstrations,
    store_staged,
)
from workbench.workspace import Workspace

Told = list[tuple[str, float, float | None]]


def lines(number: int) -> str:
    return "".join(
        json.dumps({"prompt": f"Where is room {n}?", "response": f"Floor {n}."}) + "\n" for n in range(number)
    )


def test_shares_and_time_left_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.0, 110.0, 130.0])
    monkeypatch.setattr(import_report, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    told: Told = []
    steps = StepProgress(lambda *what: told.append(what), {"read": 3.0, "store": 1.0})
    steps.at("read")
    steps.at("read", 1 / 3)
    steps.at("store")
    steps.at("a step of another kind of import")
    # A quarter done after 10 s leaves 30; three quarters after 30 s leave 10.
    assert told == [("read", 0.0, None), ("read", 0.25, 30.0), ("store", 0.75, 10.0)]


def test_an_import_tells_its_steps_in_order(ws: Workspace, file: WriteFile) -> None:
    told: Told = []
    found = read_demonstrations(file("a.jsonl", lines(2_500)))
    store_demonstrations(ws, found, author="kim", on_progress=lambda *what: told.append(what))
    assert [step for step, _, _ in told] == ["preparing rows"] * 3 + list(STORING)
    shares = [share for _, share, _ in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1


def test_a_large_file_tells_how_far_it_is_read_and_leaves_nothing_behind(
    ws: Workspace, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: Told = []
    steps = StepProgress(lambda *what: told.append(what), LARGE_STEPS)

    def run(_module: str, arguments: list[str], _name: str, **how: object) -> bytes:
        """In place of the child: it says half, then something unreadable, and finds nothing."""
        progress = Path(arguments[2]) / bulk.PROGRESS
        for text in ("0.5", "not a number"):
            progress.write_text(text)
            how["while_waiting"]()  # type: ignore[operator]
        return b'{"good": 0, "refused": 0, "rejected": [], "constants": {}, "unused": [], "notes": []}'

    path = file("a.jsonl", lines(3))
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "run_limited", run)
        with staged_file(ws.root, path, author="kim", on_share=lambda share: steps.at(READING, share)):
            pass
    assert [(step, round(share, 3)) for step, share, _ in told] == [
        (READING, round(0.5 * LARGE_STEPS[READING] / sum(LARGE_STEPS.values()), 3))
    ]
    with staged_file(ws.root, path, author="kim") as staged:
        assert store_staged(ws, staged, steps).accepted == 3
    assert [step for step, _, _ in told[1:]] == list(STORING)
    assert not list(ws.root.glob("import-*"))


def test_reasons_are_counted_without_their_places_and_numbers() -> None:
    rejected = [
        RejectedRow(1, "the prompt has 21,021 characters; 20,000 is the most (line 2 of the file, the header counted)"),
        RejectedRow(2, "the response is empty (line 3 of the file, the header counted)"),
        RejectedRow(4, "the response is empty (line 5 of the file, the header counted)"),
        RejectedRow(5, "the prompt has 30,000 characters; 20,000 is the most"),
        RejectedRow(6, "the response is empty"),
    ]
    assert reasons(rejected) == [
        ("the response is empty", 3),
        ("the prompt has 21,021 characters; 20,000 is the most", 2),
    ]
    assert reasons([]) == []
