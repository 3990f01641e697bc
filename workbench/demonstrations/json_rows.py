"""Rows of JSON and JSON Lines files, those that are nearly JSON included.

People edit JSON by hand: what a parser refuses for a comma too many, a comment or a missing bracket at the
very end is mended, and the mending is said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.demonstrations.rows import RawRow, Reading
from workbench.errors import UnreadableFile

LIST_KEYS = ("data", "rows", "examples", "items", "records", "demonstrations", "faq", "questions")
"""Names under which a JSON object may hold its list of rows."""
MAX_NESTING = 4
"""Lists in lists are opened this deep: some exports keep a list of rows for each topic."""
TOO_DEEP = "the JSON is nested too deeply"
_MENDABLE = re.compile(
    r'("(?:[^"\\]|\\.)*")'  # a string is left alone
    r"|(/\*.*?\*/|//[^\n]*)"  # a comment is none of JSON's
    r"|,(?=\s*(?:(?:/\*.*?\*/|//[^\n]*)\s*)*[\]}])",  # a comma before the end of a list or object
    re.DOTALL,
)


def read_jsonl(text: str) -> Reading:
    """One object a line; a whole list that merely bears the name is read as such."""
    if text.lstrip().startswith("["):
        try:
            return Reading("json", _rows(json.loads(text, parse_constant=_no_constant)))
        except (ValueError, RecursionError):
            pass  # lines that are lists; each will say so
    return _lines(text)


def read_json(text: str) -> Reading:
    """A list of objects, an object that holds one, or lines after all.

    Raises:
        UnreadableFile: it is none of them.
    """
    try:
        return Reading("json", _rows(json.loads(text, parse_constant=_no_constant)))
    except RecursionError:
        raise UnreadableFile(TOO_DEEP) from None
    except ValueError as error:
        # Many programs write one object a line and call the file .json all the same.
        first = next((line for line in text.splitlines() if line.strip()), "")
        if isinstance(_parsed(first), dict):
            return _lines(text)
        return _mended_json(text, error)


def looks_like_json(text: str) -> bool:
    """Whether the first thing in the text opens an object or a list of objects."""
    start = text.lstrip()[:200]
    return bool(re.match(r"\{\s*[\"'}]|\[\s*[\[{]", start))


def mended(text: str) -> tuple[str, int]:
    """The text without the commas and comments that JSON does not allow, and how many those were."""
    number = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal number
        if match[1] is not None:
            return match[1]
        number += 1
        return " "

    return _MENDABLE.sub(keep, text), number


def _mended_json(text: str, error: ValueError) -> Reading:
    better, number = mended(text)
    note = f"The JSON was not valid ({json_reason(error)}) and was mended"
    try:
        content = json.loads(better, parse_constant=_no_constant)
    except RecursionError:
        raise UnreadableFile(TOO_DEEP) from None
    except ValueError as left:
        elements = list(_whole_elements(better))
        if any(isinstance(value, dict) for value in elements):
            return Reading(
                "json", _rows([*elements, _Unparsed(f"the file is broken from here on: {json_reason(left)}")])
            )
        raise UnreadableFile(f"the file is not valid JSON: {json_reason(error)}") from None
    return Reading("json", _rows(content), [f"{note}: {number} commas or comments were taken out."])


def _whole_elements(text: str) -> Iterator[Any]:
    """The elements of a list that breaks off, up to the first that cannot be read."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    opening = re.match(r"\s*\[\s*", text)
    position = opening.end() if opening else len(text)
    between = re.compile(r"\s*,\s*")
    while position < len(text):
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        yield value
        comma = between.match(text, end)
        if comma is None:
            return
        position = comma.end()


def _lines(text: str) -> Reading:
    reading = Reading("jsonl", iter(()))
    reading.rows = _line_rows(text, reading)
    return reading


def _line_rows(text: str, reading: Reading) -> Iterator[RawRow]:
    # Not splitlines(): it would also cut at U+2028 and the like, which JSON strings may hold.
    number_mended = 0
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        line = line.removeprefix("\ufeff")  # files put together keep the mark of each
        if line.strip():
            value, was_mended = _line_value(line)
            number_mended += was_mended
            yield _object_row(number, value)
    if number_mended:
        reading.notes.append(
            f"{number_mended} lines were not valid JSON and were mended: commas or comments taken out."
        )


def line_row(number: int, line: str) -> RawRow:
    """One line of a JSON Lines file, mended where that is needed."""
    return _object_row(number, _line_value(line)[0])


def _line_value(line: str) -> tuple[Any, bool]:
    """The line's value, and whether it had to be mended."""
    value = _parsed(line)
    if isinstance(value, _Unparsed) and not value.hopeless:
        # A line of a list that was pretty-printed ends in a comma, too.
        bare = line.strip().removesuffix(",")
        better, changes = mended(bare)
        again = _parsed(better) if changes or bare != line.strip() else value
        if not isinstance(again, _Unparsed):
            return again, True
    return value, False


def _rows(content: Any) -> Iterator[RawRow]:
    for number, value in enumerate(_row_list(content), start=1):
        yield _object_row(number, value)


def _row_list(content: Any) -> list[Any]:
    if isinstance(content, dict):
        lists = [content[key] for key in LIST_KEYS if _is_list_of_rows(content.get(key))]
        content = lists[0] if lists else _rows_of_object(content)
    if not isinstance(content, list):
        raise UnreadableFile("the JSON file holds neither a list nor an object")
    return _opened(content)


def _is_list_of_rows(value: Any) -> bool:
    return isinstance(value, list) and (not value or isinstance(value[0], dict | list))


def _rows_of_object(content: dict[str, Any]) -> list[Any]:
    """Columns as lists of the same length, rows under their ids, or one single row."""
    values = list(content.values())
    if len(values) > 1 and all(isinstance(value, list) and value for value in values):
        lengths = {len(value) for value in values}
        scalars = all(not isinstance(cell, dict | list) for value in values for cell in value)
        if len(lengths) == 1 and scalars:
            return [dict(zip(content, cells, strict=True)) for cells in zip(*values, strict=True)]
    if values and all(isinstance(value, dict) for value in values):
        return [{"id": name, **value} for name, value in content.items()]
    return [content]


def _opened(rows: list[Any]) -> list[Any]:
    """Lists in the list are opened where they hold rows; a list of plain values is a row without names."""
    for _ in range(MAX_NESTING):
        if not any(isinstance(row, list) and row and isinstance(row[0], dict | list) for row in rows):
            break
        rows = [part for row in rows for part in (row if _holds_rows(row) else [row])]
    return [_named(row) if isinstance(row, list) and _is_short_text_list(row) else row for row in rows]


def _holds_rows(row: Any) -> bool:
    return isinstance(row, list) and bool(row) and isinstance(row[0], dict | list)


def _is_short_text_list(row: list[Any]) -> bool:
    return len(row) >= 2 and all(isinstance(cell, str) for cell in row)


def _named(row: list[Any]) -> dict[str, Any]:
    return {f"column {number}": cell for number, cell in enumerate(row, start=1)}


def _object_row(number: int, value: Any) -> RawRow:
    if isinstance(value, dict):
        return RawRow(number, value)
    if isinstance(value, _Unparsed):
        return RawRow(number, None, value.reason)
    return RawRow(number, None, "the row is not a JSON object of named values")


@dataclass(frozen=True, slots=True)
class _Unparsed:
    reason: str
    hopeless: bool = False


def _parsed(line: str) -> Any:
    try:
        return json.loads(line, parse_constant=_no_constant)
    except RecursionError:
        return _Unparsed(TOO_DEEP, hopeless=True)
    except ValueError as error:
        return _Unparsed(f"not valid JSON, perhaps cut off: {json_reason(error)}")


def json_reason(error: ValueError) -> str:
    """What is wrong with the JSON and where, in a few words."""
    if isinstance(error, json.JSONDecodeError):
        where = f"line {error.lineno}, " if error.lineno > 1 else ""
        return f"{error.msg} at {where}character {error.colno}"
    return str(error)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")
