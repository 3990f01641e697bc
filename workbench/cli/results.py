"""The commands that show what the votes say, and let one talk to a model."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.failures import INTERRUPTED
from workbench.cli.output import (
    JsonOption,
    WorkspaceOption,
    open_workspace,
    print_json,
    print_table,
    say,
    shown,
)

if TYPE_CHECKING:
    from workbench.models.spec import ModelSpec
    from workbench.preferences.leaderboard import Standing
    from workbench.reward_model.config import VoteSource
    from workbench.workspace import Workspace


class VotesOf(StrEnum):
    """Whose votes are looked at."""

    people = "people"
    simulated = "simulated"


VotesOption = Annotated[VotesOf, typer.Option("--votes", help="Whose votes count; the two are never mixed.")]


def show_agreement(
    votes: VotesOption = VotesOf.people,
    audit: Annotated[bool, typer.Option("--audit", help="Also show how each annotator votes.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """How far annotators agree with each other beyond chance; with --audit, how each of them votes."""
    from workbench.preferences.agreement import agreement

    source: VoteSource = votes.value
    with open_workspace(workspace, "agreement") as ws:
        found = agreement(ws, source=source)
        audits = _audits(ws, source) if audit else []
        _hint(ws, source, found["votes"])
    if as_json:
        print_json(found | ({"audit": audits} if audit else {}))
        return
    majority = ", ".join(f"{choice} {count}" for choice, count in found["majority"].items())
    rows = [(name, found[name], None) for name in ("pairs", "votes", "excluded", "annotators")]
    rows += [("majority", majority, None)]
    ci = found["ci"]
    for title, name in (("Krippendorff's alpha", "krippendorff_alpha"), ("Fleiss' kappa", "fleiss_kappa")):
        rows.append((title, found[name], ci[name]))
    rows += [
        (f"Cohen's kappa {names}", kappa, ci["cohen_kappa"][names]) for names, kappa in found["cohen_kappa"].items()
    ]
    rows += [(f"alpha, tag {tag}", row["krippendorff_alpha"], row["ci"]) for tag, row in found["by_tag"].items()]
    print_table(("", "value", "95% interval"), rows)
    if found["votes"] and found["krippendorff_alpha"] is None:
        say("Agreement is not defined yet: it takes two annotators on the same pairs, and votes that differ.")
    if audit:
        _print_audits(audits)


def _audits(ws: Workspace, source: VoteSource) -> list[dict[str, Any]]:
    from workbench.preferences.audit import audit
    from workbench.preferences.audit_words import findings

    return [
        {
            "annotator": row.annotator,
            "votes": row.votes,
            "repeats": row.repeats,
            "measures": {
                name: {"value": m.value, "ci": m.interval, "n": m.n, "others": m.others}
                for name, m in row.measures.items()
            },
            "findings": [sentence for _, sentence in findings(row)],
        }
        for row in audit(ws, source=source)
    ]


def _print_audits(audits: list[dict[str, Any]]) -> None:
    columns = ("annotator", "measure", "value", "95% interval", "others", "votes")
    print_table(
        columns,
        [
            (row["annotator"], name, measure["value"], measure["ci"], measure["others"], measure["n"])
            for row in audits
            for name, measure in row["measures"].items()
        ],
    )
    for row in audits:
        for sentence in row["findings"]:
            print(f"{row['annotator']}: {sentence}")


def show_leaderboard(
    votes: VotesOption = VotesOf.people,
    length_controlled: Annotated[
        bool, typer.Option("--length-controlled", help="Strengths at equal length of the responses.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which model's responses are preferred: Bradley–Terry strengths with 95% intervals; a tie is half a win each."""
    from workbench.preferences.leaderboard import standing

    source: VoteSource = votes.value
    with open_workspace(workspace, "leaderboard") as ws:
        found = standing(ws, source=source, length_controlled=length_controlled)
        _hint(ws, source, len(found.rows))
    if as_json:
        print_json(_standing_json(found))
    else:
        _print_standing(found)


def _standing_json(found: Standing) -> dict[str, Any]:
    effect = found.length_effect
    return {
        "models": [asdict(row) for row in found.rows],
        "win_rates": [asdict(row) for row in found.win_rates],
        "separation": asdict(found.separation) if found.separation else None,
        "length_effect": {"value": effect[0], "ci": effect[1]} if effect else None,
    }


def _print_standing(found: Standing) -> None:
    from workbench.preferences.leaderboard import separation_sentence

    if not found.rows:
        say("No vote compares two different models yet, so there is nothing to rank.")
        return
    print_table(
        ("model", "strength", "95% interval", "votes"),
        [(row.model, row.strength, row.ci, row.votes) for row in found.rows],
    )
    print_table(
        ("model", "preferred to", "rate", "votes"),
        [(row.model, row.other, row.rate, row.votes) for row in found.win_rates],
    )
    if any(row.strength is None for row in found.rows):
        say("A model without strength was never compared, not even through others, with those that have one.")
    if found.separation:
        say(separation_sentence(found.separation))


def chat(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Model by id, such as base or sft-001.")],
    prompt: Annotated[str | None, typer.Option(help="Ask this once instead of asking for prompts.")] = None,
    temperature: Annotated[float, typer.Option(min=0, max=5, help="0 gives the likeliest response.")] = 0.0,
    max_new_tokens: Annotated[int, typer.Option(min=1, max=4096, help="Longest response.")] = 96,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a model. Each prompt stands alone; an empty line or Ctrl-D ends."""
    from workbench.models.generator import Generator
    from workbench.models.registry import get_model

    with open_workspace(workspace, "chat") as ws:
        registered, root = get_model(ws, model), ws.root
    if registered.kind == "reward_model":
        raise typer.BadParameter(f"{model} is a reward model: it scores responses and writes none")
    # The workspace is closed by now, so that the app can be open beside a chat.
    generator = Generator(root)
    turns: list[dict[str, str]] = []

    def ask(spec: ModelSpec, text: str) -> str:
        return generator.generate(spec, [text], temperature=temperature, max_new_tokens=max_new_tokens)[0]

    try:
        while text := prompt if prompt is not None else _next_prompt(as_json):
            response = ask(registered.spec, text)
            turns.append({"prompt": text, "response": response})
            if not as_json:
                print(response, flush=True)
            if prompt is not None:
                break
    except KeyboardInterrupt:
        say("Ended.")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        generator.close()
    if as_json:
        print_json({"model": model, "turns": turns})


def _next_prompt(as_json: bool) -> str:
    """The next line that the person writes; empty at the end."""
    if sys.stdin.isatty():
        print("> ", end="", file=sys.stderr if as_json else sys.stdout, flush=True)
    return sys.stdin.readline().strip()


def _hint(ws: Workspace, source: VoteSource, found: int) -> None:
    """Where a source has nothing, says whether the other has."""
    other = "simulated" if source == "people" else "people"
    there = 0 if found else ws.votes.count(simulated=other == "simulated")
    if there:
        say(f"There are {shown(there)} {other} votes here: --votes {other} looks at them.")
