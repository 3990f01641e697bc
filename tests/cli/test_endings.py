"""How commands end: exit codes, and one line for each failure."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from workbench.cli.failures import ending_cleanly


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("bogus",),
        ("import", "x.csv"),
        ("import", "x.csv", "--as", "foo"),
        ("export", "demonstrations"),
        ("sft", "--config", "missing.json"),
        ("sft", "--set", "epochs"),
        ("sft", "--set", "speed=3"),
        ("sft", "--set", "epochs=abc"),
        ("ppo", "--set", "reward_model_id=x", "--set", "kl_coef=-1"),
        ("evaluate",),
        ("evaluate", "base", "--split", "holdout"),
        ("chat", "base", "--temperature", "9"),
        ("runs", "show"),
        ("app", "--port", "70000"),
    ],
)
def test_bad_usage_exits_2(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("runs", "show", "sft-009"), "There is no run 'sft-009'"),
        (("runs", "stop", "sft-009"), "There is no run 'sft-009'"),
        (("runs", "resume", "sft-009"), "There is no run 'sft-009'"),
        (("runs", "rm", "sft-009"), "There is no run 'sft-009'"),
        (("models", "show", "x"), "There is no model 'x'"),
        (("models", "export", "x"), "There is no model 'x'"),
        (("chat", "x", "--prompt", "hi"), "There is no model 'x'"),
        (("evaluate", "x"), "There is no model 'x'"),
        (("reward-model",), "There is no SFT model in this workspace yet. Train one first: workbench sft"),
        (("pairs",), "There is no SFT model"),
        (("ppo",), "There is no reward model in this workspace yet. Train one first: workbench reward-model"),
        (("sft",), "There is no approved demonstration"),
    ],
)
def test_failures_are_one_line_and_exit_1(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    found = cli(*arguments, "--json")
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith(f"error: {words}")
    assert found.err.count("\n") == 1


def test_a_defect_is_one_line_and_a_log_file(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("workbench.demonstrations.importing.read_demonstrations", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = tmp_path / "ro\udcffws.csv"  # the log file holds the command line, and this name is no text
    rows.write_text("prompt,response\nWhere is HR?,Floor 2.\n")
    found = cli("import", rows, "--as", "demonstrations", "--json")
    assert (found.code, found.out, found.err.count("\n")) == (1, "", 1)
    log = Path(found.err.split("Details: ")[1].strip())
    assert "ZeroDivisionError" in log.read_text()


def test_an_interrupted_query_is_no_defect(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, ending_cleanly():
        raise RuntimeError("Query interrupted")
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_workspace_in_use_says_by_whom(cli: Cli, root: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from workbench.workspace import Workspace\n"
            "ws = Workspace.open(Path(sys.argv[1]), owner='another team'); print('open', flush=True); time.sleep(60)",
            str(root),
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        found = cli("runs", "--json")
    finally:
        holder.kill()
        holder.communicate()
    assert (found.code, found.out) == (1, "")
    assert f"in use by another team (process {holder.pid})" in found.err
