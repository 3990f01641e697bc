"""The command line: `workbench …`.

Thin: each command opens the workspace, calls the function that a page would call, and prints what came of it.
Nothing heavy is imported before a command needs it, so that `workbench --help` answers at once.
"""

from __future__ import annotations

from workbench.cli.main import app, main

__all__ = ["app", "main"]
