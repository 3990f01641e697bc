"""Demonstrations mixed into PPO: the right loss, no trace of an interruption, and less is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.ppo.conftest import END, DigitTokenizer, tiny_model, tiny_policy, tiny_trainer
from workbench.errors import InvalidInput
from workbench.ppo.demonstration_mix import DemonstrationMix
from workbench.ppo.train import PPOTrainer

TAUGHT = [("3 5", "9 11"), ("4 5 6", "10"), ("8", "12 13 14 15")]


def mix_of(demonstrations: list[tuple[str, str]], room: int = 64) -> DemonstrationMix:
    return DemonstrationMix(DigitTokenizer(), demonstrations, room, seed=0)  # type: ignore[arg-type]


def trainer_with(coef: float, **settings: float) -> PPOTrainer:
    return tiny_trainer(demonstrations=TAUGHT, demonstration_coef=coef, **settings)


def test_the_loss_is_the_cross_entropy_of_response_tokens_alone() -> None:
    model, policy = tiny_model(), tiny_policy()
    losses, tokens = 0.0, 0
    for prompt, response in TAUGHT:
        asked, said = [int(w) for w in prompt.split()], [*(int(w) for w in response.split()), END]
        logits = model(torch.tensor([asked + said])).logits[0, len(asked) - 1 : -1]
        losses += cross_entropy(logits, torch.tensor(said), reduction="sum").item()
        tokens += len(said)
    assert mix_of(TAUGHT).loss(policy, len(TAUGHT)).item() == pytest.approx(losses / tokens, abs=1e-5)


def test_demonstrations_that_do_not_fit_are_counted() -> None:
    assert mix_of(TAUGHT, room=6).left_out == 0
    assert mix_of(TAUGHT, room=5).left_out == 1  # the last has one token of prompt, four of response and the end
    with pytest.raises(InvalidInput, match="No demonstration fits into 2 tokens"):
        mix_of(TAUGHT, room=2)


def test_an_interrupted_run_goes_on_with_the_next_demonstrations(tmp_path: Path) -> None:
    whole = trainer_with(0.5)
    expected = [report.metrics["loss/demonstrations"] for report in whole.updates()]
    first = trainer_with(0.5)
    got = [first.step().metrics["loss/demonstrations"] for _ in range(2)]
    first.save(tmp_path)
    second = trainer_with(0.5)
    second.load(tmp_path)
    got += [report.metrics["loss/demonstrations"] for report in second.updates()]
    assert got == expected
    assert all(torch.equal(a, b) for a, b in zip(second.parameters, whole.parameters, strict=True))


def test_what_was_taught_is_forgotten_less() -> None:
    def forgotten(coef: float) -> float:
        trainer = trainer_with(coef, total_episodes=32 * 20, learning_rate=2e-2, kl_coef=0.0)
        list(trainer.updates())
        with torch.no_grad():
            return mix_of(TAUGHT).loss(trainer.policy, len(TAUGHT)).item()

    assert forgotten(1.0) < forgotten(0.0) - 1.0


def test_without_a_weight_nothing_is_mixed_in() -> None:
    mixed, plain = trainer_with(0.0), tiny_trainer()
    assert mixed.mix is None
    assert mixed.step().metrics["loss/policy"] == plain.step().metrics["loss/policy"]
