"""The base model starts out able to copy, which it does not learn by itself in the time it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from workbench.demo.company import BASE_MODEL_DIR
from workbench.demo.make_base_model import Recipe, copying_loss, new_model
from workbench.models.loading import load_merged
from workbench.models.spec import ModelSpec


def test_a_fresh_model_copies_and_one_without_the_circuit_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    tokenizer = AutoTokenizer.from_pretrained(BASE_MODEL_DIR)
    torch.manual_seed(0)
    assert copying_loss(new_model(Recipe(), tokenizer), tokenizer) < 1.5
    monkeypatch.setattr("workbench.demo.make_base_model.start_with_copying", lambda _: None)
    assert copying_loss(new_model(Recipe(), tokenizer), tokenizer) > 7


def test_the_shipped_model_copies() -> None:
    tokenizer = AutoTokenizer.from_pretrained(BASE_MODEL_DIR)
    assert copying_loss(load_merged(ModelSpec(), Path()), tokenizer) < 2.0
