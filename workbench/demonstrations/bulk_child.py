"""The child process that reads a large JSON Lines file for ``bulk``.

Run as ``python -m workbench.demonstrations.bulk_child FILE NAME SCRATCH SETTINGS``.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.demonstration_import import STAGED
from storage.prompt_keys import prompt_keys
from workbench.demonstrations.bulk import COPY, EXTRA, PLAIN, PROGRESS
from workbench.demonstrations.bulk_sql import KEY_FUNCTION, can_be_plain, constants, rows_sql
from workbench.demonstrations.column_choice import (
    ColumnChoice,
    ColumnPair,
    choose_columns,
    is_export,
    misfit_notes,
    unused_columns,
)
from workbench.demonstrations.columns import RowError, all_fields
from workbench.demonstrations.json_rows import line_row
from workbench.demonstrations.line_files import UTF8, as_utf8, line_text, sample_lines, too_long, wanted_lines
from workbench.demonstrations.rows import MAX_COLUMNS, PARTS, whole_row
from workbench.demonstrations.sandbox import child
from workbench.errors import UnreadableFile

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_THREADS = 4
MEGABYTES_A_THREAD = 400
"""With half of it DuckDB writes the rows one thread at a time, to keep their order, and takes twice as long."""
ROWS_TOGETHER = 122_880 - 2_048
"""Rows of a group of the staged file: with the chunk of 2,048 that ends it, it fits into a group of DuckDB's tables. A
little more than that, and each leaves a small group behind, which the next checkpoint merges by writing all again."""
BATCH = 5_000
MAX_REJECTED = 100_000
PROGRESS_SECONDS = 0.2


def stage(arguments: list[str]) -> bytes:
    """Writes the file's rows to Parquet files in the scratch folder; says how many, and which rows it refused."""
    name, scratch, settings = arguments[1], Path(arguments[2]), json.loads(arguments[3])
    path, encoding = as_utf8(Path(arguments[0]), scratch / COPY)
    columns, sample = _columns(path)
    choice = _choice(settings["choice"]) if settings["choice"] else _found(columns, sample, settings["asked"])
    database = _connect(scratch)
    database.execute(f"CREATE TABLE extra ({STAGED})")
    plain, good = can_be_plain(columns, choice), 0
    source = "" if is_export(columns) else name
    defaults = {"source": source, "author": settings["author"], "status": "approved"}
    if plain:
        sql = rows_sql(str(path), choice, defaults)
        with _progress_told(database, scratch / PROGRESS):
            _read_plain(database, sql, path, scratch / PLAIN)
        good = _count(database, f"read_parquet({_quoted(scratch / PLAIN)}) WHERE ok")
    wanted = _odd_rows(database, scratch / PLAIN) if plain else None
    rejected, refused = _read_others(database, path, choice, defaults, wanted)
    good += _written(database, "extra", scratch / EXTRA)
    database.close()
    notes = [f"Read as {encoding.name}."] if encoding.guessed else []
    said = {"unused": unused_columns(columns, choice, sample), "notes": [*notes, *misfit_notes(choice, sample)]}
    shared = constants(choice, defaults) if plain else {}
    return json.dumps({"good": good, "rejected": rejected, "refused": refused, "constants": shared, **said}).encode()


def _connect(scratch: Path) -> DuckDBPyConnection:
    import duckdb
    from duckdb.func import PythonUDFType

    database = duckdb.connect(config={"temp_directory": str(scratch / "spill")})
    available = database.execute("SELECT current_setting('threads')").fetchall()[0][0]
    threads = min(int(available), MOST_THREADS)
    database.execute(f"SET threads = {threads}; SET memory_limit = '{threads * MEGABYTES_A_THREAD}MB'")
    database.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    # DuckDB would look up the annotations of a function with a name, and find that some are for type checkers only.
    database.create_function(
        KEY_FUNCTION, lambda prompts: prompt_keys(prompts), ["VARCHAR"], "BIGINT", type=PythonUDFType.ARROW
    )
    return database


@contextmanager
def _progress_told(database: DuckDBPyConnection, file: Path) -> Iterator[None]:
    """Writes the running query's progress (0 to 1) to the file now and then."""
    done = threading.Event()

    def tell() -> None:
        while not done.wait(PROGRESS_SECONDS):
            share = database.query_progress() / 100
            if 0 <= share <= 1:
                file.write_text(f"{share:.4f}")

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _columns(path: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """The names in a sample of the lines, and the sample.

    Raises:
        UnreadableFile: these are no lines of JSON objects in UTF-8.
    """
    names: dict[str, None] = {}
    sample: list[dict[str, Any]] = []
    for line in sample_lines(path):
        if line.strip() and len(names) <= MAX_COLUMNS:
            values = line_row(0, line_text(line)).values or {}
            names.update(dict.fromkeys(values))
            sample.append(values)
    if len(names) > MAX_COLUMNS:
        raise UnreadableFile(f"the file has more than {MAX_COLUMNS:,} columns")
    if not names:
        raise UnreadableFile("none of the lines that were looked at is a JSON object in UTF-8")
    return list(names), sample


def _read_plain(database: DuckDBPyConnection, sql: str, path: Path, file: Path) -> None:
    import duckdb

    try:
        # LZ4 costs less than writing and reading what it saves.
        how = f"FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {ROWS_TOGETHER}"
        database.execute(f"COPY ({sql}) TO {_quoted(file)} ({how})")
    except duckdb.Error as error:
        text = str(error).splitlines()[0]
        if isinstance(error, duckdb.OutOfMemoryException) or "executing the UDF" in text:
            raise MemoryError(text) from error  # the keys' function takes any text, if there is room for it
        if "maximum_object_size" in text:
            raise too_long(path) from None
        raise UnreadableFile(f"it is no file of JSON lines in UTF-8: {text[:160]}") from None


def _odd_rows(database: DuckDBPyConnection, file: Path) -> Iterator[int]:
    """The places, from 0, of the rows that SQL left, in order."""
    cursor = database.cursor().execute(
        f"SELECT file_row_number FROM read_parquet({_quoted(file)}, file_row_number = true) WHERE NOT ok ORDER BY ALL"
    )
    return (row for batch in iter(lambda: cursor.fetchmany(BATCH), []) for (row,) in batch)


def _written(database: DuckDBPyConnection, table: str, file: Path) -> int:
    """Writes a table to a file unless it is empty; returns its rows."""
    number = _count(database, table)
    if number:
        database.execute(f"COPY {table} TO {_quoted(file)} (FORMAT parquet)")
    return number


def _count(database: DuckDBPyConnection, relation: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def _read_others(
    database: DuckDBPyConnection,
    path: Path,
    choice: ColumnChoice,
    defaults: dict[str, str],
    wanted: Iterator[int] | None,
) -> tuple[list[tuple[int, str]], int]:
    """Reads the ``wanted`` lines, all where None, and stores what they give in ``extra``."""
    rejected: list[tuple[int, str]] = []
    refused, batch = 0, []
    for ordinal, number, text in wanted_lines(path, wanted):
        if not text.strip():
            continue  # of space that JSON does not know
        row = whole_row(line_row(number, text), UTF8.name)
        found = [RowError(row.problem)] if row.values is None else all_fields(row.values, choice)
        for part, fields in enumerate(found):
            if isinstance(fields, RowError):
                refused += 1
                if len(rejected) <= MAX_REJECTED:
                    rejected.append((number, str(fields)))
            elif part < PARTS:
                batch.append(_record(ordinal * PARTS + part, fields, defaults))
        if len(batch) >= BATCH:
            _insert(database, batch)
            batch = []
    _insert(database, batch)
    if refused > len(rejected):
        unlisted = f"this row and {refused - len(rejected):,} more cannot be taken; no more reasons are listed"
        rejected[-1] = (rejected[-1][0], unlisted)
    return rejected, refused


def _record(row: int, fields: Any, defaults: dict[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "prompt": fields.prompt,
        "response": fields.response,
        "tags": list(fields.tags),
        "source": fields.source or defaults["source"],
        "author": fields.author or defaults["author"],
        "status": fields.status or defaults["status"],
        "split": fields.split,
        "fact_id": fields.fact_id,
        "key_facts": None if fields.key_facts is None else list(fields.key_facts),
        "origin": None if fields.origin is None else json.dumps(fields.origin, ensure_ascii=False),
    }


def _insert(database: DuckDBPyConnection, batch: list[dict[str, Any]]) -> None:
    if batch:
        import pyarrow as pa

        text, texts = pa.string(), pa.list_(pa.string())
        kinds = {"row": pa.int64(), "tags": texts, "key_facts": texts}
        rows = pa.Table.from_pylist(batch, pa.schema([(name, kinds.get(name, text)) for name in batch[0]]))
        database.register("batch", rows.append_column("prompt_key", prompt_keys(rows["prompt"])))
        database.execute("INSERT INTO extra BY NAME SELECT * FROM batch")
        database.unregister("batch")


def _found(columns: list[str], sample: list[dict[str, Any]], asked: dict[str, Any]) -> ColumnChoice:
    """What the columns mean by their names and what a person asked for by command."""
    choice = choose_columns(columns, asked["prompt"], asked["response"], sample=sample, ignore=asked["ignore"])
    return replace(choice, turns=asked["turns"], html=asked["html"] or choice.html)


def _choice(values: dict[str, Any]) -> ColumnChoice:
    pairs = tuple(ColumnPair(**pair) for pair in values["languages"])
    lists = {name: tuple(values[name]) for name in ("before", "tags", "unfit")}
    return ColumnChoice(**values | lists | {"languages": pairs})


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


if __name__ == "__main__":
    sys.exit(child(stage))
