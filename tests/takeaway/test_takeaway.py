"""Taking models away: cards of facts, packages that load elsewhere, GGUF and serving where they can be had."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from tests.pages import seeding
from workbench.errors import ModelError, NotReady
from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.takeaway import serving
from workbench.takeaway.card import model_card
from workbench.takeaway.gguf import HOW, go_template, modelfile, write_gguf
from workbench.takeaway.markdown import code, table, text
from workbench.takeaway.package import check_package, write_package
from workbench.takeaway.process import package_in_child
from workbench.takeaway.serving import listed, merged_folder, serving_command
from workbench.workspace import Workspace

SPEC = ModelSpec(adapters=("runs/sft-001/final",))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace's folder with one adapter that changes the base model's logits."""
    root = tmp_path_factory.mktemp("trained")
    torch.manual_seed(0)
    model: Any = get_peft_model(
        load_merged(ModelSpec(), root), LoraConfig(r=2, target_modules=["up_proj"], task_type="CAUSAL_LM")
    )
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    model.save_pretrained(str(root / SPEC.adapters[0]))
    return root


# --- the card -------------------------------------------------------------------------------------


def test_the_card_states_counts_measures_votes_and_the_verdict(workspace: Workspace) -> None:
    seeding.whole_team(workspace)
    verdict = {"verdict": "care", "reasons": ["It likes *long* answers."], "next": [], "ppo_settings": {}}
    run = workspace.runs.get("reward_model-001")
    workspace.runs.update(run.id, summary=run.summary | {"verdict": verdict})
    for run_id, models in (("ppo-001", ("sft-001", "reward_model-001")), ("reward_model-001", ("sft-001",))):
        config = {"models": {model: {} for model in models}, "data": {}, "config": {"kl_coef": 0.6}}
        (workspace.root / "runs" / run_id / "config.json").write_text(json.dumps(config))
    card = model_card(workspace, "ppo-001")
    for wanted in (
        "tags: [rlhf-workbench, sft, rlhf, ppo]",
        "optimised by PPO against reward_model-001",
        "## Intended use",
        "| kl\\_coef | `0.6` |",
        "95.0% (88.0% – 102.0%)",
        "81% (95% interval 72% – 88%) of 88 held-out pairs",
        "24 votes on 12 pairs by 2 annotators.",
        "used with care",
        "It likes \\*long\\* answers.",
    ):
        assert wanted in card, wanted


def test_the_card_says_what_is_not_known_and_marks_simulated_votes(workspace: Workspace) -> None:
    assert "It was not measured on held-out prompts." in model_card(workspace, "base")
    seeding.demonstrations(workspace)
    sft = seeding.sft(workspace)
    reward = seeding.reward_model(workspace, sft, source="simulated")
    ppo = seeding.ppo(workspace, reward, sft)
    config = {"models": {sft: {}, reward: {}}, "data": {}, "config": {}}
    (workspace.root / "runs" / ppo / "config.json").write_text(json.dumps(config))
    card = model_card(workspace, ppo)
    assert "All votes are simulated" in card
    assert "its biases were not looked for" in card


def test_what_people_typed_is_no_markdown() -> None:
    assert text("a|b\n*c* <x>") == r"a\|b \*c\* \<x\>"
    assert code("a`b") == "`a'b`"
    assert table(("A",), [("x|y",)]).splitlines()[-1] == r"| x\|y |"


# --- packages -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_package_loads_with_plain_transformers_and_peft_and_gives_the_same_logits(
    trained: Path, tmp_path: Path
) -> None:
    said = package_in_child(trained, SPEC, "# Card", tmp_path / "out", gguf=False)
    assert said["parts"] == ["merged", "adapter", "base"]
    assert str(said["checked"]).startswith("merged: logits differ by at most 0.0e+00")
    assert (tmp_path / "out" / "merged" / "README.md").read_text() == "# Card"
    assert not list(tmp_path.glob(".taking-away-*"))
    with pytest.raises(ModelError, match="not empty"):
        package_in_child(trained, SPEC, "# Card", tmp_path / "out")
    # The check sees a model that is another one: the base in place of the merged model.
    for file in (tmp_path / "out" / "base").glob("*.safetensors"):
        (tmp_path / "out" / "merged" / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelError, match=r"not the same model"):
        check_package(tmp_path / "out")


def test_a_model_that_cannot_be_loaded_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="was its run deleted"):
        write_package(tmp_path, SPEC, "card", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def converter(folder: Path, body: str) -> Path:
    """A stand-in for llama.cpp's converter, called as that one is."""
    path = folder / "convert_hf_to_gguf.py"
    path.write_text(body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_without_the_converter_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LLAMA_CPP_DIR", raising=False)
    assert write_gguf(tmp_path, None) == HOW


def test_the_converter_is_found_called_and_its_refusal_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_CPP_DIR", str(tmp_path))
    tokenizer = load_tokenizer(ModelSpec())
    converter(tmp_path, "import sys\nsys.exit('Model LlamaForSomething is not supported')")
    assert "LlamaForSomething is not supported" in str(write_gguf(tmp_path, tokenizer))
    assert not (tmp_path / "Modelfile").exists()
    converter(
        tmp_path,
        "import sys, pathlib\n"
        "assert sys.argv[1].endswith('merged') and sys.argv[4:] == ['--outtype', 'f16'], sys.argv\n"
        "pathlib.Path(sys.argv[3]).write_bytes(b'GGUF')",
    )
    assert write_gguf(tmp_path, tokenizer) is None
    assert (tmp_path / "Modelfile").read_text().startswith("FROM ./model.gguf\nTEMPLATE ")


def test_ollamas_template_renders_as_the_models_own() -> None:
    tokenizer = load_tokenizer(ModelSpec())
    template = go_template(tokenizer)
    assert template is not None
    own = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False, add_generation_prompt=True)
    assert template.replace("{{ .Prompt }}", "Hi").removesuffix("{{ .Response }}") == own
    assert f'PARAMETER stop "{tokenizer.eos_token}"' in modelfile("model.gguf", tokenizer)


# --- serving --------------------------------------------------------------------------------------


def test_a_server_that_is_not_installed_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "missing_for_serving", lambda: ["fastapi", "openai"])
    with pytest.raises(NotReady, match=r"fastapi, openai.*\[serve\]"):
        serving_command("model", "127.0.0.1", 8000)


def test_a_model_is_merged_once_for_the_same_weights(trained: Path) -> None:
    folder = merged_folder(trained, "sft-001", SPEC)
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    assert merged_folder(trained, "sft-001", SPEC) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == stamp
    assert merged_folder(trained, "sft-001", ModelSpec()) != folder


def test_a_served_model_is_the_one_entry_of_a_cache_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "served" / "org--model.v1-0123456789ab"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    for _ in range(2):  # served again, it is listed anew
        name, needed = listed(folder, "org/model.v1")
        assert name == "workbench/org-model-v1"
        (entry,) = Path(needed["HF_HUB_CACHE"]).iterdir()
        assert entry.name == "models--workbench--org-model-v1"
        revision = (entry / "refs" / "main").read_text()
        assert (entry / "snapshots" / revision / "config.json").read_text() == "{}"


@pytest.mark.slow
def test_the_real_openai_client_talks_to_a_served_model(trained: Path) -> None:
    openai = pytest.importorskip("openai")
    folder = merged_folder(trained, "sft-001", SPEC)
    name, needed = listed(folder, "sft-001")
    port = _free_port()
    server = subprocess.Popen(serving_command(name, "127.0.0.1", port), env=os.environ | needed)
    try:
        _wait(f"http://127.0.0.1:{port}/health", server)
        client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
        assert [model.id for model in client.models.list()] == ["workbench/sft-001"]
        messages = [{"role": "user", "content": "Where is the canteen?"}]
        whole = client.chat.completions.create(model=name, messages=messages, max_tokens=12, temperature=0)
        assert whole.choices[0].message.content
        stream = client.chat.completions.create(
            model=name, messages=messages, max_tokens=12, temperature=0, stream=True
        )
        pieces = [event.choices[0].delta.content or "" for event in stream if event.choices]
        assert "".join(pieces).strip() == whole.choices[0].message.content.strip()
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.5)
    pytest.fail(f"no answer at {url}")


def test_the_check_that_goes_with_a_package_knows_nothing_of_the_workbench() -> None:
    source = (Path(serving.__file__).parent / "check.py").read_text()
    assert "workbench" not in source
