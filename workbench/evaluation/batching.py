"""Batches of like length: padding costs as much to read as text does."""

from __future__ import annotations

from collections.abc import Sequence

MOST_PADDING = 1 / 8
"""Share of a batch that may be padding; more, and a shorter batch is read sooner."""


def like_lengths(lengths: Sequence[int], most_rows: int, most_tokens: int | None = None) -> list[list[int]]:
    """Positions of the lengths in batches, the shortest first.

    Args:
        lengths: tokens of each row.
        most_rows: rows of a batch at most.
        most_tokens: tokens of a batch at most, padding included; a longer row is a batch of its own.
    """
    batches: list[list[int]] = []
    filled = 0
    for index in sorted(range(len(lengths)), key=lambda index: lengths[index]):
        # Sorted by length: the row to be added is the longest of its batch.
        rows = len(batches[-1]) + 1 if batches else 1
        size, text = rows * lengths[index], filled + lengths[index]
        fits = most_tokens is None or size <= most_tokens
        if batches and rows <= most_rows and fits and size - text <= MOST_PADDING * size:
            batches[-1].append(index)
            filled = text
        else:
            batches.append([index])
            filled = lengths[index]
    return batches
