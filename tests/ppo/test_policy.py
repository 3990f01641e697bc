"""Roles: what learns, what stays, and what each role is at the start."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.ppo.conftest import tiny_model, tiny_policy, tiny_trainer
from workbench.ppo.backbone import plain_model
from workbench.ppo.config import PPOConfig

IDS = torch.tensor([[3, 4, 5, 6, 7]])
MASK = torch.ones_like(IDS, dtype=torch.bool)
ROLES: list[dict[str, Any]] = [{}, {"value_model": "detached-head"}, {"value_model": "adapter"}, {"method": "full"}]
ROLE_NAMES = ["shared trunk", "detached value head", "value adapter", "full"]


def states(policy: Any) -> torch.Tensor:
    backbone, adapter = policy.acting()
    with torch.no_grad():
        hidden: torch.Tensor = backbone.hidden(IDS, MASK, adapter)
    return hidden


@pytest.mark.parametrize("roles", ROLES, ids=ROLE_NAMES)
def test_the_reference_is_the_sft_model_at_the_start_and_for_ever(roles: dict[str, Any]) -> None:
    with torch.no_grad():  # in 64 bits, where 1e-6 says something of the computation and not of rounding
        sft = tiny_model().double()(IDS, output_hidden_states=True).hidden_states[-1]
    trainer = tiny_trainer(model=tiny_model().double(), **roles)
    start = states(trainer.policy)
    torch.testing.assert_close(start, sft, atol=1e-6, rtol=0)
    for _ in range(2):
        trainer.step()
    assert (states(trainer.policy) - sft).abs().max() > 1e-3
    with trainer.policy.as_reference():
        with trainer.policy.as_reference():
            assert torch.equal(states(trainer.policy), start)
        assert torch.equal(states(trainer.policy), start), "the inner block ended the outer one"
    assert not torch.equal(states(trainer.policy), start)


@pytest.mark.parametrize("roles", ROLES, ids=ROLE_NAMES)
def test_what_is_to_learn_learns_and_nothing_else(roles: dict[str, Any]) -> None:
    trainer = tiny_trainer(**roles)
    before = {name: p.clone() for name, p in trainer.policy.named_parameters()}
    for _ in range(2):  # LoRA's first matrices move once the second ones are no longer 0
        trainer.step()
    changed = {name for name, p in trainer.policy.named_parameters() if not torch.equal(p, before[name])}
    assert changed == set(trainer.policy.trained())
    assert any(name.startswith("value_head") for name in changed)
    assert any(".value." in name for name in changed) == (roles.get("value_model") == "adapter")


@pytest.mark.parametrize("roles", ROLES, ids=ROLE_NAMES)
def test_the_ratio_is_one_on_the_first_pass(roles: dict[str, Any]) -> None:
    trainer = tiny_trainer(ppo_epochs=1, minibatch_size=32, **roles)
    trainer.step()
    metrics = trainer.step().metrics
    assert metrics["policy/ratio"] == pytest.approx(1.0, abs=1e-5)
    assert metrics["policy/clipfrac"] == 0.0
    assert metrics["value/clipfrac"] == 0.0


@pytest.mark.parametrize(
    ("roles", "touched"),
    [
        ({"value_model": "head"}, True),
        ({"value_model": "detached-head"}, False),
        ({"value_model": "adapter"}, False),
        ({"method": "full", "value_model": "head"}, True),
        ({"method": "full", "value_model": "detached-head"}, False),
    ],
    ids=["head", "detached", "adapter", "full", "full detached"],
)
def test_the_value_loss_reaches_the_policy_through_a_shared_state_alone(roles: dict[str, Any], touched: bool) -> None:
    policy = tiny_policy(**roles)
    for parameter in policy.trained().values():
        torch.nn.init.normal_(parameter, std=0.1)
    backbone, adapter = policy.acting()
    hidden = backbone.hidden(IDS, MASK, adapter)
    policy.values(policy.value_states(IDS, MASK, hidden)).sum().backward()
    learns_values = ("value_head.", ".value.")
    reached = [name for name, p in policy.trained().items() if p.grad is not None and p.grad.any()]
    assert any("value" in name for name in reached)
    assert any(not any(part in name for part in learns_values) for name in reached) == touched


@pytest.mark.parametrize("roles", ROLES, ids=ROLE_NAMES)
def test_part_of_the_way_back_is_between_the_weights(roles: dict[str, Any]) -> None:
    policy = tiny_trainer(**roles).policy
    with policy.as_reference():
        sft = weights(policy)
    for parameter in policy.trained().values():
        torch.nn.init.normal_(parameter, std=0.1)
    far = weights(policy)
    assert (far - sft).abs().max() > 1e-2
    policy.move_back(0.25)
    torch.testing.assert_close(weights(policy), 0.75 * sft + 0.25 * far, atol=1e-6, rtol=1e-5)
    with policy.as_reference():
        torch.testing.assert_close(weights(policy), sft)


def weights(policy: Any) -> torch.Tensor:
    """What the acting model multiplies a state with in one of its layers."""
    backbone, adapter = policy.acting()
    layer = plain_model(backbone.model).model.layers[0].mlp.up_proj
    added: torch.Tensor = layer.get_delta_weight(adapter) if adapter is not None else torch.tensor(0.0)
    return (getattr(layer, "base_layer", layer).weight + added).detach().clone()


def test_settings_that_do_not_go_together_are_refused() -> None:
    for wrong in (
        {"method": "full", "value_model": "adapter"},
        {"kl_target": 3.0, "kl_coef": 0.0},
        {"publish": "best", "evaluate_every": 0},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong)) if "kl_target" not in wrong else "kl_coef"):
            PPOConfig.model_validate(wrong)


def test_bfloat16_products_keep_the_first_ratio_at_one() -> None:
    trainer = tiny_trainer(precision="bfloat16", ppo_epochs=1, minibatch_size=32)
    trainer.step()
    metrics = trainer.step().metrics
    assert metrics["policy/ratio"] == pytest.approx(1.0, abs=1e-5)
    assert all(p.dtype == torch.float32 for p in trainer.parameters)
