"""Keys of prompts, one by one and by the column, and the form in which contents are compared."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.prompt_keys import prompt_keys
from storage.repository import insert_many
from storage.text_keys import (
    FUNCTION_WORDS,
    content_form,
    content_form_sql,
    fnv1a,
    mixed,
    prompt_key,
    prompt_words,
    word_form,
    word_value,
)

# Letters that fold in odd ways beside plain ones, signs and spaces.
LETTERS = st.text(alphabet=st.sampled_from("aBzÄäßİıŁłĸﬁ²Σςσ?'’“…¿»_(#~-.:! \t\u00a0é\u0301the5"), max_size=12)


def by_column(prompts: list[str]) -> list[int]:
    return prompt_keys(pa.chunked_array([prompts], pa.string())).to_pylist()


@pytest.mark.parametrize(
    ("data", "value"),
    # The published test vectors of FNV-1a, 64 bits.
    [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C), (b"foobar", 0x85944171F73967E8)],
)
def test_fnv1a(data: bytes, value: int) -> None:
    assert fnv1a(data) == value


def test_mixing_is_that_of_murmurhash() -> None:
    assert mixed(0) == 0
    assert mixed(1) == 0xB456BCFC34C2CB2C  # 64-bit finaliser of MurmurHash3


def test_a_key_is_the_sum_of_its_words() -> None:
    assert prompt_words("In Boston, where's the HR department of HR?") == ["boston", "where", "hr", "department", "hr"]
    total = word_value("boston") + word_value("hr") * 2 + word_value("where") + word_value("department")
    assert prompt_key("In Boston, where's the HR department of HR?") == total % 2**64 // 2


def test_words_that_trade_letters_have_another_sum() -> None:
    # Sums of FNV values alone meet here: the last letter changes the lowest byte only.
    rooms = [f"{a}{b} {c}{d}" for a in "123" for b in "456" for c in "123" for d in "456"]
    forms = {word_form(room) for room in rooms}
    assert len({prompt_key(room) for room in rooms}) == len(forms)


@given(st.lists(LETTERS, max_size=40))
def test_a_column_has_the_keys_of_its_prompts(prompts: list[str]) -> None:
    assert by_column(prompts) == [prompt_key(prompt) for prompt in prompts]


def test_every_letter_and_sign_has_its_key_in_a_column_too() -> None:
    texts = [f"{chr(code)}x y{chr(code)}" for code in range(0x2500) if not 0xD800 <= code < 0xE000]
    assert by_column(texts) == [prompt_key(text) for text in texts]


def test_long_words_function_words_and_many_prompts_in_a_column() -> None:
    prompts = ["x" * 9_000, "y" * 8_000, "", " ", "?!", "Of the", "the", *sorted(FUNCTION_WORDS)]
    prompts += [f"Where is room {n}?" for n in range(5_000)]
    assert by_column(prompts) == [prompt_key(prompt) for prompt in prompts]
    assert len({*by_column(prompts[-5_000:])}) == 5_000


def test_a_part_of_a_column() -> None:
    prompts = [f"Where is room {n}?" for n in range(30)]
    part = pa.chunked_array([pa.array(prompts)[5:9], pa.array(prompts)[20:]])
    assert prompt_keys(part).to_pylist() == [prompt_key(prompt) for prompt in [*prompts[5:9], *prompts[20:]]]
    large = pa.chunked_array([prompts], pa.large_string())
    assert prompt_keys(large).to_pylist() == by_column(prompts)


@given(st.lists(st.tuples(LETTERS, LETTERS), min_size=30, max_size=60))
@settings(max_examples=8)
def test_contents_have_one_form_in_sql_and_in_python(rows: list[tuple[str, str]]) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE texts (prompt VARCHAR, response VARCHAR)")
        insert_many(connection, "texts", [{"prompt": a.strip(), "response": b.strip()} for a, b in rows])
        form = content_form_sql("prompt", "response")
        found = connection.execute(f"SELECT prompt, response, {form} FROM texts").fetchall()
    for prompt, response, in_sql in found:
        assert in_sql == content_form(prompt, response)


@given(st.text(), st.sampled_from(" \t\n\x0b\x1c\x85\xa0\u1680\u2003\u2028\u3000"))
def test_equal_contents_have_equal_prompt_keys(prompt: str, space: str) -> None:
    # Contents are compared among rows of equal keys only.
    other = space.join(["", *prompt.split(), ""])
    assert content_form(prompt, "") == content_form(other, "")
    assert prompt_key(prompt) == prompt_key(other)
