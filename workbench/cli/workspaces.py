"""The command that lists the workspaces of this machine."""

from __future__ import annotations

from dataclasses import asdict

from workbench.cli.output import JsonOption, WorkspaceOption, print_json, print_table, workspace_root


def show_workspaces(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List the workspaces beside this one and those opened before; * marks the one that commands here work in."""
    from workbench.workspaces import known_workspaces

    root = workspace_root(workspace).expanduser().resolve()
    found = known_workspaces(root)
    if as_json:
        print_json({"current": str(root), "workspaces": [asdict(known) for known in found]})
        return
    rows = [
        (
            "*" if known.root == root else "",
            known.root.name,
            known.holder or "nobody",
            known.address,
            f"{known.opened:%Y-%m-%d %H:%M} UTC",
            str(known.root),
        )
        for known in found
    ]
    if all(known.root != root for known in found):
        print(f"Commands here work in {root}, which does not exist yet.")
    if rows:
        print_table(("", "workspace", "in use by", "address", "last opened", "folder"), rows)
