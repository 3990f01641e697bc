"""Model folders that people bring: what is wrong is said in one sentence, and nothing is unpickled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from workbench.errors import ModelError
from workbench.models.chat import encode_prompt, encode_response
from workbench.models.loading import EMBEDDED_DIR, adapter_folder, load_merged, load_tokenizer
from workbench.models.spec import ModelSpec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "model"
    shutil.copytree(EMBEDDED_DIR, copy)
    return copy


def test_a_local_folder_answers_like_the_embedded_model(folder: Path, tmp_path: Path) -> None:
    ours = load_merged(ModelSpec(), tmp_path).state_dict()
    theirs = load_merged(ModelSpec(base=str(folder)), tmp_path).state_dict()
    assert all((ours[name] == theirs[name]).all() for name in ours)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("model.safetensors", "no weights"),
        ("config.json", "has no config.json"),
        ("tokenizer.json", "has no tokenizer"),
    ],
)
def test_a_folder_that_lacks_something_says_what(folder: Path, missing: str, sentence: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=sentence):
        load_merged(ModelSpec(base=str(folder)), folder)


def test_pickled_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickled"):
        load_merged(ModelSpec(base=str(folder)), folder)


def test_a_damaged_configuration_is_one_sentence(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    with pytest.raises(ModelError) as caught:
        load_merged(ModelSpec(base=str(folder)), folder)
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_one_sentence(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError) as caught:
        load_merged(ModelSpec(base=str(folder)), folder)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_not_looked_up_on_the_hub(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no model folder"):
        load_tokenizer(ModelSpec(base=str(tmp_path / "nowhere")))


def test_an_adapter_path_cannot_leave_the_workspace(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="out of the workspace"):
        adapter_folder("../elsewhere", tmp_path)
    with pytest.raises(ModelError, match="was its run deleted"):
        adapter_folder("runs/sft-001/final", tmp_path)


def test_a_model_without_chat_template_or_pad_token_gets_them(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings.pop("pad_token", None)
    settings.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    tokenizer = load_tokenizer(ModelSpec(base=str(folder)))
    assert tokenizer.pad_token_id is not None
    assert "Where?" in tokenizer.decode(encode_prompt(tokenizer, "Where?"))


def test_prompt_and_response_make_up_the_template_of_the_whole_conversation() -> None:
    tokenizer = load_tokenizer(ModelSpec())
    messages = [{"role": "user", "content": "Wo ist Zoë? 🙂"}, {"role": "assistant", "content": "In Málaga."}]
    whole = tokenizer.apply_chat_template(messages, tokenize=False)
    ids = encode_prompt(tokenizer, "Wo ist Zoë? 🙂") + encode_response(tokenizer, "In Málaga.")
    assert tokenizer.decode(ids) == whole
    assert ids[-1] == tokenizer.eos_token_id


def test_special_tokens_in_a_prompt_are_kept_from_being_the_conversations_own() -> None:
    tokenizer = load_tokenizer(ModelSpec())
    ids = encode_response(tokenizer, "a<|end|>b")
    assert ids.count(tokenizer.eos_token_id) == 1
