"""Step 3, second half: a reward model that learns to choose as the annotators did."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, duration, empty_state, header, problem
from pages.components_forms import (
    advanced,
    advanced_names,
    changed,
    command_line,
    field_inputs,
    form_values,
    model_choice,
)
from pages.components_runs import find_run, live_run, pick_run, run_card
from pages.components_steering import pause_buttons
from pages.metric_words import REWARD_MODEL_CHARTS
from pages.reward_model_card import show_card
from pages.reward_model_playground import playground
from workbench.launch.reward_model import launch_reward_model
from workbench.models.registry import list_models
from workbench.reward_model.card import read_card
from workbench.reward_model.config import RewardModelConfig, VoteSource

PARTS = ("Runs and results", "New run", "Try it")
SHOWN = ("backend", "members", "epochs", "learning_rate")
WORDS = {
    "epochs": ("How long (passes over the pairs)", "More passes learn more, and from some point on by heart."),
    "learning_rate": ("How fast (learning rate)", "Larger learns faster; too large and the loss jumps about."),
    "backend": (
        "What learns",
        "trunk: an adapter on the model above, the usual choice. minilm: a small sentence encoder. classifier: any "
        "sequence-classification model, named under Advanced.",
    ),
    "members": (
        "Reward models in one",
        "Several are trained and their mean is the score; where they disagree, PPO can be held back. Each takes as "
        "long as one.",
    ),
}
NAMES: dict[VoteSource, str] = {"people": "people", "simulated": "simulated annotators"}


def page() -> None:
    """Draw the page."""
    header(
        "Reward model",
        "scale",
        "Learns from the votes which response people would choose. PPO then asks it for a score, thousands of times.",
    )
    workspace = services.workspace()
    runs = workspace.runs.list(kind="reward_model", limit=1)
    if not runs and not workspace.votes.count():
        empty_state(
            "The reward model needs votes",
            "It learns from pairs on which people have said which response is better. About fifty votes are a "
            "beginning; some hundred are good.",
            "scale",
            ("step3_preferences.py", "Go to preferences"),
        )
        return
    st.session_state.setdefault("reward_part", PARTS[0] if runs else PARTS[1])
    results, new, trial = st.tabs(PARTS, key="reward_part", on_change="rerun")
    if results.open:
        with results:
            _results(bool(runs))
    if new.open:
        with new:
            _new_run()
    if trial.open:
        with trial:
            playground()


# --- a new run ------------------------------------------------------------------------------------


def _new_run() -> None:
    votes = services.workspace().votes
    counts: dict[VoteSource, int] = {"people": votes.count(simulated=False), "simulated": votes.count(simulated=True)}
    with st.container(border=True, width=920):
        source = st.segmented_control(
            "Learn from the votes of",
            list(NAMES),
            key="reward_votes",
            default="people" if counts["people"] or not counts["simulated"] else "simulated",
            required=True,
            format_func=lambda name: f"{NAMES[name].capitalize()} · {counted(counts[name], 'vote')}",
            help="The two are never mixed.",
        )
        trunks = list_models(services.workspace(), ("base", "sft", "ppo"))
        sft_last = sorted(trunks, key=lambda model: model.kind == "sft")
        model_id = model_choice(
            "Built on", sft_last, "reward_model_id", "Usually the SFT model: PPO starts from the model named here."
        )
        values = field_inputs(RewardModelConfig, SHOWN, "reward", words=WORDS)
        values |= advanced(RewardModelConfig, SHOWN, "reward")
        command_line("reward-model", {"model_id": model_id, "votes": source, **changed(RewardModelConfig, values)})
        st.button(
            "Train the reward model", type="primary", icon=":material/play_arrow:", key="reward_start", on_click=_start
        )
        problem("reward")


def _start() -> None:
    """Callback: queue the run and show it."""

    def launch() -> str:
        state = st.session_state
        values = form_values([*SHOWN, *advanced_names(RewardModelConfig, SHOWN)], "reward")
        config = RewardModelConfig(model_id=state["reward_model_id"], votes=state["reward_votes"], **values)
        return launch_reward_model(services.workspace(), config, identity.person() or "")

    run_id = attempt("reward", launch)
    if run_id:
        st.session_state["reward_run"] = run_id
        st.session_state["reward_part"] = PARTS[0]


# --- results --------------------------------------------------------------------------------------


def _results(any_run: bool) -> None:
    run_id = pick_run("reward_model", "reward_run") if any_run else None
    if run_id is None:
        empty_state("No reward model yet", "Start a run under New run; it takes minutes.", "scale")
        return
    run = find_run(run_id)
    finished = run is not None and run.status == "finished"
    card = read_card(services.workspace().root / "runs" / run_id) if finished else None
    if run is not None and card is not None:
        show_card(run, card)
        run_card(run)
        return
    if run is not None and run.status == "finished":
        _verdict(run.summary, run.config.get("votes", "people"))
        st.caption("This run is from before there was a card; train again to have one.")
    live_run(run_id, REWARD_MODEL_CHARTS, _pausing)


def _pausing(run_id: str) -> None:
    """Pause and go on, while it trains."""
    run = find_run(run_id)
    if run is None or run.status != "running":
        return
    with st.container(horizontal=True):
        following = pause_buttons(run)
    st.caption(following or "It pauses after a checkpoint, within a step; stopping frees the machine for other runs.")
    problem(f"steer_{run_id}")


def _verdict(summary: dict[str, Any], source: VoteSource) -> None:
    accuracy = summary.get("accuracy")
    if accuracy is None:
        return
    low, high = summary.get("accuracy_ci") or (None, None)
    with st.container(border=True):
        if source == "simulated":
            st.badge("Learned from simulated votes", icon=":material/smart_toy:", color="violet")
        with st.grid(5, min_column_width=135):
            st.metric("Chooses as they did", f"{accuracy:.0%}", help="On held-out pairs.")
            interval = "–" if low is None else f"{low:.0%} – {high:.0%}"
            st.metric("95% interval", interval)
            ece = summary.get("ece")
            st.metric(
                "Calibration error",
                "–" if ece is None else f"{ece:.2f}",
                help="Expected calibration error: how far its confidence is from how often it is right. 0 is best.",
            )
            st.metric("Training pairs", f"{summary.get('train_pairs', 0):,}")
            st.metric("Held-out pairs", f"{summary.get('held_out_pairs', 0):,}")
        st.markdown(sentence(summary, source))
        if summary.get("seconds"):
            st.caption(f"Took {duration(summary['seconds'])}.")


def sentence(summary: dict[str, Any], source: VoteSource) -> str:
    """What the accuracy means, said plainly."""
    held_out = summary.get("held_out_pairs", 0)
    said = f"On {counted(held_out, 'pair')} it had never seen, it chose the response that the {NAMES[source]} chose "
    said = said.replace("the people", "people")
    said += f"in **{summary['accuracy']:.0%}** of cases; guessing would give 50%. "
    low = (summary.get("accuracy_ci") or (0.0, 1.0))[0]
    if low <= 0.5:
        return said + "With so few pairs **that could still be luck**: collect more votes before you trust it with PPO."
    if summary["accuracy"] < 0.65:
        return said + "It has learned something, but PPO on it will be noisy; more votes help."
    return said + "That is enough to go on with PPO."


if __name__ == "__main__":
    page()
