"""Twenty people watch one PPO run of ten thousand updates while it goes on: how long does a refresh take?

Each is a real session over the websocket that a browser uses; they come one after the other within four seconds, since
people do not open a page in the same instant. As in a browser, each of the page's two fragments has a clock of its own
that asks for it every two seconds, whether the answer before was slow or not; timed is from the tick of that clock
until the server says that the script has finished, waiting included. Beside it stands the processor time of the whole
server for each script run, opening included, which other work disturbs less.
"""

from __future__ import annotations

import asyncio
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.voting_session import AppServer
from storage.runs import Run
from workbench.ppo.config import PPORunConfig
from workbench.workspace import Workspace

PEOPLE, UPDATES, SECONDS = 20, 10_000, 60.0
COMING_SECONDS = 4.0
RUN = "ppo-001"
WRITER = """
import sys, time
from pathlib import Path
from benchmarks.ppo_watchers import metrics
from workbench.runs.context import RunContext
from workbench.runs.events import Metric, Progress, Started
context = RunContext.for_directory(Path(sys.argv[1]))
first = int(sys.argv[2])
for step in range(first + 1, first + 100_000):
    context.emit(Metric(step=step, values=metrics(step)))
    context.emit(Progress(phase="optimising", done=step, total=first + 100_000, eta_seconds=60.0))
    time.sleep(1.0)
"""


def metrics(step: int) -> dict[str, float]:
    """Every curve of a real run, as a function of the update."""
    wave, risen = math.sin(step / 7), 1 - math.exp(-step / 3000)
    names = (
        "objective/entropy", "loss/policy", "loss/value", "policy/clipfrac", "policy/approx_kl", "policy/ratio",
        "policy/grad_norm", "value/explained_variance", "value/clipfrac", "response/eos_rate",
        "throughput/tokens_per_second", "throughput/episodes", "seconds/generate", "seconds/score", "seconds/reference",
        "seconds/update", "learning_rate", "objective/kl_coef",
    )  # fmt: skip
    values = dict.fromkeys(names, 0.1 + 0.01 * wave)
    values |= {
        "objective/scores": risen + 0.1 * wave,
        "objective/rlhf_reward": 0.8 * risen + 0.1 * wave,
        "objective/kl": 2 * risen,
        "response/length": 28 + wave,
    }
    if step % 10 == 0:
        values |= {"eval/score": risen, "eval/kl": 2 * risen, "eval/win_rate": 0.5 + 0.2 * risen, "eval/length": 28.0}
        values |= {"eval/embedding_similarity": 0.84, "eval/repetition": 0.01}
    return values


def seed(root: Path, updates: int) -> subprocess.Popen[bytes]:
    """A workspace with a run of so many updates, and a process that goes on writing its events."""
    folder = root / "runs" / RUN
    folder.mkdir(parents=True)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(updates)])
    created = psutil.Process(writer.pid).create_time()
    config = PPORunConfig(reward_model_id="reward_model-001").model_dump(mode="json")
    (folder / "config.json").write_text(json.dumps({"run_id": RUN, "kind": "ppo", "config": config}))
    now = datetime.now(UTC)
    with Workspace.open(root, owner="benchmark") as ws:
        run = Run(
            RUN, "ppo", RUN, "running", f"runs/{RUN}", config, "benchmark", now, writer.pid, created, started_at=now
        )
        ws.runs.add(run)
        ws.metrics.add_steps(RUN, [(step, metrics(step)) for step in range(1, updates + 1)])
    return writer


@dataclass
class Watcher:
    """A person who only looks. ``waits``: seconds of each refresh; ``first``: of the page itself."""

    port: int
    first: float = 0.0
    waits: list[float] = field(default_factory=list)
    fragments: dict[str, float] = field(default_factory=dict)

    async def watch(self, begin: float, until: float) -> None:
        """Open the page at ``begin`` and let it refresh itself until ``until`` (monotonic seconds)."""
        await asyncio.sleep(begin - time.monotonic())
        origin: Any = f"http://127.0.0.1:{self.port}"
        url = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        async with connect(url, subprotocols=["streamlit"], origin=origin, max_size=None) as socket:  # type: ignore[list-item]
            self.first = await self._run(socket, ClientState(page_name="ppo"))
            due = {name: time.monotonic() + every for name, every in self.fragments.items()}
            while time.monotonic() < until and due:
                name = min(due, key=lambda each: due[each])
                await asyncio.sleep(max(0.0, due[name] - time.monotonic()))
                await self._run(socket, ClientState(page_name="ppo", fragment_id=name))
                self.waits.append(time.monotonic() - due[name])
                due[name] += self.fragments[name]

    async def _run(self, socket: ClientConnection, state: ClientState) -> float:
        """Ask for a script run; the fragments that want to be drawn again are noted. Returns seconds."""
        began = time.perf_counter()
        await socket.send(BackMsg(rerun_script=state).SerializeToString())
        async with asyncio.timeout(120):
            while True:
                message = ForwardMsg.FromString(await socket.recv())
                kind = message.WhichOneof("type")
                if kind == "auto_rerun":
                    self.fragments[message.auto_rerun.fragment_id] = message.auto_rerun.interval
                if kind == "script_finished":
                    return time.perf_counter() - began


async def _all(port: int, people: int, seconds: float) -> list[Watcher]:
    watchers = [Watcher(port) for _ in range(people)]
    now = time.monotonic()
    comings = [now + COMING_SECONDS * number / people for number in range(people)]
    await asyncio.gather(
        *(watcher.watch(begin, now + seconds) for watcher, begin in zip(watchers, comings, strict=True))
    )
    return watchers


def measure(people: int = PEOPLE, updates: int = UPDATES, seconds: float = SECONDS) -> dict[str, Any]:
    """Milliseconds of a refresh, and of opening the page."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "team"
        root.mkdir()
        writer = seed(root, updates)
        server = AppServer(root)
        try:
            server.start()
            began = _processor_seconds(server)
            watchers = asyncio.run(_all(server.port, people, seconds))
            busy = _processor_seconds(server) - began
            server.stop()
        finally:
            writer.kill()
            writer.wait()
    waits = sorted(wait for watcher in watchers for wait in watcher.waits)
    cuts = statistics.quantiles(waits, n=100)
    opened = sorted(watcher.first for watcher in watchers)
    return {
        "people": people,
        "updates": updates,
        "refreshes": len(waits),
        "refresh_ms": {"p50": round(cuts[49] * 1e3), "p95": round(cuts[94] * 1e3), "max": round(waits[-1] * 1e3)},
        "processor_ms_per_script": round(busy * 1e3 / (len(waits) + people), 1),
        "open_ms": {"median": round(opened[len(opened) // 2] * 1e3), "max": round(opened[-1] * 1e3)},
    }


def _processor_seconds(server: AppServer) -> float:
    spent = psutil.Process(server.process.pid).cpu_times()
    return spent.user + spent.system


if __name__ == "__main__":
    print(json.dumps(measure(*(int(number) for number in sys.argv[1:4])), indent=1))
