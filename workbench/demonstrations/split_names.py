"""The names of the splits, and of what a held-out prompt asks for. Knows nothing of the database."""

from __future__ import annotations

from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
HeldOutKind = Literal["unseen wording", "unseen fact"]
HELD_OUT_KINDS: tuple[HeldOutKind, ...] = get_args(HeldOutKind)
"""What a held-out prompt asks for: a fact that was trained in other words, or one that was never trained."""
