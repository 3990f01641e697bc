"""Settings forms out of the pydantic settings themselves: bounds, defaults and help cannot drift from the code."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pages import services
from pages.components_numbers import say_refusal
from workbench.models.registry import RegisteredModel

LABELS = {
    "epochs": "Passes over the data",
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "minibatch_size": "Minibatch size",
    "lora_rank": "LoRA rank",
    "lora_alpha": "LoRA alpha",
    "lora_targets": "LoRA layers",
    "max_new_tokens": "Longest answer (tokens)",
    "max_length": "Longest row (tokens)",
    "evaluate_limit": "Held-out prompts to answer",
    "total_episodes": "Episodes",
    "kl_coef": "KL coefficient",
    "kl_estimator": "KL estimator",
    "lam": "GAE lambda",
    "ppo_epochs": "Passes over each batch",
    "missing_eos_penalty": "Penalty for no end",
    "max_grad_norm": "Gradient norm limit",
    "value_coef": "Value loss weight",
    "entropy_coef": "Entropy bonus",
    "warmup_ratio": "Warm-up share",
    "micro_batch_size": "Micro-batch size",
    "kl_placement": "KL penalty in",
    "kl_target": "KL to steer towards",
    "kl_horizon": "KL horizon (episodes)",
    "kl_limit": "End the run above KL",
    "update_kl_limit": "End an update above KL",
    "score_clip": "Clip scores to ±",
    "combine_scores": "Of several scores take",
    "scale_scores": "Scale scores",
    "lora_dropout": "LoRA dropout",
    "per": "Rows",
    "members": "Members",
    "members_differ": "Members differ by",
    "margin": "Margin from",
    "encoder_learning_rate": "Learning rate (encoder)",
    "evaluate_every": "Evaluate every (updates)",
    "evaluation_prompts": "Validation prompts",
    "best_by": "Best checkpoint by",
    "keep_checkpoints": "Checkpoints kept",
    "publish": "Give out",
    "publish_share": "Share of the way given out",
    "checkpoint_every": "Checkpoint every (updates)",
    "sample_every": "Sample every (updates)",
}


def field_inputs(
    settings: type[BaseModel],
    names: Sequence[str],
    key: str,
    columns: int = 3,
    words: Mapping[str, tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """One widget per setting.

    Args:
        words: for a setting, (label, help) in plain words; the setting's own description otherwise.
    """
    values: dict[str, Any] = {}
    with st.grid(columns, min_column_width=210, vertical_alignment="bottom"):
        for name in names:
            label, help_text = (words or {}).get(name, (setting_label(name), None))
            field = settings.model_fields[name]
            with st.container(gap="xxsmall"):
                values[name] = _input(name, field, label, help_text or field.description, f"{key}_{name}")
                say_refusal(field, values[name])
    return values


def form_values(names: Sequence[str], key: str) -> dict[str, Any]:
    """What the widgets of `field_inputs` hold now; for callbacks, which run before the page is drawn."""
    values = {name: st.session_state[f"{key}_{name}"] for name in names if f"{key}_{name}" in st.session_state}
    return {name: None if value == "" else value for name, value in values.items()}  # a text that was left empty


def advanced(settings: type[BaseModel], shown: Collection[str], key: str) -> dict[str, Any]:
    """All settings that the page does not show by itself, folded away, with their descriptions as help."""
    with st.expander("Advanced", icon=":material/tune:"):
        return field_inputs(settings, advanced_names(settings, shown), key)


def model_choice(
    label: str, models: Sequence[RegisteredModel], key: str, help_text: str | None = None, outside: bool = False
) -> str | None:
    """A picker over registered models, the newest first.

    Args:
        outside: a Hugging Face id or a model folder can be typed instead.
    """
    names = {model.id: model_label(model) for model in reversed(models)}
    return st.selectbox(
        label,
        list(names),
        key=key,
        format_func=lambda model_id: names.get(model_id, model_id),
        help=help_text,
        accept_new_options=outside,
        width=420,
    )


def model_label(model: RegisteredModel) -> str:
    """How a model appears in pickers and tables."""
    return model.id if model.name in ("", model.id) else f"{model.id} · {model.name}"


def advanced_names(settings: type[BaseModel], shown: Collection[str]) -> list[str]:
    """The settings that are left for the Advanced part, in the order of the class."""
    hidden = {"model_id", "other_model_id", "reward_model_id", "votes", "splits", "ppo", *shown}
    return [name for name in settings.model_fields if name not in hidden]


def changed(settings: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what differs from the defaults."""
    fields = settings.model_fields
    return {
        name: value for name, value in values.items() if value != fields[name].get_default(call_default_factory=True)
    }


def command_line(command: str, assignments: Mapping[str, Any]) -> None:
    """The same launch for a terminal."""
    workspace = f"--workspace {shlex.quote(str(services.workspace().root))}"
    parts = [
        f"--set {shlex.quote(f'{name}={_written(value)}')}" for name, value in assignments.items() if value is not None
    ]
    with st.expander("The same from a terminal", icon=":material/terminal:"):
        st.code(" ".join(["workbench", command, workspace, *parts]), language=None, wrap_lines=True)


def setting_label(name: str) -> str:
    """How a setting is called where a person reads it."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def setting_value(value: Any) -> str:
    """The value of a setting, as a person reads it."""
    if value is None or value in ("", [], ()):
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value).replace("_", " ")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _input(name: str, field: FieldInfo, label: str, help_text: str | None, key: str) -> Any:
    default = field.get_default(call_default_factory=True)
    kind = _bare(field.annotation)
    if kind is bool:
        return st.toggle(label, value=bool(default), key=key, help=help_text)
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
        return st.selectbox(
            label,
            options,
            index=options.index(default),
            key=key,
            help=help_text,
            format_func=lambda option: str(option).replace("_", " "),
        )
    if kind is str:
        return st.text_input(label, value=default or "", placeholder="Not set", key=key, help=help_text) or None
    # No bounds in the widget: see `number_field`.
    if kind is int:
        return st.number_input(
            label,
            value=default,
            step=1,
            placeholder="No limit" if default is None else None,
            key=key,
            help=help_text,
        )
    usual = 1.0 if default is None else float(default)
    start: Any = None if default is None else usual
    return st.number_input(
        label,
        value=start,
        step=_step(name, usual),
        format=_format(usual),
        placeholder="Not set" if default is None else None,
        key=key,
        help=help_text,
    )


def _bare(annotation: Any) -> Any:
    """The annotation without its ``| None``."""
    inner = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is not Literal and len(inner) == 1:
        return inner[0]
    return annotation


def _step(name: str, default: float) -> float:
    if name == "epochs":
        return 1.0
    return default / 10 if 0 < default < 0.1 else 0.05


def _format(default: float) -> str:
    if 0 < default < 0.01:
        return "%.5f"
    return "%.3f" if default < 1 else "%.2f"
