"""How long the demonstrations page takes with 100,000 rows: the time of one script run, as the server sees it.

Each kind of click is made several times in one session.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks.demonstration_import import write_rows
from workbench.demonstrations.editing import change_demonstrations
from workbench.demonstrations.importing import import_demonstrations
from workbench.workspace import Workspace

ROWS = 100_000
ENTRY = Path(__file__).resolve().parents[1] / "pages" / "app.py"
PAGE = "step1_demonstrations.py"
Click = Callable[[AppTest, int], None]


def _nothing(_app: AppTest, _time: int) -> None:
    """Draws the page again, as any click on it does."""


def _search(app: AppTest, time: int) -> None:
    app.text_input(key="demonstrations_search").set_value(f"case {time}")


def _tag(app: AppTest, time: int) -> None:
    app.text_input(key="demonstrations_search").set_value("")
    app.selectbox(key="demonstrations_tag").select_index(1 + time % 10)


def _order(app: AppTest, time: int) -> None:
    app.selectbox(key="demonstrations_order").select_index(time % 5)


def _after_a_change(app: AppTest, time: int) -> None:
    from pages import services

    row = services.workspace().demonstrations.list(limit=1, offset=time)[0]
    change_demonstrations(services.workspace(), [row.id], by="Ann", status="rejected")
    _nothing(app, time)


CLICKS: dict[str, Click] = {
    "again": _nothing,
    "search": _search,
    "tag": _tag,
    "order": _order,
    "after a change": _after_a_change,
}


def main(times: int) -> None:
    """Print median and 95th percentile of each click in milliseconds, as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["WORKBENCH_WORKSPACE"] = str(folder / "workspace")
        with Workspace.open(folder / "workspace", owner="benchmark") as ws:
            import_demonstrations(ws, write_rows(folder / "rows.jsonl", ROWS), author="benchmark")
        app = AppTest.from_file(str(ENTRY), default_timeout=120)
        app.run()
        app.switch_page(PAGE).run()
        figures = {kind: _timed(app, click, times) for kind, click in CLICKS.items()}
        everything = sorted(wait for waits in figures.values() for wait in waits)
        print(
            json.dumps(
                {
                    "benchmark": "demonstration_page",
                    "rows": ROWS,
                    "p95_ms": _p95(everything),
                    **{kind: {"p50_ms": statistics.median(w), "p95_ms": _p95(w)} for kind, w in figures.items()},
                }
            )
        )
        from pages import services

        services.close()


def _timed(app: AppTest, click: Click, times: int) -> list[float]:
    waits = []
    for number in range(times):
        click(app, number)
        began = time.perf_counter()
        app.run()
        waits.append(1000 * (time.perf_counter() - began))
        assert not app.exception, [item.value for item in app.exception]
    return waits


def _p95(waits: list[float]) -> float:
    return sorted(waits)[min(len(waits) - 1, int(0.95 * len(waits)))]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
