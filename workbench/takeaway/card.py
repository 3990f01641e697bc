"""The model card: facts only, each from the run, the data or the evaluation that it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.models.lineage import FamilyTree, Node, family_tree, run_config
from workbench.models.registry import RegisteredModel, get_model
from workbench.preferences.agreement import agreement
from workbench.reward_model.config import VoteSource
from workbench.takeaway.markdown import bullets, code, table, text
from workbench.workspace import BASE_MODEL_ID

if TYPE_CHECKING:
    from workbench.workspace import Workspace

MEASURES = {
    "fact_accuracy": ("Facts right", ".1%"),
    "embedding_similarity": ("Embedding similarity to the human response", ".3f"),
    "bleu": ("BLEU", ".1f"),
    "chrf": ("chrF", ".1f"),
    "length": ("Length in words", ".1f"),
}
INTENDED = (
    "Answering questions of the kind that its demonstrations hold, inside the organisation that wrote them, by people "
    "who can check an answer. It answers from its weights: there is no retrieval and no source behind an answer, and "
    "it answers with the same confidence what it has never been taught."
)
NOT_INTENDED = (
    "Decisions about people, safety, health, law or money without somebody who checks; questions outside its "
    "demonstrations; conversations of several turns, unless its demonstrations had them; other languages than theirs."
)


def model_card(ws: Workspace, model_id: str) -> str:
    """The card of a language model as Markdown with Hugging Face's front matter.

    Raises:
        NotFound: there is no such model.
    """
    model = get_model(ws, model_id)
    tree = family_tree(ws, model_id)
    reward_models = [node.title for node in tree.nodes if node.kind == "reward_model"]
    sections = [
        _front_matter(model),
        f"# {text(model.name)}\n\n{_first_sentence(model, reward_models)}",
        "## Intended use\n\n" + INTENDED + "\n\n**Not for:** " + NOT_INTENDED,
        "## What it was made from\n\n" + _made_from(tree),
        "## Settings\n\n" + _settings(ws, tree),
        "## How well it answers\n\n" + _measures(ws, model),
        *_reward_sections(ws, reward_models),
        "## Loading it\n\n" + _loading(model),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _front_matter(model: RegisteredModel) -> str:
    lines = ["---", "library_name: transformers", "pipeline_tag: text-generation"]
    if "/" in model.spec.base and not model.spec.base.startswith((".", "/", "~")):
        lines.append(f"base_model: {model.spec.base}")
    kinds = {
        "base": ["base"],
        "sft": ["sft"],
        "ppo": ["sft", "rlhf", "ppo"],
        "dpo": ["sft", "dpo"],
        "rloo": ["sft", "rlhf", "rloo"],
    }
    lines.append(f"tags: [{', '.join(['rlhf-workbench', *kinds.get(model.kind, [])])}]")
    return "\n".join([*lines, "---"])


def _first_sentence(model: RegisteredModel, reward_models: Sequence[str]) -> str:
    against = " and ".join(reward_models) or "?"
    how = {
        "base": "a base model, as it was before any training here",
        "sft": "fine-tuned on demonstrations (SFT)",
        "dpo": "fine-tuned on demonstrations (SFT), then on pairs directly (DPO)",
        "rloo": f"fine-tuned on demonstrations (SFT), then optimised by RLOO against {against}",
        "ppo": f"fine-tuned on demonstrations (SFT), then optimised by PPO against {against}",
    }
    return f"A language model, {how.get(model.kind, 'made here')}, on {model.created_at:%d %B %Y}."


def _made_from(tree: FamilyTree) -> str:
    rows = []
    for node in tree.nodes:
        if node.kind != "run":
            facts = {name: value for name, value in node.facts.items() if name != "sha256"}
            rows.append((_kind(node), node.title, _facts(facts), code(node.facts.get("sha256", "–"))))
    return table(("What", "Name", "Facts", "SHA-256"), rows)


def _kind(node: Node) -> str:
    return {
        "base": "Base weights",
        "demonstrations": "Demonstrations (frozen)",
        "votes": "Decided pairs (frozen)",
        "model": "Adapter",
        "reward_model": "Reward model",
        "run": "Run",
    }[node.kind]


def _facts(facts: dict[str, str]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in facts.items())


def _settings(ws: Workspace, tree: FamilyTree) -> str:
    parts = []
    for node in tree.nodes:
        if node.kind != "run" or node.subject is None:
            continue
        config = run_config(ws, node.subject).get("config", {})
        rows = [(name, code(value)) for name, value in _flat(config)]
        parts.append(f"### {text(node.subject)}\n\n" + table(("Setting", "Value"), rows))
    return "\n\n".join(parts) or "None: nothing was trained."


def _flat(config: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in config.items():
        if isinstance(value, dict):
            yield from _flat(value)
        else:
            yield name, str(value)


def _measures(ws: Workspace, model: RegisteredModel) -> str:
    models = [model.id]
    if model.parent_id and model.parent_id != BASE_MODEL_ID:
        models.insert(0, model.parent_id)
    models.insert(0, BASE_MODEL_ID)
    found = {name: ws.evaluations.latest(name) for name in dict.fromkeys(models)}
    found = {name: rows for name, rows in found.items() if rows}
    if not found.get(model.id):
        return "It was not measured on held-out prompts."
    rows = []
    for measure, (title, shape) in MEASURES.items():
        cells = [_cell(rows_of.get(measure), shape) for rows_of in found.values()]
        if any(cell != "–" for cell in cells):
            rows.append((title, *cells))
    counts = sorted(max(row.n for row in rows_of.values()) for rows_of in found.values())
    prompts = " to ".join(f"{n:,}" for n in dict.fromkeys((counts[0], counts[-1])))
    return f"On {prompts} held-out prompts, with 95% intervals; the human responses are the reference.\n\n" + table(
        ("Measure", *found), rows
    )


def _cell(row: Any, shape: str) -> str:
    if row is None or row.value is None:
        return "–"
    if row.ci_low is None or row.ci_high is None:
        return format(row.value, shape)
    return f"{row.value:{shape}} ({row.ci_low:{shape}} – {row.ci_high:{shape}})"


def _reward_sections(ws: Workspace, reward_models: Sequence[str]) -> list[str]:
    sections = []
    for name in reward_models:
        run = ws.runs.get(name)
        sections.append(f"## Reward model {text(name)}\n\n" + _reward_model(run.summary))
        source: VoteSource = "simulated" if run.config.get("votes") == "simulated" else "people"
        sections.append("## The votes behind it\n\n" + _votes(agreement(ws, source=source), source))
        sections.append("## Known biases and limits\n\n" + _biases(run.summary))
    return sections


def _reward_model(summary: dict[str, Any]) -> str:
    lines = []
    if summary.get("accuracy") is not None:
        low, high = summary.get("accuracy_ci") or (None, None)
        interval = f" (95% interval {low:.0%} – {high:.0%})" if low is not None and high is not None else ""
        lines.append(
            f"Chooses as the votes did in {summary['accuracy']:.0%}{interval} of "
            f"{summary.get('held_out_pairs', '?')} held-out pairs; trained on {summary.get('train_pairs', '?')} pairs."
        )
    if summary.get("ece") is not None:
        lines.append(f"Expected calibration error {summary['ece']:.3f}.")
    return bullets(lines) or "It was not measured."


def _votes(found: dict[str, Any], source: VoteSource) -> str:
    who = (
        "**All votes are simulated**: they follow a rule written for the demo company and say nothing about people."
        if source == "simulated"
        else "The votes are those of people."
    )
    alpha = found.get("krippendorff_alpha")
    lines = [
        f"{found['votes']:,} votes on {found['pairs']:,} pairs by {found['annotators']:,} annotators.",
        "Krippendorff's alpha " + (f"{alpha:.2f}" if alpha is not None else "unknown: no pair has two votes") + ".",
    ]
    return f"{who}\n\n{bullets(lines)}"


def _biases(summary: dict[str, Any]) -> str:
    verdict = summary.get("verdict")
    if not isinstance(verdict, dict):
        return "No verdict on the reward model is stored, so its biases were not looked for."
    words = {"go": "good enough for PPO", "care": "to be used with care", "not_yet": "not yet good enough for PPO"}
    judged = words.get(str(verdict.get("verdict")), "judged")
    reasons = [text(reason) for reason in verdict.get("reasons", [])]
    return f"The reward model was found {judged}:\n\n{bullets(reasons)}"


def _loading(model: RegisteredModel) -> str:
    lines = ["Every folder beside this card loads without the program that made it; `python check.py` proves it."]
    lines.append(
        "```python\nfrom transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        'model = AutoModelForCausalLM.from_pretrained("merged")\n'
        'tokenizer = AutoTokenizer.from_pretrained("merged")\n```'
    )
    if model.spec.adapters:
        base = "base" if model.spec.base.startswith((".", "/", "~")) or "/" not in model.spec.base else model.spec.base
        lines.append(
            "Or the adapter on its base:\n\n```python\nfrom peft import PeftModel\nfrom transformers import "
            f'AutoModelForCausalLM\n\nmodel = AutoModelForCausalLM.from_pretrained("{base}")\n'
            'model = PeftModel.from_pretrained(model, "adapter")\n```'
        )
    return "\n\n".join(lines)
