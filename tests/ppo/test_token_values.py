"""A response token by token, and the alarm's memory inside a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ppo.conftest import DigitTokenizer, tiny_trainer
from workbench.models.loading import load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo.token_values import text_pieces, token_values
from workbench.ppo.types import Prompt
from workbench.ppo.watch import SAFE, Watch
from workbench.runs.event_log import EventWriter
from workbench.runs.events import Metric
from workbench.runs.run_dir import RunDir


def test_pieces_join_to_the_text_for_any_script() -> None:
    tokenizer = load_tokenizer(ModelSpec())
    for text in ("Rua do Mata-Borrão 27.", "Line one\nline two", "naïve café – 3 €", "日本"):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        pieces = text_pieces(tokenizer, ids)
        assert len(pieces) == len(ids)
        assert "".join(pieces) == tokenizer.decode(ids, skip_special_tokens=True)


def test_values_are_those_of_the_rollout() -> None:
    trainer = tiny_trainer()
    trainer.step()
    samples, experience = trainer.answer([Prompt("a", [4, 5]), Prompt("b", [6])])
    for row, sample in enumerate(samples):
        found = token_values(DigitTokenizer(), experience, row)  # type: ignore[arg-type]
        assert len(found.text) == len(found.kl) == len(found.advantage) == sample.length
        assert sum(found.kl) == pytest.approx(sample.kl, abs=1e-3)
        assert "".join(found.text).split() == sample.response.split()


HACKED = zip(range(0, 50, 10), [0.0, 0.3, 0.6, 1.0, 1.4], [0.0, 0.0, 0.01, 0.2, 0.5], strict=True)


def test_the_watch_speaks_once_and_remembers_safe_checkpoints_over_a_resumption(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    watch = Watch(run_dir, up_to=0)
    spoke = []
    with EventWriter(run_dir.events_path) as writer:
        for step, score, repeated in HACKED:
            measures = {"eval/score": score, "eval/repetition": repeated, "eval/embedding_similarity": float("nan")}
            writer.emit(Metric(step=step, values={k: v for k, v in measures.items() if v == v}))
            watch.add(step, measures)
            alarm = watch.news()
            spoke.append(alarm.before if alarm else None)
            run_dir.save_checkpoint(step, lambda folder, step=step: watch.keep(folder, step))  # type: ignore[misc]
    assert spoke == [None, None, None, None, 20]
    assert watch.news() is None, "said already"
    assert watch.safe == [10, 20, 30]
    assert len(watch.safe) == SAFE
    again = Watch(run_dir, up_to=40)
    assert again.alarm() == watch.alarm()
    assert again.news() is None, "a run that goes on does not say it again"
    assert again.safe == [10, 20, 30]
    assert Watch(run_dir, up_to=20).alarm() is None, "what came after the checkpoint is forgotten"
