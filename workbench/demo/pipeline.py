"""All four steps without a browser: on the embedded company, or on somebody's own questions and answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.demo.annotators import simulate_votes
from workbench.demo.load import load_demo_company
from workbench.demo.report import build_report
from workbench.errors import NotReady
from workbench.ppo.config import PPOConfig, PPORunConfig
from workbench.preferences.config import PairsConfig
from workbench.reward_model.config import RewardModelConfig
from workbench.sft.config import SFTConfig

if TYPE_CHECKING:
    from storage.runs import Run
    from workbench.workspace import Workspace

CREATED_BY = "demo"
USUAL_SECONDS = {
    "demonstrations": 2.0,
    "sft": 195.0,
    "pairs": 55.0,
    "votes": 3.0,
    "reward_model": 75.0,
    "ppo": 85.0,
}
"""What each step took on 2 cores; only the estimate of the time left depends on it."""


@dataclass(frozen=True, slots=True)
class DemoProgress:
    """Where the loop stands. ``eta_seconds`` is the time left to the end of the whole loop."""

    step: str
    phase: str
    done: float
    total: float
    eta_seconds: float | None


PAIRS_PER_PROMPT = 2
"""A tuned model often gives two equal responses, which leave nothing to prefer."""

OnProgress = Callable[[DemoProgress], None]


def run_demo(root: Path, *, demonstrations: Path | None, seed: int, on_progress: OnProgress) -> dict[str, Any]:
    """Run the loop in a workspace and write ``report.json`` there; returns the report.

    Args:
        demonstrations: a file of questions and answers to use in place of the embedded company.
        seed: of every run and of the simulated annotators.

    Raises:
        WorkbenchError: a step cannot run; what was done before it is kept.
    """
    from workbench.workspace import Workspace

    began = time.monotonic()
    with Workspace.open(root, owner="workbench demo") as ws:
        loop = _Loop(ws, seed, on_progress)
        loop.gather(demonstrations)
        runs = {"sft": loop.sft()}
        loop.pairs(runs["sft"].id)
        loop.vote()
        runs["reward_model"] = loop.reward_model(runs["sft"].id)
        runs["ppo"] = loop.ppo(runs["reward_model"].id)
        report = build_report(
            ws,
            sft=runs["sft"],
            reward_model=runs["reward_model"],
            ppo=runs["ppo"],
            seed=seed,
            embedded=demonstrations is None,
            seconds=time.monotonic() - began,
        )
    (root / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return report


class _Loop:
    """The steps in order, each reporting what it does and how long the rest will take."""

    def __init__(self, ws: Workspace, seed: int, on_progress: OnProgress) -> None:
        self._ws = ws
        self._seed = seed
        self._on_progress = on_progress
        self._step = "demonstrations"
        self._step_began = time.monotonic()
        self._spent: dict[str, float] = {}

    def gather(self, file: Path | None) -> None:
        self._begin("demonstrations")
        if file is None:
            load_demo_company(self._ws)
            return
        from workbench.demonstrations.importing import import_demonstrations

        import_demonstrations(self._ws, file, author=CREATED_BY)
        for split in ("train", "test"):
            if not self._ws.demonstrations.count(status="approved", split=split):
                raise NotReady(
                    f"{file.name} leaves no demonstration in the {split} split; give at least 20 different prompts."
                )

    def sft(self) -> Run:
        from workbench.launch.sft import launch_sft

        self._begin("sft")
        return self._run(launch_sft(self._ws, SFTConfig(seed=self._seed), CREATED_BY))

    def pairs(self, sft_model_id: str) -> Run:
        from workbench.launch.pairs import launch_pairs

        self._begin("pairs")
        config = PairsConfig(model_id=sft_model_id, pairs_per_prompt=PAIRS_PER_PROMPT, seed=self._seed)
        return self._run(launch_pairs(self._ws, config, CREATED_BY))

    def vote(self) -> None:
        self._begin("votes")
        simulate_votes(self._ws, seed=self._seed)

    def reward_model(self, sft_model_id: str) -> Run:
        from workbench.launch.reward_model import launch_reward_model

        self._begin("reward_model")
        config = RewardModelConfig(model_id=sft_model_id, votes="simulated", seed=self._seed)
        return self._run(launch_reward_model(self._ws, config, CREATED_BY))

    def ppo(self, reward_model_id: str) -> Run:
        from workbench.launch.ppo import launch_ppo

        self._begin("ppo")
        # Shown to its end whatever the verdict; the report says what it was.
        ppo = PPOConfig(seed=self._seed)
        config = PPORunConfig(reward_model_id=reward_model_id, despite_verdict=True, ppo=ppo)
        return self._run(launch_ppo(self._ws, config, CREATED_BY))

    def _begin(self, step: str) -> None:
        now = time.monotonic()
        self._spent[self._step] = now - self._step_began
        self._step, self._step_began = step, now
        self._on_progress(DemoProgress(step, "starting", 0, 1, self._time_left(None)))

    def _run(self, run_id: str) -> Run:
        from workbench.runs.foreground import run_to_end

        return run_to_end(self._ws, run_id, self._report_run)

    def _report_run(self, run: Run) -> None:
        left = self._time_left(run.eta_seconds)
        self._on_progress(DemoProgress(self._step, run.phase, run.done, run.total, left))

    def _time_left(self, phase_left: float | None) -> float:
        here = time.monotonic() - self._step_began
        return time_left(self._step, self._spent, here, phase_left or 0.0)


def time_left(step: str, spent: Mapping[str, float], here: float, phase_left: float) -> float:
    """Seconds to the end of the loop: what its steps usually take, at this machine's pace.

    The pace is actual over usual time of the steps done and of the present one, so that a slow step is seen while it
    runs and not only when it is over.

    Args:
        spent: seconds that each step before the present one took.
        here: seconds since the present step began.
        phase_left: seconds that its present phase still needs, as its own progress says; 0 where it does not.
    """
    steps = list(USUAL_SECONDS)
    position = steps.index(step)
    usual_done = sum(USUAL_SECONDS[done] for done in steps[:position])
    spent_done = sum(spent.get(done, 0.0) for done in steps[:position])
    expected_here = max(USUAL_SECONDS[step] * _pace(usual_done, spent_done), here + phase_left)
    pace = _pace(usual_done + USUAL_SECONDS[step], spent_done + expected_here)
    return expected_here - here + pace * sum(USUAL_SECONDS[later] for later in steps[position + 1 :])


def _pace(usual: float, spent: float) -> float:
    return spent / usual if usual > USUAL_SECONDS["demonstrations"] else 1.0
