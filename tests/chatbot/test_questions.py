"""Questions and the links that ask them again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.chatbot.questions import Question, from_link, question, to_link
from workbench.errors import InvalidInput
from workbench.models.streaming import Sampling

NAMES = st.sampled_from(["base", "sft-001", "ppo-002", "Qwen/Qwen3-0.6B"])
QUESTIONS = st.builds(
    Question,
    prompt=st.text(min_size=1, max_size=60).filter(lambda text: text.strip() != ""),
    models=st.lists(NAMES, min_size=1, max_size=4).map(tuple),
    sampling=st.builds(
        Sampling,
        temperature=st.integers(0, 20).map(lambda n: n / 10),
        top_p=st.integers(1, 20).map(lambda n: n / 20),
        max_new_tokens=st.integers(1, 4096),
        seed=st.integers(0, 2**31 - 1),
    ),
    different_seeds=st.booleans(),
)


@given(QUESTIONS, st.booleans())
def test_a_link_asks_the_very_same_question(asked: Question, blind: bool) -> None:
    kept = asked.model_copy(update={"models": tuple(sorted(asked.models))}) if blind else asked
    assert from_link(to_link(asked, blind=blind)) == (kept, blind)


def test_a_link_holds_only_what_differs_from_the_defaults() -> None:
    assert to_link(Question(prompt="Where?", models=("base", "sft-001"))) == {"q": "Where?", "m": "base,sft-001"}


def test_an_address_without_a_question_asks_none() -> None:
    assert from_link({}) is None
    assert from_link({"q": "Where?"}) is None


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"q": "  ", "m": "base"}, "The prompt is empty"),
        ({"q": "a", "m": "a,b,c,d,e"}, "one to 4 models"),
        ({"q": "a", "m": "base", "t": "9"}, "temperature"),
        ({"q": "a", "m": "base", "n": "many"}, "max_new_tokens"),
        ({"q": "a" * 20_001, "m": "base"}, "20,001 characters"),
    ],
)
def test_a_link_that_was_spoilt_is_refused_in_one_sentence(link: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        from_link(link)


def test_each_model_draws_with_the_same_seed_unless_told_otherwise() -> None:
    same = question("a", ["x", "y"], {"seed": 7})
    assert [same.sampling_of(pane).seed for pane in (0, 1)] == [7, 7]
    own = question("a", ["x", "y"], {"seed": 7}, different_seeds=True)
    assert [own.sampling_of(pane).seed for pane in (0, 1)] == [7, 8]
