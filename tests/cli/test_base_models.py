"""Base models on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli
from workbench.models.loading import EMBEDDED_DIR


def test_a_base_is_looked_at_added_listed_and_removed(cli: Cli, root: Path) -> None:
    assert cli("models", "look", "embedded", "--json").json["context"] == 1024
    assert "own" in cli("models", "look", EMBEDDED_DIR).out
    added = cli("models", "add", EMBEDDED_DIR, "--id", "ours", "--json").json
    assert added == {"model": "ours", "base": str(EMBEDDED_DIR), "revision": None}
    again = cli("models", "add", EMBEDDED_DIR)
    assert (again.code, "already" in again.err) == (1, True)
    assert [model["id"] for model in cli("models", "--json").json["models"]] == ["base", "ours"]
    assert cli("models", "remove", "ours").out.strip() == "Removed ours"
    assert root.is_dir()
    gone = cli("models", "look", "/nowhere/model")
    assert (gone.code, gone.err.count("\n")) == (1, 1)
