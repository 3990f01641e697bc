"""The verdict on PPO, its alternatives, and ensembles of reward models."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.stages.running import PPO, figures, resume_ppo, run_stage
from workbench.errors import InvalidInput, NotFound
from workbench.launch.ppo import launch_ppo
from workbench.launch.reward_model import launch_reward_model
from workbench.models.loading import load_merged
from workbench.models.registry import get_model
from workbench.ppo.config import PPORunConfig
from workbench.reward_model.config import RewardModelConfig
from workbench.runs.events import Finished
from workbench.workspace import Workspace


def test_a_verdict_judges_all_candidates_and_makes_models_of_checkpoints(loop: Workspace) -> None:
    from workbench.launch.verdict import judged_steps, launch_verdict
    from workbench.verdict.config import VerdictConfig

    steps = judged_steps(loop, "ppo-001")
    assert steps == (2,), "of 2 and 4 the last is the result itself"
    config = VerdictConfig(run_id="ppo-001", checkpoints=steps, prompts=4, best_of_n=2, max_new_tokens=8)
    verdict_id = launch_verdict(loop, config, "test")
    ended = run_stage(loop, verdict_id)
    assert isinstance(ended, Finished)
    rows = {row["model"]: row for row in ended.summary["contestants"]}
    assert list(rows) == ["sft-001", "base", "best-of-2", "ppo-001-update-2", "ppo-001"]
    assert rows["sft-001"]["kl"] == 0.0
    assert rows["sft-001"]["win_rate"] == 0.5
    assert rows["best-of-2"]["kl"] == pytest.approx(0.693147 - 0.5)
    assert rows["base"]["kl"] > 1.0, "it never heard of the company"
    low, high = rows["ppo-001"]["score_gain_ci"]
    assert low <= rows["ppo-001"]["score_gain"] <= high
    measured = {(row.model_id, row.measure) for row in loop.evaluations.list(run_id=verdict_id)}
    assert {("ppo-001", "bleu"), ("best-of-2", "embedding_similarity"), ("ppo-001-update-2", "score")} <= measured

    made = get_model(loop, "ppo-001-update-2")
    assert (made.kind, made.parent_id, made.run_id) == ("ppo", "sft-001", verdict_id)
    saved = torch.load(
        loop.root / "runs/ppo-001/checkpoints/checkpoint-2/ppo_state.pt", weights_only=True
    )["parameters"]  # fmt: skip
    weights = load_file(loop.root / made.spec.adapters[-1] / "adapter_model.safetensors")
    for name, value in weights.items():
        key = name.replace("base_model.model", "model.base_model.model").replace(".weight", ".policy.weight")
        share = 0.75 if "lora_B" in name else 1.0  # as far on the way as the run itself gives out
        assert torch.equal(value, saved[key] * share)
    with pytest.raises(NotFound, match="no checkpoint of step 3"):
        launch_verdict(loop, VerdictConfig(run_id="ppo-001", checkpoints=(3,)), "test")
    with pytest.raises(InvalidInput, match="nothing to judge"):
        launch_verdict(loop, VerdictConfig(run_id="sft-001"), "test")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dpo", "rloo"])
def test_other_ways_to_use_the_votes_give_models_with_the_same_measures(loop: Workspace, kind: str) -> None:
    from workbench.alternatives.config import DPORunConfig, RLOORunConfig
    from workbench.launch.alternatives import launch_dpo, launch_rloo

    shared: dict[str, Any] = {
        "reward_model_id": "reward_model-001",
        "max_new_tokens": 8,
        "evaluations": 2,
        "evaluation_prompts": 4,
        "evaluate_limit": 4,
    }
    if kind == "dpo":
        run_id = launch_dpo(loop, DPORunConfig(**shared, epochs=1, batch_size=4), "test")
    else:
        rloo = RLOORunConfig(**shared, despite_verdict=True, total_episodes=32, batch_size=8, num_generations=2)
        run_id = launch_rloo(loop, rloo, "test")
    ended = run_stage(loop, run_id)
    assert isinstance(ended, Finished)
    assert get_model(loop, run_id).kind == kind
    assert get_model(loop, run_id).parent_id == "sft-001"
    frame = loop.metrics.series(run_id)
    names = {"eval/score", "eval/kl", "eval/win_rate", "eval/length", "eval/repetition", "eval/embedding_similarity"}
    assert names <= set(frame["name"])
    first = frame[frame.step == 0].set_index("name")["value"]
    assert first["eval/kl"] == pytest.approx(0.0, abs=1e-4), "an adapter that has learned nothing is the SFT model"
    assert first["eval/win_rate"] == 0.5
    assert frame[(frame.name == "eval/kl") & (frame.step > 0)]["value"].abs().max() > 1e-6
    assert {sample.step for sample in loop.samples.list(run_id, fixed=True)} >= {0}
    assert ended.summary["score_after"] is not None
    ids = torch.tensor([[5, 60, 70, 80]])
    with torch.no_grad():
        ours, sft = (load_merged(get_model(loop, name).spec, loop.root)(ids).logits for name in (run_id, "sft-001"))
    assert (ours - sft).abs().max() > 1e-6


def test_an_ensemble_is_one_model_for_ppo_and_for_the_best_of_n(loop: Workspace) -> None:
    from workbench.launch.reward_model import launch_best_of_n
    from workbench.reward_model.best_of_n import BestOfNConfig

    config = RewardModelConfig(model_id="sft-001", votes="simulated", epochs=1, members=2)
    reward_id = launch_reward_model(loop, config, "test")
    assert isinstance(run_stage(loop, reward_id), Finished)
    assert loop.runs.get(reward_id).summary["members"] == 2
    engine = PPO.model_copy(update={"total_episodes": 8, "combine_scores": "minimum"})
    ppo_id = launch_ppo(
        loop, PPORunConfig(reward_model_id=reward_id, evaluate_limit=2, despite_verdict=True, ppo=engine), "test"
    )
    resume_ppo(loop, ppo_id)
    values = figures(loop, ppo_id)
    assert values[(1, "objective/score_disagreement")] > 0
    best = BestOfNConfig(reward_model_id=reward_id, prompts=4, max_new_tokens=6)
    assert isinstance(run_stage(loop, launch_best_of_n(loop, best, "test")), Finished)
    curve = loop.runs.get(reward_id).summary["best_of_n"]
    assert [point["n"] for point in curve] == [1, 2, 4, 8, 16]
    scores = [point["score"] for point in curve]
    assert scores == sorted(scores)
    assert loop.runs.get(reward_id).summary["members"] == 2, "the rest of the summary stays"
