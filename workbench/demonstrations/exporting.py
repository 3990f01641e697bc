"""Writing demonstrations to a file, as they are or in the styles of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from workbench.demonstrations.dataset_folder import write_dataset_folder
from workbench.demonstrations.export_files import Row, writer_for
from workbench.errors import InvalidInput

if TYPE_CHECKING:
    from workbench.workspace import Workspace

Style = Literal["plain", "messages", "alpaca", "sharegpt", "huggingface"]
STYLES: tuple[Style, ...] = get_args(Style)
_SHAPES: dict[Style, tuple[str, ...]] = {
    "messages": ("messages",),
    "alpaca": ("instruction", "input", "output"),
    "sharegpt": ("conversations",),
}
DEMONSTRATION_COLUMNS = (
    "id", "prompt", "response", "tags", "source", "author", "status", "split", "fact_id", "key_facts",
    "created_at", "updated_at", "origin",
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
        return write_dataset_folder(out, rows, DEMONSTRATION_COLUMNS)
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
