"""What a team decides about votes: rules that leave some out, disputed pairs settled, both reversible."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.preferences.conftest import add_pair, add_vote
from workbench.demonstrations.snapshots import freeze_pairs
from workbench.errors import InvalidInput, NotFound, NotReady
from workbench.preferences.disputes import disputed_pairs, open_again, settle
from workbench.preferences.exclusions import leave_out, rules, take_in_again
from workbench.preferences.leaderboard import leaderboard
from workbench.preferences.voting import record_vote
from workbench.preferences.voting_settings import VotingSettings, save_voting_settings, voting_settings
from workbench.workspace import Workspace


def frozen(ws: Workspace, folder: Path) -> list[tuple[str, str, int]]:
    freeze_pairs(ws, folder, votes="people")
    rows = pq.read_table(folder / "pairs.parquet").to_pylist()
    return [(row["prompt"], row["chosen"], row["votes"]) for row in rows]


def test_a_rule_changes_what_is_trained_on_and_its_end_changes_it_back(ws: Workspace, tmp_path: Path) -> None:
    pair = add_pair(ws, "Where?", "good", "bad")
    for name, choice in (("kim", "a"), ("clicker", "b"), ("clacker", "b")):
        add_vote(ws, pair, name, choice)  # type: ignore[arg-type]
    assert frozen(ws, tmp_path) == [("Where?", "bad", 3)]
    for name in ("clicker", "clacker"):
        leave_out(ws, annotator=name, note="clicks through", by="kim")
    assert frozen(ws, tmp_path) == [("Where?", "good", 1)]
    assert [row.votes for row in leaderboard(ws, source="people")] == [1, 1]
    found = rules(ws)
    assert [(rule.sentence, rule.votes, rule.note) for rule in found] == [
        ("Votes of clicker", 1, "clicks through"),
        ("Votes of clacker", 1, "clicks through"),
    ]
    for rule in found:
        take_in_again(ws, rule.id, "kim")
    assert frozen(ws, tmp_path) == [("Where?", "bad", 3)]
    assert rules(ws) == []
    with pytest.raises(NotFound):
        take_in_again(ws, found[0].id, "kim")


def test_votes_that_were_too_fast(ws: Workspace) -> None:
    for number, seconds in enumerate((0.5, 3.0, None)):
        pair = add_pair(ws, f"{number}?")
        record_vote(ws, pair_id=pair.id, annotator_name="kim", choice="left", seconds=seconds)
    leave_out(ws, faster_than=1, by="kim")
    assert [vote.seconds for vote in ws.votes.live()] == [3.0, None]
    assert rules(ws)[0].sentence == "All votes given in less than 1 seconds"
    leave_out(ws, annotator="kim", faster_than=5, by="kim")
    assert [vote.seconds for vote in ws.votes.live()] == [None]


def test_rules_that_say_nothing_are_refused(ws: Workspace) -> None:
    with pytest.raises(InvalidInput, match="Say whose"):
        leave_out(ws, by="kim")
    with pytest.raises(InvalidInput, match="no annotator named"):
        leave_out(ws, annotator="nobody", by="kim")
    for seconds in (0, -1, float("nan"), 1e9):
        with pytest.raises(InvalidInput, match="between"):
            leave_out(ws, faster_than=seconds, by="kim")
    leave_out(ws, faster_than=2, by="kim")
    with pytest.raises(InvalidInput, match="already"):
        leave_out(ws, faster_than=2, by="kim")


def test_disputed_pairs_the_most_even_first(ws: Workspace) -> None:
    even, leaning, clear = (add_pair(ws, prompt) for prompt in ("Even?", "Leaning?", "Clear?"))
    for pair, choices in ((even, "ab"), (leaning, "aab"), (clear, "aa")):
        for number, choice in enumerate(choices):
            add_vote(ws, pair, f"person {number}", choice)  # type: ignore[arg-type]
    add_vote(ws, clear, "bot", "b", simulated=True)
    disputes = disputed_pairs(ws)
    assert [dispute.pair.prompt for dispute in disputes] == ["Even?", "Leaning?"]
    assert [(name, vote.choice) for name, vote in disputes[0].votes] == [("person 0", "a"), ("person 1", "b")]


def test_a_settlement_goes_before_the_votes_until_it_is_taken_back(ws: Workspace, tmp_path: Path) -> None:
    pair = add_pair(ws, "Where?", "good", "bad")
    add_vote(ws, pair, "kim", "a")
    add_vote(ws, pair, "lee", "b")
    with pytest.raises(NotReady):
        frozen(ws, tmp_path)
    settle(ws, pair.id, "b", "  it names the floor ", "kim")
    assert frozen(ws, tmp_path) == [("Where?", "bad", 2)]
    (dispute,) = disputed_pairs(ws)
    assert dispute.settlement is not None
    assert (dispute.settlement.choice, dispute.settlement.comment) == ("b", "it names the floor")
    settle(ws, pair.id, "a", "on second thoughts", "lee")
    assert frozen(ws, tmp_path) == [("Where?", "good", 2)]
    open_again(ws, pair.id, "lee")
    assert disputed_pairs(ws)[0].settlement is None
    with pytest.raises(NotReady):
        frozen(ws, tmp_path)
    with pytest.raises(NotFound):
        settle(ws, "nope", "a", "", "kim")
    with pytest.raises(InvalidInput, match="a, b or tie"):
        settle(ws, pair.id, "left", "", "kim")  # type: ignore[arg-type]


def test_settings_are_kept_and_checked(ws: Workspace) -> None:
    assert voting_settings(ws) == VotingSettings()
    chosen = VotingSettings(people_per_pair=3, reasons=(" right  facts ", "right facts", ""), guidelines="Be **fair**.")
    save_voting_settings(ws, chosen, "kim")
    assert voting_settings(ws) == chosen
    assert chosen.reasons == ("right facts",)
    with pytest.raises(ValueError, match="at most 7"):
        VotingSettings(reasons=tuple("abcdefgh"))
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        VotingSettings(people_per_pair=0)
