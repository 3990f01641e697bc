"""Which value of a row is the prompt and which the response, whatever a file calls them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from storage.demonstrations import Origin
from storage.text_keys import prompt_key
from workbench.demonstrations.cell_values import (
    author_name,
    earlier_texts,
    is_filled,
    optional_text,
    origin_of,
    required_text,
    said_texts,
    split_named,
    status_named,
    text_list,
)
from workbench.demonstrations.column_choice import ColumnChoice, ColumnPair, Html
from workbench.demonstrations.column_names import LANGUAGE_NAMES, PROMPT_NAMES, first_named, plain_name
from workbench.demonstrations.html_text import holds_html, text_of_html
from workbench.demonstrations.messages import GAP, RowError, conversation, exchanges, opened
from workbench.demonstrations.splits import Split
from workbench.demonstrations.text_rules import Status, clean_tags

__all__ = ["PROMPT_NAMES", "RowError", "conversation", "first_named", "plain_name"]  # preferences read the same shapes


@dataclass(frozen=True, slots=True)
class DemonstrationFields:
    """What a row says, checked. None where the file says nothing."""

    prompt: str
    response: str
    tags: tuple[str, ...]
    source: str | None
    author: str | None
    status: Status | None
    split: Split | None
    fact_id: str | None
    key_facts: tuple[str, ...] | None
    origin: Origin | None = None


def all_fields(values: Mapping[str, Any], choice: ColumnChoice) -> Iterator[DemonstrationFields | RowError]:
    """The demonstrations that one row gives: one, or one for each language or exchange; or why it gives none."""
    found = _each(values, choice)
    return _with_one_fact(found) if choice.languages else found


def _each(values: Mapping[str, Any], choice: ColumnChoice) -> Iterator[DemonstrationFields | RowError]:
    try:
        texts = list(_texts_of(values, choice))
        shared = _shared(values, choice)
    except RowError as error:
        yield error
        return
    if len(texts) > 1 and not any(is_filled(prompt) or is_filled(response) for prompt, response, _ in texts):
        texts = texts[:1]
    for prompt, response, language in texts:
        if len(texts) > 1 and not is_filled(prompt) and not is_filled(response):
            continue  # a language that this row leaves out
        try:
            tags = shared.tags + ((f"lang:{language}",) if language else ())
            yield replace(
                shared,
                prompt=required_text("prompt", _clean(prompt, choice.html)),
                response=required_text("response", _clean(response, choice.html)),
                tags=tags,
            )
        except RowError as error:
            where = f" ({language})" if language else ""
            yield RowError(f"{error}{where}")


def _with_one_fact(found: Iterable[DemonstrationFields | RowError]) -> Iterator[DemonstrationFields | RowError]:
    """The languages of one row state one fact, known by its first question.

    Not by the file's name and the row's number, nor by a column 'id' that counts from 1: those of another file, or of
    the next version of this one, would be taken for the same facts.
    """
    fact_id = None
    for fields in found:
        if not isinstance(fields, RowError) and fields.fact_id is None:
            fact_id = fact_id or f"fact-{prompt_key(fields.prompt):016x}"
            fields = replace(fields, fact_id=fact_id)
        yield fields


def _shared(values: Mapping[str, Any], choice: ColumnChoice) -> DemonstrationFields:
    """All that the demonstrations of one row have in common."""

    def cell(column: str | None) -> Any:
        return None if column is None else values.get(column)

    tags: list[str] = []
    for column in choice.tags:
        found = text_list(cell(column)) or ()
        if plain_name(column) in LANGUAGE_NAMES:
            found = tuple(f"lang:{code}" for code in found)
        tags.extend(found)
    return DemonstrationFields(
        prompt="",
        response="",
        tags=clean_tags(tags),
        source=optional_text(cell(choice.source)),
        author=author_name(cell(choice.author)),
        status=status_named(cell(choice.status)),
        split=split_named(cell(choice.split)),
        fact_id=optional_text(cell(choice.fact_id)),
        key_facts=text_list(cell(choice.key_facts)),
        origin=origin_of(cell(choice.origin)),
    )


def _texts_of(values: Mapping[str, Any], choice: ColumnChoice) -> Iterator[tuple[Any, Any, str]]:
    """(prompt, response, language) of each demonstration, as the row has them, the prompt with what belongs to it."""
    before = GAP.join(text for column in choice.before for text in earlier_texts(values.get(column)))
    context = GAP.join(said_texts(values.get(choice.context))) if choice.context else ""
    # Alpaca's input asks by itself where there is no instruction.
    alone = context if plain_name(choice.context or "") in PROMPT_NAMES else ""
    if choice.has_conversation(values):
        for asked, answer in exchanges(opened(values[choice.messages or ""]), choice.turns):
            yield _whole(asked, before, context), answer, ""
        return
    for pair in choice.pairs or (ColumnPair("", ""),):
        prompt = values.get(pair.prompt)
        whole = _whole(prompt, before, context) if is_filled(prompt) else alone
        yield whole, values.get(pair.response), pair.language


def _whole(prompt: Any, before: str, context: str) -> Any:
    """The prompt between what was said before and its context; alone where these are empty."""
    if not before and not context:
        return prompt
    asked = required_text("prompt", prompt)
    said_already = asked == before or asked.startswith(before + GAP)  # a system message that stands in both places
    return GAP.join(part for part in ("" if said_already else before, asked, context) if part)


def _clean(value: Any, html: Html) -> Any:
    return text_of_html(value) if html == "strip" and isinstance(value, str) and holds_html(value) else value
