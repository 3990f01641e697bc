"""Sentence embeddings: the real model, loaded once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.errors import InvalidInput, ModelError
from workbench.evaluation.embedding import check_weights, embed, embedding_model, embedding_similarity


def test_embeddings_have_length_one() -> None:
    vectors = embed(["Where is HR?", "Floor 2."])
    assert vectors.shape == (2, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert embed([]).shape == (0, 384)
    assert embedding_model() is embedding_model()


def test_likeness_in_meaning_is_likeness_in_numbers() -> None:
    found = embedding_similarity(
        ["HR is on the second floor.", "HR is on the second floor.", "HR is on the second floor.", " ", "x"],
        ["HR is on the second floor.", "You find human resources on floor 2.", "Lunch is at noon.", "HR.", ""],
    )
    same, near, far, empty, no_reference = found.tolist()
    assert same == pytest.approx(1, abs=1e-5)
    assert 0.6 < near < 1
    assert far < 0.3
    assert (empty, no_reference) == (0, 0)


def test_lengths_must_fit() -> None:
    with pytest.raises(InvalidInput):
        embedding_similarity(["a"], [])


def test_other_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no weights"):
        check_weights(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(ModelError, match="not the published ones"):
        check_weights(tmp_path / "model.safetensors")


def test_embeddings_do_not_depend_on_the_texts_beside() -> None:
    texts = ["HR.", "The personnel office is on the second floor of the north building. " * 40, "", "Floor 2."]
    together = embed(texts)
    for text, vector in zip(texts, together, strict=True):
        alone = embedding_model().encode(text, normalize_embeddings=True)
        assert vector == pytest.approx(alone, abs=1e-6)
