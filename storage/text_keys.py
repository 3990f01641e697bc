"""Keys of texts: equal keys, equal content. Each exists twice, for one text in Python and for a column in SQL.

The SQL forms are for imports of a million rows. They give what the Python forms give for *plain* texts
(``IS_PLAIN``); other texts are keyed in Python, so a key never depends on how many rows came at once.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "about",
        "is",
        "are",
        "am",
        "was",
        "be",
        "do",
        "does",
        "did",
        "i",
        "we",
        "you",
        "my",
        "our",
        "your",
        "me",
        "us",
        "it",
        "its",
        "s",
        "t",
        "there",
        "this",
        "that",
        "please",
        "der",
        "die",
        "das",
        "den",
        "dem",
        "des",
        "ein",
        "eine",
        "einen",
        "einem",
        "einer",
        "und",
        "oder",
        "von",
        "im",
        "am",
        "zum",
        "zur",
        "zu",
        "bei",
        "mit",
        "für",
        "ist",
        "sind",
        "ich",
        "wir",
        "mein",
        "meine",
        "unser",
        "unsere",
        "bitte",
        "le",
        "la",
        "les",
        "l",
        "un",
        "une",
        "des",
        "du",
        "de",
        "d",
        "et",
        "ou",
        "à",
        "au",
        "aux",
        "en",
        "dans",
        "sur",
        "pour",
        "par",
        "avec",
        "est",
        "sont",
        "je",
        "j",
        "nous",
        "mon",
        "ma",
        "mes",
        "notre",
        "nos",
        "il",
        "el",
        "los",
        "las",
        "una",
        "y",
        "o",
        "del",
        "al",
        "por",
        "con",
        "es",
        "son",
        "mi",
        "se",
    ]
)
"""Words that carry the grammar and not the matter, in English, German, French and Spanish. Question words and
negations are not among them: they change what is asked."""

_WORD = re.compile(r"[^\W_]+")
_SIGNS = "?.,'-!:"
"""Punctuation of plain prompts."""
_SPACE = r"\t-\r\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
"""What Python's ``str.split`` takes for space, the plain space left out, as RE2 writes it."""
_PLAIN = r"^[ A-Za-z0-9À-ÖØ-öø-įĴ-ľŁ-ňŊ-ž?.,''!:-]*$"


def content_key(prompt: str, response: str) -> str:
    """SHA-256 of prompt and response with runs of whitespace made one space: equal keys, equal content."""
    text = "\x1f".join(" ".join(part.split()) for part in (prompt, response))
    return hashlib.sha256(text.encode()).hexdigest()


def word_form(prompt: str) -> str:
    """The words that a prompt asks with, sorted: prompts of equal form are nearly the same.

    Case, accents' encoding, punctuation, order and function words do not count; names, numbers, question
    words and negations do. A prompt of nothing but function words keeps them; one without words is itself.
    """
    # Compatibility forms may decompose into capitals, so the text is folded before and after.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", prompt).casefold())
    words = sorted(_WORD.findall(folded))
    return " ".join([word for word in words if word not in FUNCTION_WORDS] or words) or " ".join(folded.split())


def prompt_key(prompt: str, seed: str = "") -> int:
    """The first 63 bits of the SHA-256 of the seed and the prompt's word form."""
    digest = hashlib.sha256(f"{seed}\x1f{word_form(prompt)}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def is_plain_sql(column: str) -> str:
    """SQL: whether the prompt in this column is plain, so that ``prompt_key_sql`` is right for it."""
    return f"regexp_matches({column}, '{_PLAIN}')"


def content_key_sql(prompt: str, response: str) -> str:
    """SQL for ``content_key`` of two columns of stripped text."""
    # Most texts hold single spaces only, and one look at both costs a tenth of replacing.
    odd = f"regexp_matches({prompt} || '.' || {response}, '[{_SPACE}]|  ')"
    squeezed = " || chr(31) || ".join(
        f"regexp_replace({column}, '[ {_SPACE}]+', ' ', 'g')" for column in (prompt, response)
    )
    return f"sha256(CASE WHEN {odd} THEN {squeezed} ELSE {prompt} || chr(31) || {response} END)"


def word_form_sql(column: str) -> str:
    """SQL for ``word_form`` of a column of plain prompts; empty where function words are all there is."""
    text = f"replace(lower({column}), 'ß', 'ss')"
    for sign in _SIGNS:
        text = f"replace({text}, '{sign.replace(chr(39), chr(39) * 2)}', ' ')"
    listed = ", ".join(f"'{word}'" for word in sorted({"", *FUNCTION_WORDS}))
    longest = max(len(word.encode()) for word in FUNCTION_WORDS)
    # Most words are too long to be one of them, which is cheaper to see than to search the list for.
    kept = f"CASE WHEN strlen(word) > {longest} THEN true ELSE NOT list_contains([{listed}], word) END"
    return f"array_to_string(list_sort(list_filter(string_split({text}, ' '), lambda word: {kept})), ' ')"


def prompt_key_sql(column: str, form: str) -> str:
    """SQL for ``prompt_key`` from the prompt and its form; NULL where it has to be found in Python.

    The form is a column of its own because DuckDB evaluates an expression inside CASE or nullif twice.
    """
    key = f"(('0x' || left(sha256(chr(31) || {form}), 16))::UBIGINT >> 1)::BIGINT"
    return f"CASE WHEN {form} <> '' AND {is_plain_sql(column)} THEN {key} END"
