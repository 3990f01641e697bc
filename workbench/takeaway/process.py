"""Writing a package in a process of its own, so that the server never loads torch.

``python -m workbench.takeaway.process``: one JSON request on stdin, one JSON reply on stdout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

from workbench.errors import ModelError, WorkbenchError
from workbench.models.spec import ModelSpec


def package_in_child(workspace: Path, spec: ModelSpec, card: str, out: Path, *, gguf: bool = True) -> dict[str, object]:
    """Write the package in a child; returns its ``folder``, ``parts``, ``missing`` and what the check said.

    Raises:
        ModelError: as `write_package` does.
    """
    request = {
        "workspace": str(workspace),
        "spec": spec.model_dump(mode="json"),
        "card": card,
        "out": str(out),
        "gguf": gguf,
    }
    command = [sys.executable, "-P", "-m", "workbench.takeaway.process"]
    ended = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)
    try:
        reply: dict[str, object] = json.loads(ended.stdout)
    except ValueError:
        raise ModelError("The process that writes the model ended; perhaps there is too little memory.") from None
    if "error" in reply:
        raise ModelError(str(reply["error"]))
    return reply


def main() -> None:
    """Do what the request on stdin asks."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from workbench.takeaway.package import write_package

    request = json.load(sys.stdin)
    try:
        made = write_package(
            Path(request["workspace"]),
            ModelSpec.model_validate(request["spec"]),
            request["card"],
            Path(request["out"]),
            gguf=request["gguf"],
        )
        reply: dict[str, object] = {
            "folder": str(made.folder),
            "parts": list(made.parts),
            "missing": list(made.missing),
            "checked": made.checked,
        }
    except WorkbenchError as error:
        reply = {"error": str(error)}
    except Exception as error:
        traceback.print_exc()
        reply = {"error": f"The model could not be written: {type(error).__name__}: {error}"}
    replies.write(json.dumps(reply))
    replies.flush()


if __name__ == "__main__":
    main()
