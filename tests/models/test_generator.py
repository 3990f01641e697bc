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
