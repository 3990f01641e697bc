"""The report's page: sections, style and Plotly in one file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InvalidInput, StorageError
from workbench.report.html import text
from workbench.report.sections import all_sections

if TYPE_CHECKING:
    from workbench.workspace import Workspace

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem; background: #fff; color: #17211f;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .6rem; padding-top: .8rem; border-top: 2px solid #0f766e; }
p { margin: .5rem 0; max-width: 46rem; }
.when { color: #4b5a57; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #dfe6e4;
  overflow-wrap: anywhere; }
th, td:first-child { overflow-wrap: break-word; }
th { background: #f4f7f6; font-weight: 600; }
.numbers td:not(:first-child), .numbers th:not(:first-child) { text-align: right; font-variant-numeric: tabular-nums; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 1rem 0; }
.figure { border: 1px solid #dfe6e4; border-radius: 10px; padding: .8rem 1rem; }
.figure .what { font-weight: 600; } .figure .value { font-size: 1.8rem; font-weight: 650; line-height: 1.3; }
.figure .remark { color: #4b5a57; font-size: .85rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  h2, .figures, table tr, .plotly-graph-div { break-inside: avoid; }
  h2 { break-after: avoid; }
  @page { margin: 16mm; }
}
"""


def report_html(ws: Workspace) -> str:
    """The whole report as one HTML document; nothing in it is fetched from anywhere."""
    from plotly.offline import get_plotlyjs

    name = ws.root.name
    made = f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC"
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data: blob:"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{text(name)}: chatbot report</title>\n<style>{STYLE}</style>\n"
        f"<script>{get_plotlyjs()}</script>\n</head>\n<body>\n<main>\n"
        f'<h1>A chatbot that knows the company</h1>\n<p class="when">Workspace {text(name)} · {made}</p>\n'
        + "\n".join(part for part in all_sections(ws) if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def write_report(ws: Workspace, out: Path) -> int:
    """Write the report; returns its size in bytes. An older file of that name is replaced once the new one is whole.

    Raises:
        InvalidInput: the name does not end in .html.
        StorageError: the file cannot be written.
    """
    if out.suffix.lower() not in (".html", ".htm"):
        raise InvalidInput(f"A report is an HTML file: name it {out.with_suffix('.html').name}.")
    content = report_html(ws).encode()
    aside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        aside.replace(out)
    except OSError as error:
        raise StorageError(f"{out} cannot be written: {error.strerror or error}.") from error
    finally:
        aside.unlink(missing_ok=True)
    return len(content)
