"""The shape of a topic and of the facts in it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """Facts of one kind.

    `questions` are asked of every fact in it, five of them per fact, so there are at least six.
    `sentences` are plain answers and `fragments` blunt ones; both contain every template of `keys`.
    `line` states a fact in the handbook.
    """

    name: str
    tag: str
    page: str
    section: str
    intro: str
    line: str
    slots: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...]
    questions: tuple[str, ...]
    sentences: tuple[str, ...]
    fragments: tuple[str, ...]

    def facts(self) -> list[dict[str, str]]:
        """Slot values of each fact."""
        return [dict(zip(self.slots, row, strict=True)) for row in self.rows]


def lines(block: str) -> tuple[str, ...]:
    """Non-empty lines of a text block."""
    return tuple(line.strip() for line in block.strip().splitlines() if line.strip())


def rows(block: str) -> tuple[tuple[str, ...], ...]:
    """Rows of a table whose cells are separated by bars."""
    return tuple(tuple(cell.strip() for cell in line.split("|")) for line in lines(block))


def render(template: str, values: dict[str, str]) -> str:
    """The template with its slots replaced and its first letter raised."""
    text = re.sub(r"\{(\w+)\}", lambda match: values[match.group(1)], template)
    return text[0].upper() + text[1:]


def single(
    name: str,
    tag: str,
    page: str,
    section: str,
    line: str,
    keys: tuple[str, ...],
    questions: str,
    sentence: str,
    fragments: str,
) -> Topic:
    return Topic(name, tag, page, section, "", line, (), ((),), keys, lines(questions), (sentence,), lines(fragments))
