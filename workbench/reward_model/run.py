"""One reward-model run: learn from votes which response people prefer, and measure it on held-out prompts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import NotReady
from workbench.models.spec import ModelSpec
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.evaluation import Agreement, measure_agreement
from workbench.reward_model.mismatches import mismatched_pairs
from workbench.runs.context import RunContext
from workbench.runs.events import Evaluation, Finished, Notice, Stopped
from workbench.runs.frozen_data import FrozenPair, read_pairs

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

METRIC_NAMES = {
    "loss": "train/loss",
    "accuracy": "train/accuracy",
    "margin": "train/margin",
    "learning_rate": "train/learning_rate",
    "eval_loss": "eval/loss",
    "eval_accuracy": "eval/accuracy",
    "eval_margin": "eval/margin",
}


def run(context: RunContext) -> Finished | Stopped:
    """Train adapter and score head with TRL's RewardTrainer; publish them with centre and scale of the scores.

    Raises:
        NotReady: there is no pair to learn from or none to measure on.
    """
    from workbench.models.loading import load_merged, load_tokenizer
    from workbench.runs.trainer_callback import checkpoint_to_resume

    began = time.monotonic()
    config = RewardModelConfig.model_validate(context.dir.config["config"])
    trunk = ModelSpec.model_validate(context.dir.config["models"][config.model_id])
    pairs = read_pairs(context.dir.data)
    train = [pair for pair in pairs if pair.split == "train"]
    held_out = [pair for pair in pairs if pair.split == "test"]
    if not train or not held_out:
        raise NotReady(
            f"The votes decide {len(train)} pairs of training prompts and {len(held_out)} of test prompts; "
            "both are needed. Vote on more pairs."
        )
    tokenizer = load_tokenizer(trunk)
    pairs += mismatched_pairs(train, config.mismatched_per_pair, config.seed)
    trainer = _trainer(context, config, load_merged(trunk, context.dir.workspace), tokenizer, pairs)
    _, checkpoint = checkpoint_to_resume(context)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.state.global_step < trainer.state.max_steps:
        return Stopped(step=int(trainer.state.global_step))
    context.dir.publish_final(lambda folder: save_reward_model(trainer.model, folder))
    agreement = _measure(context, trunk, tokenizer, train, held_out)
    run_id = str(context.dir.config["run_id"])
    _emit_evaluations(context, run_id, agreement)
    return Finished(
        summary={**agreement.summary(), "train_pairs": len(train), "seconds": time.monotonic() - began},
        model_kind="reward_model",
        model=trunk.with_adapter(f"runs/{run_id}/final/adapter"),
        parent_model_id=config.model_id,
    )


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


def _measure(
    context: RunContext,
    trunk: ModelSpec,
    tokenizer: PreTrainedTokenizerBase,
    train: list[FrozenPair],
    held_out: list[FrozenPair],
) -> Agreement:
    """Store centre and scale of the scores, from the training responses alone, and measure on held-out prompts."""
    from dataclasses import replace

    from workbench.models.loading import load_merged
    from workbench.reward_model.scoring import RewardModel

    reward_model = RewardModel(load_merged(trunk, context.dir.workspace), tokenizer, context.dir.final)
    prompts = [pair.prompt for pair in train]
    scores = reward_model.score(prompts * 2, [p.chosen for p in train] + [p.rejected for p in train])
    centre = sum(scores) / len(scores)
    deviation = (sum((score - centre) ** 2 for score in scores) / len(scores)) ** 0.5
    reward_model.head = replace(reward_model.head, centre=centre, scale=deviation or 1.0)
    reward_model.head.save(context.dir.final)
    return measure_agreement(reward_model, held_out)


def _emit_evaluations(context: RunContext, run_id: str, agreement: Agreement) -> None:
    low, high = agreement.accuracy_interval
    common = {"model_id": run_id, "split": "test", "n": agreement.pairs}
    context.emit(
        Evaluation(
            measure="accuracy",
            value=agreement.accuracy,
            ci_low=low,
            ci_high=high,
            signature="share of held-out pairs whose chosen response scores higher, Wilson 95%",
            **common,
        )
    )
    context.emit(
        Evaluation(
            measure="ece",
            value=agreement.calibration_error,
            signature="expected calibration error, 10 equal-width bins",
            **common,
        )
    )


def _trainer(
    context: RunContext,
    config: RewardModelConfig,
    trunk: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    pairs: list[FrozenPair],
) -> Any:
    import torch
    from peft import LoraConfig
    from trl import RewardConfig, RewardTrainer

    from workbench.runs.trainer_arguments import trainer_arguments
    from workbench.runs.trainer_callback import RunCallback

    train = encode_pairs(context, tokenizer, [pair for pair in pairs if pair.split == "train"], config.max_length)
    if len(train) == 0:
        raise NotReady(f"Every pair is longer than {config.max_length} tokens; choose a larger max_length.")
    validation = encode_pairs(
        context, tokenizer, [pair for pair in pairs if pair.split == "validation"], config.max_length
    )
    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        target_modules="all-linear",
        task_type="SEQ_CLS",
        modules_to_save=["score"],
    )
    torch.manual_seed(config.seed)  # the score head starts at random
    model = sequence_classifier(trunk)
    model.config.pad_token_id = tokenizer.pad_token_id
    shared = trainer_arguments(
        context.dir.checkpoints,
        rows=len(train),
        has_validation=len(validation) > 0,
        warmup_ratio=0.05,
        **config.model_dump(include={"epochs", "batch_size", "learning_rate", "seed"}),
    )
    return RewardTrainer(
        model=model,
        args=RewardConfig(max_length=config.max_length, **shared),
        train_dataset=train,
        eval_dataset=validation if len(validation) else None,
        processing_class=tokenizer,
        peft_config=lora,
        callbacks=[RunCallback(context, "training", METRIC_NAMES)],
    )


def encode_pairs(
    context: RunContext, tokenizer: PreTrainedTokenizerBase, pairs: list[FrozenPair], max_length: int
) -> Dataset:
    """Pairs as token ids of prompt and response together; pairs too long for the model are left out and reported."""
    from datasets import Dataset

    from workbench.models.chat import encode_prompt, encode_response

    chosen, rejected, left_out = [], [], 0
    for pair in pairs:
        prompt = encode_prompt(tokenizer, pair.prompt)
        better = prompt + encode_response(tokenizer, pair.chosen)
        worse = prompt + encode_response(tokenizer, pair.rejected)
        if max(len(better), len(worse)) > max_length:
            left_out += 1
            continue
        chosen.append(better)
        rejected.append(worse)
    if left_out:
        context.emit(Notice(message=f"{left_out} pairs are longer than {max_length} tokens; left out.", count=left_out))
    return Dataset.from_dict({"chosen_ids": chosen, "rejected_ids": rejected})
