"""Settings of one PPO run."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.models.adapters import LoraTargets

Schedule = Literal["linear", "cosine", "constant"]
ValueModel = Literal["head", "detached-head", "adapter"]
EvaluationMeasure = Literal["reward", "score", "kl", "length", "repetition", "embedding_similarity"]


class PPOConfig(BaseModel):
    """Everything that decides the outcome of a PPO run, apart from its models and prompts."""

    model_config = ConfigDict(extra="forbid")

    # How much, and in which portions.
    total_episodes: int = Field(2560, ge=1, description="Responses sampled over the whole run.")
    batch_size: int = Field(64, ge=1, description="Episodes per update.")
    minibatch_size: int = Field(32, ge=1, description="Episodes per optimiser step.")
    micro_batch_size: int | None = Field(
        None, ge=1, description="Episodes per pass; a minibatch is added up from them. Changes memory, not the result."
    )
    ppo_epochs: int = Field(2, ge=1, le=64, description="Passes over each batch of rollouts.")

    # The policy.
    method: Literal["lora", "full"] = Field(
        "lora", description="Train an adapter on the frozen SFT model, or all its weights beside a frozen copy."
    )
    lora_rank: int = Field(16, ge=1, le=512, description="Rank of the policy adapter.")
    lora_alpha: int = Field(32, ge=1, le=1024, description="LoRA scale numerator.")
    lora_targets: LoraTargets = Field(
        "mlp", description="Which layers get an adapter: the feed-forward ones alone, or all linear ones."
    )
    value_model: ValueModel = Field(
        "detached-head",
        description="Read values off the policy's hidden state without moving it (detached); off the same state, "
        "which their loss then moves too; or give them an adapter of their own (LoRA only).",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Of matrix products; auto is bfloat16 on a GPU that has it, float32 elsewhere."
    )

    # The optimiser.
    learning_rate: float = Field(
        1e-3, gt=0, lt=1, description="Peak learning rate of the policy adapter and value head."
    )
    schedule: Schedule = Field("linear", description="How the rate falls after the warm-up.")
    warmup_ratio: float = Field(0.05, ge=0, lt=1, description="Share of the updates in which the rate rises.")
    max_grad_norm: float = Field(1.0, gt=0, description="Gradient norm is clipped to this.")

    # Distance from the reference.
    kl_coef: float = Field(0.1, ge=0, description="Weight of the per-token KL penalty; the first one if adaptive.")
    kl_estimator: Literal["k1", "k3"] = Field("k1", description="Schulman's estimator of the per-token KL.")
    kl_placement: Literal["reward", "loss"] = Field(
        "reward", description="Take the penalty from each token's reward, or add it to the loss (then always k3)."
    )
    kl_target: float | None = Field(
        None, gt=0, description="Nats per response that an adaptive controller steers towards; fixed where empty."
    )
    kl_horizon: int = Field(2_000, ge=1, description="Episodes in which the adaptive controller may act fully.")
    kl_limit: float | None = Field(None, gt=0, description="End the run once the KL in nats per response is above it.")
    update_kl_limit: float | None = Field(
        None, gt=0, description="End an update early once it has moved the policy so far, in nats per token."
    )

    # Rewards and advantages.
    gamma: float = Field(1.0, ge=0, le=1, description="Discount per token.")
    lam: float = Field(0.95, ge=0, le=1, description="GAE's lambda.")
    whiten_advantages: bool = Field(
        True, description="Shift and scale the advantages of a batch to mean 0, variance 1."
    )
    combine_scores: Literal["mean", "minimum"] = Field(
        "mean", description="Of several reward models, or members of one: their mean, or the lowest score of all."
    )
    scale_scores: bool = Field(False, description="Divide scores by their running standard deviation.")
    score_clip: float | None = Field(None, gt=0, description="Clip scores to ±this, after scaling.")
    missing_eos_penalty: float = Field(
        1.0, ge=0, description="Taken from the score of a response without an end token."
    )
    length_penalty: float = Field(0.0, ge=0, description="Taken from the score for each response token.")

    # The losses.
    clip_range: float = Field(0.2, gt=0, lt=1, description="Clip range of the probability ratio.")
    value_clip_range: float = Field(0.2, gt=0, description="Clip range of the value around its old estimate.")
    value_coef: float = Field(0.1, ge=0, description="Weight of the value loss.")
    entropy_coef: float = Field(0.0, ge=0, description="Weight of the entropy bonus.")
    demonstration_coef: float = Field(
        0.5,
        ge=0,
        description="Weight of the loss on demonstrations (PPO-ptx), mixed in so that what SFT taught is kept; "
        "0 leaves them out.",
    )
    demonstration_batch: int = Field(16, ge=1, description="Demonstrations mixed into each optimiser step.")

    # Sampling.
    temperature: float = Field(1.0, gt=0, le=5, description="Sampling temperature of the rollouts.")
    max_prompt_tokens: int = Field(256, ge=8, description="Longer prompts are left out and reported.")
    max_new_tokens: int = Field(64, ge=1, description="Longest response.")

    # What is looked at and kept.
    sample_every: int = Field(5, ge=1, description="Updates between answers to the fixed prompts.")
    evaluate_every: int = Field(10, ge=0, description="Updates between evaluations on validation prompts; 0 is never.")
    evaluation_prompts: int = Field(32, ge=1, description="At most so many validation prompts are answered each time.")
    best_by: EvaluationMeasure = Field("reward", description="Measure by which the best checkpoint is chosen.")
    publish: Literal["last", "best"] = Field(
        "last", description="Which policy the run gives out: the last one, or that of the best checkpoint."
    )
    publish_share: float = Field(
        0.75,
        gt=0,
        le=1,
        description="How far of the way from the SFT model to the policy the model that is given out stands: part of "
        "the way keeps most of what was won and more of the facts.",
    )
    checkpoint_every: int = Field(10, ge=1, description="Updates between checkpoints.")
    keep_checkpoints: int = Field(2, ge=1, description="How many of the newest checkpoints are kept, beside the best.")
    seed: int = Field(0, ge=0, description="Seed of initialisation, data order and sampling.")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.method == "full" and self.value_model == "adapter":
            raise ValueError("value_model: an adapter needs method lora; full fine-tuning has a value head.")
        if self.kl_target is not None and self.kl_coef == 0:
            raise ValueError("kl_coef must be above 0 where kl_target is given: the controller multiplies it.")
        if self.publish == "best" and self.evaluate_every == 0:
            raise ValueError("publish: the best checkpoint is found by evaluating; set evaluate_every above 0.")
        return self


class PPORunConfig(BaseModel):
    """A PPO run in a workspace: which models, and the engine's settings."""

    model_config = ConfigDict(extra="forbid")

    reward_model_id: str = Field(
        description="Reward model: a registry id, or a sequence-classification model by folder or Hugging Face id."
    )
    model_id: str | None = Field(
        None, description="Model to optimise; where empty, the one that the reward model was built on."
    )
    more_reward_models: tuple[str, ...] = Field(
        (), description="Further reward models; scores are averaged, and their disagreement is reported."
    )
    branch_from: str | None = Field(
        None, description="Go on from a checkpoint of an earlier PPO run: RUN or RUN:STEP, such as ppo-001:20."
    )
    evaluate_limit: int = Field(200, ge=1, description="At most so many held-out prompts are answered at the end.")
    snapshot: str | None = Field(
        None, description="Name of a snapshot of demonstrations to take prompts from; those approved now if empty."
    )
    tags: tuple[str, ...] = Field((), description="Train on prompts with one of these tags only; on all if empty.")
    prompts_limit: int | None = Field(None, ge=1, description="Train on at most so many prompts; on all if empty.")
    pause_on_alarm: bool = Field(
        False, description="Pause when the score rises while what it stands for goes the other way."
    )
    despite_verdict: bool = Field(
        False, description="Start although the reward model is judged not yet good enough to optimise against."
    )
    ppo: PPOConfig = Field(default_factory=PPOConfig)
