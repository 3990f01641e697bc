"""SFT runs on the embedded model and a few rows: methods, batches, best checkpoint, early stop, pause, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.pages import seeding
from tests.stages.running import run_stage
from workbench.errors import InvalidInput, RunError
from workbench.launch.sft import launch_sft
from workbench.models.loading import EMBEDDED_DIR, load_merged, load_tokenizer
from workbench.models.registry import get_model
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import Finished
from workbench.runs.frozen_data import read_demonstrations, read_embeddings
from workbench.runs.run_dir import RunDir
from workbench.runs.steering import steer
from workbench.sft.config import SFTConfig
from workbench.sft.encoding import encode_demonstrations, encode_rows
from workbench.sft.run import _Fingerprint
from workbench.workspace import Workspace

SHORT: dict[str, Any] = {"epochs": 4, "batch_size": 4, "evaluate_limit": 2, "max_new_tokens": 4, "lora_dropout": 0.0}


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "team", owner="test") as opened:
        seeding.demonstrations(opened)
        yield opened


def finished(ws: Workspace, **settings: Any) -> tuple[str, Finished]:
    run_id = launch_sft(ws, SFTConfig(**(SHORT | settings)), "test")
    ended = run_stage(ws, run_id)
    assert isinstance(ended, Finished)
    return run_id, ended


def adapter(ws: Workspace, run_id: str) -> dict[str, torch.Tensor]:
    return load_file(ws.root / "runs" / run_id / "final" / "adapter_model.safetensors")


def test_a_run_tells_how_it_learns(ws: Workspace) -> None:
    run_id, ended = finished(ws)
    latest = ws.metrics.latest(run_id)
    assert {"train/loss", "eval/loss", "train/learning_rate", "train/grad_norm", "train/tokens_per_second"} <= set(
        latest
    )
    assert 0.1 < latest["train/memory_gib"] < 64
    samples = ws.samples.list(run_id, fixed=True)
    prompts = {sample.prompt for sample in samples}
    assert len(prompts) == 3
    assert prompts <= {row.prompt for row in ws.demonstrations.list(split="validation")}
    assert {sample.step for sample in samples} == {0, *range(2, 17, 2)}
    assert set(ended.summary) >= {"base", "tuned", "retrieval", "held_out_prompts", "seconds"}


def test_embeddings_of_human_texts_are_computed_once(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.evaluation import embedding

    first, _ = finished(ws, epochs=1)
    test = ws.demonstrations.list(split="test")
    known = ws.embeddings.of_prompts([row.response for row in test])
    assert 2 <= len(known) < len(test), "those of the two answered prompts were kept"
    second = launch_sft(ws, SFTConfig(**(SHORT | {"epochs": 1})), "test")
    frozen = read_embeddings(ws.root / "runs" / second / "data" / "embeddings.parquet")
    assert known.keys() <= frozen.keys()
    asked: list[str] = []
    compute = embedding.embed
    monkeypatch.setattr(embedding, "embed", lambda texts: asked.extend(texts) or compute(texts))
    assert isinstance(run_stage(ws, second), Finished)
    human = {text for row in ws.demonstrations.list() for text in (row.prompt, row.response)}
    assert asked
    assert not human & set(asked) - {row.response for row in ws.answers.list(run_id=second, model_id="retrieval")}
    assert first


def test_micro_batches_leave_the_learning_as_it_is(ws: Workspace) -> None:
    whole, _ = finished(ws, epochs=1, evaluate_limit=1)
    parts, _ = finished(ws, epochs=1, evaluate_limit=1, micro_batch_size=2, gradient_checkpointing=True)
    losses = [ws.metrics.series(run_id, ["train/loss", "eval/loss"]).value.tolist() for run_id in (whole, parts)]
    assert losses[0] == pytest.approx(losses[1], rel=5e-3)
    with pytest.raises(ValueError, match="must divide"):
        SFTConfig(batch_size=4, micro_batch_size=3)


def test_every_weight_can_be_trained(ws: Workspace) -> None:
    run_id, _ = finished(ws, method="full", learning_rate=1e-3)
    spec = get_model(ws, run_id).spec
    assert (spec.base, spec.adapters) == (str(ws.root / "runs" / run_id / "final"), ())
    trained, base = load_merged(spec, ws.root), load_merged(ModelSpec(), ws.root)
    moved = [not torch.equal(a, b) for a, b in zip(trained.parameters(), base.parameters(), strict=True)]
    assert all(moved)
    assert load_tokenizer(spec).chat_template == load_tokenizer(ModelSpec()).chat_template
    alone = {row.prompt: row.response for row in ws.answers.list(run_id=run_id, model_id="base")}
    other, _ = finished(ws, epochs=1)
    assert alone == {row.prompt: row.response for row in ws.answers.list(run_id=other, model_id="base")}


def test_training_ends_early_and_the_best_weights_are_given_out(ws: Workspace) -> None:
    """What is held out contradicts what is trained on: the validation loss is lowest early, then rises."""
    for row in ws.demonstrations.list(split="validation"):
        ws.demonstrations.update(replace(row, response="Yellow bananas bend slowly towards noon."), "test")
    settings = {"learning_rate": 1e-2, "early_stopping": 2, "publish": "best", "epochs": 20}
    run_id, _ = finished(ws, **settings)
    losses = ws.metrics.series(run_id, ["eval/loss"])
    assert len(losses) < 8
    assert any("ended early" in notice.message for notice in ws.notices.list(run_id))
    best = int(losses.step[losses.value.idxmin()])
    kept = RunDir(ws.root / "runs" / run_id).complete_checkpoints()
    assert best in kept
    saved = load_file(kept[best] / "adapter_model.safetensors")
    assert all(torch.equal(value, saved[name]) for name, value in adapter(ws, run_id).items())
    assert best < max(kept), "the last checkpoint is another one"


def test_a_paused_run_waits_and_goes_on(ws: Workspace) -> None:
    run_id = launch_sft(ws, SFTConfig(**SHORT), "test")
    steer(RunDir(ws.root / "runs" / run_id), pause=True)

    def go_on(context: RunContext, event: Any) -> None:
        if event.type == "progress" and event.phase == "paused":
            steer(context.dir, pause=False)

    assert isinstance(run_stage(ws, run_id, watch=go_on), Finished)
    notices = [notice.message for notice in ws.notices.list(run_id)]
    assert notices[:2] == ["Paused after update 0.", "Went on after update 0."]


def test_base_answers_from_changed_weights_are_refused() -> None:
    model, tokenizer = load_merged(ModelSpec(), EMBEDDED_DIR), load_tokenizer(ModelSpec())
    mark = _Fingerprint(model, tokenizer)
    mark.check(model)
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight.mul_(1.5)
    with pytest.raises(RunError, match="would not be its own"):
        mark.check(model)


def test_qlora_is_refused_where_it_cannot_run(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.models.machine.cuda_gpu", lambda: None)
    with pytest.raises(InvalidInput, match="QLoRA needs a CUDA GPU"):
        launch_sft(ws, SFTConfig(method="qlora"), "test")
    assert ws.runs.list() == []


def test_a_revision_is_for_hub_models(ws: Workspace) -> None:
    with pytest.raises(InvalidInput, match="no revisions"):
        launch_sft(ws, SFTConfig(revision="main"), "test")


def test_rows_are_masked_cut_and_left_out() -> None:
    tokenizer = load_tokenizer(ModelSpec())
    encoded = encode_rows(tokenizer, [("Where is HR?", "On floor 3."), ("Why?", "word " * 60), ("x " * 80, "y")], 48)
    assert (len(encoded.ids), encoded.cut, encoded.left_out) == (2, 1, 1)
    ids, mask = encoded.ids[0], encoded.masks[0]
    learned = [token for token, loss in zip(ids, mask, strict=True) if loss]
    assert tokenizer.decode(learned[:-1]).strip() == "On floor 3."
    assert learned[-1] == tokenizer.eos_token_id
    assert mask == sorted(mask), "the prompt comes first"
    assert len(encoded.ids[1]) == 48


def test_a_run_killed_while_it_answered_does_not_train_again(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, ended = finished(ws, epochs=1)

    def trains(*_: Any) -> None:
        pytest.fail("what is published was trained again")

    monkeypatch.setattr("workbench.sft.training.train", trains)
    again = run_stage(ws, run_id)
    assert isinstance(again, Finished)
    assert again.summary["tuned"] == pytest.approx(ended.summary["tuned"], nan_ok=True)
    assert again.summary["base"] == pytest.approx(ended.summary["base"], nan_ok=True)


def test_each_row_follows_once_more_reworded_and_is_counted_once(ws: Workspace) -> None:
    run_id = launch_sft(ws, SFTConfig(**SHORT), "test")
    folder = RunDir(ws.root / "runs" / run_id)
    rows = [row for row in read_demonstrations(folder.data) if row.split == "train"][:12]
    told: list[Any] = []
    context = SimpleNamespace(emit=told.append)
    tokenizer = load_tokenizer(ModelSpec())
    plain = encode_demonstrations(context, tokenizer, rows, 24)  # type: ignore[arg-type]
    notices = list(told)
    both = encode_demonstrations(context, tokenizer, rows, 24, reword_seed=3)  # type: ignore[arg-type]
    assert [notice.message for notice in told] == [notice.message for notice in notices] * 2
    assert both[: len(plain)] == plain[:]
    assert len(plain) < len(both) <= 2 * len(rows)
    again = encode_demonstrations(context, tokenizer, rows, 24, reword_seed=3)  # type: ignore[arg-type]
    assert again[:] == both[:]
    assert both[len(plain) :]["input_ids"] != plain["input_ids"]
