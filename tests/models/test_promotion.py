"""The chatbot is chosen by blind votes: preferred beyond doubt, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storage.votes import Vote
from tests.pages import seeding
from workbench.errors import NotFound, NotReady
from workbench.models.promotion import head_to_head, promote, promoted_model, promotions
from workbench.workspace import Workspace


@pytest.fixture
def team(workspace: Workspace) -> Workspace:
    """An SFT and a PPO model with 24 pairs between them: A is the PPO model's response."""
    seeding.demonstrations(workspace)
    seeding.model(workspace, "sft-001", "sft", "base")
    seeding.model(workspace, "ppo-001", "ppo", "sft-001")
    seeding.pairs(workspace, "ppo-001", "sft-001", number=24)
    return workspace


def cast(ws: Workspace, choices: str, simulated: bool = False, name: str = "Ada") -> None:
    """One letter for each pair: a, b or t."""
    annotator = ws.annotators.get_or_create(name, "simulated" if simulated else "person")
    names = {"a": "a", "b": "b", "t": "tie"}
    now = datetime.now(UTC)
    ws.votes.add_many(
        [
            Vote(f"{name}-{i}", f"pairs-001-{i}", annotator.id, names[c], "a", simulated, 5.0, now)  # type: ignore[arg-type]
            for i, c in enumerate(choices)
        ]
    )


def test_without_votes_nothing_is_promoted(team: Workspace) -> None:
    assert head_to_head(team, "ppo-001", "sft-001").decided == "no votes"
    with pytest.raises(NotReady, match="have not voted between it and sft-001"):
        promote(team, "ppo-001", "Ada", against="sft-001")
    assert promoted_model(team) is None


def test_clear_votes_promote_and_the_evidence_is_kept(team: Workspace) -> None:
    cast(team, "a" * 20 + "t" * 2 + "b" * 2)
    found = head_to_head(team, "ppo-001", "sft-001")
    assert (found.decided, found.votes, found.wins) == ("ahead", 24, 21.0)
    assert head_to_head(team, "sft-001", "ppo-001").decided == "behind"
    promote(team, "ppo-001", "Ada", against="sft-001")
    chosen = promoted_model(team)
    assert chosen is not None
    assert chosen.id == "ppo-001"
    (row,) = promotions(team)
    assert (row.promoted_by, row.evidence["source"], row.evidence["votes"]) == ("Ada", "people", 24)


def test_votes_that_do_not_tell_them_apart_or_too_few_promote_nothing(team: Workspace) -> None:
    cast(team, "ab" * 12)
    with pytest.raises(NotReady, match="do not yet tell it apart"):
        promote(team, "ppo-001", "Ada", against="sft-001")
    team.votes.undo("Ada-0")
    assert head_to_head(team, "ppo-001", "sft-001").decided == "open"


def test_nine_votes_are_too_few_however_one_sided(team: Workspace) -> None:
    cast(team, "a" * 9)
    assert head_to_head(team, "ppo-001", "sft-001").decided == "open"


def test_losing_votes_say_so_and_the_sft_model_can_come_back(team: Workspace) -> None:
    cast(team, "b" * 22 + "aa")
    with pytest.raises(NotReady, match="people prefer sft-001"):
        promote(team, "ppo-001", "Ada", against="sft-001")
    promote(team, "sft-001", "Ben", against="ppo-001")
    chosen = promoted_model(team)
    assert chosen is not None
    assert chosen.id == "sft-001"


def test_simulated_votes_count_only_where_they_are_asked_for(team: Workspace) -> None:
    cast(team, "a" * 24, simulated=True, name="Sim 1")
    with pytest.raises(NotReady):
        promote(team, "ppo-001", "Ada", against="sft-001")
    promote(team, "ppo-001", "Ada", against="sft-001", source="simulated")
    assert promotions(team)[0].evidence["source"] == "simulated"


def test_a_deleted_model_gives_way_to_the_one_before(team: Workspace) -> None:
    promote(team, "sft-001", "Ada", against="base")
    cast(team, "a" * 24)
    promote(team, "ppo-001", "Ada", against="sft-001")
    team.models.delete("ppo-001")
    chosen = promoted_model(team)
    assert chosen is not None
    assert chosen.id == "sft-001"
    with pytest.raises(NotFound):
        promote(team, "ppo-009", "Ada", against="sft-001")
