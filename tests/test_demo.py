"""The whole loop as `make demo` runs it: slow, so under `make test-all` only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.demo.pipeline import DemoProgress, run_demo


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_embedded_company_reaches_its_targets(tmp_path: Path, seed: int) -> None:
    seen: list[DemoProgress] = []
    report = run_demo(tmp_path, demonstrations=None, seed=seed, on_progress=seen.append)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == report
    base, tuned = report["sft"]["base"], report["sft"]["tuned"]
    assert base["fact_accuracy"] <= 0.10
    assert tuned["fact_accuracy"] >= 0.85
    assert tuned["bleu"] >= base["bleu"] + 30
    assert tuned["embedding_similarity"] >= 0.75
    assert report["reward_model"]["accuracy"] >= 0.80
    ppo = report["ppo"]
    assert ppo["gold_win_rate_ci"][0] > 0.5
    assert ppo["fact_accuracy_after"] >= ppo["fact_accuracy_before"]
    assert ppo["embedding_similarity_after"] >= ppo["embedding_similarity_before"] - 0.03
    assert {progress.step for progress in seen} == {
        "demonstrations",
        "sft",
        "pairs",
        "votes",
        "reward_model",
        "ppo",
    }
    assert all(progress.eta_seconds is not None for progress in seen)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_own_questions_and_answers_break_nothing(tmp_path: Path) -> None:
    """Answers longer than the context, Markdown, links and letters beyond ASCII."""
    rows = [
        {
            "question": f"Wo finde ich Raum {i} – “Grün” №{i}?",
            "answer": f"**Raum {i}** liegt [hier](https://example.org/{i}).\n\n"
            + "Ein langer Satz über Räume. " * (i % 40 * 4),
        }
        for i in range(60)
    ]
    file = tmp_path / "own.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    report = run_demo(tmp_path / "workspace", demonstrations=file, seed=0, on_progress=lambda _: None)
    assert report["sft"]["tuned"]["fact_accuracy"] is None
    assert report["ppo"]["fact_accuracy_after"] is None
    assert any("its answers are poor" in note for note in report["notes"])
    assert any("longer than" in note for note in report["notes"])
