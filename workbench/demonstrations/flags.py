"""What a person should look at before a demonstration is approved. Pure functions on texts.

Flags are hints, not verdicts: a phone number may be the very answer. Nothing is changed by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from workbench.models.token_counts import estimated_tokens

FlagKind = Literal["e-mail", "phone", "IBAN", "secret", "card number", "boilerplate", "very short", "too long"]

TOO_LONG_TOKENS = 512
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_PHONE = re.compile(r"(?<![\w.])(?:\+\d{1,3}[\s./-]?|\(0?\d{2,5}\)\s?|0)\d{1,4}(?:[\s./-]?\d{2,4}){2,4}(?!\w)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_SECRETS = re.compile(
    r"AKIA[0-9A-Z]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|sk-[A-Za-z0-9_-]{20,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"
    r"|(?i:\b(?:password|passwort|passwd|secret|api[_ -]?key|token)\b\s*(?:is|ist|[:=])\s*[\"']?(?=\S*\d)\S{6,})"
)
_BOILERPLATE = re.compile(
    r"\b(as an ai( language)? model|i('m| am) (just )?an? (ai|language model)|i cannot assist with|lorem ipsum|"
    r"\bTODO\b|\bTBD\b|to be (defined|completed)|insert (text|answer) here|click here to|all rights reserved|"
    r"see above|n/?a)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at, and the words that raised it."""

    kind: FlagKind
    found: str


def flags(prompt: str, response: str, tokens: int | None = None) -> Iterator[Flag]:
    """What to look at in a demonstration, each kind once. ``tokens`` is its length by a model's own tokenizer."""
    text = f"{prompt}\n{response}"
    for kind, found in _personal(text):
        yield Flag(kind, found)
    boilerplate = _BOILERPLATE.search(response)
    if boilerplate:
        yield Flag("boilerplate", boilerplate[0])
    if len(response.split()) < 2 and len(response) < 4:
        yield Flag("very short", response)
    about = "" if tokens is not None else "about "
    length = tokens if tokens is not None else estimated_tokens(text)
    if length > TOO_LONG_TOKENS:
        yield Flag("too long", f"{about}{length:,} tokens")


def is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN fit (ISO 13616: the rearranged number modulo 97 is 1)."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def passes_luhn(digits: str) -> bool:
    """Whether a card number's last digit fits (Luhn's algorithm, ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _personal(text: str) -> Iterable[tuple[FlagKind, str]]:
    found: dict[FlagKind, str] = {}
    iban = next((match[0] for match in _IBAN.finditer(text) if is_iban(match[0])), None)
    card = next((match[0] for match in _CARD.finditer(text) if passes_luhn(re.sub(r"\D", "", match[0]))), None)
    secret = _SECRETS.search(text)
    long_number = iban or card or ""
    email, phone = _EMAIL.search(text), _PHONE.search(text.replace(long_number, " ") if long_number else text)
    if email:
        found["e-mail"] = email[0]
    if phone:
        found["phone"] = phone[0].strip()
    if iban:
        found["IBAN"] = iban
    elif card:
        found["card number"] = card
    if secret:
        # Shown in part: a secret that a page repeats is told once more.
        found["secret"] = secret[0][:12] + "…"
    return found.items()
