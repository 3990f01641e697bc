"""Family trees: from a model back to base weights, data and votes, and from data forward to models."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.models import Model
from storage.pairs import Pair
from storage.responses import Response
from storage.runs import Run
from workbench.demonstrations.editing import add_demonstration
from workbench.errors import NotFound
from workbench.models.freshness import stale_models
from workbench.models.lineage import descendants, family_tree
from workbench.models.spec import ModelSpec
from workbench.models.uses import (
    Use,
    delete_of_person,
    people,
    traces_of,
    uses_of_demonstrations,
    uses_of_votes,
    votes_with,
)
from workbench.preferences.voting import record_vote
from workbench.runs.comparing import dependents, differences
from workbench.runs.run_dir import RunDir
from workbench.workspace import Workspace

LATER = datetime.now(UTC) + timedelta(hours=1)


def add_run(
    ws: Workspace, run_id: str, kind: Any, parent: str, models: tuple[str, ...], **data: dict[str, str]
) -> None:
    """A finished run of later today with its folder, frozen rows (id -> split) and model."""
    folder = RunDir(ws.root / "runs" / run_id)
    for name, rows in data.items():
        _freeze(folder.data / f"{name}.parquet", "pair_id" if name == "pairs" else "id", rows)
    config = {"reward_model_id": "reward_model-001"} if kind == "ppo" else {}
    hashes = {f"{name}.parquet": f"hash of {name}" for name in data}
    folder.write_config({"models": {model: {} for model in models}, "data": hashes, "config": config})
    when = LATER + timedelta(minutes=len(ws.models.list()))
    times = {"created_at": when, "started_at": when, "finished_at": when}
    ws.runs.add(Run(run_id, kind, run_id, "finished", f"runs/{run_id}", config, "Ada", **times))
    spec = ModelSpec(adapters=(f"runs/{run_id}/final",)).model_dump(mode="json")
    ws.models.add(Model(run_id, run_id, kind, spec, run_id, parent, when))


def _freeze(path: Path, column: str, rows: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({column: list(rows), "split": list(rows.values())}), path)


@pytest.fixture
def team(workspace: Workspace) -> Workspace:
    """Ada's demonstration trains, Ben's is held out; Cy votes; SFT, reward model and PPO stand on each other."""
    now = datetime.now(UTC)
    ada = add_demonstration(workspace, prompt="Where is HR?", response="Third floor.", author="Ada", split="train")
    ben = add_demonstration(workspace, prompt="Where is IT?", response="Cellar.", author="Ben", split="test")
    responses = [Response(f"r{side}", None, "sft-001", "Where is HR?", side, 0, 1.0, now) for side in "ab"]
    workspace.responses.add_many(responses)
    workspace.pairs.add_many(
        [Pair("p1", None, "Where is HR?", ada.id, "train", "ra", "rb", "a", "b", "sft-001", "sft-001", now)]
    )
    record_vote(workspace, pair_id="p1", annotator_name="Cy", choice="left")
    rows = {ada.id: "train", ben.id: "test"}
    add_run(workspace, "sft-001", "sft", "base", ("base",), demonstrations=rows)
    add_run(workspace, "reward_model-001", "reward_model", "sft-001", ("sft-001",), pairs={"p1": "train"})
    add_run(workspace, "ppo-001", "ppo", "sft-001", ("sft-001", "reward_model-001"), demonstrations=rows)
    return workspace


def demonstration(ws: Workspace, author: str) -> str:
    return next(row.id for row in ws.demonstrations.list() if row.author == author)


def test_a_tree_goes_back_to_base_weights_data_and_votes(team: Workspace) -> None:
    tree = family_tree(team, "ppo-001")
    assert {(edge.source, edge.label, edge.target) for edge in tree.edges} == {
        ("model:base", "started from", "run:sft-001"),
        ("data:hash of demonstrations", "learned from", "run:sft-001"),
        ("run:sft-001", "made", "model:sft-001"),
        ("model:sft-001", "started from", "run:reward_model-001"),
        ("data:hash of pairs", "learned from", "run:reward_model-001"),
        ("run:reward_model-001", "made", "model:reward_model-001"),
        ("model:sft-001", "started from", "run:ppo-001"),
        ("model:reward_model-001", "scored by", "run:ppo-001"),
        ("data:hash of demonstrations", "learned from", "run:ppo-001"),
        ("run:ppo-001", "made", "model:ppo-001"),
    }
    nodes = {node.key: node for node in tree.nodes}
    assert len(nodes["model:base"].facts["sha256"]) == 64
    assert nodes["data:hash of demonstrations"].facts["rows"] == "2"
    assert nodes["data:hash of pairs"].facts["decided pairs"] == "1"
    assert "was its run deleted" in nodes["model:sft-001"].facts["problem"]


def test_every_edge_leads_to_a_deeper_column(team: Workspace) -> None:
    tree = family_tree(team, "ppo-001")
    depth = tree.depth()
    assert all(depth[edge.source] < depth[edge.target] for edge in tree.edges)
    assert (depth["model:base"], depth["model:ppo-001"]) == (0, 6)


def test_a_parent_that_is_gone_is_said_to_be_gone(team: Workspace) -> None:
    team.models.delete("reward_model-001")
    gone = next(node for node in family_tree(team, "ppo-001").nodes if node.title == "reward_model-001")
    assert gone.facts == {"state": "was deleted"}
    with pytest.raises(NotFound):
        family_tree(team, "reward_model-001")


def test_forward_from_a_demonstration_and_a_vote(team: Workspace) -> None:
    assert uses_of_demonstrations(team, [demonstration(team, "Ada")]) == [
        Use("ppo-001", "ppo", "its prompt was answered in PPO", "ppo-001"),
        Use("sft-001", "sft", "learned from it", "sft-001"),
    ]
    assert {use.how for use in uses_of_demonstrations(team, [demonstration(team, "Ben")])} == {"was measured on it"}
    vote = team.votes.live()[0]
    assert [use.run_id for use in uses_of_votes(team, [vote.id])] == ["reward_model-001"]
    assert uses_of_demonstrations(team, ["nothing"]) == []


def test_votes_are_found_by_words_of_the_prompt_or_their_id_and_not_once_taken_back(team: Workspace) -> None:
    (vote,) = team.votes.live()
    words = {vote.id: f"Where is HR? \u2013 Cy chose \u201c{vote.choice}\u201d"}
    assert votes_with(team, "where is hr") == votes_with(team, vote.id) == votes_with(team, "") == words
    assert votes_with(team, "canteen") == {}
    team.votes.undo(vote.id)
    assert votes_with(team, "") == {}


def test_a_persons_traces_lead_through_to_models_built_on_models(team: Workspace) -> None:
    assert traces_of(team, "Ada").models == ("sft-001", "reward_model-001", "ppo-001")
    assert traces_of(team, "Cy").models == ("reward_model-001", "ppo-001")
    assert traces_of(team, "Ben").models == ()
    assert people(team) == ["Ada", "Ben", "Cy"]
    assert descendants(team, ["reward_model-001"]) == ["ppo-001"]


def test_deleting_what_a_person_contributed_names_the_models_that_used_it(team: Workspace) -> None:
    found = delete_of_person(team, "Cy", demonstrations=True, votes=True, by="Ada")
    assert found.models == ("reward_model-001", "ppo-001")
    assert team.votes.count() == 0
    assert len(team.votes.list()) == 1  # on record, as taken back
    assert delete_of_person(team, "Ada", demonstrations=True, votes=False, by="Ada").models[0] == "sft-001"
    assert [row.author for row in team.demonstrations.list()] == ["Ben"]


def test_a_vote_cast_after_a_run_began_did_not_go_into_it(team: Workspace) -> None:
    for run in team.runs.list():
        team.database.run_write(
            lambda cursor, run=run: cursor.execute("UPDATE runs SET created_at = '2020-01-01' WHERE id = ?", [run.id])
        )
    assert uses_of_votes(team, [team.votes.live()[0].id]) == []


def test_a_run_that_others_stand_on_says_which(team: Workspace) -> None:
    assert dependents(team, "sft-001").models == ("reward_model-001", "ppo-001")
    assert dependents(team, "ppo-001").removable


def test_runs_differ_by_what_differs(team: Workspace) -> None:
    runs = [team.runs.get("ppo-001"), team.runs.get("sft-001")]
    assert differences(runs) == {"reward_model_id": ("reward_model-001", None)}
    assert differences([runs[0], runs[0]]) == {}


def test_models_go_stale_when_their_data_or_the_models_before_them_change(team: Workspace) -> None:
    assert stale_models(team) == []
    for run in team.runs.list():
        team.database.run_write(
            lambda cursor, run=run: cursor.execute("UPDATE runs SET created_at = '2020-01-01' WHERE id = ?", [run.id])
        )
    reasons = {stale.kind: stale.reasons for stale in stale_models(team)}
    assert reasons == {
        "sft": ("2 demonstrations changed since it was trained.",),
        "reward_model": ("1 vote came in since it was trained.",),
    }
    add_run(team, "sft-002", "sft", "base", ("base",))
    reasons = {stale.kind: stale.reasons for stale in stale_models(team)}
    assert "It was built on sft-001; sft-002 is newer." in reasons["ppo"]
