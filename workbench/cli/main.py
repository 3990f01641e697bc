"""The commands and the way every one of them ends."""

from __future__ import annotations

import signal
import sys
from io import TextIOWrapper

import typer

from workbench.cli import base_models, data, export, results, runs, scoring, server, sharing, stages, tuning, workspaces
from workbench.cli.failures import ending_cleanly

app = typer.Typer(
    name="workbench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Teach a language model your company's knowledge: demonstrations, SFT, votes, reward model, PPO.",
)

app.command("app")(server.open_app)
app.command("demo")(stages.demo)
app.command("import")(data.import_files)
app.command("export")(export.export_file)
app.command("sft")(stages.sft)
app.command("reward-model")(stages.reward_model)
app.command("score")(scoring.score)
app.command("best-of-n")(scoring.best_of_n)
app.command("ppo")(stages.ppo)
app.command("dpo")(tuning.dpo)
app.command("rloo")(tuning.rloo)
app.command("verdict")(tuning.verdict)
app.command("promote")(tuning.promote)
app.command("pairs")(stages.pairs)
app.command("evaluate")(stages.evaluate)
app.command("agreement")(results.show_agreement)
app.command("leaderboard")(results.show_leaderboard)
app.command("chat")(results.chat)
app.command("report")(sharing.report)
app.command("serve")(sharing.serve)
app.command("backup")(sharing.backup)
app.command("restore")(sharing.restore)
app.command("workspaces")(workspaces.show_workspaces)
app.add_typer(runs.runs_app, name="runs")
base_models.add_commands(runs.models_app)
app.add_typer(runs.models_app, name="models")


def main() -> None:
    """Runs the command line and exits: 0 success, 1 failure, 2 bad usage, 130 interrupted."""
    # `timeout 60 workbench sft` ends a command with SIGTERM: it leaves as it does on Ctrl-C, checkpoint and all.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if isinstance(sys.stdout, TextIOWrapper):
        # A file's name may hold bytes that are no text. In JSON what replaces them is a valid escape.
        sys.stdout.reconfigure(errors="backslashreplace")
    with ending_cleanly():
        app(sys.argv[1:], prog_name="workbench")
