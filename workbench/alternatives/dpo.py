"""One DPO run: TRL's DPOTrainer on the pairs that the reward model was trained on."""

from __future__ import annotations

from typing import Any

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from workbench.alternatives.config import DPORunConfig
from workbench.alternatives.parts import Parts, load_parts, train_and_compare
from workbench.errors import NotReady
from workbench.models.chat import encode_prompt, encode_response
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Notice, Stopped
from workbench.runs.frozen_data import FrozenPair, read_pairs
from workbench.runs.trainer_arguments import trainer_arguments
from workbench.runs.trainer_callback import RunCallback

METRIC_NAMES = {
    "loss": "train/loss",
    "grad_norm": "train/grad_norm",
    "learning_rate": "train/learning_rate",
    "rewards/accuracies": "train/accuracy",
    "rewards/margins": "train/margin",
    "eval_loss": "eval/loss",
    "eval_rewards/accuracies": "eval/accuracy",
    "eval_rewards/margins": "eval/margin",
}


class EncodedDPOTrainer(DPOTrainer):
    """Takes rows as ids, encoded the way that all steps share, instead of as text."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def run(context: RunContext) -> Finished | Stopped:
    """Tune on the voted pairs, measure as PPO does, compare before and after.

    Raises:
        NotReady: no pair of the training split fits.
    """
    config = DPORunConfig.model_validate(context.dir.config["config"])
    parts = load_parts(context, config)
    pairs = read_pairs(context.dir.data)
    train = _encoded(context, config, parts, [pair for pair in pairs if pair.split == "train"])
    validation = _encoded(context, config, parts, [pair for pair in pairs if pair.split == "validation"])
    if len(train) == 0:
        raise NotReady("No voted pair of the training split fits, so there is nothing to learn from.")
    shared = trainer_arguments(
        context.dir.checkpoints,
        rows=len(train),
        has_validation=len(validation) > 0,
        warmup_ratio=0.1,
        **config.model_dump(include={"epochs", "batch_size", "learning_rate", "seed"}),
    )
    trainer = EncodedDPOTrainer(
        model=parts.sft,
        args=DPOConfig(beta=config.beta, max_length=config.max_length, **shared),
        train_dataset=train,
        eval_dataset=validation if len(validation) else None,
        processing_class=parts.tokenizer,
        peft_config=parts.lora,
        callbacks=[RunCallback(context, "training", METRIC_NAMES), parts.callback],
    )
    return train_and_compare(context, config, parts, trainer, "dpo", lambda: 0)


def _encoded(context: RunContext, config: DPORunConfig, parts: Parts, pairs: list[FrozenPair]) -> Dataset:
    rows: list[dict[str, list[int]]] = []
    for pair in pairs:
        row = {
            "prompt_ids": encode_prompt(parts.tokenizer, pair.prompt),
            "chosen_ids": encode_response(parts.tokenizer, pair.chosen),
            "rejected_ids": encode_response(parts.tokenizer, pair.rejected),
        }
        if len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"])) <= config.max_length:
            rows.append(row)
    left_out = len(pairs) - len(rows)
    if left_out:
        message = f"{left_out} pairs are longer than {config.max_length} tokens; left out."
        context.emit(Notice(message=message, count=left_out))
    return Dataset.from_list(rows) if rows else Dataset.from_dict({"prompt_ids": []})
