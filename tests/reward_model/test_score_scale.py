"""The file with a member's centre, scale and likelihood weight."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ModelError
from workbench.reward_model.score_scale import FILE, ScoreScale


@pytest.mark.parametrize(
    ("scale", "text"),
    [
        (ScoreScale(2.0, 4.0), '{"centre": 2.0, "scale": 4.0}'),
        (ScoreScale(2.0, 4.0, 0.0), '{"centre": 2.0, "scale": 4.0, "likelihood_weight": 0.0}'),
        (ScoreScale(-0.1, 0.3, 0.5), '{"centre": -0.1, "scale": 0.3, "likelihood_weight": 0.5}'),
    ],
    ids=["a classifier", "a trunk that is not asked", "a trunk"],
)
def test_what_is_stored_comes_back_to_the_last_digit(tmp_path: Path, scale: ScoreScale, text: str) -> None:
    scale.save(tmp_path)
    assert (tmp_path / FILE).read_text() == text
    assert ScoreScale.load(tmp_path) == scale


@pytest.mark.parametrize("text", [None, "{}", '{"centre": 2.0}', '{"centre": "high", "scale": 1.0}', '{"centre": 2.0'])
def test_a_file_that_is_missing_or_not_whole_is_no_reward_model(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / FILE).write_text(text)
    with pytest.raises(ModelError, match="holds no reward model"):
        ScoreScale.load(tmp_path)
