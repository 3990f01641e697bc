"""Taking many staged rows at once: what is new goes in, each with the side that its prompt has or gets.

All in SQL on the caller's transaction, so that a million rows cost seconds and two imports at once cannot
both add a row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from duckdb import DuckDBPyConnection

from storage.repository import encoded, scalar
from storage.text_keys import content_form_sql

STAGED = """row BIGINT, prompt VARCHAR, response VARCHAR, tags VARCHAR[], source VARCHAR, author VARCHAR,
    status VARCHAR, split VARCHAR, fact_id VARCHAR, key_facts VARCHAR[], origin VARCHAR, prompt_key BIGINT"""
"""Columns of a staged relation. ``row`` is unique and rises with the order in the file; ``split`` and what
follows may be null where the file does not say."""

_RANGE = 2**63
TRAIN_BELOW = int(0.8 * _RANGE)
VALIDATION_BELOW = int(0.9 * _RANGE)
WITHHELD_TEST_BELOW = int(0.05 * _RANGE)
WITHHELD_VALIDATION_BELOW = int(0.1 * _RANGE)
"""One fact in ten is held out with all its wordings: half of them to test, half to validation."""

_CONTENT = content_form_sql("prompt", "response")
_CONTENT_HASH = f"md5({_CONTENT})"
# Rows of a content that is there, or that came before in the file. Equal contents have equal prompts, so they are
# looked for among equal keys of prompts only: eight bytes to remember of most rows, and a hash of the texts of those.
_STALE = """
CREATE OR REPLACE TEMP TABLE stale_rows AS
WITH again AS (
    SELECT prompt_key FROM {staged} GROUP BY prompt_key HAVING count(*) > 1
), alike AS (
    SELECT row, prompt_key, {content} AS content FROM {staged} SEMI JOIN again USING (prompt_key)
), known AS (
    SELECT row, prompt_key, {content} AS content FROM {staged} SEMI JOIN demonstrations USING (prompt_key)
), stored AS (
    SELECT prompt_key, {content} AS content FROM demonstrations SEMI JOIN {staged} s USING (prompt_key)
)
SELECT row FROM alike QUALIFY row_number() OVER (PARTITION BY prompt_key, content ORDER BY row) > 1
UNION SELECT row FROM known SEMI JOIN stored USING (prompt_key, content)
"""
# What a row said before it was corrected is no news. A row that was deleted may come in again.
_FORMER = """SELECT v.prompt, v.response FROM demonstration_versions v
SEMI JOIN demonstrations d ON v.demonstration_id = d.id"""
# Where the prompt is known, its side stands; else what the file states first; else a fact that is withheld
# takes its side; else the hash of the group decides. A fact of which anything trains is not withheld.
_SIDES = f"""
CREATE OR REPLACE TEMP TABLE sides AS
WITH fresh AS (
    SELECT s.row, s.prompt_key, s.split, s.fact_id FROM {{staged}} s ANTI JOIN stale_rows f ON s.row = f.row
), asked AS (
    SELECT prompt_key, arg_min(split, row) FILTER (split IS NOT NULL) AS stated,
        arg_min(fact_id, row) FILTER (fact_id IS NOT NULL) AS fact_id
    FROM fresh WHERE split IS NOT NULL OR fact_id IS NOT NULL GROUP BY prompt_key
), known AS (
    SELECT prompt_key, arg_min(split, position) AS split, arg_min(group_key, position) AS group_key
    FROM demonstrations SEMI JOIN fresh USING (prompt_key) GROUP BY prompt_key
), trained AS (
    SELECT fact_id FROM demonstrations WHERE split = 'train' AND fact_id IS NOT NULL
    UNION SELECT fact_id FROM fresh WHERE split = 'train' AND fact_id IS NOT NULL
), withheld AS (
    SELECT fact_id, CASE WHEN key < {WITHHELD_TEST_BELOW} THEN 'test' ELSE 'validation' END AS split
    FROM (SELECT DISTINCT fact_id, (('0x' || left(sha256('fact' || chr(31) || fact_id), 16))::UBIGINT >> 1) AS key
        FROM asked WHERE fact_id IS NOT NULL)
    ANTI JOIN trained USING (fact_id) WHERE key < {WITHHELD_VALIDATION_BELOW}
)
SELECT prompt_key, coalesce(known.split, asked.stated, withheld.split) AS side, known.group_key
FROM asked FULL JOIN known USING (prompt_key) LEFT JOIN withheld USING (fact_id)
WHERE coalesce(known.split, asked.stated, withheld.split) IS NOT NULL
"""
# A side that the file states for a row is a person's word: it yields to the same prompt's side only, not to that
# of a prompt that is nearly the same.
_STATED = """
CREATE OR REPLACE TEMP TABLE stated AS
WITH asked AS (
    SELECT s.row, s.split, s.prompt_key, {plain} AS plain
    FROM {staged} s ANTI JOIN stale_rows f ON s.row = f.row WHERE s.split IS NOT NULL
), sides AS (
    SELECT {plain} AS plain, split, position AS place FROM demonstrations
    SEMI JOIN asked USING (prompt_key)
    UNION ALL SELECT plain, split, 4611686018427387904 + row FROM asked
)
SELECT asked.row, first_side.side FROM asked
JOIN (SELECT plain, arg_min(split, place) AS side FROM sides GROUP BY plain) first_side USING (plain)
"""
_PLAIN = r"lower(regexp_replace(trim(prompt), '\s+', ' ', 'g'))"
_HASHED = f"""CASE WHEN s.prompt_key < {TRAIN_BELOW} THEN 'train'
    WHEN s.prompt_key < {VALIDATION_BELOW} THEN 'validation' ELSE 'test' END"""
_TAKE = """
INSERT INTO demonstrations BY NAME
SELECT substr(uuid()::VARCHAR, 25) AS id, s.prompt, s.response, s.tags, s.source, s.author, s.status,
    {split} AS split, s.fact_id, s.key_facts, TIMESTAMP '{now}' AS created_at, TIMESTAMP '{now}' AS updated_at,
    {start} + s.row AS position, s.prompt_key, {group} AS group_key, s.origin::JSON AS origin
FROM {staged} s {joins}
"""


def take_staged(cursor: DuckDBPyConnection, staged: str, on_step: Callable[[str], None] = lambda _step: None) -> int:
    """Adds the rows of ``staged`` (a relation with the columns of ``STAGED``) whose content is new.

    What a row of the workspace says, or said before it was changed, is not new. Of rows with the same content the first
    one counts. ``on_step`` is told what is about to be done. Returns how many went in.
    """
    on_step("looking for duplicates")
    stale = _STALE.format(staged=staged, content=_CONTENT_HASH)
    if _count(cursor, "demonstration_versions"):
        stale += f"UNION SELECT row FROM {staged} SEMI JOIN ({_FORMER}) USING (prompt, response)"
    cursor.execute(stale)
    number = _count(cursor, staged) - _count(cursor, "stale_rows")
    if number:
        on_step("choosing splits")
        cursor.execute(_SIDES.format(staged=staged))
        cursor.execute(_STATED.format(staged=staged, plain=_PLAIN))
        on_step("storing")
        cursor.execute(_take(cursor, staged))
        cursor.execute("DROP TABLE sides")
        cursor.execute("DROP TABLE stated")
    cursor.execute("DROP TABLE stale_rows")
    return number


def _take(cursor: DuckDBPyConnection, staged: str) -> str:
    """The statement that adds the fresh rows; what there is nothing to join with is not joined."""
    stale, known, stated = (_count(cursor, table) for table in ("stale_rows", "sides", "stated"))
    joins = [
        "ANTI JOIN stale_rows ON s.row = stale_rows.row" if stale else "",
        "LEFT JOIN sides ON s.prompt_key = sides.prompt_key" if known else "",
        "LEFT JOIN stated ON s.row = stated.row" if stated else "",
    ]
    sides = ["stated.side"] * bool(stated) + ["sides.side"] * bool(known)
    return _TAKE.format(
        staged=staged,
        joins=" ".join(joins),
        split=f"coalesce({', '.join([*sides, _HASHED])})",
        group="coalesce(sides.group_key, s.prompt_key)" if known else "s.prompt_key",
        start=int(scalar(cursor.execute("SELECT coalesce(max(position) + 1, 0) FROM demonstrations"))),
        now=encoded(datetime.now(UTC)),
    )


def _count(cursor: DuckDBPyConnection, relation: str) -> int:
    return int(scalar(cursor.execute(f"SELECT count(*) FROM {relation}")))


def known_contents(cursor: DuckDBPyConnection, relation: str) -> set[str]:
    """The ``content_form`` of what the rows say, or said before, whose prompts are like those of the relation.

    Args:
        relation: with columns ``prompt`` and ``prompt_key``.
    """
    cursor.execute(
        f"""SELECT {_CONTENT} FROM demonstrations SEMI JOIN {relation} USING (prompt_key)
        UNION SELECT {_CONTENT} FROM ({_FORMER}) SEMI JOIN {relation} USING (prompt)"""
    )
    return {row[0] for row in cursor.fetchall()}
