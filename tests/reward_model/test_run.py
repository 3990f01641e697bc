"""Whole runs on a few planted votes: what the card says, and that an interrupted ensemble ends as a whole one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from tests.reward_model.making import voted
from tests.stages.running import Watch, watched
from workbench.demo.company import load_demonstrations
from workbench.models.spec import ModelSpec
from workbench.reward_model.card import Card, read_card
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.ensemble import load_reward_model
from workbench.reward_model.probes import FILLER, HEDGE, NEUTRAL
from workbench.reward_model.run import run
from workbench.reward_model.verdict import read_verdict
from workbench.reward_model.votes import VotedPair
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Stopped
from workbench.runs.frozen_data import FrozenDemonstration
from workbench.runs.run_dir import RunDir
from workbench.runs.steering import steer

SPLITS = ("train", "train", "train", "validation", "test")
Degrade = Callable[[str, str, int], tuple[str, str]]
"""(prompt, human answer, number) -> (what the votes choose, what they reject)"""


def demonstrations(number: int) -> list[FrozenDemonstration]:
    """Short answers of the demo company, one wording of each fact."""
    rows = sorted((row for row in load_demonstrations() if row.wording == 1), key=lambda row: len(row.response))
    return [
        FrozenDemonstration(
            id=f"d{index}", prompt=row.prompt, response=row.response, split=SPLITS[index % 5], fact_id=row.fact_id,
            key_facts=tuple(row.key_facts), tags=tuple(row.tags),
        )
        for index, row in enumerate(rows[:number])
    ]  # fmt: skip


def longer_is_chosen(prompt: str, answer: str, number: int) -> tuple[str, str]:
    """The planted bias: whatever was added is preferred."""
    del prompt
    return " ".join((answer, *NEUTRAL[: 2 + number % 3])), answer


def better_is_chosen(prompt: str, answer: str, number: int) -> tuple[str, str]:
    """Clean votes: the human answer against one that is worse in some way."""
    worse = (f"{answer} {answer}", FILLER + answer, HEDGE + answer, "No idea.", f"{prompt} {answer}", prompt, "")
    return answer, (*worse, " ".join((answer, *NEUTRAL)))[number % 8]


def launched(
    workspace: Path, degrade: Degrade, rows: Sequence[FrozenDemonstration], name: str, **settings: Any
) -> Path:
    """The folder of a run that is ready to go, on the embedded base model."""
    folder = workspace / "runs" / name
    (folder / "data").mkdir(parents=True)
    pairs = []
    for number, row in enumerate(rows):
        chosen, rejected = degrade(row.prompt, row.response, number)
        first, choices = ("b", "bb") if number % 2 else ("a", "aa")
        sides = (rejected, chosen) if first == "b" else (chosen, rejected)
        pairs.append(
            voted(choices, row.split, pair_id=f"p{number}", prompt=row.prompt, response_a=sides[0],
                  response_b=sides[1], tags=row.tags, reference=row.response)
        )  # fmt: skip
    for file, kind, content in (("votes", VotedPair, pairs), ("demonstrations", FrozenDemonstration, list(rows))):
        names = list(kind.__dataclass_fields__)
        table = pa.table({field: [getattr(row, field) for row in content] for field in names})
        pq.write_table(table, folder / "data" / f"{file}.parquet")
    config = RewardModelConfig(model_id="base", **settings)
    spec = {"base": ModelSpec().model_dump(mode="json")}
    RunDir(folder).write_config({"run_id": name, "config": config.model_dump(mode="json"), "models": spec})
    return folder


def finished(folder: Path, watch: Watch | None = None) -> Finished | Stopped:
    with watched(folder, watch) as context:
        return run(context)


def card_of(folder: Path) -> Card:
    card = read_card(folder)
    assert card is not None
    return card


@pytest.fixture(scope="module")
def rows() -> list[FrozenDemonstration]:
    return demonstrations(80)


QUICK: dict[str, Any] = {"epochs": 4, "learning_rate": 2e-3, "batch_size": 12, "contrasts_per_pair": 0}


def test_votes_for_length_turn_the_card_to_not_yet_and_name_it(tmp_path: Path, rows: list[FrozenDemonstration]) -> None:
    folder = launched(tmp_path, longer_is_chosen, rows, "reward_model-001", **QUICK)
    ended = finished(folder)
    assert isinstance(ended, Finished)
    verdict = read_verdict(ended.summary)
    assert verdict is not None
    assert verdict.verdict == "not_yet"
    assert any("It likes length" in reason for reason in verdict.reasons)
    assert any("shorter response is the better one" in step for step in verdict.next)
    assert verdict.ppo_settings["length_penalty"] > 0
    assert ended.summary["baselines"]["longer"] == 1.0


def test_clean_votes_do_not(tmp_path: Path, rows: list[FrozenDemonstration]) -> None:
    folder = launched(tmp_path, better_is_chosen, rows, "reward_model-001", **QUICK)
    ended = finished(folder)
    assert isinstance(ended, Finished)
    card = card_of(folder)
    assert card.verdict.verdict in ("go", "care"), card.verdict.reasons
    effects = {row.name: row for row in card.effects}
    assert effects["length"].standing == "fine"
    assert effects["filler"].effect < 0
    assert card.accuracy > 0.6
    low, high = ended.summary["score_range"]
    assert low < 0 < high
    # Centre: the human answers to training prompts score 0 on average.
    assert ended.model is not None
    model = load_reward_model(ended.model, tmp_path)
    human = [row for row in rows if row.split == "train"]
    scores = model.score([row.prompt for row in human], [row.response for row in human])
    assert sum(scores) / len(scores) == pytest.approx(0.0, abs=1e-3)


def assert_same_weights(one: Path, other: Path) -> None:
    ours, theirs = (load_file(folder / "adapter" / "adapter_model.safetensors") for folder in (one, other))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_paused_and_stopped_ensemble_ends_as_one_that_was_left_alone(tmp_path: Path) -> None:
    rows = demonstrations(30)
    settings = {"epochs": 2, "batch_size": 6, "members": 2, "learning_curve": True, "learning_rate": 1e-3}
    whole = launched(tmp_path, better_is_chosen, rows, "reward_model-001", **settings)
    assert isinstance(finished(whole), Finished)
    broken = launched(tmp_path, better_is_chosen, rows, "reward_model-002", **settings)
    seen: list[str] = []

    def disturb(context: RunContext, event: Any) -> None:
        if event.type == "metric" and event.step == 1 and not seen:
            seen.append("paused")
            steer(context.dir, pause=True)
        elif event.type == "progress" and event.phase == "paused":
            seen.append("waited")
            steer(context.dir, pause=False)
        elif event.type == "progress" and event.phase == "training member-2" and "stopped" not in seen:
            seen.append("stopped")
            context.request_stop()

    stopped = finished(broken, disturb)
    assert isinstance(stopped, Stopped)
    assert seen == ["paused", "waited", "stopped"]
    assert stopped.step > 6, "six steps of the first member, and at least one of the second"
    torch.manual_seed(99)  # a fresh process stands anywhere in torch's randomness
    ended = finished(broken)
    assert isinstance(ended, Finished)
    for member in (".", "members/2"):
        assert_same_weights(broken / "final" / member, whole / "final" / member)
    # What was published is one model of two members that differ, and the learning curve has its four points.
    assert ended.model is not None
    model = load_reward_model(ended.model, tmp_path)
    by_member = model.member_scores([rows[0].prompt] * 2, ["On floor two.", "No idea."])
    assert by_member.shape == (2, 2)
    assert abs(by_member[0] - by_member[1]).max() > 1e-3
    assert model.score([rows[0].prompt], ["No idea."]) == [pytest.approx(by_member[:, 1].mean())]
    curve = ended.summary["learning_curve"]
    assert [point["held_out_pairs"] for point in curve] == [6] * 4
    assert [point["pairs"] for point in curve] == [4, 9, 14, 18]
    assert card_of(broken).disagreement is not None
    assert json.loads((broken / "final" / "reward_model.json").read_text())["members"] == [".", "members/2"]
