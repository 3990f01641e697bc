"""The commands beside PPO: DPO and RLOO on the same votes, the verdict on a run, and promoting a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.output import JsonOption, WorkspaceOption, open_workspace, print_json, say, who
from workbench.cli.settings import ConfigOption, SetOption, build_config, read_settings
from workbench.cli.stages import newest_model_id, run_stage

if TYPE_CHECKING:
    from workbench.workspace import Workspace

ADVICE = "Train one first: workbench reward-model"


def dpo(
    config: ConfigOption = None,
    settings: SetOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tune the SFT model directly on the votes, with TRL's DPO, to compare with PPO."""
    from workbench.alternatives.config import DPORunConfig

    values = read_settings(DPORunConfig, config, settings)

    def launch(ws: Workspace) -> str:
        from workbench.launch.alternatives import launch_dpo

        if "reward_model_id" not in values:
            values["reward_model_id"] = newest_model_id(ws, "reward_model", ADVICE)
        return launch_dpo(ws, build_config(DPORunConfig, values), who())

    run_stage("dpo", workspace, as_json, launch)


def rloo(
    config: ConfigOption = None,
    settings: SetOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Optimise against the reward model with TRL's RLOO, to compare with PPO."""
    from workbench.alternatives.config import RLOORunConfig

    values = read_settings(RLOORunConfig, config, settings)

    def launch(ws: Workspace) -> str:
        from workbench.launch.alternatives import launch_rloo

        if "reward_model_id" not in values:
            values["reward_model_id"] = newest_model_id(ws, "reward_model", ADVICE)
        return launch_rloo(ws, build_config(RLOORunConfig, values), who())

    run_stage("rloo", workspace, as_json, launch)


def verdict(
    run_id: Annotated[str, typer.Argument(metavar="ID", help="Tuning run by id, such as ppo-001.")],
    settings: SetOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Was it worth it: base, SFT, best of n and the run's checkpoints on the same held-out prompts."""
    from workbench.verdict.config import VerdictConfig

    values = read_settings(VerdictConfig, None, settings)
    values["run_id"] = run_id

    def launch(ws: Workspace) -> str:
        from workbench.launch.verdict import judged_steps, launch_verdict

        values.setdefault("checkpoints", judged_steps(ws, run_id))
        return launch_verdict(ws, build_config(VerdictConfig, values), who())

    run_stage("verdict", workspace, as_json, launch)


def promote(
    model_id: Annotated[str, typer.Argument(metavar="ID", help="Model by id, such as ppo-001.")],
    against: Annotated[str, typer.Option(help="The model that blind votes must prefer it to.")],
    votes: Annotated[str, typer.Option(help="Whose votes decide: people or simulated.")] = "people",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a model the team's chatbot, where blind votes prefer it."""
    from workbench.models.promotion import promote as make_chatbot

    if votes not in ("people", "simulated"):
        raise typer.BadParameter(f"'{votes}' is not people or simulated", param_hint="--votes")
    with open_workspace(workspace, "models promote") as ws:
        make_chatbot(ws, model_id, who(), against=against, source="people" if votes == "people" else "simulated")
    if as_json:
        print_json({"chatbot": model_id})
    else:
        say(f"{model_id} is the chatbot now.")
