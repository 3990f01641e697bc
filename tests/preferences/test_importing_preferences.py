"""Importing pairs with votes, exporting them, freezing them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.preferences.conftest import add_pair, add_vote
from workbench.demonstrations.editing import add_demonstration
from workbench.demonstrations.import_report import ImportReport
from workbench.demonstrations.snapshots import freeze_pairs
from workbench.errors import NotReady, UnreadableFile
from workbench.preferences.exporting import export_preferences, export_votes
from workbench.preferences.importing import read_preferences, store_preferences
from workbench.preferences.remarks import Remarks
from workbench.preferences.voting import next_pair, record_vote
from workbench.workspace import Workspace


def import_preferences(ws: Workspace, path: Path, *, annotator: str) -> ImportReport:
    return store_preferences(ws, read_preferences(path), annotator=annotator)


def write_rows(path: Path, rows: list[object]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def decisions(ws: Workspace, *, simulated: bool = False) -> set[tuple[str, str, str]]:
    """(prompt, chosen or '=', rejected) of each live vote."""
    pairs = {pair.id: pair for pair in ws.pairs.list()}
    found = set()
    for vote in ws.votes.live(simulated=simulated):
        pair = pairs[vote.pair_id]
        texts = {"a": pair.response_a, "b": pair.response_b}
        other = "b" if vote.choice == "a" else "a"
        found.add((pair.prompt, "=" if vote.choice == "tie" else texts[vote.choice], texts[other]))
    return found


def test_chosen_and_rejected(ws: Workspace, tmp_path: Path) -> None:
    add_demonstration(ws, prompt="P0?", response="x", author="kim", split="test")
    rows: list[object] = [{"prompt": f"P{n}?", "chosen": "good", "rejected": "bad"} for n in range(40)]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    report = import_preferences(ws, path, annotator="kim")
    assert (report.rows, report.accepted, report.duplicates) == (40, 40, 0)
    assert decisions(ws) == {(f"P{n}?", "good", "bad") for n in range(40)}
    # Both sides are used: an A that is always better would teach a reader of the file, not of the texts.
    assert {pair.response_a for pair in ws.pairs.list()} == {"good", "bad"}
    assert ws.pairs.list()[0].split == "test"
    again = import_preferences(ws, path, annotator="kim")
    assert (again.accepted, again.duplicates) == (0, 40)
    assert import_preferences(ws, path, annotator="lee").accepted == 40
    assert (ws.pairs.count(), ws.votes.count()) == (40, 80)


def test_a_and_b_with_choices(ws: Workspace, tmp_path: Path) -> None:
    def row(**more: object) -> object:
        return {"prompt": "P?", "response_a": "A text", "response_b": "B text"} | more

    rows = [
        row(choice="B", annotator="kim"),
        row(choice="tie", annotator="lee"),
        # The same pair with its sides exchanged: a vote for A is one for the other text.
        {"prompt": "P?", "response_a": "B text", "response_b": "A text", "choice": "a", "annotator": "max"},
        row(prompt="Q?"),
        row(prompt="R?", choice="left"),
        row(response_b="A text"),
        row(prompt="S?", vote=2, choice=None),
    ]
    report = import_preferences(ws, write_rows(tmp_path / "rows.jsonl", rows), annotator="me")
    assert (report.rows, report.accepted, report.duplicates) == (7, 5, 0)
    assert [(r.row, r.reason) for r in report.rejected] == [
        (5, "the choice 'left' is not a, b, tie or both_bad"),
        (6, "the two responses are the same"),
    ]
    assert ws.pairs.count() == 3
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    assert {names[vote.annotator_id]: vote.choice for vote in ws.votes.live()} == {
        "kim": "b",
        "lee": "tie",
        "max": "b",
    }
    assert next_pair(ws, "me") is not None


def test_conversations_that_begin_with_the_prompt(ws: Workspace, tmp_path: Path) -> None:
    def talk(answer: str, question: str = "Holes?") -> object:
        return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]

    rows = [
        {"chosen": talk("Mend."), "rejected": talk("Shrug.")},
        {"chosen": talk("Mend."), "rejected": talk("Shrug.", "Other?")},
        {"chosen": talk("Mend.") * 2, "rejected": talk("Shrug.")},  # type: ignore[operator]
    ]
    report = import_preferences(ws, write_rows(tmp_path / "rows.jsonl", rows), annotator="kim")
    assert report.accepted == 1
    assert decisions(ws) == {("Holes?", "Mend.", "Shrug.")}
    assert "same prompt" in report.rejected[0].reason
    sharegpt = {
        "conversations": [{"from": "human", "value": "Who?"}],
        "chosen": {"from": "gpt", "value": "Ada."},
        "rejected": {"from": "gpt", "value": "Dunno."},
    }
    import_preferences(ws, write_rows(tmp_path / "more.jsonl", [sharegpt]), annotator="kim")
    assert ("Who?", "Ada.", "Dunno.") in decisions(ws)


def test_anthropics_transcripts(ws: Workspace, tmp_path: Path) -> None:
    rows: list[object] = [
        {"chosen": "\n\nHuman: Holes?\n\nAssistant: Mend: it.", "rejected": "\n\nHuman: Holes?\n\nAssistant: Shrug."},
        {
            "chosen": "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Holes?\n\nAssistant: Mend.",
            "rejected": "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Holes?\n\nAssistant: Shrug.",
        },
        {"chosen": "\n\nHuman: A?\n\nAssistant: x", "rejected": "\n\nHuman: B?\n\nAssistant: y"},
        {"chosen": "\n\nHuman: A?\n\nAssistant:", "rejected": "\n\nHuman: A?\n\nAssistant: y"},
        {"chosen": [{"role": "user", "content": "P?"}, {"role": "assistant", "content": [{"type": "image"}]}],
         "rejected": [{"role": "user", "content": "P?"}, {"role": "assistant", "content": "y"}]},
    ]  # fmt: skip
    report = import_preferences(ws, write_rows(tmp_path / "rows.jsonl", rows), annotator="kim")
    assert (report.rows, report.accepted) == (5, 1)
    assert decisions(ws) == {("Holes?", "Mend: it.", "Shrug.")}
    reasons = [row.reason for row in report.rejected]
    for part, reason in zip(
        ("not one question and one answer", "same prompt", "empty", "not text"), reasons, strict=True
    ):
        assert part in reason


def test_several_annotators_in_one_row(ws: Workspace, tmp_path: Path) -> None:
    def row(prompt: str, votes: object) -> object:
        return {"prompt": prompt, "response_a": "A text", "response_b": "B text", "votes": votes}

    rows = [
        row("P?", [{"annotator": "kim", "choice": "A>>B"}, {"annotator": "lee", "choice": "both bad"}]),
        row("Q?", {"kim": "tie", "max": "model_b"}),
        row("R?", [{"annotator": "kim", "choice": "a"}, {"annotator": "kim", "choice": "b"}]),
        row("S?", 3),  # a mere count, as in an exported file
        row("T?", ["a", "b"]),
    ]
    report = import_preferences(ws, write_rows(tmp_path / "rows.jsonl", rows), annotator="me")
    assert (report.accepted, ws.votes.count(), ws.pairs.count()) == (3, 4, 3)
    assert ["two votes of one annotator" in r.reason or "not a vote" in r.reason for r in report.rejected] == [True] * 2
    prompts = {pair.id: pair.prompt for pair in ws.pairs.list()}
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    assert {
        (prompts[vote.pair_id], names[vote.annotator_id], vote.choice, vote.strength, vote.both_bad)
        for vote in ws.votes.live()
    } == {
        ("P?", "kim", "a", "much", False),
        ("P?", "lee", "tie", None, True),
        ("Q?", "kim", "tie", None, False),
        ("Q?", "max", "b", None, False),
    }


def test_a_file_without_pairs(ws: Workspace, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [{"prompt": "P?", "response": "x"}])
    with pytest.raises(UnreadableFile, match="chosen and rejected"):
        import_preferences(ws, path, annotator="kim")


def fill(ws: Workspace) -> None:
    clear = add_pair(ws, "Clear?", "good", "bad", split="test")
    even = add_pair(ws, "Even?", "one", "two")
    same = add_pair(ws, "Same?", "twin", "twin")
    for name, choice in (("kim", "a"), ("lee", "a"), ("max", "b")):
        add_vote(ws, clear, name, choice)  # type: ignore[arg-type]
    add_vote(ws, even, "kim", "tie")
    add_vote(ws, same, "kim", "a")
    add_vote(ws, even, "bot", "b", simulated=True)


def test_frozen_pairs_hold_the_majority_of_one_source(ws: Workspace, tmp_path: Path) -> None:
    fill(ws)
    assert freeze_pairs(ws, tmp_path, votes="people").rows == 1
    (row,) = pq.read_table(tmp_path / "pairs.parquet").to_pylist()
    assert {name: row[name] for name in row if name != "pair_id"} == {
        "prompt": "Clear?",
        "chosen": "good",
        "rejected": "bad",
        "split": "test",
        "votes": 3,
        "margin": pytest.approx(1 / 3),
    }
    freeze_pairs(ws, tmp_path, votes="simulated")
    (row,) = pq.read_table(tmp_path / "pairs.parquet").to_pylist()
    assert (row["chosen"], row["rejected"]) == ("two", "one")


def test_nothing_to_freeze_says_what_to_do(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="workbench pairs"):
        freeze_pairs(ws, tmp_path, votes="people")
    pair = add_pair(ws, "P?")
    with pytest.raises(NotReady, match="vote on the pairs"):
        freeze_pairs(ws, tmp_path, votes="people")
    add_vote(ws, pair, "bot", "a", simulated=True)
    with pytest.raises(NotReady, match="votes=simulated"):
        freeze_pairs(ws, tmp_path, votes="people")


@pytest.mark.parametrize("name", ["votes.jsonl", "votes.csv"])
def test_exported_votes_can_be_imported_elsewhere(ws: Workspace, tmp_path: Path, name: str) -> None:
    fill(ws)
    assert export_votes(ws, tmp_path / name) == 6
    with Workspace.open(tmp_path / "elsewhere") as other:
        report = import_preferences(other, tmp_path / name, annotator="somebody")
        # The pair of two equal texts says nothing and is not taken.
        assert (report.accepted, len(report.rejected)) == (5, 1)
        assert decisions(other) == decisions(ws) - {("Same?", "twin", "twin")}
        assert decisions(other, simulated=True) == decisions(ws, simulated=True)
        assert {a.name: a.kind for a in other.annotators.list()}["bot"] == "simulated"
        assert {(p.model_a, p.model_b) for p in other.pairs.list()} == {("base", "sft-001")}
    again = import_preferences(ws, tmp_path / name, annotator="kim")
    assert (again.accepted, again.duplicates) == (0, 5)


def test_exported_preferences_keep_people_and_simulated_apart(ws: Workspace, tmp_path: Path) -> None:
    fill(ws)
    out = tmp_path / "preferences.jsonl"
    assert export_preferences(ws, out) == 2
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(r["prompt"], r["chosen"], r["model_chosen"], r["source"]) for r in rows] == [
        ("Clear?", "good", "base", "people"),
        ("Even?", "two", "sft-001", "simulated"),
    ]
    with Workspace.open(tmp_path / "elsewhere") as other:
        assert import_preferences(other, out, annotator="kim").accepted == 2
        assert (other.votes.count(simulated=False), other.votes.count(simulated=True)) == (1, 1)


@pytest.mark.parametrize("name", ["votes.jsonl", "votes.csv", "votes.parquet"])
def test_what_is_said_beside_a_vote_is_exported(ws: Workspace, tmp_path: Path, name: str) -> None:
    pair = add_pair(ws, "Where?", "good", "bad")
    said = Remarks(much=True, reasons=("clear", "brief"), comment="=short")
    vote = record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left", remarks=said)
    bad = add_pair(ws, "When?", "one", "two")
    record_vote(ws, pair_id=bad.id, annotator_name="kim", choice="both_bad")
    assert export_votes(ws, tmp_path / name) == 2
    if name.endswith("parquet"):
        rows = pq.read_table(tmp_path / name).to_pylist()
        assert (rows[0]["reasons"], rows[0]["strength"], rows[1]["both_bad"]) == (["clear", "brief"], "much", True)
        return
    with Workspace.open(tmp_path / "elsewhere") as other:
        assert import_preferences(other, tmp_path / name, annotator="x").accepted == 2
        first, second = other.votes.live()
        assert (first.strength, first.reasons, first.comment) == ("much", ("clear", "brief"), "=short")
        assert (second.choice, second.both_bad) == ("tie", True)
        assert first.choice == vote.choice
