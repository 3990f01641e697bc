"""Language models from disk or the hub: safetensors only, no remote code, adapters merged in order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ModelError
from workbench.models.spec import EMBEDDED, ModelSpec

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

EMBEDDED_DIR = Path(__file__).parent.parent / "demo" / "base_model"
"""Folder of the base model that ships with the project."""

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
"""Given to a model that brings no chat template of its own."""


def base_source(spec: ModelSpec) -> str:
    """Folder or hub id of the base weights.

    Raises:
        ModelError: a local folder lacks config, weights or tokenizer, or holds only pickled weights.
    """
    if spec.base == EMBEDDED:
        return str(EMBEDDED_DIR)
    if is_local(spec.base):
        folder = Path(spec.base).expanduser()
        check_model_folder(folder)
        return str(folder)
    return spec.base


def is_local(base: str) -> bool:
    """Whether a base is a folder on this machine, there or not."""
    return base.startswith((".", "/", "~")) or Path(base).expanduser().exists()


def is_hub_id(base: str) -> bool:
    """Whether a base comes from the Hugging Face hub."""
    return base != EMBEDDED and not is_local(base)


def check_model_folder(folder: Path) -> None:
    """Say in one sentence what a model folder lacks.

    Raises:
        ModelError: something needed is missing.
    """
    if not folder.is_dir():
        raise ModelError(f"There is no model folder {folder}.")
    if not (folder / "config.json").is_file():
        raise ModelError(f"The model folder {folder} has no config.json, so it is not a Hugging Face model.")
    if not any(folder.glob("*.safetensors")):
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
        reason = "only pickled weights, which can run code when loaded" if pickled else "no weights (*.safetensors)"
        raise ModelError(f"The model folder {folder} has {reason}; save the model with safetensors first.")
    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        raise ModelError(f"The model folder {folder} has no tokenizer (tokenizer.json or tokenizer.model).")


def load_tokenizer(spec: ModelSpec) -> PreTrainedTokenizerBase:
    """The base model's tokenizer, with a pad token and a chat template, padding on the left.

    Raises:
        ModelError: it cannot be loaded, or it has no end token.
    """
    from transformers import AutoTokenizer

    source = base_source(spec)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, revision=spec.revision, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"The tokenizer of {spec.base} cannot be loaded: {_first_line(error)}") from error
    if tokenizer.eos_token_id is None:
        raise ModelError(f"The tokenizer of {spec.base} has no end token, so a response could never end.")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if not tokenizer.chat_template:
        tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.padding_side = "left"
    return tokenizer


def load_merged(spec: ModelSpec, workspace: Path, dtype: torch.dtype | None = None) -> PreTrainedModel:
    """The causal language model with every adapter of the spec merged into its weights, in eval mode.

    Args:
        spec: what the model is made of.
        workspace: folder that the adapters' paths are relative to.
        dtype: of the weights; where None, bfloat16 on a GPU that has it and float32 elsewhere.

    Raises:
        ModelError: base or adapter cannot be loaded.
    """
    import torch
    from peft import PeftModel
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    # float32 where there is no accelerator: bf16 matmuls on a CPU without AMX are slower, not faster.
    half = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    dtype = dtype or (torch.bfloat16 if half else torch.float32)
    source = base_source(spec)
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            source, revision=spec.revision, dtype=dtype, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"The model {spec.base} cannot be loaded: {_first_line(error)}") from error
    for adapter in spec.adapters:
        folder = adapter_folder(adapter, workspace)
        model = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    model.eval()
    return model  # type: ignore[no-any-return]


def load_quantised(spec: ModelSpec) -> PreTrainedModel:
    """The base in 4 bits (NF4, double quantisation, bfloat16 products), ready for an adapter (Dettmers et al. 2023).

    Raises:
        ModelError: this machine cannot do it, or the base cannot be loaded.
    """
    import torch
    from peft import prepare_model_for_kbit_training
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    from workbench.models.machine import qlora_problem

    if problem := qlora_problem():
        raise ModelError(problem)
    quantisation = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    source = base_source(spec)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            source,
            revision=spec.revision,
            quantization_config=quantisation,
            device_map={"": 0},
            use_safetensors=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"The model {spec.base} cannot be loaded: {_first_line(error)}") from error
    prepared: Any = prepare_model_for_kbit_training
    return prepared(model)  # type: ignore[no-any-return]


def adapter_folder(adapter: str, workspace: Path) -> Path:
    """Where an adapter lies; never outside the workspace.

    Raises:
        ModelError: the path leaves the workspace, or holds no adapter.
    """
    folder = (workspace / adapter).resolve()
    if not folder.is_relative_to(workspace.resolve()):
        raise ModelError(f"The adapter path {adapter} leads out of the workspace.")
    if not (folder / "adapter_model.safetensors").is_file():
        raise ModelError(f"The adapter {folder} has no adapter_model.safetensors; was its run deleted?")
    return folder


def export_merged(workspace: Path, spec: ModelSpec, out: Path) -> None:
    """Write the merged model and its tokenizer to ``out`` in Hugging Face layout.

    Raises:
        ModelError: ``out`` exists and is not empty, or the model cannot be loaded.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelError(f"{out} exists and is not empty; name a new folder.")
    model = load_merged(spec, workspace)
    tokenizer = load_tokenizer(spec)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
