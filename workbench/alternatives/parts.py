"""What a DPO or RLOO run works with, out of its run directory, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peft import LoraConfig

from workbench.alternatives.config import DPORunConfig, RLOORunConfig
from workbench.alternatives.measuring import FIXED_PROMPTS, Measurer, MeasuringCallback, compare
from workbench.evaluation.held_out import HeldOut
from workbench.models.adapters import target_modules
from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, ModelKind, Stopped
from workbench.runs.frozen_data import FrozenDemonstration, read_demonstrations
from workbench.runs.trainer_callback import checkpoint_to_resume
from workbench.verdict.judge import Score
from workbench.verdict.scoring import text_score

AlternativeConfig = DPORunConfig | RLOORunConfig


@dataclass(frozen=True, slots=True)
class Parts:
    """Models, data and measures of a run."""

    tokenizer: Any
    sft: Any
    sft_id: str
    sft_spec: ModelSpec
    score: Score
    rows: list[FrozenDemonstration]
    lora: LoraConfig
    callback: MeasuringCallback


def load_parts(context: RunContext, config: AlternativeConfig) -> Parts:
    """Load the SFT model, its tokenizer and the reward model. Raises ModelError where one cannot be loaded."""
    stored = context.dir.config
    specs = {name: ModelSpec.model_validate(spec) for name, spec in stored["models"].items()}
    sft_id = str(stored["sft_model_id"])
    tokenizer = load_tokenizer(specs[sft_id])
    score = text_score(config.reward_model_id, specs, context.dir.workspace)
    rows = read_demonstrations(context.dir.data)
    validation = HeldOut.choose(rows, "validation", config.evaluation_prompts)
    if not validation.rows:
        validation = HeldOut.choose(rows, "train", config.evaluation_prompts)
    fixed = [row.prompt for row in validation.rows[:FIXED_PROMPTS]]
    measurer = _measurer(config, tokenizer, validation, score)
    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        target_modules=target_modules(config.lora_targets),
        task_type="CAUSAL_LM",
    )
    sft = load_merged(specs[sft_id], context.dir.workspace)
    callback = MeasuringCallback(context, measurer, fixed, config.evaluations)
    return Parts(tokenizer, sft, sft_id, specs[sft_id], score, rows, lora, callback)


def _measurer(config: AlternativeConfig, tokenizer: Any, held_out: HeldOut, score: Score) -> Measurer:
    return Measurer(
        tokenizer,
        held_out,
        score,
        temperature=config.temperature,
        max_new_tokens=config.max_new_tokens,
        seed=config.seed,
    )


def train_and_compare(
    context: RunContext,
    config: AlternativeConfig,
    parts: Parts,
    trainer: Any,
    kind: ModelKind,
    episodes: Callable[[], int],
) -> Finished | Stopped:
    """Train to the end or to a stop, publish the adapter, compare before and after."""
    began = time.monotonic()
    _, checkpoint = checkpoint_to_resume(context)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.state.global_step < trainer.state.max_steps:
        return Stopped(step=int(trainer.state.global_step))
    policy, run_id = trainer.model, str(context.dir.config["run_id"])
    context.dir.publish_final(lambda folder: policy.save_pretrained(str(folder)))
    held_out = HeldOut.choose(parts.rows, "test", config.evaluate_limit)
    measurer = _measurer(config, parts.tokenizer, held_out, parts.score)
    summary = compare(context, measurer, policy, held_out, parts.sft_id, run_id, config.seed)
    counts = {"updates": int(trainer.state.global_step), "episodes": episodes()}
    return Finished(
        summary={**summary, **counts, "seconds": time.monotonic() - began},
        model_kind=kind,
        model=parts.sft_spec.with_adapter(f"runs/{run_id}/final"),
        parent_model_id=parts.sft_id,
    )
