"""The server is killed (SIGKILL) again and again while people vote: every vote that was confirmed must be there."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.voting_load import check, seed
from benchmarks.voting_session import GONE, AppServer, Voter

PEOPLE, KILLS = 5, 100


def think(dice: random.Random) -> float:
    """Faster than people: more votes are on their way when the server dies."""
    return dice.uniform(0.0, 0.2)


async def _until_killed(voters: list[Voter], server: AppServer, dice: random.Random) -> None:
    before = sum(len(voter.confirmed) for voter in voters)

    async def vote(voter: Voter) -> None:
        with suppress(*GONE):
            await voter.session(time.monotonic() + 60, think, leave_after=0)

    tasks = [asyncio.create_task(vote(voter)) for voter in voters]
    while sum(len(voter.confirmed) for voter in voters) < before + PEOPLE:
        await asyncio.sleep(0.05)
    await asyncio.sleep(dice.uniform(0, 1))
    server.kill()
    await asyncio.gather(*tasks)


def main() -> None:
    """Print the figures as JSON."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    dice = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        seed(root, pairs=20 * kills + 200)
        server = AppServer(root)
        voters: list[Voter] = []
        for number in range(kills):
            server.start()
            voters = voters or [Voter(f"Person {n}", server.port, n) for n in range(PEOPLE)]
            asyncio.run(_until_killed(voters, server, dice))
            if number % 10 == 9:
                print(f"{number + 1} kills, {sum(len(voter.confirmed) for voter in voters)} votes", file=sys.stderr)
        print(json.dumps({"benchmark": "voting_kills", "kills": kills} | check(root, voters)))


if __name__ == "__main__":
    main()
