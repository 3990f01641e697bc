"""Twenty people vote for a minute in twenty real sessions: how long does a vote take, and is every one of them right?

Some votes are sent twice, and some tabs are closed while a vote is on its way; the person comes back and sends it
again.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.voting_session import GONE, AppServer, Voter
from storage.pairs import Pair
from storage.responses import Response
from workbench.preferences.voting_settings import VotingSettings, save_voting_settings
from workbench.workspace import Workspace

PEOPLE, PAIRS, SEATS = 20, 1500, 2
SECONDS = 60.0
PARAGRAPH = "You find the desk on the third floor of the Harbor building, beside the reception. " * 4


def seed(root: Path, pairs: int = PAIRS) -> None:
    """A workspace with so many pairs of responses of usual length."""
    now = datetime.now(UTC)
    with Workspace.open(root, owner="benchmark") as ws:
        ws.responses.add_many(
            [
                Response(
                    f"p{n}{side}", None, f"model-{side}", f"Where is desk {n}?", f"{side}{n} {PARAGRAPH}", 0, 1.0, now
                )
                for n in range(pairs)
                for side in "ab"
            ]
        )
        ws.pairs.add_many(
            [
                Pair(f"p{n}", None, f"Desk {n}?", None, "train", f"p{n}a", f"p{n}b", "", "", "", "", now)
                for n in range(pairs)
            ]
        )
        save_voting_settings(ws, VotingSettings(people_per_pair=SEATS), "benchmark")


def think(dice: random.Random) -> float:
    """Seconds that a quick person needs for a pair."""
    return dice.uniform(1.0, 4.0)


async def _person(voter: Voter, until: float) -> None:
    await asyncio.sleep(voter.dice.uniform(0, 2))
    while time.monotonic() < until:
        with suppress(*GONE):
            await voter.session(until, think)
    while voter.outbox:  # whoever closed the tab last looks in again
        with suppress(*GONE):
            await voter.session(0, think)


async def _vote(voters: list[Voter], seconds: float) -> None:
    until = time.monotonic() + seconds
    await asyncio.gather(*[_person(voter, until) for voter in voters])


def check(root: Path, voters: list[Voter]) -> dict[str, Any]:
    """What is stored against what was confirmed."""
    with Workspace.open(root, owner="benchmark") as ws:
        votes = ws.votes.list()
    confirmed = [id for voter in voters for id in voter.confirmed]
    stored = Counter(vote.id for vote in votes)
    cast = Counter((vote.pair_id, vote.annotator_id, vote.occasion) for vote in votes)
    seats = Counter(vote.pair_id for vote in votes if vote.occasion == 0)
    return {
        "confirmed": len(confirmed),
        "stored": len(votes),
        "refused": sum(len(voter.refused) for voter in voters),
        "lost": sum(stored[id] == 0 for id in confirmed),
        "doubled": sum(count > 1 for count in [*stored.values(), *cast.values()]),
        "over_quota": sum(count > SEATS for count in seats.values()),
    }


def main() -> None:
    """Print the figures as JSON."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        seed(root)
        server = AppServer(root)
        server.start()
        voters = [Voter(f"Person {n}", server.port, n) for n in range(PEOPLE)]
        asyncio.run(_vote(voters, seconds))
        server.stop()
        waits = sorted(1000 * wait for voter in voters for wait in voter.waits)
        figures = {"p50_ms": statistics.median(waits), "p95_ms": waits[int(0.95 * len(waits))], "max_ms": waits[-1]}
        print(
            json.dumps(
                {"benchmark": "voting_load", "people": PEOPLE, "seconds": seconds} | figures | check(root, voters)
            )
        )


if __name__ == "__main__":
    main()
