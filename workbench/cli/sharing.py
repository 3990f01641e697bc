"""The commands that share what a team has made: reports, served models, backups."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.output import (
    JsonOption,
    WorkspaceOption,
    open_workspace,
    print_json,
    print_table,
    say,
    workspace_root,
)


def report(
    out: Annotated[Path, typer.Argument(metavar="OUT.html", help="File to write.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a report of the whole project as one HTML file that needs no network and prints well."""
    from workbench.report.page import write_report

    with open_workspace(workspace, "report") as ws:
        size = write_report(ws, out)
    if as_json:
        print_json({"file": str(out), "bytes": size})
    else:
        print(out)


def serve(
    model_id: Annotated[str, typer.Argument(metavar="MODEL", help="Model by id, such as sft-001.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve on.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on; only this machine by default.")] = "127.0.0.1",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a model as an OpenAI-compatible endpoint, through transformers' own server."""
    from workbench.models.registry import find_language_model
    from workbench.takeaway.serving import listed, merged_folder, missing_for_serving, serving_command

    if missing_for_serving():
        serving_command(model_id, host, port)  # says what is missing before anything is written
    with open_workspace(workspace, "serve") as ws:
        model, root = find_language_model(ws, model_id), ws.root
    say(f"Preparing {model_id} …")
    folder = merged_folder(root, model_id, model.spec)
    name, needed = listed(folder, model_id)
    say(f"Serving {model_id} at http://{host}:{port}/v1 as model {name} (Ctrl-C stops it)")
    if as_json:
        print_json({"model": model_id, "url": f"http://{host}:{port}/v1", "served_as": name})
    # With --json our own stdout carries one object, so the server's lines go to stderr.
    server = subprocess.Popen(
        serving_command(name, host, port), env=os.environ | needed, stdout=sys.stderr if as_json else None
    )
    before = {
        number: signal.signal(number, lambda *_: server.terminate()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        code = server.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    raise typer.Exit(0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else 1)


def backup(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New file that ends in .tar or .tar.gz.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the whole workspace to one file, also while the app has it open."""
    from workbench.backup.requests import ask_owner
    from workbench.backup.writing import write_backup
    from workbench.errors import WorkspaceInUse

    try:
        with open_workspace(workspace, "backup") as ws:
            made = write_backup(ws, out)
    except WorkspaceInUse as in_use:
        say("The workspace is open; its owner is asked to write the backup …")
        made = ask_owner(workspace_root(workspace).expanduser().resolve(), out, in_use)
    if as_json:
        print_json(asdict(made))
    else:
        print_table(("", "value"), list(asdict(made).items()))


def restore(
    path: Annotated[Path, typer.Argument(metavar="BACKUP", help="File that `workbench backup` wrote.")],
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new workspace from a backup, here or on another machine; --workspace names the new folder."""
    from workbench.backup.restoring import restore_backup

    root = workspace_root(workspace)
    held = restore_backup(path, root)
    if as_json:
        print_json({"workspace": str(root), **asdict(held)})
    else:
        print_table(("", "value"), [("workspace", root), *asdict(held).items()])
