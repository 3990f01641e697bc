"""Choosing without a reward model: what it has to beat to be worth its trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from workbench.evaluation.bootstrap import proportion_interval
from workbench.reward_model.votes import DecidedPair, PreferenceRow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

BaselineName = Literal["longer", "shorter", "bag_of_words", "similarity"]
BLIND: tuple[BaselineName, ...] = ("longer", "shorter", "bag_of_words")
"""Those that know no more than the reward model; the fourth is shown the human answer."""
STRENGTHS = (0.03, 0.3, 3.0)
"""Inverse regularisation of the bag of words, chosen on validation pairs."""


class Baseline(BaseModel):
    """One way to choose, on the held-out pairs that it can choose on."""

    name: BaselineName
    accuracy: float
    accuracy_ci: tuple[float, float]
    pairs: int
    lead: float
    """How much more often the reward model is right, on the same pairs."""
    lead_ci: tuple[float, float]


def baselines(
    held_out: Sequence[DecidedPair],
    margins: Sequence[float],
    train: Sequence[PreferenceRow],
    validation: Sequence[PreferenceRow],
) -> list[Baseline]:
    """All four beside the reward model, whose ``margins`` are score of chosen − score of rejected."""
    choosers: dict[BaselineName, Callable[[], list[float | None]]] = {
        "longer": lambda: [float(_words(pair.chosen) - _words(pair.rejected)) for pair in held_out],
        "shorter": lambda: [float(_words(pair.rejected) - _words(pair.chosen)) for pair in held_out],
        "bag_of_words": lambda: list(bag_of_words(held_out, train, validation)),
        "similarity": lambda: similarity_to_human(held_out),
    }
    found = []
    for name, choose in choosers.items():
        own = choose()
        known = [index for index, value in enumerate(own) if value is not None]
        if known:
            found.append(_baseline(name, [own[i] or 0.0 for i in known], [margins[i] for i in known]))
    return found


def bag_of_words(
    held_out: Sequence[DecidedPair], train: Sequence[PreferenceRow], validation: Sequence[PreferenceRow]
) -> list[float]:
    """Logistic regression on which words and word pairs stand in one response and not in the other."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = CountVectorizer(ngram_range=(1, 2), binary=True, token_pattern=r"(?u)\b\w+\b|[!?…]", min_df=2)
    try:
        vectorizer.fit([text for row in train for text in (row.chosen, row.rejected)])
    except ValueError:  # not one word occurs twice
        return [0.0] * len(held_out)

    def difference(rows: Sequence[PreferenceRow | DecidedPair]) -> Array:
        better, worse = (vectorizer.transform([getattr(row, name) for row in rows]) for name in ("chosen", "rejected"))
        result: Array = better.astype(float) - worse.astype(float)
        return result

    features = difference(train)
    import scipy.sparse as sparse

    both = sparse.vstack([features, -features])
    labels = [1] * len(train) + [0] * len(train)
    best: tuple[float, list[float]] = (-1.0, [0.0] * len(held_out))
    for strength in STRENGTHS if validation else STRENGTHS[1:2]:
        model = LogisticRegression(C=strength, fit_intercept=False, max_iter=500).fit(both, labels)
        right = _share_right(model.decision_function(difference(validation))) if validation else 0.0
        if right > best[0]:
            best = (right, [float(value) for value in model.decision_function(difference(held_out))])
    return best[1]


def similarity_to_human(held_out: Sequence[DecidedPair]) -> list[float | None]:
    """Closeness in meaning to the human answer, chosen minus rejected; None where there is no human answer."""
    from workbench.evaluation.embedding import embed

    known = [pair for pair in held_out if pair.pair.reference]
    texts = sorted({text for pair in known for text in (pair.chosen, pair.rejected, pair.pair.reference or "")})
    vectors = dict(zip(texts, embed(texts), strict=True))
    found: list[float | None] = []
    for pair in held_out:
        if pair.pair.reference:
            human = vectors[pair.pair.reference]
            found.append(float(vectors[pair.chosen] @ human - vectors[pair.rejected] @ human))
        else:
            found.append(None)
    return found


def outcomes(margins: Sequence[float]) -> list[float]:
    """1 where the chosen response is ahead, 0 where it is behind, one half where neither is."""
    return [1.0 if margin > 0 else 0.5 if margin == 0 else 0.0 for margin in margins]


def _baseline(name: BaselineName, own: Sequence[float], model: Sequence[float]) -> Baseline:
    from workbench.evaluation.bootstrap import mean_interval

    right, ours = outcomes(own), outcomes(model)
    leads = [a - b for a, b in zip(ours, right, strict=True)]
    return Baseline(
        name=name,
        accuracy=sum(right) / len(right),
        accuracy_ci=proportion_interval(sum(right), len(right)),
        pairs=len(right),
        lead=sum(leads) / len(leads),
        lead_ci=mean_interval(leads),
    )


def _share_right(margins: Sequence[float]) -> float:
    return sum(outcomes([float(margin) for margin in margins])) / max(len(margins), 1)


def _words(text: str) -> int:
    return len(text.split())
