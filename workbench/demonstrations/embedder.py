"""Embeddings without torch in this process: a child keeps the model and answers over its pipes.

The server draws pages in milliseconds because it never imports torch; the child does, at its first use, and
ends when its parent does (its input closes then). Run as ``python -m workbench.demonstrations.embedder`` the
module is that child: a JSON list of texts a line in, the number of bytes and the vectors as float32 out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from workbench.errors import ModelError

if TYPE_CHECKING:
    import numpy as np

_lock = threading.Lock()
_child: subprocess.Popen[bytes] | None = None


def embed(texts: Sequence[str]) -> np.ndarray:
    """Unit embeddings of the texts, float32 of shape (len(texts), 384); the first call takes some seconds.

    Raises:
        ModelError: the model cannot be loaded, or its process died.
    """
    import numpy as np

    if not texts:
        return np.zeros((0, 384), dtype=np.float32)
    with _lock:
        try:
            data = _ask(json.dumps(list(texts)).encode() + b"\n")
        except OSError as error:
            _stop()
            raise ModelError("The sentence embeddings could not be computed: run make setup again.") from error
    return np.frombuffer(data, dtype=np.float32).reshape(len(texts), -1)


def running() -> bool:
    """Whether the child is there; where it is not, the next call waits until it has loaded the model."""
    return _child is not None and _child.poll() is None


def _ask(line: bytes) -> bytes:
    global _child
    if not running():
        command = [sys.executable, "-P", "-m", "workbench.demonstrations.embedder"]
        quiet = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false"}
        _child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=quiet
        )
    assert _child is not None
    assert _child.stdin is not None
    assert _child.stdout is not None
    _child.stdin.write(line)
    _child.stdin.flush()
    size = _child.stdout.readline()
    if not size:
        raise OSError("the process ended")
    data = _child.stdout.read(int(size))
    if len(data) != int(size):
        raise OSError("the process ended")
    return data


def _stop() -> None:
    global _child
    if _child is not None:
        _child.kill()
        with suppress(OSError):
            _child.communicate()
    _child = None


def _serve() -> int:
    # What libraries print must not get between the vectors.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    from workbench.evaluation.embedding import embed as compute

    for line in sys.stdin.buffer:
        data = compute(json.loads(line)).tobytes()
        output.write(f"{len(data)}\n".encode() + data)
        output.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_serve())
