"""Writing what people made to a file: .jsonl and .parquet lose nothing, .csv is for spreadsheets.

Cells of a CSV file that a spreadsheet would take for a formula get a leading '; an import takes it away.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from workbench.demonstrations.delimited import guard
from workbench.errors import InvalidInput
from workbench.preferences.decided import chosen_and_rejected, decided_pairs
from workbench.reward_model.config import VoteSource

if TYPE_CHECKING:
    from workbench.workspace import Workspace

Row = dict[str, Any]
Style = Literal["plain", "messages", "alpaca", "sharegpt", "huggingface"]
STYLES: tuple[Style, ...] = get_args(Style)
_SHAPES: dict[Style, tuple[str, ...]] = {
    "messages": ("messages",),
    "alpaca": ("instruction", "input", "output"),
    "sharegpt": ("conversations",),
}
LISTS = frozenset({"tags", "key_facts", "reasons"})
DEMONSTRATION_COLUMNS = (
    "id", "prompt", "response", "tags", "source", "author", "status", "split", "fact_id", "key_facts",
    "created_at", "updated_at", "origin",
)  # fmt: skip
PREFERENCE_COLUMNS = (
    "pair_id", "prompt", "chosen", "rejected", "model_chosen", "model_rejected", "split", "votes", "margin",
    "source",
)  # fmt: skip
VOTE_COLUMNS = (
    "vote_id", "pair_id", "prompt", "response_a", "response_b", "model_a", "model_b", "split", "choice",
    "left", "annotator", "simulated", "seconds", "created_at", "both_bad", "strength", "reasons", "comment",
)  # fmt: skip


def export_demonstrations(ws: Workspace, out: Path, style: Style = "plain") -> int:
    """Writes every demonstration, drafts and rejected ones too; returns their number.

    The style names prompt and response as other programs do (``messages`` is OpenAI's); all else that a row
    holds stands beside them, so that an import takes every style back unchanged. ``huggingface`` makes a folder.

    Raises:
        InvalidInput: the file's extension is unknown or does not fit the style, or it cannot be written.
    """
    rows = [{name: getattr(row, name) for name in DEMONSTRATION_COLUMNS} for row in ws.demonstrations.list()]
    if style == "huggingface":
        from workbench.demonstrations.dataset_folder import write_dataset_folder

        return write_dataset_folder(out, rows)
    if style == "plain":
        return writer_for(out)(rows, DEMONSTRATION_COLUMNS)
    if out.suffix.casefold() not in (".jsonl", ".parquet"):
        raise InvalidInput(f"{out.name}: {style} can be written as .jsonl or .parquet; name the file so.")
    beside = tuple(name for name in DEMONSTRATION_COLUMNS if name not in ("prompt", "response"))
    shaped = [_shaped(row, style) | {name: row[name] for name in beside} for row in rows]
    return writer_for(out)(shaped, (*_SHAPES[style], *beside))


def _shaped(row: Row, style: Style) -> Row:
    prompt, response = row["prompt"], row["response"]
    if style == "alpaca":
        return {"instruction": prompt, "input": "", "output": response}
    if style == "sharegpt":
        return {"conversations": [{"from": "human", "value": prompt}, {"from": "gpt", "value": response}]}
    return {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": response}]}


def export_preferences(ws: Workspace, out: Path) -> int:
    """Writes each pair that has a majority, chosen and rejected; returns their number.

    ``source`` tells the votes of people from simulated ones; a pair that both decided has a row for each.

    Raises:
        InvalidInput: the file's extension is unknown, or it cannot be written.
    """
    write = writer_for(out)
    rows: list[Row] = []
    sources: tuple[VoteSource, ...] = ("people", "simulated")
    for source in sources:
        for pair, votes in decided_pairs(ws, votes=source):
            chosen, rejected = chosen_and_rejected(pair, votes)
            models = (pair.model_a, pair.model_b) if votes.majority == "a" else (pair.model_b, pair.model_a)
            rows.append(
                dict(
                    zip(
                        PREFERENCE_COLUMNS,
                        (
                            pair.id,
                            pair.prompt,
                            chosen,
                            rejected,
                            *models,
                            pair.split,
                            votes.votes,
                            votes.margin,
                            source,
                        ),
                        strict=True,
                    )
                )
            )
    return write(rows, PREFERENCE_COLUMNS)


def export_votes(ws: Workspace, out: Path) -> int:
    """Writes every vote that counts with its pair's texts; returns their number.

    Raises:
        InvalidInput: the file's extension is unknown, or it cannot be written.
    """
    write = writer_for(out)
    pairs = {pair.id: pair for pair in ws.pairs.list()}
    names = {annotator.id: annotator.name for annotator in ws.annotators.list()}
    rows: list[Row] = []
    for vote in ws.votes.live():
        row: Row = {"vote_id": vote.id, "annotator": names[vote.annotator_id]}
        for name in VOTE_COLUMNS:
            source = vote if hasattr(vote, name) else pairs[vote.pair_id]
            row.setdefault(name, getattr(source, name, None))
        rows.append(row)
    return write(rows, VOTE_COLUMNS)


def writer_for(out: Path) -> Callable[[list[Row], Sequence[str]], int]:
    """What writes rows to this file, by its extension.

    Raises:
        InvalidInput: the extension is unknown or the folder is not there.
    """
    writers: dict[str, Callable[[Path, list[Row], Sequence[str]], None]] = {
        ".jsonl": _write_jsonl,
        ".csv": _write_csv,
        ".parquet": _write_parquet,
    }
    writer = writers.get(out.suffix.casefold())
    if writer is None:
        raise InvalidInput(f"{out.name}: an export can be written as {' '.join(writers)}; name the file so.")
    if not out.parent.is_dir():
        raise InvalidInput(f"The folder {out.parent} does not exist.")

    def write(rows: list[Row], columns: Sequence[str]) -> int:
        # Written aside and renamed: an export that breaks off leaves no half file under the name.
        aside = out.with_name(f".{out.name}.{os.getpid()}.part")
        try:
            writer(aside, rows, columns)
            aside.replace(out)
        except OSError as error:
            raise InvalidInput(f"{out} cannot be written: {error.strerror or error}.") from error
        finally:
            aside.unlink(missing_ok=True)
        return len(rows)

    return write


def _write_jsonl(path: Path, rows: list[Row], columns: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            plain = {name: _plain(row[name]) for name in columns}
            file.write(json.dumps(plain, ensure_ascii=False) + "\n")


def _write_csv(path: Path, rows: list[Row], columns: Sequence[str]) -> None:
    # The mark tells Excel that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(row[name]) for name in columns] for row in rows)


def _write_parquet(path: Path, rows: list[Row], columns: Sequence[str]) -> None:
    import pyarrow.parquet as pq

    pq.write_table(parquet_table(rows, columns), path)


def parquet_table(rows: list[Row], columns: Sequence[str]) -> Any:
    """The rows as an Arrow table; objects that have no type of their own stand as JSON."""
    import pyarrow as pa

    def texts(*names: str) -> pa.DataType:
        return pa.list_(pa.struct([(name, pa.string()) for name in names]))

    types = {
        "messages": texts("role", "content"),
        "conversations": texts("from", "value"),
        **dict.fromkeys(LISTS, pa.list_(pa.string())),
        **dict.fromkeys(("created_at", "updated_at"), pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(("margin", "seconds"), pa.float64()),
        "votes": pa.int64(),
        **dict.fromkeys(("simulated", "both_bad"), pa.bool_()),
    }
    schema = pa.schema([(name, types.get(name, pa.string())) for name in columns])
    plain = [{name: _parquet_value(row[name]) for name in columns} for row in rows]
    return pa.Table.from_pylist(plain, schema)


def _parquet_value(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(_plain(value))
    # A number is no text that somebody could have made a formula: -0.5 stays a number.
    return text if isinstance(value, int | float) else guard(text)
