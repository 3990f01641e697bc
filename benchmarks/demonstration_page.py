"""How long the demonstrations page takes with 100,000 rows: the time of one script run, as the server sees it.

Each kind of click is made several times in one session. Beside the elapsed time stands that of the processors, all
threads together, which other work on the machine disturbs less.
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
from workbench.demonstrations.importing import import_demonstrations
from workbench.demonstrations.many import change_demonstrations
from workbench.workspace import Workspace

ROWS = 100_000
ENTRY = Path(__file__).resolve().parents[1] / "pages" / "app.py"
PAGE = "step1_demonstrations.py"
Click = Callable[[AppTest, int], None]


def _open(app: AppTest, _time: int) -> None:
    app.switch_page("home.py").run()
    app.switch_page(PAGE)


def _turn(app: AppTest, time: int) -> None:
    app.pagination[0].set_value(2 + 37 * time)


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
    "open": _open,
    "turn the page": _turn,
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
        waits = {kind: _timed(app, click, times) for kind, click in CLICKS.items()}
        waits["everything"] = [wait for each in waits.values() for wait in each]
        figures = {kind: _figures(each) for kind, each in waits.items()}
        print(json.dumps({"benchmark": "demonstration_page", "rows": ROWS, "times": times, **figures}))
        from pages import services

        services.close()


def _timed(app: AppTest, click: Click, times: int) -> list[tuple[float, float]]:
    """Elapsed and processor milliseconds of each time."""
    waits = []
    for number in range(times):
        click(app, number)
        began, busy = time.perf_counter(), time.process_time()
        app.run()
        waits.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - busy)))
        assert not app.exception, [item.value for item in app.exception]
    return waits


def _figures(waits: list[tuple[float, float]]) -> dict[str, float]:
    elapsed, processor = (sorted(wait) for wait in zip(*waits, strict=True))
    return {
        "p50_ms": round(statistics.median(elapsed), 1),
        "p95_ms": round(_p95(elapsed), 1),
        "processor_p50_ms": round(statistics.median(processor), 1),
        "processor_p95_ms": round(_p95(processor), 1),
    }


def _p95(ordered: list[float]) -> float:
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
