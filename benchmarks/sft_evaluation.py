"""What evaluation costs: answering against its decoding alone, and scoring against one call for each pair.

    python -m benchmarks.sft_evaluation [PROMPTS] [PAIRS]

Prints JSON. The aims: evaluating 500 prompts takes at most 1.3 times their decoding; 10,000 pairs are scored at least
three times as fast as by one-by-one calls to the same libraries. One-by-one is measured on a part of the pairs.
A number of 0 leaves that half out.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.evaluation.answers import evaluate_answers
from workbench.evaluation.embedding import DIMENSIONS, Vectors, embedding_model
from workbench.evaluation.held_out import HeldOut
from workbench.evaluation.measures import measure_rows
from workbench.runs.frozen_data import FrozenDemonstration

ROUNDS = 3
ONE_BY_ONE = 400
"""Pairs that are scored one by one; the rate does not depend on their number."""


def main(prompts: int = 500, pairs: int = 10_000) -> None:
    """Measure both and print them."""
    embedding_model()  # loaded once per process, not per evaluation
    found = {"answering": answering(prompts) if prompts else None, "scoring": scoring(pairs) if pairs else None}
    print(json.dumps(found, indent=1))


def answering(number: int) -> dict[str, Any]:
    """Seconds of an evaluation with the embedded model, and of its decoding alone."""
    import torch

    from workbench.models.generation import generate
    from workbench.models.loading import load_merged, load_tokenizer
    from workbench.models.spec import ModelSpec

    model, tokenizer = load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec())
    rows = _rows(number)
    held_out = HeldOut("test", tuple(rows), frozenset(), _known(rows))
    texts = [row.prompt for row in rows]
    generate(model, tokenizer, texts[:8], max_new_tokens=8)  # warm
    decoding, whole = [], []
    for _ in range(ROUNDS):  # in turn, and the cheapest of each counts: other work on the machine slows down either
        decoding.append(_cost(lambda: generate(model, tokenizer, texts, max_new_tokens=96)))
        whole.append(
            _cost(
                lambda: evaluate_answers(
                    lambda _: None, "base", model, tokenizer, held_out, max_new_tokens=96, seed=0, phase="answering"
                )
            )
        )
    wall, cpu = (min(cost[i] for cost in whole) / min(cost[i] for cost in decoding) for i in (0, 1))
    return {
        "prompts": number,
        "decoding_seconds": min(decoding)[0],
        "evaluation_seconds": min(whole)[0],
        "ratio": wall,
        "ratio_of_cpu_time": cpu,
        "threads": torch.get_num_threads(),
    }


def scoring(number: int) -> dict[str, Any]:
    """Pairs a second: all measures of all pairs at once, against one call of each library for each pair."""
    rows = _rows(number)
    dice = random.Random(1)
    answers = [_changed(row.response, dice) for row in rows]
    held_out = HeldOut("test", tuple(rows), frozenset(), _known(rows))
    part = list(zip(answers, (row.response for row in rows), strict=True))[:ONE_BY_ONE]
    # One by one before and after, and the cheaper counts: other work on the machine slows down either.
    first = _cost(lambda: _one_by_one(part))
    at_once = _cost(lambda: measure_rows(answers, held_out, held_out.vectors))
    again = _cost(lambda: _one_by_one(part))
    (wall, single_wall), (cpu, single_cpu) = ((at_once[i], min(first[i], again[i])) for i in (0, 1))
    return {
        "pairs": number,
        "pairs_per_second": number / wall,
        "one_by_one_per_second": len(part) / single_wall,
        "times": (number / wall) / (len(part) / single_wall),
        "times_of_cpu_time": (number / cpu) / (len(part) / single_cpu),
    }


def _one_by_one(pairs: list[tuple[str, str]]) -> None:
    from sacrebleu import sentence_bleu, sentence_chrf

    from workbench.evaluation.rouge import rouge_l

    for answer, reference in pairs:
        sentence_bleu(answer, [reference])
        sentence_chrf(answer, [reference])
        rouge_l(answer, reference)
        a, b = (embedding_model().encode(text, normalize_embeddings=True) for text in (answer, reference))
        float(a @ b)


def _known(rows: list[FrozenDemonstration]) -> Vectors:
    """Embeddings of the human texts, as a run gets them out of the database; here any will do."""
    import numpy as np

    drawn = np.random.default_rng(0).standard_normal((len(rows), DIMENSIONS), dtype=np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return Vectors({row.response: vector for row, vector in zip(rows, drawn, strict=True)})


def _rows(number: int) -> list[FrozenDemonstration]:
    from workbench.demo.company import load_demonstrations

    known = load_demonstrations()
    dice = random.Random(0)
    rows = []
    for index in range(number):
        row = known[index % len(known)]
        response = row.response if index < len(known) else _changed(row.response, dice)
        rows.append(FrozenDemonstration(str(index), row.prompt, response, "test", None, None, ()))
    return rows


def _changed(text: str, dice: random.Random) -> str:
    """The text with some words gone and a number put in, so that no two are the same."""
    words = [word for word in text.split() if dice.random() > 0.15]
    words.insert(dice.randrange(len(words) + 1), str(dice.randrange(10_000)))
    return " ".join(words)


def _cost(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds; the latter do not depend on what else the machine does."""
    began, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - spent


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
