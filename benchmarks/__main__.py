"""Run every benchmark in a process of its own, so that none is warmed up by another."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    "demonstration_import",
    "demonstration_page",
    "sft_evaluation",
    "ppo_learning",
    "ppo_throughput",
    "annotator_audit",
    "voting_load",
    "ppo_watchers",
)


def main() -> int:
    """The number of benchmarks that failed."""
    return sum(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode != 0 for name in BENCHMARKS)


if __name__ == "__main__":
    sys.exit(main())
