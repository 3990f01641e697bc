"""What the hub says of a base model that is not here."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.errors import ModelError
from workbench.models import hub
from workbench.models.inspecting import inspect_model
from workbench.models.spec import ModelSpec

COMMIT = "89abcdef" * 5
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "vocab_size": 100,
    "max_position_embeddings": 2048,
}


@pytest.fixture
def answering_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A hub that knows one model; returns its files with their sizes, to be changed."""
    files = {"config.json": 700, "model.safetensors": 5000, "tokenizer.json": 900, "pytorch_model.bin": 9000}

    def model_info(*_: Any, **asked: Any) -> Any:
        assert asked["revision"] in (None, "v2")
        siblings = [SimpleNamespace(rfilename=name, size=size) for name, size in files.items()]
        return SimpleNamespace(sha=COMMIT, siblings=siblings, card_data=SimpleNamespace(license="mit"))

    def fetch(_: str, name: str, revision: str) -> str:
        assert revision == COMMIT
        path = tmp_path / name
        path.write_text(json.dumps(CONFIG if name == "config.json" else {}))
        return str(path)

    tensors = {"model.embed_tokens.weight": SimpleNamespace(shape=[100, 64], dtype="BF16")}
    metadata = SimpleNamespace(files_metadata={"model.safetensors": SimpleNamespace(tensors=tensors)})
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", model_info)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch)
    monkeypatch.setattr("huggingface_hub.get_safetensors_metadata", lambda *_, **__: metadata)
    return files


@pytest.mark.usefixtures("answering_hub")
def test_what_must_be_downloaded_is_said_before_it_is() -> None:
    facts = inspect_model(ModelSpec(base="acme/tiny", revision="v2"))
    assert (facts.parameters, facts.weight_bytes, facts.context, facts.licence) == (6400, 12800, 2048, "mit")
    assert facts.revision == COMMIT
    assert facts.download_bytes == 700 + 5000 + 900, "pickled weights are never fetched"
    assert not facts.own_template
    assert hub.pinned(ModelSpec(base="acme/tiny", revision="v2")).revision == COMMIT


def test_only_pickles_is_no_model(answering_hub: dict[str, int]) -> None:
    del answering_hub["model.safetensors"]
    facts = inspect_model(ModelSpec(base="acme/tiny"))
    assert "never loaded" in facts.problems[0]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [("GatedRepoError", "accept its terms"), ("RevisionNotFoundError", "no revision 'v9'"), (None, "cannot be asked")],
)
def test_the_hubs_refusals_are_sentences(error: str | None, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.errors as errors

    def refuse(*_: Any, **__: Any) -> None:
        kind = ConnectionError if error is None else getattr(errors, error)
        raise kind.__new__(kind)

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", refuse)
    with pytest.raises(ModelError, match=sentence):
        inspect_model(ModelSpec(base="acme/tiny", revision="v9"))
