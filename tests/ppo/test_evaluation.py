"""Measures on held-out prompts, and which checkpoint is the best."""

from __future__ import annotations

import math

import pytest
import torch

from tests.ppo.conftest import share_of_target, tiny_trainer
from workbench.ppo.evaluation import Best, Evaluator, judge, repetition, win_rate
from workbench.ppo.types import Prompt, Responses

HELD_OUT = [Prompt("a", [4, 5]), Prompt("b", [6]), Prompt("c", [9, 9, 9])]


def test_repetition_by_hand() -> None:
    assert repetition([1, 2, 3, 4]) == 0.0
    assert repetition([5] * 6) == pytest.approx(3 / 4)  # four runs, one distinct
    assert repetition([1, 2, 3, 1, 2, 3]) == pytest.approx(1 / 4)
    assert repetition([1, 2]) == 0.0


def _untimed(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if not name.startswith(("seconds/", "throughput/"))}


def test_looking_gives_the_same_twice_and_leaves_no_trace() -> None:
    looked, plain = tiny_trainer(kl_estimator="k3"), tiny_trainer(kl_estimator="k3")
    evaluator = Evaluator(looked, HELD_OUT, ["7 7", "7", "7 7 7"])
    assert evaluator.reference_length == 3.0  # 2 tokens and an end token on average
    first = evaluator.measure()
    assert evaluator.measure() == pytest.approx(first, nan_ok=True)
    assert first["eval/kl"] == pytest.approx(0.0, abs=1e-5)
    assert first["eval/reward"] == pytest.approx(first["eval/score"], abs=1e-5)
    for _ in range(2):
        assert _untimed(looked.step().metrics) == _untimed(plain.step().metrics)
    later = evaluator.measure()
    assert later["eval/kl"] > 1e-5
    assert later["eval/reward"] == pytest.approx(later["eval/score"] - 0.01 * later["eval/kl"])


def test_more_prompts_than_a_batch_holds_are_all_judged() -> None:
    trainer = tiny_trainer(batch_size=2, minibatch_size=2)
    judged = judge(trainer, HELD_OUT, trainer.sampling, seed=1)
    assert len(judged.scores) == len(judged.texts) == len(judged.kl) == 3


@pytest.mark.parametrize("batch_size", [2, 32], ids=["over several batches", "in one batch"])
def test_the_reference_judged_by_itself_has_no_distance(batch_size: int) -> None:
    trainer = tiny_trainer(batch_size=batch_size, minibatch_size=batch_size)
    trainer.step()
    trainer.step()
    with trainer.policy.as_reference():
        judged = judge(trainer, HELD_OUT, trainer.sampling, seed=1)
    assert judged.kl == pytest.approx([0.0] * 3, abs=1e-5)


def test_what_counts_as_better() -> None:
    evaluator = Evaluator(tiny_trainer(), HELD_OUT, ["7 7 7 7"] * 3)  # human responses of 5 tokens
    measures = {"eval/score": 2.0, "eval/kl": 3.0, "eval/length": 7.0, "eval/repetition": 0.25}
    worth = {by: evaluator.worth(measures, by) for by in ("score", "kl", "length", "repetition")}  # type: ignore[arg-type]
    assert worth == {"score": 2.0, "kl": -3.0, "length": -2.0, "repetition": -0.25}


def test_the_best_checkpoint_is_the_first_of_the_highest() -> None:
    best = Best()
    assert [best.offer(step, worth) for step, worth in ((1, 0.5), (2, 0.5), (3, math.nan), (4, 0.7), (5, 0.6))] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert (best.step, best.worth) == (4, 0.7)


def test_similarity_to_the_human_answers_is_that_of_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def similarity(answers: list[str], references: list[str]) -> torch.Tensor:
        seen.extend([answers, references])
        return torch.tensor([0.1, 0.2, 0.6])

    monkeypatch.setattr("workbench.evaluation.embedding.embedding_similarity", similarity)
    trainer = tiny_trainer()
    measures = Evaluator(trainer, HELD_OUT, ["7 7", "7", "7 7 7"]).measure()
    assert measures["eval/embedding_similarity"] == pytest.approx(0.3)
    assert seen[1] == ["7 7", "7", "7 7 7"]
    assert seen[0] == judge(trainer, HELD_OUT, trainer.sampling, trainer.config.seed + 2).texts


def test_win_rate_by_hand() -> None:
    assert win_rate([1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 5.0, 3.0]) == pytest.approx((1 + 0.5 + 0 + 1) / 4)


def test_the_start_is_the_sft_model_and_wins_half() -> None:
    trainer = tiny_trainer()
    evaluator = Evaluator(trainer, HELD_OUT, ["7 7", "7", "7 7 7"])
    assert evaluator.measure()["eval/win_rate"] == 0.5
    for _ in trainer.updates():
        pass
    with trainer.policy.as_reference():
        sft = judge(trainer, HELD_OUT, trainer.sampling, trainer.config.seed + 2).scores
    now = judge(trainer, HELD_OUT, trainer.sampling, trainer.config.seed + 2).scores
    assert evaluator.measure()["eval/win_rate"] == win_rate(now, sft)


def test_the_lowest_of_several_scores_has_the_same_penalties() -> None:
    def harsh(responses: Responses) -> torch.Tensor:
        return share_of_target(responses) - 0.75

    one, two = (
        tiny_trainer(missing_eos_penalty=0.5),
        tiny_trainer(reward=[share_of_target, harsh], missing_eos_penalty=0.5),
    )
    assert judge(one, HELD_OUT, one.sampling, seed=1).minima == []
    judged = judge(two, HELD_OUT, two.sampling, seed=1)
    kind = judge(one, HELD_OUT, one.sampling, seed=1).scores
    assert judged.minima == pytest.approx([score - 0.75 for score in kind])
    assert judged.scores == pytest.approx([score - 0.375 for score in kind])
