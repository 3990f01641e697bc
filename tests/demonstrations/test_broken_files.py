"""Files made to break an import: each costs one clear sentence, changes nothing, and the next import works."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.demonstrations.conftest import write_workbook
from workbench.demonstrations.importing import import_demonstrations
from workbench.errors import UnreadableFile
from workbench.workspace import Workspace

GOOD = "prompt,response\nA?,b\n"
MB = 2**20


def packed(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def parquet(columns: dict[str, object]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def lying_zip() -> bytes:
    """Says that its file has 20 bytes; it has ten million."""
    data = bytearray(packed("faq.csv", b"prompt,response\n" + b"x" * 10 * MB))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 20)
    return bytes(data)


def locked_zip() -> bytes:
    data = bytearray(packed("faq.csv", GOOD.encode()))
    data[6] |= 1
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 8] |= 1
    return bytes(data)


def locked_workbook() -> bytes:
    """The head of an encrypted Office file: a compound file with an EncryptedPackage inside."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500


def workbook(tmp_path: Path, change: Callable[[str, bytes], bytes]) -> bytes:
    path = write_workbook(tmp_path / "whole.xlsx", [["prompt", "response"], ["A?", "b"]])
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def damaged_crc() -> bytes:
    data = bytearray(gzip.compress(GOOD.encode()))
    data[-8] ^= 0xFF
    return bytes(data)


NESTED = '{"prompt":' * 3_000 + '"x"' + "}" * 3_000
LAUGHS = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "%s"><!ENTITY d "%s">]>' % (b"&b;" * 1000, b"&c;" * 1000)

BROKEN: dict[str, tuple[str, Callable[[Path], bytes], str]] = {
    "empty": ("a.csv", lambda _: b"", "the file is empty"),
    "only a byte order mark": ("a.csv", lambda _: b"\xef\xbb\xbf", "no rows"),
    "only line ends": ("a.jsonl", lambda _: b"\r\n\r\n", "the file is empty"),
    "only a header": ("a.csv", lambda _: b"prompt,response\r\n", "no rows"),
    "gzip cut off": ("a.csv.gz", lambda _: gzip.compress(GOOD.encode() * 999)[:40], "cut off"),
    "gzip with a wrong sum": ("a.csv.gz", lambda _: damaged_crc(), "damaged"),
    "gzip that is none": ("a.csv.gz", lambda _: GOOD.encode(), "is no gzip file"),
    "gzip bomb": ("a.csv.gz", lambda _: gzip.compress(bytes(101 * MB), 1), "unpacks to more than 100 MB"),
    "gzip of a gzip": ("a.csv.gz.gz", lambda _: gzip.compress(gzip.compress(b"x")), "cannot be imported"),
    "zip bomb": ("a.zip", lambda _: packed("a.csv", b"0" * 8 * MB), "made to flood"),
    "zip with a lying size": ("a.zip", lambda _: lying_zip(), "zip file"),
    "zip with a password": ("a.zip", lambda _: locked_zip(), "password"),
    "zip cut off": ("a.zip", lambda _: packed("a.csv", GOOD.encode())[:60], "damaged or cut off"),
    "zip of nothing": ("a.zip", lambda _: packed("readme.exe", b"MZ"), "no file that can be imported"),
    "zip in a zip": ("a.zip", lambda _: packed("b.zip", packed("a.csv", b"x")), "no file that can be imported"),
    "zip called a workbook": ("a.xlsx", lambda _: packed("a.csv", GOOD.encode()), "no Excel workbook"),
    "workbook with a password": ("a.xlsx", lambda _: locked_workbook(), "password"),
    "workbook cut off": ("a.xlsx", lambda p: workbook(p, lambda _, data: data)[:-300], "damaged or cut off"),
    "workbook with broken XML": ("a.xlsx", lambda p: workbook(p, lambda _, d: d[: len(d) // 2]), "workbook"),
    "workbook of entities": (
        "a.xlsx",
        lambda p: workbook(p, lambda _, d: d.replace(b"<worksheet", LAUGHS + b"<worksheet").replace(b"A?", b"&d;")),
        "",
    ),
    "Word called a workbook": ("a.xlsx", lambda _: packed("word/document.xml", b"<w/>"), "import it as a document"),
    "old Word file": ("a.xls", lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000, "damaged"),
    "Parquet cut off": ("a.parquet", lambda _: parquet({"prompt": ["A?"], "response": ["b"]})[:-20], "damaged"),
    "Parquet with a broken page": (
        "a.parquet",
        lambda _: (lambda d: d[:8] + b"\xff" * 40 + d[48:])(parquet({"prompt": ["A?"] * 9, "response": ["b"] * 9})),
        "damaged",
    ),
    "Parquet that is CSV": ("a.parquet", lambda _: GOOD.encode(), "none, or it is damaged"),
    "Parquet bomb": ("a.parquet", lambda _: parquet({"prompt": pa.array(["A?"] * 300_000)}), "more than 200,000 rows"),
    "10,000 columns": (
        "a.csv",
        lambda _: (",".join(f"c{n}" for n in range(10_000)) + "\n" + "x," * 9_999).encode(),
        "more than 1,000 columns",
    ),
    "10,000 names in JSON": (
        "a.jsonl",
        lambda _: json.dumps({f"c{n}": n for n in range(10_000)}).encode(),
        "more than 1,000 columns",
    ),
    "nested objects": ("a.jsonl", lambda _: NESTED.encode(), "nested too deeply"),
    "nested lists": ("a.json", lambda _: b"[" * 200_000 + b"]" * 200_000, "nested too deeply"),
    "recursive aliases in a list": ("a.json", lambda _: b'[{"a":' * 5_000, "JSON"),
    "one huge line": ("a.jsonl", lambda _: b'{"prompt": "' + b"x" * 17 * MB, "line 1 is longer than 16 MB"),
    "NUL bytes": ("a.csv", lambda _: b"prompt,response\n" + b"\0" * 5_000, "binary data"),
    "random bytes": ("a.csv", lambda _: zlib.compress(bytes(range(256)) * 99)[2:], "binary data"),
    "an image": ("a.csv", lambda _: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "an image"),
    "a PDF": ("a.csv", lambda _: b"%PDF-1.7\n", "a PDF"),
    "a program": ("a.exe", lambda _: b"MZ", "files ending in '.exe'"),
    "a pickle": ("a.pkl", lambda _: b"\x80\x04K\x01.", "files ending in '.pkl'"),
    "half of a UTF-16 letter": ("a.csv", lambda _: GOOD.encode("utf-16")[:-1], "breaks off"),
    "a name twice": ("a.csv", lambda _: b"prompt,response,response\nA,b,c\n", "stands twice"),
    "a header without end": ("a.csv", lambda _: b'"prompt,response\nA?,b\n', "header line cannot be read"),
    "prose": ("a.txt", lambda _: b"Where is HR? On floor 2.\n", "no rows can be told"),
    "a number": ("a.json", lambda _: b"42", "neither a list nor an object"),
    "scalars": ("a.json", lambda _: b"[1, 2, 3]", "not one row can be read"),
    "NaN": ("a.json", lambda _: b'[{"prompt": NaN}]', "not valid JSON"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_costs_a_sentence(ws: Workspace, tmp_path: Path, what: str) -> None:
    name, make, words = BROKEN[what]
    path = tmp_path / name
    path.write_bytes(make(tmp_path))
    with pytest.raises(UnreadableFile) as caught:
        import_demonstrations(ws, path, author="kim")
    sentence = str(caught.value)
    assert words in sentence, sentence
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert len(sentence) < 400
    assert ws.demonstrations.count() == 0


def test_a_good_file_still_goes_in_afterwards(ws: Workspace, tmp_path: Path) -> None:
    for name in ("empty", "gzip bomb", "nested lists"):
        file_name, make, _ = BROKEN[name]
        (tmp_path / file_name).write_bytes(make(tmp_path))
        with pytest.raises(UnreadableFile):
            import_demonstrations(ws, tmp_path / file_name, author="kim")
    (tmp_path / "good.csv").write_text(GOOD)
    assert import_demonstrations(ws, tmp_path / "good.csv", author="kim").accepted == 1


def test_a_line_of_a_gigabyte_is_refused_in_bounded_memory(ws: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"prompt": "A?", "response": "b"}\n{"prompt": "')
        file.truncate(2**30)  # sparse: takes no room on the disk
    with pytest.raises(UnreadableFile, match="line 2 is longer than 16 MB"):
        import_demonstrations(ws, path, author="kim")
    assert ws.demonstrations.count() == 0
