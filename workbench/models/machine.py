"""What this machine has, without importing torch: memory, disk, a GPU, speed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True, slots=True)
class Gpu:
    """The first CUDA device."""

    name: str
    memory: int
    """Bytes in all."""
    free: int


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run may use; memory and disk in bytes."""

    memory: int
    """That can be had now without swapping."""
    disk: int
    """Free where the workspace lies."""
    cores: int
    gpu: Gpu | None

    @property
    def training_memory(self) -> int:
        """Memory of the device that trains."""
        return self.gpu.free if self.gpu else self.memory


def this_machine(folder: Path) -> Machine:
    """The machine as it is now; ``folder`` says which disk."""
    import psutil

    available = psutil.virtual_memory().available
    if (limit := _cgroup_limit()) is not None:
        available = min(available, limit)
    return Machine(available, shutil.disk_usage(folder).free, _cores(), cuda_gpu())


@cache
def cuda_gpu() -> Gpu | None:
    """The GPU that torch would use; None without one, and where the installed torch cannot use it."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    if not torch_has_cuda() or shutil.which(command[0]) is None:
        return None
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        name, total, free = told.splitlines()[0].rsplit(",", 2)
        return Gpu(name.strip(), int(total) * 2**20, int(free) * 2**20)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def torch_has_cuda() -> bool:
    """Whether the installed torch was built for CUDA."""
    try:
        return not version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def qlora_problem() -> str | None:
    """Why QLoRA cannot be used here; None where it can."""
    missing = []
    if cuda_gpu() is None:
        missing.append("a CUDA GPU that the installed torch can use")
    if importlib.util.find_spec("bitsandbytes") is None:
        missing.append("the package bitsandbytes")
    return f"QLoRA needs {' and '.join(missing)}; use LoRA here." if missing else None


@cache
def matmul_flops() -> float:
    """Floating-point operations a second in float32 products of this machine, all cores together.

    One thread is timed by its own processor time: what else the machine does at this moment does not count, as it
    may be over before a run is. Costs a twentieth of a second of one core.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    size = 384
    a = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    with threadpool_limits(1, user_api="blas"):
        a @ a
        end, fastest = time.thread_time() + 0.05, float("inf")
        while (began := time.thread_time()) < end:
            a @ a
            fastest = min(fastest, time.thread_time() - began)
    return _cores() * 2 * size**3 / fastest


def _cores() -> int:
    """Cores that this process may use."""
    import psutil

    allowed = psutil.Process().cpu_affinity() if hasattr(psutil.Process, "cpu_affinity") else None
    return len(allowed or ()) or psutil.cpu_count() or 1


def _cgroup_limit() -> int | None:
    """Bytes that a container leaves to this process; None where nothing limits it."""
    import psutil

    for path in _CGROUP_LIMITS:
        try:
            limit = int(path.read_text())
        except (OSError, ValueError):
            continue
        if limit < psutil.virtual_memory().total:
            return max(limit - psutil.Process().memory_info().rss, 0)
    return None
