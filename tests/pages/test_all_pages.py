"""Every page opens, empty and filled, and says what it is for and what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import seeding
from tests.pages.conftest import ENTRY, texts, visit
from workbench.errors import WorkspaceInUse
from workbench.workspace import Workspace

PAGES = {
    "home.py": "Where we stand",
    "step1_demonstrations.py": "Demonstrations",
    "step2_sft.py": "SFT",
    "step3_preferences.py": "Preferences",
    "step4_reward_model.py": "Reward model",
    "step5_ppo.py": "PPO",
    "chat.py": "Chat",
    "compare.py": "Compare models",
    "lineage.py": "Family tree",
    "runs.py": "Runs",
    "share.py": "Take away",
}
NEEDS = {
    "home.py": ("Write the first demonstration", "Load the demo company"),
    "step1_demonstrations.py": ("No demonstrations yet", "Home"),
    "step2_sft.py": ("SFT needs demonstrations", "Go to demonstrations"),
    "step3_preferences.py": ("Pairs need prompts", "Go to demonstrations"),
    "step4_reward_model.py": ("The reward model needs votes", "Go to preferences"),
    "step5_ppo.py": ("PPO needs a reward model", "Go to the reward model"),
    "chat.py": ("You are talking to **base**",),
    "lineage.py": ("**Base model: base**",),
    "compare.py": ("Only the base model so far", "Go to SFT"),
    "runs.py": ("Nothing has run yet", "Home"),
    "share.py": ("Write the folder", "Make the report", "Write the backup"),
}
SHOWS = {
    "home.py": ("Compare the models", "24 votes, 1 model", "apart from them 24 simulated votes"),
    "step1_demonstrations.py": ("All 32", "Train 16", "Test 8"),
    "step2_sft.py": ("sft-001", "Facts right 90%", "Measured on 8 held-out prompts"),
    "step3_preferences.py": ("What is your name?",),
    "step4_reward_model.py": ("Chooses as they did 81%", "**81%** of cases", "enough to go on with PPO"),
    "step5_ppo.py": ("Score after 1.62", "ppo-001", "2 prompts were longer than 256 tokens"),
    "chat.py": ("You are talking to **ppo-001**",),
    "compare.py": ("Ask", "Present"),
    "lineage.py": ("**Model: ppo-001**",),
    "runs.py": ("ppo-001", "Delete this run"),
    "share.py": ("Write the folder",),
}


@pytest.mark.parametrize("page", PAGES)
def test_empty(app: AppTest, page: str) -> None:
    visit(app, page)
    assert app.title[0].value == PAGES[page]
    for wanted in NEEDS[page]:
        assert wanted in texts(app)


@pytest.mark.parametrize("page", PAGES)
def test_filled(ws: Workspace, app: AppTest, page: str) -> None:
    seeding.whole_team(ws)
    visit(app, page)
    assert app.title[0].value == PAGES[page]
    assert not app.error
    shown = texts(app).replace("\\", "")
    for wanted in SHOWS[page]:
        assert wanted in shown


def test_a_workspace_in_use_is_explained_on_the_whole_page(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages import services

    def refuse(*_: object, **__: object) -> Workspace:
        raise WorkspaceInUse("The workspace is in use by workbench demo (process 4711): close that first.")

    services.close()
    monkeypatch.setattr(Workspace, "open", refuse)
    app.run()
    shown = texts(app).replace("\\", "")
    assert "process 4711" in shown
    assert "Try again" in shown
    assert not app.title


def test_sign_in_comes_first_where_a_provider_is_set_up(app: AppTest) -> None:
    app.secrets["auth"] = {"client_id": "workbench"}
    app.user = {"is_logged_in": False}
    app.run()
    assert "Sign in" in texts(app)
    assert not app.title
    app.user = {"is_logged_in": True, "name": "Ada *Lovelace*", "email": "ada@example.com"}
    visit(app, "step1_demonstrations.py", demonstrations_part="Write")
    assert r"Signed in as Ada \*Lovelace\*" in texts(app)
    assert not app.button(key="save_demonstration").disabled


def test_trouble_of_the_supervisor_is_shown(app: AppTest) -> None:
    from pages import services

    services.supervisor().problem = "The disk is full: free some space."
    visit(app)
    assert "disk is full" in app.warning[0].value


def test_pages_import_nothing_heavy_and_no_database() -> None:
    names = sorted(path.stem for path in ENTRY.parent.glob("*.py") if path.stem not in ("__init__", "server"))
    heavy = ("torch", "transformers", "trl", "peft", "sentence_transformers")
    script = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module('pages.' + name)\n"
        f"loaded = [name for name in {heavy!r} if name in sys.modules]\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    for path in ENTRY.parent.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "unsafe_allow_html" not in source
        assert "use_container_width" not in source
        assert "from storage" not in source
        assert "import storage" not in source
