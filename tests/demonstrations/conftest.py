"""A fresh workspace, and a shorthand to write small files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import pytest

from workbench.workspace import Workspace

WriteFile = Callable[[str, str | bytes], Path]


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "workspace", owner="test") as workspace:
        yield workspace


@pytest.fixture
def file(tmp_path: Path) -> WriteFile:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def texts(ws: Workspace) -> list[tuple[str, str]]:
    return [(row.prompt, row.response) for row in ws.demonstrations.list()]


HIDDEN = " state='hidden'"
Cells = Sequence[Sequence[str | float]]
"""Rows of a sheet; a text that is ``#N/A`` or the like is an error, as a formula leaves it."""


class Sheet(NamedTuple):
    """One sheet of a workbook for a test."""

    name: str
    rows: Cells
    hidden: bool = False
    merged: Sequence[str] = ()
    """Ranges of merged cells, as in ``A2:A4``."""


def write_workbook(path: Path, rows: Cells) -> Path:
    """A workbook of one sheet."""
    return write_sheets(path, [Sheet("Sheet1", rows)])


def write_sheets(path: Path, sheets: Sequence[Sheet]) -> Path:
    """The smallest workbook that Excel opens, texts inline."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    listed = [
        f'<sheet name="{escape(sheet.name)}" sheetId="{at}" r:id="r{at}"{HIDDEN if sheet.hidden else ""}/>'
        for at, sheet in enumerate(sheets, start=1)
    ]
    links = [
        f'<Relationship Id="r{at}" Type="{office}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    ]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{"".join(listed)}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships">{"".join(links)}'
        "</Relationships>",
    }
    for at, sheet in enumerate(sheets, start=1):
        parts[f"xl/worksheets/sheet{at}.xml"] = f'<worksheet xmlns="{main}">{_sheet_xml(sheet)}</worksheet>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return path


def _sheet_xml(sheet: Sheet) -> str:
    def cell(row: int, column: int, value: str | float) -> str:
        place = f"{chr(65 + column)}{row}"
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, str) and value.startswith("#"):
            return f'<c r="{place}" t="e"><v>{value}</v></c>'
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        return f'<c r="{place}"><v>{value}</v></c>'

    lines = [
        f'<row r="{number}">{"".join(cell(number, at, value) for at, value in enumerate(row) if value != "")}</row>'
        for number, row in enumerate(sheet.rows, start=1)
    ]
    merged = "".join(f'<mergeCell ref="{place}"/>' for place in sheet.merged)
    return f"<sheetData>{''.join(lines)}</sheetData>" + (f"<mergeCells>{merged}</mergeCells>" if merged else "")


def lines(rows: list[dict[str, object]]) -> str:
    """As JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
