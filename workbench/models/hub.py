"""Base models of the Hugging Face hub: what the cache of this machine has, what the hub says, fetching the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from workbench.errors import ModelError
from workbench.models.facts import TOKENIZER_FILES, WEIGHTS_AND_TEXT, ModelFacts, facts_of
from workbench.models.spec import ModelSpec

T = TypeVar("T")
TIMEOUT_SECONDS = 10.0


def cached_snapshot(repo: str, revision: str | None) -> tuple[str, Path] | None:
    """Commit and folder of a revision in this machine's cache; None where it is not there."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, "config.json", revision=revision)
    if not isinstance(found, str):
        return None
    folder = Path(found).parent
    return folder.name, folder


def facts_from_hub(spec: ModelSpec, online: bool) -> ModelFacts:
    """What the hub says of a model that is not, or not wholly, in the cache.

    Raises:
        ModelError: the hub knows no such model, wants a sign-in, or cannot be reached.
    """
    from huggingface_hub import HfApi

    if not online:
        raise ModelError(f"{spec.base} is not on this machine.")
    info = _asked(
        spec,
        lambda: HfApi().model_info(spec.base, revision=spec.revision, files_metadata=True, timeout=TIMEOUT_SECONDS),
    )
    files = {file.rfilename: int(file.size or 0) for file in info.siblings or ()}
    problems = []
    if not any(name.endswith(".safetensors") for name in files):
        problems.append(f"{spec.base} has no safetensors weights; pickled ones can run code and are never loaded.")
    if not files.keys() & {*TOKENIZER_FILES}:
        problems.append(f"{spec.base} has no tokenizer.")
    template = "chat_template.jinja" in files or (
        "tokenizer_config.json" in files and bool(_small(spec, info.sha, "tokenizer_config.json").get("chat_template"))
    )
    return facts_of(
        spec.base,
        "hub",
        info.sha,
        _small(spec, info.sha, "config.json"),
        [] if problems else _headers(spec, info.sha),
        own_template=template,
        licence=getattr(info.card_data, "license", None) if info.card_data else None,
        download_bytes=sum(size for name, size in files.items() if any(Path(name).match(p) for p in WEIGHTS_AND_TEXT)),
        problems=problems,
    )


def _small(spec: ModelSpec, commit: str | None, name: str) -> dict[str, Any]:
    """A JSON file of the model, fetched."""
    from huggingface_hub import hf_hub_download

    path = _asked(spec, lambda: hf_hub_download(spec.base, name, revision=commit))
    content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return content


def _headers(spec: ModelSpec, commit: str | None) -> list[dict[str, Any]]:
    """Shapes and types of its tensors, from the heads of its weight files."""
    from huggingface_hub import get_safetensors_metadata

    metadata = _asked(spec, lambda: get_safetensors_metadata(spec.base, revision=commit))
    return [
        {name: {"shape": tensor.shape, "dtype": tensor.dtype} for name, tensor in file.tensors.items()}
        for file in metadata.files_metadata.values()
    ]


def pinned(spec: ModelSpec) -> ModelSpec:
    """The same model at a commit that cannot move; unchanged where it is no hub model or has one already.

    Raises:
        ModelError: the commit is neither in the cache nor can the hub be asked.
    """
    from workbench.models.loading import is_hub_id

    if not is_hub_id(spec.base) or (spec.revision and len(spec.revision) == 40):
        return spec
    if (found := cached_snapshot(spec.base, spec.revision)) is not None:
        return spec.model_copy(update={"revision": found[0]})
    from huggingface_hub import HfApi

    info = _asked(spec, lambda: HfApi().model_info(spec.base, revision=spec.revision, timeout=TIMEOUT_SECONDS))
    return spec.model_copy(update={"revision": info.sha})


def download(spec: ModelSpec, on_progress: Callable[[int, int], None]) -> None:
    """Fetch weights and texts of a hub model into the cache; what is there already is not fetched again.

    Args:
        on_progress: called with bytes fetched and bytes in all.

    Raises:
        ModelError: the hub cannot be reached, or breaks off.
    """
    from huggingface_hub import snapshot_download
    from tqdm.auto import tqdm  # type: ignore[import-untyped]

    class Reporting(tqdm):  # type: ignore[misc]
        """The library's only way to say how far it is."""

        def update(self, n: float | None = 1) -> Any:
            shown = super().update(n)
            # Bytes are counted twice, as they come over the network and as they reach the disk: the latter are told.
            if self.unit == "B" and self.total and "econstruct" in (self.desc or ""):
                on_progress(int(self.n), int(self.total))
            return shown

    _asked(
        spec,
        lambda: snapshot_download(
            spec.base, revision=spec.revision, allow_patterns=list(WEIGHTS_AND_TEXT), tqdm_class=Reporting
        ),
    )


def _asked(spec: ModelSpec, question: Callable[[], T]) -> T:
    """The hub's answer, its refusals as sentences."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    at = f"{spec.base} at {spec.revision}" if spec.revision else spec.base
    try:
        return question()
    except GatedRepoError as error:
        raise ModelError(
            f"{spec.base} is gated: accept its terms on huggingface.co, sign in with `hf auth login`, and try again."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(f"{spec.base} has no revision '{spec.revision}'.") from error
    except RepositoryNotFoundError as error:
        raise ModelError(f"Hugging Face has no model {spec.base}, or it is private; check the spelling.") from error
    except HFValidationError as error:
        raise ModelError(f"'{spec.base}' is neither a folder nor a Hugging Face id (owner/name).") from error
    except Exception as error:  # offline, a name that does not resolve, a time limit, the hub's own trouble
        raise ModelError(
            f"{at} is not on this machine, and huggingface.co cannot be asked ({type(error).__name__}). Connect, or "
            "bring the model's folder here and give its path."
        ) from error
