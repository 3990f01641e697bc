"""The file formats that rows can come in, one reader each, in a registry.

A new format is a function from the bytes to rows and one line in ``FORMATS``. Readers know nothing of
prompts and responses: they give each row its number, as a person would count it, and its named values.
Where name and content of a file disagree, the content is believed and the person told.
"""

from __future__ import annotations

import json
from pathlib import PurePath

from workbench.demonstrations.archives import GZIP, ZIP, entries, gunzip, open_zip
from workbench.demonstrations.binary_tables import read_parquet, read_spreadsheet
from workbench.demonstrations.decoding import decode
from workbench.demonstrations.delimited import looks_delimited, read_csv, read_tsv
from workbench.demonstrations.json_rows import looks_like_json, read_json, read_jsonl
from workbench.demonstrations.rows import MAX_COLUMNS, MAX_ROWS, RawRow, RawTable, Reader, Reading
from workbench.errors import UnreadableFile

FORMATS: dict[str, Reader] = {
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".parquet": read_parquet,
    ".xlsx": read_spreadsheet,
    ".xlsm": read_spreadsheet,
    ".xls": read_spreadsheet,
    ".ods": read_spreadsheet,
}
"""Reader by file extension."""
PACKED = (".gz", ".zip")
"""Extensions of files that hold one such file, packed."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_SHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
_TEXT_KINDS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", "")


def read_table(data: bytes, filename: str) -> RawTable:
    """Reads the rows of a file; its name and its content say which reader is tried.

    Raises:
        UnreadableFile: no reader for this name, no text, no rows, or too many.
    """
    name, data, notes = _unpacked(data, filename)
    extension = PurePath(name).suffix.casefold()
    if extension not in FORMATS and extension != ".txt":
        known = " ".join([*FORMATS, *PACKED])
        raise UnreadableFile(f"files ending in '{extension}' cannot be imported; these can: {known}")
    if not data.strip():
        raise UnreadableFile("the file is empty")
    actual = _kind(data, extension)
    if actual != extension and extension != ".txt":
        notes.append(f"The file is named {extension} but holds {actual.removeprefix('.')}, and was read as such.")
    reading = FORMATS[actual](data)
    reading.notes[:0] = notes
    return _table(reading)


def _unpacked(data: bytes, filename: str) -> tuple[str, bytes, list[str]]:
    """The one file that a gzip or zip file holds, under its own name; others as they are."""
    path = PurePath(filename)
    extension = path.suffix.casefold()
    if data.startswith(GZIP):
        return (path.stem if extension == ".gz" else filename), gunzip(data), ["The file was unpacked (gzip)."]
    if extension == ".gz":
        raise UnreadableFile("the file is named .gz but is no gzip file")
    if extension != ".zip":
        return filename, data, []
    if not data.startswith(ZIP):
        raise UnreadableFile("the file is named .zip but is no zip file, or an empty one")
    found = [entry for entry in entries(open_zip(data)) if PurePath(entry.name).suffix.casefold() in FORMATS]
    if len(found) != 1:
        what = "no file that can be imported" if not found else f"{len(found)} files"
        raise UnreadableFile(f"the zip file holds {what}; it must hold one: unpack it and choose the file")
    return found[0].name, found[0].data, [f"The file '{found[0].name}' was taken out of the zip file."]


def _kind(data: bytes, extension: str) -> str:
    """The extension that fits the content; the given one where the content does not speak against it."""
    if data.startswith(b"PAR1"):
        return ".parquet"
    if data.startswith(ZIP):
        return _office_kind(data, extension)
    if data.startswith(_OLD_OFFICE):
        return ".xls" if extension not in _SHEETS else extension
    if extension == ".parquet":
        raise UnreadableFile("the file is named .parquet but is none, or it is damaged")
    if extension in _SHEETS:
        return _text_kind(data, ".csv", extension)
    return _text_kind(data, extension, extension) if extension in _TEXT_KINDS else extension


def _office_kind(data: bytes, extension: str) -> str:
    names = set(open_zip(data).namelist())
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names or "content.xml" in names:
        return extension if extension in _SHEETS else ".xlsx"
    if "word/document.xml" in names:
        raise UnreadableFile("this is a Word document, not a table of rows: import it as a document")
    raise UnreadableFile(
        "this is a zip file but no Excel workbook: give it the ending .zip, or save the workbook again"
    )


def _text_kind(data: bytes, default: str, named: str) -> str:
    text = decode(data)
    if looks_like_json(text):
        if named in (".json", ".jsonl", ".ndjson"):
            return named
        return ".jsonl" if _first_line_is_object(text) else ".json"
    if named in (".csv", ".tsv"):
        return named
    if looks_delimited(text):
        return ".csv"
    if named in (".txt", *_SHEETS):
        raise UnreadableFile("no rows can be told in this text: save it as CSV or JSON Lines")
    return default


def _first_line_is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text.lstrip().split("\n", 1)[0]), dict)
    except (ValueError, RecursionError):
        return False


def _table(reading: Reading) -> RawTable:
    rows: list[RawRow] = []
    columns: dict[str, None] = {}
    for row in reading.rows:
        if len(rows) == MAX_ROWS:
            raise UnreadableFile(f"the file has more than {MAX_ROWS:,} rows: split it, or save it as JSON Lines")
        rows.append(row)
        columns.update(dict.fromkeys(row.values or ()))
        if len(columns) > MAX_COLUMNS:
            raise UnreadableFile(f"the file has more than {MAX_COLUMNS:,} columns")
    if not rows:
        raise UnreadableFile("the file has no rows")
    if all(row.values is None for row in rows):
        raise UnreadableFile(f"not one row can be read; row {rows[0].row}: {rows[0].problem}")
    return RawTable(reading.format, tuple(columns), rows, tuple(reading.notes))
