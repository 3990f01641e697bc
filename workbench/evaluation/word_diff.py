"""Which words of an answer are the human response's own, and which are not: for reading two texts side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_PIECE = re.compile(r"\s+|[\w’'-]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is shared with the other, or not."""

    text: str
    shared: bool


def word_diff(answer: str, reference: str) -> list[Piece]:
    """The answer cut into stretches; joined they give it back exactly. Case does not count."""
    said, wanted = _PIECE.findall(answer), _PIECE.findall(reference)
    words = [index for index, piece in enumerate(said) if not piece.isspace()]
    matcher = SequenceMatcher(
        None,
        [said[index].casefold() for index in words],
        [piece.casefold() for piece in wanted if not piece.isspace()],
        autojunk=False,
    )
    shared = {words[i] for block in matcher.get_matching_blocks() for i in range(block.a, block.a + block.size)}
    pieces: list[Piece] = []
    for index, text in enumerate(said):
        # A space belongs to what stands before it, so that a stretch of words is one stretch.
        own = index in shared if not text.isspace() else (not pieces or pieces[-1].shared)
        if pieces and pieces[-1].shared == own:
            pieces[-1] = Piece(pieces[-1].text + text, own)
        else:
            pieces.append(Piece(text, own))
    return pieces
