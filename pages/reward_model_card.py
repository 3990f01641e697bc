"""The go / no-go card of a reward model: the verdict in plain words, then what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages import services
from pages.components import counted, escaped, plain_text
from pages.components_runs import curves
from pages.metric_words import REWARD_MODEL_CHARTS
from pages.preferences_outlook import how_many_more
from pages.reward_model_best_of_n import best_of_n
from pages.reward_model_charts import accuracy_chart, effects_chart, margins_chart, reliability_chart, slices_chart
from pages.reward_model_next import label_next
from pages.reward_model_words import PROBE_NAMES, SLICES, STANDINGS, VERDICTS
from pages.rows import Run
from workbench.reward_model.card import Card
from workbench.reward_model.config import VoteSource
from workbench.reward_model.verdict import Verdict

PARTS = (
    "How often it is right",
    "How sure it is",
    "Biases",
    "Where it is weak",
    "Best of n",
    "More votes",
    "How it learned",
)
SHOWN_SENTENCES = 4


def show_card(run: Run, card: Card) -> None:
    """Everything about one finished reward model."""
    source: VoteSource = "simulated" if card.votes.simulated else "people"
    _verdict(card.verdict, card)
    parts: tuple[Callable[[], None], ...] = (
        lambda: _right(run.id, card),
        lambda: _sure(run.id, card),
        lambda: _biases(run.id, card),
        lambda: _weak(run.id, card),
        lambda: best_of_n(run),
        lambda: _more(run, source),
        lambda: curves(run.id, REWARD_MODEL_CHARTS),
    )
    tabs = st.tabs(PARTS, key="reward_view", on_change="rerun")
    for tab, draw in zip(tabs, parts, strict=True):
        if tab.open:
            with tab:
                draw()


def _verdict(verdict: Verdict, card: Card) -> None:
    title, icon, colour = VERDICTS[verdict.verdict]
    with st.container(border=True):
        if card.votes.simulated:
            st.badge("Learned from simulated votes", icon=":material/smart_toy:", color="violet")
        st.subheader(f":{colour}[:material/{icon}: {title}]", anchor=False)
        low, high = card.accuracy_ci
        with st.grid(5, min_column_width=135):
            st.metric("Chooses as they did", f"{card.accuracy:.0%}", help="On held-out pairs.")
            st.metric("95% interval", f"{low:.0%} – {high:.0%}")
            best = card.ceiling.accuracy
            st.metric(
                "Ceiling", "–" if best is None else f"{best:.0%}",
                help="What a perfect model would reach, given how far the annotators agree. Empty where nobody shares "
                "a pair.",
            )  # fmt: skip
            st.metric(
                "Calibration error", f"{card.calibration.error:.2f}",
                help="How far its confidence is from how often it is right, after scaling. 0 is best.",
            )  # fmt: skip
            st.metric("Training pairs", f"{card.votes.train_pairs:,}")
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown("**Why**")
            _listed(verdict.reasons)
        with right:
            st.markdown("**What to do now**")
            _listed(verdict.next)
            if verdict.ppo_settings:
                unwise = verdict.verdict == "not_yet"
                st.markdown("**Settings, if you start PPO all the same**" if unwise else "**Settings for PPO**")
                settings = " ".join(f"--set {name}={value}" for name, value in verdict.ppo_settings.items())
                st.code(settings, language=None, wrap_lines=True)
        for note in card.notes:
            st.caption(f":material/info: {escaped(note)}")


def _listed(sentences: Sequence[str]) -> None:
    """The weightiest ones; the rest can be unfolded."""
    st.markdown("\n".join(f"- {escaped(sentence)}" for sentence in sentences[:SHOWN_SENTENCES]))
    if len(sentences) > SHOWN_SENTENCES:
        with st.expander(f"{len(sentences) - SHOWN_SENTENCES} more"):
            st.markdown("\n".join(f"- {escaped(sentence)}" for sentence in sentences[SHOWN_SENTENCES:]))


def _right(run_id: str, card: Card) -> None:
    accuracy_chart(card, f"card_accuracy_{run_id}")
    st.caption(
        "Bars: share of held-out pairs on which each way to choose agrees with the votes, with 95% intervals. Likeness "
        "to the human answer is told that answer; the reward model is not. 'Another annotator': how often one vote "
        "agrees with the majority of the others. The ceiling is what a model that knew everybody's mind would reach."
    )
    trained = card.train_accuracy
    if trained is not None:
        st.caption(f"On the pairs that it learned from it is right in {trained:.0%}.")
    if card.score_per_nat:
        st.caption(
            f"What the SFT model itself finds unlikely scores lower: by {card.score_per_nat:.2f} for each nat of the "
            "response's least likely word piece. That is how a wrong fact is seen that no vote was about."
        )


def _sure(run_id: str, card: Card) -> None:
    calibration = card.calibration
    left, right = st.columns(2, gap="large")
    with left:
        reliability_chart(calibration, f"card_reliability_{run_id}")
    with right:
        margins_chart(card.margins, f"card_margins_{run_id}")
    mean, quantile = calibration.error_by_chance
    fitted = (
        f"Temperature {calibration.temperature:.2f}, fitted on {counted(calibration.fitted_on, 'validation pair')}: "
        if calibration.fitted_on
        else "Too few validation pairs to fit a temperature; "
    )
    st.caption(
        f"{fitted}calibration error {calibration.error_unscaled:.3f} before and {calibration.error:.3f} after. So few "
        f"pairs would show {mean:.3f} by chance alone if it were perfectly sure of itself (95% of the time below "
        f"{quantile:.3f})."
    )
    doubt = card.disagreement
    if doubt is not None:
        st.caption(
            f"Its {doubt.members} members disagree by {doubt.inside:.2f} on usual responses and by {doubt.outside:.2f} "
            "on the same words in reverse order. The second should be larger: doubt that grows on strange texts is "
            "what holds PPO back from them."
        )


def _biases(run_id: str, card: Card) -> None:
    if not card.effects:
        st.caption("No probes: they are built from demonstrations, and there were none when the run began.")
        return
    st.markdown(
        "Human answers, each changed in one respect. A dot right of zero means that the score **likes** the change."
    )
    effects_chart(card.effects, f"card_effects_{run_id}")
    names = [
        effect.name for effect in sorted(card.effects, key=lambda row: ("bad", "watch", "fine").index(row.standing))
    ]
    chosen = st.selectbox(
        "Look at one", names, format_func=lambda name: PROBE_NAMES[name], key=f"probe_{run_id}", width=420
    )
    effect = next(row for row in card.effects if row.name == chosen)
    low, high = effect.effect_ci
    st.markdown(
        f"{STANDINGS[effect.standing]} · {effect.effect:+.2f} spreads ({low:+.2f} to {high:+.2f}), "
        f"{counted(effect.probes, 'probe')}; the unchanged answer scores higher in {effect.original_preferred:.0%}."
    )
    for example in effect.examples:
        with st.container(border=True):
            plain_text(example.prompt, "Prompt")
            left, right = st.columns(2)
            with left:
                plain_text(example.original, f"Human answer · score {example.score_original:.2f}")
            with right:
                plain_text(example.changed, f"Changed · score {example.score_changed:.2f}")


def _weak(run_id: str, card: Card) -> None:
    kinds = [kind for kind in SLICES if any(row.kind == kind for row in card.slices)]
    if not kinds:
        st.caption("Too few held-out pairs to look at parts of them.")
        return
    with st.grid(2, min_column_width=380):
        for kind in kinds:
            with st.container():
                st.markdown(f"**{SLICES[kind]}**")
                rows = [row for row in card.slices if row.kind == kind]
                slices_chart(rows, card.accuracy, f"card_slices_{kind}_{run_id}")
    st.caption("Numbers beside the names are held-out pairs; parts with fewer than five are left out.")


def _more(run: Run, source: VoteSource) -> None:
    if not run.summary.get("learning_curve"):
        st.caption(
            "This run has not measured its learning curve. Switch on 'Learning curve' under Advanced in a new run; it "
            "then learns from 25, 50 and 75% of the pairs too. Below are all runs together."
        )
    how_many_more(source)
    st.divider()
    label_next(run, services.workspace())
