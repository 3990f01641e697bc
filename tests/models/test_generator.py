"""The generator process: it answers, and neither an error nor its death harms the next request."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.errors import ModelError
from workbench.models.generator import Generator, Pane, Written
from workbench.models.spec import ModelSpec
from workbench.models.streaming import Sampling

STUB = """
import json, os, sys, time
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "stop":
        continue
    if request["op"] == "stream":
        for text in ("a", "ab"):
            print(json.dumps({"id": request["id"], "pane": 0, "text": text, "tokens": len(text)}), flush=True)
        os._exit(3)
    prompt = request["prompts"][0]
    if prompt == "die":
        os._exit(3)
    if prompt == "hang":
        time.sleep(60)
    reply = {"error": "no such model"} if prompt == "fail" else {"responses": [p.upper() for p in request["prompts"]]}
    print(json.dumps({"id": request["id"], **reply}), flush=True)
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
    assert generator._process is not None
    child = psutil.Process(generator._process.pid)  # this process may have other children, of other tests
    generator.close()
    assert not child.is_running()


def test_a_process_that_dies_while_it_writes_is_told_and_the_next_one_answers(generator: Generator) -> None:
    stream = generator.stream([Pane(ModelSpec(), [{"role": "user", "content": "hi"}], Sampling())])
    assert [next(stream).text, next(stream).text] == ["a", "ab"]
    with pytest.raises(ModelError, match="ended"):
        next(stream)
    assert generator.generate(ModelSpec(), ["again"]) == ["AGAIN"]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    generator = Generator(tmp_path_factory.mktemp("generator"))
    yield generator
    generator.close()


def pane(prompt: str, **sampling: float) -> Pane:
    return Pane(ModelSpec(), [{"role": "user", "content": prompt}], Sampling(**sampling))  # type: ignore[arg-type]


def last_texts(events: list[Written]) -> dict[int, str]:
    return {event.pane: event.text for event in events if event.done}


def test_the_real_process_answers_with_the_embedded_model(real: Generator, tmp_path: Path) -> None:
    prompts = ["Where is the cafeteria?", "Hello"]
    first = real.generate(ModelSpec(), prompts, max_new_tokens=8)
    again = real.generate(ModelSpec(), prompts, max_new_tokens=8)
    with pytest.raises(ModelError, match="There is no model folder"):
        real.generate(ModelSpec(base=str(tmp_path / "nowhere")), ["Hello"])
    assert first == again
    assert all(first)


def test_answers_grow_in_all_panes_at_once_and_end_as_generate_gives_them(real: Generator) -> None:
    prompts = ["Where is the cafeteria?", "Hello"]
    events = list(real.stream([pane(prompt, max_new_tokens=12) for prompt in prompts]))
    assert [events[0].weights, events[0].pane] == [events[1].weights, 0]
    assert len(str(events[0].weights)) == 64
    writing = [event.pane for event in events if event.text and not event.done]
    assert writing[:6] == [0, 1, 0, 1, 0, 1]
    together = real.generate(ModelSpec(), prompts, max_new_tokens=12)
    assert [last_texts(events)[0], last_texts(events)[1]] == together


def test_a_seed_gives_the_same_answer_whatever_is_written_beside_it(real: Generator) -> None:
    alone = last_texts(list(real.stream([pane("Tell me about lunch.", temperature=1.0, seed=3, max_new_tokens=16)])))
    beside = last_texts(
        list(
            real.stream(
                [
                    pane("Tell me about lunch.", temperature=1.0, seed=4, max_new_tokens=16),
                    pane("Tell me about lunch.", temperature=1.0, seed=3, max_new_tokens=16),
                ]
            )
        )
    )
    assert beside[1] == alone[0]
    assert beside[0] != beside[1]


def test_leaving_the_loop_stops_the_writing(real: Generator) -> None:
    stream = real.stream([pane("Tell me everything.", temperature=1.5, seed=1, max_new_tokens=4000)])
    assert next(stream).weights
    stream.close()
    # Were it still writing, this answer would have to share its turns with 4000 tokens.
    events = list(real.stream([pane("Hello", max_new_tokens=4)]))
    assert {event.pane for event in events} == {0}
    assert real._waiting == {}


def test_a_pane_that_fails_leaves_the_others_alone(real: Generator, tmp_path: Path) -> None:
    lost = Pane(ModelSpec(base=str(tmp_path / "nowhere")), [{"role": "user", "content": "Hi"}], Sampling())
    events = list(real.stream([lost, pane("Hello", max_new_tokens=4)]))
    assert [event.error for event in events if event.pane == 0] == [f"There is no model folder {tmp_path / 'nowhere'}."]
    assert last_texts(events)[1]


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
    replies: list[dict[str, Any]] = []
    server = generator_process._Server(generator_process._Models(tmp_path), queue.Queue(), replies.append)
    request = {"id": "1", "op": "score_prompt", "prompt": "Hi", "responses": ["a b", "c"], "explain": True}
    specs = [ModelSpec(adapters=(f"runs/reward_model-00{number}/final/adapter",)) for number in range(3)]
    for spec in (*specs, specs[2], specs[0]):
        server._take(request | {"spec": spec.model_dump(mode="json")})
    reply = replies[-1]
    assert [row["score"] for row in reply["scored"]] == [5.0, 3.0]
    assert reply["scored"][0]["words"] == [("a ", 2.0), ("b", 2.0)], "without a word the space before it goes too"
    assert reply["scored"][0]["disagreement"] is None
    assert loaded == [*specs, specs[0]], "the last ones are kept, an older one is loaded again"


def test_scores_come_back_from_the_process(tmp_path: Path) -> None:
    answer = "{'id': json.loads(line)['id'], 'scored': [json.loads(line)]}"
    echo = f"import json, sys\nfor line in sys.stdin: print(json.dumps({answer}), flush=True)"
    generator = Generator(tmp_path, command=[sys.executable, "-c", echo])
    try:
        (request,) = generator.score_prompt(ModelSpec(), "Where?", ["There."], explain=True)
        assert (request["op"], request["responses"], request["explain"]) == ("score_prompt", ["There."], True)
    finally:
        generator.close()
