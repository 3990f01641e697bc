"""Answers for the compare page and ``workbench chat``: a child process that keeps models in memory.

The server itself never loads torch: its import takes seconds, and its threads would slow down every page.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from workbench.errors import ModelError
from workbench.models.spec import ModelSpec


class Generator:
    """Client of one generator process; safe to share between threads, which take turns."""

    def __init__(self, workspace: Path, command: Sequence[str] | None = None) -> None:
        """Nothing is started until the first request. ``command`` replaces the process in tests."""
        module = "workbench.models.generator_process"
        self._command = list(command or (sys.executable, "-m", module, str(workspace)))
        self._log = workspace / "generator.log"
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()

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
            "spec": spec.model_dump(mode="json"),
            "prompts": list(prompts),
            "temperature": temperature,
            "max_new_tokens": max_new_tokens,
            "seed": seed,
        }
        with self._lock:
            reply = json.loads(self._exchange(json.dumps(request), timeout))
        if "error" in reply:
            raise ModelError(str(reply["error"]))
        return [str(response) for response in reply["responses"]]

    def score(
        self,
        spec: ModelSpec,
        prompt: str,
        responses: Sequence[str],
        *,
        explain: bool = False,
        timeout: float = 120.0,
    ) -> list[dict[str, Any]]:
        """What a reward model makes of responses to one prompt, in their order.

        Each has ``score``, ``disagreement`` (None with one member) and, where ``explain``, ``words``: what each word
        of it contributes (`workbench/reward_model/contributions.py`).

        Raises:
            ModelError: the model cannot be loaded, or the process died or took too long.
        """
        request = {
            "action": "score",
            "spec": spec.model_dump(mode="json"),
            "prompt": prompt,
            "responses": list(responses),
            "explain": explain,
        }
        with self._lock:
            reply = json.loads(self._exchange(json.dumps(request), timeout))
        if "error" in reply:
            raise ModelError(str(reply["error"]))
        scored: list[dict[str, Any]] = reply["scored"]
        return scored

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _exchange(self, line: str, timeout: float) -> str:
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            reply = self._lines.get(timeout=timeout)
        except queue.Empty:
            self._end()
            raise ModelError(f"The model gave no answer within {timeout:.0f} seconds.") from None
        except OSError:
            reply = None
        if reply is None:
            self._end()
            raise ModelError(f"The process that runs the models ended; {self._log} says why. Try again.")
        return reply

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._lines = queue.Queue()
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
        threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True).start()
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None


def _pump(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    """Move lines from a pipe to a queue, which unlike the pipe can be waited on with a time limit."""
    for line in stream:
        lines.put(line)
    lines.put(None)
