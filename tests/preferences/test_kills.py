"""Killed while it takes up votes: what was confirmed is there, and nothing is there twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.preferences.conftest import add_pair
from workbench.preferences.actions import read_actions, take_up
from workbench.workspace import Workspace

VOTER = """
import random, sys
from pathlib import Path
from workbench.preferences.actions import read_actions, take_up
from workbench.preferences.voting import held_pairs
from workbench.workspace import Workspace

root, seed = Path(sys.argv[1]), int(sys.argv[2])
dice = random.Random(seed)
with Workspace.open(root, owner="voter") as ws:
    while True:
        for name in ("ann", "bob"):
            shown = held_pairs(ws, name)[0]
            action = {"id": f"{dice.getrandbits(80):020x}", "kind": "vote", "pair": shown.pair_id,
                      "occasion": shown.occasion, "choice": "left", "comment": "with a note"}
            print("sent", action["id"], action["pair"], action["occasion"], name, flush=True)
            assert take_up(ws, read_actions([action])[0][0], name) == {"ok": True}
            print("confirmed", action["id"], flush=True)
"""


def test_every_confirmed_vote_survives_five_kills(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    with Workspace.open(root) as ws:
        for number in range(150):
            add_pair(ws, f"{number}?")
    dice = random.Random(1)
    sent: dict[str, list[str]] = {}
    confirmed: list[str] = []
    for kill in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", VOTER, str(root), str(kill)], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert process.stdout is not None
        wanted = dice.randint(6, 12)  # dies in the middle of the vote that follows so many lines
        lines = []
        for line in process.stdout:
            lines.append(line.split())
            if len(lines) == wanted:
                process.kill()
        process.wait()
        sent |= {words[1]: words[2:] for words in lines if words[0] == "sent" and len(words) == 5}
        confirmed += [words[1] for words in lines if words[0] == "confirmed"]
    with Workspace.open(root) as ws:
        stored = {vote.id: vote for vote in ws.votes.list()}
        assert set(confirmed) <= set(stored) <= set(sent)
        assert all(vote.comment == "with a note" for vote in stored.values()), "a vote and its note come together"
        # The browser sends again what it was not told about. Where the same person meanwhile voted on that pair from
        # elsewhere, that is said; in the end each showing has exactly one vote.
        for id, (pair_id, occasion, name) in sent.items():
            action = {"id": id, "kind": "vote", "pair": pair_id, "occasion": int(occasion), "choice": "left"}
            answer = take_up(ws, read_actions([action])[0][0], name)
            assert answer == {"ok": True} or "already" in answer["problem"]
        votes = ws.votes.list()
        names = {row.id: row.name for row in ws.annotators.list()}
        shown = {(pair_id, name, int(occasion)) for pair_id, occasion, name in sent.values()}
        assert Counter((v.pair_id, names[v.annotator_id], v.occasion) for v in votes) == dict.fromkeys(shown, 1)
    assert len(confirmed) >= 10
