"""Drafts from handbooks."""

from __future__ import annotations

import pytest

from tests.demonstrations.conftest import WriteFile
from workbench.demonstrations.documents import import_documents
from workbench.errors import UnreadableFile
from workbench.workspace import Workspace

HANDBOOK = """---
title: Is this front matter?
---
# Handbook

## Where is the **HR** [department](https://example.org)? {#hr}

On floor 2.

### Opening hours

9:00 to 17:00.

## Who answers?

## Contacts

```
# Is this a comment?
```

Who is asked here?
------------------

The front desk.
"""


def test_headings_that_ask_become_drafts(ws: Workspace, file: WriteFile) -> None:
    report = import_documents(ws, file("handbook.md", HANDBOOK.replace("\n", "\r\n")), author="kim")
    assert (report.format, report.rows, report.accepted) == ("markdown", 3, 2)
    rows = ws.demonstrations.list()
    assert [row.prompt for row in rows] == ["Where is the HR department?", "Who is asked here?"]
    # A section runs to the next heading of its rank: what stands under lesser headings belongs to it.
    assert rows[0].response == "On floor 2.\n\n### Opening hours\n\n9:00 to 17:00."
    assert rows[1].response == "The front desk."
    assert {row.status for row in rows} == {"draft"}
    assert rows[0].source == "handbook.md#Where is the HR department?"
    assert [(row.row, row.reason) for row in report.rejected] == [(14, "'Who answers?': the response is empty")]


def test_plain_text_and_a_second_time(ws: Workspace, file: WriteFile) -> None:
    path = file("faq.txt", "Where do I park?\nBehind the house.\nGate 3.\n\nQuestions?\n\nWhen is lunch?\nAt noon.\n")
    report = import_documents(ws, path, author="kim")
    assert (report.format, report.accepted) == ("text", 2)
    assert ws.demonstrations.list()[0].response.startswith("Behind the house.\nGate 3.")
    assert import_documents(ws, path, author="kim").duplicates == 2


def test_a_document_without_questions_gives_nothing(ws: Workspace, file: WriteFile) -> None:
    report = import_documents(ws, file("plain.md", "# Title\n\nText.\n"), author="kim")
    assert (report.rows, report.accepted) == (0, 0)


def test_other_documents_are_refused(ws: Workspace, file: WriteFile) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read yet"):
        import_documents(ws, file("handbook.pdf", b"%PDF"), author="kim")
    with pytest.raises(UnreadableFile, match="binary"):
        import_documents(ws, file("handbook.md", bytes(range(256)) * 9), author="kim")
