"""Will it fit: memory worked out by hand, what to change, time, disk; settings by size; a model's facts."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.errors import InvalidInput, ModelError
from workbench.models.bases import look_at
from workbench.models.facts import ModelFacts, facts_of
from workbench.models.inspecting import licence_in
from workbench.models.loading import EMBEDDED_DIR
from workbench.models.machine import Gpu, Machine
from workbench.models.spec import ModelSpec
from workbench.sft import preflight as module
from workbench.sft.config import SFTConfig
from workbench.sft.defaults import suggested, with_suggestions
from workbench.sft.preflight import GIB, DataShape, data_shape, memory_parts, preflight, trainable_parameters

FACTS = ModelFacts("m", "folder", None, "LlamaForCausalLM", 135_000_000, 0, 8192, 49_152, 576, 30, 1536, True, None)
DATA = DataShape(rows=100, tokens=20_000, longest=256, held_out=20, exact=True)
SMALL = Machine(memory=4 * GIB, disk=100 * GIB, cores=2, gpu=None)
LORA = SFTConfig(lora_rank=8, lora_targets="all-linear", batch_size=16, max_length=512)


@pytest.fixture(autouse=True)
def a_known_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "matmul_flops", lambda: 100e9)
    monkeypatch.setattr(module, "qlora_problem", lambda: "QLoRA needs a CUDA GPU; use LoRA here.")


def test_memory_by_hand() -> None:
    parts = memory_parts(FACTS, LORA, DATA, SMALL)
    # Rank 8 on seven layers of 30 blocks: 8 · 30 · (3·(576 + 1536) + 8·576).
    trained = 8 * 30 * (3 * 2112 + 4608)
    assert trainable_parameters(FACTS, LORA) == trained == 2_626_560
    assert parts["weights"] == 4 * 135_000_000
    assert parts["training state"] == 16 * trained
    assert parts["logits"] == 16 * 256 * 49_152 * 4 * 3
    full = memory_parts(FACTS, LORA.model_copy(update={"method": "full"}), DATA, SMALL)
    assert full["weights"] + full["training state"] == 16 * 135_000_000, "weight, gradient and two moments in float32"


def test_what_does_not_fit_says_what_would_and_that_does_fit() -> None:
    found = preflight(FACTS, LORA, DATA, SMALL)
    assert not found.fits
    assert "It would fit with micro_batch_size" in found.problems[0]
    changed = LORA.model_copy(update=found.change)
    assert preflight(FACTS, changed, DATA, SMALL).fits
    milder = {name: value for name, value in found.change.items() if name == "micro_batch_size"}
    assert milder["micro_batch_size"] < 16
    assert preflight(FACTS, LORA, DATA, replace(SMALL, memory=64 * GIB)).fits


def test_nothing_makes_a_large_model_fit_a_small_machine() -> None:
    found = preflight(replace(FACTS, parameters=8_000_000_000), LORA, DATA, SMALL)
    assert found.change == {}
    assert "choose a smaller model" in found.problems[0]


def test_a_full_disk_is_seen_before_the_start() -> None:
    large = replace(FACTS, download_bytes=20 * GIB)
    found = preflight(large, LORA, DATA, replace(SMALL, memory=64 * GIB, disk=10 * GIB))
    assert "of disk" in found.problems[0]


def test_a_gpu_is_what_counts_where_there_is_one() -> None:
    machine = replace(SMALL, gpu=Gpu("H100", 80 * GIB, 70 * GIB))
    found = preflight(FACTS, LORA, DATA, machine)
    assert (found.fits, found.device, found.memory_free) == (True, "H100", 70 * GIB)
    assert found.parts["weights"] == 2 * 135_000_000


def test_time_follows_from_operations_or_from_an_earlier_run() -> None:
    low, high = preflight(FACTS, LORA, DATA, SMALL).seconds
    # 20,000 tokens × 12 passes × 4 operations per weight at half of 100 GFLOP/s, and 2 models × 96 steps of 64 rows.
    training = 20_000 * 12 * 4 * 135e6 / 50e9
    answering = 2 * 96 * 64 * 2 * 135e6 / 50e9
    assert low < 15 + training + answering < high
    known = preflight(FACTS, LORA, DATA, SMALL, tokens_per_second=1000.0).seconds
    assert known[0] < 15 + 240 + answering < known[1]
    assert known[1] - known[0] < high - low


def test_tokens_are_counted_where_the_tokenizer_is_here() -> None:
    rows = [("Where is HR?", "On floor 3.", "train"), ("Why?", "Because.", "test")]
    exact = data_shape(rows, ModelSpec())
    assert (exact.rows, exact.held_out, exact.exact) == (1, 1, True)
    assert 12 < exact.tokens < 40
    assert not data_shape(rows, ModelSpec(base="nobody/never-fetched")).exact


def test_settings_suit_the_size() -> None:
    embedded = look_at("embedded")[1]
    assert suggested(embedded) == {}, "the class's defaults are those of the embedded model"
    small = suggested(FACTS)
    large = suggested(replace(FACTS, parameters=7_000_000_000))
    assert small["learning_rate"] > large["learning_rate"] > suggested(FACTS, "full")["learning_rate"]
    assert (small["publish"], small["lora_targets"]) == ("best", "all-linear")
    assert suggested(replace(FACTS, context=512))["max_length"] == 512
    SFTConfig(**small)
    assert with_suggestions({"epochs": 1.0}, FACTS)["epochs"] == 1.0


# --- a model's facts ----------------------------------------------------------------------------------------------


def test_a_folder_says_what_it_lacks(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    shutil.copytree(EMBEDDED_DIR, folder)
    _, facts = look_at(str(folder))
    assert (facts.source, facts.own_template, facts.problems) == ("folder", True, ())
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    assert not look_at(str(folder))[1].own_template
    (folder / "model.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelError, match="damaged"):
        look_at(str(folder))
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no weights"):
        look_at(str(folder))
    with pytest.raises(ModelError, match="no model folder"):
        look_at("/nowhere/at/all")
    with pytest.raises(InvalidInput, match="Give a Hugging Face id"):
        look_at("  ")


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"architectures": ["BertForSequenceClassification"]}, "no language model"),
        ({"architectures": ["T5ForConditionalGeneration"], "is_encoder_decoder": True}, "encoder-decoder"),
        ({"architectures": ["XForCausalLM"], "auto_map": {"AutoModel": "x.py"}}, "never run here"),
        ({"architectures": ["LlamaForCausalLM"], "quantization_config": {"bits": 4}}, "quantised already"),
    ],
)
def test_what_cannot_be_used_is_said(config: dict[str, object], problem: str) -> None:
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "vocab_size": 10}
    facts = facts_of("m", "hub", None, sizes | config, [], own_template=True, licence=None)
    assert any(problem in sentence for sentence in facts.problems)


def test_licences_are_read_from_the_card() -> None:
    assert licence_in("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model\nlicense: mit\n") == "apache-2.0"
    assert licence_in("# Model\nlicense: mit\n") is None
