"""How many tokens a text has for a model, counted without loading the model, torch or transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.models.loading import base_source
from workbench.models.spec import ModelSpec

FILE = "tokenizer.json"


def token_counts(spec: ModelSpec, texts: Sequence[str]) -> list[int] | None:
    """The number of tokens of each text, without those of a chat template; None where this tokenizer cannot be read
    by itself (no ``tokenizer.json``, or a model that was never fetched).

    Raises:
        ModelError: the model's folder is not there.
    """
    file = _tokenizer_file(spec)
    if file is None:
        return None
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception:  # the library raises nothing more precise for a file that it cannot read
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [len(found.ids) for found in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def _tokenizer_file(spec: ModelSpec) -> Path | None:
    source = base_source(spec)
    file = Path(source) / FILE
    if file.is_file():
        return file
    if Path(source).is_dir():
        return None
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(source, FILE, revision=spec.revision)
    return Path(cached) if isinstance(cached, str) else None
