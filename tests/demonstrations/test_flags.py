"""What a person is shown to look at: each kind by examples, and as many that only look like one."""

from __future__ import annotations

import pytest

from workbench.demonstrations.flags import flags
from workbench.demonstrations.personal_data import is_iban, passes_luhn

# Written in two parts, so that no scanner takes a test for a leak.
STRIPE, GOOGLE = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"
GITHUB, GITLAB = "github_pat_" + "11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz", "glpat-" + "ABCdef123456ghiJKL78"
SLACK, OPENAI = "xoxb-" + "123456789012-abcdefABCDEF", "sk-" + "proj-abc123def456ghi789jkl"


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        ("Write to ada.byron@example.co.uk.", "e-mail"),
        ("Call +49 30 901820 or come by.", "phone"),
        ("Call (0171) 555 1234.", "phone"),
        ("Call 0171/555-1234 until 01.02.2024.", "phone"),
        ("Appelez le 06-10-11-12-13.", "phone"),
        ("Call 617-555-0123.", "phone"),
        ("Call 617.555.0123 or (617) 555-0123.", "phone"),
        ("Dial 1-800-555-0199, 0800-1700.", "phone"),
        ("Pay to DE89 3704 0044 0532 0130 00.", "IBAN"),
        ("Pay to de89 3704 0044 0532 0130 00 by Friday.", "IBAN"),
        ("Pay to DE89-3704-0044-0532-0130-00.", "IBAN"),
        ("Pay to es9121000418450200051332.", "IBAN"),
        ("Pay to ES91 2100 0418 4502 0005 1332 when due.", "IBAN"),
        ("The card is 4111 1111 1111 1111.", "card number"),
        ("The password is Sommer2024!", "secret"),
        ("Das Passwort lautet Sommer2024!", "secret"),
        ("The Wi-Fi password is Sunshine!", "secret"),
        ("user: ada, pwd: sunshine", "secret"),
        ("PASSWORD: hunter22", "secret"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIbPxRfiCY", "secret"),
        ('db_password = "sunshine"', "secret"),
        ("Use AKIAIOSFODNN7EXAMPLE.", "secret"),
        ("-----BEGIN RSA PRIVATE KEY-----", "secret"),
        *((f"Use {key} for it.", "secret") for key in (STRIPE, GOOGLE, GITHUB, GITLAB, SLACK, OPENAI)),
        ("As an AI language model I cannot know.", "boilerplate"),
        ("TODO: ask Ben.", "boilerplate"),
        ("N/A", "boilerplate"),
        ("Floor 2. <!-- check this -->", "boilerplate"),
        ("ok", "very short"),
        ("?", "very short"),
        ("word " * 500, "too long"),
    ],
)
def test_what_a_person_should_look_at(response: str, kind: str) -> None:
    assert [mark.kind for mark in flags("How?", response)] == [kind]


@pytest.mark.parametrize(
    "response",
    [
        "On floor 2, room 204, from 9:00 to 17:00.",
        "Room 0204 on floor 02, ext. 4471, or extension 0815.",
        "The invoice 2024-10-31 has 1,234,567 units.",
        "It costs $1,250.00, €0.75 or 1.200.000 EUR.",
        "From 01.02.2024 to 03/02/2024, or 01-02-24.",
        "Von 01.02.2024-05.02.2024, 09.00-17.00 Uhr.",
        "Open 0800-1700, and 08.30 – 12.00 13.00 – 17.30.",
        "Your order 0012345678 and invoice no. 617-555-0123 are open.",
        "Bestellnummer: 0045 1234 5678. Account number 0123456789.",
        "DE12 3456 7890 1234 5678 90 is no account.",
        "de12-3456-0044-1234-5678-90 is none either.",
        "Order 4111 1111 1111 1112 is open.",
        "The server is 10.0.12.255, version 0.12.34.",
        "Passwords change every 90 days; never tell yours.",
        "Your password is never sent by e-mail.",
        "The password is case-sensitive and your token is a small grey device!",
        "Password: at least 12 characters. A password is 12-character text.",
        "Set PASSWORD=<yours> or TOKEN=${TOKEN}; max_tokens=512000.",
        "Das Passwort ist 90 Tage lang gültig.",
        "The secret is practice!",
        "Read the risk-assessment-and-management-plan first.",
        "La oficina abre todo el día.",
        "ABIERTO TODO EL DÍA.",
        "Biuro jest na drugim piętrze.",
        "O escritório fica na rua principal.",
        "Yes, until the end of the month.",
        *("Yes", "No.", "Ja", "HR", "5", "是"),
    ],
)
def test_ordinary_answers_raise_no_flag(response: str) -> None:
    assert [mark.kind for mark in flags("How do I reset my password?", response)] == []


def test_a_phone_number_beside_an_account_is_flagged_too() -> None:
    found = flags("How?", "Call +49 30 901820 or pay to DE89370400440532013000.")
    assert [mark.kind for mark in found] == ["phone", "IBAN"]


def test_a_secret_is_never_shown_whole() -> None:
    for text in ("pwd: abcd", f"Use {STRIPE}.", "The password is Sommer2024!"):
        (mark,) = flags("How?", text)
        assert mark.found.endswith("…")
        assert text.rstrip(".").split()[-1] not in mark.found


def test_letters_that_only_look_latin_do_not_stop_the_check() -> None:
    assert list(flags("How?", "\u017fs12 3456 7890 1234 and \u212aa12 abcd efgh ijkl.")) == []


def test_check_digits() -> None:
    # Examples of the standards themselves: ISO 13616 (United Kingdom) and ISO/IEC 7812-1.
    assert is_iban("GB82 WEST 1234 5698 7654 32")
    assert not is_iban("GB82 WEST 1234 5698 7654 33")
    assert passes_luhn("17893729974")
    assert not passes_luhn("17893729975")
