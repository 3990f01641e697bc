"""What columns are called in the files that people bring, in several languages and spellings.

Names are compared without case, accents and punctuation (``plain_name``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

PROMPT_NAMES = (
    "prompt", "question", "instruction", "query", "input", "user", "q", "ask", "title", "questions", "user_input",
    "input_text", "prompt_text", "frage", "fragen", "anfrage", "pregunta", "domanda", "pytanie", "fraga", "pergunta",
    "vraag", "sporsmal", "sporgsmal", "kysymys", "otazka", "kerdes", "intrebare", "soru", "вопрос", "питання", "问题",
    "問題", "質問", "질문", "السؤال",
)  # fmt: skip
RESPONSE_NAMES = (
    "response", "answer", "output", "completion", "ideal_response", "ideal_answer", "reply", "assistant", "target",
    "a", "answers", "responses", "output_text", "response_text", "gold_answer", "reference", "solution", "antwort",
    "antworten", "reponse", "respuesta", "risposta", "odpowiedz", "svar", "resposta", "antwoord", "vastaus", "odpoved",
    "valasz", "raspuns", "cevap", "ответ", "відповідь", "答案", "回答", "답변", "الجواب",
)  # fmt: skip
MESSAGES_NAMES = ("messages", "conversations", "conversation", "dialogue", "dialog", "chat")
CONTEXT_NAMES = ("input", "context")
"""What Alpaca and Dolly files put beside an instruction; it belongs to the prompt."""
TAG_NAMES = (
    "tags", "tag", "category", "categories", "topic", "topics", "labels", "department", "kategorie", "thema",
    "categorie", "categoria", "kategoria",
)  # fmt: skip
LANGUAGE_NAMES = ("lang", "language", "locale", "sprache", "langue", "idioma", "lingua")
SOURCE_NAMES = ("source", "url", "link", "document", "quelle", "fuente", "fonte")
FACT_NAMES = ("fact_id", "fact")
DECIDED_NAMES = (("chosen", "preferred", "winner_response"), ("rejected", "dispreferred", "loser_response"))
"""Columns of preferences that are decided: the better response and the worse."""
JUDGED_NAMES = (
    ("response_a", "answer_a", "output_a", "completion_a", "response_1", "answer_1", "output_1"),
    ("response_b", "answer_b", "output_b", "completion_b", "response_2", "answer_2", "output_2"),
)
"""Columns of preferences whose choice stands elsewhere, or is still to be made: response A and B."""
LANGUAGES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "francais": "fr", "spanish": "es",
    "espanol": "es", "italian": "it", "italiano": "it", "polish": "pl", "polski": "pl", "swedish": "sv",
    "svenska": "sv", "dutch": "nl", "nederlands": "nl", "portuguese": "pt", "portugues": "pt", "danish": "da",
    "norwegian": "no", "finnish": "fi", "czech": "cs", "japanese": "ja", "chinese": "zh", "korean": "ko",
    "arabic": "ar", "russian": "ru", "turkish": "tr",
}  # fmt: skip
"""Names of languages in column names, and their codes."""
CODES = frozenset({*LANGUAGES.values(), "uk", "ro", "hu", "el", "he", "hi", "bg", "hr", "sk", "sl", "et", "lv", "lt"})
# Letters that have no decomposition into a letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "đ": "d"})


@lru_cache(maxsize=1_024)
def plain_name(name: str) -> str:
    """A column name without case and accents, one underscore for each gap: 'Ideal Response' -> 'ideal_response'."""
    text = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    letters = "".join(sign for sign in text if not unicodedata.combining(sign))
    camel = re.sub(r"[\s\-_.:/()\[\]?*#]+", "_", unicodedata.normalize("NFC", letters))
    return camel.strip("_")


def first_named(columns: Iterable[str], names: Iterable[str]) -> str | None:
    """The column that has the first of these names, as the file writes it; None where none has."""
    by_name = {plain_name(column): column for column in reversed(list(columns))}
    wanted = (plain_name(name) for name in names)
    return next((by_name[name] for name in wanted if name in by_name), None)


def both_named(columns: Sequence[str], names: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[str, str] | None:
    """The two columns that have a first and a second of these names; None where one is not there."""
    first, second = first_named(columns, names[0]), first_named(columns, names[1])
    return (first, second) if first and second else None


def language_columns(columns: Sequence[str]) -> list[tuple[str, str, str]]:
    """(prompt column, response column, language) of each language that has both: q_en with a_en, …"""
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        base, language = _base_and_language(plain_name(column))
        if language is None:
            continue
        for role, names in (("prompt", PROMPT_NAMES), ("response", RESPONSE_NAMES)):
            if base in names:
                found.setdefault(language, {}).setdefault(role, column)
    return [(pair["prompt"], pair["response"], language) for language, pair in found.items() if len(pair) == 2]


def _base_and_language(name: str) -> tuple[str, str | None]:
    parts = name.split("_")
    for base, tail in ((parts[:-1], parts[-1]), (parts[1:], parts[0])):
        language = LANGUAGES.get(tail, tail if tail in CODES else None)
        if base and language:
            return "_".join(base), language
    return name, None
