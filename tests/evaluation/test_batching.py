"""Batches of like length."""

from __future__ import annotations

from workbench.evaluation.batching import like_lengths


def test_batches_are_filled_from_the_shortest() -> None:
    assert like_lengths([9, 8, 9, 8, 9], most_rows=2) == [[1, 3], [0, 2], [4]]
    assert like_lengths([], most_rows=2) == []


def test_a_long_row_does_not_pad_the_short_ones() -> None:
    # Of 2 x 8 places one would be padding with a row of 7: a sixteenth; with a row of 5, three: more than an eighth.
    assert like_lengths([8, 7], most_rows=9) == [[1, 0]]
    assert like_lengths([8, 5], most_rows=9) == [[1], [0]]


def test_padding_counts_as_tokens() -> None:
    assert like_lengths([7, 8, 8], most_rows=9, most_tokens=16) == [[0, 1], [2]]
    assert like_lengths([20, 20], most_rows=9, most_tokens=16) == [[0], [1]]
    assert like_lengths([0, 0, 1], most_rows=9) == [[0, 1], [2]]
