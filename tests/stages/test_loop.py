"""SFT, pairs, reward model and PPO in their own code: what each leaves for the next."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from tests.stages.running import SFT, run_stage
from workbench.evaluation.config import EvaluationConfig
from workbench.evaluation.measures import MEASURES
from workbench.launch.pairs import launch_pairs
from workbench.launch.sft import launch_evaluation
from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.registry import get_model
from workbench.preferences.config import PairsConfig
from workbench.preferences.voting import next_pair
from workbench.preferences.voting_settings import VotingSettings, save_voting_settings
from workbench.reward_model.scoring import RewardModel
from workbench.runs.events import Finished
from workbench.workspace import Workspace


def test_sft_registers_its_model_and_compares_both_models_with_the_human_answers(loop: Workspace) -> None:
    model = get_model(loop, "sft-001")
    assert (model.kind, model.parent_id, model.spec.adapters) == ("sft", "base", ("runs/sft-001/final",))
    for model_id in ("base", "sft-001"):
        measures = loop.evaluations.latest(model_id)
        assert set(measures) == set(MEASURES)
        assert measures["perplexity"].value is not None
        assert measures["bleu"].signature.startswith("nrefs:1")
        assert measures["bleu"].n == 4
    answers = loop.answers.list(run_id="sft-001")
    prompts = {row.prompt for row in loop.demonstrations.list(split="test")}
    assert {answer.model_id for answer in answers} == {"base", "sft-001", "retrieval"}
    assert len(answers) == 12
    assert {answer.held_out for answer in answers} == {"unseen wording"}
    assert all(answer.tags for answer in answers)
    assert all(answer.prompt in prompts for answer in answers), "only held-out prompts are answered"


def test_the_base_answers_are_the_base_models_own(loop: Workspace) -> None:
    """A tuned model compared with itself would look the same before and after."""
    base = {row.prompt: row.response for row in loop.answers.list(run_id="sft-001", model_id="base")}
    config = EvaluationConfig(model_ids=("base",), limit=4, max_new_tokens=SFT.max_new_tokens)
    run_id = launch_evaluation(loop, config, "test")
    run_stage(loop, run_id)
    alone = {row.prompt: row.response for row in loop.answers.list(run_id=run_id, model_id="base")}
    assert base == {prompt: alone[prompt] for prompt in base}


def test_pairs_are_two_different_responses_of_known_models_and_seeds(loop: Workspace) -> None:
    pairs = loop.pairs.list()
    assert pairs
    assert all(pair.response_a != pair.response_b for pair in pairs)
    assert {pair.model_a for pair in pairs} == {"sft-001"}
    assert len({pair.id for pair in pairs}) == len(pairs)


def test_the_reward_model_is_measured_on_held_out_prompts(loop: Workspace) -> None:
    summary = loop.runs.get("reward_model-001").summary
    held_out = sum(pair.split == "test" for pair in loop.pairs.list())
    assert 0 < summary["held_out_pairs"] <= held_out
    assert summary["accuracy_ci"][0] <= summary["accuracy"] <= summary["accuracy_ci"][1]
    scale = json.loads((loop.root / "runs/reward_model-001/final/score_scale.json").read_text())
    assert scale["scale"] > 0


def test_the_reward_model_scores_the_pairs_that_wait_for_people(loop: Workspace) -> None:
    config = PairsConfig(model_id="sft-001", new_pairs=False, score_with="reward_model-001")
    ended = run_stage(loop, launch_pairs(loop, config, "test"))
    assert isinstance(ended, Finished)
    pairs = loop.pairs.list()
    assert ended.summary["scored"] == loop.pair_scores.count() == len(pairs)
    adapters = get_model(loop, "reward_model-001").spec.adapters
    trunk = get_model(loop, "sft-001").spec
    reward_model = RewardModel(load_merged(trunk, loop.root), load_tokenizer(trunk), (loop.root / adapters[-1]).parent)
    a, b = reward_model.score([pairs[0].prompt] * 2, [pairs[0].response_a, pairs[0].response_b])
    with loop.database.read() as cursor:
        stored = dict(cursor.execute("SELECT pair_id, margin FROM pair_scores").fetchall())
    assert stored[pairs[0].id] == pytest.approx(a - b, abs=1e-4)
    save_voting_settings(loop, VotingSettings(order="informative"), "kim")
    shown = next_pair(loop, "kim")
    assert shown is not None
    assert abs(stored[shown.pair_id]) == min(abs(margin) for margin in stored.values())


def test_ppo_starts_from_the_sft_model_and_reports_before_and_after(loop: Workspace) -> None:
    model = get_model(loop, "ppo-001")
    assert model.parent_id == "sft-001"
    assert model.spec.adapters == ("runs/sft-001/final", "runs/ppo-001/final/policy")
    summary = loop.runs.get("ppo-001").summary
    assert summary["episodes"] == 32
    assert {row.model_id for row in loop.answers.list(run_id="ppo-001")} == {"sft-001", "ppo-001"}
    first = loop.metrics.series("ppo-001", ["objective/kl"])
    assert first[first.step == 1].value.item() == pytest.approx(0.0, abs=1e-4), "PPO starts at its reference"
    fixed = loop.samples.list("ppo-001", fixed=True)
    assert {sample.step for sample in fixed} == {0, 2, 4}


def test_ppo_gives_out_three_quarters_of_the_way(loop: Workspace) -> None:
    folder = loop.root / "runs/ppo-001"
    last = torch.load(folder / "checkpoints/checkpoint-4/ppo_state.pt", weights_only=True)["parameters"]
    given = load_file(folder / "final/policy/adapter_model.safetensors")
    assert loop.runs.get("ppo-001").summary["publish_share"] == 0.75
    for name, value in given.items():
        learned = last[name.replace("base_model.model", "model.base_model.model").replace(".weight", ".policy.weight")]
        assert learned.abs().max() > 0
        assert torch.equal(value, learned * (0.75 if "lora_B" in name else 1.0))


def test_the_ppo_adapter_changes_the_model_when_it_is_loaded_again(loop: Workspace) -> None:
    ids = torch.tensor([[5, 60, 70, 80]])
    with torch.no_grad():
        logits = [load_merged(get_model(loop, m).spec, loop.root)(ids).logits for m in ("base", "sft-001", "ppo-001")]
    assert (logits[0] - logits[1]).abs().max() > 1e-2
    assert (logits[1] - logits[2]).abs().max() > 1e-4
