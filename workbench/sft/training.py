"""TRL's trainer on a run's demonstrations; it trains an adapter, an adapter on a base in 4 bits, or every weight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ModelError, NotReady
from workbench.evaluation.held_out import HeldOut
from workbench.models.adapters import target_modules
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.frozen_data import FrozenDemonstration
from workbench.sft.config import SFTConfig
from workbench.sft.encoding import encode_demonstrations

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

METRIC_NAMES = {
    "loss": "train/loss",
    "learning_rate": "train/learning_rate",
    "grad_norm": "train/grad_norm",
    "eval_loss": "eval/loss",
}
FIXED_PROMPTS = 3
"""Prompts that are answered while the model learns."""


def load_start(config: SFTConfig, spec: ModelSpec, workspace: Path) -> Any:
    """The model that training starts from, in the precision that the method wants.

    Raises:
        ModelError: it cannot be loaded, or the method cannot be used with it on this machine.
    """
    import torch

    from workbench.models.loading import load_merged, load_quantised

    if config.method == "qlora":
        if spec.adapters:
            raise ModelError("QLoRA starts from a base model: adapters cannot be merged into 4-bit weights exactly.")
        return load_quantised(spec)
    # Full fine-tuning keeps its weights in float32: updates of 1e-5 are lost in bfloat16.
    return load_merged(spec, workspace, torch.float32 if config.method == "full" else None)


def train(context: RunContext, config: SFTConfig, model: Any, tokenizer: Any, rows: list[FrozenDemonstration]) -> Any:
    """Train and publish ``final/``; returns the trained model, or the step at which a stop request ended it.

    Raises:
        NotReady: no demonstration of the training split fits.
    """
    from workbench.runs.trainer_callback import RunCallback, checkpoint_to_resume
    from workbench.sft.watching import AnswersCallback, BestCallback, PaceCallback

    step, checkpoint = checkpoint_to_resume(context)
    told = RunCallback(context, "training", METRIC_NAMES)
    best = BestCallback(context, config.early_stopping)
    prompts = fixed_prompts(rows)
    answers = AnswersCallback(context, tokenizer, prompts, config.max_new_tokens, resumed=step > 0)
    trainer = _trainer(context, config, model, tokenizer, rows, [told, PaceCallback(context), best, answers])
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if told.stopped_at is not None and best.ended_at is None:
        return told.stopped_at
    if config.publish == "best" and trainer.state.best_model_checkpoint:
        trainer._load_best_model()  # what load_best_model_at_end does, which would also tie the two intervals together
    context.dir.publish_final(lambda folder: _save(trainer.model, tokenizer, config, folder))
    return trainer.model


def fixed_prompts(rows: list[FrozenDemonstration]) -> list[str]:
    """A few prompts to answer while the model learns: of the validation split, else of the training one."""
    for split in ("validation", "train"):
        if chosen := HeldOut.choose(rows, split, None).rows:
            return list(dict.fromkeys(row.prompt for row in chosen))[:FIXED_PROMPTS]
    return []


def load_trained(config: SFTConfig, start: Any, folder: Path) -> Any:
    """What an earlier life of the run has published; the start model with its adapter, or a model of its own."""
    if config.method != "full":
        from peft import PeftModel

        return PeftModel.from_pretrained(start, str(folder))
    import torch

    from workbench.models.loading import load_merged

    return load_merged(ModelSpec(base=str(folder)), folder.parent, torch.float32)


def _save(model: Any, tokenizer: Any, config: SFTConfig, folder: Path) -> None:
    model.save_pretrained(str(folder))
    if config.method == "full":
        tokenizer.save_pretrained(str(folder))


def _trainer(
    context: RunContext,
    config: SFTConfig,
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    rows: list[FrozenDemonstration],
    callbacks: list[Any],
) -> Any:
    from trl import SFTConfig as TrainingSettings
    from trl import SFTTrainer

    from workbench.runs.trainer_arguments import trainer_arguments

    # Fewer than two readings leave nothing to divide between the prompt as it is and reworded.
    rewording = config.reword_prompts and config.epochs >= 2

    def encoded(split: str, reword_seed: int | None = None) -> Any:
        chosen = [row for row in rows if row.split == split]
        return encode_demonstrations(context, tokenizer, chosen, config.max_length, reword_seed)

    training, validation = encoded("train", config.seed if rewording else None), encoded("validation")
    if len(training) == 0:
        raise NotReady("No approved demonstration is in the training split, so there is nothing to learn from.")
    shared = trainer_arguments(
        context.dir.checkpoints,
        rows=len(training),
        has_validation=len(validation) > 0,
        epochs=config.epochs / 2 if rewording else config.epochs,
        **config.model_dump(include={"batch_size", "learning_rate", "warmup_ratio", "seed"}),
        micro_batch_size=config.micro_batch_size,
        gradient_checkpointing=config.gradient_checkpointing,
    )
    if len(validation):
        shared |= {"metric_for_best_model": "eval_loss", "greater_is_better": False}
    # TRL pads on the right for training; the tokenizer's own side stays what generation needs.
    return SFTTrainer(
        model=model,
        args=TrainingSettings(completion_only_loss=True, max_length=config.max_length, **shared),
        train_dataset=training,
        eval_dataset=validation if len(validation) else None,
        processing_class=tokenizer,
        peft_config=None if config.method == "full" else _lora(config),
        callbacks=callbacks,
    )


def _lora(config: SFTConfig) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=target_modules(config.lora_targets),
        task_type="CAUSAL_LM",
    )
