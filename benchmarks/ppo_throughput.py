"""This PPO engine against TRL 1.12.0's trainer, the last one TRL had: ``python -m benchmarks.ppo_throughput [SHAPE…]``.

Both train the same random model in processes of their own, one after the other, several times; what counts are the
ratios within each pair. TRL's environment is made on the first call, in ``.venv-trl``. Where other work shares the
machine, the ratio by processor time is the one to read.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-trl"
PACKAGES = ("trl==1.12.0", "transformers==5.23.0", "peft==0.21.2", "accelerate==1.15.0", "datasets==5.2.0")
PAIRS = 3
UPDATES = {"embedded": 6, "135m": 3}
SECONDS = 1200
SPEEDS = ("episodes_per_second", "episodes_per_processor_second")


def main() -> None:
    """Print the figures as JSON: every pair, and the medians of their ratios."""
    shapes = sys.argv[1:] or list(UPDATES)
    peer = trl_python()
    results = {}
    for shape in shapes:
        pairs = [_pair(shape, peer) for _ in range(int(os.environ.get("PAIRS", PAIRS)))]
        results[shape] = {"medians": _medians(pairs), "pairs": pairs}
    print(json.dumps({"benchmark": "ppo_throughput", "cores": os.cpu_count(), "shapes": results}))


def trl_python() -> Path:
    """The interpreter of an environment with TRL 1.12.0 on the same torch; made where it is missing."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / ".installed"
    if not stamp.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        for packages in (("torch==2.13.0",), PACKAGES):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True, stdout=sys.stderr)
        stamp.touch()
    return python


def _pair(shape: str, peer: Path) -> dict[str, Any]:
    ours = _run(Path(sys.executable), "benchmarks.ppo_ours", shape)
    trl = _run(peer, "benchmarks.ppo_trl", shape)
    return {
        "ours": ours,
        "trl": trl,
        **{f"{name}_ratio": ours[name] / trl[name] for name in SPEEDS},
        "peak_memory_ratio": ours["peak_memory_mib"] / trl["peak_memory_mib"],
    }


def _run(python: Path, module: str, shape: str) -> dict[str, Any]:
    ended = subprocess.run(
        [python, "-m", module, shape, str(UPDATES[shape])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "HF_HUB_OFFLINE": "1"},
    )
    if ended.returncode != 0:
        sys.exit(f"{module} {shape} failed:\n{ended.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return figures


def _medians(pairs: list[dict[str, Any]]) -> dict[str, float]:
    ratios = {
        name: statistics.median(pair[name] for pair in pairs)
        for name in (*(f"{speed}_ratio" for speed in SPEEDS), "peak_memory_ratio")
    }
    bare = {
        name: statistics.median(pair["ours"][name] for pair in pairs)
        for name in ("decoding_against_products", "update_against_products")
    }
    return ratios | bare


if __name__ == "__main__":
    main()
