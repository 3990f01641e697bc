"""What can learn to score: an adapter and a head on the policy's trunk, or a whole sequence classifier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.models.spec import ModelSpec
from workbench.reward_model.config import RewardModelConfig

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class BackendModel(Protocol):
    """How a kind of reward model starts, reads text, and is kept."""

    tokenizer: Any
    learning_rate: float
    peft_config: Any

    def fresh(self, seed: int) -> Any:
        """A sequence classifier with one output, before its first step."""

    def encode(self, prompt: str, response: str) -> list[int]:
        """Token ids of a prompt and a response together."""

    def save(self, model: Any, folder: Path) -> None:
        """Keep what was trained, its head included."""


def backend_of(config: RewardModelConfig, trunk: ModelSpec, workspace: Path) -> BackendModel:
    """The backend that the settings name.

    Raises:
        ModelError: its model cannot be loaded.
    """
    if config.backend == "trunk":
        return TrunkBackend(config, trunk, workspace)
    return ClassifierBackend(config)


class TrunkBackend:
    """LoRA and a linear head on the trunk of the model that PPO will optimise."""

    def __init__(self, config: RewardModelConfig, trunk: ModelSpec, workspace: Path) -> None:
        from peft import LoraConfig

        from workbench.models.loading import load_tokenizer

        self._spec, self._workspace = trunk, workspace
        self.tokenizer: Any = load_tokenizer(trunk)
        self.learning_rate = config.learning_rate
        self.peft_config = LoraConfig(
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules="all-linear",
            task_type="SEQ_CLS",
            modules_to_save=["score"],
        )

    def fresh(self, seed: int) -> Any:
        """The trunk with a head that starts at random."""
        import torch

        from workbench.models.loading import load_merged

        torch.manual_seed(seed)
        model = sequence_classifier(load_merged(self._spec, self._workspace))
        model.config.pad_token_id = self.tokenizer.pad_token_id
        return model

    def encode(self, prompt: str, response: str) -> list[int]:
        """The ids that the policy samples, end token included."""
        from workbench.models.chat import encode_prompt, encode_response

        return encode_prompt(self.tokenizer, prompt) + encode_response(self.tokenizer, response)

    def save(self, model: Any, folder: Path) -> None:
        """Adapter and head apart: PPO puts the adapter beside the policy's."""
        save_reward_model(model, folder)


class ClassifierBackend:
    """A sequence classifier, all of whose weights learn, on a tokenizer of its own."""

    peft_config = None

    def __init__(self, config: RewardModelConfig) -> None:
        from workbench.evaluation.embedding import checked_model_folder
        from workbench.reward_model.classifier import load_classifier_tokenizer

        self._source = str(checked_model_folder()) if config.backend == "minilm" else str(config.classifier)
        self.tokenizer = load_classifier_tokenizer(self._source)
        self.learning_rate = config.encoder_learning_rate

    def fresh(self, seed: int) -> Any:
        """The published weights; a head that they lack starts at random."""
        import torch

        from workbench.reward_model.classifier import load_classifier

        torch.manual_seed(seed)
        return load_classifier(self._source, self.tokenizer)

    def encode(self, prompt: str, response: str) -> list[int]:
        """As the scorer reads them later."""
        from workbench.reward_model.classifier import encode_for_classifier

        return encode_for_classifier(self.tokenizer, prompt, response)

    def save(self, model: Any, folder: Path) -> None:
        """The whole model with its tokenizer."""
        from workbench.reward_model.classifier import save_classifier

        save_classifier(model, self.tokenizer, folder)


def sequence_classifier(trunk: PreTrainedModel) -> Any:
    """A sequence-classification model with one output on the trunk's own weights, and a head that starts at random."""
    from transformers import AutoModelForSequenceClassification

    configuration = type(trunk.config).from_dict(
        {**trunk.config.to_dict(), "num_labels": 1, "id2label": None, "label2id": None}
    )
    model = AutoModelForSequenceClassification.from_config(configuration)
    encoder = getattr(model, model.base_model_prefix)
    encoder.load_state_dict(getattr(trunk, trunk.base_model_prefix).state_dict())
    return model.to(trunk.dtype)


def save_reward_model(model: Any, folder: Path) -> None:
    """Split what RewardTrainer trained into a plain LoRA adapter for the language model's trunk, and a score head.

    PPO puts that adapter beside the policy's on one copy of the weights, so the head must not be part of it.
    """
    from peft import PeftConfig
    from safetensors.torch import load_file, save_file

    from workbench.reward_model.scoring import ADAPTER_FOLDER, ScoreHead

    model.save_pretrained(str(folder / ADAPTER_FOLDER))
    adapter = folder / ADAPTER_FOLDER
    weights = load_file(adapter / "adapter_model.safetensors")
    head_key = next(key for key in weights if key.endswith("score.weight"))
    head = weights.pop(head_key)
    save_file(weights, adapter / "adapter_model.safetensors")
    configuration = PeftConfig.from_pretrained(str(adapter))
    configuration.modules_to_save = None
    configuration.task_type = "CAUSAL_LM"
    configuration.save_pretrained(str(adapter))
    (adapter / "README.md").unlink(missing_ok=True)
    ScoreHead(weight=head.squeeze(0).float()).save(folder)
