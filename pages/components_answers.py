"""Two models beside the human answers on held-out prompts: measures with intervals, a scatter, the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages import services
from pages.components import empty_state, escaped, plain_text
from pages.components_charts import answers_scatter
from pages.metric_words import MEASURES, in_points, with_interval, written
from pages.sft_columns import Who, differences
from workbench.evaluation.additive import SIGNIFICANT

HEADLINES = ("fact_accuracy", "embedding_similarity", "bleu")
PER_PAGE = 5
ORDERS = {
    "As they come": "",
    "Best first": "best",
    "Worst first": "worst",
    "Most improved": "gain",
    "Most worsened": "loss",
}

Models = tuple[tuple[str, str], tuple[str, str]]
"""((model id, how it is called) of the earlier model, the same of the later one)."""


def no_answers() -> None:
    """What stands where a run answered no held-out prompt."""
    empty_state(
        "No held-out answers",
        "This run ended without answering held-out prompts: there were no demonstrations in the test split.",
        "quiz",
        ("step1_demonstrations.py", "Add demonstrations"),
    )


def comparison(run_id: str, models: Models) -> None:
    """Everything that says whether the later model answers better than the earlier one."""
    rows = services.workspace().answers.list(run_id=run_id)
    if not rows:
        no_answers()
        return
    frame = pd.DataFrame(
        [
            {
                "model_id": row.model_id,
                "row": row.demonstration_id or row.prompt,
                "prompt": row.prompt,
                "reference": row.reference,
                "response": row.response,
                **{name: row.measures.get(name) for name in MEASURES},
            }
            for row in rows
        ]
    )
    for name in MEASURES:
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    headline(run_id, models)
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        measures_table(run_id, models)
    with right:
        st.markdown("**Each dot is a held-out prompt**")
        answers_scatter(frame, models, key=f"scatter_{run_id}")
    answers_side_by_side(frame, models, key=f"answers_{run_id}")


def headline(run_id: str, models: Models) -> None:
    """The measures that matter most, large: the later model's value and the change.

    A change has a colour only where it is significant on the same prompts; a line below names those that may be chance.
    """
    (before, _), (after, _) = models
    who = (Who(run_id, before, before), Who(run_id, after, after))
    paired = differences(who, before, HEADLINES, str(services.workspace().root))
    rows = {(row.model_id, row.measure): row for row in services.workspace().evaluations.list(run_id=run_id)}
    doubtful: list[str] = []
    with st.grid(3, min_column_width=170):
        for name in HEADLINES:
            now, then = rows.get((after, name)), rows.get((before, name))
            if now is None or now.value is None:
                continue
            words = MEASURES[name]
            change, moved = _change(name, None if then is None else then.value, now.value)
            change_on_same = paired[name].get(after)
            real = moved and change_on_same is not None and change_on_same.significant
            if moved and not real:
                doubtful.append(words.title)
            st.metric(
                words.title,
                written(words, now.value),
                None if change is None else f"{change} vs {escaped(before)}",
                delta_color="normal" if real else "off",
                delta_arrow="auto" if moved else "off",
                border=True,
                help=words.meaning,
            )
    if doubtful:
        st.caption(
            f"May be chance: {', '.join(doubtful)}. On the same prompts, chance alone would show as large a change in "
            f"more than {SIGNIFICANT:.0%} of cases."
        )


def _change(name: str, then: float | None, now: float) -> tuple[str | None, bool]:
    """How much a measure moved, in words, and whether it moved as far as can be seen; None where it cannot be said."""
    if then is None:
        return None, False
    words = MEASURES[name]
    change = in_points(written(words, now - then))
    if float(change.split()[0]) == 0:
        return "no change", False
    return (change if now < then else f"+{change}"), True


def measures_table(run_id: str, models: Models) -> None:
    """Each measure of both models with its 95% interval, and how it was computed."""
    rows = services.workspace().evaluations.list(run_id=run_id)
    by_key = {(row.model_id, row.measure): row for row in rows if row.split == "test"}
    before, after = models[0][0], models[1][0]
    before_label, after_label = (escaped(label) for _, label in models)
    table, signatures, prompts = [], [], 0
    for name, words in MEASURES.items():
        pair = [by_key.get((before, name)), by_key.get((after, name))]
        if all(row is None or row.value is None for row in pair):
            continue
        table.append({"Measure": words.title, before_label: _cell(name, pair[0]), after_label: _cell(name, pair[1])})
        prompts = max(prompts, *(row.n for row in pair if row is not None))
        signatures += [f"{words.title}: {row.signature}" for row in pair[1:] if row is not None and row.signature]
    st.markdown(f"**Measured on {prompts:,} held-out prompts**")
    if not table:
        st.caption("No measures were computed for this run.")
        return
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True)
    st.caption("In brackets: 95% interval. Whether the two differ is said by the changes above, not by these.")
    with st.expander("What these measures mean", icon=":material/help:"):
        for name, words in MEASURES.items():
            if any((model, name) in by_key for model, _ in models):
                st.caption(f"**{words.title}.** {words.meaning}")
        if signatures:
            st.code("\n".join(signatures), language=None, wrap_lines=True)


def _cell(name: str, row: Any) -> str:
    if row is None or row.value is None:
        return "–"
    words = MEASURES[name]
    if row.ci_low is None or row.ci_high is None:
        return written(words, row.value)
    return with_interval(written(words, row.value), written(words, row.ci_low), written(words, row.ci_high))


def answers_side_by_side(frame: pd.DataFrame, models: Models, key: str) -> None:
    """The answers themselves beside the human one, a few prompts at a time."""
    st.subheader("The answers themselves", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measures = [name for name in MEASURES if name != "length" and frame[name].notna().any()]
        order = st.selectbox("Order", list(ORDERS), key=f"{key}_order", width=200)
        by = (
            st.selectbox("By", measures, key=f"{key}_by", width=230, format_func=lambda name: MEASURES[name].title)
            if measures
            else None
        )
        search = st.text_input(
            "Search", key=f"{key}_search", type="search", placeholder="Words in prompt or answer", width=300
        )
    prompts = _ordered(frame, models, by, ORDERS.get(str(order), ""), search or "")
    if not prompts:
        st.caption("Nothing matches.")
        return
    pages = -(-len(prompts) // PER_PAGE)
    place = st.container()
    page = st.pagination(pages, key=f"{key}_page_{hash((order, by, search))}") if pages > 1 else 1
    with place:
        for row in prompts[(page - 1) * PER_PAGE : page * PER_PAGE]:
            _answer_card(frame[frame["row"] == row], models)


def _ordered(frame: pd.DataFrame, models: Models, by: str | None, order: str, search: str) -> list[str]:
    """The prompts' row keys in the wanted order; rows without that measure come last."""
    if search:
        text = frame["prompt"] + "\n" + frame["reference"] + "\n" + frame["response"]
        frame = frame[frame["row"].isin(frame.loc[text.str.contains(search, case=False, regex=False), "row"])]
    rows = list(dict.fromkeys(frame["row"]))
    if not order or by is None:
        return rows
    values = frame.drop_duplicates(["row", "model_id"]).pivot(index="row", columns="model_id", values=by)
    before, after = (values.get(model) for model, _ in models)
    if after is None:
        return rows
    key = after - before if order in ("gain", "loss") and before is not None else after
    ranked = key.sort_values(ascending=order in ("worst", "loss"), na_position="last", kind="stable")
    return [str(row) for row in ranked.index]


def _answer_card(rows: pd.DataFrame, models: Models) -> None:
    first = rows.iloc[0]
    with st.container(border=True):
        plain_text(str(first["prompt"]), "Prompt")
        columns = st.columns(3, gap="medium")
        with columns[0]:
            plain_text(str(first["reference"]), "Human")
        for column, (model_id, label) in zip(columns[1:], models, strict=True):
            with column:
                answer = rows[rows["model_id"] == model_id]
                if answer.empty:
                    plain_text("", label)
                    continue
                plain_text(str(answer.iloc[0]["response"]), label)
                st.caption(_row_measures(answer.iloc[0]))


def _row_measures(row: Any) -> str:
    parts = []
    for name in ("fact_accuracy", "embedding_similarity", "bleu"):
        value = row[name]
        if value == value and value is not None:
            if name == "fact_accuracy":
                parts.append(":green[facts right]" if value >= 0.999 else ":red[facts wrong]")
            else:
                short = "similarity" if name == "embedding_similarity" else MEASURES[name].title
                parts.append(f"{short} {written(MEASURES[name], float(value))}")
    return " · ".join(parts)


def answers_by_model(answers: Sequence[tuple[str, str]], key: str) -> None:
    """Answers of two to four models to one prompt, next to each other."""
    columns = st.columns(len(answers), gap="medium")
    for index, (column, (label, text)) in enumerate(zip(columns, answers, strict=True)):
        with column, st.container(border=True, height="stretch", key=f"{key}_{index}"):
            plain_text(text, label)
