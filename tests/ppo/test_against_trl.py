"""TRL 1.12.0's trainer, on the same model, adapter and rollouts: equal, or the difference is named.

``trl_1_12_0.json`` holds what TRL's own code computed (``python -m benchmarks.ppo_trl_reference`` in its environment).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import ppo_reference_case as case
from workbench.ppo.advantages import generalised_advantages, masked_whiten
from workbench.ppo.backbone import Backbone
from workbench.ppo.llama import LlamaBackbone
from workbench.ppo.losses import policy_loss, value_loss
from workbench.ppo.policy import POLICY_ADAPTER, SharedTrunk
from workbench.ppo.rewards import estimate_kl, penalise_missing_end, shape_rewards
from workbench.ppo.types import Rollout

CLOSE: dict[str, float] = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture(scope="module")
def trl() -> dict[str, Any]:
    stored = json.loads((Path(__file__).parent / "trl_1_12_0.json").read_text())
    return {name: torch.tensor(value) if isinstance(value, list) else value for name, value in stored.items()}


@pytest.fixture(scope="module")
def policy() -> SharedTrunk:
    made = SharedTrunk(case.model(), case.RANK, case.ALPHA)
    case.fill(made.model, 0.3, POLICY_ADAPTER)
    return made


@pytest.fixture(scope="module")
def rollout(trl: dict[str, Any]) -> Rollout:
    prompts, responses = case.batch()
    mask = responses != case.PAD
    return Rollout(
        sequences=torch.cat([prompts, responses], dim=1),
        attention_mask=torch.cat([prompts != case.PAD, mask], dim=1),
        response_ids=responses,
        response_mask=mask,
        logprobs=trl["old_logprobs"] * mask,
        values=trl["values"] * mask,
        ended=(responses == case.END).any(dim=1),
    )


def test_the_case_has_all_that_matters(trl: dict[str, Any], rollout: Rollout) -> None:
    ratio = torch.exp(trl["new_logprobs"] - trl["old_logprobs"])[rollout.response_mask]
    assert ((ratio > 1.2) | (ratio < 0.8)).any(), "some ratios must be clipped"
    assert rollout.ended.any()
    assert not rollout.ended.all()
    assert torch.equal(trl["mask"], rollout.response_mask)


def test_logprobs_of_policy_and_reference(trl: dict[str, Any], policy: SharedTrunk, rollout: Rollout) -> None:
    mask = rollout.response_mask
    with torch.no_grad():
        ours = policy.response_pass(rollout, case.TEMPERATURE).logprobs
        with policy.as_reference():
            reference = policy.response_pass(rollout, case.TEMPERATURE).logprobs
    torch.testing.assert_close(ours[mask], trl["new_logprobs"][mask], **CLOSE)
    torch.testing.assert_close(reference[mask], trl["reference_logprobs"][mask], **CLOSE)


def _advantages(trl: dict[str, Any], rollout: Rollout, mask: torch.Tensor) -> torch.Tensor:
    """Ours, the score laid on the last True position of ``mask``."""
    scores = penalise_missing_end(trl["scores"], rollout.ended, case.MISSING_EOS_PENALTY)
    kl = estimate_kl(rollout.logprobs, trl["reference_logprobs"] * rollout.response_mask, "k1")
    rewards = shape_rewards(scores, kl, mask, case.KL_COEF)
    return generalised_advantages(rewards, trl["values"] * mask, mask, case.GAMMA, case.LAM)[0]


def _with_one_more(mask: torch.Tensor) -> torch.Tensor:
    """TRL counts the position after a response's end token as a state of its own."""
    return mask | torch.nn.functional.pad(mask[:, :-1], (1, 0), value=True)


def test_gae_of_responses_that_fill_the_width(trl: dict[str, Any], rollout: Rollout) -> None:
    full = rollout.response_mask.all(dim=1)
    assert full.sum() == 2
    torch.testing.assert_close(_advantages(trl, rollout, rollout.response_mask)[full], trl["advantages"][full], **CLOSE)


def test_gae_of_shorter_ones_where_the_score_lies_behind_the_end_token(trl: dict[str, Any], rollout: Rollout) -> None:
    ours = _advantages(trl, rollout, _with_one_more(rollout.response_mask))
    torch.testing.assert_close(ours, trl["advantages"], **CLOSE)


def test_the_difference_is_where_the_score_lies_and_nothing_else(trl: dict[str, Any], rollout: Rollout) -> None:
    """TRL bootstraps from a value behind the end token: by hand for the response of one token."""
    ours = _advantages(trl, rollout, rollout.response_mask)[2, 0]
    theirs, (value, behind) = trl["advantages"][2, 0], trl["values"][2, :2]
    score, kl = trl["scores"][2], rollout.logprobs[2, 0] - trl["reference_logprobs"][2, 0]
    assert ours.item() == pytest.approx((score - case.KL_COEF * kl - value).item(), abs=1e-5)
    bootstrapped = -case.KL_COEF * kl + case.GAMMA * behind - value + case.GAMMA * case.LAM * (score - behind)
    assert theirs.item() == pytest.approx(bootstrapped.item(), abs=1e-5)


def test_whitening(trl: dict[str, Any]) -> None:
    ours = masked_whiten(trl["advantages"], trl["mask"])
    torch.testing.assert_close(ours, trl["whitened"] * trl["mask"], **CLOSE)


def test_losses_and_clip_fraction(trl: dict[str, Any], rollout: Rollout) -> None:
    advantages = trl["whitened"] * trl["mask"]
    loss, clipped = policy_loss(trl["new_logprobs"], trl["old_logprobs"], advantages, trl["mask"], 0.2)
    assert loss.item() == pytest.approx(trl["policy_loss"], abs=1e-5)
    assert clipped.item() == pytest.approx(trl["clip_fraction"], abs=1e-5)
    states = _with_one_more(rollout.response_mask)
    values, returns = trl["values"] * states, trl["advantages"] + trl["values"] * states
    value, _ = value_loss(trl["new_values"], values, returns, states, 0.2)
    assert value.item() == pytest.approx(trl["value_loss"], abs=1e-5)


@pytest.mark.parametrize("fast", [False, True], ids=["as transformers", "fast"])
def test_gradients_of_every_adapter_matrix(
    trl: dict[str, Any], policy: SharedTrunk, rollout: Rollout, fast: bool
) -> None:
    """As near as the norm's last digits: the fast path, and any other processor, adds up in another order than TRL did.

    Seen: 1e-5 of the norm to 5e-5, by the processor's instructions alone.
    """
    policy.backbone = (LlamaBackbone if fast else Backbone)(policy.model)
    policy.backbone.trainable = list(policy.trained().values())
    policy.zero_grad()
    ours = policy.response_pass(rollout, case.TEMPERATURE)
    advantages = trl["whitened"] * trl["mask"]
    policy_loss(ours.logprobs, rollout.logprobs, advantages, rollout.response_mask, 0.2)[0].backward()
    found = {
        case.plain_name(name, POLICY_ADAPTER): parameter.grad
        for name, parameter in policy.model.named_parameters()
        if parameter.grad is not None
    }
    assert found.keys() == trl["gradients"].keys()
    for name, gradient in found.items():
        norm, *products = trl["gradients"][name]
        assert case.fingerprint(gradient, name) == pytest.approx([norm, *products], abs=2e-4 * max(norm, 1.0))
