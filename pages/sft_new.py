"""A new SFT run: the base model, the method, whether it will fit, what the model will read, and the start."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from pages import identity, services
from pages.components import attempt, counted, duration, escaped, problem, problems_shown, report, validation_sentence
from pages.components_forms import command_line, field_inputs, form_values, model_choice
from pages.sft_preview import preview
from workbench.errors import WorkbenchError
from workbench.launch.sft import launch_sft
from workbench.launch.sft_outlook import outlook
from workbench.models.bases import add_base_model, look_at
from workbench.models.facts import ModelFacts
from workbench.models.inspecting import inspect_model
from workbench.models.machine import qlora_problem
from workbench.models.registry import find_language_model, list_models
from workbench.models.spec import ModelSpec
from workbench.sft.config import SFTConfig
from workbench.sft.defaults import suggested
from workbench.sft.preflight import Preflight, written

SHOWN = ("method", "epochs", "learning_rate", "batch_size")
WORDS = {
    "method": ("Method", "LoRA trains a small adapter. QLoRA the same on 4-bit weights, on a GPU. Full trains all."),
    "epochs": ("How long (passes over the data)", "More passes learn more, and from some point on by heart."),
    "learning_rate": ("How fast (learning rate)", "Larger learns faster; too large and the loss jumps about."),
    "batch_size": ("Demonstrations per step", "Smaller uses less memory."),
}
KEY = "sft"


def settings_names() -> list[str]:
    """Every setting that has a widget here."""
    return [name for name in SFTConfig.model_fields if name not in ("model_id", "revision")]


def new_run(ready: int) -> None:
    """The form. ``ready``: approved demonstrations of the training split."""
    with st.container(border=True, width=920):
        st.markdown(f"Learns from **{counted(ready, 'approved demonstration')}** of the train split.")
        models = list_models(services.workspace(), ("base", "sft", "ppo"))
        # The base model stands first: a new SFT run usually starts afresh.
        bases = [model for model in models if model.kind == "base"]
        rest = [model for model in models if model.kind != "base"]
        model_id = model_choice(
            "Start from",
            [*rest, *reversed(bases)],
            "sft_model",
            "The model that is fine-tuned; it stays as it is. Or type a Hugging Face id or the folder of a model.",
            outside=True,
        )
        _another_base()
        facts = _facts_card(str(model_id)) if model_id else None
        if facts is None:
            return
        _apply_suggestions(str(model_id), facts)
        values = field_inputs(SFTConfig, SHOWN, KEY, columns=4, words=WORDS)
        if values["method"] == "qlora" and (refusal := qlora_problem()):
            st.warning(escaped(refusal), icon=":material/memory:")
        with st.expander("Advanced", icon=":material/tune:"):
            values |= field_inputs(SFTConfig, [name for name in settings_names() if name not in SHOWN], KEY)
        fits = _preflight(str(model_id), facts, values)
        preview(find_language_model(services.workspace(), str(model_id)).spec, values)
        base_values = SFTConfig().model_dump() | suggested(facts, values["method"])
        changed = {name: value for name, value in values.items() if value != base_values[name]}
        command_line("sft", {"model_id": model_id, **changed})
        st.button(
            "Start SFT" if fits else "Start SFT anyway",
            type="primary" if fits else "secondary",
            icon=":material/play_arrow:",
            key="sft_start",
            on_click=_start,
        )
        problem("sft")


# --- the base model -------------------------------------------------------------------------------


def _another_base() -> None:
    with st.expander(
        "Bring another base model", icon=":material/add_circle:", key="sft_bring", on_change="rerun"
    ) as box:
        if not box.open:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Hugging Face id or folder",
                key="sft_base_name",
                placeholder="HuggingFaceTB/SmolLM2-135M-Instruct or /models/mine",
                width=420,
            )
            st.text_input("Revision", key="sft_base_revision", placeholder="main", width=160)
            st.button("Look at it", key="sft_base_look", icon=":material/search:", on_click=_look)
        found = st.session_state.get("sft_base_found")
        if found is not None:
            _facts(found)
            if not found.problems:
                st.button("Add to this workspace", key="sft_base_add", icon=":material/add:", on_click=_add)
        problem("sft_base")


def _look() -> None:
    """Callback: ask the cache, the folder or the hub what this model is."""
    st.session_state["sft_base_found"] = None
    found = attempt("sft_base", look_at, st.session_state["sft_base_name"], st.session_state["sft_base_revision"])
    if found is not None:
        st.session_state["sft_base_found"] = found[1]


def _add() -> None:
    """Callback: put the model that was looked at on the workspace's list, and choose it."""
    added = attempt(
        "sft_base",
        add_base_model,
        services.workspace(),
        st.session_state["sft_base_name"],
        st.session_state["sft_base_revision"],
    )
    if added is not None:
        st.session_state["sft_model"] = added.id
        st.session_state["sft_base_found"] = None
        report("sft_base", f"{added.id} was added and is chosen.")


def _facts_card(model_id: str) -> ModelFacts | None:
    facts = None
    with problems_shown():
        spec = find_language_model(services.workspace(), model_id).spec
        facts = base_facts(spec.base, spec.revision)
        _facts(facts)
    return facts


@st.cache_data(show_spinner="Looking at the model …", max_entries=32, ttl=600)
def base_facts(base: str, revision: str | None) -> ModelFacts:
    """The facts of a base model; asked for at most every ten minutes."""
    return inspect_model(ModelSpec(base=base, revision=revision))


def _facts(facts: ModelFacts) -> None:
    size = f"{facts.parameters / 1e6:,.1f} M" if facts.parameters < 1e9 else f"{facts.parameters / 1e9:,.2f} B"
    context = f"{facts.context:,} tokens" if facts.context else "not told"
    template = "its own" if facts.own_template else "the project's (it brings none)"
    where = {
        "embedded": "part of this install",
        "folder": "a folder of this machine",
        "hub": "in this machine's cache" if facts.cached else f"{written(facts.download_bytes)} to download",
    }[facts.source]
    unknown = "that of this project" if facts.source == "embedded" else "not told"
    parts = [
        f"**{size}** parameters",
        f"context **{context}**",
        f"chat template: **{template}**",
        f"licence: **{escaped(facts.licence or unknown)}**",
        f"**{where}**",
    ]
    st.caption(f"{escaped(facts.architecture)} · " + " · ".join(parts))
    if facts.revision:
        st.caption(f"Commit {escaped(facts.revision)}")
    for sentence in facts.problems:
        st.error(escaped(sentence), icon=":material/error:")


def _apply_suggestions(model_id: str, facts: ModelFacts) -> None:
    """Another model or method brings its own defaults; what a person changed since then is theirs."""
    method = st.session_state.get(f"{KEY}_method", "lora")
    chosen = (model_id, method)
    if st.session_state.get("sft_suggested_for") == chosen:
        return
    first = "sft_suggested_for" not in st.session_state
    st.session_state["sft_suggested_for"] = chosen
    cloned = st.session_state.pop("sft_cloned", None)
    if first and cloned is None and not suggested(facts, method):
        return  # the widgets' own defaults are the ones
    values = SFTConfig().model_dump() | suggested(facts, method) | {"method": method} | (cloned or {})
    for name in settings_names():
        st.session_state[f"{KEY}_{name}"] = values[name]


# --- will it fit ----------------------------------------------------------------------------------


def _preflight(model_id: str, facts: ModelFacts, values: dict[str, Any]) -> bool:
    """Say what the run needs; whether it fits."""
    try:
        config = SFTConfig(model_id=model_id, **values)
        found = _outlook(config.model_dump_json(), facts, services.workspace().demonstrations.count(), _root())
    except ValidationError as error:
        st.error(escaped(validation_sentence(error)), icon=":material/error:")
        return False
    except WorkbenchError as error:
        st.error(escaped(error), icon=":material/error:")
        return False
    low, high = found.seconds
    st.markdown(
        f":material/memory: about **{written(found.memory)}** of {written(found.memory_free)} free memory "
        f"({escaped(found.device)}) · :material/schedule: **{duration(low)} to {duration(high)}** · "
        f":material/hard_drive: **{written(found.disk)}** of {written(found.disk_free)} free disk"
    )
    st.caption("Estimated before the start. Memory: " + _memory_words(found))
    for sentence in found.problems:
        st.warning(escaped(sentence), icon=":material/warning:")
    if found.change:
        st.button("Use these settings", key="sft_fit", icon=":material/build:", on_click=_fit, args=(found.change,))
    return found.fits


def _root() -> str:
    return str(services.workspace().root)


@st.cache_data(show_spinner="Estimating …", max_entries=16, ttl=120)
def _outlook(config: str, facts: ModelFacts, demonstrations: int, root: str) -> Preflight:
    del demonstrations, root  # they tell when the estimate is out of date
    return outlook(services.workspace(), facts, SFTConfig.model_validate_json(config))


def _memory_words(found: Preflight) -> str:
    return ", ".join(f"{name} {written(size)}" for name, size in found.parts.items() if size)


def _fit(change: dict[str, Any]) -> None:
    """Callback: take over the settings with which the run would fit."""
    for name, value in change.items():
        st.session_state[f"{KEY}_{name}"] = value
    if "method" in change:
        st.session_state["sft_suggested_for"] = (st.session_state["sft_model"], change["method"])


def clone(config: dict[str, Any]) -> None:
    """Fill the form with an earlier run's settings; for callbacks."""
    known = {name: value for name, value in config.items() if name in settings_names()}
    st.session_state["sft_model"] = config.get("model_id", "base")
    st.session_state[f"{KEY}_method"] = known.get("method", "lora")
    st.session_state["sft_cloned"] = known
    st.session_state.pop("sft_suggested_for", None)


def _start() -> None:
    """Callback: queue the run and show it."""

    def launch() -> str:
        config = SFTConfig(model_id=st.session_state["sft_model"], **form_values(settings_names(), KEY))
        return launch_sft(services.workspace(), config, identity.person() or "")

    run_id = attempt("sft", launch)
    if run_id:
        st.session_state["sft_run"] = run_id
        st.session_state["sft_part"] = "Runs and results"
