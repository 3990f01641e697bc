"""A file of prompts and responses, scored by a reward model row by row."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.demonstrations.column_names import PROMPT_NAMES, RESPONSE_NAMES
from workbench.demonstrations.delimited import guard
from workbench.demonstrations.parsing import parse_file
from workbench.errors import InvalidInput

COLUMN_SETS = (("response_a", "response_b"), ("chosen", "rejected"))
"""Files with two responses a row; any other has one."""
CHUNK = 256


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """The rows with their scores, and those that could not be scored."""

    columns: tuple[str, ...]
    """The columns that were scored."""
    rows: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    """``row`` and ``reason``."""


def score_file(
    path: Path,
    score: Callable[[Sequence[str], Sequence[str]], list[float]],
    on_progress: Callable[[int, int], None] | None = None,
) -> ScoredFile:
    """Every row as it stands with ``score`` added, or ``score_a`` and ``score_b`` where it has two responses.

    Raises:
        UnreadableFile: the file cannot be read as a table.
        InvalidInput: no column is called prompt or response.
    """
    table = parse_file(path)
    prompt = next((name for name in table.columns if name.casefold() in PROMPT_NAMES), None)
    responses = _response_columns(table.columns)
    if prompt is None or not responses:
        raise InvalidInput(
            f"{path.name} has the columns {', '.join(table.columns)}; scoring needs one called prompt and one called "
            "response, or response_a and response_b, or chosen and rejected."
        )
    good: list[dict[str, Any]] = []
    rejected = []
    for row in table.rows:
        reason = row.problem or _missing(row.values or {}, (prompt, *responses))
        if reason:
            rejected.append({"row": row.row, "reason": reason})
        else:
            good.append(dict(row.values or {}))
    for start in range(0, len(good), CHUNK):
        chunk = good[start : start + CHUNK]
        for column in responses:
            scores = score([str(row[prompt]) for row in chunk], [str(row[column]) for row in chunk])
            for values, value in zip(chunk, scores, strict=True):
                values[_score_name(column, responses)] = value
        if on_progress is not None:
            on_progress(min(start + CHUNK, len(good)), len(good))
    return ScoredFile(responses, good, rejected)


def write_scored(scored: ScoredFile, out: Path) -> None:
    """Write the rows to a .jsonl or .csv file.

    Raises:
        InvalidInput: another extension, or it cannot be written.
    """
    if out.suffix not in (".jsonl", ".csv"):
        raise InvalidInput(f"{out.name}: name a file that ends in .jsonl or .csv.")
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            if out.suffix == ".jsonl":
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in scored.rows)
                return
            names = list(dict.fromkeys(name for row in scored.rows for name in row))
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(
                {name: guard(value) if isinstance(value, str) else value for name, value in row.items()}
                for row in scored.rows
            )
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written: {error.strerror or error}.") from error


def _response_columns(columns: Sequence[str]) -> tuple[str, ...]:
    known = {name.casefold(): name for name in columns}
    for names in COLUMN_SETS:
        if all(name in known for name in names):
            return tuple(known[name] for name in names)
    return tuple(known[name] for name in RESPONSE_NAMES if name in known)[:1]


def _score_name(column: str, responses: Sequence[str]) -> str:
    if len(responses) == 1:
        return "score"
    return f"score_{column.casefold().removeprefix('response_')}"


def _missing(values: dict[str, Any], names: Sequence[str]) -> str | None:
    for name in names:
        if not isinstance(values.get(name), str):
            return f"no text in the column {name}"
    return None
