"""Putting the fictional company into a workspace."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.demo.company import CompanyDemonstration, load_demonstrations

if TYPE_CHECKING:
    from storage.demonstrations import Demonstration
    from workbench.workspace import Workspace


def load_demo_company(ws: Workspace) -> int:
    """Add the company's demonstrations, approved, each once; returns how many were new.

    The company's own splits are kept: three wordings of each fact train, one validates, one tests.
    """
    known = {row.id for row in ws.demonstrations.list()}
    rows = [row for row in map(_row, load_demonstrations()) if row.id not in known]
    if rows:
        ws.demonstrations.add_many(rows)
    return len(rows)


def _row(demonstration: CompanyDemonstration) -> Demonstration:
    from storage.demonstrations import Demonstration

    now = datetime.now(UTC)
    identity = f"{demonstration.fact_id}:{demonstration.wording}"
    return Demonstration(
        id=hashlib.sha256(identity.encode()).hexdigest()[:12],
        prompt=demonstration.prompt,
        response=demonstration.response,
        tags=tuple(demonstration.tags),
        source=demonstration.source,
        author=demonstration.author,
        status="approved",
        split=demonstration.split,
        fact_id=demonstration.fact_id,
        key_facts=tuple(demonstration.key_facts),
        created_at=now,
        updated_at=now,
    )
