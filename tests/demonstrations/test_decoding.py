"""Encodings, as programs write them."""

from __future__ import annotations

import pytest

from workbench.demonstrations.decoding import decode
from workbench.errors import UnreadableFile

GERMAN = "prompt,response\nWo ist das Büro in Zürich?,Im zweiten Stock – Tür 4\n"
FRENCH = "prompt,response\nOù est le café?,Près de l'entrée à gauche\n"
POLISH = "prompt,response\nGdzie jest biuro? Proszę powiedzieć,Na drugim piętrze, obok łazienki i świetlicy żółtej\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN, "cp1252"),
        (FRENCH, "latin-1"),
        (POLISH, "cp1250"),
        ("вопрос,ответ\nГде находится отдел кадров?,На втором этаже рядом с лифтом\n", "cp1251"),
        ("質問,回答\n人事部はどこですか,二階の右側にあります。エレベーターの隣です\n", "shift_jis"),
    ],
)
def test_the_encoding_is_recognised(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_one_accent_late_in_a_long_file_is_enough() -> None:
    text = "q,a\n" + "Where is it?,Here.\n" * 5000 + "A naïve question?,Yes\n"
    assert decode(text.encode("latin-1")) == text


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (bytes(range(256)) * 20, "binary"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04rest", "Excel"),
        (b"\x00\x01\x02\x00\x03\x04\x05", "binary"),
        (b"\xff\xfea", "breaks off"),
    ],
)
def test_what_is_no_text_is_refused_with_a_reason(data: bytes, word: str) -> None:
    with pytest.raises(UnreadableFile, match=word):
        decode(data)
