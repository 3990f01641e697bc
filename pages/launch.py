"""Start the app: ``python -m pages.launch --workspace DIR [--port N]``.

Binds 127.0.0.1, takes the next free port where the wanted one is taken, and says the address in one line.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.workspace import Workspace, default_workspace
from workbench.workspaces import APP, remember

PROJECT = Path(__file__).resolve().parent.parent
ADDRESS = "127.0.0.1"
FIRST_PORT = 8501
PORTS_TRIED = 50
MEGABYTE = 1024 * 1024


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; the exit status is 0 then, 1 where the app could not start."""
    options = _parse(arguments)
    workspace = options.workspace.expanduser().resolve()
    try:
        # Asked before the server starts, so that the answer is one sentence in this terminal.
        Workspace.open(workspace, owner=APP).close()
        listener = _listen(options.port)
    except WorkbenchError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The app cannot listen on {ADDRESS}:{options.port}: {error.strerror}.", file=sys.stderr)
        return 1
    port = listener.getsockname()[1]
    if options.port not in (0, port):
        print(f"Port {options.port} is taken; using {port}.", file=sys.stderr)
    _set_environment(workspace, port)
    remember(workspace, f"http://{ADDRESS}:{port}")
    print(f"RLHF workbench: http://{ADDRESS}:{port}  (workspace {workspace}; Ctrl-C stops it)", flush=True)
    _serve(listener)
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pages.launch", description="Serve the RLHF workbench.")
    parser.add_argument("--workspace", type=Path, default=default_workspace(), help="folder of the team's data")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help=f"wanted port (default {FIRST_PORT})")
    return parser.parse_args(arguments)


def _listen(wanted: int) -> socket.socket:
    """A listening socket on the wanted port or the next free one.

    Raises:
        OSError: none of the ports tried can be had.
    """
    last = min(wanted + PORTS_TRIED, 65535)
    for port in range(wanted, last + 1):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # A restart may take its port back at once; another listener still makes the bind fail.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, port))
            listener.listen(128)
        except OSError:
            listener.close()
            if port == last:
                raise
        else:
            return listener
    raise OSError(0, "there is no such port")


def _set_environment(workspace: Path, port: int) -> None:
    """What Streamlit reads when it is imported: its configuration's folder, its address."""
    os.environ["WORKBENCH_WORKSPACE"] = str(workspace)
    os.environ["STREAMLIT_SERVER_ADDRESS"] = ADDRESS
    os.environ["STREAMLIT_SERVER_PORT"] = str(port)
    # .streamlit/config.toml is found from the working directory.
    os.chdir(PROJECT)


def _serve(listener: socket.socket) -> None:
    import uvicorn

    from pages.server import app

    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        use_colors=False,
        ws="websockets-sansio",
        ws_max_size=64 * MEGABYTE,
        # A browser tab keeps its websocket open for ever; leaving must not wait for it.
        timeout_graceful_shutdown=3,
    )
    # uvicorn leaves in good order, then sends itself the signal again: that must not count as a failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        print("Stopped. Runs that were started go on.", file=sys.stderr)
    finally:
        listener.close()


if __name__ == "__main__":
    sys.exit(main())
