"""The commands that put a reward model to use: scoring a file, and the best of n."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.output import JsonOption, WorkspaceOption, open_workspace, print_json, print_table, say, who
from workbench.cli.progress import ProgressView
from workbench.cli.settings import SetOption, build_config, read_settings

SHOWN_ROWS = 20


def score(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Reward model by id, such as reward_model-001.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Rows with prompt and response, or response_a and response_b.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows with their scores here (.jsonl, .csv).")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score every response in a file with a reward model; 0 is the mean of the human answers."""
    from workbench.models.registry import get_model
    from workbench.preferences.scored_file import score_file, write_scored

    with open_workspace(workspace, "score") as ws:
        registered, root = get_model(ws, model), ws.root
    if registered.kind != "reward_model":
        raise typer.BadParameter(f"{model} is no reward model: it writes responses and scores none")
    from workbench.reward_model.ensemble import load_reward_model

    # The workspace is closed by now, so that the app can be open meanwhile.
    loaded = load_reward_model(registered.spec, root)
    with ProgressView() as view:
        scored = score_file(file, loaded.score, lambda done, total: view.update(model, "scoring", done, total, None))
    if out is not None:
        write_scored(scored, out)
        say(f"{len(scored.rows)} rows with their scores are in {out}.")
    if as_json:
        rows = [] if out is not None else scored.rows
        print_json({"model": model, "scored": len(scored.rows), "rejected": scored.rejected, "rows": rows})
        return
    for problem in scored.rejected[:SHOWN_ROWS]:
        say(f"Row {problem['row']} was left out: {problem['reason']}.")
    if out is None:
        names = [name for name in (scored.rows[0] if scored.rows else {}) if name.startswith("score")]
        columns = (*names, *scored.columns)
        print_table(columns, [[row[name] for name in columns] for row in scored.rows[:SHOWN_ROWS]])
        if len(scored.rows) > SHOWN_ROWS:
            say(f"{len(scored.rows) - SHOWN_ROWS} more rows; --out FILE or --json gives them all.")


def best_of_n(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Reward model by id, such as reward_model-001.")],
    settings: SetOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the best of 1 to 16 responses gains by this reward model, against its KL: what PPO has to beat."""
    from workbench.cli.stages import run_in_foreground
    from workbench.reward_model.best_of_n import BestOfNConfig

    values = read_settings(BestOfNConfig, None, settings) | {"reward_model_id": model}
    with open_workspace(workspace, "best-of-n") as ws:
        from workbench.launch.reward_model import launch_best_of_n

        run_in_foreground(ws, launch_best_of_n(ws, build_config(BestOfNConfig, values), who()), as_json)
