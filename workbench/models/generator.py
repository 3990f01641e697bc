"""Answers for the chat and compare pages and ``workbench chat``: a child process that keeps models in memory.

The server itself never loads torch: its import takes seconds, and its threads would slow down every page.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import uuid
from collections.abc import Generator as Stream
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workbench.errors import ModelError
from workbench.models.spec import ModelSpec
from workbench.models.streaming import Sampling

Replies = queue.Queue[dict[str, Any] | None]
SILENCE_SECONDS = 180.0
"""A stream that says nothing for so long is given up; loading a large model takes a while."""


@dataclass(frozen=True, slots=True)
class Pane:
    """One answer that is asked for: which model, to which conversation, drawn how."""

    spec: ModelSpec
    messages: Sequence[Mapping[str, str]]
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Written:
    """How far the answer of one pane is."""

    pane: int
    text: str = ""
    tokens: int = 0
    weights: str | None = None
    """Fingerprint of the weights in memory that answer; comes first, before any text."""
    seconds: float | None = None
    done: bool = False
    error: str | None = None


class Generator:
    """Client of one generator process; safe to share between threads, whose answers take turns token by token."""

    def __init__(self, workspace: Path, command: Sequence[str] | None = None) -> None:
        """Nothing is started until the first request. ``command`` replaces the process in tests."""
        module = "workbench.models.generator_process"
        self._command = list(command or (sys.executable, "-m", module, str(workspace)))
        self._log = workspace / "generator.log"
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._waiting: dict[str, Replies] = {}

    def generate(
        self,
        spec: ModelSpec,
        prompts: Sequence[str],
        *,
        temperature: float = 0.0,
        max_new_tokens: int = 96,
        seed: int = 0,
        timeout: float = 120.0,
    ) -> list[str]:
        """One response to each prompt.

        Args:
            timeout: seconds after which the process is given up and started afresh at the next request.

        Raises:
            ModelError: the model cannot be loaded, or the process died or took too long.
        """
        request = {
            "op": "generate",
            "spec": spec.model_dump(mode="json"),
            "prompts": list(prompts),
            "temperature": temperature,
            "max_new_tokens": max_new_tokens,
            "seed": seed,
        }
        return [str(response) for response in self._ask(request, timeout)["responses"]]

    def score(
        self, spec: ModelSpec, prompts: Sequence[str], responses: Sequence[str], *, timeout: float = 120.0
    ) -> list[float]:
        """What a reward model gives each response to its prompt. Raises as `generate` does."""
        request = {
            "op": "score",
            "spec": spec.model_dump(mode="json"),
            "prompts": list(prompts),
            "responses": list(responses),
        }
        return [float(score) for score in self._ask(request, timeout)["scores"]]

    def stream(self, panes: Sequence[Pane], *, silence: float = SILENCE_SECONDS) -> Stream[Written]:
        """All panes' answers as they grow, mixed as they come, until every pane is done.

        A pane that fails says so in its own last `Written`. Leaving the loop stops the writing: that is how a stop
        button works.

        Raises:
            ModelError: the process died or said nothing for ``silence`` seconds.
        """
        wanted = [
            {
                "spec": pane.spec.model_dump(mode="json"),
                "messages": list(pane.messages),
                "sampling": pane.sampling.model_dump(mode="json"),
            }
            for pane in panes
        ]
        request_id, replies = self._send({"op": "stream", "panes": wanted})
        open_panes = len(panes)
        try:
            while open_panes:
                reply = self._next(replies, silence)
                written = Written(**{name: value for name, value in reply.items() if name != "id"})
                open_panes -= written.done
                yield written
        finally:
            if self._waiting.pop(request_id, None) is not None and open_panes:
                self._stop_writing(request_id)

    def score_prompt(
        self,
        spec: ModelSpec,
        prompt: str,
        responses: Sequence[str],
        *,
        explain: bool = False,
        timeout: float = 120.0,
    ) -> list[dict[str, Any]]:
        """What a reward model makes of responses to one prompt, in their order.

        Each has ``score``, ``disagreement`` (None with one member), ``best_preferred``, the chance that people prefer
        the best of them to this one (None where that was never fitted), and, where ``explain``, ``words``: what each
        word of it contributes (`workbench/reward_model/contributions.py`).

        Raises:
            ModelError: the model cannot be loaded, or the process died or took too long.
        """
        request = {
            "op": "score_prompt",
            "spec": spec.model_dump(mode="json"),
            "prompt": prompt,
            "responses": list(responses),
            "explain": explain,
        }
        scored: list[dict[str, Any]] = self._ask(request, timeout)["scored"]
        return scored

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _ask(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        request_id, replies = self._send(request)
        try:
            reply = self._next(replies, timeout)
        finally:
            self._waiting.pop(request_id, None)
        if "error" in reply:
            raise ModelError(str(reply["error"]))
        return reply

    def _send(self, request: dict[str, Any]) -> tuple[str, Replies]:
        request_id = uuid.uuid4().hex
        replies: Replies = queue.Queue()
        line = json.dumps({"id": request_id, **request}) + "\n"
        with self._lock:
            process = self._running()
            self._waiting[request_id] = replies
            assert process.stdin is not None
            try:
                process.stdin.write(line)
                process.stdin.flush()
            except OSError:
                replies.put(None)
        return request_id, replies

    def _next(self, replies: Replies, timeout: float) -> dict[str, Any]:
        try:
            reply = replies.get(timeout=timeout)
        except queue.Empty:
            self.close()
            raise ModelError(f"The model gave no answer within {timeout:.0f} seconds.") from None
        if reply is None:
            self.close()
            raise ModelError(f"The process that runs the models ended; {self._log} says why. Try again.")
        return reply

    def _stop_writing(self, request_id: str) -> None:
        with self._lock:
            process = self._process
            if process is None or process.poll() is not None or process.stdin is None:
                return
            try:
                process.stdin.write(json.dumps({"id": uuid.uuid4().hex, "op": "stop", "stop": request_id}) + "\n")
                process.stdin.flush()
            except OSError:
                return

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        assert self._process.stdout is not None
        # A dict of its own for each process: the last words of one that died must not reach the next one's callers.
        self._waiting = {}
        threading.Thread(target=_dispatch, args=(self._process.stdout, self._waiting), daemon=True).start()
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None


def _dispatch(stream: IO[str], waiting: dict[str, Replies]) -> None:
    """Hand each reply to whoever waits for it; at the end, tell all of them that nothing more comes."""
    for line in stream:
        reply = json.loads(line)
        replies = waiting.get(reply.get("id", ""))
        if replies is not None:
            replies.put(reply)
    for replies in list(waiting.values()):
        replies.put(None)
