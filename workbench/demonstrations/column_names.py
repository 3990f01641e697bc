"""What columns are called in the files that people bring, in several languages and spellings.

Names are compared without case, accents and punctuation (``plain_name``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

PROMPT_NAMES = (
    "prompt", "question", "instruction", "query", "input", "user", "q", "ask", "title", "questions", "user_input",
    "user_question", "user_query", "user_prompt", "user_message", "customer_question", "question_text", "input_text",
    "prompt_text", "frage", "fragen", "anfrage", "frage_text", "pregunta", "domanda", "pytanie", "fraga", "pergunta",
    "vraag", "sporsmal", "sporgsmal", "kysymys", "otazka", "kerdes", "intrebare", "soru", "pitanje", "vprasanje",
    "cau_hoi", "pertanyaan", "вопрос", "питання", "въпрос", "ερωτηση", "ερωτησεις", "שאלה", "प्रश्न", "问题", "問題",
    "提问", "提問", "问", "問", "指令", "質問", "질문", "السؤال", "سؤال",
)  # fmt: skip
RESPONSE_NAMES = (
    "response", "answer", "output", "completion", "ideal_response", "ideal_answer", "reply", "assistant", "target",
    "a", "answers", "responses", "output_text", "response_text", "answer_text", "gold_answer", "expected_answer",
    "expected_response", "expected_output", "correct_answer", "best_answer", "reference", "reference_answer",
    "model_answer", "agent_response", "solution", "antwort", "antworten", "antwort_text", "reponse", "respuesta",
    "risposta", "odpowiedz", "svar", "resposta", "antwoord", "vastaus", "odpoved", "valasz", "raspuns", "cevap",
    "yanit", "odgovor", "tra_loi", "jawaban", "ответ", "відповідь", "отговор", "απαντηση", "απαντησεις", "תשובה",
    "उत्तर", "答案", "回答", "回复", "回覆", "答复", "答", "输出", "答え", "답변", "الجواب", "جواب", "الاجابة",
)  # fmt: skip
MESSAGES_NAMES = ("messages", "conversations", "conversation", "dialogue", "dialog", "chat")
BEFORE_NAMES = (("system", "system_prompt", "system_message"), ("history", "chat_history"))
"""What stands before the prompt: a system message, and what was said earlier."""
CONTEXT_NAMES = ("input", "context")
"""What Alpaca, Dolly and SQuAD put beside a prompt; it belongs to it. 'input' does so beside an instruction only."""
TAG_NAMES = (
    "tags", "tag", "category", "categories", "topic", "topics", "labels", "department", "kategorie", "rubrik", "thema",
    "categorie", "categoria", "kategoria", "schlagworter", "schlagworte", "etiquetas", "etiquettes", "etichette",
    "tagi", "标签", "タグ",
)  # fmt: skip
LANGUAGE_NAMES = ("lang", "language", "locale", "sprache", "langue", "idioma", "lingua")
SOURCE_NAMES = ("source", "url", "link", "document", "quelle", "fuente", "fonte")
FACT_NAMES = ("fact_id", "fact")
AUTHOR_NAMES = ("author", "autor", "auteur", "autore", "verfasser")
DECIDED_NAMES = (("chosen", "preferred", "winner_response"), ("rejected", "dispreferred", "loser_response"))
"""Columns of preferences that are decided: the better response and the worse."""
JUDGED_NAMES = (
    ("response_a", "answer_a", "output_a", "completion_a", "response_1", "answer_1", "output_1"),
    ("response_b", "answer_b", "output_b", "completion_b", "response_2", "answer_2", "output_2"),
)
"""Columns of preferences whose choice stands elsewhere, or is still to be made: response A and B."""
_LANGUAGE_NAMES = {
    "en": "english englisch anglais ingles inglese 英文 英语",
    "de": "german deutsch allemand aleman tedesco",
    "fr": "french franzosisch francais frances francese",
    "es": "spanish spanisch espagnol espanol spagnolo",
    "it": "italian italienisch italien italiano",
    "pl": "polish polnisch polonais polaco polacco polski",
    "pt": "portuguese portugiesisch portugais portugues portoghese",
    "nl": "dutch niederlandisch neerlandais neerlandes holandes olandese nederlands",
    "tr": "turkish turkisch turc turco turkce",
    "ru": "russian russisch russe ruso russo русский",
    "ar": "arabic arabisch arabe arabo العربية",
    "zh": "chinese chinesisch chinois chino cinese 中文",
    "ja": "japanese japanisch japonais japones giapponese 日本語",
    "ko": "korean koreanisch coreen coreano 한국어",
    "sv": "swedish schwedisch svenska",
    "da": "danish danisch dansk",
    "no": "norwegian norwegisch norsk",
    "fi": "finnish finnisch suomi",
    "cs": "czech tschechisch cestina",
    "el": "greek griechisch grec griego greco ελληνικα",
    "uk": "ukrainian ukrainisch українська",
}
_CODES = (*_LANGUAGE_NAMES, "ro", "hu", "he", "hi", "bg", "hr", "sk", "sl", "et", "lv", "lt", "vi", "th")
_REGION = re.compile("[a-z]{2}|hans|hant|latn|cyrl|419")
"""A region or a script behind a language's code: zh_CN, pt-BR, zh-Hant."""
# Letters that have no decomposition into a letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "đ": "d", "ı": "i"})
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where a word begins in userQuestion and questionID; FAQ and ID stay whole."""


@lru_cache(maxsize=1_024)
def plain_name(name: str) -> str:
    """A column name without case and accents, one underscore for each gap: 'idealResponse' -> 'ideal_response'."""
    text = unicodedata.normalize("NFKD", _HUMP.sub("_", name).casefold().translate(_LETTERS))
    letters = "".join(sign for sign in text if not unicodedata.combining(sign))
    words = re.sub(r"[\s\-–—_.:/|()\[\]?*#]+", "_", unicodedata.normalize("NFC", letters))
    return words.strip("_")


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
    found: dict[tuple[str, str], dict[str, str]] = {}
    for column in columns:
        for base, language, region in _readings(plain_name(column).split("_")):
            role = _roles().get(base)
            if role:
                found.setdefault((language, region), {}).setdefault(role, column)
                break
    return [(pair["prompt"], pair["response"], language) for (language, _), pair in found.items() if len(pair) == 2]


def _readings(words: list[str]) -> Iterator[tuple[str, str, str]]:
    """(name, language, region) as which a column name may be read, with the language behind or before the name."""
    behind = ((words[:-1], words[-1:]), (words[:-2], words[-2:]))
    before = ((words[1:], words[:1]), (words[2:], words[:2]))
    for base, tail in (*behind, *before):
        language, region = _languages().get(tail[0]), "".join(tail[1:])
        if base and language and (not region or _REGION.fullmatch(region)):
            yield "_".join(base), language, region


@cache
def _languages() -> dict[str, str]:
    """Code by what a language is called in a column name, its code included."""
    named = {plain_name(name): code for code, names in _LANGUAGE_NAMES.items() for name in names.split()}
    return named | {code: code for code in _CODES}


@cache
def _roles() -> dict[str, str]:
    """Prompt or response, by the plain names of columns."""
    roles = (("response", RESPONSE_NAMES), ("prompt", PROMPT_NAMES))
    return {plain_name(name): role for role, names in roles for name in names}
