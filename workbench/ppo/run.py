"""One PPO run in a workspace: the engine between a run directory's models and its events."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from workbench.errors import NotReady
from workbench.evaluation.answers import HeldOut, evaluate_answers
from workbench.models.chat import encode_prompt
from workbench.models.generation import context_length
from workbench.models.loading import adapter_folder, load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo.config import PPORunConfig
from workbench.ppo.policy import POLICY_ADAPTER, SharedTrunk
from workbench.ppo.rollout import sample_rollout
from workbench.ppo.train import PPOTrainer, Prompt
from workbench.ppo.types import RewardFunction, Rollout, UpdateReport
from workbench.reward_model.scoring import ScoreHead
from workbench.runs.context import RunContext
from workbench.runs.events import CheckpointSaved, Finished, Metric, Notice, Sample, Stopped
from workbench.runs.frozen_data import read_demonstrations
from workbench.runs.progress import ProgressReporter

FIXED_PROMPTS = 6
KEPT_CHECKPOINTS = 2


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a run works with, loaded."""

    config: PPORunConfig
    trainer: PPOTrainer
    tokenizer: PreTrainedTokenizerBase
    sft_spec: ModelSpec
    sft_model_id: str
    fixed: list[Prompt]
    held_out: HeldOut


def run(context: RunContext) -> Finished | Stopped:
    """Optimise, publish the policy's adapter, and compare it with the SFT model on held-out prompts.

    Raises:
        NotReady: no prompt of the training split fits.
        ModelError: the reward model or its trunk cannot be loaded.
    """
    began = time.monotonic()
    parts = _load(context)
    stopped = _optimise(context, parts)
    if stopped is not None:
        return stopped
    policy = parts.trainer.policy
    context.dir.publish_final(
        lambda folder: policy.model.save_pretrained(str(folder), selected_adapters=[POLICY_ADAPTER])
    )
    run_id = str(context.dir.config["run_id"])
    summary = _compare(context, parts, run_id)
    episodes = parts.trainer.update * parts.config.ppo.batch_size
    return Finished(
        summary={**summary, "episodes": episodes, "seconds": time.monotonic() - began},
        model_kind="ppo",
        model=parts.sft_spec.with_adapter(f"runs/{run_id}/final/{POLICY_ADAPTER}"),
        parent_model_id=parts.sft_model_id,
    )


def _load(context: RunContext) -> _Parts:
    stored = context.dir.config
    config = PPORunConfig.model_validate(stored["config"])
    reward_spec = ModelSpec.model_validate(stored["models"][config.reward_model_id])
    sft_spec = reward_spec.model_copy(update={"adapters": reward_spec.adapters[:-1]})
    reward_adapter = adapter_folder(reward_spec.adapters[-1], context.dir.workspace)
    torch.manual_seed(config.ppo.seed)  # LoRA's first matrices start at random
    tokenizer = load_tokenizer(sft_spec)
    trunk = load_merged(sft_spec, context.dir.workspace)
    policy = SharedTrunk(trunk, config.ppo.lora_rank, config.ppo.lora_alpha)
    policy.load_reward_adapter(reward_adapter)
    head = ScoreHead.load(reward_adapter.parent)
    rows = read_demonstrations(context.dir.data)
    room = min(config.ppo.max_prompt_tokens, context_length(trunk) - config.ppo.max_new_tokens)
    trainer = PPOTrainer(
        config.ppo,
        policy,
        tokenizer,
        reward_function(policy, head),
        _prompts(context, tokenizer, [row for row in rows if row.split == "train"], room, report=True),
    )
    fixed_rows = HeldOut.choose(rows, "validation", FIXED_PROMPTS).rows
    return _Parts(
        config=config,
        trainer=trainer,
        tokenizer=tokenizer,
        sft_spec=sft_spec,
        sft_model_id=str(stored["sft_model_id"]),
        fixed=_prompts(context, tokenizer, fixed_rows, room) if fixed_rows else list(trainer.prompts[:FIXED_PROMPTS]),
        held_out=HeldOut.choose(rows, "test", config.evaluate_limit),
    )


def reward_function(policy: SharedTrunk, head: ScoreHead) -> RewardFunction:
    """Scores rollouts with the reward adapter on the policy's own trunk: the ids are scored as they were sampled."""

    def score(rollout: Rollout) -> torch.Tensor:
        return policy.score(head, rollout.sequences, rollout.attention_mask)

    return score


def _prompts(
    context: RunContext,
    tokenizer: PreTrainedTokenizerBase,
    rows: Any,
    room: int,
    *,
    report: bool = False,
) -> list[Prompt]:
    """Distinct prompts that leave room for a response; the others are left out and, with ``report``, said so."""
    texts = list(dict.fromkeys(row.prompt for row in rows))
    encoded = [Prompt(text, encode_prompt(tokenizer, text)) for text in texts]
    fitting = [prompt for prompt in encoded if len(prompt.ids) <= room]
    left_out = len(encoded) - len(fitting)
    if report and left_out:
        context.emit(Notice(message=f"{left_out} prompts are longer than {room} tokens; left out.", count=left_out))
    if report and not fitting:
        raise NotReady("No prompt of the training split fits, so there is nothing to optimise on.")
    return fitting


def _optimise(context: RunContext, parts: _Parts) -> Stopped | None:
    """Run the remaining updates; Stopped where a stop was asked for."""
    trainer, config = parts.trainer, parts.config.ppo
    newest = context.dir.latest_checkpoint()
    if newest is not None:
        trainer.load(newest[1])
    reporter = ProgressReporter(context.emit, "optimising")
    if trainer.update == 0:
        _emit_fixed_samples(context, parts)
    for report in trainer.updates():
        _emit_update(context, report)
        if report.update % config.sample_every == 0 or report.update == report.total_updates:
            _emit_fixed_samples(context, parts)
        reporter(report.update, report.total_updates)
        stopping = context.stop_requested() and report.update < report.total_updates
        if stopping or report.update % config.checkpoint_every == 0:
            _checkpoint(context, trainer)
        if stopping:
            return Stopped(step=report.update)
    return None


def _checkpoint(context: RunContext, trainer: PPOTrainer) -> None:
    context.dir.save_checkpoint(trainer.update, trainer.save)
    context.dir.prune_checkpoints(keep=KEPT_CHECKPOINTS)
    context.emit(CheckpointSaved(step=trainer.update))


def _emit_update(context: RunContext, report: UpdateReport) -> None:
    finite = {name: value for name, value in report.metrics.items() if value == value}
    context.emit(Metric(step=report.update, values=finite))
    for sample in report.samples[:2]:
        context.emit(_sample_event(report.update, sample, fixed=False))


def _emit_fixed_samples(context: RunContext, parts: _Parts) -> None:
    samples, _ = parts.trainer.answer(parts.fixed)
    for sample in samples:
        context.emit(_sample_event(parts.trainer.update, sample, fixed=True))


def _sample_event(step: int, sample: Any, *, fixed: bool) -> Sample:
    return Sample(
        step=step,
        prompt=sample.prompt,
        response=sample.response,
        fixed=fixed,
        score=sample.score,
        kl=sample.kl,
        length=sample.length,
    )


def _compare(context: RunContext, parts: _Parts, run_id: str) -> dict[str, Any]:
    """Answer the held-out prompts as SFT model and as PPO model; score both; measure the distance between them."""
    if not parts.held_out.rows:
        context.emit(Notice(message="No demonstration is in the test split, so before and after were not compared."))
        return {"score_before": None, "score_after": None, "kl": None, "held_out_prompts": 0}
    policy = parts.trainer.policy.eval()
    with policy.as_reference():
        before = _answer(context, parts, parts.sft_model_id)
        sampled_before = _sample_held_out(parts)
    after = _answer(context, parts, run_id)
    sampled_after = _sample_held_out(parts)
    # Scored outside the block: adapters are off inside it, the reward model's included.
    experience_before = parts.trainer.evaluate_rollout(sampled_before)
    experience_after = parts.trainer.evaluate_rollout(sampled_after)
    return {
        "score_before": experience_before.scores.mean().item(),
        "score_after": experience_after.scores.mean().item(),
        "kl": experience_after.kl.sum(dim=1).mean().item(),
        "before": before,
        "after": after,
        "held_out_prompts": len(parts.held_out.rows),
    }


def _answer(context: RunContext, parts: _Parts, model_id: str) -> dict[str, float | None]:
    return evaluate_answers(
        context.emit,
        model_id,
        parts.trainer.policy.model,
        parts.tokenizer,
        parts.held_out,
        max_new_tokens=parts.config.ppo.max_new_tokens,
        seed=parts.config.ppo.seed,
        phase=f"answering held-out prompts ({model_id})",
    )


def _sample_held_out(parts: _Parts) -> Rollout:
    """One sampled response to each held-out prompt that fits, the same randomness for every model."""
    trainer = parts.trainer
    room = context_length(trainer.policy.model) - trainer.config.max_new_tokens
    encoded = [encode_prompt(parts.tokenizer, row.prompt)[-room:] for row in parts.held_out.rows]
    generator = torch.Generator().manual_seed(trainer.config.seed + 2)
    return sample_rollout(trainer.policy, encoded, trainer.sampling, generator)
