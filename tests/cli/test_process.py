"""The command line as a process: what it loads, its help, pipes and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "transformers", "trl", "sentence_transformers", "streamlit", "pandas", "duckdb", "pyarrow", "numpy")


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = f"import sys, workbench.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert run_python(code).stdout.strip() == "[]"


def test_help_answers_at_once() -> None:
    before = os.times()
    found = run_python("import workbench.cli; workbench.cli.main()", "--help")
    after = os.times()
    assert found.returncode == 0
    for command in ("app", "demo", "import", "export", "sft", "reward-model", "ppo", "pairs", "evaluate"):
        assert f" {command} " in found.stdout
    # Processor time, as the machine may be busy: some 0.3 s, and far from the seconds that torch takes.
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 1.0


def test_output_into_a_closed_pipe_is_no_defect(root: Path) -> None:
    environment = os.environ | {"WORKBENCH_WORKSPACE": str(root)}
    command = f"{sys.executable} -c 'import workbench.cli; workbench.cli.main()' models --json | true"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment, check=False)
    assert found.stderr == ""


def test_the_app_is_a_child_that_ends_with_us(tmp_path: Path) -> None:
    # A stand-in for the pages: it serves until it is told to end.
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "__init__.py").touch()
    (tmp_path / "pages" / "launch.py").write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))\n"
        "print('serving', sys.argv[1:], flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import workbench.cli; workbench.cli.main()",
            "app",
            "--workspace",
            "w",
            "--port",
            "8600",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "serving ['--workspace', 'w', '--port', '8600']\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    process.stdout.close()
