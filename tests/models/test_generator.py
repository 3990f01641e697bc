"""The generator process: it answers, and neither an error nor its death harms the next request."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workbench.errors import ModelError
from workbench.models.generator import Generator
from workbench.models.spec import ModelSpec

STUB = """
import json, os, sys, time
for line in sys.stdin:
    request = json.loads(line)
    prompt = request["prompts"][0]
    if prompt == "die":
        os._exit(3)
    if prompt == "hang":
        time.sleep(60)
    reply = {"error": "no such model"} if prompt == "fail" else {"responses": [p.upper() for p in request["prompts"]]}
    print(json.dumps(reply), flush=True)
"""


@pytest.fixture
def generator(tmp_path: Path) -> Iterator[Generator]:
    stub = Generator(tmp_path, command=[sys.executable, "-c", STUB])
    yield stub
    stub.close()


def test_answers_come_in_order(generator: Generator) -> None:
    assert generator.generate(ModelSpec(), ["one", "two"]) == ["ONE", "TWO"]


@pytest.mark.parametrize(("prompt", "sentence"), [("fail", "no such model"), ("die", "ended"), ("hang", "no answer")])
def test_after_an_error_the_next_request_works(generator: Generator, prompt: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        generator.generate(ModelSpec(), [prompt], timeout=2)
    assert generator.generate(ModelSpec(), ["again"]) == ["AGAIN"]


def test_the_process_ends_with_the_generator(tmp_path: Path) -> None:
    generator = Generator(tmp_path, command=[sys.executable, "-c", STUB])
    generator.generate(ModelSpec(), ["one"])
    child = psutil.Process().children()[-1]
    generator.close()
    assert not child.is_running()


def test_the_real_process_answers_with_the_embedded_model(tmp_path: Path) -> None:
    generator = Generator(tmp_path)
    try:
        first = generator.generate(ModelSpec(), ["Where is the cafeteria?", "Hello"], max_new_tokens=8)
        again = generator.generate(ModelSpec(), ["Where is the cafeteria?", "Hello"], max_new_tokens=8)
        with pytest.raises(ModelError, match="There is no model folder"):
            generator.generate(ModelSpec(base=str(tmp_path / "nowhere")), ["Hello"])
    finally:
        generator.close()
    assert first == again
    assert all(first)


def test_a_request_to_score_goes_to_the_reward_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.models import generator_process
    from workbench.reward_model.ensemble import RewardEnsemble

    class Length:
        def score(self, prompts: list[str], responses: list[str]) -> list[float]:
            return [float(len(response) + len(prompt)) for prompt, response in zip(prompts, responses, strict=True)]

    loaded: list[ModelSpec] = []

    def load(spec: ModelSpec, workspace: Path) -> RewardEnsemble:
        assert workspace == tmp_path
        loaded.append(spec)
        return RewardEnsemble([Length()])

    monkeypatch.setattr("workbench.reward_model.ensemble.load_reward_model", load)
    models = generator_process._Models(tmp_path)
    request = {"action": "score", "prompt": "Hi", "responses": ["a b", "c"], "explain": True}
    specs = [ModelSpec(adapters=(f"runs/reward_model-00{number}/final/adapter",)) for number in range(3)]
    for spec in (*specs, specs[2], specs[0]):
        reply = generator_process._answer(models, request | {"spec": spec.model_dump(mode="json")})
    assert [row["score"] for row in reply["scored"]] == [5.0, 3.0]
    assert reply["scored"][0]["words"] == [("a ", 2.0), ("b", 2.0)], "without a word the space before it goes too"
    assert reply["scored"][0]["disagreement"] is None
    assert loaded == [*specs, specs[0]], "the last ones are kept, an older one is loaded again"


def test_scores_come_back_from_the_process(tmp_path: Path) -> None:
    echo = "import json, sys\nfor line in sys.stdin: print(json.dumps({'scored': [json.loads(line)]}), flush=True)"
    generator = Generator(tmp_path, command=[sys.executable, "-c", echo])
    try:
        (request,) = generator.score(ModelSpec(), "Where?", ["There."], explain=True)
        assert (request["action"], request["responses"], request["explain"]) == ("score", ["There."], True)
    finally:
        generator.close()
