"""The report's sections, each from what the workspace holds; a step that was not done says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.models.lineage import family_tree
from workbench.models.promotion import promoted_model
from workbench.models.registry import LANGUAGE_MODELS, RegisteredModel, list_models, newest_model
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
EXAMPLES = 8
VERDICTS = {
    "go": "good enough to optimise against",
    "care": "to be used with care",
    "not_yet": "not yet good enough to optimise against",
}


def all_sections(ws: Workspace) -> list[str]:
    """Every section in the order of the work."""
    return [
        summary(ws),
        demonstrations(ws),
        sft(ws),
        preferences(ws),
        reward_model(ws),
        ppo(ws),
        worth(ws),
        examples(ws),
        provenance(ws),
        limits(ws),
    ]


def chatbot(ws: Workspace) -> RegisteredModel | None:
    """The promoted model; else the newest of the last step that was done, None where nothing was trained."""
    return promoted_model(ws) or newest_model(ws, "ppo") or newest_model(ws, "sft")


def summary(ws: Workspace) -> str:
    """What there is and how far it got, at a glance."""
    best = chatbot(ws)
    facts = ws.evaluations.latest(best.id).get("fact_accuracy") if best else None
    items = [
        ("Demonstrations", f"{ws.demonstrations.count(status='approved'):,}", "approved prompts with a human response"),
        ("Votes by people", f"{ws.votes.count(simulated=False):,}", f"{ws.votes.count(simulated=True):,} simulated"),
        ("Models", f"{len(list_models(ws)) - 1:,}", "trained here"),
    ]
    if best is not None and facts is not None and facts.value is not None:
        span = (
            "" if facts.ci_low is None or facts.ci_high is None else f", 95%: {facts.ci_low:.0%} – {facts.ci_high:.0%}"
        )
        items.append(("Facts right", f"{facts.value:.0%}", f"{best.id} on held-out prompts{span}"))
    return section("At a glance", figures(items))


def demonstrations(ws: Workspace) -> str:
    """Step 1: what the models learn from."""
    splits = ws.demonstrations.split_counts()
    sources = list(ws.demonstrations.sources().items())[:8]
    if not any(splits.values()):
        return section("1 · Demonstrations", paragraph("None were collected yet."))
    return section(
        "1 · Demonstrations",
        paragraph(
            "People write prompts and the responses they wish for. Held-out prompts (test) are never trained on, and "
            "every measure below is taken on them."
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


def worth(ws: Workspace) -> str:
    """All candidates on the same held-out prompts: what the newest finished verdict run found."""
    run = next((run for run in ws.runs.list(kind="verdict") if run.status == "finished"), None)
    rows = [row for row in (run.summary.get("contestants") or []) if isinstance(row, dict)] if run else []
    if run is None or not rows:
        return ""

    def cell(row: dict[str, Any], name: str, shape: str) -> str:
        low, high = row.get(f"{name}_ci") or (None, None)
        return interval(row.get(name), low, high, shape)

    table_rows = [
        (
            row.get("label", row.get("model")),
            cell(row, "score", ".2f"),
            cell(row, "kl", ".2f"),
            cell(row, "win_rate", ".0%"),
            cell(row, "fact_accuracy", ".0%"),
        )
        for row in rows
    ]
    return section(
        "Was it worth it?",
        paragraph(f"<strong>{text(run.summary.get('sentence', ''))}</strong>"),
        table(
            ("Candidate", "Score", "KL to SFT", "Wins by score against SFT", "Facts right"), table_rows, numbers=True
        ),
    )


def examples(ws: Workspace) -> str:
    """The same held-out prompts, answered by people and models; chosen evenly, not by how they came out."""
    models = [model.id for kind in LANGUAGE_MODELS if (model := newest_model(ws, kind)) is not None]
    answers = {model: {row.prompt: row for row in ws.answers.list(model_id=model)} for model in models}
    answers = {model: rows for model, rows in answers.items() if rows}
    if not answers:
        return ""
    prompts = [prompt for prompt in next(iter(answers.values())) if all(prompt in rows for rows in answers.values())]
    step = max(1, len(prompts) // EXAMPLES)
    rows = [
        (prompt, next(iter(answers.values()))[prompt].reference, *(rows[prompt].response for rows in answers.values()))
        for prompt in prompts[::step][:EXAMPLES]
    ]
    return section(
        "Examples",
        paragraph("Held-out prompts at even distances in the list, not chosen by how the answers came out."),
        table(("Prompt", "Human", *answers), rows),
    )


def provenance(ws: Workspace) -> str:
    """Hashes of everything that the newest model was made from."""
    model = chatbot(ws)
    if model is None:
        return ""
    rows = [
        (node.title, node.kind.replace("_", " "), node.facts.get("sha256", "–"))
        for node in family_tree(ws, model.id).nodes
        if node.kind != "run"
    ]
    return section(f"What {model.id} was made from", table(("Name", "What", "SHA-256"), rows))


def limits(ws: Workspace) -> str:
    """What the numbers do not say."""
    said = [
        "The models answer from their weights: there is no retrieval and no source behind an answer.",
        "Measures compare with the human responses to held-out prompts of the same kind; others may fare worse.",
        "In brackets stand 95% intervals; where two of them overlap widely, the difference may be chance.",
    ]
    if ws.votes.count(simulated=True):
        said.insert(
            0, "Some of the votes are simulated; what was learned from them shows that the machinery works only."
        )
    return section("What these numbers do not say", bullets(said))


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
    n = max(row.n for rows_of in found.values() for row in rows_of.values())
    return (
        paragraph(f"On {n:,} held-out prompts, with 95% intervals:")
        + table(("Measure", *found), rows, numbers=True)
        + bars(facts, "Facts right", percent=True)
    )


def _run_of(ws: Workspace, model: RegisteredModel | None) -> Run | None:
    return next((run for run in ws.runs.list() if model is not None and run.id == model.run_id), None)


def _how_run(run: Run) -> str:
    took = ""
    if run.started_at and run.finished_at:
        took = f", {(run.finished_at - run.started_at).total_seconds() / 60:.0f} minutes"
    return f"Run {text(run.id)}, started by {text(run.created_by or '–')} on {run.created_at:%d %B %Y}{took}."
