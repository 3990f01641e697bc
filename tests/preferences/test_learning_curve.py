"""How many more votes: the extrapolation against curves that are known."""

from __future__ import annotations

import random

import pytest

from workbench.preferences.learning_curve import AccuracyPoint, outlook


def measured(
    ceiling: float, scale: float, power: float, numbers: list[int], held_out: int, seed: int
) -> list[AccuracyPoint]:
    """Held-out results of models that learn along a known curve."""
    dice = random.Random(seed)
    points = []
    for n in numbers:
        right = sum(dice.random() < true(ceiling, scale, power, n) for _ in range(held_out))
        points.append(AccuracyPoint(n, right / held_out, held_out))
    return points


def true(ceiling: float, scale: float, power: float, n: float) -> float:
    return ceiling - (ceiling - 0.5) * (1 + n / scale) ** -power


def test_the_true_accuracy_at_twice_the_pairs_is_in_the_interval() -> None:
    held = tried = 0
    for seed in range(20):
        for curve in ((0.85, 60.0, 0.8), (0.75, 300.0, 0.6), (0.95, 30.0, 1.2)):
            found = outlook(measured(*curve, [50, 100, 200, 400], 200, seed))
            assert found is not None
            point = min(found.curve, key=lambda p: abs(p.pairs - 800))
            tried += 1
            held += point.low <= true(*curve, point.pairs) <= point.high
    assert held / tried >= 0.9


@pytest.mark.parametrize(
    ("curve", "advice"), [((0.9, 400.0, 0.7), "go on"), ((0.8, 8.0, 1.5), "stop")], ids=["steep", "flat"]
)
def test_the_advice_on_clear_curves(curve: tuple[float, float, float], advice: str) -> None:
    numbers = [50, 100, 200, 400, 800]
    given = [outlook(measured(*curve, numbers, 1000, seed)) for seed in range(10)]
    assert sum(found is not None and found.advice == advice for found in given) >= 8


def test_few_points_leave_much_open() -> None:
    few = outlook([AccuracyPoint(50, 0.66, 30), AccuracyPoint(100, 0.7, 30)])
    many = outlook([AccuracyPoint(n, a, 2000) for n, a in ((50, 0.66), (100, 0.7), (200, 0.73), (400, 0.75))])
    assert few is not None
    assert many is not None
    assert few.gain_ci[1] - few.gain_ci[0] > 2 * (many.gain_ci[1] - many.gain_ci[0])
    assert all(point.low <= point.accuracy <= point.high for point in few.curve)
    assert few.curve[-1].pairs == 400


def test_one_number_of_pairs_says_nothing() -> None:
    assert outlook([]) is None
    assert outlook([AccuracyPoint(100, 0.7, 50), AccuracyPoint(100, 0.8, 50)]) is None
    assert outlook([AccuracyPoint(0, 0.5, 50), AccuracyPoint(100, 0.8, 50), AccuracyPoint(200, 0.8, 0)]) is None
