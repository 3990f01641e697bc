"""From the bytes of a text file to its characters, whatever encoding the person's program wrote."""

from __future__ import annotations

import codecs
import re

from workbench.errors import UnreadableFile

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "an Excel, Word or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
MAX_CONTROL_SHARE = 0.01
"""More control characters than this are the mark of binary data that happens to decode."""
SAMPLE_BYTES = 65_536
ENCODINGS = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "shift_jis",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
)
"""Encodings of texts that are not Unicode, as office programs write them."""
COHERENCE_SLACK = 0.1
_CENTRAL_EUROPEAN = re.compile(r"[³¹¼¾][a-zà-ÿ]|[a-zà-ÿ]¿[a-zà-ÿ]")
"""Polish letters read with the western code page: a sign stands before or inside a word."""


def decode(data: bytes) -> str:
    """The text of a file: by its byte order mark, as UTF-8, as UTF-16, or by the likeliest old encoding.

    Raises:
        UnreadableFile: the bytes are no text.
    """
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise UnreadableFile(f"this is {what}, not a text file of rows")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(_decode_as(data, encoding))
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    wide = _wide_encoding(data)
    if wide is not None:
        return _checked(_decode_as(data, wide))
    if b"\x00" in data:
        raise UnreadableFile("this is binary data, not a text file of rows")
    return _checked(data.decode(_old_encoding(data), errors="replace"))


def _decode_as(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"the file says that it is {encoding} but breaks off at byte {error.start}") from None


def _checked(text: str) -> str:
    if text and len(_CONTROL.findall(text)) > MAX_CONTROL_SHARE * len(text):
        raise UnreadableFile("this is binary data, not a text file of rows")
    return text


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: in most European text every second byte is zero."""
    sample = data[:SAMPLE_BYTES]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < 0.2 * len(sample) or min(even, odd) > 0.01 * len(sample):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _old_encoding(data: bytes) -> str:
    from charset_normalizer import from_bytes

    # A file may be ASCII for pages before the first accent, so only lines that can tell are looked at.
    telling = [line for line in data.split(b"\n") if not line.isascii()]
    sample = b"\n".join(telling)[:SAMPLE_BYTES]
    matches = from_bytes(sample, cp_isolation=list(ENCODINGS))
    best = matches.best()
    if best is None:
        raise UnreadableFile("its encoding cannot be told: save the file as UTF-8")
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    # Most bytes are a letter in both the western and the central European code page. The western one is the
    # commoner by far, so it stands unless the text speaks against it.
    if western is None or western.coherence + COHERENCE_SLACK < best.coherence:
        return best.encoding
    if _CENTRAL_EUROPEAN.search(str(western)) and any(match.encoding == "cp1250" for match in matches):
        return "cp1250"
    return "cp1252"
