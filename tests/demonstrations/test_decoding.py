"""Encodings, as programs write them."""

from __future__ import annotations

import pytest

from tests.demonstrations.conftest import WriteFile
from workbench.demonstrations.decoding import decode
from workbench.demonstrations.importing import read_demonstrations
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
        ("prompt,response\nWo?,Im Büro\n", "cp1252"),
        (POLISH, "cp1250"),
        ("вопрос,ответ\nГде находится отдел кадров?,На втором этаже рядом с лифтом\n", "cp1251"),
        ("질문,답변\n인사부는 어디에 있습니까?,이 층 오른쪽 엘리베이터 옆에 있습니다\n", "euc_kr"),
        ("问题,回答\n人事部在哪里？,在二楼电梯右边，请先敲门再进去\n", "gb18030"),
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


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_a_bad_byte_costs_its_row_and_not_the_others(file: WriteFile, name: str) -> None:
    rows = [("Gut?", "good ä?"), ("Wie?", "Größe"), ("Bad?", "bad \udcff\udcfe")]
    if name.endswith(".csv"):
        text = "prompt,response\n" + "".join(f"{prompt},{response}\n" for prompt, response in rows)
    else:
        objects = [f'{{"prompt": "{prompt}", "response": "{response}"}}' for prompt, response in rows]
        text = "\n".join(objects) if name.endswith("l") else f"[{', '.join(objects)}]"
    for mark in (b"", b"\xef\xbb\xbf"):
        found = read_demonstrations(file(name, mark + text.encode("utf-8", "surrogateescape")))
        assert [row.response for row in found.fields] == ["good ä?", "Größe"]
        assert found.rejected[0].row == 3
        assert found.rejected[0].reason.startswith("the row holds bytes that are not UTF-8")
        assert found.notes == ()


def test_an_encoding_that_was_guessed_is_said(file: WriteFile) -> None:
    for text, encoding, name in ((GERMAN, "cp1252", "windows-1252"), (GERMAN, "utf-16-le", "UTF-16")):
        assert read_demonstrations(file("a.csv", text.encode(encoding))).notes == (f"Read as {name}.",)
    assert read_demonstrations(file("a.csv", GERMAN.encode("utf-16"))).notes == ()
    rows = "prompt,response\n" + "Wo ist das Büro?,Hinter der Tür\n" * 2_500  # more than what is looked at
    found = read_demonstrations(file("a.csv", rows.encode("cp1252") + b"Wann?,um \x81 Uhr\n"))
    assert len(found.fields) == 2_500
    assert [row.reason.partition(" (")[0] for row in found.rejected] == [
        "the row holds bytes that are not windows-1252"
    ]


def test_a_header_in_no_encoding_refuses_the_file(file: WriteFile) -> None:
    with pytest.raises(UnreadableFile, match="the header line is in no encoding that is known"):
        read_demonstrations(file("a.csv", "prompt,response,Größe,".encode() + b"\xff\nA?,b,c,d\n"))


def test_a_document_keeps_what_can_be_read_of_it() -> None:
    assert decode("Größe ".encode() + b"\xff") == "Größe \ufffd"


def test_letters_of_two_encodings_cost_rows_and_do_not_become_others(file: WriteFile) -> None:
    rows = ["prompt,response", "Wo ist ä?", "Größe", "Käse"]
    data = b"\n".join(
        [rows[0].encode(), f"{rows[1]},Hier".encode(), *(f"{row},x".encode("cp1252") for row in rows[2:])]
    )
    found = read_demonstrations(file("mixed.csv", data))
    assert [row.prompt for row in found.fields] == ["Wo ist ä?"]
    assert [row.row for row in found.rejected] == [2, 3]
