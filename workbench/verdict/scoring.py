"""A reward model as a function of texts, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.models.spec import ModelSpec
from workbench.verdict.judge import Score


def text_score(name: str, specs: Mapping[str, ModelSpec], workspace: Path) -> Score:
    """Scores of (prompts, responses) by a reward model of the workspace (the mean of its members), or by a classifier.

    Raises:
        ModelError: it cannot be loaded.
    """
    from workbench.reward_model.ensemble import load_reward_model

    spec = specs.get(name)
    return _classifier_score(name) if spec is None else load_reward_model(spec, workspace).score


def _classifier_score(source: str) -> Score:
    from workbench.ppo.loading import load_classifier
    from workbench.ppo.types import Prompt, Responses

    scorer = load_classifier(source)

    def score(prompts: Sequence[str], responses: Sequence[str]) -> list[float]:
        rollout: Any = None  # a classifier reads texts alone
        found: list[float] = scorer(Responses([Prompt(text, []) for text in prompts], responses, rollout)).tolist()
        return found

    return score
