"""The loss of human responses: in batches as one by one, and as transformers' own loss."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.evaluation import perplexity

    monkeypatch.setattr(perplexity, "CPU_ROWS", 3)


def test_losses_in_batches_are_transformers_own() -> None:
    import torch

    from workbench.evaluation.perplexity import reference_losses
    from workbench.models.chat import encode_prompt, encode_response
    from workbench.models.loading import load_merged, load_tokenizer
    from workbench.models.spec import ModelSpec

    model, tokenizer = load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec())
    prompts = ["Where is HR?", "Who runs the office in Leeds, and since when?", "Wifi?", "Parking at night?", "Leave?"]
    responses = ["On the third floor.", "Ada Park, since May.", "", "Ask the porter, who has the keys to it.", "Yes."]
    found = reference_losses(model, tokenizer, prompts, responses)
    for prompt, response, loss in zip(prompts, responses, found, strict=True):
        before, after = encode_prompt(tokenizer, prompt), encode_response(tokenizer, response)
        labels = torch.tensor([[-100] * len(before) + after])
        with torch.inference_mode():
            mean = model(input_ids=torch.tensor([before + after]), labels=labels).loss
        assert loss.tokens == len(after)
        assert loss.nats == pytest.approx(float(mean) * len(after), rel=1e-4)


def test_a_prompt_that_fills_the_context_leaves_no_response() -> None:
    from workbench.evaluation.perplexity import reference_losses
    from workbench.models.loading import load_merged, load_tokenizer
    from workbench.models.spec import ModelSpec

    model, tokenizer = load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec())
    short, full = reference_losses(model, tokenizer, ["Wifi?", "word " * 2000], ["Yes.", "No."])
    assert short.tokens > 0
    assert (full.tokens, full.nats, full.perplexity) == (0, 0.0, None)


def test_answers_and_losses_of_one_reading_are_those_of_two() -> None:
    from workbench.evaluation.perplexity import answers_and_losses, reference_losses
    from workbench.models.generation import generate
    from workbench.models.loading import load_merged, load_tokenizer
    from workbench.models.spec import ModelSpec

    model, tokenizer = load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec())
    # Lengths differ on both sides, so that prompts are padded before and responses behind.
    prompts = ["Where is HR?", "Who runs the office in Leeds, and since when?", "Wifi?", "word " * 2000, "Leave?"]
    responses = ["On the third floor.", "Ada.", "", "No.", "Ask the porter, who has the keys to it." * 3]
    answers, losses = answers_and_losses(model, tokenizer, prompts, responses, max_new_tokens=8)
    assert answers == generate(model, tokenizer, prompts, max_new_tokens=8)
    for one, two in zip(losses, reference_losses(model, tokenizer, prompts, responses), strict=True):
        assert one.tokens == two.tokens
        assert one.nats == pytest.approx(two.nats, rel=1e-5)
        assert one.worst == pytest.approx(two.worst, rel=1e-5)


def test_a_cache_that_forgets_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.evaluation import perplexity
    from workbench.models.loading import load_merged, load_tokenizer
    from workbench.models.spec import ModelSpec

    model, tokenizer = load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec())
    monkeypatch.setattr(perplexity, "_keeps_all", lambda _: False)
    monkeypatch.delattr(perplexity, "_losses_after")
    _, losses = perplexity.answers_and_losses(model, tokenizer, ["Wifi?"], ["Yes."], max_new_tokens=2)
    assert losses == perplexity.reference_losses(model, tokenizer, ["Wifi?"], ["Yes."])


def test_only_a_whole_cache_is_read_from() -> None:
    from transformers import DynamicCache, LlamaConfig, MistralConfig

    from workbench.evaluation.perplexity import _keeps_all

    assert _keeps_all(DynamicCache(config=LlamaConfig(num_hidden_layers=2)))
    assert not _keeps_all(DynamicCache(config=MistralConfig(num_hidden_layers=2, sliding_window=4)))
    assert not _keeps_all(None)
