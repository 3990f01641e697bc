"""The report: one file, nothing fetched, nothing of people or models read as HTML, every step told."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from storage.models import Model
from tests.pages import seeding
from workbench.demonstrations.editing import add_demonstration
from workbench.errors import InvalidInput
from workbench.models.spec import ModelSpec
from workbench.report.html import interval, table, text
from workbench.report.page import report_html, write_report
from workbench.workspace import Workspace


class _Addresses(HTMLParser):
    """Every address that the document would fetch by itself, and every element."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]


def without_plotly(document: str) -> str:
    return re.sub(r"<script.*?</script>", "", document, flags=re.DOTALL)


def test_an_empty_workspace_says_what_is_missing(workspace: Workspace) -> None:
    said = without_plotly(report_html(workspace))
    for sentence in (
        "None were collected yet",
        "No model was fine-tuned",
        "Nobody has voted",
        "No model was optimised",
    ):
        assert sentence in said


def test_a_whole_team_is_told_with_intervals_verdict_and_hashes(workspace: Workspace) -> None:
    seeding.whole_team(workspace)
    verdict = {
        "verdict": "care",
        "reasons": ["Longer answers score higher."],
        "next": ["Add votes."],
        "ppo_settings": {},
    }
    run = workspace.runs.get("reward_model-001")
    workspace.runs.update(run.id, summary=run.summary | {"verdict": verdict})
    document = report_html(workspace)
    said = without_plotly(document)
    for wanted in (
        "2 · SFT: sft-001",
        "90% (83% – 97%)",
        "81% (72% – 88%)",
        "to be used with care",
        "Longer answers score higher.",
        "Simulated votes follow a rule",
        "How do I get to the travel desk?",
        "What ppo-001 was made from",
    ):
        assert wanted in said, wanted
    assert document.count("Plotly.newPlot") >= 5


def test_demonstrations_are_counted_alike_everywhere_and_drafts_apart(workspace: Workspace) -> None:
    for prompt, status in (("Where is HR?", "approved"), ("Where is IT?", "draft"), ("Who is Ann?", "draft")):
        add_demonstration(workspace, prompt=prompt, response="Here.", author="Ada", split="train", status=status)
    said = without_plotly(report_html(workspace))
    assert "<td>train</td><td>1</td>" in said
    assert "2 more are drafts or were rejected" in said
    assert "<td>3</td>" not in said


def test_the_verdict_over_all_candidates_is_told(workspace: Workspace) -> None:
    row = {"model": "ppo-001", "label": "ppo-001", "score": 1.2, "score_ci": [1.0, 1.4], "win_rate": 0.7, "kl": 0.5}
    summary = {"contestants": [row], "sentence": "It was worth it."}
    seeding.run(workspace, "verdict", "finished", {}, summary=summary)
    said = without_plotly(report_html(workspace))
    assert "It was worth it." in said
    assert "<td>1.20 (1.00 – 1.40)</td><td>0.50</td><td>70%</td><td>–</td>" in said


def test_a_judged_checkpoint_does_not_take_the_place_of_what_the_run_came_to(workspace: Workspace) -> None:
    seeding.whole_team(workspace)
    verdict_id = seeding.run(workspace, "verdict", "finished", {"run_id": "ppo-001"})
    spec = ModelSpec(adapters=("runs/x/final",)).model_dump(mode="json")
    checkpoint = Model("ppo-001-update-20", "", "ppo", spec, verdict_id, "sft-001", datetime.now(UTC))
    workspace.models.add(checkpoint)
    said = without_plotly(report_html(workspace))
    assert "4 · PPO: ppo-001<" in said
    assert "What ppo-001 was made from" in said
    workspace.models.delete("ppo-001")  # as after a run that was stopped and judged
    said = without_plotly(report_html(workspace))
    assert "4 · PPO: ppo-001-update-20<" in said
    assert "Run ppo-001, started by Ada" in said


def test_nothing_is_fetched_from_anywhere(workspace: Workspace) -> None:
    seeding.whole_team(workspace)
    parser = _Addresses()
    document = report_html(workspace)
    parser.feed(document)
    assert parser.fetched == []
    assert "default-src 'none'" in document
    assert not {"img", "link", "iframe", "object"} & set(parser.tags)


def test_what_people_and_models_wrote_is_no_html(workspace: Workspace) -> None:
    seeding.demonstrations(workspace)
    run_id = seeding.sft(workspace)
    workspace.database.run_write(lambda cursor: cursor.execute("UPDATE answers SET response = ?", [seeding.EVIL]))
    workspace.runs.update(run_id, created_by="<img src=x onerror=alert(1)>")
    said = without_plotly(report_html(workspace))
    assert "&lt;img src=https://evil.example" in said
    assert "<img" not in said


def test_values_are_escaped_and_intervals_written() -> None:
    assert text("<b>") == "&lt;b&gt;"
    assert interval(0.5, 0.4, 0.6, ".0%") == "50% (40% – 60%)"
    assert interval(None, None, None, ".0%") == "–"
    assert "<td>&lt;i&gt;</td>" in table(("a",), [("<i>",)])


def test_an_older_report_is_replaced_and_other_names_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "report.html"
    assert write_report(workspace, out) == out.stat().st_size
    write_report(workspace, out)
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]
    with pytest.raises(InvalidInput, match=r"report\.html"):
        write_report(workspace, tmp_path / "report.pdf")
