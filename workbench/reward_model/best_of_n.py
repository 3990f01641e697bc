"""Best of n: the SFT model's own responses, ranked by a reward model: what PPO has to beat, a sign of exploitation.

Each prompt is answered ``SAMPLES`` times. The best of n of these is not drawn but computed: of all subsets of size n,
the response of rank i (from the worst, 1) is the best in C(i − 1, n − 1) of C(N, n) (Nakano et al. 2021, appendix I).
KL(best of n || SFT) = log n − (n − 1)/n (Stiennon et al. 2020; an upper bound, Beirami et al. 2024).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.errors import NotReady
from workbench.evaluation.bootstrap import mean_interval
from workbench.evaluation.held_out import HeldOut
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Stopped
from workbench.runs.frozen_data import FrozenDemonstration, read_demonstrations
from workbench.runs.progress import ProgressReporter

SAMPLES = 16
SIZES = (1, 2, 4, 8, 16)


class BestOfNConfig(BaseModel):
    """Settings of one best-of-n run."""

    model_config = ConfigDict(extra="forbid")

    reward_model_id: str = Field(description="Reward model that ranks; the model it was built on answers.")
    prompts: int = Field(48, ge=4, le=500, description="Held-out prompts, each answered 16 times.")
    temperature: float = Field(1.0, gt=0, le=5, description="Sampling temperature.")
    max_new_tokens: int = Field(96, ge=1, le=4096, description="Longest response.")
    seed: int = Field(0, ge=0, description="Seed of the sampling.")


def run(context: RunContext) -> Finished | Stopped:
    """Sample, score, and give the curve.

    Raises:
        NotReady: no demonstration is in the test split.
    """
    from workbench.reward_model.ensemble import load_reward_model
    from workbench.reward_model.model_file import trunk_of

    began = time.monotonic()
    config = BestOfNConfig.model_validate(context.dir.config["config"])
    spec = ModelSpec.model_validate(context.dir.config["models"][config.reward_model_id])
    rows = HeldOut.choose(read_demonstrations(context.dir.data), "test", config.prompts).rows
    if not rows:
        raise NotReady("No approved demonstration is in the test split, so there is nothing to answer.")
    texts = _sample(context, trunk_of(spec), rows, config)
    if texts is None:
        return Stopped(step=0)
    model = load_reward_model(spec, context.dir.workspace)
    prompts = [row.prompt for row in rows for _ in range(SAMPLES)]
    scores = model.score(prompts, texts)
    similarity = _similarity(texts, [row.response for row in rows for _ in range(SAMPLES)])
    return Finished(
        summary={
            "reward_model_id": config.reward_model_id,
            "best_of_n": curve(_by_prompt(scores), _by_prompt(similarity)),
            "prompts": len(rows),
            "seconds": time.monotonic() - began,
        }
    )


def curve(scores: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """For each n the mean score of the best of n, and what else that response is worth; one row of each per prompt."""
    points = []
    for n in SIZES:
        by_score = [best_of(n, own, own) for own in scores]
        by_other = [best_of(n, own, other) for own, other in zip(scores, others, strict=True)]
        points.append(
            {
                "n": n,
                "kl": math.log(n) - (n - 1) / n,
                "score": sum(by_score) / len(by_score),
                "score_ci": list(mean_interval(by_score)),
                "embedding_similarity": sum(by_other) / len(by_other),
                "embedding_similarity_ci": list(mean_interval(by_other)),
            }
        )
    return points


def best_of(n: int, scores: Sequence[float], values: Sequence[float]) -> float:
    """Mean value of the response that scores best, over all subsets of size n."""
    ranked = sorted(range(len(scores)), key=lambda index: scores[index])
    subsets = math.comb(len(scores), n)
    return sum(math.comb(rank, n - 1) / subsets * values[index] for rank, index in enumerate(ranked))


def _sample(
    context: RunContext, spec: ModelSpec, rows: Sequence[FrozenDemonstration], config: BestOfNConfig
) -> list[str] | None:
    """Sixteen responses to each prompt, those of one prompt together; None where the run was told to stop."""
    from workbench.models.generation import generate
    from workbench.models.loading import load_merged, load_tokenizer

    model, tokenizer = load_merged(spec, context.dir.workspace), load_tokenizer(spec)
    reporter = ProgressReporter(context.emit, "sampling responses")
    rounds: list[list[str]] = []
    for number in range(SAMPLES):
        if context.stop_requested():
            return None
        rounds.append(
            generate(
                model, tokenizer, [row.prompt for row in rows], temperature=config.temperature,
                max_new_tokens=config.max_new_tokens, seed=config.seed * 1000 + number,
            )
        )  # fmt: skip
        reporter(number + 1, SAMPLES)
    return [own[index] for index in range(len(rows)) for own in rounds]


def _similarity(texts: Sequence[str], references: Sequence[str]) -> list[float]:
    """Closeness in meaning to the human answers; each different text is embedded once."""
    from workbench.evaluation.embedding import embedding_similarity

    different = list(dict.fromkeys(zip(texts, references, strict=True)))
    values = embedding_similarity([text for text, _ in different], [reference for _, reference in different])
    known = dict(zip(different, (float(value) for value in values), strict=True))
    return [known[pair] for pair in zip(texts, references, strict=True)]


def _by_prompt(values: Sequence[float]) -> list[Sequence[float]]:
    return [values[start : start + SAMPLES] for start in range(0, len(values), SAMPLES)]
