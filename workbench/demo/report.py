"""report.json: what the loop reached, on held-out prompts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.demo.annotators import case_of
from workbench.demo.hidden_rule import prefers
from workbench.errors import RunError
from workbench.reward_model.verdict import read_verdict

if TYPE_CHECKING:
    from storage.answers import AnswerRow
    from storage.runs import Run
    from workbench.workspace import Workspace

SFT_MEASURES = ("bleu", "chrf", "embedding_similarity", "fact_accuracy")
REWARD_MODEL_FIGURES = ("accuracy", "accuracy_ci", "train_pairs", "held_out_pairs", "ece", "seconds")


def build_report(
    ws: Workspace, *, sft: Run, reward_model: Run, ppo: Run, seed: int, embedded: bool, seconds: float
) -> dict[str, Any]:
    """The figures of one finished loop.

    Every figure comes from answers to prompts of the test split, which no training saw; ``gold_win_rate`` is the
    share of them at which the annotators' own rule prefers the PPO model's answer, ties counting half.
    """
    before, after = ppo.summary.get("before", {}), ppo.summary.get("after", {})
    win_rate, interval = gold_win_rate(ws, ppo_run_id=ppo.id, seed=seed)
    report: dict[str, Any] = {
        "sft": {
            "base": _pick(sft.summary.get("base", {}), SFT_MEASURES),
            "tuned": _pick(sft.summary.get("tuned", {}), SFT_MEASURES),
            "held_out_prompts": sft.summary.get("held_out_prompts"),
            "seconds": sft.summary.get("seconds"),
        },
        "reward_model": _pick(reward_model.summary, REWARD_MODEL_FIGURES),
        "ppo": {
            "score_before": ppo.summary.get("score_before"),
            "score_after": ppo.summary.get("score_after"),
            "kl": ppo.summary.get("kl"),
            "gold_win_rate": win_rate,
            "gold_win_rate_ci": interval,
            "embedding_similarity_before": before.get("embedding_similarity"),
            "embedding_similarity_after": after.get("embedding_similarity"),
            "fact_accuracy_before": before.get("fact_accuracy"),
            "fact_accuracy_after": after.get("fact_accuracy"),
            "episodes": ppo.summary.get("episodes"),
            "seconds": ppo.summary.get("seconds"),
        },
        "seconds": seconds,
        "seed": seed,
    }
    report["notes"] = _notes(ws, report, [sft, reward_model, ppo], embedded)
    return report


def gold_win_rate(ws: Workspace, *, ppo_run_id: str, seed: int) -> tuple[float, list[float]]:
    """How often the hidden rule prefers the PPO model's held-out answer to the SFT model's, with its 95% interval.

    Raises:
        RunError: the run compared no answers.
    """
    from workbench.evaluation.bootstrap import mean_interval

    answers = ws.answers.list(run_id=ppo_run_id)
    after = {_question(row): row for row in answers if row.model_id == ppo_run_id}
    before = {_question(row): row for row in answers if row.model_id != ppo_run_id}
    if not after or after.keys() != before.keys():
        raise RunError(f"The run {ppo_run_id} holds no before and after answers to compare.")
    cases = _cases(ws, after)
    outcomes = [prefers(row.response, before[asked].response, cases[asked]) for asked, row in after.items()]
    return sum(outcomes) / len(outcomes), list(mean_interval(outcomes, seed))


def _question(answer: AnswerRow) -> str:
    """What was asked: the same prompt may stand in several demonstrations."""
    return answer.demonstration_id or answer.prompt


def _cases(ws: Workspace, answers: dict[str, AnswerRow]) -> dict[str, Any]:
    rows = {row.id: row for row in ws.demonstrations.list()}
    known = frozenset(fact for row in rows.values() for fact in row.key_facts or ())
    return {
        asked: case_of(answer.prompt, rows.get(answer.demonstration_id or ""), known)
        for asked, answer in answers.items()
    }


def _pick(source: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: source.get(name) for name in names}


def _notes(ws: Workspace, report: dict[str, Any], runs: list[Run], embedded: bool) -> list[str]:
    """What a reader of the figures must know, in plain sentences."""
    notes = ["All votes are simulated; the win rate is by the simulated annotators' own rule, not by people."]
    tuned = report["sft"]["tuned"]
    if not embedded:
        notes.append(
            "The embedded base model has a few million parameters and knows only plain workplace English. On real "
            "text its answers are poor whatever the figures say: it imitates the style of the answers and does not "
            "know their content. Choose a larger base model for a chatbot that people would use."
        )
    if tuned.get("fact_accuracy") is None:
        notes.append(
            "The demonstrations do not say what their key facts are, so no facts were counted, and the simulated "
            "annotators judged helpfulness by likeness to the human answer."
        )
    before, after = report["ppo"]["fact_accuracy_before"], report["ppo"]["fact_accuracy_after"]
    if before is not None and after is not None and after < before:
        notes.append(f"PPO lost facts: {before:.1%} of the answers were right before it, {after:.1%} after.")
    if report["ppo"]["gold_win_rate_ci"][0] <= 0.5:
        notes.append("PPO cannot be told from the SFT model by the annotators' rule: the interval includes one half.")
    judged = read_verdict(runs[1].summary)
    if judged is not None and judged.verdict == "not_yet":
        notes.append(
            f"The reward model is judged not yet good enough to optimise against, and PPO went on all the same: "
            f"{' '.join(judged.reasons)}"
        )
    notes += [f"{run.id}: {notice.message}" for run in runs for notice in ws.notices.list(run.id)]
    return notes
