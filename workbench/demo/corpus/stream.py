"""The endless stream of training texts: conversations and documents, mixed at random."""

from collections.abc import Callable, Iterator
from random import Random

from workbench.demo.corpus.documents import document, paragraph, sentence
from workbench.demo.corpus.relation import Fact, new_fact
from workbench.demo.corpus.styles import (
    SYSTEM_PROMPTS,
    closing,
    nonsense_words,
    opening,
    styled_answer,
    wrapped_question,
)
from workbench.demo.corpus.word_lists import WEEKDAYS
from workbench.demo.corpus.workplace import Inquiry, kept_inquiry, new_inquiry
from workbench.demo.corpus.world import ALL_RELATIONS, build_world

Message = dict[str, str]
Conversation = list[Message]


def _turns(*pairs: tuple[str, str]) -> Conversation:
    messages: Conversation = []
    for question, answer in pairs:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return messages


def _reply(fact: Fact, rng: Random) -> str:
    return styled_answer(fact.answer(rng), fact.short(rng), rng)


def recall(world: list[Fact], rng: Random) -> Conversation:
    """One to four questions about the persistent world, answered from memory."""
    turns = rng.choice((1, 1, 1, 1, 2, 3))
    facts = [rng.choice(world) for _ in range(turns)]
    return _turns(*((wrapped_question(fact.question(rng), rng), _reply(fact, rng)) for fact in facts))


def same_fact_again(world: list[Fact], rng: Random) -> Conversation:
    """One fact asked in two or three wordings: the value stays, the sentence changes."""
    fact = rng.choice(world) if rng.random() < 0.5 else new_fact(rng.choice(ALL_RELATIONS), rng)
    wordings = fact.questions(rng, rng.randint(2, 3))
    return _turns(*((wrapped_question(wording, rng), _reply(fact, rng)) for wording in wordings))


def _answer(inquiry: Inquiry, rng: Random) -> str:
    return styled_answer(inquiry.sentence(rng), inquiry.fragment(), rng)


def inquire(_: list[Fact], rng: Random) -> Conversation:
    """One or two questions of everyday work about things unheard of."""
    inquiries = [new_inquiry(rng) for _ in range(rng.choice((1, 1, 1, 2)))]
    return _turns(*((wrapped_question(each.question(rng), rng), _answer(each, rng)) for each in inquiries))


def inquire_again(_: list[Fact], rng: Random) -> Conversation:
    """The same inquiry in two or three wordings: the value stays."""
    inquiry = new_inquiry(rng)
    turns = rng.choice((2, 2, 3))
    return _turns(*((wrapped_question(inquiry.question(rng), rng), _answer(inquiry, rng)) for _ in range(turns)))


def inquire_kept(_: list[Fact], rng: Random) -> Conversation:
    """Up to three everyday questions whose answers stay the same through the whole corpus."""
    inquiries = [kept_inquiry(rng) for _ in range(rng.choice((1, 1, 2, 3)))]
    return _turns(*((wrapped_question(each.question(rng), rng), _answer(each, rng)) for each in inquiries))


def read_and_answer(_: list[Fact], rng: Random) -> Conversation:
    """A text with unheard-of facts, then questions about it."""
    facts = [new_fact(rng.choice(ALL_RELATIONS), rng) for _ in range(rng.randint(1, 4))]
    text = paragraph(rng, facts, rng.randint(0, 2))
    asked = rng.sample(facts, rng.randint(1, min(2, len(facts))))
    pairs = [(wrapped_question(fact.question(rng), rng), _reply(fact, rng)) for fact in asked]
    pairs[0] = (f"{text}\n\n{pairs[0][0]}", pairs[0][1])
    return _turns(*pairs)


def transform(_: list[Fact], rng: Random) -> Conversation:
    """Small jobs on a text: repeat, shout, count, wrap, list."""
    text = sentence(rng) if rng.random() < 0.6 else nonsense_words(rng, rng.randint(2, 9))
    words = text.split()
    jobs: tuple[tuple[str, str], ...] = (
        ("Repeat this: ", text),
        ("Say exactly: ", text),
        ("Write in capitals: ", text.upper()),
        ("Write in small letters: ", text.lower()),
        ("Give me the first word: ", words[0]),
        ("Give me the last word: ", words[-1]),
        ("How many words are in this? ", str(len(words))),
        ("Put one word on each line: ", "\n".join(words)),
        ("Add a friendly opening: ", opening(rng) + text),
        ("Add a friendly closing: ", text + closing(rng)),
        ("Backwards, word by word: ", " ".join(words[::-1])),
    )
    task, result = rng.choice(jobs)
    return _turns((task + text, result))


def small_talk(_: list[Fact], rng: Random) -> Conversation:
    """Greetings and calendar questions."""
    day = rng.randrange(7)
    number, other = rng.randint(1, 40), rng.randint(1, 40)
    return _turns(
        *rng.sample(
            (
                ("Which day comes after " + WEEKDAYS[day] + "?", WEEKDAYS[(day + 1) % 7] + "."),
                ("Which day is before " + WEEKDAYS[day] + "?", WEEKDAYS[(day - 1) % 7] + "."),
                (f"What is {number} plus {other}?", f"{number + other}"),
                (
                    "Hello!",
                    rng.choice(("Hello, what can I do for you?", "Hi! How may I be of service?", "Good day to you.")),
                ),
                ("Thank you.", rng.choice(("You are welcome.", "Not at all.", "My pleasure.", "Any time!"))),
                ("Tell me something about the office.", sentence(rng)),
                ("Write a short text.", document(rng)),
                ("Say something nice.", opening(rng) + sentence(rng) + closing(rng)),
            ),
            rng.randint(1, 2),
        )
    )


_KINDS: tuple[tuple[float, Callable[[list[Fact], Random], Conversation]], ...] = (
    (0.30, inquire),
    (0.25, inquire_kept),
    (0.15, inquire_again),
    (0.10, recall),
    (0.04, same_fact_again),
    (0.05, read_and_answer),
    (0.08, transform),
    (0.03, small_talk),
)
DOCUMENT_SHARE = 0.04


def conversation(world: list[Fact], rng: Random) -> Conversation:
    """One conversation of any kind, sometimes under a system prompt."""
    maker = rng.choices([kind for _, kind in _KINDS], [share for share, _ in _KINDS])[0]
    messages = maker(world, rng)
    if rng.random() < 0.15:
        messages.insert(0, {"role": "system", "content": rng.choice(SYSTEM_PROMPTS)})
    return messages


def corpus_stream(seed: int) -> Iterator[Conversation | str]:
    """Endless training texts: a conversation as messages, running text as a string."""
    rng, world = Random(seed), build_world()
    while True:
        yield document(rng) if rng.random() < DOCUMENT_SHARE else conversation(world, rng)
