"""Where a model comes from, as data: base weights, snapshots, runs, votes, reward models, checkpoints, hashes.

A run's folder says what went into it (`config.json`, the Parquet files beside it), so the tree is read from there; what
only the database knows (how many votes, by whom) is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import ModelError, NotFound, RunError
from workbench.models.registry import RegisteredModel, get_model, list_models
from workbench.models.weights import adapter_sha256, base_sha256
from workbench.runs.ingest import run_dir_of
from workbench.runs.run_dir import RunDir

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.workspace import Workspace

NodeKind = Literal["base", "demonstrations", "votes", "run", "model", "reward_model"]


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the family tree. ``key`` is unique; ``subject`` is the model's or run's id, where it is one."""

    key: str
    kind: NodeKind
    title: str
    facts: dict[str, str] = field(default_factory=dict)
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """What made what: ``source`` and ``target`` are keys of nodes."""

    source: str
    target: str
    label: str


@dataclass(frozen=True, slots=True)
class FamilyTree:
    """Everything that a model came from, the model last; every edge leads from cause to effect."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def depth(self) -> dict[str, int]:
        """For each node the length of the longest way to it, 0 for what nothing made: the columns of a drawing."""
        depth = dict.fromkeys((node.key for node in self.nodes), 0)
        for _ in self.nodes:  # at most as many rounds as nodes, as there are no cycles
            changed = False
            for edge in self.edges:
                if depth[edge.target] < depth[edge.source] + 1:
                    depth[edge.target] = depth[edge.source] + 1
                    changed = True
            if not changed:
                break
        return depth


def family_tree(ws: Workspace, model_id: str) -> FamilyTree:
    """The tree of one model.

    Raises:
        NotFound: there is no such model.
    """
    grown = _Growing(ws)
    grown.model(get_model(ws, model_id))
    return FamilyTree(tuple(grown.nodes.values()), tuple(dict.fromkeys(grown.edges)))


def descendants(ws: Workspace, model_ids: Iterable[str]) -> list[str]:
    """Ids of all models that were built on one of these or scored by one, themselves left out, oldest first."""
    known = set(model_ids)
    found: list[str] = []
    for model in list_models(ws):  # oldest first, so parents come before their children
        if model.id not in known and known & set(_made_of(ws, model)):
            known.add(model.id)
            found.append(model.id)
    return found


def run_config(ws: Workspace, run_id: str) -> dict[str, Any]:
    """What a run was started with, from its folder; empty where run or folder is gone."""
    try:
        return run_dir_of(ws, ws.runs.get(run_id)).config
    except (NotFound, RunError):
        return {}


def _made_of(ws: Workspace, model: RegisteredModel) -> list[str]:
    used = list(run_config(ws, model.run_id).get("models", {})) if model.run_id else []
    return [*used, model.parent_id] if model.parent_id else used


class _Growing:
    """Collects nodes and edges from a model backwards."""

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []

    def model(self, model: RegisteredModel) -> str:
        """Add a model and all before it; returns its key."""
        key = f"model:{model.id}"
        if key in self.nodes:
            return key
        if model.kind == "base":
            self.nodes[key] = Node(key, "base", model.id, _base_facts(model), model.id)
            return key
        run = self._run(model) if model.run_id else None
        kind: NodeKind = "reward_model" if model.kind == "reward_model" else "model"
        self.nodes[key] = Node(key, kind, model.id, _model_facts(self.ws, model), model.id)
        if run is not None:
            self.edges.append(Edge(run, key, "made"))
        elif model.parent_id:
            self._parent(model.parent_id, key, "built on")
        return key

    def _parent(self, model_id: str, key: str, label: str) -> None:
        try:
            self.edges.append(Edge(self.model(get_model(self.ws, model_id)), key, label))
        except NotFound:
            gone = f"model:{model_id}"
            self.nodes.setdefault(gone, Node(gone, "model", model_id, {"state": "was deleted"}))
            self.edges.append(Edge(gone, key, label))

    def _run(self, model: RegisteredModel) -> str | None:
        run_id = str(model.run_id)
        try:
            run = self.ws.runs.get(run_id)
        except NotFound:
            return None
        key = f"run:{run_id}"
        config = run_config(self.ws, run_id)
        folder = run_dir_of(self.ws, run)
        for name, sha256 in config.get("data", {}).items():
            # A reward model learns from votes alone; the human answers are there to measure it.
            measured = run.kind == "reward_model" and name.startswith("demonstrations")
            label = "measured on" if measured else "learned from"
            self.edges.append(Edge(self._data(run, folder, name, str(sha256)), key, label))
        for used in config.get("models", {}):
            reward = used != model.parent_id and run.kind in ("ppo", "rloo")
            self._parent(used, key, "scored by" if reward else "started from")
        self.nodes[key] = Node(key, "run", run_id, _run_facts(run, folder), run_id)
        return key

    def _data(self, run: Run, folder: RunDir, name: str, sha256: str) -> str:
        key = f"data:{sha256}"
        if key not in self.nodes:
            title = {"pairs": "Decided pairs", "votes": "Votes"}.get(name.split(".")[0], "Demonstrations")
            voted = title != "Demonstrations"
            facts = {"sha256": sha256} | (
                _vote_facts(folder.data / name, str(run.config.get("votes", "")))
                if voted
                else _demonstration_facts(self.ws, folder.data / name, sha256)
            )
            kind: NodeKind = "votes" if voted else "demonstrations"
            self.nodes[key] = Node(key, kind, title, facts)
        return key


def _base_facts(model: RegisteredModel) -> dict[str, str]:
    facts = {"weights": model.spec.base}
    if model.spec.revision:
        facts["revision"] = model.spec.revision
    try:
        facts["sha256"] = base_sha256(model.spec) or "not on this machine"
    except ModelError as error:
        facts["problem"] = str(error)
    return facts


def _model_facts(ws: Workspace, model: RegisteredModel) -> dict[str, str]:
    facts = {"made": f"{model.created_at:%Y-%m-%d %H:%M} UTC"}
    for adapter in model.spec.adapters[-1:]:
        facts["adapter"] = adapter
        try:
            facts["sha256"] = adapter_sha256(adapter, ws.root)
        except ModelError as error:
            facts["problem"] = str(error)
    return facts


def _run_facts(run: Run, folder: RunDir) -> dict[str, str]:
    facts = {"kind": run.kind, "by": run.created_by or "–", "state": run.status}
    if run.finished_at:
        facts["finished"] = f"{run.finished_at:%Y-%m-%d %H:%M} UTC"
    settings = run.config.get("ppo", run.config)
    if "seed" in settings:
        facts["seed"] = str(settings["seed"])
    if run.kind in ("ppo", "rloo"):
        published, best = run.summary.get("published"), run.summary.get("best_step")
        step = best if published == "best" else run.summary.get("updates")
        if step is not None:
            share = run.summary.get("publish_share", 1.0)
            way = f", {share:.0%} of the way from the SFT model" if share < 1 else ""
            facts["checkpoint"] = f"after update {step} ({published or 'last'}){way}"
    kept = sorted(folder.complete_checkpoints())
    if kept:
        facts["checkpoints kept"] = ", ".join(str(step) for step in kept)
    return facts


def _demonstration_facts(ws: Workspace, path: Path, sha256: str) -> dict[str, str]:
    snapshot = ws.snapshots.find("demonstrations", sha256)
    counts = dict(snapshot.counts) if snapshot else {}
    splits: dict[str, int] = {name: counts[name] for name in ("train", "validation", "test") if name in counts}
    if not splits:
        splits = _counted(path, "split")
    facts = {"rows": f"{sum(splits.values()):,}"} | {name: f"{number:,}" for name, number in sorted(splits.items())}
    if snapshot:
        facts["frozen"] = f"{snapshot.created_at:%Y-%m-%d %H:%M} UTC"
        if snapshot.name:
            facts["name"] = snapshot.name
    return facts


def _vote_facts(path: Path, source: str) -> dict[str, str]:
    splits = _counted(path, "split")
    counted = "decided pairs" if path.name.startswith("pairs") else "pairs voted on"
    facts = {counted: f"{sum(splits.values()):,}"}
    if source:
        facts["votes of"] = source
    return facts | {name: f"{number:,}" for name, number in sorted(splits.items())}


def _counted(path: Path, column: str) -> dict[str, int]:
    """Rows of a frozen file by the value of a column; empty where the file is gone."""
    import pyarrow.parquet as pq

    if not path.is_file():
        return {}
    counted = pq.read_table(path, columns=[column]).column(column).value_counts().to_pylist()
    return {str(item["values"]): int(item["counts"]) for item in counted}
