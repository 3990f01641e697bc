"""Where the team stands, as plain data: what home shows and what it proposes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from workbench.models.freshness import Stale, last_seconds, stale_models
from workbench.models.registry import list_models

if TYPE_CHECKING:
    from pages.rows import Run
    from workbench.workspace import Workspace

BROKEN = frozenset({"failed", "interrupted"})
LIVE = frozenset({"pending", "running", "stopping"})
ENOUGH_VOTES = 50
"""Below this a reward model learns little; home then proposes to vote on."""


@dataclass(frozen=True, slots=True)
class TeamState:
    """Counts over the whole workspace."""

    demonstrations: int
    models: Mapping[str, int]
    pairs: int
    votes: int
    simulated_votes: int
    live: Mapping[str, str]
    """Kind of run -> id of the one that waits or runs."""
    broken: tuple[Run, ...] = ()
    """Runs that failed or were interrupted with none of their kind after them, newest first."""
    stale: tuple[Stale, ...] = ()
    """Newest models that lag behind their data or the models before them."""
    took: Mapping[str, float] = field(default_factory=dict)
    """Kind of run -> seconds that the newest finished one took."""

    @property
    def empty(self) -> bool:
        """Nothing has been done yet."""
        return not (self.demonstrations or self.pairs or self.models.get("sft") or self.live)


@dataclass(frozen=True, slots=True)
class NextStep:
    """The one thing to do now."""

    title: str
    why: str
    button: str
    page: str
    section: str | None = None
    """Part of that page to open, where it has parts."""
    kind: str | None = None
    """Kind of run that does it."""
    time: str = ""
    """How long it takes, as a sentence."""


def team_state(workspace: Workspace) -> TeamState:
    """Count what there is."""
    models = [model.kind for model in list_models(workspace)]
    runs = sorted(workspace.runs.list(), key=lambda run: run.created_at)
    live: dict[str, str] = {run.kind: run.id for run in runs if run.status in LIVE}
    newest = {run.kind: run for run in runs}
    return TeamState(
        demonstrations=workspace.demonstrations.count(status="approved"),
        models={kind: models.count(kind) for kind in set(models)},
        pairs=workspace.pairs.count(),
        votes=workspace.votes.count(simulated=False),
        simulated_votes=workspace.votes.count(simulated=True),
        live=live,
        broken=tuple(run for run in reversed(runs) if run.status in BROKEN and newest[run.kind] is run),
        stale=tuple(stale_models(workspace)),
        took=last_seconds(workspace),
    )


_COLLECT = NextStep(
    "Collect demonstrations",
    "Write prompts as people ask them and the responses you wish for, or import a file of them.",
    "Write the first demonstration",
    "step1_demonstrations.py",
)
_SFT = NextStep(
    "Teach the model your answers (SFT)",
    "{demonstrations:,} demonstrations are ready. SFT fine-tunes a base model on them and compares its answers with "
    "the human ones.",
    "Go to SFT",
    "step2_sft.py",
)
_PAIRS = NextStep(
    "Let the model answer twice",
    "Pairs of responses to the same prompt are what people vote on.",
    "Generate pairs",
    "step3_preferences.py",
    "Generate pairs",
)
_VOTE = NextStep(
    "Vote on pairs",
    "{votes:,} of about {enough} votes so far: the reward model learns from them what people like.",
    "Vote",
    "step3_preferences.py",
    "Vote",
)
_REWARD_MODEL = NextStep(
    "Train the reward model",
    "{votes:,} votes are in. The reward model learns to choose as people did.",
    "Go to the reward model",
    "step4_reward_model.py",
)
_PPO = NextStep(
    "Optimise with PPO",
    "The reward model scores the model's own responses, and PPO moves it towards the better ones.",
    "Go to PPO",
    "step5_ppo.py",
)
_JUDGE = NextStep(
    "Judge the result yourselves",
    "All four steps are done. Ask your models the same question, or let people vote blind between SFT and PPO.",
    "Compare the models",
    "compare.py",
)


_AGAIN = {
    "sft": NextStep("Train {model} anew", "{reasons}", "Go to SFT", "step2_sft.py", kind="sft"),
    "reward_model": NextStep(
        "Train {model} anew", "{reasons}", "Go to the reward model", "step4_reward_model.py", kind="reward_model"
    ),
    "ppo": NextStep("Run PPO anew", "{reasons}", "Go to PPO", "step5_ppo.py", kind="ppo"),
}
SECONDS_PER_VOTE = 12
"""What a vote takes on average, for those who have not voted yet."""
USUAL = {
    "sft": "about 3 minutes",
    "pairs": "about 2 minutes",
    "reward_model": "about 2 minutes",
    "ppo": "about 2 minutes",
}
"""On the embedded model and company with two CPU cores; other models have no usual time before their first run."""


def next_step(state: TeamState) -> NextStep:
    """What brings the team further: the first step that is missing, then the first that is out of date."""
    votes = max(state.votes, state.simulated_votes)
    has = state.models.get
    ladder = (
        (not state.demonstrations, None, _COLLECT),
        (not has("sft"), "sft", _SFT),
        (not state.pairs, "pairs", _PAIRS),
        (votes < ENOUGH_VOTES and not has("reward_model"), None, _VOTE),
        (not has("reward_model"), "reward_model", _REWARD_MODEL),
        (not has("ppo"), "ppo", _PPO),
    )
    for missing, kind, step in ladder:
        if missing and kind is not None and kind in state.live:
            return replace(
                step, title=f"{state.live[kind]} is on its way", why="Watch it; nothing else is needed.", button="Watch"
            )
        if missing:
            why = step.why.format(demonstrations=state.demonstrations, votes=votes, enough=ENOUGH_VOTES)
            return replace(step, why=why, time=_time(state, step, kind, votes))
    for stale in state.stale:
        if stale.kind not in state.live:
            again = _AGAIN[stale.kind]
            return replace(
                again,
                title=again.title.format(model=stale.model_id),
                why=" ".join(stale.reasons),
                time=_time(state, again, stale.kind, votes),
            )
    return _JUDGE


def _time(state: TeamState, step: NextStep, kind: str | None, votes: int) -> str:
    if step is _VOTE:
        minutes = max(1, round((ENOUGH_VOTES - votes) * SECONDS_PER_VOTE / 60))
        return f"About {minutes} min for one person; several people share the work."
    if kind is None:
        return ""
    if kind in state.took:
        minutes = max(1, round(state.took[kind] / 60))
        return f"Took {minutes} min last time."
    return f"Takes {USUAL[kind]} with the embedded model." if kind in USUAL else ""
