"""What the report claims rests on these: nobody trains on what it is tested on, and nobody reads the hidden rule."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq

from tests.demo.test_annotators import _fill
from workbench.demo.annotators import simulate_votes
from workbench.demo.company import load_demonstrations
from workbench.demo.load import load_demo_company
from workbench.demonstrations.snapshots import freeze_demonstrations, freeze_pairs
from workbench.demonstrations.splits import normalise_prompt
from workbench.preferences.config import PairsConfig
from workbench.preferences.generate import choose_prompts
from workbench.runs.frozen_data import read_demonstrations
from workbench.workspace import Workspace


def test_splits_are_disjoint_by_fact_wording_and_each_fact_is_asked_in_training() -> None:
    splits = defaultdict(set)
    wordings = defaultdict(set)
    trained_facts, tested_facts = set(), set()
    for row in load_demonstrations():
        splits[normalise_prompt(row.prompt)].add(row.split)
        wordings[row.fact_id, row.wording].add(row.split)
        (trained_facts if row.split == "train" else tested_facts).add(row.fact_id)
    assert all(len(found) == 1 for found in splits.values())
    assert all(len(found) == 1 for found in wordings.values())
    assert tested_facts == trained_facts, "a held-out wording asks for a fact that training taught"


def test_the_frozen_data_keeps_the_companys_splits(workspace: Workspace, tmp_path: Path) -> None:
    assert load_demo_company(workspace) == len(load_demonstrations())
    assert load_demo_company(workspace) == 0
    freeze_demonstrations(workspace, tmp_path)
    company = {row.prompt: row.split for row in load_demonstrations()}
    frozen = read_demonstrations(tmp_path)
    assert len(frozen) == len(company)
    assert {row.prompt: row.split for row in frozen} == company


def test_pairs_keep_the_split_of_their_prompt(workspace: Workspace, tmp_path: Path) -> None:
    load_demo_company(workspace)
    freeze_demonstrations(workspace, tmp_path)
    rows = read_demonstrations(tmp_path)
    company = {row.prompt: row.split for row in load_demonstrations()}
    chosen = choose_prompts(rows, PairsConfig(model_id="base", limit=100))
    assert len(chosen) == 100
    assert {row.split for row in chosen} == {"train", "validation", "test"}
    assert all(company[row.prompt] == row.split for row in chosen)


def test_what_the_reward_model_reads_holds_votes_and_texts_alone(workspace: Workspace, tmp_path: Path) -> None:
    _fill(workspace, pairs=6)
    simulate_votes(workspace)
    freeze_pairs(workspace, tmp_path, votes="simulated")
    table = pq.read_table(tmp_path / "pairs.parquet")
    assert set(table.column_names) == {"pair_id", "prompt", "chosen", "rejected", "split", "votes", "margin"}
