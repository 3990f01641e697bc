"""The generator process: JSON requests, one a line, on stdin; JSON replies, each with its request's id, on stdout.

Answers that are streamed take turns, one token each: four models beside each other all move, and so do the answers of
several people. It ends when its stdin closes, so it never outlives the server that started it.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.models.spec import ModelSpec
from workbench.models.streaming import Sampling, stream_answer

KEPT_MODELS = 4
KEPT_REWARD_MODELS = 2
Reply = Callable[[dict[str, Any]], None]


class _Models:
    """The models asked for last, loaded; each with the fingerprint of the weights that are in memory."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._loaded: OrderedDict[ModelSpec, tuple[Any, Any, str]] = OrderedDict()
        self._reward_models: OrderedDict[ModelSpec, Any] = OrderedDict()

    def get(self, spec: ModelSpec) -> tuple[Any, Any, str]:
        from workbench.models.loading import load_merged, load_tokenizer
        from workbench.models.weights import weights_fingerprint

        if spec not in self._loaded:
            model = load_merged(spec, self._workspace)
            self._loaded[spec] = (model, load_tokenizer(spec), weights_fingerprint(model))
        self._loaded.move_to_end(spec)
        while len(self._loaded) > KEPT_MODELS:
            self._loaded.popitem(last=False)
        return self._loaded[spec]

    def reward_model(self, spec: ModelSpec) -> Any:
        """A reward model that scores; few are kept, as each has a trunk of its own in memory."""
        from workbench.reward_model.ensemble import load_reward_model

        if spec not in self._reward_models:
            self._reward_models[spec] = load_reward_model(spec, self._workspace)
        self._reward_models.move_to_end(spec)
        while len(self._reward_models) > KEPT_REWARD_MODELS:
            self._reward_models.popitem(last=False)
        return self._reward_models[spec]


class _Server:
    """Takes requests as they come, and moves the answers that are being written, one token each in turn."""

    def __init__(self, models: _Models, requests: queue.Queue[str | None], reply: Reply) -> None:
        self._models = models
        self._requests = requests
        self._reply = reply
        self._writing: dict[tuple[str, int], Iterator[dict[str, Any]]] = {}
        self._open = True

    def serve(self) -> None:
        """Until stdin closes."""
        while self._open:
            self._take_requests()
            for (request, pane), answer in list(self._writing.items()):
                if (request, pane) in self._writing:
                    self._advance(request, pane, answer)

    def _take_requests(self) -> None:
        while self._open and (not self._writing or not self._requests.empty()):
            line = self._requests.get()
            if line is None:
                self._open = False
                return
            request = json.loads(line)
            self._guarded(request["id"], None, partial(self._take, request))

    def _take(self, request: dict[str, Any]) -> None:
        match request["op"]:
            case "generate":
                self._reply({"id": request["id"], "responses": self._generate(request)})
            case "score":
                model = self._models.reward_model(ModelSpec.model_validate(request["spec"]))
                scores = model.score(request["prompts"], request["responses"])
                self._reply({"id": request["id"], "scores": scores})
            case "score_prompt":
                self._reply({"id": request["id"], "scored": self._score_prompt(request)})
            case "stream":
                for pane, wanted in enumerate(request["panes"]):
                    self._writing[request["id"], pane] = self._write(wanted)
            case "stop":
                for key in [key for key in self._writing if key[0] == request["stop"]]:
                    del self._writing[key]

    def _generate(self, request: dict[str, Any]) -> list[str]:
        from workbench.models.generation import generate

        model, tokenizer, _ = self._models.get(ModelSpec.model_validate(request["spec"]))
        settings = {name: request[name] for name in ("temperature", "max_new_tokens", "seed")}
        return generate(model, tokenizer, request["prompts"], **settings)

    def _score_prompt(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        from workbench.reward_model.contributions import scored_responses

        model = self._models.reward_model(ModelSpec.model_validate(request["spec"]))
        return scored_responses(model, request["prompt"], request["responses"], explain=request["explain"])

    def _write(self, wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The events of one pane: which weights answer, then the growing text, then how long it took."""
        spec = ModelSpec.model_validate(wanted["spec"])
        model, tokenizer, fingerprint = self._models.get(spec)
        yield {"weights": fingerprint}
        began = time.monotonic()
        text, tokens = "", 0
        for text, tokens in stream_answer(
            model, tokenizer, wanted["messages"], Sampling.model_validate(wanted["sampling"])
        ):
            yield {"text": text, "tokens": tokens}
        yield {"text": text, "tokens": tokens, "seconds": time.monotonic() - began, "done": True}

    def _advance(self, request: str, pane: int, answer: Iterator[dict[str, Any]]) -> None:
        def step() -> None:
            event = next(answer, None)
            if event is None:
                del self._writing[request, pane]
            else:
                self._reply({"id": request, "pane": pane, **event})

        self._guarded(request, pane, step)

    def _guarded(self, request: str, pane: int | None, action: Callable[[], None]) -> None:
        """One answer that fails says so in its own place and leaves the others alone."""
        try:
            action()
            return
        except WorkbenchError as error:
            problem = str(error)
        except Exception as error:
            traceback.print_exc()
            problem = f"The model failed: {type(error).__name__}: {error}"
        if pane is not None:
            self._writing.pop((request, pane), None)
        self._reply({"id": request, "error": problem} | ({} if pane is None else {"pane": pane, "done": True}))


def main() -> None:
    """Serve requests until stdin closes."""
    # Replies go to the real stdout; whatever a library prints goes to the log.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            requests.put(line)
        requests.put(None)

    def reply(content: dict[str, Any]) -> None:
        replies.write(json.dumps(content) + "\n")
        replies.flush()

    threading.Thread(target=read, daemon=True).start()
    _Server(_Models(Path(sys.argv[1])), requests, reply).serve()


if __name__ == "__main__":
    main()
