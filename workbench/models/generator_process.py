"""The generator process: one JSON request a line on stdin, one JSON reply a line on stdout.

It ends when its stdin closes, so it never outlives the server that started it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections import OrderedDict
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.models.spec import ModelSpec

KEPT_MODELS = 4
KEPT_REWARD_MODELS = 2


class _Models:
    """The models asked for last, loaded."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._loaded: OrderedDict[ModelSpec, tuple[Any, Any]] = OrderedDict()
        self._reward_models: OrderedDict[ModelSpec, Any] = OrderedDict()

    def get(self, spec: ModelSpec) -> tuple[Any, Any]:
        from workbench.models.loading import load_merged, load_tokenizer

        if spec not in self._loaded:
            self._loaded[spec] = (load_merged(spec, self._workspace), load_tokenizer(spec))
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


def main() -> None:
    """Serve requests until stdin closes."""
    models = _Models(Path(sys.argv[1]))
    # Replies go to the real stdout; whatever a library prints goes to the log.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            reply = _answer(models, json.loads(line))
        except WorkbenchError as error:
            reply = {"error": str(error)}
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"The model failed: {type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _answer(models: _Models, request: dict[str, Any]) -> dict[str, Any]:
    from workbench.models.generation import generate

    if request.get("action") == "score":
        from workbench.reward_model.contributions import scored_responses

        model = models.reward_model(ModelSpec.model_validate(request["spec"]))
        return {"scored": scored_responses(model, request["prompt"], request["responses"], explain=request["explain"])}
    model, tokenizer = models.get(ModelSpec.model_validate(request["spec"]))
    responses = generate(
        model,
        tokenizer,
        request["prompts"],
        temperature=request["temperature"],
        max_new_tokens=request["max_new_tokens"],
        seed=request["seed"],
    )
    return {"responses": responses}


if __name__ == "__main__":
    main()
