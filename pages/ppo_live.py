"""The top of a tuning run: its card, the four numbers that matter, and what the doctor says in one line."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages import ppo_data
from pages.components import counted, escaped
from pages.components_runs import REFRESH_SECONDS, find_run, run_card
from pages.home_state import LIVE
from pages.metric_words import METRICS, in_points, written
from pages.rows import Run
from workbench.diagnosis.rules import GROWTH_OF_LENGTH, HIGH_KL

SPARK = 60
TREND = 5


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the numbers that matter: the names that it may have, the better known first."""

    title: str
    names: tuple[str, ...]
    good: str
    """Which way is better: 'up', 'down', or '' where neither is."""
    healthy: str


HEADLINES = (
    Headline("Score", ("objective/scores", "eval/score"), "up", "rises, then levels off"),
    Headline("KL to SFT, nats", ("objective/kl", "eval/kl"), "", f"grows slowly, stays below {HIGH_KL:g} nats"),
    Headline("Win rate vs SFT", ("eval/win_rate",), "up", "above 50%"),
    Headline("Length, tokens", ("response/length", "eval/length"), "", "near the SFT model's"),
)
WATCHED = tuple(dict.fromkeys(name for headline in HEADLINES for name in headline.names))


def live_top(run_id: str) -> None:
    """Card, numbers and diagnosis, drawn again every two seconds while the run is live."""
    run = find_run(run_id)
    if run is None:
        st.caption("This run was deleted.")
        return
    live = run.status in LIVE
    st.fragment(_draw, run_every=REFRESH_SECONDS if live else None)(run_id, live)


def _draw(run_id: str, was_live: bool) -> None:
    run = find_run(run_id)
    if run is None or (run.status in LIVE) != was_live:
        # The whole page is drawn again: the timer comes or goes, and at the end the result is there.
        st.rerun()
    run_card(run)
    _numbers(run_id, ppo_data.moment(run))


@st.cache_resource(max_entries=24, ttl=20, show_spinner=False)
def _numbers(run_id: str, moment: ppo_data.Moment) -> None:
    """The headlines and the diagnosis: drawn once and played back to all who see the same moment."""
    del moment
    run = find_run(run_id)
    if run is None:
        return
    measured = ppo_data.series(run, WATCHED)
    if not any(len(rows) for rows in measured.values()):
        st.caption("The first numbers appear after the first updates.")
        return
    with st.grid(4, min_column_width=160, gap="small"):  # two beside each other on a phone
        for headline in HEADLINES:
            _headline(headline, measured)
    st.caption(
        f"A single update says little: each number is the mean of its newest values, {TREND} at most, and the "
        "change is from the mean of its first ones."
    )
    _diagnosis(run)


def _headline(headline: Headline, measured: ppo_data.Measured) -> None:
    name = next((n for n in headline.names if len(measured[n])), headline.names[0])
    words, rows = METRICS[name], measured[name]
    values = [float(value) for value in rows["value"]]
    width = max(1, min(TREND, len(values) // 3))  # so that beginning and end do not overlap
    now = sum(values[-width:]) / width if values else None
    then = sum(values[:width]) / width if len(values) > 1 else None
    change = None if now is None or then is None or len(values) < 2 else now - then
    signed = None if change is None else _signed(change, words.format)
    moved = signed is not None and any(digit in signed for digit in "123456789")
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.metric(
            headline.title,
            written(words, now),
            signed if moved or signed is None else "no change",
            delta_color="normal" if moved and headline.good == "up" else "off",
            delta_arrow="auto" if moved else "off",
            chart_data=values[-SPARK:] if len(values) > 1 else None,
            help=words.meaning,
        )
        st.markdown(f":small[{_state(headline, values)}]")


def _signed(change: float, form: str) -> str:
    text = in_points(format(change, form))
    return text if text.startswith("-") else f"+{text}"


def _state(headline: Headline, values: list[float]) -> str:
    """Whether the number is where it should be, and where that is."""
    well = _well(headline, values)
    if not values:
        return ":gray[○] Not measured yet: it comes with the evaluations on validation prompts."
    if well is False:
        return f":orange[● Not as it should be]: {headline.healthy}"
    return f"{':gray[○]' if well is None else ':green[●]'} Healthy: {headline.healthy}"


def _well(headline: Headline, values: list[float]) -> bool | None:
    """None where there is too little to tell."""
    if len(values) < 2:
        return None
    now, first = sum(values[-TREND:]) / len(values[-TREND:]), values[0]
    match headline.names[0]:
        case "objective/kl":
            return -0.1 <= now <= HIGH_KL
        case "eval/win_rate":
            return now > 0.5
        case "response/length":
            return first / GROWTH_OF_LENGTH <= now <= first * GROWTH_OF_LENGTH
    return now >= sum(values[:TREND]) / len(values[:TREND])


def _diagnosis(run: Run) -> None:
    """The alarm and the doctor in a line each; the tab says more."""
    found = ppo_data.examination(run)
    if found.alarm is not None:
        title = "The score may be exploited." if found.alarm.last_only else "The score is being exploited."
        st.error(
            f"**{title}** {escaped(found.alarm.sentence)} See *Doctor* for examples and the way back.",
            icon=":material/crisis_alert:",
        )
    problems = [finding for finding in found.findings if finding.severity == "problem"]
    rest = len(found.findings) - 1
    if problems:
        more = f" And {counted(rest, 'more finding')}." if rest else ""
        st.warning(f"{escaped(problems[0].sentence)}{more} See *Doctor*.", icon=":material/stethoscope:")
    elif found.findings:
        more = f" And {counted(rest, 'more remark')}." if rest else ""
        st.caption(f":material/stethoscope: {escaped(found.findings[0].sentence)}{more} See *Doctor*.")
    elif found.alarm is None:
        st.markdown(":small[:green[:material/stethoscope:] The doctor finds nothing wrong.]")
