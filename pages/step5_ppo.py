"""Step 4: PPO moves the model towards responses that the reward model scores higher."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import attempt, empty_state, escaped, header, plain_text, problem
from pages.components_answers import comparison
from pages.components_forms import (
    advanced,
    advanced_names,
    changed,
    command_line,
    field_inputs,
    form_values,
    model_choice,
)
from pages.components_runs import curves, find_run, live_run, pick_run, run_card
from pages.home_state import LIVE
from pages.metric_words import METRICS, PPO_CHARTS, written
from pages.rows import Run
from workbench.errors import NotFound
from workbench.launch import checkpoint_steps, launch_ppo
from workbench.models.registry import get_model, list_models
from workbench.ppo.config import PPOConfig, PPORunConfig

PARTS = ("Runs and results", "New run")
SHOWN = ("kl_coef", "total_episodes", "learning_rate", "max_new_tokens")
WORDS = {
    "kl_coef": (
        "How near it stays (KL coefficient)",
        "Larger holds the policy nearer to the SFT model; smaller lets it move further, and drift.",
    ),
    "total_episodes": ("How long (episodes)", "Responses it tries over the whole run."),
    "learning_rate": ("How fast (learning rate)", "Larger learns faster; too large and it falls apart."),
    "max_new_tokens": ("How long the responses (tokens)", "Longer ones are cut here, and cost a penalty."),
}
SAMPLES_SHOWN = 6
STEERING: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Pause", "pause", {"pause": True}),
    ("Go on", "play_arrow", {"pause": False}),
    ("Checkpoint now", "save", {"checkpoint": True}),
)
STEERED = {"kl_coef": "objective/kl_coef", "learning_rate": "learning_rate"}
"""Settings that can be changed while a run goes on, and the metric that shows each."""


def page() -> None:
    """Draw the page."""
    header(
        "PPO",
        "trending_up",
        "The model answers, the reward model scores, and PPO makes high scores likelier. It runs by itself.",
    )
    workspace = services.workspace()
    reward_models = list_models(workspace, ["reward_model"])
    runs = workspace.runs.list(kind="ppo", limit=1)
    if not runs and not reward_models:
        empty_state(
            "PPO needs a reward model",
            "Something has to score the model's responses. Train a reward model on votes in step 3b first.",
            "trending_up",
            ("step4_reward_model.py", "Go to the reward model"),
        )
        return
    st.session_state.setdefault("ppo_part", PARTS[0] if runs else PARTS[1])
    results, new = st.tabs(PARTS, key="ppo_part", on_change="rerun")
    if results.open:
        with results:
            _results(bool(runs))
    if new.open:
        with new:
            _new_run()


# --- a new run ------------------------------------------------------------------------------------


def _new_run() -> None:
    reward_models = list_models(services.workspace(), ["reward_model"])
    with st.container(border=True, width=980):
        reward_model_id = model_choice("Reward model", reward_models, "ppo_reward_model")
        if reward_model_id is not None:
            start = escaped(get_model(services.workspace(), reward_model_id).parent_id or "its own trunk")
            st.caption(f"PPO starts from {start}, the model this reward model was built on.")
        branch = _branch_choice()
        values = field_inputs(PPOConfig, SHOWN, "ppo", columns=2, words=WORDS)
        values |= advanced(PPOConfig, SHOWN, "ppo")
        inner = {f"ppo.{name}": value for name, value in changed(PPOConfig, values).items()}
        command_line("ppo", {"reward_model_id": reward_model_id, "branch_from": branch, **inner})
        st.button("Start PPO", type="primary", icon=":material/play_arrow:", key="ppo_start", on_click=_start)
        problem("ppo")


def _branch_choice() -> str | None:
    """Where the policy starts: the SFT model, or a checkpoint of an earlier run."""
    runs = services.workspace().runs.list(kind="ppo")
    checkpoints = [f"{run.id}:{step}" for run in runs for step in reversed(checkpoint_steps(services.workspace(), run))]
    if not checkpoints:
        return None
    return st.selectbox(
        "Go on from a checkpoint",
        checkpoints,
        index=None,
        placeholder="No: start from the SFT model",
        key="ppo_branch",
        format_func=lambda name: f"{name.partition(':')[0]}, after update {name.partition(':')[2]}",
        help="Takes over what that run had learned. Settings, KL coefficient and schedule are those of the new run.",
        width=420,
    )


def _start() -> None:
    """Callback: queue the run and show it."""

    def launch() -> str:
        values = form_values([*SHOWN, *advanced_names(PPOConfig, SHOWN)], "ppo")
        config = PPORunConfig(
            reward_model_id=st.session_state["ppo_reward_model"],
            branch_from=st.session_state.get("ppo_branch"),
            ppo=PPOConfig(**values),
        )
        return launch_ppo(services.workspace(), config, identity.person() or "")

    run_id = attempt("ppo", launch)
    if run_id:
        st.session_state["ppo_run"] = run_id
        st.session_state["ppo_part"] = PARTS[0]


# --- results --------------------------------------------------------------------------------------


def _results(any_run: bool) -> None:
    run_id = pick_run("ppo", "ppo_run") if any_run else None
    if run_id is None:
        empty_state("No PPO run yet", "Start one under New run.", "trending_up")
        return
    run = find_run(run_id)
    if run is None or run.status != "finished":
        if run is not None and run.status == "running":
            _steering(run)
        live_run(run_id, PPO_CHARTS, extra=_samples)
    else:
        _finished(run)


def _steering(run: Run) -> None:
    """What can be changed while the run goes on; each takes effect at its next update."""
    with st.expander("Steer this run", icon=":material/tune:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for label, icon, wish in STEERING:
                key = f"steer_{label}_{run.id}"
                st.button(label, icon=f":material/{icon}:", key=key, on_click=_steer, args=(run.id, wish))
            for name in STEERED:
                st.number_input(
                    METRICS[STEERED[name]].title,
                    value=None,
                    min_value=0.0,
                    format="%.5f",
                    placeholder=f"{run.config['ppo'][name]:g} at the start",
                    key=f"steer_{name}_{run.id}",
                    width=180,
                )
            key = f"steer_apply_{run.id}"
            st.button("Apply", icon=":material/check:", key=key, on_click=_apply_settings, args=(run.id,))
        st.caption("It follows at its next update, and notes the change on its card.")
        problem(f"steer_{run.id}")


def _steer(run_id: str, wish: dict[str, Any]) -> None:
    """Callback: write a wish where the run reads it."""
    # Each wish for a checkpoint is a new one, so it carries the time.
    wanted = {name: time.time() if name == "checkpoint" else value for name, value in wish.items()}
    attempt(f"steer_{run_id}", services.supervisor().steer, run_id, **wanted)


def _apply_settings(run_id: str) -> None:
    """Callback: the settings that were filled in."""
    values = {name: st.session_state.get(f"steer_{name}_{run_id}") for name in STEERED}
    wish = {name: value for name, value in values.items() if value is not None}
    if wish:
        _steer(run_id, wish)


def _finished(run: Run) -> None:
    run_card(run)
    _verdict(run.summary)
    before = _start_model(run)
    views = st.tabs(("Before and after", "How it learned", "Samples over time"), key="ppo_view", on_change="rerun")
    if views[0].open:
        with views[0]:
            comparison(run.id, ((before, f"SFT ({before})"), (run.id, f"PPO ({run.id})")))
    if views[1].open:
        with views[1]:
            curves(run.id, PPO_CHARTS)
    if views[2].open:
        with views[2]:
            _samples(run.id)


def _start_model(run: Run) -> str:
    """The model that PPO started from: the one its reward model was built on."""
    try:
        return get_model(services.workspace(), str(run.config.get("reward_model_id"))).parent_id or "base"
    except NotFound:
        return "base"


def _verdict(summary: dict[str, Any]) -> None:
    before, after = summary.get("score_before"), summary.get("score_after")
    if before is None or after is None:
        return
    with st.container(border=True):
        with st.grid(4, min_column_width=130):
            st.metric("Score before", f"{before:.2f}")
            st.metric("Score after", f"{after:.2f}", f"{after - before:+.2f}")
            if summary.get("kl") is not None:
                st.metric("KL", f"{summary['kl']:.2f}", help=METRICS["objective/kl"].meaning)
            st.metric("Episodes", f"{summary.get('episodes', 0):,.0f}")
        st.caption(
            "The score is the reward model's opinion, and PPO works to raise it. Whether people agree, only people can "
            "say: look at the facts and answers below, then let them vote blind between SFT and PPO in step 3a."
        )


def _samples(run_id: str) -> None:
    """The newest answers to the prompts that are asked again and again while the run goes on."""
    samples = services.workspace().samples.list(run_id, fixed=True, limit=200)
    if not samples:
        return
    st.subheader("The same prompts, asked again and again", anchor=False)
    prompts = sorted({sample.prompt for sample in samples})
    prompt = st.selectbox("Prompt", prompts, key=f"samples_{run_id}", label_visibility="collapsed", width=620)
    for sample in [sample for sample in samples if sample.prompt == prompt][:SAMPLES_SHOWN]:
        with st.container(border=True):
            parts = [f"Update {sample.step}"]
            if sample.score is not None:
                parts.append(f"score {written(METRICS['objective/scores'], sample.score)}")
            if sample.kl is not None:
                parts.append(f"KL {sample.kl:.2f}")
            if sample.length is not None:
                parts.append(f"{sample.length} tokens")
            plain_text(sample.response, " · ".join(parts))
    run = find_run(run_id)
    if run is not None and run.status in LIVE:
        st.caption("New answers appear at the top.")


if __name__ == "__main__":
    page()
