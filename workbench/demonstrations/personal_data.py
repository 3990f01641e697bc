"""Personal data and secrets in a text, found by their shape and, where they have one, by their check digit.

What only looks like such data is left out first: dates, times and numbers of orders are no phone numbers, and a
sentence about passwords is none.
"""

from __future__ import annotations

import re
from typing import Literal

PersonalKind = Literal["e-mail", "phone", "IBAN", "secret", "card number"]

_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
# ASCII, because among all letters some that int() does not read count as Latin ones in another case.
_IBAN = re.compile(r"\b(?=([A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?)\b)", re.IGNORECASE | re.ASCII)
_PHONE = re.compile(
    # International, with an area code in brackets, or with the 0 that many countries dial before one.
    r"(?<![\w.-])(?:\+\d{1,3}[ \xa0./-]?|\(0?\d{2,5}\)[ \xa0]?|0)\d{1,4}(?:[ \xa0./-]?\d{2,4}){2,4}(?!\w)"
    # North American: 617-555-0123, 1-800-555-0199.
    r"|(?<![\w./+-])(?<![$€£])(?:1[-. ])?[2-9]\d{2}([-. ])[2-9]\d{2}\1\d{4}(?![\w-])"
)
LEAST_PHONE_DIGITS = 7
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NO_PHONE = re.compile(
    "|".join(
        [
            *(
                rf"(?<!\d)(?<!\d{sep}){_DAY}{sep}{_DAY}{sep}(?:\d{{4}}|\d{{2}})(?!{sep}?\d)"
                for sep in (r"\.", "/", "-", " ")
            ),
            r"\b\d{4}-\d{2}-\d{2}\b",
            # Opening hours, as 09.00-17.00 and 0800-1700.
            r"(?<![\d./+-])\d{1,2}[.:h]\d{2}\s?(?:[-–—]|to|bis|until)\s?\d{1,2}[.:h]\d{2}(?!\d|[./-]\d)",
            r"(?<![\d./+-])(?<!\d )[0-2]\d[0-5]\d\s?(?:[-–—]|to|bis|until)\s?[0-2]\d[0-5]\d(?!\d|[ ./-]\d)",
            # What is counted, not called; "account" and the like are words of prose, too, but not "account no.".
            r"\b(?:(?:order|invoice|ticket|customer|contract|article|serial|reference|ref|isbn|bestell\w*|rechnung\w*|"
            r"auftrag\w*|kunden\w*|artikel\w*|vertrag\w*|commande|facture|pedido|factura)\b"
            r"|(?:account|case|item|part|room)\b\s*(?=number|no\b|nr\b|id\b|#))"
            r"[\s.:#-]*(?:(?:number|nummer|no|nr|id|is|ist)\b[\s.:#-]*)*[A-Z]{0,4}-?\d[\d /.-]*\d",
            # The shape of an account number whose check digits are wrong.
            r"\b[A-Z]{2}\d{2}(?:[ -]?\d{4}){2,7}(?:[ -]?\d{1,4})?\b",
        ]
    ),
    re.IGNORECASE,
)
_KEYS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"A(?:KIA|SIA)[0-9A-Z]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{20,}"  # GitHub, GitLab
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|sk-(?=[\w-]*\d)[\w-]{20,}|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"  # OpenAI and others; Stripe
    r"|AIza[\w-]{30,}"  # Google
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"  # JSON Web Tokens
    r")|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_NAME = (
    r"(?:pass(?:word|wort|wd|phrase)|kennwort|pwd|contraseña|senha|mot de passe|secret|"
    r"(?:api|access|secret)[ _-]?key|token)"
)
_NO_VALUE = r"(?![<${*\[(]|https?:)"
_PASSWORDS = re.compile(
    # Said: with a digit (but not "12-character"), or with a capital letter and a sign that sentences rarely hold.
    rf"(?<![A-Za-z])(?i:{_NAME})\b[\"'`]?\s*(?:(?i:is|ist|lautet|est|es)\b\s*:?|[:=])\s*[\"'“„`]?{_NO_VALUE}"
    r"(?=(?!\d+-[a-z])\S*\d|(?=\S*[A-Z])\S*[!@#$%^&*+~])[^\s\"'`]{6,}"
    # Assigned, as programs do: whatever follows.
    rf"|(?i:{_NAME})[\"']?\s?=\s?[\"']?{_NO_VALUE}[^\s\"'<>]{{6,}}"
    # Nobody writes "pwd:" in a sentence.
    rf"|\b(?i:pwd|pw)\b\s*[:=]\s*{_NO_VALUE}(?!(?i:see|same|none|required|optional|unknown|hidden|expired)\b)\S{{4,}}"
)


def personal_data(text: str) -> dict[PersonalKind, str]:
    """What the text holds, each kind once; of a secret the beginning only, because a page repeats it."""
    found: dict[PersonalKind, str] = {}
    email = _EMAIL.search(text)
    if email:
        found["e-mail"] = email[0]
    account = _iban(text)
    card = next((match[0] for match in _CARD.finditer(text) if passes_luhn(re.sub(r"\D", "", match[0]))), None)
    number = account or card
    phone = _phone(text.replace(number, " ") if number else text)
    if phone:
        found["phone"] = phone
    if account:
        found["IBAN"] = account
    elif card:
        found["card number"] = card
    secret = _KEYS.search(text) or _PASSWORDS.search(text)
    if secret:
        found["secret"] = secret[0][: min(12, len(secret[0]) // 2)] + "…"
    return found


def is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN fit (ISO 13616: the rearranged number modulo 97 is 1)."""
    plain = re.sub("[ -]", "", text)
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


def _iban(text: str) -> str | None:
    """The first account number whose check digits fit; the words behind it may look like more of it."""
    for match in _IBAN.finditer(text):
        end = len(match[1])
        while end > 0:
            if is_iban(match[1][:end]):
                return match[1][:end]
            end = max(match[1].rfind(" ", 0, end), match[1].rfind("-", 0, end))
    return None


def _phone(text: str) -> str | None:
    if not _PHONE.search(text):  # nearly all texts; what is left out below takes ten times as long to find
        return None
    for match in _PHONE.finditer(_NO_PHONE.sub(" · ", text)):
        if sum(sign.isdigit() for sign in match[0]) >= LEAST_PHONE_DIGITS:
            return match[0].strip()
    return None
