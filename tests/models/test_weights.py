"""Hashes of weights: on disk and in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from workbench.models.spec import ModelSpec
from workbench.models.weights import base_sha256, folder_sha256, weights_fingerprint


def test_one_file_has_its_own_hash_and_several_have_the_hash_of_their_hashes(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"one")
    one = hashlib.sha256(b"one").hexdigest()
    assert folder_sha256(tmp_path) == one
    (tmp_path / "b.safetensors").write_bytes(b"two")
    two = hashlib.sha256(b"two").hexdigest()
    assert folder_sha256(tmp_path) == hashlib.sha256((one + two).encode()).hexdigest()


def test_a_file_that_changes_is_hashed_again_and_no_file_has_no_hash(tmp_path: Path) -> None:
    assert folder_sha256(tmp_path) is None
    file = tmp_path / "a.safetensors"
    file.write_bytes(b"one")
    folder_sha256(tmp_path)
    file.write_bytes(b"three")
    assert folder_sha256(tmp_path) == hashlib.sha256(b"three").hexdigest()


def test_the_embedded_base_model_has_a_hash_and_one_that_is_not_here_has_none() -> None:
    assert len(base_sha256(ModelSpec()) or "") == 64
    assert base_sha256(ModelSpec(base="nobody/has-this-model")) is None


def test_the_fingerprint_sees_any_tensor_change_and_nothing_else() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(300, 300), torch.nn.Linear(300, 2))
    before = weights_fingerprint(model)
    assert weights_fingerprint(model) == before
    with torch.no_grad():
        model[0].weight += 1e-4 * torch.randn(300, 2) @ torch.randn(2, 300)  # a LoRA of rank 2, merged
    assert weights_fingerprint(model) != before
