"""One voter's session with a running server, over the websocket that a browser uses: a real session without a browser.

It opens the preferences page, gives a name, and then does what the desk in the browser does (`pages/voting/voting.js`):
keeps every action in an outbox until the server has said what became of it, and sends it again when it does not know.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 120


@dataclass
class Voter:
    """A person at the desk. ``confirmed`` are votes that the server said are saved, ``waits`` the seconds it took."""

    name: str
    port: int
    seed: int
    confirmed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    outbox: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent_at: dict[str, float] = field(default_factory=dict)
    desk: dict[str, Any] | None = None
    desk_id: str = ""
    fragment_id: str = ""
    name_field: str = ""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    async def session(self, until: float, think: Callable[[random.Random], float], leave_after: float = 0.1) -> None:
        """Opens the page and votes until ``until`` (monotonic seconds); raises OSError when the server is gone."""
        url = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        origin: Any = f"http://127.0.0.1:{self.port}"
        async with connect(url, subprotocols=["streamlit"], origin=origin, max_size=None) as socket:  # type: ignore[list-item]
            await self._sit_down(socket)
            while True:
                if self.outbox:
                    await self._send(socket)
                    await self._wait(socket, lambda: not self.outbox)
                if time.monotonic() >= until:
                    return
                await asyncio.sleep(think(self.dice))
                if not self._vote():
                    return
                if self.dice.random() < 0.1:  # a double click, or a nervous connection: sent twice
                    await self._send(socket)
                if self.dice.random() < leave_after:  # the tab is closed while the vote is on its way
                    await self._send(socket)
                    return

    async def _sit_down(self, socket: ClientConnection) -> None:
        self.desk, self.desk_id, self.name_field = None, "", ""
        await self._rerun(socket, ClientState(page_name="preferences"))
        await self._wait(socket, lambda: bool(self.name_field or self.desk_id))
        if not self.desk_id:
            states = WidgetStates(widgets=[WidgetState(id=self.name_field, string_value=self.name)])
            await self._rerun(socket, ClientState(page_name="preferences", widget_states=states))
            await self._wait(socket, lambda: bool(self.desk_id))

    def _vote(self) -> bool:
        """Puts a vote on the first pair into the outbox; False where no pair waits."""
        pairs = self.desk["pairs"] if self.desk else []
        if not pairs:
            return False
        pair, id = pairs[0], f"{self.dice.getrandbits(80):020x}"
        choice = self.dice.choice(("left", "right", "tie", "both_bad"))
        named = {"pair": pair["pair"], "occasion": pair["occasion"]}
        self.outbox[id] = {"id": id, "kind": "vote", **named, "choice": choice, "seconds": 1.5}
        return True

    async def _send(self, socket: ClientConnection) -> None:
        for id, action in self.outbox.items():
            self.sent_at.setdefault(id, time.perf_counter())
            action["tries"] = action.get("tries", 0) + 1
        state = WidgetState(id=self.desk_id, json_value=json.dumps({"outbox": list(self.outbox.values())}))
        await self._rerun(
            socket, ClientState(fragment_id=self.fragment_id, widget_states=WidgetStates(widgets=[state]))
        )

    async def _rerun(self, socket: ClientConnection, state: ClientState) -> None:
        await socket.send(BackMsg(rerun_script=state).SerializeToString())

    async def _wait(self, socket: ClientConnection, condition: Callable[[], bool], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                message = ForwardMsg.FromString(await socket.recv())
                if message.WhichOneof("type") == "delta":
                    self._take(message.delta)

    def _take(self, delta: Delta) -> None:
        element = delta.new_element
        if element.text_input.label == "Your name":
            self.name_field = element.text_input.id
        if not element.bidi_component.component_name.endswith(".voting"):  # the page has other components, too
            return
        self.desk_id, self.fragment_id = element.bidi_component.id, delta.fragment_id
        self.desk = json.loads(element.bidi_component.json)
        for id, result in self.desk["results"].items():
            if self.outbox.pop(id, None) is None:
                continue
            if result["ok"]:
                self.confirmed.append(id)
                self.waits.append(time.perf_counter() - self.sent_at[id])
            else:
                self.refused.append(result["problem"])


class AppServer:
    """`workbench app` in a process of its own, to be killed."""

    def __init__(self, workspace: Path) -> None:
        self.workspace, self.port = workspace, 0

    def start(self) -> None:
        """Starts it and waits until it answers."""
        command = [sys.executable, "-m", "pages.launch", "--workspace", str(self.workspace), "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=os.environ)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.port = int(line.split("http://127.0.0.1:")[1].split()[0])
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError):
                if urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=5).status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """What a power cut does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Asks it to leave."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


GONE = (OSError, WebSocketException, TimeoutError)
"""How a server that was killed shows itself to a session."""
