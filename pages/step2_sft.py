"""Step 2: fine-tune a base model on the demonstrations, and see what that changed."""

from __future__ import annotations

import streamlit as st

from pages import identity, services
from pages.components import attempt, counted, empty_state, header, problem
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
from pages.metric_words import SFT_CHARTS
from pages.rows import Run
from workbench.launch import launch_sft
from workbench.models.registry import list_models
from workbench.sft.config import SFTConfig

PARTS = ("Runs and results", "New run")
SHOWN = ("epochs", "learning_rate", "batch_size")
WORDS = {
    "epochs": ("How long (passes over the data)", "More passes learn more, and from some point on by heart."),
    "learning_rate": ("How fast (learning rate)", "Larger learns faster; too large and the loss jumps about."),
    "batch_size": ("Demonstrations per step", "Smaller uses less memory."),
}


def page() -> None:
    """Draw the page."""
    header("SFT", "school", "Supervised fine-tuning: the base model learns to answer as your demonstrations do.")
    ready = services.workspace().demonstrations.count(status="approved", split="train")
    run_id = pick_or_none()
    if run_id is None and not ready:
        empty_state(
            "SFT needs demonstrations",
            "The model learns from prompts with ideal responses. Add some in step 1; a few hundred make a good start.",
            "school",
            ("step1_demonstrations.py", "Go to demonstrations"),
        )
        return
    st.session_state.setdefault("sft_part", PARTS[0] if run_id else PARTS[1])
    results, new = st.tabs(PARTS, key="sft_part", on_change="rerun")
    if results.open:
        with results:
            _results(run_id)
    if new.open:
        with new:
            _new_run(ready)


def pick_or_none() -> str | None:
    """The newest SFT run, None before the first."""
    runs = services.workspace().runs.list(kind="sft", limit=1)
    return runs[0].id if runs else None


# --- a new run ------------------------------------------------------------------------------------


def _new_run(ready: int) -> None:
    with st.container(border=True, width=920):
        st.markdown(f"Learns from **{counted(ready, 'approved demonstration')}** of the train split.")
        models = list_models(services.workspace(), ("base", "sft", "ppo"))
        # The base model stands first: a new SFT run usually starts afresh.
        model_id = model_choice(
            "Start from",
            models[1:] + models[:1],
            "sft_model",
            "The model that is fine-tuned; it stays as it is. Or type a Hugging Face id or the folder of a model.",
            outside=True,
        )
        values = field_inputs(SFTConfig, SHOWN, "sft", words=WORDS)
        values |= advanced(SFTConfig, SHOWN, "sft")
        command_line("sft", {"model_id": model_id, **changed(SFTConfig, values)})
        st.button("Start SFT", type="primary", icon=":material/play_arrow:", key="sft_start", on_click=_start)
        problem("sft")


def _start() -> None:
    """Callback: queue the run and show it."""

    def launch() -> str:
        values = form_values([*SHOWN, *advanced_names(SFTConfig, SHOWN)], "sft")
        config = SFTConfig(model_id=st.session_state["sft_model"], **values)
        return launch_sft(services.workspace(), config, identity.person() or "")

    run_id = attempt("sft", launch)
    if run_id:
        st.session_state["sft_run"] = run_id
        st.session_state["sft_part"] = PARTS[0]


# --- results --------------------------------------------------------------------------------------


def _results(newest: str | None) -> None:
    run_id = pick_run("sft", "sft_run") if newest else None
    if run_id is None:
        empty_state(
            "No SFT run yet",
            "Start one under New run. While it runs you see the loss fall; at the end its answers stand beside "
            "the human ones.",
            "school",
        )
        return
    run = find_run(run_id)
    if run is None or run.status != "finished":
        live_run(run_id, SFT_CHARTS)
    else:
        _finished(run)


def _finished(run: Run) -> None:
    run_card(run)
    before = str(run.config.get("model_id", "base"))
    answers, learning = st.tabs(("Before and after", "How it learned"), key="sft_view", on_change="rerun")
    if answers.open:
        with answers:
            comparison(run.id, ((before, f"Before ({before})"), (run.id, f"After SFT ({run.id})")))
    if learning.open:
        with learning:
            curves(run.id, SFT_CHARTS)


if __name__ == "__main__":
    page()
