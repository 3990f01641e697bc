"""Step 2's outcome in numbers: every measure of every model, what is significant, distributions, parts of the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages import services
from pages.components import counted, escaped
from pages.components_charts import show_figure
from pages.metric_words import MEASURES as WORDS
from pages.metric_words import in_points, with_interval, written
from pages.palette import model_colour
from pages.sft_columns import NEAREST, Part, Who, breakdown, differences, figures, rows_of, told
from workbench.evaluation.additive import SIGNIFICANT
from workbench.evaluation.comparing import Answered, value_of
from workbench.evaluation.measures import MEASURES

PARTS: dict[str, Part] = {"Kind of prompt": "held_out", "Tag": "tag", "Source": "source"}


def root() -> str:
    """Keeps the caches of two workspaces apart."""
    return str(services.workspace().root)


def held_out_words(rows: Sequence[Answered]) -> str:
    """On what a figure was measured: how many prompts, and whether their facts are known from training."""
    kinds = Counter(row.held_out for row in rows)
    told = [counted(number, kind) for kind, number in sorted(kinds.items(), key=str) if kind]
    return f"{counted(len(rows), 'held-out prompt')}{' (' + ', '.join(told) + ')' if told else ''}"


def outcome(columns: list[Who], key: str) -> None:
    """The numbers of all columns; the columns' answers must be there."""
    rows = rows_of(columns)
    first = told(rows)
    if not first:
        st.info("These models answered no prompt in common, so they cannot be compared.", icon=":material/info:")
        return
    st.markdown(f"**Measured on {held_out_words(first)}**")
    _measures(columns, rows, key)
    _verdict_on_baseline(columns)
    left, right = st.columns(2, gap="large")
    with left:
        _parts(columns, first, key)
    with right:
        _distribution(columns, rows, held_out_words(first), key)


def _measures(columns: list[Who], rows: dict[str, list[Answered]], key: str) -> None:
    found = figures(tuple(columns), root())
    human = sum(len(row.reference.split()) for row in next(iter(rows.values()))) / len(next(iter(rows.values())))
    table = []
    for measure in MEASURES:
        cells = {escaped(label): _cell(measure, figure) for label, figure in found[measure].items()}
        if set(cells.values()) != {"–"}:
            own = written(WORDS[measure], human) if measure == "length" else "–"
            table.append({"Measure": WORDS[measure].title, **cells, "Human": own})
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True)
    st.caption("In brackets: 95% interval. Whether two models differ is said by the paired comparison, not by these.")
    _why_missing(columns)
    labels = [who.label for who in columns]
    with st.expander("Is the difference real? (paired comparison)", icon=":material/balance:"):
        against = st.selectbox("Compared with", labels, key=f"{key}_against", width=300)
        if against is not None:
            _differences(columns, str(against))
    with st.expander("What these measures mean", icon=":material/help:"):
        for measure in MEASURES:
            st.caption(f"**{WORDS[measure].title}.** {WORDS[measure].meaning}")
        st.code("\n".join(_signatures(columns)), language=None, wrap_lines=True)


def _cell(measure: str, figure: Any) -> str:
    if figure is None:
        return "–"
    words = WORDS[measure]
    return with_interval(written(words, figure.value), written(words, figure.ci_low), written(words, figure.ci_high))


def _differences(columns: list[Who], against: str) -> None:
    found = differences(tuple(columns), against, MEASURES, root())
    table = []
    for measure in MEASURES:
        cells = {escaped(label): _difference_cell(measure, change) for label, change in found[measure].items()}
        if set(cells.values()) != {"–"}:
            table.append({"Measure": WORDS[measure].title, **cells})
    if not table:
        st.caption("There is nothing to compare it with.")
        return
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True)
    st.caption(
        "Difference on the same prompts, its 95% interval, and p: how often chance alone would show as much (paired "
        f"bootstrap). Bold where p is below {SIGNIFICANT}. With many comparisons at once, some are below it by chance."
    )


def _difference_cell(measure: str, change: Any) -> str:
    if change is None:
        return "–"
    low, high = (_change(measure, bound).split()[0] for bound in (change.ci_low, change.ci_high))
    text = f"{_change(measure, change.value)} ({low} to {high}), p {_p(change.p)}"
    return f"**{text}**" if change.significant else text


def _change(measure: str, value: float) -> str:
    """A difference with its sign; shares differ by points, not by per cent."""
    text = in_points(written(WORDS[measure], value))
    return f"+{text}" if value > 0 else text


def _p(p: float) -> str:
    return "< 0.001" if p < 0.0015 else f"{p:.3f}"


def _why_missing(columns: list[Who]) -> None:
    problems = {
        row.problem
        for run_id in {who.run_id for who in columns}
        for row in services.workspace().evaluations.list(run_id=run_id)
        if row.problem
    }
    for problem in sorted(problems):
        st.caption(f":material/info: {escaped(problem)}")


def _signatures(columns: list[Who]) -> list[str]:
    found: dict[str, str] = {}
    for run_id in dict.fromkeys(who.run_id for who in columns):
        for row in services.workspace().evaluations.list(run_id=run_id):
            if row.signature and row.measure in WORDS:
                found.setdefault(WORDS[row.measure].title, row.signature)
    return [f"{title}: {signature}" for title, signature in found.items()]


def _verdict_on_baseline(columns: list[Who]) -> None:
    """Fine-tuning that does not beat looking up the nearest demonstration is to be seen not to."""
    tuned = next((who for who in columns if who.label.startswith("After SFT")), None)
    if tuned is None or not any(who.label == NEAREST for who in columns):
        return
    nearest = next(who for who in columns if who.label == NEAREST)
    for measure in ("fact_accuracy", "embedding_similarity"):
        change = differences((nearest, tuned), NEAREST, (measure,), root())[measure][tuned.label]
        if change is not None:
            break
    else:
        return
    name = WORDS[measure].title.lower()
    size = f"{_change(measure, change.value)}, p {_p(change.p)}"
    if not change.significant:
        st.info(
            f"Looking up the nearest demonstration answers as well as the fine-tuned model ({name}: {size}). For these "
            "prompts, training has not paid off against a search.",
            icon=":material/search:",
        )
    elif change.value < 0:
        st.warning(
            f"Looking up the nearest demonstration answers better than the fine-tuned model ({name}: {size}).",
            icon=":material/search:",
        )
    else:
        st.success(f"It beats looking up the nearest demonstration ({name}: {size}).", icon=":material/trending_up:")


def _parts(columns: list[Who], first: list[Answered], key: str) -> None:
    st.markdown("**By part of the data**")
    with st.container(horizontal=True):
        part = st.selectbox("Part", list(PARTS), key=f"{key}_part", width=180)
        measure = _measure_choice(f"{key}_part_measure")
    table = [
        {
            str(part): escaped(name),
            "Prompts": str(number),
            **{escaped(label): _short(measure, figure) for label, figure in cells.items()},
        }
        for name, number, cells in breakdown(tuple(columns), measure, PARTS[str(part)], root())
    ]
    st.table(pd.DataFrame(table), border="horizontal", hide_index=True)
    st.caption(f"{WORDS[measure].title} ± half the 95% interval, on {held_out_words(first)}. Small parts say little.")


def _short(measure: str, figure: Any) -> str:
    if figure is None:
        return "–"
    words = WORDS[measure]
    return f"{written(words, figure.value)} ± {written(words, (figure.ci_high - figure.ci_low) / 2)}"


def _distribution(columns: list[Who], rows: dict[str, list[Answered]], measured_on: str, key: str) -> None:
    import plotly.graph_objects as go

    st.markdown("**Not only the mean**")
    measure = _measure_choice(f"{key}_distribution")
    figure = go.Figure()
    for who in columns:
        values = [value for row in rows[who.label] if (value := value_of(measure, row)) is not None]
        if values:
            look = {"boxpoints": "all", "jitter": 0.5, "pointpos": 0, "marker": {"size": 3}}
            figure.add_box(y=values, name=who.label, line_color=model_colour(who.model_id), **look)
    figure.update_layout(height=330, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False)
    figure.update_yaxes(title=WORDS[measure].title, type="log" if measure == "perplexity" else "linear")
    show_figure(figure, key=f"{key}_box", alt=f"Distribution of {WORDS[measure].title} by model")
    st.caption(f"One dot per prompt; the box holds the middle half. {measured_on}.")


def _measure_choice(key: str) -> str:
    options = list(MEASURES)
    start = options.index("embedding_similarity")
    return str(
        st.selectbox("Measure", options, index=start, key=key, width=220, format_func=lambda name: WORDS[name].title)
    )
