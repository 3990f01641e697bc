"""The answers themselves: prompt, human response, each model's answer with what differs; marks and corrections."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import streamlit as st

from pages import identity, services
from pages.components import attempt, escaped, plain_text, problem, report, required
from pages.metric_words import MEASURES as WORDS
from pages.metric_words import written
from pages.sft_columns import Who
from pages.sft_quadrant import NAMES
from workbench.demonstrations.corrections import mark_answer, promote_correction, wrong_answers
from workbench.evaluation.comparing import Answered, corner_of_row, question_of, value_of
from workbench.evaluation.fact_differences import FactDifferences, fact_differences
from workbench.evaluation.measures import MEASURES
from workbench.evaluation.quadrant import CORNERS
from workbench.evaluation.word_diff import word_diff

PER_PAGE = 4
ORDERS = ("Best first", "Worst first", "At random", "As they come")
ALL_CORNERS = "All"
PLACE = "sft_answers"


def answers(columns: list[Who], rows: dict[str, list[Answered]], key: str) -> None:
    """A few prompts at a time, in the order that the person wants."""
    labels = list(rows)
    main = next((label for label in labels if label.startswith("After SFT")), labels[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.selectbox("Order", ORDERS, key=f"{key}_order", width=150, index=1)
        measure = st.selectbox(
            "By",
            list(MEASURES),
            key=f"{key}_by",
            width=210,
            index=MEASURES.index("embedding_similarity"),
            format_func=lambda name: WORDS[name].title,
        )
        of = st.selectbox("Of", labels, key=f"{key}_of", width=240, index=labels.index(main))
        corner = st.selectbox(
            "Corner",
            [ALL_CORNERS, *CORNERS],
            key=f"{key}_corner",
            width=230,
            format_func=lambda name: NAMES.get(name, ALL_CORNERS),
        )
        search = st.text_input("Search", key=f"{key}_search", type="search", placeholder="Words in any text", width=230)
    shown = _ordered(rows, str(of), str(measure), str(order), str(corner), search or "")
    problem(PLACE)
    if not shown:
        st.caption("Nothing matches.")
        return
    pages = -(-len(shown) // PER_PAGE)
    place = st.container()
    page = st.pagination(pages, key=f"{key}_page_{hash((order, measure, of, corner, search))}") if pages > 1 else 1
    marks = {who.run_id: wrong_answers(services.workspace(), who.run_id) for who in columns}
    with place:
        for index in shown[(page - 1) * PER_PAGE : page * PER_PAGE]:
            _card([(who, rows[who.label][index]) for who in columns], marks, key)


def _ordered(rows: dict[str, list[Answered]], of: str, measure: str, order: str, corner: str, search: str) -> list[int]:
    """Positions of the rows that match, in the wanted order; rows without the measure come last."""
    chosen = rows[of]
    found = [
        index
        for index in range(len(chosen))
        if (corner == ALL_CORNERS or corner_of_row(chosen[index]) == corner)
        and _matches([answered[index] for answered in rows.values()], search)
    ]
    if order == "At random":
        random.Random(len(chosen)).shuffle(found)  # the same at every redraw: paging must not reshuffle
    if order in ("At random", "As they come"):
        return found
    smaller_is_better = measure in ("perplexity", "changed_facts", "length")
    ascending = (order == "Worst first") != smaller_is_better

    def rank(index: int) -> tuple[bool, float]:
        value = value_of(measure, chosen[index])
        return (value is None, (value if ascending else -value) if value is not None else 0.0)

    return sorted(found, key=rank)


def _matches(answered: Sequence[Answered], search: str) -> bool:
    wanted = search.casefold()
    first = answered[0]
    return not wanted or any(
        wanted in text.casefold() for text in (first.prompt, first.reference, *(row.response for row in answered))
    )


def _card(cells: list[tuple[Who, Answered]], marks: dict[str, dict[tuple[str, str], str]], key: str) -> None:
    first = cells[0][1]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            plain_text(first.prompt, "Prompt")
            if first.held_out:
                st.badge(escaped(first.held_out), color="gray")
        columns = st.columns(len(cells) + 1, gap="medium")
        with columns[0]:
            plain_text(first.reference, "Human")
        for column, (who, row) in zip(columns[1:], cells, strict=True):
            with column:
                _answer(who, row, marks[who.run_id].get((who.model_id, question_of(row))), key)


def _answer(who: Who, row: Answered, marked_by: str | None, key: str) -> None:
    st.caption(escaped(who.label))
    found = fact_differences(row.response, row.reference, row.prompt)
    st.markdown(_highlighted(row, found) or ":gray[(empty)]")
    # What follows has colours, so it is no caption: those are pale, and a colour made pale cannot be read.
    if found.missing:
        left_out = escaped(", ".join(fact.text for fact in found.missing[:6]))
        st.markdown(f":small[:orange[leaves out:] {left_out}]")
    st.markdown(f":small[{_numbers(row)}]")
    name = f"{key}_{who.run_id}_{who.model_id}_{question_of(row)}"
    arguments = (who, question_of(row))
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Marked wrong" if marked_by else "Mark wrong",
            icon=":material/flag:",
            key=f"wrong_{name}",
            type="secondary" if marked_by else "tertiary",
            help=f"Marked by {escaped(marked_by)}; click to take it back." if marked_by else None,
            on_click=_mark,
            args=(*arguments, not marked_by),
        )
        with st.popover("Correct", icon=":material/edit:", type="tertiary", key=f"correct_{name}"):
            _correction(row, name, arguments)


def _correction(row: Answered, name: str, arguments: tuple[Who, str]) -> None:
    st.text_area("How it should be said", value=row.response, key=f"text_{name}", width=420)
    st.caption(
        "Becomes a draft demonstration, to be approved in step 1. It stays in the split of its prompt, so that the "
        "test stays a test."
    )
    st.button(
        "Keep as a draft", key=f"keep_{name}", type="primary", on_click=_promote, args=(*arguments, f"text_{name}")
    )


def _highlighted(row: Answered, found: FactDifferences) -> str:
    """The answer as our own Markdown: every character of it escaped, the human words plain, the others blue, values
    that the human response does not have red.
    """
    foreign = [(fact.start, fact.end) for fact in found.foreign]
    parts, position = [], 0
    for piece in word_diff(row.response, row.reference):
        edges = sorted({position, position + len(piece.text), *(e for span in foreign for e in span)})
        edges = [edge for edge in edges if position <= edge <= position + len(piece.text)]
        for start, end in pairwise(edges):
            in_fact = any(low <= start and end <= high for low, high in foreign)
            parts.append(_coloured(row.response[start:end], "red" if in_fact else None if piece.shared else "blue"))
        position += len(piece.text)
    return "".join(parts)


def _coloured(text: str, colour: str | None) -> str:
    """Untrusted text in a colour. White space stays outside: Markdown wants its marks next to letters."""
    inner = text.strip()
    if colour is None or not inner:
        return _escaped_keeping_spaces(text)
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    styled = f"**{escaped(inner)}**" if colour == "red" else escaped(inner)
    return f"{' ' if before else ''}:{colour}[{styled}]{' ' if after else ''}"


def _escaped_keeping_spaces(text: str) -> str:
    inner = escaped(text)
    return f"{' ' if text[:1].isspace() else ''}{inner}{' ' if inner and text[-1:].isspace() else ''}"


def _numbers(row: Answered) -> str:
    parts = []
    corner = corner_of_row(row)
    if corner is not None:
        parts.append(f":{'red' if corner in ('near_copy', 'wrong') else 'green'}[{NAMES[corner]}]")
    facts = value_of("fact_accuracy", row)
    if facts is not None:
        parts.append(":green[facts right]" if facts >= 0.999 else ":red[facts wrong]")
    for name, short in (("embedding_similarity", "similarity"), ("bleu", "BLEU")):
        if (value := value_of(name, row)) is not None:
            parts.append(f"{short} {written(WORDS[name], value)}")
    return " · ".join(parts)


def _mark(who: Who, question: str, wrong: bool) -> None:
    """Callback: mark an answer, or take the mark back."""
    by = identity.person() or ""
    attempt(PLACE, mark_answer, services.workspace(), who.run_id, who.model_id, question, wrong=wrong, by=by)


def _promote(who: Who, question: str, text_key: str) -> None:
    """Callback: keep what was typed as a draft demonstration."""

    def promote() -> str:
        response = required(st.session_state.get(text_key), "The corrected answer")
        by = identity.person() or ""
        return promote_correction(services.workspace(), who.run_id, who.model_id, question, response, by).split

    split = attempt(PLACE, promote)
    if split:
        report(PLACE, f"Kept as a draft in the {split} split; approve it in step 1.")
