"""How many tokens a text has for a model, counted without loading the model, torch or transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.models.loading import EMBEDDED_DIR, is_hub_id
from workbench.models.spec import EMBEDDED, ModelSpec

FILE = "tokenizer.json"
CHARACTERS_PER_TOKEN = 3.5
"""A rule of thumb for texts in Latin letters, where no tokenizer is at hand; rather too many tokens than too few."""


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has, by its characters."""
    return int(len(text) / CHARACTERS_PER_TOKEN)


def token_counts(spec: ModelSpec, texts: Sequence[str]) -> list[int] | None:
    """The number of tokens of each text, without those of a chat template; None where this tokenizer cannot be read
    by itself (no ``tokenizer.json``, or a model that is not on this machine).
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
    if not is_hub_id(spec.base):
        folder = EMBEDDED_DIR if spec.base == EMBEDDED else Path(spec.base).expanduser()
        return folder / FILE if (folder / FILE).is_file() else None
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(spec.base, FILE, revision=spec.revision)
    return Path(cached) if isinstance(cached, str) else None
