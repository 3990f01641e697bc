"""Questions for sections of a document whose heading asks none, worded by a language model.

What a model writes is a proposal: the draft waits for a person. Where it does not write a question, the one made of the
heading stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.demonstrations.documents import proposed_questions
from workbench.demonstrations.section import Section

BATCH = 8
MAX_BODY = 1_200
"""Characters of a section that the model is shown."""
MAX_QUESTION = 200
LEAST_WORDS = 3
Answer = Callable[[list[str]], list[str]]
"""One response of the model to each prompt."""
_LABEL = re.compile(r"^[-*>#\d.)\s]*(?:(?:question|frage|q)\s*[:.)-]\s*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proposals:
    """A question for each section, and how many of them are the model's own."""

    questions: list[str]
    by_model: int


def propose(
    found: Sequence[Section], answer: Answer, on_progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Proposals:
    """Asks the model for a question to each section, a few at a time."""
    questions, by_model = proposed_questions(list(found)), 0
    for start in range(0, len(found), BATCH):
        on_progress(start, len(found))
        batch = found[start : start + BATCH]
        for place, response in enumerate(answer([instruction(section) for section in batch]), start):
            question = question_in(response)
            if question is not None:
                questions[place], by_model = question, by_model + 1
    on_progress(len(found), len(found))
    return Proposals(questions, by_model)


def instruction(section: Section) -> str:
    """What the model is asked."""
    title = " > ".join((*section.above, section.heading))
    return (
        "Write one short question that a colleague would ask and that the following section of our handbook answers. "
        f"Write the question only.\n\n{title}\n\n{section.body[:MAX_BODY]}"
    )


def question_in(response: str) -> str | None:
    """The question that a response begins with; None where it is none.

    A question is one line of at least three words, at most 200 characters, up to its first question mark.
    """
    line = next((line for line in response.splitlines() if line.strip()), "")
    text, mark, _ = _LABEL.sub("", line, count=1).strip().strip("\"'“”„*_").partition("?")
    text = " ".join(text.split())
    if not mark or len(text.split()) < LEAST_WORDS or len(text) >= MAX_QUESTION:
        return None
    return f"{text[0].upper()}{text[1:]}?"
