"""The report's sections in their order, and those about the whole: what there is, what it was worth, its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.models.lineage import family_tree
from workbench.models.promotion import promoted_model
from workbench.models.registry import LANGUAGE_MODELS, RegisteredModel, list_models, newest_model
from workbench.report.html import bullets, figures, interval, paragraph, section, table, text
from workbench.report.steps import demonstrations, ppo, preferences, reward_model, sft

if TYPE_CHECKING:
    from workbench.workspace import Workspace

EXAMPLES = 8


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
