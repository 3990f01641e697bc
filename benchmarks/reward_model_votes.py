"""A reward model on published votes against four cheap ways to choose: is the encoder worth its trouble?

``python -m benchmarks.reward_model_votes PAIRS.jsonl [--gold QUESTIONS.jsonl] [--seeds 5] [--tune [--epochs 2]]``

PAIRS holds prompt, response_a, response_b and choice; ties are left out. Questions are split anew for each seed, 80% to
learn from, 10% to choose settings on, 10% to measure on. Two reward models are tried on the MiniLM encoder that ships
with the project: a Bradley–Terry head on its frozen embeddings, and with ``--tune`` the whole encoder, trained as
``backend=minilm`` is. Prints JSON: for each way the accuracy over all seeds' held-out pairs and that of each seed.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.evaluation.bootstrap import mean_interval
from workbench.reward_model.baselines import bag_of_words, outcomes
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.votes import DecidedPair, VotedPair, decided, training_rows

STRENGTHS = (0.001, 0.01, 0.1, 1.0)
"""Inverse regularisation of the head, chosen on validation questions."""


def read(pairs: Path, gold: Path | None) -> list[VotedPair]:
    """One vote on each pair; the reference is the gold answer where one is given."""
    answers: dict[str, str] = {}
    for line in gold.read_text(encoding="utf-8").splitlines() if gold else ():
        row = json.loads(line)
        answers[row["question"]] = _gold(row)
    voted = []
    for line in pairs.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        voted.append(
            VotedPair(
                pair_id=row["id"], prompt=row["prompt"], response_a=row["response_a"], response_b=row["response_b"],
                split="", tags=(), reference=answers.get(row["prompt"]), settled=None, annotators=("published",),
                choices=(row["choice"],), much=(False,),
            )
        )  # fmt: skip
    return voted


def _gold(row: dict[str, Any]) -> str:
    for name in ("gold", "gold_answer", "answer", "reference"):
        value = row.get(name)
        if value:
            return str(value[0] if isinstance(value, list) else value)
    return ""


def divided(voted: Sequence[VotedPair], seed: int) -> list[VotedPair]:
    """The same pairs with splits by question."""
    from dataclasses import replace

    questions = sorted({pair.prompt for pair in voted})
    random.Random(seed).shuffle(questions)
    tenth = len(questions) // 10
    split = dict.fromkeys(questions, "train")
    split |= dict.fromkeys(questions[:tenth], "test") | dict.fromkeys(questions[tenth : 2 * tenth], "validation")
    return [replace(pair, split=split[pair.prompt]) for pair in voted]


class Probe:
    """A Bradley–Terry head on frozen embeddings of question, response, and what the two have in common."""

    def __init__(self, voted: Sequence[VotedPair]) -> None:
        from workbench.evaluation.embedding import embed

        sides = ("prompt", "response_a", "response_b", "reference")
        texts = sorted({text for pair in voted for side in sides if (text := getattr(pair, side))})
        self._vectors = dict(zip(texts, embed(texts), strict=True))

    def similarity(self, held_out: Sequence[DecidedPair]) -> list[float | None]:
        """Closeness to the gold answer, chosen minus rejected; from the embeddings that are there already."""
        found: list[float | None] = []
        for pair in held_out:
            human = self._vectors.get(pair.pair.reference or "")
            near = None if human is None else (self._vectors[pair.chosen] - self._vectors[pair.rejected]) @ human
            found.append(None if near is None else float(near))
        return found

    def _features(self, pair: DecidedPair) -> Any:
        import numpy as np

        question = self._vectors[pair.prompt]
        better, worse = self._vectors[pair.chosen], self._vectors[pair.rejected]
        return np.concatenate([better - worse, question * (better - worse)])

    def margins(self, voted: Sequence[VotedPair]) -> list[float]:
        """On held-out pairs, with the strength that does best on validation pairs."""
        import numpy as np
        from sklearn.linear_model import LogisticRegression

        parts = {
            split: np.array([self._features(pair) for pair in decided(voted, split)])
            for split in ("train", "validation", "test")
        }
        both = np.concatenate([parts["train"], -parts["train"]])
        labels = [1] * len(parts["train"]) + [0] * len(parts["train"])
        scale = float(both.std()) or 1.0
        best: tuple[float, list[float]] = (-1.0, [])
        for strength in STRENGTHS:
            head = LogisticRegression(C=strength, fit_intercept=False, max_iter=2000).fit(both / scale, labels)
            right = float((head.decision_function(parts["validation"] / scale) > 0).mean())
            if right > best[0]:
                best = (right, head.decision_function(parts["test"] / scale).tolist())
        return best[1]


def tuned_margins(voted: Sequence[VotedPair], seed: int, epochs: float) -> list[float]:
    """The whole encoder, trained with TRL's RewardTrainer as a run does it."""
    from workbench.models.spec import ModelSpec
    from workbench.reward_model.backends import backend_of
    from workbench.reward_model.classifier import ClassifierModel
    from workbench.reward_model.fits import fit_folder, plan, train
    from workbench.runs.context import RunContext

    config = RewardModelConfig(
        model_id="base", backend="minilm", epochs=epochs, seed=seed, max_length=256, contrasts_per_pair=0
    )
    with tempfile.TemporaryDirectory() as folder:
        context = RunContext.for_directory(Path(folder) / "runs" / "votes")
        fits = plan(config, training_rows(voted, config))
        backend = backend_of(config, ModelSpec(), Path(folder))
        train(context, fits, backend, config, training_rows(voted, config, "validation"))
        context.close()
        model = ClassifierModel.load(fit_folder(context, fits[0]))
    held_out = decided(voted, "test")
    prompts = [pair.prompt for pair in held_out]
    better, worse = (
        model.score(prompts, [getattr(pair, side) for pair in held_out]) for side in ("chosen", "rejected")
    )
    return [a - b for a, b in zip(better, worse, strict=True)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--epochs", type=float, default=2.0, help="passes with --tune")
    arguments = parser.parse_args()
    voted = read(arguments.pairs, arguments.gold)
    probe = Probe(voted)
    config = RewardModelConfig(model_id="base")
    found: dict[str, list[list[float]]] = {}
    for seed in range(arguments.seeds):
        own = divided(voted, seed)
        held_out = decided(own, "test")
        words = [len(pair.chosen.split()) - len(pair.rejected.split()) for pair in held_out]
        ways: dict[str, Sequence[float | None]] = {
            "longer": words,
            "shorter": [-difference for difference in words],
            "bag_of_words": bag_of_words(
                held_out, training_rows(own, config), training_rows(own, config, "validation")
            ),
            "similarity": probe.similarity(held_out),
            "encoder, frozen": probe.margins(own),
        }
        if arguments.tune:
            ways["encoder, tuned"] = tuned_margins(own, seed, arguments.epochs)
        for name, margins in ways.items():
            found.setdefault(name, []).append(outcomes([margin for margin in margins if margin is not None]))
        print(json.dumps(summary(found)), flush=True)


def summary(found: dict[str, list[list[float]]]) -> dict[str, Any]:
    """Accuracy of each way over all seeds with its interval, and of each seed."""
    return {
        name: {
            "accuracy": sum(map(sum, seeds)) / max(sum(map(len, seeds)), 1),
            "ci": mean_interval([value for seed in seeds for value in seed]),
            "seeds": [sum(seed) / len(seed) for seed in seeds],
            "pairs": sum(map(len, seeds)),
        }
        for name, seeds in found.items()
        if all(seeds)
    }


if __name__ == "__main__":
    main()
