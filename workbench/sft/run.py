"""One SFT run: fine-tune a LoRA adapter on the training demonstrations, then answer the held-out prompts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from workbench.errors import NotReady
from workbench.evaluation.answers import HeldOut, evaluate_answers
from workbench.models.adapters import target_modules
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Notice, Stopped
from workbench.runs.frozen_data import FrozenDemonstration, read_demonstrations
from workbench.sft.config import SFTConfig

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

METRIC_NAMES = {
    "loss": "train/loss",
    "learning_rate": "train/learning_rate",
    "grad_norm": "train/grad_norm",
    "eval_loss": "eval/loss",
}


def run(context: RunContext) -> Finished | Stopped:
    """Train, publish the adapter as ``final/``, and compare the start model and the tuned one with the human answers.

    Raises:
        NotReady: no demonstration of the training split fits.
    """
    from workbench.models.loading import load_merged, load_tokenizer

    began = time.monotonic()
    config = SFTConfig.model_validate(context.dir.config["config"])
    spec = ModelSpec.model_validate(context.dir.config["models"][config.model_id])
    rows = read_demonstrations(context.dir.data)
    tokenizer = load_tokenizer(spec)
    trainer = _trainer(context, config, load_merged(spec, context.dir.workspace), tokenizer, rows)
    stopped_at = _train(context, trainer)
    if stopped_at is not None:
        return Stopped(step=stopped_at)
    context.dir.publish_final(lambda folder: trainer.model.save_pretrained(str(folder)))
    run_id = str(context.dir.config["run_id"])
    held_out = HeldOut.choose(rows, split="test", limit=config.evaluate_limit)
    measures = {}
    if held_out.rows:
        tuned = trainer.model.eval()
        with tuned.disable_adapter():
            measures["base"] = _evaluate(context, config.model_id, tuned, tokenizer, held_out, config)
        measures["tuned"] = _evaluate(context, run_id, tuned, tokenizer, held_out, config)
    else:
        context.emit(Notice(message="No demonstration is in the test split, so the answers could not be compared."))
    return Finished(
        summary={**measures, "held_out_prompts": len(held_out.rows), "seconds": time.monotonic() - began},
        model_kind="sft",
        model=spec.with_adapter(f"runs/{run_id}/final"),
        parent_model_id=config.model_id,
    )


def _train(context: RunContext, trainer: Any) -> int | None:
    """Train to the end and return None, or the step at which a stop request ended it."""
    from workbench.runs.trainer_callback import checkpoint_to_resume

    _, checkpoint = checkpoint_to_resume(context)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.state.global_step < trainer.state.max_steps:
        return int(trainer.state.global_step)
    return None


def _evaluate(
    context: RunContext, model_id: str, model: Any, tokenizer: Any, held_out: HeldOut, config: SFTConfig
) -> dict[str, float | None]:
    return evaluate_answers(
        context.emit,
        model_id,
        model,
        tokenizer,
        held_out,
        max_new_tokens=config.max_new_tokens,
        seed=config.seed,
        phase=f"answering held-out prompts ({model_id})",
    )


def _trainer(
    context: RunContext,
    config: SFTConfig,
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    rows: list[FrozenDemonstration],
) -> Any:
    from peft import LoraConfig
    from trl import SFTConfig as TrainingSettings
    from trl import SFTTrainer

    from workbench.runs.trainer_arguments import trainer_arguments
    from workbench.runs.trainer_callback import RunCallback

    train = encode_demonstrations(context, tokenizer, [r for r in rows if r.split == "train"], config.max_length)
    validation = encode_demonstrations(
        context, tokenizer, [r for r in rows if r.split == "validation"], config.max_length
    )
    if len(train) == 0:
        raise NotReady("No approved demonstration is in the training split, so there is nothing to learn from.")
    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=target_modules(config.lora_targets),
        task_type="CAUSAL_LM",
    )
    shared = trainer_arguments(
        context.dir.checkpoints,
        rows=len(train),
        has_validation=len(validation) > 0,
        **config.model_dump(include={"epochs", "batch_size", "learning_rate", "warmup_ratio", "seed"}),
    )
    # TRL pads on the right for training; the tokenizer's own side stays what generation needs.
    return SFTTrainer(
        model=model,
        args=TrainingSettings(completion_only_loss=True, max_length=config.max_length, **shared),
        train_dataset=train,
        eval_dataset=validation if len(validation) else None,
        processing_class=tokenizer,
        peft_config=lora,
        callbacks=[RunCallback(context, "training", METRIC_NAMES)],
    )


def encode_demonstrations(
    context: RunContext, tokenizer: PreTrainedTokenizerBase, rows: list[FrozenDemonstration], max_length: int
) -> Dataset:
    """Demonstrations as token ids with a completion mask: only response tokens carry loss.

    A response that does not fit is cut at ``max_length`` and then has no end token; a prompt that leaves no room for a
    response is left out. Both are said in a Notice.
    """
    from datasets import Dataset

    from workbench.models.chat import encode_prompt, encode_response

    ids, masks, cut, left_out = [], [], 0, 0
    for row in rows:
        prompt, response = encode_prompt(tokenizer, row.prompt), encode_response(tokenizer, row.response)
        if len(prompt) >= max_length:
            left_out += 1
            continue
        cut += len(prompt) + len(response) > max_length
        ids.append((prompt + response)[:max_length])
        masks.append(([0] * len(prompt) + [1] * len(response))[:max_length])
    if cut:
        context.emit(
            Notice(
                message=f"{cut} responses are longer than {max_length} tokens with their prompt; cut.",
                count=cut,
            )
        )
    if left_out:
        context.emit(Notice(message=f"{left_out} prompts alone fill {max_length} tokens; left out.", count=left_out))
    return Dataset.from_dict({"input_ids": ids, "completion_mask": masks})
