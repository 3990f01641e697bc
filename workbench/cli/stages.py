"""The commands that train, generate or measure: each is a run in the foreground."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.failures import FAILED, INTERRUPTED
from workbench.cli.output import (
    JsonOption,
    WorkspaceOption,
    flat,
    open_workspace,
    print_json,
    print_table,
    say,
    who,
    workspace_root,
)
from workbench.cli.progress import ProgressView
from workbench.cli.settings import ConfigOption, SetOption, build_config, read_settings
from workbench.errors import NotReady

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.demo.pipeline import DemoProgress
    from workbench.runs.events import ModelKind
    from workbench.workspace import Workspace


def demo(
    workspace: WorkspaceOption = None,
    demonstrations: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Your demonstrations, not the demo company's."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything that is drawn by chance.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Run all four steps on the embedded company and write report.json into the workspace."""
    from workbench.demo.pipeline import run_demo

    root = workspace_root(workspace)

    def show(at: DemoProgress) -> None:
        view.update(at.step, at.phase, at.done, at.total, at.eta_seconds)

    with ProgressView() as view:
        try:
            report = run_demo(root, demonstrations=demonstrations, seed=seed, on_progress=show)
        except KeyboardInterrupt:
            say(f"Stopped. What is finished is kept in {root}; see: workbench runs --workspace {root}")
            raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(report)
        return
    print_table(("measure", "value"), flat(report))
    say(f"The report is in {root / 'report.json'}")


def sft(
    config: ConfigOption = None,
    settings: SetOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Step 2: fine-tune a base model on the demonstrations."""
    from workbench.sft.config import SFTConfig

    values = read_settings(SFTConfig, config, settings)

    def launch(ws: Workspace) -> str:
        from workbench.launch.sft import launch_sft
        from workbench.models.inspecting import inspect_model
        from workbench.models.registry import find_language_model
        from workbench.sft.defaults import with_suggestions

        asked = build_config(SFTConfig, values)
        spec = find_language_model(ws, asked.model_id).spec
        facts = inspect_model(spec.model_copy(update={"revision": asked.revision or spec.revision}))
        fitting = with_suggestions(values, facts)
        if added := {name: value for name, value in fitting.items() if name not in values}:
            settings = ", ".join(f"{name}={value}" for name, value in added.items())
            say(f"For {facts.parameters:,} parameters, unless set: {settings}")
        return launch_sft(ws, build_config(SFTConfig, fitting), who())

    run_stage("sft", workspace, as_json, launch)


def reward_model(
    config: ConfigOption = None,
    settings: SetOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Step 3: train a reward model on the votes (on the newest SFT model, people's votes)."""
    from workbench.reward_model.config import RewardModelConfig

    values = read_settings(RewardModelConfig, config, settings)

    def launch(ws: Workspace) -> str:
        from workbench.launch.reward_model import launch_reward_model

        if "model_id" not in values:
            values["model_id"] = newest_model_id(ws, "sft", "Train one first: workbench sft")
        return launch_reward_model(ws, build_config(RewardModelConfig, values), who())

    run_stage("reward-model", workspace, as_json, launch)


def ppo(
    config: ConfigOption = None,
    settings: SetOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Step 4: optimise the SFT model against the reward model (the newest one) with PPO."""
    from workbench.ppo.config import PPORunConfig

    values = read_settings(PPORunConfig, config, settings)

    def launch(ws: Workspace) -> str:
        from workbench.launch.ppo import launch_ppo

        if "reward_model_id" not in values:
            values["reward_model_id"] = newest_model_id(ws, "reward_model", "Train one first: workbench reward-model")
        return launch_ppo(ws, build_config(PPORunConfig, values), who())

    run_stage("ppo", workspace, as_json, launch)


def pairs(
    config: ConfigOption = None,
    settings: SetOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Generate two responses per prompt, to be voted on (by the newest SFT model)."""
    from workbench.preferences.config import PairsConfig

    values = read_settings(PairsConfig, config, settings)

    def launch(ws: Workspace) -> str:
        from workbench.launch.pairs import launch_pairs

        if "model_id" not in values:
            values["model_id"] = newest_model_id(ws, "sft", "Train one first: workbench sft")
        return launch_pairs(ws, build_config(PairsConfig, values), who())

    run_stage("pairs", workspace, as_json, launch)


def evaluate(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Models by id, such as base and sft-001.")],
    split: Annotated[str, typer.Option(help="Whose prompts are answered: train, validation or test.")] = "test",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many prompts.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let models answer held-out prompts and compare the answers with the human ones."""
    from workbench.demonstrations.splits import SPLITS
    from workbench.evaluation.config import EvaluationConfig

    if split not in SPLITS:
        raise typer.BadParameter(f"'{split}' is not {' or '.join(SPLITS)}", param_hint="--split")
    values = {"model_ids": tuple(dict.fromkeys(models)), "split": split, "limit": limit}

    def launch(ws: Workspace) -> str:
        from workbench.launch.sft import launch_evaluation

        return launch_evaluation(ws, build_config(EvaluationConfig, values), who())

    run_stage("evaluate", workspace, as_json, launch)


def run_in_foreground(ws: Workspace, run_id: str, as_json: bool) -> None:
    """Waits for a run with progress, then prints its outcome; Ctrl-C stops it with a checkpoint.

    Raises:
        RunError: the run failed; the message is its own sentence.
    """
    from workbench.runs.foreground import run_to_end

    def show(run: Run) -> None:
        stopping = run.status == "stopping"
        phase = "stopping, waiting for its checkpoint" if stopping else run.phase or run.status
        view.update(run.id, phase, run.done, run.total, None if stopping else run.eta_seconds)

    resume = f"workbench runs resume {run_id} --workspace {ws.root}"
    with ProgressView() as view:
        try:
            run = run_to_end(ws, run_id, show)
        except KeyboardInterrupt:
            say(f"Stopped {run_id}; its last checkpoint is kept. Go on with: {resume}")
            raise typer.Exit(INTERRUPTED) from None
    if run.status != "finished":
        say(f"error: {run_id} is {run.status}. Go on with: {resume}")
        raise typer.Exit(FAILED)
    _print_outcome(ws, run, as_json)


def run_stage(command: str, root: Path | None, as_json: bool, launch: Callable[[Workspace], str]) -> None:
    """Open the workspace, queue a run, and see it to its end."""
    with open_workspace(root, command) as ws:
        run_in_foreground(ws, launch(ws), as_json)


def _print_outcome(ws: Workspace, run: Run, as_json: bool) -> None:
    model = ws.models.find(run.id)
    measures = _measures(ws, run.id)
    differences = _differences(ws, run)
    if as_json:
        print_json(
            {
                "run": run.id,
                "kind": run.kind,
                "status": run.status,
                "model": model.id if model else None,
                "summary": run.summary,
                "evaluations": measures,
                **({"differences": differences} if differences else {}),
            }
        )
        return
    say(f"Finished {run.id}." + (f" It made the model {model.id}." if model else ""))
    print_table(("measure", "value"), flat({k: v for k, v in run.summary.items() if k != "measures"}))
    if measures:
        columns = ("model", "split", "measure", "value", "ci", "n", "problem")
        print_table(columns, [[row[name] for name in columns] for row in measures])
    if differences:
        columns = ("model", "against", "measure", "difference", "ci", "p", "n")
        print_table(columns, [[row[name] for name in columns] for row in differences])


def _differences(ws: Workspace, run: Run) -> list[dict[str, Any]]:
    """How far each model of an evaluation lies above the first one on the same prompts, by paired bootstrap."""
    from workbench.evaluation.comparing import aligned, difference_of
    from workbench.evaluation.measures import MEASURES

    if run.kind != "evaluation":
        return []
    answers = ws.answers.list(run_id=run.id)
    names = dict.fromkeys(row.model_id for row in answers)
    rows = aligned({name: [row for row in answers if row.model_id == name] for name in names})
    if not rows:
        return []
    against, *others = rows
    return [
        {
            "model": model,
            "against": against,
            "measure": measure,
            "difference": found.value,
            "ci": [found.ci_low, found.ci_high],
            "p": found.p,
            "n": found.n,
        }
        for model in others
        for measure in MEASURES
        if (found := difference_of(measure, rows[against], rows[model])) is not None
    ]


def _measures(ws: Workspace, run_id: str) -> list[dict[str, Any]]:
    return [
        {
            "model": row.model_id,
            "split": row.split,
            "measure": row.measure,
            "value": row.value,
            "ci": None if row.ci_low is None else [row.ci_low, row.ci_high],
            "n": row.n,
            "signature": row.signature,
            "problem": row.problem,
        }
        for row in ws.evaluations.list(run_id=run_id)
    ]


def newest_model_id(ws: Workspace, kind: ModelKind, advice: str) -> str:
    """Id of the newest model of a kind. Raises NotReady, with the advice, where there is none."""
    from workbench.models.registry import newest_model

    model = newest_model(ws, kind)
    if model is None:
        what = "SFT model" if kind == "sft" else "reward model"
        raise NotReady(f"There is no {what} in this workspace yet. {advice}")
    return model.id
