"""The other way: from a demonstration, a vote or a person to the models that it went into."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.demonstrations.many import delete_demonstrations
from workbench.errors import InvalidInput
from workbench.models.lineage import descendants
from workbench.models.registry import list_models
from workbench.preferences.voting import undo_vote

if TYPE_CHECKING:
    from storage.votes import Vote
    from workbench.workspace import Workspace

LEARNED = {
    "sft": "learned from it",
    "reward_model": "learned from it",
    "dpo": "learned from it",
    "ppo": "its prompt was answered in PPO",
    "rloo": "its prompt was answered in RLOO",
}
MEASURED = "was measured on it"


@dataclass(frozen=True, slots=True)
class Use:
    """A run whose frozen data hold the thing, and the model that it made, if it made one."""

    run_id: str
    kind: str
    how: str
    model_id: str | None


@dataclass(frozen=True, slots=True)
class Traces:
    """What a person's demonstrations and votes went into."""

    demonstrations: tuple[str, ...]
    votes: tuple[str, ...]
    uses: tuple[Use, ...]
    models: tuple[str, ...]
    """Every model that learned from any of it, directly or through its parents and reward models, oldest first."""


def votes_with(ws: Workspace, words: str, limit: int = 50) -> dict[str, str]:
    """Votes by id, newest first, each with who chose what for which prompt; found by words of the prompt or the id."""
    votes = ws.votes.search(words, limit)
    pairs = ws.pairs.of_ids({vote.pair_id for vote in votes})
    names = {row.id: row.name for row in ws.annotators.list()}
    found = {}
    for vote in votes:
        pair, name = pairs[vote.pair_id], names.get(vote.annotator_id, vote.annotator_id)
        chosen = {"a": pair.response_a, "b": pair.response_b}.get(vote.choice)
        said = f"chose \u201c{chosen}\u201d" if chosen else "preferred neither"
        found[vote.id] = f"{pair.prompt} \u2013 {name} {said}"
    return found


def uses_of_demonstrations(ws: Workspace, ids: Collection[str]) -> list[Use]:
    """The runs whose snapshot holds one of these demonstrations, newest first; deleted ones are found too."""
    return _uses(ws, "demonstrations.parquet", "id", ids)


def uses_of_votes(ws: Workspace, vote_ids: Collection[str]) -> list[Use]:
    """The runs whose decided pairs hold a pair that one of these votes is on, newest first.

    A run freezes what the votes decided and when; votes cast after it cannot have gone in and do not count.
    """
    votes = [vote for vote in (ws.votes.find(vote_id) for vote_id in vote_ids) if vote is not None]
    began = {run.id: run.created_at for run in ws.runs.list()}
    found = {}
    for vote in votes:
        for use in _uses(ws, "pairs.parquet", "pair_id", [vote.pair_id]):
            if vote.created_at <= began[use.run_id]:
                found[use.run_id] = use
    return sorted(found.values(), key=lambda use: began[use.run_id], reverse=True)


def traces_of(ws: Workspace, person: str) -> Traces:
    """What a person wrote and how they voted, and every model that used any of it."""
    demonstrations = tuple(row.id for row in ws.demonstrations.list() if row.author == person)
    votes = _votes_of(ws, person)
    uses = [*uses_of_demonstrations(ws, demonstrations), *_uses_of_votes(ws, votes)]
    return Traces(
        demonstrations, tuple(vote.id for vote in votes), tuple(dict.fromkeys(uses)), tuple(models_of(ws, uses))
    )


def models_of(ws: Workspace, uses: Sequence[Use]) -> list[str]:
    """The models that learned from something, directly or through parents and reward models, oldest first."""
    direct = {use.model_id for use in uses if use.model_id and use.how != MEASURED}
    all_of_them = direct | set(descendants(ws, direct))
    return [model.id for model in list_models(ws) if model.id in all_of_them]


def delete_of_person(ws: Workspace, person: str, *, demonstrations: bool, votes: bool, by: str) -> Traces:
    """Take a person's demonstrations and votes out of everything that comes; returns what used them.

    Models that were trained already keep what they learned: they are in the answer's ``models``, to be trained anew or
    removed. Deleted demonstrations stay in the history and votes stay on record as taken back.

    Raises:
        InvalidInput: neither is asked for.
    """
    if not demonstrations and not votes:
        raise InvalidInput("Say what to delete: demonstrations, votes or both.")
    found = traces_of(ws, person)
    if demonstrations and found.demonstrations:
        delete_demonstrations(ws, list(found.demonstrations), by)
    if votes:
        for vote_id in found.votes:
            undo_vote(ws, vote_id, person)
    return found


def people(ws: Workspace) -> list[str]:
    """Everybody who wrote a demonstration or voted, by name; simulated annotators are nobody."""
    simulated = {row.name for row in ws.annotators.list() if row.kind == "simulated"}
    names = {row.name for row in ws.annotators.list()} | {row.author for row in ws.demonstrations.list()}
    return sorted((name for name in names - simulated if name), key=str.casefold)


def _votes_of(ws: Workspace, person: str) -> list[Vote]:
    annotator = next((row for row in ws.annotators.list() if row.name == person and row.kind == "person"), None)
    return ws.votes.live(annotator_id=annotator.id, excluded=None, occasion=None) if annotator else []


def _uses_of_votes(ws: Workspace, votes: Sequence[Vote]) -> list[Use]:
    """As `uses_of_votes`, for many votes at once: a run counts where one of them was there when it began."""
    began = {run.id: run.created_at for run in ws.runs.list()}
    pairs = {run_id: {vote.pair_id for vote in votes if vote.created_at <= start} for run_id, start in began.items()}
    uses = _uses(ws, "pairs.parquet", "pair_id", {vote.pair_id for vote in votes})
    return [use for use in uses if _holds(ws, use.run_id, "pairs.parquet", "pair_id", pairs[use.run_id])]


def _uses(ws: Workspace, file: str, column: str, ids: Collection[str]) -> list[Use]:
    if not ids:
        return []
    models = {model.run_id: model.id for model in list_models(ws) if model.run_id}
    found = []
    for run in ws.runs.list():
        split = _split_of(ws, run.id, file, column, ids)
        if split is not None:
            how = LEARNED.get(run.kind, "was in its data") if "train" in split else MEASURED
            found.append(Use(run.id, run.kind, how, models.get(run.id)))
    return found


def _holds(ws: Workspace, run_id: str, file: str, column: str, ids: Collection[str]) -> bool:
    return _split_of(ws, run_id, file, column, ids) is not None


def _split_of(ws: Workspace, run_id: str, file: str, column: str, ids: Collection[str]) -> set[str] | None:
    """The splits that these rows have in a run's frozen file; None where it holds none of them."""
    path = ws.root / "runs" / run_id / "data" / file
    if not path.is_file():
        return None
    frozen = _frozen(path, column, path.stat().st_mtime_ns)
    splits = {frozen[id] for id in ids if id in frozen}
    return splits or None


@lru_cache(maxsize=64)
def _frozen(path: Path, column: str, changed: int) -> dict[str, str]:
    """Id -> split of a frozen file. It never changes; ``changed`` is there in case somebody changes it all the same."""
    import pyarrow.parquet as pq

    del changed
    table = pq.read_table(path, columns=[column, "split"])
    return dict(zip(table.column(column).to_pylist(), table.column("split").to_pylist(), strict=True))
