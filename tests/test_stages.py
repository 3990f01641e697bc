"""SFT, pairs, reward model and PPO in their own code, on a few demonstrations: what each leaves for the next."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from storage.demonstrations import Demonstration
from workbench.demo.annotators import simulate_votes
from workbench.demo.load import load_demo_company
from workbench.errors import InvalidInput, ModelError, NotFound, NotReady
from workbench.evaluation.measures import MEASURES
from workbench.launch import launch_evaluation, launch_pairs, launch_ppo, launch_reward_model, launch_sft
from workbench.models.loading import EMBEDDED_DIR, load_merged, load_tokenizer
from workbench.models.registry import get_model
from workbench.ppo.config import PPOConfig, PPORunConfig
from workbench.preferences.config import PairsConfig
from workbench.preferences.voting import next_pair
from workbench.preferences.voting_settings import VotingSettings, save_voting_settings
from workbench.reward_model.config import RewardModelConfig
from workbench.reward_model.scoring import RewardModel
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Started, Stopped
from workbench.runs.ingest import ingest
from workbench.runs.run_dir import RunDir
from workbench.runs.worker import STAGES
from workbench.sft.config import SFTConfig
from workbench.workspace import Workspace

SFT = SFTConfig(epochs=2, batch_size=16, evaluate_limit=4, max_new_tokens=8)
PPO = PPOConfig(
    total_episodes=32,
    batch_size=8,
    minibatch_size=4,
    max_new_tokens=8,
    checkpoint_every=2,
    sample_every=2,
    evaluate_every=0,
)


def run_stage(ws: Workspace, run_id: str, stop_at: int | None = None) -> Finished | Stopped:
    """Run a launched stage in this process; ``stop_at`` asks it to stop once its metrics reach that step."""
    import importlib

    context = RunContext.for_directory(ws.root / "runs" / run_id)
    emit = context.emit

    def watch(event: Any) -> None:
        emit(event)
        if stop_at is not None and event.type == "metric" and event.step >= stop_at:
            context.request_stop()

    context.emit = watch  # type: ignore[method-assign]
    module, function = STAGES[context.dir.config["kind"]].split(":")
    stage: Callable[[RunContext], Finished | Stopped] = getattr(importlib.import_module(module), function)
    torch.manual_seed(1 if stop_at is None else 2)  # a fresh process stands anywhere in torch's randomness
    ended = stage(context)
    emit(ended)
    context.close()
    ingest(ws, run_id)
    return ended


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace in which all four steps have run, briefly."""
    with Workspace.open(tmp_path_factory.mktemp("loop"), owner="test") as ws:
        load_demo_company(ws)
        keep_facts(ws, facts=20)
        assert isinstance(run_stage(ws, launch_sft(ws, SFT, "test")), Finished)
        pairs = PairsConfig(model_id="sft-001", max_new_tokens=8, temperature=1.5)
        assert isinstance(run_stage(ws, launch_pairs(ws, pairs, "test")), Finished)
        simulate_votes(ws)
        reward_model = RewardModelConfig(model_id="sft-001", votes="simulated", epochs=4, batch_size=4)
        assert isinstance(run_stage(ws, launch_reward_model(ws, reward_model, "test")), Finished)
        ppo = PPORunConfig(despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=4, ppo=PPO)
        assert isinstance(run_stage(ws, launch_ppo(ws, ppo, "test")), Finished)
        yield ws


def keep_facts(ws: Workspace, facts: int) -> None:
    rows = ws.demonstrations.list()
    kept = sorted({row.fact_id or "" for row in rows})[:facts]
    for row in rows:
        if row.fact_id not in kept:
            ws.demonstrations.delete(row.id, "test")


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
    run_stage(loop, launch_evaluation(loop, config_for_base(), "test"))
    alone = {row.prompt: row.response for row in loop.answers.list(run_id="evaluation-001", model_id="base")}
    assert base == {prompt: alone[prompt] for prompt in base}


def config_for_base() -> Any:
    from workbench.evaluation.config import EvaluationConfig

    return EvaluationConfig(model_ids=("base",), limit=4, max_new_tokens=SFT.max_new_tokens)


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


def test_the_ppo_adapter_changes_the_model_when_it_is_loaded_again(loop: Workspace) -> None:
    ids = torch.tensor([[5, 60, 70, 80]])
    with torch.no_grad():
        logits = [load_merged(get_model(loop, m).spec, loop.root)(ids).logits for m in ("base", "sft-001", "ppo-001")]
    assert (logits[0] - logits[1]).abs().max() > 1e-2
    assert (logits[1] - logits[2]).abs().max() > 1e-4


@pytest.mark.parametrize("kind", ["sft", "reward_model", "ppo"])
def test_a_stopped_run_goes_on_and_ends_with_the_same_weights(loop: Workspace, kind: str) -> None:
    launchers = {
        "sft": lambda: launch_sft(loop, SFT, "test"),
        "reward_model": lambda: launch_reward_model(
            loop, RewardModelConfig(model_id="sft-001", votes="simulated", epochs=4, batch_size=4), "test"
        ),
        "ppo": lambda: launch_ppo(
            loop,
            PPORunConfig(despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=4, ppo=PPO),
            "test",
        ),
    }
    run_id = launchers[kind]()
    stopped = run_stage(loop, run_id, stop_at=2)
    assert isinstance(stopped, Stopped)
    assert stopped.step >= 2
    assert isinstance(run_stage(loop, run_id), Finished)
    weights = {"sft": ".", "reward_model": "adapter", "ppo": "policy"}[kind]
    whole = load_file(loop.root / "runs" / f"{kind}-001" / "final" / weights / "adapter_model.safetensors")
    resumed = load_file(loop.root / "runs" / run_id / "final" / weights / "adapter_model.safetensors")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_checkpoint_torn_by_a_kill_is_not_resumed_from(loop: Workspace) -> None:
    run_id = launch_sft(loop, SFT, "test")
    stopped = run_stage(loop, run_id, stop_at=2)
    checkpoints = loop.root / "runs" / run_id / "checkpoints"
    shutil.copytree(checkpoints / f"checkpoint-{stopped.step}", checkpoints / "checkpoint-99")  # type: ignore[union-attr]
    (checkpoints / "checkpoint-99" / "DONE").unlink()
    (checkpoints / "checkpoint-99" / "adapter_model.safetensors").write_bytes(b"torn")
    assert isinstance(run_stage(loop, run_id), Finished)
    assert not (checkpoints / "checkpoint-99").exists()


def test_long_rows_are_reported_and_break_nothing(loop: Workspace) -> None:
    rows = loop.demonstrations.list(split="train", limit=2)
    loop.demonstrations.add_many(
        [
            _variant(rows[0], "long-answer", prompt="Explain it all", response="Ünïcödé **words** [x](http://y) " * 80),
            _variant(rows[1], "long-prompt", prompt="Why, " * 900 + "why?", response="Because."),
        ]
    )
    run_id = launch_sft(loop, SFT.model_copy(update={"epochs": 1, "max_length": 128}), "test")
    try:
        assert isinstance(run_stage(loop, run_id), Finished)
        notices = [notice.message for notice in loop.notices.list(run_id)]
        assert any("longer than 128 tokens" in notice for notice in notices)
        assert any("alone fill 128 tokens" in notice for notice in notices)
        ppo = PPO.model_copy(update={"total_episodes": 8, "max_prompt_tokens": 64})
        config = PPORunConfig(despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=2, ppo=ppo)
        ppo_id = launch_ppo(loop, config, "test")
        assert isinstance(run_stage(loop, ppo_id), Finished)
        assert any("left out" in notice.message for notice in loop.notices.list(ppo_id))
    finally:
        for name in ("long-answer", "long-prompt"):
            loop.demonstrations.delete(name, "test")


def _variant(row: Demonstration, name: str, **changes: str) -> Demonstration:
    return replace(row, id=name, **changes)  # type: ignore[arg-type]


def test_a_model_folder_can_be_the_start_and_says_what_it_lacks(loop: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "brought"
    shutil.copytree(EMBEDDED_DIR, folder)
    config = SFT.model_copy(update={"model_id": str(folder), "epochs": 0.5})
    run_id = launch_sft(loop, config, "test")
    assert isinstance(run_stage(loop, run_id), Finished)
    assert get_model(loop, run_id).spec.base == str(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no weights"):
        launch_sft(loop, config, "test")


def test_launching_without_what_a_step_needs_says_so_and_leaves_nothing(workspace: Workspace) -> None:
    with pytest.raises(NotReady, match="no approved demonstration"):
        launch_sft(workspace, SFT, "test")
    with pytest.raises(NotFound, match="no model 'sft-009'"):
        launch_pairs(workspace, PairsConfig(model_id="sft-009"), "test")
    load_demo_company(workspace)
    with pytest.raises(NotReady, match="No pair has been decided"):
        launch_reward_model(workspace, RewardModelConfig(model_id="base"), "test")
    with pytest.raises(InvalidInput, match="no reward model"):
        launch_ppo(workspace, PPORunConfig(reward_model_id="base"), "test")
    assert workspace.runs.list() == []
    assert list((workspace.root / "runs").iterdir()) == []


# --- PPO: more than its default way -----------------------------------------------------------------------------------


def run_ppo(ws: Workspace, watch: Callable[[RunContext, Any], None] | None = None, **settings: Any) -> str:
    """Launch PPO with settings of the run and, under ``ppo``, of the engine; run it to its end; returns its id."""
    engine = PPO.model_copy(update=settings.pop("ppo", {}))
    config = PPORunConfig(
        despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=2, **settings, ppo=engine
    )
    run_id = launch_ppo(ws, config, "test")
    resume_ppo(ws, run_id, watch)
    return run_id


def resume_ppo(ws: Workspace, run_id: str, watch: Callable[[RunContext, Any], None] | None = None) -> None:
    from workbench.ppo.run import run

    context = RunContext.for_directory(ws.root / "runs" / run_id)
    emit = context.emit

    def tell(event: Any) -> None:
        emit(event)
        if watch is not None:
            watch(context, event)

    context.emit = tell  # type: ignore[method-assign]
    newest = context.dir.latest_checkpoint()
    try:
        emit(Started(pid=0, resumed_from_step=newest[0] if newest else None))
        emit(run(context))
    finally:
        context.close()
        ingest(ws, run_id)


def figures(ws: Workspace, run_id: str) -> dict[tuple[int, str], float]:
    """All metrics but those that time the machine."""
    frame = ws.metrics.series(run_id)
    rows = zip(frame["step"], frame["name"], frame["value"], strict=True)
    return {(step, name): value for step, name, value in rows if not name.startswith(("seconds/", "throughput/tokens"))}


def weights_of(ws: Workspace, run_id: str) -> dict[str, torch.Tensor]:
    return load_file(ws.root / "runs" / run_id / "final/policy/adapter_model.safetensors")


def test_a_steered_run_that_crashed_ends_as_one_that_did_not(loop: Workspace) -> None:
    from workbench.runs.steering import steer

    def steering(context: RunContext, event: Any) -> None:
        if event.type == "metric" and event.step == 2 and "loss/policy" in event.values:
            steer(context.dir, kl_coef=0.9, learning_rate=2e-3, checkpoint=1.0)

    whole = run_ppo(loop, steering)
    messages = [notice.message for notice in loop.notices.list(whole)]
    assert f"After update 2: kl_coef from {PPO.kl_coef:g} to 0.9." in messages
    assert figures(loop, whole)[(3, "objective/kl_coef")] == 0.9
    assert figures(loop, whole)[(2, "objective/kl_coef")] == PPO.kl_coef

    def crashing(context: RunContext, event: Any) -> None:
        steering(context, event)
        if event.type == "metric" and event.step == 4:
            raise KeyboardInterrupt

    engine = PPO.model_copy(update={"checkpoint_every": 99})
    config = PPORunConfig(despite_verdict=True, reward_model_id="reward_model-001", evaluate_limit=2, ppo=engine)
    run_id = launch_ppo(loop, config, "test")
    with pytest.raises(KeyboardInterrupt):
        resume_ppo(loop, run_id, crashing)
    run_dir = RunDir(loop.root / "runs" / run_id)
    assert run_dir.complete_checkpoints().keys() == {2}, "the checkpoint that was asked for"
    shutil.rmtree(run_dir.checkpoints)  # so it goes back to before the change, and has to make it again
    run_dir.control_path.unlink()
    resume_ppo(loop, run_id)
    ours, theirs = weights_of(loop, run_id), weights_of(loop, whole)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_best_checkpoint_is_kept_and_can_be_given_out(loop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.ppo.evaluation import Evaluator

    worth = iter([3.0, 9.0, 1.0, 2.0])
    monkeypatch.setattr(Evaluator, "worth", lambda *_: next(worth))
    settings = {"evaluate_every": 1, "checkpoint_every": 1, "keep_checkpoints": 1, "publish": "best"}
    run_id = run_ppo(loop, ppo=settings)
    run_dir = RunDir(loop.root / "runs" / run_id)
    assert run_dir.complete_checkpoints().keys() == {2, 3, 4}, "the best one, and three that nothing spoke against"
    assert loop.runs.get(run_id).summary["best_step"] == 2
    best = torch.load(run_dir.checkpoints / "checkpoint-2" / "ppo_state.pt", weights_only=True)["parameters"]
    given = weights_of(loop, run_id)
    for name, value in given.items():
        assert torch.equal(value, best[name.replace("base_model.model", "model.base_model.model").replace(
            ".weight", ".policy.weight")])  # fmt: skip
    names = set(loop.metrics.latest(run_id))
    assert {"eval/score", "eval/reward", "eval/kl", "eval/length", "eval/repetition"} <= names


def test_a_new_run_branches_from_a_checkpoint(loop: Workspace) -> None:
    with pytest.raises(NotFound, match="no checkpoint of step '3'; it has: 2, 4"):
        run_ppo(loop, branch_from="ppo-001:3")
    with pytest.raises(InvalidInput, match="no PPO run"):
        run_ppo(loop, branch_from="sft-001")
    run_id = run_ppo(loop, branch_from="ppo-001:2", ppo={"total_episodes": 8})
    values = figures(loop, run_id)
    assert abs(values[(1, "objective/kl")]) > 1e-6, "it starts where the other one was, away from the SFT model"
    assert get_model(loop, run_id).parent_id == "sft-001"


def test_full_fine_tuning_gives_a_whole_model(loop: Workspace) -> None:
    run_id = run_ppo(loop, ppo={"total_episodes": 16, "method": "full", "learning_rate": 1e-4})
    model = get_model(loop, run_id)
    assert model.spec.adapters == ()
    ids = torch.tensor([[5, 60, 70, 80]])
    with torch.no_grad():
        ours, sft = (load_merged(get_model(loop, name).spec, loop.root)(ids).logits for name in (run_id, "sft-001"))
    assert 1e-6 < (ours - sft).abs().max() < 5.0


def test_a_reward_model_on_another_trunk_scores_texts(loop: Workspace) -> None:
    """The base model is optimised against a reward model that was built on the SFT model."""
    run_id = run_ppo(loop, model_id="base", ppo={"total_episodes": 8})
    assert get_model(loop, run_id).spec.adapters == (f"runs/{run_id}/final/policy",)
    assert get_model(loop, run_id).parent_id == "base"
    with pytest.raises(InvalidInput, match="Say with model_id which model"):
        launch_ppo(loop, PPORunConfig(reward_model_id="some/classifier"), "test")


# --- beside PPO: the alarm, the verdict, DPO and RLOO -----------------------------------------------------------------


def test_the_alarm_pauses_a_run_once_and_it_goes_on_when_told(loop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.diagnosis.hacking import Alarm
    from workbench.ppo import watch
    from workbench.runs.steering import steer

    def alarm(series: Any, *, ended: bool) -> Alarm | None:  # noqa: ARG001
        late = max((step for step, _ in series.get("eval/score", [(0, 0.0)])), default=0) >= 2
        return Alarm("Since update 0 the score has risen, but it repeats itself.", (), 0, 0.0, 1.0) if late else None

    monkeypatch.setattr(watch, "hacking_alarm", alarm)
    paused: list[int] = []

    def go_on(context: RunContext, event: Any) -> None:
        if event.type == "steered" and event.setting == "pause" and event.after == 1.0:
            paused.append(event.step)
            steer(context.dir, pause=False)

    settings = {"evaluate_every": 1, "evaluation_prompts": 4}
    run_id = run_ppo(loop, go_on, pause_on_alarm=True, ppo=settings)
    assert paused == [2]
    messages = [notice.message for notice in loop.notices.list(run_id)]
    assert "Reward-hacking alarm: Since update 0 the score has risen, but it repeats itself." in messages
    assert [(row.step, row.setting) for row in loop.interventions.list(run_id)] == [(2, "pause"), (2, "pause")]
    first = loop.metrics.series(run_id, ["eval/win_rate", "eval/kl"])
    assert first[first.step == 0].set_index("name")["value"].to_dict() == pytest.approx(
        {"eval/win_rate": 0.5, "eval/kl": 0.0}, abs=1e-4
    )


def test_a_verdict_judges_all_candidates_and_makes_models_of_checkpoints(loop: Workspace) -> None:
    from workbench.launch_verdict import judged_steps, launch_verdict
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
        assert torch.equal(value, saved[key])
    with pytest.raises(NotFound, match="no checkpoint of step 3"):
        launch_verdict(loop, VerdictConfig(run_id="ppo-001", checkpoints=(3,)), "test")
    with pytest.raises(InvalidInput, match="nothing to judge"):
        launch_verdict(loop, VerdictConfig(run_id="sft-001"), "test")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dpo", "rloo"])
def test_other_ways_to_use_the_votes_give_models_with_the_same_measures(loop: Workspace, kind: str) -> None:
    from workbench.alternatives.config import DPORunConfig, RLOORunConfig
    from workbench.launch_alternatives import launch_dpo, launch_rloo

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


# --- reward models of several members, and what they are used for -----------------------------------------------------


def test_an_ensemble_is_one_model_for_ppo_and_for_the_best_of_n(loop: Workspace) -> None:
    from workbench.launch import launch_best_of_n
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
