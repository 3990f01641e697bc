"""What the columns of a file mean: found by their names and by what is in them, or chosen by a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbench.demonstrations.cell_values import (
    STATUS_WORDS,
    author_name,
    earlier_texts,
    is_filled,
    said_texts,
    split_named,
)
from workbench.demonstrations.column_names import (
    AUTHOR_NAMES,
    BEFORE_NAMES,
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
from workbench.demonstrations.messages import RowError, Turns, opened
from workbench.errors import UnreadableFile

Html = Literal["keep", "strip"]
_EXPORTED = frozenset({"id", "author", "status", "split", "created_at", "updated_at"})
Sample = Sequence[Mapping[str, Any]]
"""Some rows of a file, to see what its columns hold."""


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """The columns of prompt and response, of one language where a file holds several side by side."""

    prompt: str
    response: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """What each column means. A column that is named nowhere here is not used."""

    prompt: str | None
    response: str | None
    messages: str | None = None
    languages: tuple[ColumnPair, ...] = ()
    """Several languages side by side; each gives a demonstration, and they state one fact."""
    before: tuple[str, ...] = ()
    """Columns that stand before the prompt: a system message, or what was said earlier."""
    context: str | None = None
    """What the prompt is about, such as a passage; it stands after it."""
    tags: tuple[str, ...] = ()
    """Columns whose values become tags."""
    source: str | None = None
    fact_id: str | None = None
    author: str | None = None
    status: str | None = None
    split: str | None = None
    key_facts: str | None = None
    origin: str | None = None
    turns: Turns = "single"
    html: Html = "keep"
    unfit: tuple[tuple[str, str], ...] = ()
    """Columns that hold something else than their name says, and why that cannot be taken."""

    @property
    def pairs(self) -> tuple[ColumnPair, ...]:
        """Prompt and response of each demonstration that a row gives."""
        if self.languages:
            return self.languages
        return (ColumnPair(self.prompt, self.response),) if self.prompt and self.response else ()

    def has_conversation(self, values: Mapping[str, Any]) -> bool:
        """Whether a row gives a conversation; if not, prompt and response have columns of their own."""
        return self.messages is not None and values.get(self.messages) not in (None, "")

    @property
    def used(self) -> frozenset[str]:
        """The columns that are read."""
        texts = [column for pair in self.pairs for column in (pair.prompt, pair.response)]
        beside = (self.context, self.source, self.fact_id, self.author, self.status, self.split)
        others = (self.messages, self.key_facts, self.origin, *beside, *self.before, *self.tags)
        return frozenset(column for column in (*texts, *others) if column is not None)


def is_export(columns: Iterable[str]) -> bool:
    """Whether a file with these columns is an export of ours: it says exactly what it means, in every style."""
    return set(columns) >= _EXPORTED


def choose_columns(
    columns: Iterable[str],
    prompt: str | None = None,
    response: str | None = None,
    *,
    sample: Sample = (),
    ignore: Sequence[str] = (),
) -> ColumnChoice:
    """Finds what the columns mean; a name that is given outright must be there, one to ignore means nothing.

    Raises:
        UnreadableFile: no such column, or none is the prompt or the response.
    """
    names = list(columns)
    prompt, response = _there(names, prompt), _there(names, response)
    ignored = [_there(names, name) for name in ignore]
    names = [name for name in names if name not in ignored]
    chosen = bool(prompt or response)
    messages = None if chosen else first_named(names, MESSAGES_NAMES)
    prompt = prompt or first_named(names, PROMPT_NAMES)
    response = response or first_named([name for name in names if name != prompt], RESPONSE_NAMES)
    languages = () if chosen or messages else side_by_side(names, prompt, response)
    if messages is None and not languages and not (prompt and response):
        raise UnreadableFile(_missing_sentence(names, prompt))
    return with_others(names, ColumnChoice(prompt, response, messages, languages), sample)


def _there(names: list[str], wanted: str | None) -> str | None:
    """The column that a person named, in capitals or not. Raises UnreadableFile where there is none."""
    found = wanted if wanted is None or wanted in names else first_named(names, [wanted])
    if wanted is not None and found is None:
        raise UnreadableFile(f"there is no column '{wanted}'; the columns are {listed(names)}")
    return found


def side_by_side(columns: Sequence[str], prompt: str | None, response: str | None) -> tuple[ColumnPair, ...]:
    """The pairs of columns for each language, after the pair that names none; empty where only that is there."""
    found = tuple(ColumnPair(*names) for names in language_columns(columns))
    taken = {column for pair in found for column in (pair.prompt, pair.response)}
    if found and prompt and response and not taken & {prompt, response}:
        return (ColumnPair(prompt, response), *found)
    return found


def with_others(columns: Iterable[str], choice: ColumnChoice, sample: Sample = ()) -> ColumnChoice:
    """The choice with the columns beside prompt and response, which are used by nothing else.

    Where most of what a sample of the rows holds cannot be taken, as splits of other names, the column is left out
    with the reason.
    """
    texts = ColumnChoice(choice.prompt, choice.response, choice.messages, choice.languages)
    free = [name for name in columns if name not in texts.used]
    unfit: dict[str, str] = {}

    def found(names: Iterable[str], read: Callable[[Any], object]) -> str | None:
        column = first_named(free, names)
        why = _misfit(sample, column, read) if column else None
        if column and why:
            unfit[column] = why
        return None if why else column

    system, history = _before_names(texts)
    before = (found(system, earlier_texts), found(history, _history))
    tags = (first_named(free, TAG_NAMES), first_named(free, LANGUAGE_NAMES))
    return replace(
        choice,
        before=tuple(column for column in before if column),
        context=found(_context_names(texts), said_texts),
        tags=tuple(column for column in tags if column),
        source=first_named(free, SOURCE_NAMES),
        fact_id=first_named(free, FACT_NAMES),
        author=found(AUTHOR_NAMES, author_name),
        status=first_named(free, ("status",)),
        split=found(("split",), split_named),
        key_facts=first_named(free, ("key_facts",)),
        origin=first_named(free, ("origin",)),
        unfit=tuple(unfit.items()),  # filled by the lines above
    )


def unused_columns(columns: Iterable[str], choice: ColumnChoice, sample: Sample = ()) -> tuple[str, ...]:
    """The columns that nothing is taken from, in the file's order.

    Prompt and response beside conversations are used where a row of the sample has no conversation.
    """
    if choice.messages and all(choice.has_conversation(values) for values in sample):
        choice = replace(choice, prompt=None, response=None)
    used = choice.used
    return tuple(column for column in columns if column not in used)


def unused_sentence(columns: Sequence[str]) -> str:
    """What is said of columns that nothing is taken from."""
    return f"Not used: {'column' if len(columns) == 1 else 'columns'} {listed(columns)}."


def misfit_notes(choice: ColumnChoice, sample: Sample) -> tuple[str, ...]:
    """A sentence for each column that was left out for what it holds, and one for words of status that nobody knows."""
    used = choice.used
    left_out = [f"The column '{name[:40]}' is not used: {why}." for name, why in choice.unfit if name not in used]
    return (*left_out, *_unknown_words(sample, choice.status)) if choice.status else tuple(left_out)


def _unknown_words(sample: Sample, column: str) -> list[str]:
    words = [str(value).strip() for values in sample if is_filled(value := values.get(column))]
    unknown = list(dict.fromkeys(word for word in words if word.casefold() not in STATUS_WORDS))
    if not unknown:
        return []
    return [
        f"The column '{column[:40]}' holds words that are not known here ({listed(unknown[:3])}): their rows come in "
        "as drafts. Leave the column out if all rows are approved."
    ]


def preferences_sentence(first: str, second: str) -> str:
    """What is said of a file that holds preferences, without a full stop, as of all that cannot be read."""
    return (
        f"this looks like preferences (two responses to one question, '{first[:40]}' and '{second[:40]}'), not like "
        "demonstrations; they go to step 3a · Preferences, by the command 'workbench import FILE --as preferences'"
    )


def listed(names: Sequence[str]) -> str:
    """The names of columns for a sentence, the first twelve of many."""
    shown = ", ".join(f"'{name[:40]}'" for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "") or "not named"


def _misfit(sample: Sample, column: str, read: Callable[[Any], object]) -> str | None:
    """Why most of what the column holds cannot be taken; None where it can. A few odd values are rejected rows."""
    filled = [value for values in sample if is_filled(value := values.get(column))]
    problems = []
    for value in filled:
        try:
            read(value)
        except RowError as error:
            problems.append(str(error))
    return problems[0] if len(problems) * 2 > len(filled) else None


def _history(value: Any) -> None:
    """Looks at what may be an earlier exchange; a text by that name tells rather what became of the row."""
    if not isinstance(opened(value), list):
        raise RowError("it holds no list of what was said before")
    earlier_texts(value)


def _context_names(texts: ColumnChoice) -> tuple[str, ...]:
    """'context' beside any prompt says what that asks about; 'input' does so beside an instruction only."""
    if texts.messages or texts.languages or texts.prompt is None:
        return ()
    return CONTEXT_NAMES if plain_name(texts.prompt) == "instruction" else ("context",)


def _before_names(texts: ColumnChoice) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of a system message and of a history; 'system' beside a question may well be a computer system."""
    system, history = BEFORE_NAMES
    chat = texts.messages or (texts.prompt and plain_name(texts.prompt) in ("instruction", "prompt", "user"))
    return (system if chat else tuple(name for name in system if name != "system")), history


def _missing_sentence(names: list[str], prompt: str | None) -> str:
    pair = both_named(names, DECIDED_NAMES) or (both_named(names, JUDGED_NAMES) if prompt else None)
    if pair:
        return preferences_sentence(*pair)
    missing, known = ("prompt", PROMPT_NAMES) if prompt is None else ("response", RESPONSE_NAMES)
    return f"no column is the {missing}: the columns are {listed(names)}; it would be called {' or '.join(known[:4])}"
