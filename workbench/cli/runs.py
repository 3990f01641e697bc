"""The commands about runs and models."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.output import (
    JsonOption,
    WorkspaceOption,
    flat,
    open_workspace,
    print_json,
    print_table,
    say,
    workspace_root,
)
from workbench.cli.stages import run_in_foreground

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.models.registry import RegisteredModel
    from workbench.workspace import Workspace

STOP_SECONDS = 120
RunId = Annotated[str, typer.Argument(metavar="ID", help="Run by id, such as sft-001.")]
ModelId = Annotated[str, typer.Argument(metavar="ID", help="Model by id, such as base or sft-001.")]

runs_app = typer.Typer(help="List runs; show, steer, stop, resume or remove one.")
models_app = typer.Typer(help="List models; show or export one.")


@runs_app.callback(invoke_without_command=True)
def list_runs(context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List runs, newest first; show, steer, stop, resume or remove one."""
    if context.invoked_subcommand is not None:
        context.obj = (workspace, as_json)
        return
    with open_workspace(workspace, "runs") as ws:
        rows = ws.runs.list()
    if as_json:
        print_json({"runs": [_brief(run) for run in rows]})
        return
    columns = ("id", "kind", "status", "phase", "done", "total", "created_at")
    print_table(columns, [[_brief(run)[name] for name in columns] for run in rows])


@runs_app.command("show")
def show_run(
    context: typer.Context, run_id: RunId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Show one run: settings, state, newest metrics, notices."""
    workspace, as_json = _inherited(context, workspace, as_json)
    with open_workspace(workspace, "runs show") as ws:
        run = ws.runs.get(run_id)
        content = asdict(run)
        content["metrics"] = ws.metrics.latest(run_id)
        content["notices"] = [asdict(notice) for notice in ws.notices.list(run_id)]
    if as_json:
        print_json(content)
        return
    hidden = {"config", "summary", "metrics", "notices", "pid", "pid_created", "event_offset"}
    rows = [(name, value) for name, value in content.items() if name not in hidden and value is not None]
    for group in ("config", "summary", "metrics"):
        rows += flat(content[group], f"{group}: ")
    rows += [("notice", notice["message"]) for notice in content["notices"]]
    print_table(("", "value"), rows)


@runs_app.command("stop")
def stop_run(
    context: typer.Context, run_id: RunId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Stop a run; it writes a checkpoint first and can be resumed."""
    from workbench.errors import RunError
    from workbench.runs.supervisor import Supervisor

    workspace, as_json = _inherited(context, workspace, as_json)
    with open_workspace(workspace, "runs stop") as ws:
        supervisor = Supervisor(ws)
        supervisor.stop(run_id)
        deadline = time.monotonic() + STOP_SECONDS
        while (run := ws.runs.get(run_id)).status in ("running", "stopping"):
            if time.monotonic() > deadline:
                raise RunError(f"{run_id} was asked to stop but has not ended within {STOP_SECONDS} seconds.")
            supervisor.tick()
            time.sleep(0.2)
    _print_state(run, as_json)


@runs_app.command("steer")
def steer_run(
    context: typer.Context,
    run_id: RunId,
    pause: Annotated[
        bool | None, typer.Option("--pause/--go-on", help="Wait at a checkpoint after this update, or go on.")
    ] = None,
    checkpoint: Annotated[bool, typer.Option("--checkpoint", help="Write a checkpoint after this update.")] = False,
    kl_coef: Annotated[float | None, typer.Option(help="New KL coefficient.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="New peak of the learning rate.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a PPO run while it goes on; it follows at its next update."""
    from workbench.errors import InvalidInput, NotFound
    from workbench.runs.run_dir import RunDir
    from workbench.runs.steering import steer

    workspace, as_json = _inherited(context, workspace, as_json)
    wishes = {"pause": pause, "kl_coef": kl_coef, "learning_rate": learning_rate}
    wanted = {name: value for name, value in wishes.items() if value is not None}
    if checkpoint:
        wanted["checkpoint"] = time.time()
    if not wanted:
        raise InvalidInput("Say what to change: --pause, --go-on, --checkpoint, --kl-coef or --learning-rate.")
    # By its folder and not through the database, which the command or server that runs it has open.
    runs = workspace_root(workspace).expanduser().resolve() / "runs"
    run_dir = RunDir((runs / run_id).resolve())
    if run_dir.path.parent != runs or not run_dir.config_path.is_file():
        raise NotFound(f"There is no run {run_id} in {runs.parent}.")
    steer(run_dir, **wanted)
    if as_json:
        print_json({"run": run_id, "wanted": wanted})
    else:
        print(f"{run_id} will follow at its next update")


@runs_app.command("resume")
def resume_run(
    context: typer.Context, run_id: RunId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Go on with a stopped, interrupted or failed run from its last checkpoint, in the foreground."""
    from workbench.runs.supervisor import Supervisor

    workspace, as_json = _inherited(context, workspace, as_json)
    with open_workspace(workspace, "runs resume") as ws:
        Supervisor(ws).resume(run_id)
        run_in_foreground(ws, run_id, as_json)


@runs_app.command("rm")
def remove_run(
    context: typer.Context, run_id: RunId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Remove a run with its folder and model; pairs and votes stay."""
    from workbench.runs.supervisor import Supervisor

    workspace, as_json = _inherited(context, workspace, as_json)
    with open_workspace(workspace, "runs rm") as ws:
        Supervisor(ws).delete(run_id)
    if as_json:
        print_json({"removed": run_id})
    else:
        print(f"Removed {run_id}")


@models_app.callback(invoke_without_command=True)
def list_models(context: typer.Context, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List models, oldest first; show or export one."""
    if context.invoked_subcommand is not None:
        context.obj = (workspace, as_json)
        return
    from workbench.models import registry

    with open_workspace(workspace, "models") as ws:
        models = registry.list_models(ws)
    if as_json:
        print_json({"models": [_model(model) for model in models]})
        return
    columns = ("id", "kind", "parent_id", "created_at")
    print_table(columns, [[_model(model)[name] for name in columns] for model in models])


@models_app.command("show")
def show_model(
    context: typer.Context, model_id: ModelId, workspace: WorkspaceOption = None, as_json: JsonOption = False
) -> None:
    """Show one model: what it is made of and how well it answers."""
    from workbench.models.registry import get_model

    workspace, as_json = _inherited(context, workspace, as_json)
    with open_workspace(workspace, "models show") as ws:
        content = _model(get_model(ws, model_id))
        content["evaluations"] = {
            name: {"value": row.value, "ci": [row.ci_low, row.ci_high], "n": row.n, "problem": row.problem}
            for name, row in ws.evaluations.latest(model_id).items()
        }
    if as_json:
        print_json(content)
        return
    rows = [(name, value) for name, value in content.items() if name not in ("spec", "evaluations")]
    rows += flat(content["spec"], "spec: ")
    rows += [(name, row["value"]) for name, row in content["evaluations"].items()]
    print_table(("", "value"), rows)


@models_app.command("export")
def export_model(
    context: typer.Context,
    model_id: ModelId,
    out: Annotated[Path | None, typer.Option(help="New folder to write to. Default: ./ID")] = None,
    adapter: Annotated[
        bool, typer.Option("--adapter", help="One LoRA adapter against the original base, not the whole model.")
    ] = False,
    package: Annotated[
        bool, typer.Option("--package", help="Both forms, with a model card, a check, and GGUF where it can be made.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the whole model, adapters merged, as a folder that Hugging Face tools load; or its adapters as one."""
    from workbench.models.registry import get_model

    workspace, as_json = _inherited(context, workspace, as_json)
    with open_workspace(workspace, "models export") as ws:
        model, root = get_model(ws, model_id), ws.root
        card = _model_card(ws, model) if package else ""
    folder = out or Path(model_id)
    say(f"Writing {model_id} to {folder} …")
    if package:
        _write_package(model, root, card, folder, as_json)
        return
    if adapter:
        from workbench.models.exporting import export_adapter

        export_adapter(root, model.spec, folder)
    else:
        from workbench.models.loading import export_merged

        export_merged(root, model.spec, folder)
    if as_json:
        print_json({"model": model_id, "folder": str(folder)})
    else:
        print(folder)


def _model_card(ws: Workspace, model: RegisteredModel) -> str:
    from workbench.errors import InvalidInput
    from workbench.takeaway.card import model_card

    if model.kind == "reward_model":
        raise InvalidInput(f"'{model.id}' is a reward model: it scores responses and writes none.")
    return model_card(ws, model.id)


def _write_package(model: RegisteredModel, root: Path, card: str, folder: Path, as_json: bool) -> None:
    from workbench.takeaway.package import write_package

    made = write_package(root, model.spec, card, folder)
    for sentence in (made.checked, *made.missing):
        say(sentence)
    if as_json:
        content = {"model": model.id, "folder": str(folder), "parts": list(made.parts), "missing": list(made.missing)}
        print_json(content)
    else:
        print(folder)


def _inherited(context: typer.Context, workspace: Path | None, as_json: bool) -> tuple[Path | None, bool]:
    """Options may stand before the subcommand too: `workbench runs --json show sft-001`."""
    before: tuple[Path | None, bool] = context.obj or (None, False)
    return workspace or before[0], as_json or before[1]


def _brief(run: Run) -> dict[str, Any]:
    names = ("id", "kind", "name", "status", "phase", "done", "total", "eta_seconds", "error", "summary")
    times = {
        name: value.isoformat(timespec="seconds") if (value := getattr(run, name)) else None
        for name in ("created_at", "started_at", "finished_at")
    }
    return {name: getattr(run, name) for name in names} | times


def _print_state(run: Run, as_json: bool) -> None:
    if as_json:
        print_json(_brief(run))
    else:
        print(f"{run.id} is {run.status}")


def _model(model: RegisteredModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "kind": model.kind,
        "parent_id": model.parent_id,
        "run_id": model.run_id,
        "spec": model.spec.model_dump(mode="json"),
        "created_at": model.created_at.isoformat(timespec="seconds"),
    }
