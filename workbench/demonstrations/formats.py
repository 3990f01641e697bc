"""The file formats that rows can come in, one reader each, in a registry.

A new format is a function from the text or the bytes to rows and one line in ``TEXT`` or ``BINARY``. Readers know
nothing of prompts and responses: they give each row its number, as a person would count it, and its named values.
Where name and content of a file disagree, the content is believed and the person told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import PurePath

from workbench.demonstrations.archives import GZIP, ZIP, Entry, entries, gunzip, open_zip
from workbench.demonstrations.binary_tables import read_parquet
from workbench.demonstrations.dataset_zip import dataset_files, joined
from workbench.demonstrations.decoding import Decoded, decoded
from workbench.demonstrations.delimited import looks_delimited, read_csv, read_tsv
from workbench.demonstrations.json_rows import looks_like_json, read_json, read_jsonl
from workbench.demonstrations.rows import MAX_COLUMNS, MAX_ROWS, RawRow, RawTable, Reading, whole_row
from workbench.demonstrations.spreadsheets import read_spreadsheet
from workbench.errors import UnreadableFile

TEXT: dict[str, Callable[[str], Reading]] = {
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_tsv,
}
BINARY: dict[str, Callable[[bytes], Reading]] = {
    ".parquet": read_parquet,
    ".xlsx": read_spreadsheet,
    ".xlsm": read_spreadsheet,
    ".xls": read_spreadsheet,
    ".ods": read_spreadsheet,
}
FORMATS = (*TEXT, *BINARY)
"""Extensions of the files that have a reader."""
PACKED = (".gz", ".zip")
"""Extensions of files that hold one such file, packed."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_SHEETS = (".xlsx", ".xlsm", ".xls", ".ods")


def read_table(data: bytes, filename: str) -> RawTable:
    """Reads the rows of a file; its name and its content say which reader is tried.

    Raises:
        UnreadableFile: no reader for this name, no text, no rows, or too many.
    """
    files, notes = _unpacked(data, filename)
    reading = _reading(files[0]) if len(files) == 1 else joined(files, _reading)
    reading.notes[:0] = notes
    return _table(reading)


def _reading(file: Entry) -> Reading:
    extension = PurePath(file.name).suffix.casefold()
    if extension not in FORMATS and extension != ".txt":
        known = " ".join([*FORMATS, *PACKED])
        raise UnreadableFile(f"files ending in '{extension}' cannot be imported; these can: {known}")
    if not file.data.strip():
        raise UnreadableFile("the file is empty")
    actual = _binary_kind(file.data, extension)
    if actual is None:
        found = decoded(file.data)
        actual = _text_kind(found.text, extension)
        reading = _told(TEXT[actual](found.text), found)
    else:
        reading = BINARY[actual](file.data)
    if actual != extension and extension != ".txt":
        reading.notes.insert(
            0, f"The file is named {extension} but holds {actual.removeprefix('.')}, and was read as such."
        )
    return reading


def _told(reading: Reading, found: Decoded) -> Reading:
    """The reading, its guessed encoding said, without the rows that hold bytes which are none of it."""
    if found.guessed:
        reading.notes.append(f"Read as {found.encoding}.")
    if found.damaged:
        reading.rows = (whole_row(row, found.encoding) for row in reading.rows)
    return reading


def _unpacked(data: bytes, filename: str) -> tuple[list[Entry], list[str]]:
    """What a gzip or zip file holds, under its own name, and what was done; other files as they are."""
    path = PurePath(filename)
    extension = path.suffix.casefold()
    if data.startswith(GZIP):
        name = path.stem if extension == ".gz" else filename
        return [Entry(name, gunzip(data))], ["The file was unpacked (gzip)."]
    if extension == ".gz":
        raise UnreadableFile("the file is named .gz but is no gzip file")
    if extension != ".zip":
        return [Entry(filename, data)], []
    if not data.startswith(ZIP):
        raise UnreadableFile("the file is named .zip but is no zip file, or an empty one")
    return _of_zip(data)


def _of_zip(data: bytes) -> tuple[list[Entry], list[str]]:
    """The one file of rows in a zip file, or those of the dataset folder in it."""
    packed = list(entries(open_zip(data)))
    found = [entry for entry in packed if PurePath(entry.name).suffix.casefold() in FORMATS]
    if len(found) == 1:
        return found, [f"The file '{found[0].name}' was taken out of the zip file."]
    files = dataset_files([entry.name for entry in packed])
    if not files:
        what = "no file that can be imported" if not found else f"{len(found)} files"
        raise UnreadableFile(
            f"the zip file holds {what}; it must hold one, or a dataset folder: unpack it and choose the file"
        )
    by_name = {entry.name: entry for entry in found}
    left = len(by_name) - len(files)
    what = f"{len(files)} files" if len(files) > 1 else "one file"
    return [by_name[name] for name in files], [
        f"The rows of {what} were read from the dataset folder in the zip file"
        + ("; what is not .parquet or .jsonl in it was left out." if left else ".")
    ]


def _binary_kind(data: bytes, extension: str) -> str | None:
    """The extension that fits the content; None where it seems to be text."""
    if data.startswith(b"PAR1"):
        return ".parquet"
    if data.startswith(ZIP):
        return _office_kind(data, extension)
    if data.startswith(_OLD_OFFICE):
        return ".xls" if extension not in _SHEETS else extension
    if extension == ".parquet":
        raise UnreadableFile("the file is named .parquet but is none, or it is damaged")
    return None


def _office_kind(data: bytes, extension: str) -> str:
    names = set(open_zip(data).namelist())
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names or "content.xml" in names:
        return extension if extension in _SHEETS else ".xlsx"
    if "word/document.xml" in names:
        raise UnreadableFile("this is a Word document, not a table of rows: import it as a document")
    raise UnreadableFile(
        "this is a zip file but no Excel workbook: give it the ending .zip, or save the workbook again"
    )


def _text_kind(text: str, named: str) -> str:
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
    return named


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
