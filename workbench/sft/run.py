"""One SFT run: fine-tune a model on the training demonstrations, then answer the held-out prompts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from workbench.errors import RunError
from workbench.evaluation.answers import evaluate_answers, evaluate_retrieval
from workbench.evaluation.embedding import Vectors
from workbench.evaluation.held_out import HeldOut
from workbench.evaluation.retrieval import RETRIEVAL, retrievable
from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.events import Finished, Notice, Stopped
from workbench.runs.frozen_data import EMBEDDINGS_FILE, FrozenDemonstration, read_demonstrations, read_embeddings
from workbench.runs.run_dir import DONE
from workbench.runs.vectors import keep_vectors
from workbench.sft.config import SFTConfig


def run(context: RunContext) -> Finished | Stopped:
    """Train, publish ``final/``, and compare the start model and the tuned one with the human answers.

    Raises:
        NotReady: no demonstration of the training split fits.
        ModelError: the start model cannot be loaded.
    """
    from workbench.models.download import fetch_base
    from workbench.models.loading import load_tokenizer
    from workbench.sft.training import load_start, load_trained, train

    began = time.monotonic()
    config = SFTConfig.model_validate(context.dir.config["config"])
    spec = ModelSpec.model_validate(context.dir.config["models"][config.model_id])
    run_id = str(context.dir.config["run_id"])
    rows = read_demonstrations(context.dir.data)
    fetch_base(context, spec)
    tokenizer = load_tokenizer(spec)
    start = load_start(config, spec, context.dir.workspace)
    start_mark = _Fingerprint(start, tokenizer)
    if (context.dir.final / DONE).exists():  # an earlier life of the run ended while it answered
        tuned = load_trained(config, start, context.dir.final)
    else:
        tuned = train(context, config, start, tokenizer, rows)
        if isinstance(tuned, int):
            return Stopped(step=tuned)
    vectors = Vectors(read_embeddings(context.dir.data / EMBEDDINGS_FILE))
    held_out = HeldOut.choose(rows, split="test", limit=config.evaluate_limit, vectors=vectors)
    measures = _Comparison(context, config, spec, tokenizer, held_out, rows).run(tuned, start_mark, run_id)
    keep_vectors(context, vectors)
    final = ModelSpec(base=str(context.dir.final)) if config.method == "full" else None
    return Finished(
        summary={**measures, "held_out_prompts": len(held_out.rows), "seconds": time.monotonic() - began},
        model_kind="sft",
        model=final or spec.with_adapter(f"runs/{run_id}/final"),
        parent_model_id=config.model_id,
    )


class _Comparison:
    """The held-out prompts answered by the start model, the tuned one, and the nearest demonstration."""

    def __init__(
        self,
        context: RunContext,
        config: SFTConfig,
        spec: ModelSpec,
        tokenizer: Any,
        held_out: HeldOut,
        rows: list[FrozenDemonstration],
    ) -> None:
        self._context, self._config, self._spec = context, config, spec
        self._tokenizer, self._held_out, self._rows = tokenizer, held_out, rows

    def run(self, tuned: Any, start_mark: _Fingerprint, run_id: str) -> dict[str, Any]:
        """Measures by who answered; empty, with a Notice, where there is nothing to answer."""
        if not self._held_out.rows:
            message = "No demonstration is in the test split, so the answers could not be compared."
            self._context.emit(Notice(message=message))
            return {}
        tuned = tuned.eval()
        measures = {}
        with self._start_model(tuned) as start:
            start_mark.check(start)
            measures["base"] = self._evaluate(self._config.model_id, start)
        measures["tuned"] = self._evaluate(run_id, tuned)
        training = retrievable(self._rows)
        measures[RETRIEVAL] = evaluate_retrieval(self._context.emit, self._held_out, training, seed=self._config.seed)
        return measures

    def _start_model(self, tuned: Any) -> AbstractContextManager[Any]:
        """The model before training: without its adapter, or loaded again where every weight was trained."""
        if self._config.method == "full":
            from workbench.sft.training import load_start

            return nullcontext(load_start(self._config, self._spec, self._context.dir.workspace).to(tuned.device))
        return _without_adapter(tuned)

    def _evaluate(self, model_id: str, model: Any) -> dict[str, float | None]:
        return evaluate_answers(
            self._context.emit,
            model_id,
            model,
            self._tokenizer,
            self._held_out,
            max_new_tokens=self._config.max_new_tokens,
            seed=self._config.seed,
            phase=f"answering held-out prompts ({model_id})",
        )


@contextmanager
def _without_adapter(tuned: Any) -> Iterator[Any]:
    with tuned.disable_adapter():
        yield tuned


class _Fingerprint:
    """What the start model makes of a few tokens: a "base" answer that came from the tuned model would be a lie."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        from workbench.models.chat import encode_prompt

        self._ids = encode_prompt(tokenizer, "Where is the HR department in Boston?")[-32:]
        self._logits = self._read(model)

    def check(self, model: Any) -> None:
        """Insist that the model is still the start model.

        Raises:
            RunError: it is not.
        """
        import torch

        # bfloat16 and a GPU's choice of kernels move the last digits; training moves the first.
        if not torch.allclose(self._read(model), self._logits, rtol=1e-2, atol=1e-2):
            raise RunError("The start model's weights changed in training, so its answers would not be its own.")

    def _read(self, model: Any) -> Any:
        import torch

        training = model.training
        model.eval()
        with torch.inference_mode():
            logits = model(torch.tensor([self._ids], device=model.device), use_cache=False).logits[0, -1]
        model.train(training)
        return logits.float().cpu()
