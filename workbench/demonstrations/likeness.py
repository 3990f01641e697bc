"""Which prompts mean nearly the same, and which answer one question differently.

Embeddings are those of all-MiniLM-L6-v2 (``workbench.evaluation.embedding``). The threshold was chosen by
precision and recall on hand-labelled pairs; the curve is in docs/experiments.md. Templates defeat embeddings:
"Where is HR in Boston?" and "Where is HR in Denver?" are nearer to one another than many true paraphrases, so
a pair does not count where each prompt has a name or a number that the other lacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.text_keys import FUNCTION_WORDS, word_form

if TYPE_CHECKING:
    import numpy as np

    from storage.demonstrations import Demonstration

NEAR = 0.80
"""Cosine from which two prompts are taken for nearly the same."""
BLOCK = 1_024
MAX_PAIRS = 5_000
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"(?<=\s)[A-ZÀ-Þ][\w'’-]*|\b[A-Z]{2,}\b")
_MATTER = re.compile(r"\w(?:\+\+|#)|[<>]|(?<=\d)\s?am\b|(?<=\s)[A-Z]+\b|\b[A-Z]{2,}\b")
_WORDS_IN_CAPITALS = FUNCTION_WORDS - {"i"}
"""Function words that mean something else in capitals."""
Embed = Callable[[Sequence[str]], "np.ndarray"]


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two demonstrations whose prompts mean nearly the same; ``likeness`` is the cosine, 1 for equal words."""

    first: Demonstration
    second: Demonstration
    likeness: float

    @property
    def differs(self) -> bool:
        """Whether they give different answers."""
        return " ".join(self.first.response.split()) != " ".join(self.second.response.split())

    @property
    def leaks(self) -> bool:
        """Whether one of them trains and the other is held out without being known as another wording of its fact."""
        sides = {self.first.split, self.second.split}
        linked = self.first.fact_id is not None and self.first.fact_id == self.second.fact_id
        return "train" in sides and len(sides) > 1 and not linked


def near_pairs(
    rows: Sequence[Demonstration], vectors: np.ndarray, threshold: float = NEAR, *, linked_too: bool = False
) -> list[NearPair]:
    """Pairs of rows whose prompts are nearly the same, the likest first, at most ``MAX_PAIRS``.

    Args:
        vectors: unit embeddings of the prompts, float32 of shape (len(rows), dimensions).
        linked_too: also pairs that are known as wordings of one fact.
    """
    import numpy as np

    forms = [question_form(row.prompt) for row in rows]
    marks = [particulars(row.prompt) for row in rows]
    found: list[NearPair] = []
    for start in range(0, len(rows), BLOCK):
        cosine = vectors[start : start + BLOCK] @ vectors[start:].T
        lines, columns = np.nonzero(np.triu(cosine >= threshold, k=1))
        for line, column in zip(lines.tolist(), columns.tolist(), strict=True):
            one, two = start + line, start + column
            first, second = rows[one], rows[two]
            linked = first.fact_id is not None and first.fact_id == second.fact_id
            if linked and not linked_too:
                continue
            same = forms[one] == forms[two]
            if same or not (marks[one] - marks[two] and marks[two] - marks[one]):
                found.append(NearPair(first, second, 1.0 if same else float(cosine[line, column])))
    found.sort(key=lambda pair: (-pair.likeness, pair.first.id, pair.second.id))
    return found[:MAX_PAIRS]


def particulars(prompt: str) -> frozenset[str]:
    """The numbers and names of a prompt, without case: what tells one fact from the next in the same template.

    Names are capitalised words that do not begin the prompt, and abbreviations.
    """
    names = {name.casefold().removesuffix("'s").removesuffix("’s") for name in _NAME.findall(prompt)}
    return frozenset(names | set(_NUMBER.findall(prompt)))


def question_form(prompt: str) -> tuple[str, frozenset[str]]:
    """What a prompt asks: its words but for function words, and those of them that carry the matter after all.

    "Building A" is not "building D", nor the "IT department" any department; 8 am, C++ and C#, < and > are told apart.
    Groups and splits rest on the words alone: they may hold too much together, never too little.
    """
    marks = [] if prompt.isupper() else [mark.strip().casefold() for mark in _MATTER.findall(prompt)]
    return word_form(prompt), frozenset(mark for mark in marks if not mark.isalpha() or mark in _WORDS_IN_CAPITALS)


def conflicts(rows: Sequence[Demonstration]) -> list[list[Demonstration]]:
    """Groups of rows that ask the same, word for word but for function words, and answer differently."""
    by_form: dict[tuple[str, frozenset[str]], list[Demonstration]] = {}
    for row in rows:
        by_form.setdefault(question_form(row.prompt), []).append(row)
    return [
        group
        for group in by_form.values()
        if len({" ".join(row.response.split()) for row in group if row.status != "rejected"}) > 1
    ]
