"""The report's sections about the steps, each from what the workspace holds; a step that was not done says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.models.registry import RegisteredModel, newest_model
from workbench.preferences.agreement import agreement
from workbench.report.charts import bars, curves
from workbench.report.html import bullets, figures, interval, number, paragraph, section, table, text
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.workspace import Workspace


MEASURES = (
    ("fact_accuracy", "Facts right", ".0%"),
    ("embedding_similarity", "Embedding similarity", ".2f"),
    ("bleu", "BLEU", ".1f"),
    ("chrf", "chrF", ".1f"),
    ("length", "Words per answer", ".1f"),
)
VERDICTS = {
    "go": "good enough to optimise against",
    "care": "to be used with care",
    "not_yet": "not yet good enough to optimise against",
}


def demonstrations(ws: Workspace) -> str:
    """Step 1: what the models learn from."""
    count = ws.demonstrations.count
    splits = {split: count(status="approved", split=split) for split in ("train", "validation", "test")}
    if not any(splits.values()):
        return section("1 · Demonstrations", paragraph("None were collected yet."))
    found = [(name, count(status="approved", source=name)) for name in list(ws.demonstrations.sources())[:8]]
    sources = [(name, number) for name, number in found if number]
    apart = count() - count(status="approved")
    others = f" {apart:,} more are drafts or were rejected: no model learns from them." if apart else ""
    return section(
        "1 · Demonstrations",
        paragraph(
            "People write prompts and the responses they wish for. Held-out prompts (test) are never trained on, and "
            f"every measure below is taken on them.{others}"
        ),
        table(
            ("Split", "Demonstrations"), [(name, f"{count:,}") for name, count in sorted(splits.items())], numbers=True
        ),
        table(("Source", "Demonstrations"), [(name or "–", f"{count:,}") for name, count in sources], numbers=True),
    )


def sft(ws: Workspace) -> str:
    """Step 2: the base model, fine-tuned."""
    model = newest_model(ws, "sft")
    run = _run_of(ws, model)
    if model is None or run is None:
        return section("2 · SFT", paragraph("No model was fine-tuned yet."))
    frame = ws.metrics.series(run.id, ["train/loss", "eval/loss"], max_points=200)
    return section(
        f"2 · SFT: {model.id}",
        paragraph(_how_run(run)),
        curves(frame, [("train/loss", "Training"), ("eval/loss", "Validation")], "Loss by step"),
        _measures(ws, [model.parent_id or "base", model.id]),
    )


def preferences(ws: Workspace) -> str:
    """Step 3a: what people prefer, and how far they agree."""
    rows = []
    for source, who in (("people", "People"), ("simulated", "Simulated")):
        typed: VoteSource = "people" if source == "people" else "simulated"
        found = agreement(ws, source=typed)
        if found["votes"]:
            alpha = number(found["krippendorff_alpha"], ".2f")
            rows.append((who, f"{found['votes']:,}", f"{found['pairs']:,}", f"{found['annotators']:,}", alpha))
    if not rows:
        return section("3a · Preferences", paragraph("Nobody has voted yet."))
    return section(
        "3a · Preferences",
        paragraph("Two responses to one prompt stand beside each other without names; annotators say which is better."),
        table(("Votes of", "Votes", "Pairs", "Annotators", "Krippendorff's alpha"), rows, numbers=True),
        paragraph(
            "<strong>Simulated votes follow a rule written for the demo company and say nothing about people.</strong>"
        )
        if any(row[0] == "Simulated" for row in rows)
        else "",
    )


def reward_model(ws: Workspace) -> str:
    """Step 3b: does the reward model choose as people do, and may it be optimised against."""
    model = newest_model(ws, "reward_model")
    run = _run_of(ws, model)
    if model is None or run is None:
        return section("3b · Reward model", paragraph("No reward model was trained yet."))
    said = run.summary
    low, high = said.get("accuracy_ci") or (None, None)
    frame = ws.metrics.series(run.id, ["train/accuracy", "eval/accuracy"], max_points=200)
    return section(
        f"3b · Reward model: {model.id}",
        paragraph(_how_run(run)),
        table(
            ("Measure", "Value"),
            [
                ("Chooses as the votes did, held-out pairs", interval(said.get("accuracy"), low, high, ".0%")),
                ("Expected calibration error", number(said.get("ece"), ".3f")),
                ("Pairs trained on / held out", f"{said.get('train_pairs', '–')} / {said.get('held_out_pairs', '–')}"),
            ],
        ),
        curves(frame, [("train/accuracy", "Training"), ("eval/accuracy", "Validation")], "Accuracy by step"),
        _verdict(said),
        _best_of_n(said),
    )


def _verdict(said: dict[str, Any]) -> str:
    verdict = said.get("verdict")
    if not isinstance(verdict, dict):
        return paragraph("No verdict on it was stored.")
    words = VERDICTS.get(str(verdict.get("verdict")), "judged as follows")
    return paragraph(f"<strong>Verdict: {text(words)}.</strong>") + bullets(
        [*verdict.get("reasons", []), *verdict.get("next", [])]
    )


def _best_of_n(said: dict[str, Any]) -> str:
    rows = [row for row in said.get("best_of_n") or [] if isinstance(row, dict)]
    if not rows:
        return ""
    return paragraph("The best of n samples by its score, on held-out prompts:") + table(
        ("n", "KL in nats", "Score", "Embedding similarity"),
        [
            (row.get("n"), number(row.get("kl"), ".2f"), number(row.get("score"), ".2f"),
             number(row.get("embedding_similarity"), ".3f"))
            for row in rows
        ],
        numbers=True,
    )  # fmt: skip


def ppo(ws: Workspace) -> str:
    """Step 4: what optimising against the reward model changed."""
    model = newest_model(ws, "ppo")
    run = _run_of(ws, model)
    if model is None or run is None:
        return section("4 · PPO", paragraph("No model was optimised yet."))
    said = run.summary
    names = ["objective/scores", "objective/rlhf_reward", "objective/kl", "eval/score"]
    frame = ws.metrics.series(run.id, names, max_points=200)
    return section(
        f"4 · PPO: {model.id}",
        paragraph(_how_run(run)),
        figures(
            [
                ("Score", number(said.get("score_after"), ".2f"), f"{number(said.get('score_before'), '.2f')} before"),
                ("KL to the SFT model", number(said.get("kl"), ".2f"), "nats per response"),
                ("Episodes", number(said.get("episodes"), ",.0f"), f"in {number(said.get('updates'), ',.0f')} updates"),
            ]
        ),
        curves(frame, [("objective/scores", "Score"), ("eval/score", "Validation score")], "Score by update"),
        curves(frame, [("objective/kl", "KL")], "KL to the SFT model by update"),
        _measures(ws, [model.parent_id or "base", model.id]),
        paragraph(
            "A score is what PPO raises, and no measure of quality: facts and blind votes say whether it helped."
        ),
    )


def _measures(ws: Workspace, models: list[str]) -> str:
    found = {model: ws.evaluations.latest(model) for model in dict.fromkeys(models)}
    found = {model: rows for model, rows in found.items() if rows}
    if not found:
        return paragraph("It was not measured on held-out prompts.")
    rows = []
    for name, title, shape in MEASURES:
        cells = [rows_of.get(name) for rows_of in found.values()]
        if any(cell is not None and cell.value is not None for cell in cells):
            rows.append((title, *(interval(c.value, c.ci_low, c.ci_high, shape) if c else "–" for c in cells)))
    facts = [
        (model, row.value, row.ci_low, row.ci_high)
        for model, rows_of in found.items()
        if (row := rows_of.get("fact_accuracy")) is not None and row.value is not None
    ]
    counts = sorted(max(row.n for row in rows_of.values()) for rows_of in found.values())
    prompts = " to ".join(f"{n:,}" for n in dict.fromkeys((counts[0], counts[-1])))
    return (
        paragraph(f"On {prompts} held-out prompts, with 95% intervals:")
        + table(("Measure", *found), rows, numbers=True)
        + bars(facts, "Facts right", percent=True)
    )


def _run_of(ws: Workspace, model: RegisteredModel | None) -> Run | None:
    """The run that trained it; of a checkpoint that a verdict took out, the run that wrote the checkpoint."""
    runs = {run.id: run for run in ws.runs.list()}
    run = runs.get(model.run_id or "") if model is not None else None
    return runs.get(str(run.config.get("run_id"))) if run is not None and run.kind == "verdict" else run


def _how_run(run: Run) -> str:
    took = ""
    if run.started_at and run.finished_at:
        took = f", {(run.finished_at - run.started_at).total_seconds() / 60:.0f} minutes"
    return f"Run {text(run.id)}, started by {text(run.created_by or '–')} on {run.created_at:%d %B %Y}{took}."
