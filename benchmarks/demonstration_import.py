"""How fast a million demonstrations come in, beside DuckDB's own ``read_json`` into a table on the same file.

Pairs of both, one after the other on the same machine; the ratio is what counts, of elapsed time and of processor time
(which other work on the machine disturbs less). Peak memory is that of the importing process and of the child that
reads, for the whole file of plain rows and for a tenth of it.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.demonstrations.importing import import_demonstrations
from workbench.workspace import Workspace

ROWS = 1_000_000
PAIRS = 3
THINGS = [
    "department",
    "office",
    "printer",
    "badge",
    "parking",
    "gym",
    "canteen",
    "payroll",
    "laptop",
    "travel",
    "contract",
    "invoice",
    "supplier",
]
TOWNS = ["Boston", "Denver", "Lyon", "Köln", "Zürich", "Madrid", "Oslo", "Leeds", "Austin", "Gdańsk", "Porto", "Milan"]

SHAPES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "plain": lambda row: row,
    "messages": lambda row: {
        "messages": [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["response"]}]
    },
    "alpaca": lambda row: {"instruction": row["prompt"], "input": row["source"], "output": row["response"] + "\n"},
}
"""The kinds of rows that are measured; Alpaca's have an input and end with a line break."""


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shapes = {shape: _pairs(folder, write_rows(folder / "whole.jsonl", ROWS, shape)) for shape in SHAPES}
        small = _import(folder, write_rows(folder / "tenth.jsonl", ROWS // 10))
    pairs = shapes["plain"]
    print(
        json.dumps(
            {
                "benchmark": "demonstration_import",
                "rows": ROWS,
                "read_json": [base for base, _ in pairs],
                "import": [taken["cost"] for _, taken in pairs],
                "ratio": {shape: _ratios(found) for shape, found in shapes.items()},
                "peak_mib": {"whole": pairs[-1][1]["peak_mib"], "tenth": small["peak_mib"]},
            }
        )
    )


def _pairs(folder: Path, file: Path) -> list[tuple[dict[str, float], dict[str, Any]]]:
    return [(_read_json(folder, file), _import(folder, file)) for _ in range(PAIRS)]


def _ratios(pairs: list[tuple[dict[str, float], dict[str, Any]]]) -> dict[str, float]:
    return {
        kind: statistics.median(taken["cost"][kind] / base[kind] for base, taken in pairs)
        for kind in ("seconds", "processor_seconds")
    }


def write_rows(path: Path, rows: int, shape: str = "plain") -> Path:
    """Writes so many demonstrations as JSON Lines, about 270 bytes each."""
    draw = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            thing, town = draw.choice(THINGS), draw.choice(TOWNS)
            row = {
                "prompt": f"How do I reach the {thing} team in {town} about case {number}?",
                "response": f"Call extension {number % 9000 + 1000} in {town} between 9:00 and 17:00, ask for the "
                f"{thing} desk and mention case {number}; they answer within {number % 5 + 1} working days.",
                "tags": [thing],
                "source": f"handbook {number % 300}",
            }
            file.write(json.dumps(SHAPES[shape](row), ensure_ascii=False) + "\n")
    return path


@contextmanager
def _cost() -> Iterator[dict[str, float]]:
    """Elapsed and processor seconds of the block, children included."""
    cost: dict[str, float] = {}
    began, busy = time.perf_counter(), _processor_seconds()
    yield cost
    cost |= {"seconds": time.perf_counter() - began, "processor_seconds": _processor_seconds() - busy}


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _read_json(folder: Path, file: Path) -> dict[str, float]:
    import duckdb

    database = folder / "base.duckdb"
    database.unlink(missing_ok=True)
    with _cost() as cost, duckdb.connect(str(database)) as connection:
        connection.execute(f"CREATE TABLE rows AS SELECT * FROM read_json('{file}')")
    return cost


def _import(folder: Path, file: Path) -> dict[str, Any]:
    """The import in a process of its own, so that peak memory is its own too."""
    command = [sys.executable, "-m", "benchmarks.demonstration_import", str(folder), str(file)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def _measure(folder: Path, file: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        ws = Workspace.open(Path(name), owner="benchmark")
        with _cost() as cost:  # closing included, as in the baseline: what a checkpoint leaves undone counts
            report = import_demonstrations(ws, file, author="benchmark")
            ws.close()
    assert report.accepted == report.rows, report
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"cost": cost, "peak_mib": {"workspace": peaks[0], "child": peaks[1]}}))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _measure(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
