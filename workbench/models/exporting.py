"""A model of several adapters as one LoRA against its original base."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.errors import ModelError
from workbench.models.loading import adapter_folder, load_merged, load_tokenizer
from workbench.models.spec import ModelSpec


def export_adapter(workspace: Path, spec: ModelSpec, out: Path) -> None:
    """Write every adapter of the spec (SFT, then PPO) as a single one that plain peft loads on the base.

    Merging one after the other adds up: ``W + B1 A1 + B2 A2``. So the matrices are laid side by side, and the rank is
    the sum of their ranks; nothing is approximated.

    Raises:
        ModelError: ``out`` exists and is not empty, the model has no adapter, or it cannot be loaded.
    """
    from peft import PeftModel

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelError(f"{out} exists and is not empty; name a new folder.")
    if not spec.adapters:
        raise ModelError("The model has no adapter: it is a whole model, so export it merged.")
    model: Any = load_merged(spec.model_copy(update={"adapters": ()}), workspace)
    names = [f"part_{index}" for index in range(len(spec.adapters))]
    folders = [str(adapter_folder(adapter, workspace)) for adapter in spec.adapters]
    model = PeftModel.from_pretrained(model, folders[0], adapter_name=names[0])
    for name, folder in zip(names[1:], folders[1:], strict=True):
        model.load_adapter(folder, adapter_name=name)
    model.add_weighted_adapter(names, [1.0] * len(names), "default", combination_type="cat")
    model.save_pretrained(str(out), selected_adapters=["default"])
    load_tokenizer(spec).save_pretrained(str(out))
