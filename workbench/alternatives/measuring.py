"""The measures of PPO's evaluation for any policy that is an adapter on the SFT model, so that runs compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from workbench.evaluation.answers import measure_answers
from workbench.evaluation.held_out import HeldOut
from workbench.models.chat import decode_response
from workbench.runs.context import RunContext
from workbench.runs.events import Metric, Notice, Sample
from workbench.verdict.sampling import log_likelihoods, sample_ids

if TYPE_CHECKING:
    from workbench.verdict.judge import Score

FIXED_PROMPTS = 6


def repetition(ids: Sequence[int]) -> float:
    """Share of a response's runs of three tokens that stood in it before (as PPO's evaluation counts it)."""
    from workbench.ppo.evaluation import repetition as of_ppo

    return of_ppo(ids)


class Measurer:
    """Answers the same prompts again and again, and says of each time what PPO's evaluation says."""

    def __init__(
        self, tokenizer: Any, held_out: HeldOut, score: Score, *, temperature: float, max_new_tokens: int, seed: int
    ) -> None:
        self._tokenizer, self._held_out, self._score = tokenizer, held_out, score
        self._temperature, self._room, self._seed = temperature, max_new_tokens, seed
        self._prompts = [row.prompt for row in held_out.rows]
        self._sft_scores: list[float] | None = None

    def measure(self, policy: Any) -> dict[str, float]:
        """Means over the prompts, by the names of docs/metrics.md; ``policy`` is a PeftModel on the SFT model."""
        ids = self._sample(policy)
        texts = [decode_response(self._tokenizer, row) for row in ids]
        scores = list(self._score(self._prompts, texts))
        own = self._likelihoods(policy, ids)
        with policy.disable_adapter():
            sft = self._likelihoods(policy, ids)
            if self._sft_scores is None:
                answers = [decode_response(self._tokenizer, row) for row in self._sample(policy)]
                self._sft_scores = list(self._score(self._prompts, answers))
        wins = [float(a > b) + 0.5 * float(a == b) for a, b in zip(scores, self._sft_scores, strict=True)]
        found = {
            "eval/score": fmean(scores),
            "eval/kl": fmean(mine - theirs for mine, theirs in zip(own, sft, strict=True)),
            "eval/win_rate": fmean(wins),
            "eval/length": fmean(len(row) for row in ids),
            "eval/repetition": fmean(repetition(row) for row in ids),
        }
        similarity = self._similarity(texts)
        return found if similarity is None else found | {"eval/embedding_similarity": similarity}

    def likeliest(self, policy: Any, prompts: Sequence[str]) -> list[tuple[str, float, int]]:
        """The likeliest answer to each prompt, its score and its length."""
        ids = sample_ids(policy, self._tokenizer, prompts, temperature=0.0, max_new_tokens=self._room, seed=self._seed)
        texts = [decode_response(self._tokenizer, row) for row in ids]
        scores = self._score(prompts, texts)
        return [(text, float(score), len(row)) for text, score, row in zip(texts, scores, ids, strict=True)]

    def _sample(self, policy: Any) -> list[list[int]]:
        return sample_ids(
            policy,
            self._tokenizer,
            self._prompts,
            temperature=self._temperature,
            max_new_tokens=self._room,
            seed=self._seed + 2,
        )

    def _likelihoods(self, policy: Any, ids: Sequence[Sequence[int]]) -> list[float]:
        return log_likelihoods(policy, self._tokenizer, self._prompts, ids, self._temperature)

    def _similarity(self, texts: list[str]) -> float | None:
        from workbench.evaluation.embedding import embedding_similarity

        try:
            found = embedding_similarity(texts, [row.response for row in self._held_out.rows])
        except Exception:  # sentence embeddings that cannot be had must not end a run; the number is left out
            return None
        return fmean(float(value) for value in found)


class MeasuringCallback(TrainerCallback):
    """Measures before the first step, at even distances, and at the end; answers the fixed prompts as well."""

    def __init__(self, context: RunContext, measurer: Measurer, fixed: Sequence[str], times: int) -> None:
        self._context, self._measurer, self._fixed, self._times = context, measurer, list(fixed), times

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """The SFT model, once: a run that goes on has said it before."""
        if state.global_step == 0:
            self._look(0, kwargs["model"])

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Every so many steps, and after the last."""
        every = max(1, state.max_steps // self._times)
        if state.global_step % every == 0 or state.global_step >= state.max_steps:
            self._look(state.global_step, kwargs["model"])

    def _look(self, step: int, policy: Any) -> None:
        training = policy.training
        policy.eval()
        self._context.emit(Metric(step=step, values=self._measurer.measure(policy)))
        for prompt, (text, score, length) in zip(
            self._fixed, self._measurer.likeliest(policy, self._fixed), strict=True
        ):
            self._context.emit(Sample(step=step, prompt=prompt, response=text, fixed=True, score=score, length=length))
        policy.train(training)


def compare(
    context: RunContext, measurer: Measurer, policy: Any, held_out: HeldOut, sft_id: str, run_id: str, seed: int
) -> dict[str, Any]:
    """Answer the held-out prompts as SFT model and as tuned one, with the measures of step 2 and the reward model."""
    if not held_out.rows:
        context.emit(Notice(message="No demonstration is in the test split, so before and after were not compared."))
        return {"score_before": None, "score_after": None, "kl": None, "held_out_prompts": 0}
    policy.eval()
    prompts = [row.prompt for row in held_out.rows]
    after = [text for text, _, _ in measurer.likeliest(policy, prompts)]
    measured = measurer.measure(policy)
    with policy.disable_adapter():
        before = [text for text, _, _ in measurer.likeliest(policy, prompts)]
        measured_before = measurer.measure(policy)
    summary: Mapping[str, Any] = {
        "before": measure_answers(context.emit, sft_id, before, held_out, seed=seed),
        "after": measure_answers(context.emit, run_id, after, held_out, seed=seed),
    }
    return {
        "score_before": measured_before["eval/score"],
        "score_after": measured["eval/score"],
        "kl": measured["eval/kl"],
        "held_out_prompts": len(held_out.rows),
        **summary,
    }
