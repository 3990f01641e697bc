"""From the bytes of a text file to its characters, whatever encoding the person's program wrote."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from workbench.errors import UnreadableFile

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE = ("utf-32", "utf-16", "utf-16-le", "utf-16-be")
"""Encodings whose characters have no single bytes: where they break off, nothing after can be read."""
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
ALPHABETS = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254")
ENCODINGS = (*ALPHABETS, "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr")
"""Encodings of texts that are not Unicode, as office programs write them."""
_NAMES = {"shift_jis": "Shift_JIS", "euc_jp": "EUC-JP", "gb18030": "GB 18030", "big5": "Big5", "euc_kr": "EUC-KR"}
COHERENCE_SLACK = 0.1
_CENTRAL_EUROPEAN = re.compile(r"[³¹¼¾][a-zà-ÿ]|[a-zà-ÿ]¿[a-zà-ÿ]")
"""Polish letters read with the western code page: a sign stands before or inside a word."""


_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_ACCENT = re.compile(rb"[A-Za-z][\xc0-\xff](?![\x80-\xff])")
"""One letter beyond ASCII after one of ASCII, which Chinese, Japanese and Korean texts hardly hold."""
_LEFT_BYTE = re.compile("[\udc80-\udcff]")
"""What stands for a byte that the encoding does not know (PEP 383)."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Python's name for an encoding, the name that people know, and whether it was only likely."""

    codec: str
    name: str
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file. ``encoding`` is the name of its encoding, ``guessed`` whether that was only likely.

    A byte that is none of the encoding stands in the text as half a character; ``damaged`` tells that there are such.
    """

    text: str
    encoding: str
    guessed: bool = False

    @property
    def damaged(self) -> bool:
        """Whether the text holds bytes that are none of its encoding."""
        return holds_left_bytes(self.text)


def decode(data: bytes) -> str:
    """The text of a file, with a replacement mark for each byte that is none of its encoding.

    Raises:
        UnreadableFile: the bytes are no text.
    """
    return without_left_bytes(decoded(data).text)


def decoded(data: bytes) -> Decoded:
    """The text of a file: by its byte order mark, as UTF-8, as UTF-16, or by the likeliest old encoding.

    Raises:
        UnreadableFile: the bytes are no text.
    """
    found = encoding_of(data)
    if found.codec in WIDE:
        return Decoded(_checked(_decode_as(data, found.codec)), found.name, found.guessed)
    return Decoded(_checked(data.decode(found.codec, "surrogateescape")), found.name, found.guessed)


def encoding_of(data: bytes) -> Encoding:
    """The encoding of a file, or of a part of it that begins where a character does.

    Raises:
        UnreadableFile: the bytes are no text.
    """
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise UnreadableFile(f"this is {what}, not a text file of rows")
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return Encoding(codec, codec.upper())
    wide = _wide_encoding(data)  # before UTF-8, which knows the zeros, too
    if wide is not None:
        return Encoding(wide, "UTF-16", guessed=True)
    if data.startswith(codecs.BOM_UTF8) or _is_nearly_utf8(data):
        return Encoding("utf-8-sig", "UTF-8")
    if b"\x00" in data:
        raise UnreadableFile("this is binary data, not a text file of rows")
    old = _old_encoding(data)
    return Encoding(old, _NAMES.get(old, old.replace("cp", "windows-")), guessed=True)


def holds_left_bytes(text: str) -> bool:
    """Whether the text holds bytes that are none of its encoding."""
    return bool(_LEFT_BYTE.search(text))


def without_left_bytes(text: str) -> str:
    """The text with a replacement mark for each byte that is none of its encoding."""
    return _LEFT_BYTE.sub("\ufffd", text)


def _is_nearly_utf8(data: bytes) -> bool:
    """Whether all is UTF-8, or at least a fifth of what is not ASCII.

    One pair of bytes in twelve of other encodings is so by chance; and rows that are refused can be mended, letters
    that became others cannot.
    """
    try:
        data.decode("utf-8")
        return True
    except UnicodeDecodeError:
        pass
    good = bad = 0
    for match in _HIGH_BYTES.finditer(data):
        try:
            match[0].decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return 4 * good >= bad


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
    if max(even, odd) <= 0.2 * len(sample) or min(even, odd) > 0.01 * len(sample):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _old_encoding(data: bytes) -> str:
    from charset_normalizer import from_bytes

    # A file may be ASCII for pages before the first accent, so only lines that can tell are looked at.
    telling = [line for line in data.split(b"\n") if not line.isascii()]
    sample = b"\n".join(telling)[:SAMPLE_BYTES]
    is_accented = 2 * len(_ACCENT.findall(sample)) >= len(_HIGH_BYTES.findall(sample))
    matches = from_bytes(sample, cp_isolation=list(ALPHABETS if is_accented else ENCODINGS))
    best = matches.best()
    if best is None:
        raise UnreadableFile("its encoding cannot be told: save the file as UTF-8")
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    # Most bytes are a letter in both the western and the central European code page. The western one is the
    # commoner by far, so it stands unless the text speaks against it.
    if western is None or western.coherence + COHERENCE_SLACK < best.coherence:
        return "cp1252" if "cp1252" in best.could_be_from_charset else best.encoding  # where both give the same text
    if _CENTRAL_EUROPEAN.search(str(western)) and any(match.encoding == "cp1250" for match in matches):
        return "cp1250"
    return "cp1252"
