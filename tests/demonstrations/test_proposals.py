"""Questions that a language model words for sections of a handbook."""

from __future__ import annotations

import pytest

from workbench.demonstrations.documents import Document, drafts
from workbench.demonstrations.proposals import BATCH, propose, question_in
from workbench.demonstrations.sections import sections

HANDBOOK = (
    "# Office\n\n## Parking\n\n" + "The car park is behind the mill. " * 3 + "\n\n## Who has keys?\n\nAda has them.\n"
)


@pytest.mark.parametrize(
    ("response", "question"),
    [
        ("Where can I park my car?", "Where can I park my car?"),
        ("\n Question: where do we park? It is behind the mill.", "Where do we park?"),
        ('1. "How do I get  a key?"', "How do I get a key?"),
        ("**Where do we park?**", "Where do we park?"),
        ("The car park is behind the mill.", None),
        ("Why?", None),
        ("", None),
        ("Where " + "very " * 50 + "far?", None),
    ],
)
def test_only_a_question_is_taken_for_one(response: str, question: str | None) -> None:
    assert question_in(response) == question


def test_the_model_words_what_it_can_and_the_heading_the_rest() -> None:
    found = [part for part in sections(HANDBOOK * 6, markdown=True) if part.heading == "Parking"]
    asked: list[list[str]] = []

    def answer(prompts: list[str]) -> list[str]:
        asked.append(prompts)
        return [
            f"Where do we park car {len(asked)}?" if n % 2 == 0 else "Behind the mill." for n in range(len(prompts))
        ]

    shown: list[tuple[int, int]] = []
    result = propose(found * 2, answer, lambda done, total: shown.append((done, total)))
    assert [len(batch) for batch in asked] == [BATCH, 4]
    assert "Office > Parking" in asked[0][0]
    assert "behind the mill" in asked[0][0]
    assert result.questions[:2] == ["Where do we park car 1?", "What should I know about Parking (Office)?"]
    assert result.by_model == 6
    assert shown == [(0, 12), (8, 12), (12, 12)]


def test_headings_that_ask_keep_their_words() -> None:
    document = Document("a.md", "markdown", list(sections(HANDBOOK, markdown=True)))
    file = drafts("a.md", [document], wanted="all", propose=lambda found: ["Where do we park?"] * len(found))
    assert [row.prompt for row in file.fields if row.prompt != "Where do we park?"] == ["Who has keys?"]
