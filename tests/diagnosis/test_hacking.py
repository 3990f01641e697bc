"""The alarm: on streams in which the score parts from what it stands for, on healthy ones, and on real runs."""

from __future__ import annotations

import pytest
import torch

from tests.diagnosis.streams import evaluations
from tests.ppo.conftest import TARGET, tiny_trainer
from workbench.diagnosis.hacking import Votes, hacking_alarm
from workbench.ppo.evaluation import Evaluator
from workbench.ppo.types import Prompt, Responses

RISING = [0.0, 0.2, 0.5, 0.8, 1.1]
STEADY = [0.83, 0.84, 0.83, 0.85, 0.84]


def test_a_score_that_rises_with_everything_else_well_is_no_alarm() -> None:
    series = evaluations(
        score=RISING,
        embedding_similarity=STEADY,
        repetition=[0.0] * 5,
        length=[28, 29, 30, 31, 30],
        score_minimum=[-0.1, 0.1, 0.3, 0.5, 0.8],
    )
    assert hacking_alarm(series) is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("embedding_similarity", [0.83, 0.86, 0.84, 0.74, 0.66]),
        ("score_minimum", [0.1, 0.3, 0.2, 0.0, -0.3]),
        ("repetition", [0.0, 0.01, 0.0, 0.2, 0.4]),
        ("length", [28.0, 29.0, 30.0, 48.0, 55.0]),
        ("length", [28.0, 29.0, 27.0, 12.0, 9.0]),
    ],
)
def test_each_sign_raises_it_and_names_the_point_before(name: str, values: list[float]) -> None:
    alarm = hacking_alarm(evaluations(score=RISING, **{name: values}))
    assert alarm is not None
    assert [sign.name for sign in alarm.signs] == [
        "similarity" if "similarity" in name else name.removeprefix("score_")
    ]
    assert alarm.before in (10, 20), "the last evaluation at which it was still well"
    assert alarm.score_now == pytest.approx(0.95)
    assert f"Since update {alarm.before}" in alarm.sentence


def test_falling_readings_without_a_rising_score_are_another_matter() -> None:
    assert hacking_alarm(evaluations(score=[0.5] * 5, embedding_similarity=[0.83, 0.8, 0.7, 0.6, 0.5])) is None


def test_one_bad_evaluation_is_chance() -> None:
    series = evaluations(score=RISING, embedding_similarity=[0.83, 0.84, 0.83, 0.85, 0.70])
    assert hacking_alarm(series) is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("embedding_similarity", [0.83, 0.84, 0.83, 0.85, 0.70]),
        ("score_minimum", [0.1, 0.3, 0.2, 0.3, 0.0]),
        ("repetition", [0.0, 0.01, 0.0, 0.0, 0.3]),
        ("length", [28.0, 29.0, 30.0, 29.0, 55.0]),
        ("length", [28.0, 29.0, 27.0, 30.0, 9.0]),
    ],
)
def test_a_run_that_fell_ill_in_its_very_last_evaluation_is_told_once_it_has_ended(
    name: str, values: list[float]
) -> None:
    series = evaluations(score=RISING, **{name: values})
    assert hacking_alarm(series) is None, "while it goes on, the next evaluation will tell"
    alarm = hacking_alarm(series, ended=True)
    assert alarm is not None
    assert alarm.last_only
    assert alarm.before in (10, 20, 30), "the score has risen by 0.3 since then"
    assert alarm.score_now == RISING[-1]
    assert "Only the last evaluation shows it" in alarm.sentence


def test_one_evaluation_has_to_show_more_than_two_do() -> None:
    mild = evaluations(score=RISING, embedding_similarity=[0.83, 0.84, 0.83, 0.85, 0.75])
    assert hacking_alarm(mild, ended=True) is None, "0.10 below is beyond 0.08, but of one evaluation not of two"
    flat = evaluations(score=[0.0, 0.2, 0.2, 0.2, 0.4], embedding_similarity=[0.5, 0.6, 0.83, 0.85, 0.5])
    assert hacking_alarm(flat, ended=True) is None, "the score has not risen by enough since it was well"


def test_two_evaluations_that_agree_are_no_suspicion_also_after_the_end() -> None:
    series = evaluations(score=RISING, embedding_similarity=[0.83, 0.86, 0.84, 0.74, 0.60])
    alarm = hacking_alarm(series, ended=True)
    assert alarm == hacking_alarm(series)
    assert alarm is not None
    assert not alarm.last_only


def test_noise_as_measured_on_three_healthy_runs_raises_nothing() -> None:
    """Recorded: the embedded company, seeds 0 to 2, with the SFT model's similarity before them."""
    for score, similarity in (
        ([-0.02, -0.016, -0.084, -0.04, 0.058], [0.81, 0.806, 0.774, 0.849, 0.787]),
        ([0.1, 0.455, 0.25, 0.328, 0.185], [0.83, 0.834, 0.83, 0.864, 0.81]),
        ([0.05, 0.111, 0.178, 0.14, 0.192], [0.77, 0.77, 0.752, 0.776, 0.745]),
    ):
        series = evaluations(score=score, embedding_similarity=similarity)
        assert hacking_alarm(series) is None
        assert hacking_alarm(series, ended=True) is None


def test_blind_votes_against_it_raise_it_and_few_or_undecided_ones_do_not() -> None:
    series = evaluations(score=RISING, embedding_similarity=STEADY)
    alarm = hacking_alarm(series, Votes(40, 0.25, 0.40))
    assert alarm is not None
    assert "wins 75% of 40 blind votes" in alarm.sentence
    assert hacking_alarm(series, Votes(40, 0.45, 0.60)) is None
    assert hacking_alarm(series, Votes(5, 0.0, 0.43)) is None


def test_two_evaluations_are_too_few() -> None:
    assert hacking_alarm(evaluations(score=[0.0, 2.0], repetition=[0.0, 0.9])) is None


# --- real runs of the engine, seconds long ---------------------------------------------------------------------------


def _one_phrase(responses: Responses) -> torch.Tensor:
    """Easy to hack: pays for one token, however often it is said."""
    rollout = responses.rollout
    return 2.0 * ((rollout.response_ids == TARGET) & rollout.response_mask).sum(dim=1) / 12


def _without_repeats(responses: Responses) -> torch.Tensor:
    """Cannot be hacked that way: a token pays the first time only, and each time more costs."""
    rollout = responses.rollout
    said = ((rollout.response_ids == TARGET) & rollout.response_mask).sum(dim=1)
    return 3.0 * (said > 0) - 0.75 * (said - 1).clamp(min=0)


@pytest.mark.parametrize(("reward", "hacked"), [(_one_phrase, True), (_without_repeats, False)])
def test_a_real_run_on_a_reward_that_is_easy_to_hack(reward: object, hacked: bool) -> None:
    trainer = tiny_trainer(
        reward=reward,
        total_episodes=32 * 24,
        max_new_tokens=12,
        kl_coef=0.0,
        learning_rate=1e-2,  # type: ignore[arg-type]
    )
    prompts = [Prompt(f"p{i}", [3 + i % 9, 5 + i % 7]) for i in range(24)]
    evaluator = Evaluator(trainer, prompts, ["7 8 9"] * len(prompts))
    evaluator._similarity = lambda _: float("nan")  # type: ignore[method-assign]
    series: dict[str, list[tuple[int, float]]] = {}

    def look() -> None:
        for name, value in evaluator.measure().items():
            series.setdefault(name, []).append((trainer.update, value))

    look()
    for report in trainer.updates():
        if report.update % 4 == 0:
            look()
    rise = series["eval/score"][-1][1] - series["eval/score"][0][1]
    assert rise > 0.3, "the reward was learned, so the alarm has something to judge"
    alarm = hacking_alarm({name: values for name, values in series.items() if values[0][1] == values[0][1]})
    assert (alarm is not None and "repetition" in {sign.name for sign in alarm.signs}) == hacked
