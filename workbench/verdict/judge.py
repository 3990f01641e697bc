"""One candidate on the held-out prompts: likeliest answers by all measures of step 2, sampled ones by score and KL."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from workbench.evaluation.answers import measure_answers
from workbench.evaluation.bootstrap import mean_interval
from workbench.evaluation.held_out import HeldOut
from workbench.models.chat import decode_response
from workbench.runs.events import Answer, Evaluation
from workbench.verdict.config import VerdictConfig
from workbench.verdict.sampling import log_likelihoods, sample_ids

Score = Callable[[Sequence[str], Sequence[str]], Sequence[float]]
Emit = Callable[[Any], None]
SIGNATURE = "sampled responses, mean over prompts, 95% percentile bootstrap"


@dataclass(slots=True)
class Judged:
    """What one candidate did, prompt by prompt."""

    scores: list[float]
    kl: list[float] | None
    lengths: list[int]
    measures: list[dict[str, float | None]] = field(default_factory=list)
    """Of the likeliest answers, by the names of step 2."""
    whole: dict[str, float | None] = field(default_factory=dict)
    """The same over all prompts."""


class Judge:
    """Judges candidates on the same prompts with the same random numbers."""

    def __init__(
        self, emit: Emit, config: VerdictConfig, held_out: HeldOut, tokenizer: Any, sft: Any, score: Score
    ) -> None:
        """``sft``: the SFT model, from which distances are measured; ``score``: the reward model, on texts."""
        self._emit, self._config, self._held_out = emit, config, held_out
        self._tokenizer, self._sft, self._score = tokenizer, sft, score
        self._prompts = [row.prompt for row in held_out.rows]

    def judge(self, model_id: str, model: Any) -> Judged:
        """A language model."""
        greedy = self._texts(self._sampled(model, 0.0, self._config.seed))
        ids = self._sampled(model, self._config.temperature, self._config.seed + 2)
        texts = self._texts(ids)
        judged = Judged(list(self._score(self._prompts, texts)), self._distance(model, ids), [len(row) for row in ids])
        return self._answered(model_id, judged, greedy)

    def judge_best_of_n(self, model_id: str) -> Judged:
        """The best of n sampled answers of the SFT model, by the reward model; its KL is log n − (n − 1)/n."""
        n = self._config.best_of_n
        drawn = [self._sampled(self._sft, self._config.temperature, self._config.seed + 100 + i) for i in range(n)]
        texts = [self._texts(ids) for ids in drawn]
        scores = [list(self._score(self._prompts, row)) for row in texts]
        best = [max(range(n), key=of_one.__getitem__) for of_one in zip(*scores, strict=True)]
        judged = Judged(
            [scores[i][p] for p, i in enumerate(best)], None, [len(drawn[i][p]) for p, i in enumerate(best)]
        )
        return self._answered(model_id, judged, [texts[i][p] for p, i in enumerate(best)])

    def best_of_n_kl(self) -> float:
        """Nats; Stiennon et al. 2020, appendix G.3."""
        n = self._config.best_of_n
        return math.log(n) - (n - 1) / n

    def _sampled(self, model: Any, temperature: float, seed: int) -> list[list[int]]:
        room = self._config.max_new_tokens
        return sample_ids(
            model, self._tokenizer, self._prompts, temperature=temperature, max_new_tokens=room, seed=seed
        )

    def _texts(self, ids: Sequence[Sequence[int]]) -> list[str]:
        return [decode_response(self._tokenizer, list(row)) for row in ids]

    def _distance(self, model: Any, ids: Sequence[Sequence[int]]) -> list[float]:
        """log π − log π_SFT of each sampled response: on average the KL, in nats per response."""
        if model is self._sft:
            return [0.0] * len(ids)
        own, sft = (
            log_likelihoods(each, self._tokenizer, self._prompts, ids, self._config.temperature)
            for each in (model, self._sft)
        )
        return [mine - theirs for mine, theirs in zip(own, sft, strict=True)]

    def _answered(self, model_id: str, judged: Judged, answers: list[str]) -> Judged:
        def take(event: Any) -> None:
            if isinstance(event, Answer):
                judged.measures.append(dict(event.measures))
            self._emit(event)

        judged.whole = measure_answers(take, model_id, answers, self._held_out, seed=self._config.seed)
        for measure, values in (("score", judged.scores), ("kl", judged.kl), ("tokens", judged.lengths)):
            if values is not None:
                low, high = mean_interval([float(v) for v in values], self._config.seed)
                self._emit(
                    Evaluation(
                        model_id=model_id,
                        split="test",
                        measure=measure,
                        value=fmean(values),
                        ci_low=low,
                        ci_high=high,
                        n=len(values),
                        signature=SIGNATURE,
                    )
                )
        return judged
