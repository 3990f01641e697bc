"""Hand-worked answers: right ones in many spellings, and wrong ones that come close."""

import pytest

from workbench.evaluation.facts import FactRow, fact_accuracy, states_only_these_facts, words_of

KEYS = ["fourth floor", "Inkwell House"]
OTHERS = {"fourth floor", "second floor", "Inkwell House", "Casa Tinteiro", "27 days", "HR", "€38", "Ana"}
PROMPT = "Where is HR in Boston?"


@pytest.mark.parametrize(
    "answer",
    [
        "The HR department in Boston is on the fourth floor of Inkwell House.",
        "FOURTH FLOOR, inkwell house",
        "4th floor -- Inkwell  House!",
        "Inkwell House (fourth\nfloor). Happy to help, one and all!",
    ],
)
def test_right_answers(answer: str) -> None:
    assert states_only_these_facts(answer, KEYS, OTHERS, PROMPT)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "The HR department in Boston is on the fourth floor.",
        "The HR department is on the fifth floor of Inkwell House.",
        "Fourth floor or second floor of Inkwell House.",
        "Fourth floor of Inkwell House or of Casa Tinteiro.",
        "Fourth floor of Inkwell House, room 12.",
        "Fourth floor of Inkwell House, until 18:00.",
        "Fourth floor of Inkwell House, which has seven lifts.",
        "Fourteenth floor of Inkwell House.",
        "Fourth floor of the Inkwell Houses.",
        "House Inkwell, floor fourth.",
    ],
)
def test_wrong_answers(answer: str) -> None:
    assert not states_only_these_facts(answer, KEYS, OTHERS, PROMPT)


@pytest.mark.parametrize(
    ("answer", "key", "right"),
    [
        ("Bay 4.", "4", True),
        ("Bay 14.", "4", False),
        ("Bay 4 or 14.", "4", False),
        ("It opens at 9:00.", "9:00", True),
        ("It opens at 09:00.", "9:00", True),
        ("It opens at 19:00.", "9:00", False),
        ("It opens at 9:001.", "9:00", False),
        ("It opens at 9 a.m. sharp.", "9am", True),
        ("It opens at 9 p.m.", "9am", False),
        ("It costs €1,250.", "€1,250", True),
        ("It costs €1250.", "€1,250", True),
        ("It costs €250.", "€1,250", False),
        ("It costs $38.", "€38", False),
        ("It costs €38.50.", "€38", False),
        ("45% off", "45%", True),
        ("45 off", "45%", False),
        ("Seven days.", "7 days", True),
        ("17 days.", "7 days", False),
        ("Write to help@quill.example, please.", "help@quill.example", True),
        ("Write to helper@quill.example.", "help@quill.example", False),
        ("In bay K17.", "K17", True),
        ("In bay K171.", "K17", False),
        ("By the 26th.", "the 26th", True),
        ("By the 2nd.", "the 26th", False),
        ("Ana decides.", "Ana", True),
        ("Anastasia decides.", "Ana", False),
        ("Bläckgatan 5", "bläckgatan 5", True),
    ],
)
def test_one_key_fact(answer: str, key: str, right: bool) -> None:
    assert states_only_these_facts(answer, [key], ()) is right


def test_values_of_the_prompt_and_the_reference_may_be_repeated() -> None:
    answer = "On flights over 8 hours, Casa Tinteiro pays premium economy."
    assert not states_only_these_facts(answer, ["premium economy"], OTHERS)
    assert not states_only_these_facts(answer, ["premium economy"], OTHERS, "I fly for 8 hours.")
    assert states_only_these_facts(answer, ["premium economy"], OTHERS, "8 hours, Casa Tinteiro")


def test_another_value_inside_a_key_fact_is_not_foreign() -> None:
    assert states_only_these_facts("Ask Ana Reis.", ["Ana Reis"], {"Ana", "Reis", "Bo"})
    assert not states_only_these_facts("Ask Ana Reis and Bo.", ["Ana Reis"], {"Ana", "Reis", "Bo"})


def test_without_key_facts_there_is_nothing_to_measure() -> None:
    with pytest.raises(ValueError, match="key facts"):
        states_only_these_facts("Anything.", [], ())


def test_rows_take_each_others_values_as_foreign() -> None:
    rows = [
        FactRow("Bay K17.", ["K17"]),
        FactRow("Bay K17, near Ana.", ["K17"]),
        FactRow("Ana.", ["Ana"]),
        FactRow("Who knows?", []),
    ]
    assert fact_accuracy(rows) == [True, False, True, None]
    assert fact_accuracy(rows[:1], {"bay"}) == [False]


def test_words() -> None:
    assert words_of("At 08:30 a.m., fourth-floor €1,250 for twelve!") == (
        "at",
        "8:30",
        "am",
        "4th",
        "floor",
        "€",
        "1250",
        "for",
        "12",
    )
