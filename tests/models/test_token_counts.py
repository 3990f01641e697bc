"""Lengths in tokens, counted without the libraries that load models."""

from __future__ import annotations

import subprocess
import sys

from workbench.models.spec import ModelSpec
from workbench.models.token_counts import token_counts

TEXTS = ["Where is the HR department in Boston?", "", "word " * 700]


def test_they_are_those_of_the_model_s_own_tokenizer() -> None:
    from workbench.models.loading import load_tokenizer

    tokenizer = load_tokenizer(ModelSpec())
    wanted = [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in TEXTS]
    assert token_counts(ModelSpec(), TEXTS) == wanted
    assert wanted[2] > 512


def test_a_model_that_was_never_fetched_gives_none() -> None:
    assert token_counts(ModelSpec(base="nobody/never-fetched"), TEXTS) is None


def test_counting_loads_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from workbench.models.spec import ModelSpec; from workbench.models.token_counts import *;"
        "token_counts(ModelSpec(), ['a']); print({'torch', 'transformers'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
