"""Which value of a row is the prompt and which the response, whatever a file calls them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from storage.demonstrations import Origin
from storage.text_keys import prompt_key
from workbench.demonstrations.cell_values import (
    author_name,
    is_filled,
    optional_text,
    origin_of,
    required_text,
    split_named,
    status_named,
    text_list,
)
from workbench.demonstrations.column_names import (
    CONTEXT_NAMES,
    DECIDED_NAMES,
    FACT_NAMES,
    JUDGED_NAMES,
    LANGUAGE_NAMES,
    MESSAGES_NAMES,
    PROMPT_NAMES,
    RESPONSE_NAMES,
    SOURCE_NAMES,
    TAG_NAMES,
    both_named,
    first_named,
    language_columns,
    plain_name,
)
from workbench.demonstrations.html_text import holds_html, text_of_html
from workbench.demonstrations.messages import RowError, Turns, conversation, exchanges, opened
from workbench.demonstrations.splits import Split
from workbench.demonstrations.text_rules import Status, clean_tags
from workbench.errors import UnreadableFile

__all__ = ["PROMPT_NAMES", "RowError", "conversation", "first_named", "plain_name"]  # preferences read the same shapes

Html = Literal["keep", "strip"]
_EXPORTED = frozenset({"id", "author", "status", "split", "created_at", "updated_at"})


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


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """The columns of prompt and response, of one language where a file holds several side by side."""

    prompt: str
    response: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The columns that hold prompt and response, where the person says so or the names tell."""

    prompt: str | None
    response: str | None
    messages: str | None = None
    languages: tuple[ColumnPair, ...] = ()
    """Several languages side by side; each gives a demonstration, and they state one fact."""
    tags: tuple[str, ...] = ()
    """Columns whose values become tags."""
    source: str | None = None
    fact_id: str | None = None
    turns: Turns = "single"
    html: Html = "keep"

    @property
    def pairs(self) -> tuple[ColumnPair, ...]:
        """Prompt and response of each demonstration that a row gives."""
        if self.languages:
            return self.languages
        return (ColumnPair(self.prompt, self.response),) if self.prompt and self.response else ()


def is_export(columns: Iterable[str]) -> bool:
    """Whether a file with these columns is an export of ours: it says exactly what it means, in every style."""
    return set(columns) >= _EXPORTED


def choose_columns(columns: Iterable[str], prompt: str | None = None, response: str | None = None) -> ColumnChoice:
    """Finds the columns of prompt and response by name; a name that is given outright must be there.

    Raises:
        UnreadableFile: no such column.
    """
    names = list(columns)
    for wanted in (prompt, response):
        if wanted is not None and wanted not in names:
            raise UnreadableFile(f"there is no column '{wanted}'; the columns are {_listed(names)}")
    chosen = bool(prompt or response)
    messages = None if chosen else first_named(names, MESSAGES_NAMES)
    prompt = prompt or first_named(names, PROMPT_NAMES)
    response = response or first_named([name for name in names if name != prompt], RESPONSE_NAMES)
    languages = () if chosen else tuple(ColumnPair(*found) for found in language_columns(names))
    complete = prompt is not None and response is not None
    if messages is None and not complete and not languages:
        pair = both_named(names, DECIDED_NAMES) or (both_named(names, JUDGED_NAMES) if prompt else None)
        if pair:
            raise UnreadableFile(preferences_sentence(*pair))
        missing = "prompt" if prompt is None else "response"
        known = PROMPT_NAMES if prompt is None else RESPONSE_NAMES
        raise UnreadableFile(
            f"no column is the {missing}: the columns are {_listed(names)}; it would be called {' or '.join(known[:4])}"
        )
    return _with_others(names, ColumnChoice(prompt, response, messages, () if complete or messages else languages))


def all_fields(values: Mapping[str, Any], choice: ColumnChoice) -> Iterator[DemonstrationFields | RowError]:
    """The demonstrations that one row gives: one, or one for each language or exchange; or why it gives none."""
    found = _each(values, choice)
    return _with_one_fact(found) if choice.languages else found


def _each(values: Mapping[str, Any], choice: ColumnChoice) -> Iterator[DemonstrationFields | RowError]:
    row = {plain_name(name): value for name, value in values.items()}
    try:
        texts = list(_texts_of(values, row, choice))
        shared = _shared(values, row, choice)
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


def preferences_sentence(first: str, second: str) -> str:
    """What is said of a file that holds preferences, without a full stop, as of all that cannot be read."""
    return (
        f"this looks like preferences (two responses to one question, '{first[:40]}' and '{second[:40]}'), not like "
        "demonstrations; they go to step 3a · Preferences, by the command 'workbench import FILE --as preferences'"
    )


def _with_others(names: list[str], choice: ColumnChoice) -> ColumnChoice:
    """The choice with the columns beside prompt and response, which are used by nothing else."""
    used = {choice.prompt, choice.response, choice.messages}
    used.update(column for pair in choice.languages for column in (pair.prompt, pair.response))
    free = [name for name in names if name not in used]
    tags = [first_named(free, TAG_NAMES), first_named(free, LANGUAGE_NAMES)]
    return replace(
        choice,
        tags=tuple(column for column in tags if column),
        source=first_named(free, SOURCE_NAMES),
        fact_id=first_named(free, FACT_NAMES),
    )


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


def _shared(values: Mapping[str, Any], row: Mapping[str, Any], choice: ColumnChoice) -> DemonstrationFields:
    """All that the demonstrations of one row have in common."""
    tags: list[str] = []
    for column in choice.tags:
        found = text_list(values.get(column)) or ()
        if plain_name(column) in LANGUAGE_NAMES:
            found = tuple(f"lang:{code}" for code in found)
        tags.extend(found)
    return DemonstrationFields(
        prompt="",
        response="",
        tags=clean_tags(tags),
        source=optional_text(values.get(choice.source)) if choice.source else None,
        author=author_name(row.get("author")),
        status=status_named(row.get("status")),
        split=split_named(row.get("split")),
        fact_id=optional_text(values.get(choice.fact_id)) if choice.fact_id else None,
        key_facts=text_list(row.get("key_facts")),
        origin=origin_of(row.get("origin")),
    )


def _texts_of(
    values: Mapping[str, Any], row: Mapping[str, Any], choice: ColumnChoice
) -> Iterator[tuple[Any, Any, str]]:
    if choice.messages is not None and values.get(choice.messages) is not None:
        messages = opened(values[choice.messages])
        yield from ((prompt, response, "") for prompt, response in exchanges(messages, choice.turns))
        return
    for pair in choice.pairs or (ColumnPair("", ""),):
        prompt, response = values.get(pair.prompt), values.get(pair.response)
        if prompt is not None and plain_name(pair.prompt) == "instruction":
            context = next((row[name] for name in CONTEXT_NAMES if isinstance(row.get(name), str)), "")
            if context.strip() and isinstance(prompt, str):
                prompt = f"{prompt.strip()}\n\n{context.strip()}"
        yield prompt, response, pair.language


def _clean(value: Any, html: Html) -> Any:
    return text_of_html(value) if html == "strip" and isinstance(value, str) and holds_html(value) else value


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name[:40]}'" for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "") or "not named"
