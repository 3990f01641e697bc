"""Step 3b: the card with its verdict, the playground, the best of n, and sending pairs to the voters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import services
from pages.reward_model_best_of_n import sentence
from tests.pages import seeding
from tests.pages.conftest import texts, unbroken, visit
from workbench.errors import ModelError
from workbench.models.spec import ModelSpec
from workbench.preferences.voting_settings import voting_settings
from workbench.reward_model.baselines import Baseline
from workbench.reward_model.bias import Effect, Example
from workbench.reward_model.calibration import calibrate
from workbench.reward_model.card import Card, Disagreement, VoteFacts, headline
from workbench.reward_model.ceiling import Ceiling
from workbench.reward_model.evaluation import Slice
from workbench.reward_model.verdict import Verdict
from workbench.runs.run_dir import RunDir, read_json
from workbench.workspace import Workspace

PAGE = "step4_reward_model.py"
MARGINS = [1.4, 0.8, -0.3, 2.0, 0.6, -0.9, 1.1, 0.2, 1.7, 0.9]
CURVE = [
    {"n": 1, "kl": 0.0, "score": 0.1, "score_ci": [0.0, 0.2], "embedding_similarity": 0.8,
     "embedding_similarity_ci": [0.78, 0.82]},
    {"n": 16, "kl": 1.84, "score": 1.3, "score_ci": [1.1, 1.5], "embedding_similarity": 0.7,
     "embedding_similarity_ci": [0.66, 0.74]},
]  # fmt: skip


def card(verdict: Verdict) -> Card:
    """A card with every part filled; texts hold what must never be read as Markdown."""
    example = Example(
        prompt=seeding.EVIL,
        original="Third floor.",
        changed=f"Well, {seeding.EVIL}",
        score_original=0.2,
        score_changed=0.9,
    )
    effect = Effect(
        name="length", effect=0.42, effect_ci=(0.3, 0.5), original_preferred=0.1, probes=40, standing="bad",
        examples=[example],
    )  # fmt: skip
    baseline = Baseline(name="longer", accuracy=0.6, accuracy_ci=(0.5, 0.7), pairs=10, lead=0.2, lead_ci=(0.1, 0.3))
    return Card(
        votes=VoteFacts(
            train_pairs=212,
            validation_pairs=30,
            held_out_pairs=10,
            voted_pairs=260,
            ties=8,
            annotators=3,
            simulated=False,
        ),
        accuracy=0.8,
        accuracy_ci=(0.6, 0.9),
        ceiling=Ceiling(accuracy=0.92, accuracy_ci=(0.88, 0.95), annotator=0.84, annotator_ci=(0.8, 0.88), pairs=200),
        baselines=[baseline],
        calibration=calibrate(MARGINS, 1.2, 1.5, 30),
        margins=MARGINS,
        train_accuracy=0.93,
        slices=[Slice(kind="tag", name="<b>hr</b>", accuracy=0.7, accuracy_ci=(0.4, 0.9), pairs=6)],
        spread=1.1,
        effects=[effect],
        disagreement=Disagreement(members=3, inside=0.2, inside_ci=(0.1, 0.3), outside=0.6, outside_ci=(0.5, 0.7)),
        notes=["It learned from few pairs only."],
        verdict=verdict,
    )


NOT_YET = Verdict(
    verdict="not_yet",
    reasons=["It likes length: ten words add 0.42.", *(f"Reason {number}." for number in range(5))],
    next=["Label pairs whose shorter response is the better one."],
    ppo_settings={"kl_coef": 1.0, "length_penalty": 0.02},
)


def with_card(ws: Workspace, verdict: Verdict, **summary: Any) -> str:
    """A finished run with its card on disk; returns its id."""
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    run_id = seeding.reward_model(ws, trunk)
    made = card(verdict)
    ws.runs.update(run_id, summary={**headline(made), **summary})
    folder = ws.root / "runs" / run_id / "final"
    folder.mkdir()
    made.save(folder)
    return run_id


def test_the_verdict_stands_first_with_reasons_and_what_to_do(ws: Workspace, app: AppTest) -> None:
    with_card(ws, NOT_YET)
    visit(app, PAGE)
    said = texts(app).replace("\\", "")
    assert "Not yet: PPO would learn its mistakes" in said
    assert "It likes length: ten words add 0.42." in said
    assert "Label pairs whose shorter response is the better one." in said
    assert "Settings, if you start PPO all the same" in said
    assert any("--set kl_coef=1.0 --set length_penalty=0.02" in code.value for code in app.code)
    assert "Chooses as they did 80%" in said
    assert "Ceiling 92%" in said
    assert "It learned from few pairs only." in said
    assert any("2 more" in expander.label for expander in app.expander), (
        "the weightiest reasons are shown, the rest folds"
    )


@pytest.mark.parametrize(
    ("verdict", "title"),
    [("go", "Go: good enough for PPO"), ("care", "Go with care: use the settings below")],
)
def test_the_other_verdicts_in_plain_words(ws: Workspace, app: AppTest, verdict: Any, title: str) -> None:
    with_card(ws, Verdict(verdict=verdict, reasons=["Because."], next=["Start PPO."]))
    visit(app, PAGE)
    assert title in texts(app)


@pytest.mark.parametrize(
    ("part", "charts", "said"),
    [
        ("How often it is right", 1, "right in 93%"),
        ("How sure it is", 2, "Its 3 members disagree by 0.20 on usual responses and by 0.60"),
        ("Biases", 1, "+0.42 spreads (+0.30 to +0.50), 40 probes"),
        ("Where it is weak", 1, "fewer than five are left out"),
        ("Best of n", 0, "what PPO has to beat"),
        ("More votes", 0, "has not measured its learning curve"),
        ("How it learned", 2, ""),
    ],
)
def test_every_part_of_the_card(ws: Workspace, app: AppTest, part: str, charts: int, said: str) -> None:
    with_card(ws, NOT_YET)
    visit(app, PAGE, reward_view=part)
    assert said in texts(app)
    assert len(app.get("plotly_chart")) == charts
    assert not any(seeding.EVIL in item.value for item in app.markdown), "texts of models stay plain text"


def test_a_run_without_a_card_says_so(ws: Workspace, app: AppTest) -> None:
    seeding.reward_model(ws, seeding.sft(ws))
    visit(app, PAGE)
    assert "from before there was a card" in texts(app)


def test_a_torn_card_does_not_break_the_page(ws: Workspace, app: AppTest) -> None:
    run_id = with_card(ws, NOT_YET)
    (ws.root / "runs" / run_id / "final" / "card.json").write_text('{"accuracy": 0.', encoding="utf-8")
    visit(app, PAGE)
    assert "from before there was a card" in texts(app)


def test_the_playground_ranks_and_colours_without_markdown(
    ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = with_card(ws, NOT_YET)

    def score(_: object, spec: ModelSpec, prompt: str, responses: list[str], *, explain: bool) -> list[dict[str, Any]]:
        assert spec.adapters[-1] == f"runs/{run_id}/final"
        assert (prompt, explain) == ("Where?", True)
        return [
            {
                "score": float(len(text)),
                "disagreement": 0.3,
                "best_preferred": 0.83,
                "words": [(word, 0.5) for word in text.split()],
            }
            for text in responses
        ]

    monkeypatch.setattr("workbench.models.generator.Generator.score_prompt", score)
    visit(app, PAGE, reward_part="Try it")
    app.text_input(key="playground_prompt").set_value("Where?")
    app.text_area(key="playground_responses").set_value(f"Short.\n{seeding.EVIL}\nShort.\n")
    unbroken(app.button(key="playground_score").click().run())
    ranked = [item.value for item in app.markdown if "score **" in item.value]
    assert len(ranked) == 2, "the same response twice is one"
    assert ranked[0].startswith(f"**1.** &nbsp; score **{float(len(seeding.EVIL)):+.2f}**")
    assert [item.value for item in app.caption if "preferred" in item.value] == [
        "the first would be preferred in 83% of votes"
    ]
    coloured = next(item.value for item in app.markdown if "background" in item.value)
    assert "![x](" not in coloured
    assert "<img" not in coloured.replace("\\<", "")


def test_the_playground_says_what_is_missing_or_went_wrong(
    ws: Workspace, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_card(ws, NOT_YET)
    visit(app, PAGE, reward_part="Try it")
    unbroken(app.button(key="playground_score").click().run())
    assert "The prompt is empty" in app.error[0].value
    app.text_input(key="playground_prompt").set_value("Where?")
    unbroken(app.button(key="playground_score").click().run())
    assert "one to 6 responses" in app.error[0].value

    def fail(*_: object, **__: object) -> None:
        raise ModelError("The folder holds no reward model; was its run deleted?")

    monkeypatch.setattr("workbench.models.generator.Generator.score_prompt", fail)
    app.text_area(key="playground_responses").set_value("There.")
    unbroken(app.button(key="playground_score").click().run())
    assert "was its run deleted" in app.error[0].value


def test_the_doubtful_pairs_go_to_the_voters(ws: Workspace, app: AppTest) -> None:
    run_id = with_card(ws, NOT_YET)
    seeding.pairs(ws, "sft-001", "sft-001", number=6)
    visit(app, PAGE, name="Ada", reward_view="More votes")
    assert "6 pairs wait for votes" in texts(app)
    unbroken(app.button(key=f"next_{run_id}").click().run())
    (run,) = ws.runs.list(kind="pairs", status="pending")
    assert (run.config["score_with"], run.config["new_pairs"]) == (run_id, False)
    assert voting_settings(ws).order == "informative"
    assert "comes first" not in texts(app)
    assert "most telling pairs first" in app.success[0].value


def test_the_best_of_n_is_measured_from_the_page_and_drawn(ws: Workspace, app: AppTest) -> None:
    run_id = with_card(ws, NOT_YET)
    visit(app, PAGE, name="Ada", reward_view="Best of n")
    unbroken(app.button(key=f"best_{run_id}").click().run())
    (run,) = ws.runs.list(kind="best_of_n")
    assert (run.status, run.config["reward_model_id"], run.config["prompts"]) == ("pending", run_id, 48)
    ws.runs.update(run_id, summary=ws.runs.get(run_id).summary | {"best_of_n": CURVE})
    visit(app, PAGE, reward_view="Best of n")
    assert len(app.get("plotly_chart")) == 2
    assert "scores +1.20 above a single response, at a KL of 1.84 nats" in texts(app)
    assert "falls by 0.10: the score is pursued at their cost" in texts(app)


def test_a_rise_and_no_change_of_likeness_are_told_apart() -> None:
    first, last = CURVE
    better = last | {"embedding_similarity": 0.9, "embedding_similarity_ci": [0.85, 0.95]}
    assert "rises by 0.10" in sentence([first, better])
    same = last | {"embedding_similarity": 0.79, "embedding_similarity_ci": [0.75, 0.83]}
    assert "stays where it was" in sentence([first, same])


def test_a_running_one_can_be_paused(ws: Workspace, app: AppTest) -> None:
    run_id = seeding.reward_model(ws, seeding.sft(ws), status="running")
    visit(app, PAGE)
    unbroken(app.button(key=f"steer_Pause_{run_id}").click().run())
    control: Path = RunDir(ws.root / ws.runs.get(run_id).directory).control_path
    assert read_json(control)["pause"] is True
    unbroken(app.button(key=f"steer_Go on_{run_id}").click().run())
    assert read_json(control)["pause"] is False
    assert services.workspace() is ws


def test_a_classifier_needs_its_name(ws: Workspace, app: AppTest) -> None:
    seeding.demonstrations(ws)
    trunk = seeding.sft(ws)
    seeding.votes(ws, seeding.pairs(ws, trunk, trunk, number=32), ("Robo",), simulated=True)
    visit(app, PAGE, reward_part="New run")
    app.selectbox(key="reward_backend").set_value("classifier")
    unbroken(app.button(key="reward_start").click().run())
    assert "name a folder or Hugging Face id" in app.error[0].value.replace("\\", "")
    app.selectbox(key="reward_backend").set_value("minilm")
    app.number_input(key="reward_members").set_value(2)
    unbroken(app.button(key="reward_start").click().run())
    (run,) = ws.runs.list(kind="reward_model")
    assert (run.config["backend"], run.config["members"], run.config["classifier"]) == ("minilm", 2, None)
