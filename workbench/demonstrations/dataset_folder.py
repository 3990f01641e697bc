"""A folder that Hugging Face's ``datasets`` opens: Parquet files by split, and a card that says what they are."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from workbench.demonstrations.export_files import Row, parquet_table
from workbench.demonstrations.splits import SPLITS
from workbench.errors import InvalidInput

CARD = """---
configs:
- config_name: default
  data_files:
{files}
task_categories:
- question-answering
- text-generation
size_categories:
- {size}
---

# Demonstrations

Prompts as people of a company ask them, each with the response that a person wished for.

| Split | Rows |
|---|---|
{splits}

{status}. Only approved rows are meant for training. Rows of one `fact_id` word one fact: a held-out row whose
fact trains in other words measures an *unseen wording*, any other an *unseen fact*.

Columns: `prompt`, `response`, `tags`, `source`, `author`, `status`, `split`, `fact_id`, `key_facts` (what a right
answer states), `origin` (document, section and characters, as JSON), `id`, `created_at`, `updated_at`.

Written by hand or taken from the company's own documents; it may hold what is confidential. No licence is given.
"""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write_dataset_folder(out: Path, rows: list[Row], columns: Sequence[str]) -> int:
    """Writes ``out/README.md`` and ``out/data/SPLIT-00000-of-00001.parquet``; returns the number of rows.

    The folder appears whole or not at all.

    Raises:
        InvalidInput: the folder is there already and holds something else, or it cannot be written.
    """
    import pyarrow.parquet as pq

    if out.exists() and (not out.is_dir() or any(path.name not in ("README.md", "data") for path in out.iterdir())):
        raise InvalidInput(f"{out} exists and is no dataset folder; name a new one.")
    aside = out.with_name(f".{out.name}.{os.getpid()}.part")
    counts = Counter(row["split"] for row in rows)
    try:
        (aside / "data").mkdir(parents=True)
        for split in SPLITS:
            part = [row for row in rows if row["split"] == split]
            if part or (not rows and split == "train"):
                table = parquet_table(part, columns)
                pq.write_table(table, aside / "data" / f"{split}-00000-of-00001.parquet")
        (aside / "README.md").write_text(_card(rows, counts), encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        aside.replace(out)
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return len(rows)


def _card(rows: list[Row], counts: Counter[str]) -> str:
    present = [split for split in SPLITS if counts[split] or (not rows and split == "train")]
    status = Counter(row["status"] for row in rows)
    return CARD.format(
        files="\n".join(f"  - split: {split}\n    path: data/{split}-*" for split in present),
        size=next((name for most, name in _SIZES if len(rows) < most), "n>1M"),
        splits="\n".join(f"| {split} | {counts[split]:,} |" for split in present),
        status=", ".join(f"{number:,} {name}" for name, number in sorted(status.items())).capitalize() or "No rows",
    )
