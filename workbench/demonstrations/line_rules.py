"""What a single line of a document is: a question, a label before one, or a heading that nothing marks as such."""

from __future__ import annotations

import re

_SIGNS = ("?", "？", "؟")
_GREEK_SIGNS = (";", "\u037e")
_GREEK, _LATIN = re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), re.compile("[A-Za-z]")
_NO_SPACES = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
"""Chinese and Japanese, which are written without spaces between words."""
_NUMBER = re.compile(r"^(?:\(\d{1,3}\)|(\d{1,3}(?:\.\d+)*)[.):]?)\s+")
_QUESTION_LABEL = re.compile(
    r"^\s*(?:\*\*|__)?(?:(?:q|question|frage|pregunta|pergunta|pytanie|domanda|vraag)\s*\d*\s?[.):：]|[fpdv]\s*\d*\s?:"
    r"|(?:问题|问|問|質問)\s*\d*\s?[:：])(?:\*\*|__)?\s*(?=\S)",
    re.IGNORECASE,
)
_ANSWER_LABEL = re.compile(
    r"\s*(\*\*|__)?(?:(?:a|answer|antwort|réponse|reponse|respuesta|resposta|risposta|odpowiedź|antwoord)\s*\d*\s?[.):：]"
    r"|[ro]\s*\d*\s?:|(?:回答|答案|答)\s*\d*\s?[:：])(?(1)\1)\s*(?=\S)",
    re.IGNORECASE,
)
_ANSWER_IN_LINE = re.compile(r"(?<=[?？؟])\s+(?=(?:a|answer|antwort|r|réponse|respuesta)\s?\d*\s?[:：])", re.IGNORECASE)
_WHOLE = re.compile(r"(?:\d[\d.)]*[ ])?¿?[^\W\d_a-zà-ÿ][^.!?？؟]{0,200}")
_HEADING = re.compile(r"(?:\*\*|__)?(?:\(?\d[\d.)]*\s+)?[^\W\d_a-zà-ÿ].*[^\s.,;:!?…。，：！？؟]")
_SENTENCE_END = re.compile(r"[^\W\d][.!?][ ]")
HEADING_CHARACTERS, HEADING_WORDS = 70, 9


def asks(line: str) -> bool:
    """Whether a line ends as a question does; the Greek sign is a semicolon, and one only among Greek letters."""
    line = line.rstrip()
    if line.endswith(_GREEK_SIGNS):
        return len(_GREEK.findall(line)) > len(_LATIN.findall(line))
    return line.endswith(_SIGNS)


def is_question(heading: str) -> bool:
    """Whether a heading asks something; "Questions?" alone asks nothing, "Q: Parking" does."""
    if question_label(heading):
        return True
    long = len(heading.split()) > 1 or len(heading) > (3 if _NO_SPACES.search(heading) else 12)
    return asks(heading) and long


def is_whole_question(line: str) -> bool:
    """Whether a line is one question, numbered or not, and nothing else."""
    return asks(line) and bool(_WHOLE.fullmatch(line.strip()[:-1]))


def looks_like_heading(line: str) -> bool:
    """Whether a line is short and begins as a sentence does, but does not end as one."""
    line = line.strip()
    short = len(line) <= HEADING_CHARACTERS and len(line.split()) <= HEADING_WORDS
    return short and not _SENTENCE_END.search(line) and bool(_HEADING.fullmatch(line))


def question_label(line: str) -> int:
    """Characters of a label such as "Q:" that a line begins with; 0 where there is none."""
    match = _QUESTION_LABEL.match(line)
    return match.end() if match else 0


def answer_label(text: str, question: str) -> int:
    """Characters of a label such as "A:" that the text below a labelled question begins with; 0 where there is none."""
    asked, match = _QUESTION_LABEL.match(question), _ANSWER_LABEL.match(text)
    if asked is None or match is None:
        return 0
    # "A. Smith knows." begins with no label, unless the question has one of that kind: "Q. Who knows?"
    same = any(sign in match[0] and sign in asked[0] for sign in ".)")
    return match.end() if same or ":" in match[0] or "：" in match[0] else 0


def answer_in_line(line: str) -> int | None:
    """Where a labelled answer begins behind a question in the same line."""
    match = _ANSWER_IN_LINE.search(line)
    return match.end() if match else None


def number_before(line: str) -> int | None:
    """The last part of the number that a line begins with: 3 of "2.3 Who pays?"."""
    match = _NUMBER.match(line.strip())
    return int(re.split(r"\D", match[1] or match[0].strip(" ()"))[-1]) if match else None


def as_asked(heading: str) -> str:
    """A heading without the number or label that it is counted by; nobody asks with it."""
    return _NUMBER.sub("", heading[question_label(heading) :])
