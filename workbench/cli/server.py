"""The command that opens the app in the browser."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType
from typing import Annotated

import typer

from workbench.cli.output import JsonOption, WorkspaceOption, print_json, workspace_root


def open_app(
    workspace: WorkspaceOption = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to serve on. Default: 8501 or the next free.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Open the workbench in the browser (serves on this machine only)."""
    # A process of its own: this package knows nothing of the pages, which build on it.
    # -P: a folder called pages where one happens to stand must not be taken for ours.
    command = [sys.executable, "-P", "-m", "pages.launch", "--workspace", str(workspace_root(workspace))]
    if port is not None:
        command += ["--port", str(port)]
    # With --json our own stdout carries one object at the end, so the server's lines go to stderr.
    server = subprocess.Popen(command, stdout=sys.stderr if as_json else None)

    def end_server(_number: int, _frame: FrameType | None) -> None:
        # Ctrl-C in a terminal reaches the server too; SIGTERM after it changes nothing, a second SIGINT would.
        if server.poll() is None:
            server.terminate()

    before = {number: signal.signal(number, end_server) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = server.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    code = 128 - code if code < 0 else code
    if as_json:
        print_json({"exit_code": code})
    raise typer.Exit(code)
