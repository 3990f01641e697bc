"""JSON Lines files of any size, in memory that does not grow with them.

A child process reads the file into a scratch database beside the workspace's own: plain rows in SQL
(``bulk_sql``), the others line by line in Python. The workspace then takes what is new in one transaction.
Run as ``python -m workbench.demonstrations.bulk`` the module is that child.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.text_keys import content_key, prompt_key
from workbench.demonstrations.bulk_sql import LONGEST_LINE, can_be_plain, rows_sql
from workbench.demonstrations.columns import ColumnChoice, ColumnPair, RowError, all_fields, choose_columns
from workbench.demonstrations.json_rows import line_row
from workbench.demonstrations.rows import MAX_COLUMNS
from workbench.demonstrations.sandbox import check_file, child, run_limited
from workbench.errors import UnreadableFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from workbench.workspace import Workspace

EXTENSIONS = (".jsonl", ".ndjson")
LARGE_BYTES = 8 * 2**20
"""From this size on the start of the child is worth its while."""
MAX_BYTES = 16 * 2**30
SECONDS = 1_800
MEMORY_BYTES = 4 * 2**30
SCRATCH_MEMORY = "400MB"
HEAD_LINES = 1_000
BATCH = 5_000
PARTS = 256
"""One line gives at most so many rows (languages, exchanges); its number in the file is the row's, times this."""
MAX_REJECTED = 100_000
_EXTRA = """CREATE TABLE extra (row BIGINT, prompt VARCHAR, response VARCHAR, tags VARCHAR[], source VARCHAR,
    author VARCHAR, status VARCHAR, split VARCHAR, fact_id VARCHAR, key_facts VARCHAR[], origin VARCHAR,
    content_key VARCHAR, prompt_key BIGINT)"""
_ID = "left(replace(uuid()::VARCHAR, '-', ''), 12)"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """What the child made of a file: a scratch database with ``good`` rows, and those that it refused."""

    database: Path
    good: int
    rejected: list[tuple[int, str]]


def is_large(path: Path) -> bool:
    """Whether a file is one for this way: lines of JSON, and many of them."""
    try:
        return path.suffix.casefold() in EXTENSIONS and path.is_file() and path.stat().st_size > LARGE_BYTES
    except OSError:
        return False


@contextmanager
def staged_file(folder: Path, path: Path, *, author: str, choice: ColumnChoice | None = None) -> Iterator[StagedFile]:
    """Reads a file into a scratch database in ``folder``; it is gone when the block ends.

    Raises:
        UnreadableFile: the file as a whole cannot be read.
    """
    check_file(path, path.name, MAX_BYTES)
    scratch = Path(tempfile.mkdtemp(prefix="import-", dir=folder))
    try:
        settings = {"author": author, "choice": asdict(choice) if choice else None}
        arguments = [str(path.resolve()), path.name, str(scratch), json.dumps(settings)]
        output = run_limited(
            "workbench.demonstrations.bulk", arguments, path.name, memory=MEMORY_BYTES, seconds=SECONDS
        )
        found = json.loads(output)
        yield StagedFile(scratch / "rows.duckdb", found["good"], [tuple(row) for row in found["rejected"]])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def attached(ws: Workspace, staged: StagedFile) -> Iterator[str]:
    """The staged rows as a relation of the workspace's database, for ``take_staged``."""
    name = f"staged_{staged.database.parent.name.replace('-', '_')}"
    with ws.database.read() as cursor:
        cursor.execute(f"ATTACH '{staged.database!s}' AS \"{name}\" (READ_ONLY)")
    try:
        yield f'"{name}".staged'
    finally:
        with ws.database.read() as cursor, suppress(Exception):
            cursor.execute(f'DETACH "{name}"')


# --- the child ------------------------------------------------------------------------------------


def _stage(arguments: list[str]) -> bytes:
    path, name, scratch = Path(arguments[0]), arguments[1], Path(arguments[2])
    settings = json.loads(arguments[3])
    columns = _columns(path)
    choice = _choice(settings["choice"]) if settings["choice"] else choose_columns(columns)
    database = _connect(scratch)
    database.execute(_EXTRA)
    plain = can_be_plain(choice)
    if plain:
        _read_plain(database, rows_sql(str(path), columns, choice, author=settings["author"], source=name))
    rejected, number_rejected = _read_others(database, path, name, choice, settings["author"], every_line=not plain)
    if plain:
        _key_others(database)
    good = _finish(database, plain)
    database.close()
    return json.dumps({"good": good, "rejected": rejected, "number_rejected": number_rejected}).encode()


def _connect(scratch: Path) -> DuckDBPyConnection:
    import duckdb

    config = {"memory_limit": SCRATCH_MEMORY, "threads": 2, "temp_directory": str(scratch / "spill")}
    return duckdb.connect(str(scratch / "rows.duckdb"), config=config)  # type: ignore[arg-type]


def _columns(path: Path) -> list[str]:
    """The names in the first lines; that is where a file's shape shows.

    Raises:
        UnreadableFile: these are no lines of JSON objects in UTF-8.
    """
    names: dict[str, None] = {}
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            if line.strip():
                names.update(dict.fromkeys(line_row(number, _text(line)).values or ()))
            if number == HEAD_LINES or len(names) > MAX_COLUMNS:
                break
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(f"the file has more than {MAX_COLUMNS:,} columns")
    if not names:
        raise UnreadableFile(f"none of its first {HEAD_LINES:,} lines is a JSON object in UTF-8")
    return list(names)


def _read_plain(database: DuckDBPyConnection, sql: str) -> None:
    import duckdb

    try:
        database.execute(sql)
    except duckdb.Error as error:
        text = str(error).splitlines()[0]
        if "maximum_object_size" in text:
            raise UnreadableFile(f"a line is longer than {LONGEST_LINE // 2**20} MB") from None
        raise UnreadableFile(f"it is no file of JSON lines in UTF-8: {text[:160]}") from None


def _read_others(
    database: DuckDBPyConnection, path: Path, name: str, choice: ColumnChoice, author: str, *, every_line: bool
) -> tuple[list[tuple[int, str]], int]:
    """Reads the lines that SQL left, and stores what they give in ``extra``."""
    wanted: Iterator[int] | None = None
    if not every_line:
        cursor = database.cursor().execute("SELECT rowid FROM rows WHERE NOT ok ORDER BY rowid")
        wanted = (row for batch in iter(lambda: cursor.fetchmany(BATCH), []) for (row,) in batch)
    rejected: list[tuple[int, str]] = []
    refused, batch = 0, []
    for ordinal, number, line in _wanted_lines(path, wanted):
        row = line_row(number, _text(line))
        found = [RowError(row.problem)] if row.values is None else all_fields(row.values, choice)
        for part, fields in enumerate(found):
            if isinstance(fields, RowError):
                refused += 1
                if len(rejected) < MAX_REJECTED:
                    rejected.append((number, str(fields)))
            elif part < PARTS:
                batch.append(
                    _record(
                        ordinal * PARTS + part, fields, author, f"{name}#{number}" if choice.languages else None, name
                    )
                )
        if len(batch) >= BATCH:
            _insert(database, batch)
            batch = []
    _insert(database, batch)
    return rejected, refused


def _wanted_lines(path: Path, wanted: Iterator[int] | None) -> Iterator[tuple[int, int, bytes]]:
    """(ordinal among lines that are not blank, number in the file, bytes) of the lines asked for, in order."""
    following = None if wanted is None else next(wanted, None)
    if wanted is not None and following is None:
        return
    ordinal = -1
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            if not line.strip(b" \t\r\n"):
                continue
            ordinal += 1
            if wanted is None:
                yield ordinal, number, line.rstrip(b"\r\n")
            elif ordinal == following:
                yield ordinal, number, line.rstrip(b"\r\n")
                following = next(wanted, None)
                if following is None:
                    return


def _lines(file: Any) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise UnreadableFile(f"a line is longer than {LONGEST_LINE // 2**20} MB")
        yield line


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Shown as a row that cannot be read: what is not UTF-8 is no JSON.
        return line.decode("utf-8", "replace") if line.isascii() else "\ufffd" + line.decode("latin-1")


def _record(row: int, fields: Any, author: str, fact_id: str | None, name: str) -> dict[str, Any]:
    return {
        "row": row,
        "prompt": fields.prompt,
        "response": fields.response,
        "tags": list(fields.tags),
        "source": fields.source or name,
        "author": fields.author or author,
        "status": fields.status or "approved",
        "split": fields.split,
        "fact_id": fields.fact_id or fact_id,
        "key_facts": None if fields.key_facts is None else list(fields.key_facts),
        "origin": None if fields.origin is None else json.dumps(fields.origin, ensure_ascii=False),
        "content_key": content_key(fields.prompt, fields.response),
        "prompt_key": prompt_key(fields.prompt),
    }


def _insert(database: DuckDBPyConnection, batch: list[dict[str, Any]]) -> None:
    if batch:
        import pyarrow as pa

        text, texts, number = pa.string(), pa.list_(pa.string()), pa.int64()
        kinds = {"row": number, "prompt_key": number, "tags": texts, "key_facts": texts}
        schema = pa.schema([(name, kinds.get(name, text)) for name in batch[0]])
        database.register("batch", pa.Table.from_pylist(batch, schema))
        database.execute("INSERT INTO extra BY NAME SELECT * FROM batch")
        database.unregister("batch")


def _key_others(database: DuckDBPyConnection) -> None:
    """The keys of plain rows whose prompt holds letters that only Python folds rightly."""
    import pyarrow as pa

    database.execute("CREATE TABLE keys (row BIGINT, key BIGINT)")
    cursor = database.cursor().execute("SELECT rowid, prompt FROM rows WHERE ok AND prompt_key IS NULL")
    while batch := cursor.fetchmany(BATCH * 4):
        keys = pa.table({"row": [row for row, _ in batch], "key": [prompt_key(prompt) for _, prompt in batch]})
        database.register("batch", keys)
        database.execute("INSERT INTO keys SELECT * FROM batch")
        database.unregister("batch")


def _finish(database: DuckDBPyConnection, plain: bool) -> int:
    """Makes the view that the workspace takes; returns how many rows it has."""
    now = "current_localtimestamp()::TIMESTAMP"
    extra = f"SELECT *, {_ID} AS id FROM extra"
    if plain:
        some_keys = database.execute("SELECT count(*) FROM keys").fetchall()[0][0]
        key, join = (
            ("coalesce(k.key, r.prompt_key)", "LEFT JOIN keys k ON k.row = r.rowid")
            if some_keys
            else ("r.prompt_key", "")
        )
        some_odd = database.execute("SELECT count(*) FROM rows WHERE NOT ok").fetchall()[0][0]
        extra = f"""SELECT r.rowid * {PARTS} AS row, prompt, response, tags, source, author, status, split, fact_id,
            NULL::VARCHAR[] AS key_facts, NULL::VARCHAR AS origin, content_key, {key} AS prompt_key, {_ID} AS id
            FROM rows r {join} WHERE ok""" + (f" UNION ALL BY NAME {extra}" if some_odd else "")
    database.execute(f"CREATE VIEW staged AS SELECT *, {now} AS created_at FROM ({extra})")
    counts = "SELECT count(*) FROM rows WHERE ok UNION ALL " if plain else ""
    return sum(row[0] for row in database.execute(f"{counts}SELECT count(*) FROM extra").fetchall())


def _choice(values: dict[str, Any]) -> ColumnChoice:
    pairs = tuple(ColumnPair(**pair) for pair in values["languages"])
    return ColumnChoice(**values | {"languages": pairs, "tags": tuple(values["tags"])})


if __name__ == "__main__":
    sys.exit(child(_stage))
