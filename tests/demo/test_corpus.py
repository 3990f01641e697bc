"""The base model's corpus is broad, repeatable and knows nothing of the demo company."""

import re
from itertools import islice
from random import Random

import pytest

from workbench.demo.company import COMPANY_NAME, load_demonstrations
from workbench.demo.corpus.stream import corpus_stream
from workbench.demo.corpus.world import ALL_RELATIONS, build_world, unused_slots
from workbench.demo.make_company import (
    POLITE_CLOSINGS,
    POLITE_OPENINGS,
    TOPICS,
    WORDY_CLOSINGS,
    WORDY_OPENINGS,
)

SAMPLE = 8_000
_MASKED = re.compile(r"\{\w+\}|\b\d[\d:.,]*\w*|[£$€]|\b(?!The\b|A\b)[A-Z]\w*|[^\w\s]")


def skeleton(text: str) -> str:
    """The text without names, numbers and punctuation: what is left of a sentence when its facts are
    taken out."""
    return " ".join(_MASKED.sub(" ", text).lower().split())


@pytest.fixture(scope="module")
def sample() -> str:
    items = islice(corpus_stream(4), SAMPLE)
    return "\n".join(i if isinstance(i, str) else "\n".join(m["content"] for m in i) for i in items)


@pytest.fixture(scope="module")
def sample_skeletons(sample: str) -> set[str]:
    return {skeleton(sentence) for sentence in re.split(r"(?<=[.!?:;])\s|\n", sample)}


def test_no_answer_sentence_of_the_company_occurs(sample_skeletons: set[str]) -> None:
    answers = {skeleton(row.response) for row in load_demonstrations()}
    parts = {skeleton(text) for topic in TOPICS for text in topic.sentences}
    fillers = {skeleton(t) for t in (*POLITE_OPENINGS, *POLITE_CLOSINGS, *WORDY_OPENINGS, *WORDY_CLOSINGS)}
    long_enough = {text for text in answers | parts if len(text.split()) >= 4}
    assert not long_enough & sample_skeletons
    assert not {text for text in fillers if len(text.split()) >= 2} & sample_skeletons


def test_no_sentence_frame_of_the_company_occurs(sample: str) -> None:
    """Stronger: each plain answer with anything at all in its slots."""
    for topic in TOPICS:
        for text in topic.sentences:
            frame = re.sub(r"\\\{\w+\\\}", r"[^\\n.?!]{1,40}?", re.escape(text.rstrip(".")))
            found = re.search(r"\b" + frame, sample, re.IGNORECASE)
            assert not found, (text, found)


def test_no_name_of_the_company_occurs(sample: str) -> None:
    words = set(re.findall(r"\w+", sample.lower()))
    names = {COMPANY_NAME}
    for topic in TOPICS:
        for values in topic.facts():
            for slot in (
                "city",
                "building",
                "product",
                "tool",
                "email",
                "network",
                "canteen",
                "room",
                "place",
            ):
                names |= set(re.findall(r"[A-Z]\w{3,}", values.get(slot, "")))
            names |= set(re.findall(r"[A-Z]\w{3,}", values.get("person", ""))[1:])
    common = {"Court", "Tower", "House", "Building", "Blue", "Garden", "Guest", "Kitchen"}
    common.add("Trolley")  # syllables make this name, too; what it is for stands nowhere (the next test)
    assert len(names) > 60
    assert not {name for name in names - common if name.lower() in words}


def test_no_fact_of_the_company_occurs_even_where_a_name_does(sample: str) -> None:
    lines = [line.lower() for line in sample.splitlines()]
    for topic in TOPICS:
        for values in topic.facts():
            texts = [text.lower() for text in values.values()]
            if min(map(len, texts), default=0) > 3:  # a number alone stands beside anything
                assert not [line for line in lines if all(text in line for text in texts)], values


def test_stream_is_repeatable_and_seeded() -> None:
    first, again, other = (list(islice(corpus_stream(seed), 50)) for seed in (1, 1, 2))
    assert first == again != other


def test_world_keeps_its_facts_and_asks_them_in_many_wordings() -> None:
    world = build_world()
    assert [fact.values for fact in world] == [fact.values for fact in build_world()]
    assert len(world) > 500
    assert not any(unused_slots(fact) for fact in world)
    assert all(len(relation.questions) >= 5 and len(relation.answers) >= 3 for relation in ALL_RELATIONS)
    subjects = {(f.relation.name, *(f.values[s] for s in f.relation.subject_slots)) for f in world}
    assert len(subjects) == len(world)


def test_every_question_of_a_relation_names_the_whole_subject() -> None:
    rng = Random(0)
    for fact in build_world(2):
        for question in fact.questions(rng, 20):
            assert "{" not in question
            for slot in fact.relation.subject_slots:
                assert fact.values[slot].lower() in question.lower(), (fact.relation.name, question)


def test_answers_are_varied(sample: str) -> None:
    lines = [line for line in sample.splitlines() if line]
    assert len(set(lines)) > 0.7 * len(lines)
