"""What makes two texts the same: contents but for spacing, prompts but for the grammar they are put in."""

from __future__ import annotations

import re
import unicodedata

_ENGLISH = """a an the and or of in on at to for from by with about is are am was be do does did i we you my our your me
    us it its s t there this that please"""
_GERMAN = """der die das den dem des ein eine einen einem einer und oder von im am zum zur zu bei mit für ist sind ich
    wir mein meine unser unsere bitte"""
_FRENCH = """le la les l un une des du de d et ou à au aux en dans sur pour par avec est sont je j nous mon ma mes
    notre nos"""
_SPANISH = "il el los las una y o del al por con es son mi se"
FUNCTION_WORDS = frozenset(f"{_ENGLISH} {_GERMAN} {_FRENCH} {_SPANISH}".split())
"""Words that carry the grammar and not the matter, in English, German, French and Spanish. Question words and
negations are not among them: they change what is asked."""

FNV_OFFSET, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
MIX_SHIFT, MIX_FACTORS = 33, (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
_64_BITS = 2**64 - 1
_WORD = re.compile(r"[^\W_]+")
_SPACE = r"\t-\r\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
"""What Python's ``str.split`` takes for space, the plain space left out, as RE2 writes it."""


def content_form(prompt: str, response: str) -> str:
    """Prompt and response with runs of whitespace made one space: equal forms, equal content."""
    return "\x1f".join(" ".join(part.split()) for part in (prompt, response))


def content_form_sql(prompt: str, response: str) -> str:
    """SQL for ``content_form`` of two columns of stripped text."""
    # Most texts hold single spaces only, and one look at both costs a tenth of replacing.
    odd = f"regexp_matches({prompt} || '.' || {response}, '[{_SPACE}]|  ')"
    squeezed = " || chr(31) || ".join(
        f"regexp_replace({column}, '[ {_SPACE}]+', ' ', 'g')" for column in (prompt, response)
    )
    return f"CASE WHEN {odd} THEN {squeezed} ELSE {prompt} || chr(31) || {response} END"


def prompt_words(prompt: str) -> list[str]:
    """The words that a prompt asks with: prompts with the same words, in any order, are nearly the same.

    Case, accents' encoding, punctuation and function words do not count; names, numbers, question words and negations
    do. A prompt of nothing but function words keeps them; one of nothing but signs is taken for a word.
    """
    # Compatibility forms may decompose into capitals, so the text is folded before and after.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", prompt).casefold())
    words = _WORD.findall(folded)
    return [word for word in words if word not in FUNCTION_WORDS] or words or [" ".join(folded.split())]


def word_form(prompt: str) -> str:
    """A prompt's words in one order: prompts of equal form ask the same."""
    return " ".join(sorted(prompt_words(prompt)))


def prompt_key(prompt: str) -> int:
    """A number of 63 bits for a prompt's words: the upper bits of the sum of their ``word_value``.

    A sum needs no order, so that a million prompts are keyed without sorting (``storage.prompt_keys``); equal keys of
    different words are as unlikely as for any hash of 63 bits.
    """
    return (sum(map(word_value, prompt_words(prompt))) & _64_BITS) >> 1


def word_value(word: str) -> int:
    """64 bits for a word: FNV-1a of its UTF-8 bytes, mixed.

    FNV alone leaves the last letter in the lowest bits, and sums of such values meet: "12 34" and "14 32".
    """
    return mixed(fnv1a(word.encode("utf-8", "surrogatepass")))


def fnv1a(data: bytes) -> int:
    """The 64-bit hash FNV-1a (Fowler, Noll and Vo)."""
    value = FNV_OFFSET
    for byte in data:
        value = (value ^ byte) * FNV_PRIME & _64_BITS
    return value


def mixed(value: int) -> int:
    """64 bits of which each depends on all of those given: the end of the 64-bit MurmurHash3 (Appleby)."""
    for factor in MIX_FACTORS:
        value = (value ^ value >> MIX_SHIFT) * factor & _64_BITS
    return value ^ value >> MIX_SHIFT
