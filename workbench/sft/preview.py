"""The first batch as the model will read it, before anything is trained.

Encoding needs the model's tokenizer, and so transformers, which the server never loads: a child process does it.
Run as ``python -m workbench.sft.preview`` the module is that child: one JSON request on stdin, one reply on stdout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import ModelError, WorkbenchError
from workbench.models.spec import ModelSpec

TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row of the batch, token by token."""

    tokens: tuple[str, ...]
    """What each token stands for; special ones by their name."""
    ids: tuple[int, ...]
    loss: tuple[bool, ...]
    """Whether the token carries loss."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows that a run would read."""

    rows: tuple[PreviewRow, ...]
    cut: int
    left_out: int
    own_template: bool
    """Whether the model brings its chat template; otherwise it is the project's."""


def preview_batch(
    spec: ModelSpec, pairs: Sequence[tuple[str, str]], max_length: int, timeout: float = TIMEOUT_SECONDS
) -> Preview:
    """Encode (prompt, response) pairs exactly as the run will, in a child process.

    Raises:
        ModelError: the tokenizer cannot be loaded, or the process died or took too long.
    """
    request = {"spec": spec.model_dump(mode="json"), "pairs": [list(pair) for pair in pairs], "max_length": max_length}
    command = [sys.executable, "-P", "-m", "workbench.sft.preview"]
    try:
        done = subprocess.run(
            command, input=json.dumps(request), capture_output=True, text=True, timeout=timeout, check=False
        )
        reply = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"The tokenizer did not answer within {timeout:.0f} seconds; try again.") from error
    except (OSError, ValueError, IndexError) as error:
        raise ModelError("The tokenizer's process ended without an answer; try again.") from error
    if "error" in reply:
        raise ModelError(str(reply["error"]))
    rows = tuple(PreviewRow(tuple(r["tokens"]), tuple(r["ids"]), tuple(map(bool, r["loss"]))) for r in reply["rows"])
    return Preview(rows, reply["cut"], reply["left_out"], reply["own_template"])


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from workbench.models.loading import CHAT_TEMPLATE, load_tokenizer
    from workbench.sft.encoding import encode_rows

    tokenizer = load_tokenizer(ModelSpec.model_validate(request["spec"]))
    encoded = encode_rows(
        tokenizer, [(prompt, response) for prompt, response in request["pairs"]], request["max_length"]
    )
    return {
        "rows": [
            {"tokens": [tokenizer.decode([token]) for token in ids], "ids": ids, "loss": mask}
            for ids, mask in zip(encoded.ids, encoded.masks, strict=True)
        ],
        "cut": encoded.cut,
        "left_out": encoded.left_out,
        "own_template": tokenizer.chat_template != CHAT_TEMPLATE,
    }


def _serve() -> int:
    # What libraries print must not get into the reply.
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        reply = _answer(json.loads(sys.stdin.read()))
    except WorkbenchError as error:
        reply = {"error": str(error)}
    except Exception as error:
        reply = {"error": f"The batch could not be encoded: {type(error).__name__}: {error}"}
    output.write(json.dumps(reply) + "\n")
    output.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_serve())
