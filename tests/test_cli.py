"""The command line: exit codes, one JSON object, one line per failure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from storage.runs import Run
from workbench.cli import main
from workbench.errors import NotReady, RunError
from workbench.models.spec import ModelSpec
from workbench.ppo.config import PPOConfig
from workbench.workspace import Workspace

HEAVY = ("torch", "transformers", "trl", "sentence_transformers", "streamlit", "pandas", "duckdb", "pyarrow", "numpy")


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Outcome]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def cli(root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Runs a command line in this process, in the test's workspace."""
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(root))
    monkeypatch.setenv("COLUMNS", "200")
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["workbench", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        code = ended.value.code
        return Outcome(0 if code is None else int(code), out, err)

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("prompt,response\nWhere is HR?,Floor 2.\nWho leads IT?,Ada.\n,Nobody\n")
    return path


def finished_run(run_id: str = "sft-001", **fields: Any) -> Run:
    values = {"status": "finished", "summary": {"seconds": 1.5}} | fields
    return Run(
        run_id, "sft", run_id, directory="runs/x", config={}, created_by="me", created_at=datetime.now(UTC), **values
    )


def add_sft_model(root: Path) -> None:
    from storage.models import Model

    with Workspace.open(root) as ws:
        spec = ModelSpec(adapters=("runs/sft-001/final",)).model_dump(mode="json")
        ws.models.add(Model("sft-001", "sft-001", "sft", spec, "sft-001", "base", datetime.now(UTC)))


def test_import_reports_each_row(cli: Cli, rows: Path) -> None:
    expected = {
        "format": "csv",
        "rows": 3,
        "accepted": 2,
        "duplicates": 0,
        "rejected": [{"row": 3, "reason": "the prompt is empty (line 4 of the file, the header line counted)"}],
    }
    found = cli("import", rows, "--as", "demonstrations", "--json")
    assert (found.code, found.json) == (0, expected)
    again = cli("import", rows, "--as", "demonstrations")
    assert again.out == f"{rows}: 3 rows, 0 accepted, 2 duplicates, 1 rejected\n"
    assert "row 3: the prompt is empty" in again.err


def test_several_files_are_all_read_before_any_is_stored(cli: Cli, root: Path, rows: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    found = cli("import", rows, bad, "--as", "demonstrations", "--json")
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("error: bad.json: the file is not valid JSON")
    assert found.err.count("\n") == 1
    assert not (root / "workbench.duckdb").exists()
    more = tmp_path / "more.jsonl"
    more.write_text('{"q": "When?", "a": "Now."}\n{"q": ""}\n')
    found = cli("import", rows, more, "--as", "demonstrations", "--json")
    assert (found.json["format"], found.json["rows"], found.json["accepted"]) == ("several", 5, 3)
    assert [row["file"] for row in found.json["rejected"]] == [str(rows), str(more)]


def test_import_of_pairs_and_documents(cli: Cli, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"prompt": "P?", "chosen": "good", "rejected": "bad"}\n')
    assert cli("import", pairs, "--as", "preferences", "--author", "kim", "--json").json["accepted"] == 1
    handbook = tmp_path / "handbook.md"
    handbook.write_text("## Where is HR?\n\nFloor 2.\n")
    assert cli("import", handbook, "--as", "documents", "--json").json["format"] == "markdown"
    out = tmp_path / "votes.jsonl"
    assert cli("export", "votes", out, "--json").json == {"kind": "votes", "rows": 1, "file": str(out)}
    assert json.loads(out.read_text())["annotator"] == "kim"


def test_export_and_its_failures(cli: Cli, rows: Path, tmp_path: Path) -> None:
    cli("import", rows, "--as", "demonstrations")
    assert cli("export", "demonstrations", tmp_path / "out.csv").out == f"{tmp_path / 'out.csv'}: 2 rows\n"
    found = cli("export", "demonstrations", tmp_path / "out.xlsx")
    assert (found.code, found.out) == (1, "")
    assert found.err == "error: out.xlsx: an export can be written as .jsonl .csv .parquet; name the file so.\n"


def test_agreement_and_leaderboard_of_nothing(cli: Cli) -> None:
    assert cli("agreement", "--json").json == {
        "pairs": 0,
        "votes": 0,
        "annotators": 0,
        "krippendorff_alpha": None,
        "fleiss_kappa": None,
        "cohen_kappa": {},
        "majority": {"a": 0, "b": 0, "tie": 0},
        "ci": {"krippendorff_alpha": None, "fleiss_kappa": None, "cohen_kappa": {}},
        "by_tag": {},
        "excluded": 0,
    }
    assert cli("leaderboard", "--json").json == {
        "models": [],
        "win_rates": [],
        "separation": None,
        "length_effect": None,
    }
    assert "nothing to rank" in cli("leaderboard").err


def test_agreement_and_leaderboard_of_votes(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    row = {"response_a": "x", "response_b": "y", "model_a": "base", "model_b": "sft-001"}
    lines = [
        row | {"prompt": f"{n}?", "choice": choice, "annotator": name, "simulated": name == "bot"}
        for n, choices in enumerate(("aab", "bbb", "abb"))
        for name, choice in zip(("kim", "lee", "bot"), choices, strict=True)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    cli("import", path, "--as", "preferences")
    found = cli("agreement", "--json").json
    assert (found["votes"], found["majority"]) == (6, {"a": 1, "b": 1, "tie": 1})
    assert list(found["cohen_kappa"]) == ["kim|lee"]
    models = cli("leaderboard", "--json").json["models"]
    assert [(m["model"], sorted(m)) for m in models] == [
        ("base", ["ci", "model", "strength", "votes"]),
        ("sft-001", ["ci", "model", "strength", "votes"]),
    ]
    assert models[0]["votes"] == 6
    assert cli("agreement", "--votes", "simulated", "--json").json["votes"] == 3
    assert "Cohen's kappa kim|lee" in cli("agreement").out
    audited = cli("agreement", "--audit", "--json").json["audit"]
    assert [(row["annotator"], row["votes"], row["findings"]) for row in audited] == [("kim", 3, []), ("lee", 3, [])]
    assert audited[0]["measures"]["ties"] == {
        "value": 0.0,
        "ci": audited[0]["measures"]["ties"]["ci"],
        "n": 3,
        "others": 0.0,
    }
    assert "agreement" in cli("agreement", "--audit").out
    controlled = cli("leaderboard", "--length-controlled", "--json").json
    assert controlled["length_effect"]["value"] == 0.0  # all responses are equally long
    assert [rate["votes"] for rate in controlled["win_rates"]] == [6, 6]
    assert "as good as even" in cli("leaderboard").err


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


def test_a_defect_is_one_line_and_a_log_file(
    cli: Cli, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("workbench.demonstrations.importing.read_demonstrations", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found = cli("import", rows, "--as", "demonstrations", "--json")
    assert (found.code, found.out, found.err.count("\n")) == (1, "", 1)
    log = Path(found.err.split("Details: ")[1].strip())
    assert "ZeroDivisionError" in log.read_text()


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


def test_a_stage_prints_its_outcome(cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_sft_model(root)
    launched: dict[str, Any] = {}

    def launch(_: Workspace, config: Any, created_by: str) -> str:
        launched.update(config=config, created_by=created_by)
        return "sft-001"

    def run_to_end(_: Workspace, run_id: str, on_progress: Callable[[Run], None]) -> Run:
        on_progress(finished_run(status="running", phase="training", done=1, total=4, eta_seconds=200))
        return finished_run(run_id, summary={"accuracy": float("nan"), "nested": {"x": 2}})

    monkeypatch.setattr("workbench.launch.launch_reward_model", launch)
    monkeypatch.setattr("workbench.runs.foreground.run_to_end", run_to_end)
    found = cli("reward-model", "--set", "epochs=3", "--set", "votes=simulated", "--json")
    assert found.code == 0
    assert found.json == {
        "run": "sft-001",
        "kind": "sft",
        "status": "finished",
        "model": "sft-001",
        "summary": {"accuracy": None, "nested": {"x": 2}},
        "evaluations": [],
    }
    assert found.err == "sft-001: training  25%, 3 min 20 s left\n"
    assert (launched["config"].model_id, launched["config"].epochs) == ("sft-001", 3)
    assert launched["config"].votes == "simulated"
    assert "nested.x" in cli("reward-model").out


def test_settings_from_a_file_and_nested_ones(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configs: list[Any] = []

    def launch(_: Workspace, config: Any, __: str) -> str:
        configs.append(config)
        raise NotReady("Enough seen.")

    monkeypatch.setattr("workbench.launch.launch_ppo", launch)
    file = tmp_path / "config.json"
    file.write_text('{"run_id": "ppo-001", "config": {"reward_model_id": "r", "ppo": {"kl_coef": 0.2, "seed": 3}}}')
    assert (
        cli("ppo", "--config", file, "--set", "kl_coef=0.5", "--set", "ppo.lam=0.9", "--set", "evaluate_limit=7").code
        == 1
    )
    toml = tmp_path / "config.toml"
    toml.write_text('reward_model_id = "r"\n[ppo]\nseed = 4\n')
    cli("ppo", "--config", toml)
    assert [(c.reward_model_id, c.ppo.kl_coef, c.ppo.lam, c.ppo.seed, c.evaluate_limit) for c in configs] == [
        ("r", 0.5, 0.9, 3, 7),
        ("r", PPOConfig().kl_coef, 0.95, 4, 200),
    ]
    file.write_text("[1, 2]")
    assert cli("ppo", "--config", file).code == 2


@pytest.mark.parametrize(
    ("ending", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Stopped sft-001; its last checkpoint is kept. Go on with: workbench runs resume"),
        (RunError("The loss is not a number."), 1, "error: The loss is not a number."),
    ],
)
def test_a_stage_that_does_not_finish(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, ending: BaseException, code: int, words: str
) -> None:
    def run_to_end(*_: Any) -> Run:
        raise ending

    monkeypatch.setattr("workbench.launch.launch_sft", lambda *_: "sft-001")
    monkeypatch.setattr("workbench.runs.foreground.run_to_end", run_to_end)
    found = cli("sft", "--json")
    assert (found.code, found.out) == (code, "")
    assert found.err.startswith(words)
    assert found.err.count("\n") == 1


def test_the_demo_prints_its_report(cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.demo.pipeline import DemoProgress

    def run_demo(folder: Path, *, demonstrations: Path | None, seed: int, on_progress: Any) -> dict[str, Any]:
        assert (folder, demonstrations, seed) == (root, None, 7)
        on_progress(DemoProgress("sft", "training", 1, 2, 30.0))
        return {"sft": {"base": {"bleu": 1.0}}, "seconds": 2.5}

    monkeypatch.setattr("workbench.demo.pipeline.run_demo", run_demo)
    found = cli("demo", "--seed", "7", "--json")
    assert found.json == {"sft": {"base": {"bleu": 1.0}}, "seconds": 2.5}
    assert found.err == "sft: training  50%, 30 s left\n"
    assert "sft.base.bleu" in cli("demo", "--seed", "7").out


def test_runs_and_models(cli: Cli, root: Path) -> None:
    add_sft_model(root)
    with Workspace.open(root) as ws:
        ws.runs.add(finished_run())
        ws.metrics.add_many("sft-001", 3, {"train/loss": 0.5})
    assert [run["id"] for run in cli("runs", "--json").json["runs"]] == ["sft-001"]
    shown = cli("runs", "show", "sft-001", "--json").json
    assert (shown["status"], shown["metrics"]) == ("finished", {"train/loss": 0.5})
    assert cli("runs", "--json", "show", "sft-001").json == shown
    assert "metrics: train/loss" in cli("runs", "show", "sft-001").out
    assert cli("runs", "stop", "sft-001", "--json").json["status"] == "finished"
    assert [model["id"] for model in cli("models", "--json").json["models"]] == ["base", "sft-001"]
    model = cli("models", "show", "sft-001", "--json").json
    assert (model["parent_id"], model["spec"]["adapters"]) == ("base", ["runs/sft-001/final"])
    assert cli("runs", "rm", "sft-001", "--json").json == {"removed": "sft-001"}
    assert cli("runs", "--json").json == {"runs": []}


def test_chat_asks_the_model(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    class Echo:
        def __init__(self, workspace: Path) -> None:
            self.closed = False

        def generate(self, spec: ModelSpec, prompts: list[str], **options: Any) -> list[str]:
            return [f"{prompt}? Floor 2." for prompt in prompts]

        def close(self) -> None:
            self.closed = True

    monkeypatch.setattr("workbench.models.generator.Generator", Echo)
    found = cli("chat", "base", "--prompt", "HR", "--json")
    assert found.json == {"model": "base", "turns": [{"prompt": "HR", "response": "HR? Floor 2."}]}
    assert cli("chat", "base", "--prompt", "HR").out == "HR? Floor 2.\n"


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


def test_a_run_is_steered_even_while_another_process_has_the_workspace(cli: Cli, root: Path) -> None:
    folder = root / "runs" / "ppo-001"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    with Workspace.open(root, owner="the app"):
        told = cli("runs", "steer", "ppo-001", "--kl-coef", "0.4", "--pause", "--json").json
        assert told == {"run": "ppo-001", "wanted": {"pause": True, "kl_coef": 0.4}}
        assert cli("runs", "steer", "ppo-001", "--go-on", "--checkpoint").code == 0
    control = json.loads((folder / "control.json").read_text())
    assert (control["pause"], control["kl_coef"]) == (False, 0.4)
    assert control["checkpoint"] > 1e9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ppo-001",), "Say what to change"),
        (("ppo-009", "--pause"), "There is no run ppo-009"),
        (("../../elsewhere", "--pause"), "There is no run"),
        (("ppo-001", "--kl-coef", "-1"), "kl_coef"),
    ],
)
def test_steering_that_cannot_be_followed_is_one_line(
    cli: Cli, root: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (root / "runs" / "ppo-001").mkdir(parents=True)
    (root / "runs" / "ppo-001" / "config.json").write_text("{}")
    outcome = cli("runs", "steer", *arguments)
    assert outcome.code == 1
    assert sentence in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1
    assert not (root / "runs" / "ppo-001" / "control.json").exists()


# --- reward models at work --------------------------------------------------------------------------------------------


def add_reward_model(root: Path) -> None:
    from storage.models import Model

    spec = ModelSpec(adapters=("runs/reward_model-001/final/adapter",)).model_dump(mode="json")
    with Workspace.open(root, owner="test") as ws:
        ws.models.add(Model("reward_model-001", "", "reward_model", spec, None, "base", datetime.now(UTC)))


def test_a_file_is_scored(cli: Cli, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.reward_model.ensemble import RewardEnsemble

    class Length:
        def score(self, prompts: list[str], responses: list[str]) -> list[float]:
            return [float(len(response)) for _, response in zip(prompts, responses, strict=True)]

    add_reward_model(root)
    monkeypatch.setattr("workbench.reward_model.ensemble.load_reward_model", lambda *_: RewardEnsemble([Length()]))
    file = tmp_path / "answers.jsonl"
    file.write_text('{"prompt": "Where?", "response": "There."}\n{"prompt": "Who?"}\n', encoding="utf-8")
    found = cli("score", "reward_model-001", file, "--json").json
    assert found["rows"] == [{"prompt": "Where?", "response": "There.", "score": 6.0}]
    assert found["rejected"] == [{"row": 2, "reason": "no text in the column response"}]
    assert cli("score", "reward_model-001", file).out.split() == ["score", "response", "6", "There."]
    told = cli("score", "reward_model-001", file, "--out", tmp_path / "scored.jsonl")
    assert (told.code, told.out) == (0, "")
    assert '"score": 6.0' in (tmp_path / "scored.jsonl").read_text(encoding="utf-8")
    assert cli("score", "base", file).code == 2
    assert cli("score", "reward_model-009", file).code == 1


def test_best_of_n_needs_a_reward_model_and_demonstrations(cli: Cli, root: Path) -> None:
    add_reward_model(root)
    assert "is no reward model" in cli("best-of-n", "base").err
    assert "No approved demonstration is in the test split" in cli("best-of-n", "reward_model-001").err
    assert cli("best-of-n", "reward_model-001", "--set", "prompts=1").code == 2


def test_workspaces_names_the_one_in_use_and_those_beside_it(cli: Cli, root: Path) -> None:
    before = cli("workspaces", "--json").json
    assert before == {"current": str(root), "workspaces": []}
    assert "does not exist yet" in cli("workspaces").out
    cli("runs")
    Workspace.open(root.parent / "other team").close()
    shown = cli("workspaces", "--json").json
    assert {entry["root"] for entry in shown["workspaces"]} == {str(root), str(root.parent / "other team")}
    (line,) = [line for line in cli("workspaces").out.splitlines() if line.startswith("*")]
    assert root.name in line
