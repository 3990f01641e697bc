"""What a PPO run in a workspace works with: models, reward models and prompts out of its run directory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from workbench.errors import ModelError
from workbench.evaluation.held_out import HeldOut
from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo.config import PPOConfig, PPORunConfig
from workbench.ppo.evaluation import Evaluator
from workbench.ppo.policy import ActorCritic, SharedTrunk, new_actor_critic
from workbench.ppo.prompts import encode_prompts
from workbench.ppo.scorers import ClassifierScorer, text_scorer, trunk_scorer
from workbench.ppo.train import PPOTrainer
from workbench.ppo.types import Prompt, RewardFunction
from workbench.reward_model.ensemble import load_reward_model
from workbench.reward_model.model_file import ModelFile, model_folder, trunk_of
from workbench.reward_model.scoring import ADAPTER_FOLDER, REWARD_ADAPTER, ScoreHead
from workbench.runs.context import RunContext
from workbench.runs.events import Notice
from workbench.runs.frozen_data import FrozenDemonstration, read_demonstrations

FIXED_PROMPTS = 6


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run works with, loaded."""

    config: PPORunConfig
    trainer: PPOTrainer
    tokenizer: PreTrainedTokenizerBase
    sft_spec: ModelSpec
    sft_model_id: str
    fixed: list[Prompt]
    held_out: HeldOut
    held_out_prompts: list[Prompt]
    evaluator: Evaluator | None
    """None where no validation prompt fits, or no evaluation is asked for."""


def load_parts(context: RunContext) -> Parts:
    """Load everything a run needs; prompts that do not fit are reported as notices.

    Raises:
        InvalidInput: no prompt of the training split fits.
        ModelError: a model cannot be loaded.
    """
    stored = context.dir.config
    config = PPORunConfig.model_validate(stored["config"])
    specs = {name: ModelSpec.model_validate(spec) for name, spec in stored["models"].items()}
    sft_model_id = str(stored["sft_model_id"])
    sft_spec = specs.get(sft_model_id) or trunk_of(specs[config.reward_model_id])
    torch.manual_seed(config.ppo.seed)  # LoRA's first matrices start at random
    tokenizer = load_tokenizer(sft_spec)
    trunk = load_merged(sft_spec, context.dir.workspace, _weights_dtype(config.ppo))
    policy = new_actor_critic(trunk, config.ppo)
    names = dict.fromkeys((config.reward_model_id, *config.more_reward_models))
    rewards = [
        reward for name in names for reward in _rewards(name, specs.get(name), policy, sft_spec, context.dir.workspace)
    ]
    rows = read_demonstrations(context.dir.data)
    demonstrations = [(row.prompt, row.response) for row in rows if row.split == "train"]
    trainer = PPOTrainer(config.ppo, policy, tokenizer, rewards, _prompts_of(rows, "train"), demonstrations)
    _report(context, len(trainer.left_out), trainer.room, "prompts")
    if trainer.mix is not None:
        _report(context, trainer.mix.left_out, trainer.room + config.ppo.max_new_tokens, "demonstrations")
    fixed = encode_prompts(tokenizer, _prompts_of(HeldOut.choose(rows, "validation", FIXED_PROMPTS).rows), trainer.room)
    held_out, prompts = _fitting(context, trainer, HeldOut.choose(rows, "test", config.evaluate_limit), "held-out")
    return Parts(
        config=config,
        trainer=trainer,
        tokenizer=tokenizer,
        sft_spec=sft_spec,
        sft_model_id=sft_model_id,
        fixed=fixed.fitting or list(trainer.prompts[:FIXED_PROMPTS]),
        held_out=held_out,
        held_out_prompts=prompts,
        evaluator=_evaluator(context, trainer, rows),
    )


def _weights_dtype(config: PPOConfig) -> torch.dtype | None:
    """Trained weights stay in float32, whatever matrix products are done in; a frozen trunk may be in bfloat16."""
    if config.method == "full" or config.precision == "float32":
        return torch.float32
    return torch.bfloat16 if config.precision == "bfloat16" else None


def _rewards(
    name: str, spec: ModelSpec | None, policy: ActorCritic, sft_spec: ModelSpec, workspace: Path
) -> list[RewardFunction]:
    """One function for each member of the reward model: PPO takes their mean and watches how far they disagree."""
    if spec is None:
        return [load_classifier(name, policy.device)]
    folder = model_folder(spec, workspace)
    file = ModelFile.load(folder)
    if file.backend == "trunk" and isinstance(policy, SharedTrunk) and trunk_of(spec) == sft_spec:
        functions = []
        for member in file.members:
            taken = len(policy.model.peft_config)
            adapter = REWARD_ADAPTER if REWARD_ADAPTER not in policy.model.peft_config else f"{REWARD_ADAPTER}_{taken}"
            policy.load_reward_adapter(folder / member / ADAPTER_FOLDER, adapter)
            functions.append(trunk_scorer(policy, ScoreHead.load(folder / member), adapter))
        return functions
    members = load_reward_model(spec, workspace, policy.device).members
    return [text_scorer(member.score) for member in members]


def load_classifier(source: str, device: Any = "cpu") -> ClassifierScorer:
    """A sequence classifier from outside, by folder or Hugging Face id. Raises ModelError where it cannot be loaded."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        model = AutoModelForSequenceClassification.from_pretrained(
            source, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"The reward model {source} cannot be loaded: {str(error).splitlines()[0]}") from error
    return ClassifierScorer(model.to(device), tokenizer)


def _prompts_of(rows: Iterable[FrozenDemonstration], split: str | None = None) -> list[str]:
    return list(dict.fromkeys(row.prompt for row in rows if split in (None, row.split)))


def _evaluator(context: RunContext, trainer: PPOTrainer, rows: list[FrozenDemonstration]) -> Evaluator | None:
    if trainer.config.evaluate_every == 0:
        return None
    chosen = HeldOut.choose(rows, "validation", trainer.config.evaluation_prompts)
    fitting, prompts = _fitting(context, trainer, chosen, "validation")
    return Evaluator(trainer, prompts, [row.response for row in fitting.rows]) if prompts else None


def _fitting(context: RunContext, trainer: PPOTrainer, held_out: HeldOut, what: str) -> tuple[HeldOut, list[Prompt]]:
    """The rows whose prompts leave room for a response, and those prompts, one for each row."""
    pairs: list[tuple[Any, Prompt]] = []
    for row in held_out.rows:
        encoded = encode_prompts(trainer.tokenizer, [row.prompt], trainer.room).fitting
        pairs += [(row, prompt) for prompt in encoded]
    _report(context, len(held_out.rows) - len(pairs), trainer.room, f"{what} prompts")
    return HeldOut(held_out.split, tuple(row for row, _ in pairs), held_out.known_values), [p for _, p in pairs]


def _report(context: RunContext, left_out: int, room: int, what: str) -> None:
    if left_out:
        context.emit(Notice(message=f"{left_out} {what} are longer than {room} tokens; left out.", count=left_out))
