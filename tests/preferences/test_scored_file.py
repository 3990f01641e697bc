"""A file of responses, scored: which columns, what is left out, what is written."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from workbench.errors import InvalidInput, UnreadableFile
from workbench.preferences.scored_file import score_file, write_scored


def by_length(prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
    return [float(len(response) - len(prompt)) for prompt, response in zip(prompts, responses, strict=True)]


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_one_response_a_row_gets_a_score_and_keeps_the_rest(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"prompt": "a", "response": "abc", "note": "x"},
        {"prompt": "a", "response": None},
        {"prompt": "a", "response": ""},
    ]
    seen: list[tuple[int, int]] = []
    scored = score_file(written(tmp_path / "in.jsonl", rows), by_length, lambda done, total: seen.append((done, total)))
    assert scored.rows == [
        {"prompt": "a", "response": "abc", "note": "x", "score": 2.0},
        {"prompt": "a", "response": "", "score": -1.0},
    ]
    assert scored.rejected == [{"row": 2, "reason": "no text in the column response"}]
    assert seen == [(2, 2)]


@pytest.mark.parametrize("names", [("response_a", "response_b"), ("chosen", "rejected")])
def test_two_responses_a_row_get_two_scores(tmp_path: Path, names: tuple[str, str]) -> None:
    file = written(tmp_path / "in.jsonl", [{"prompt": "a", names[0]: "abc", names[1]: "ab"}])
    (row,) = score_file(file, by_length).rows
    assert [row[name] for name in row if name.startswith("score")] == [2.0, 1.0]


def test_other_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has the columns x; scoring needs one called prompt"):
        score_file(written(tmp_path / "in.jsonl", [{"x": "y"}]), by_length)
    with pytest.raises(UnreadableFile):
        score_file(tmp_path / "missing.jsonl", by_length)


def test_scores_are_written_and_formulas_disarmed(tmp_path: Path) -> None:
    scored = score_file(written(tmp_path / "in.jsonl", [{"prompt": "a", "response": "=1+1"}]), by_length)
    write_scored(scored, tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text())["response"] == "=1+1"
    write_scored(scored, tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8"))
    assert (row["response"], row["score"]) == ("'=1+1", "3.0")
    with pytest.raises(InvalidInput, match=r"ends in \.jsonl or \.csv"):
        write_scored(scored, tmp_path / "out.xlsx")
