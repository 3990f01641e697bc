"""What all commands share: their options, and where results and progress go.

Results go to stdout, everything else to stderr; with --json, stdout holds exactly one JSON object.
"""

from __future__ import annotations

import getpass
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from workbench.workspace import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        envvar="WORKBENCH_WORKSPACE",
        help="Folder that holds everything of one team. Default: ./workspace",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout; progress goes to stderr.")]


def open_workspace(root: Path | None, command: str) -> Workspace:
    """Opens the workspace of a command; whoever finds it in use is told which command holds it."""
    from workbench.workspace import Workspace
    from workbench.workspaces import remember

    opened = Workspace.open(workspace_root(root), owner=f"workbench {command}")
    remember(opened.root)
    return opened


def workspace_root(root: Path | None) -> Path:
    """The folder that a command works in."""
    return root or Path("workspace")


def who() -> str:
    """The name under which this person's work is kept: the login name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return "me"


def print_json(content: Mapping[str, Any]) -> None:
    """Prints one JSON object. Numbers that are not finite become null: JSON has no NaN."""
    print(json.dumps(finite(content), ensure_ascii=False, default=str, allow_nan=False))


def say(message: str) -> None:
    """One line for the person, on stderr."""
    print(message, file=sys.stderr, flush=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Prints rows in columns; text stays text, whatever marks it holds, and none of it is cut off.

    In a narrow terminal long values go on in the next line. Ids and names in the first column are kept whole: people
    copy them.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    table.columns[0].no_wrap = not any(" " in shown(row[0]) for row in rows)
    for row in rows:
        table.add_row(*[Text(shown(value)) for value in row])
    Console().print(table)


def shown(value: Any) -> str:
    """A value as a person reads it: three decimals, whole numbers without any, '–' for none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "–"
        return f"{value:.0f}" if value == int(value) else f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.1e}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return str(value)


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested values as rows, each named by its path."""
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows += flat(value, f"{prefix}{name}.")
        else:
            rows.append((f"{prefix}{name}", value))
    return rows


def finite(value: Any) -> Any:
    """The value with None for every number that is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
