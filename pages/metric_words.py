"""What every charted number means, in one sentence: the only place where the pages take these words from.

`docs/metrics.md` gives the formulas and sources.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricWords:
    """How one metric is named, explained and written."""

    title: str
    meaning: str
    format: str = ".3f"


METRICS: dict[str, MetricWords] = {
    "train/loss": MetricWords("Training loss", "How surprised the model is by what it learns from; it should fall."),
    "eval/loss": MetricWords(
        "Validation loss", "The same on rows it never trains on; rising while the other falls means learning by heart."
    ),
    "train/learning_rate": MetricWords("Learning rate", "Size of the steps; it rises briefly, then falls.", ".2e"),
    "train/grad_norm": MetricWords("Gradient norm", "Strength of each correction; sudden peaks are a warning.", ".2f"),
    "train/tokens_per_second": MetricWords("Speed", "Tokens read a second within the steps.", ",.0f"),
    "train/memory_gib": MetricWords("Memory", "GiB in use by the run, on its device.", ".2f"),
    "train/accuracy": MetricWords(
        "Training accuracy", "How often it picks the chosen response of a pair it trains on.", ".0%"
    ),
    "eval/accuracy": MetricWords(
        "Validation accuracy", "The same on pairs it never trains on; 50% is a coin toss.", ".0%"
    ),
    "train/margin": MetricWords("Margin", "How far apart it scores chosen and rejected responses.", ".2f"),
    "eval/margin": MetricWords("Validation margin", "The same on pairs it never trains on.", ".2f"),
    "objective/rlhf_reward": MetricWords(
        "Reward", "Score minus the KL penalty: what PPO maximises; it should rise.", ".2f"
    ),
    "objective/scores": MetricWords(
        "Score", "What the reward model gives the policy's responses; it should rise, then level off.", ".2f"
    ),
    "objective/kl": MetricWords(
        "KL",
        "How far the policy has moved from the SFT model, in nats per response; a steep climb means it drifts.",
        ".2f",
    ),
    "objective/entropy": MetricWords(
        "Entropy",
        "How undecided the policy is, in nats per token; a fall to zero means it says the same again and again.",
        ".2f",
    ),
    "loss/policy": MetricWords("Policy loss", "What each update minimises; small and around zero is normal."),
    "loss/value": MetricWords(
        "Value loss", "How wrong the value head is about what a response will earn; it should fall."
    ),
    "loss/demonstrations": MetricWords(
        "Loss on demonstrations", "What the policy still knows of the human answers; rises where it forgets them."
    ),
    "policy/clipfrac": MetricWords(
        "Clip fraction", "Share of tokens whose change was held back; above 30%, learn more slowly.", ".0%"
    ),
    "policy/approx_kl": MetricWords("Step KL", "How far a single update moved the policy; keep it below 0.1."),
    "policy/grad_norm": MetricWords("Gradient norm", "Strength of each correction; sudden peaks are a warning.", ".2f"),
    "policy/ratio": MetricWords("Ratio", "New over old probability of the sampled tokens; stays near 1."),
    "value/explained_variance": MetricWords(
        "Explained variance", "How much of the returns the value head foresees; 1 is all, 0 none.", ".2f"
    ),
    "response/length": MetricWords(
        "Response length", "Tokens per response; steady growth can mean that length itself is rewarded.", ".1f"
    ),
    "response/eos_rate": MetricWords("Ended by itself", "Share of responses that came to an end in time.", ".0%"),
    "throughput/tokens_per_second": MetricWords("Speed", "Tokens sampled per second.", ",.0f"),
    "throughput/episodes": MetricWords("Episodes", "Responses sampled so far.", ",.0f"),
    "learning_rate": MetricWords("Learning rate", "Size of the steps; it rises briefly, then falls.", ".2e"),
    "objective/kl_coef": MetricWords(
        "KL coefficient", "How much a nat of KL costs; it changes if you or a target say so."
    ),
    "objective/score_disagreement": MetricWords(
        "Disagreement",
        "How far the reward models' scores lie apart; a rise means that they are being exploited.",
        ".2f",
    ),
    "policy/optimizer_steps": MetricWords(
        "Optimiser steps", "Steps taken in an update, fewer where it stopped early.", ".0f"
    ),
    "policy/stopped_early": MetricWords(
        "Stopped early", "1 where the update ended because it had moved far enough.", ".0f"
    ),
    "value/clipfrac": MetricWords(
        "Value clip fraction", "Share of tokens whose value estimate was held near its old one.", ".0%"
    ),
    "eval/score": MetricWords("Validation score", "The score on prompts that it never trains on.", ".2f"),
    "eval/reward": MetricWords(
        "Validation reward", "The same minus the KL penalty; the best checkpoint is told by it.", ".2f"
    ),
    "eval/kl": MetricWords(
        "Validation KL", "The distance from the SFT model on those prompts, in nats per response.", ".2f"
    ),
    "eval/length": MetricWords("Validation length", "Tokens per response to those prompts.", ".1f"),
    "eval/repetition": MetricWords(
        "Repetition",
        "Share of three-token runs that the response had said before; a rise means it repeats itself.",
        ".0%",
    ),
    "eval/embedding_similarity": MetricWords(
        "Likeness to the human answers",
        "Closeness in meaning on those prompts; a fall means it leaves the subject.",
        ".2f",
    ),
    "eval/win_rate": MetricWords(
        "Win rate against SFT",
        "How often the reward model prefers its response to the SFT model's, on prompts it never trains on.",
        ".0%",
    ),
    "eval/score_minimum": MetricWords(
        "Lowest score", "The score by the most critical of the reward models; it should rise with the mean.", ".2f"
    ),
    "seconds/generate": MetricWords("Sampling time", "Seconds of an update spent writing responses.", ".2f"),
    "seconds/score": MetricWords("Scoring time", "Seconds spent by the reward models.", ".2f"),
    "seconds/reference": MetricWords("Reference time", "Seconds spent comparing with the SFT model.", ".2f"),
    "seconds/update": MetricWords("Learning time", "Seconds spent learning from the responses.", ".2f"),
}

MEASURES: dict[str, MetricWords] = {
    "fact_accuracy": MetricWords(
        "Facts right", "Share of answers that state the right names, numbers and places, and no others.", ".0%"
    ),
    "embedding_similarity": MetricWords(
        "Embedding similarity", "Closeness in meaning to the human answer; 1 is the same.", ".2f"
    ),
    "bleu": MetricWords("BLEU", "Overlap of wording with the human answer, 0 to 100; blind to facts.", ".1f"),
    "chrf": MetricWords("chrF", "Overlap of letters with the human answer, 0 to 100; kinder to word forms.", ".1f"),
    "rouge_l": MetricWords("ROUGE-L", "Longest run of human words in the same order, 0 to 100.", ".1f"),
    "exact_match": MetricWords("Exact match", "Share of answers that are the human one word for word.", ".0%"),
    "changed_facts": MetricWords(
        "Other facts",
        "Share of answers with a number, name, date or place that neither the human response nor the prompt has.",
        ".0%",
    ),
    "perplexity": MetricWords(
        "Perplexity",
        "How surprised the model is by the human response; lower is better. Compare models of one tokenizer only.",
        ".2f",
    ),
    "length": MetricWords("Length", "Words per answer.", ".1f"),
}

REWARD_MODEL_CHARTS = (
    ("train/loss", "eval/loss"),
    ("train/accuracy", "eval/accuracy"),
    ("train/margin", "eval/margin"),
)
SFT_CHARTS = (
    ("train/loss", "eval/loss"),
    ("train/learning_rate",),
    ("train/grad_norm",),
    ("train/tokens_per_second",),
    ("train/memory_gib",),
)


def written(words: MetricWords, value: float | None) -> str:
    """The value as this metric is written; a dash where there is none."""
    return "–" if value is None or value != value else format(value, words.format)


def with_interval(value: str, low: str, high: str) -> str:
    """A value and its interval as tables show them; a narrow column may break before the bracket and nowhere else.

    A line may end after a dash even where a space that does not break follows; a word joiner (U+2060) forbids that.
    """
    return f"{value} ({low}\u00a0–\u2060\u00a0{high})"


def in_points(change: str) -> str:
    """A written change; shares differ by points, not by per cent, and by one point."""
    return change.replace("%", " point" if change.lstrip("+-") == "1%" else " points")
