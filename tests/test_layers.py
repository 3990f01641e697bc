"""The layers, as failing tests instead of rules in prose: pages → workbench → storage.

Imports are read from the source, those inside functions too; modules are found, never listed, so that a new one is
held to the rules from its first day.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from workbench.runs.worker import STAGES

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("pages", "workbench", "storage")
HEAVY = frozenset({"torch", "transformers", "trl", "sentence_transformers"})  # 2 to 11 seconds each
TRAINING = ("workbench.sft", "workbench.reward_model", "workbench.ppo", "workbench.evaluation")
DATABASE = ("storage", "duckdb", "workbench.workspace", "workbench.launch", "workbench.demo")
PURE = frozenset({"storage", "storage.text_keys"})  # words and keys of texts; the package itself is a docstring


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _modules() -> dict[str, Path]:
    """Every module of ours by its full name."""
    return {_module_name(path): path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))}


@cache
def _imports(module: str, at_import_time: bool) -> frozenset[str]:
    """Full names of what a module imports; with ``at_import_time`` only what its own import brings in."""
    path = _modules()[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for node in _import_nodes(ast.parse(path.read_text(encoding="utf-8")), at_import_time):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        else:
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)  # a submodule, or just a name in it
    return frozenset(found)


def _import_nodes(node: ast.AST, at_import_time: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif at_import_time and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        elif at_import_time and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from (found for other in child.orelse for found in _import_nodes(other, at_import_time))
        else:
            yield from _import_nodes(child, at_import_time)


def _within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _of(*packages: str) -> list[str]:
    return [module for module in _modules() if _within(module, packages)]


def _offences(modules: Iterable[str], forbidden: Iterable[str]) -> list[str]:
    return [
        f"{module} imports {name}"
        for module in modules
        for name in sorted(_imports(module, False))
        if _within(name, forbidden)
    ]


def _reached(start: Iterable[str], at_import_time: bool) -> dict[str, str]:
    """All names that the modules bring in, directly or through our own modules, each with the path to it."""
    paths = {module: module for module in start}
    queue = list(paths)
    while queue:
        module = queue.pop()
        if module not in _modules():
            continue
        packages = {module.rsplit(".", depth)[0] for depth in range(1, module.count(".") + 1)}
        for name in _imports(module, at_import_time) | packages:
            if name not in paths:
                paths[name] = f"{paths[module]} → {name}"
                queue.append(name)
    return paths


def _forbidden_paths(start: Iterable[str], forbidden: Iterable[str], at_import_time: bool) -> list[str]:
    reached = _reached(start, at_import_time)
    return sorted(path for name, path in reached.items() if _within(name, forbidden) and not _is_pure(name))


def _is_pure(name: str) -> bool:
    return name in PURE or _within(name, ["storage.text_keys"])


def test_the_layers_are_there() -> None:
    assert {"workbench.errors", "storage.database"} <= _modules().keys()


def test_pages_know_nothing_of_storage_or_training() -> None:
    assert _offences(_of("pages"), ["storage", "duckdb", *HEAVY]) == []


def test_workbench_knows_nothing_of_the_browser() -> None:
    assert _offences(_of("workbench"), ["streamlit", "pages"]) == []


def test_storage_stands_alone() -> None:
    assert _offences(_of("storage"), ["workbench", "pages", "streamlit", *HEAVY]) == []


def test_training_knows_nothing_of_the_database() -> None:
    """And nothing of the demo company: the annotators' hidden rule reaches a model through votes alone."""
    assert _forbidden_paths(_of(*TRAINING), DATABASE, at_import_time=False) == []


def test_what_training_may_take_from_storage_is_pure() -> None:
    """Words and keys of texts, which know of no table and no file."""
    imports = {name for module in PURE for name in _imports(module, False)}
    assert {name.partition(".")[0] for name in imports} <= {"__future__", "re", "unicodedata"}


def test_the_worker_and_its_stages_never_open_the_database() -> None:
    stages = [entry.split(":")[0] for entry in STAGES.values()]
    start = [module for module in ("workbench.runs.worker", *stages) if module in _modules()]
    assert _forbidden_paths(start, DATABASE, at_import_time=False) == []


def test_heavy_libraries_come_in_inside_functions() -> None:
    start = _of("pages", "storage", "workbench.cli", "workbench.workspace", "workbench.runs.foreground")
    assert _forbidden_paths([*start, "workbench.runs.worker"], HEAVY, at_import_time=True) == []


def test_the_rules_see_what_they_forbid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules above on a small tree that breaks them: a rule that sees nothing would pass for ever."""
    sources = {
        "workbench/__init__.py": "",
        "workbench/sft/__init__.py": "from . import train",
        "workbench/sft/train.py": "def run():\n    from ..runs import helper",
        "workbench/runs/helper.py": "import typing\nif typing.TYPE_CHECKING:\n    import trl\nimport duckdb",
        "workbench/cli.py": "import workbench.light\nimport workbench.slow",
        "workbench/light.py": "def run():\n    import torch",
        "workbench/slow.py": "try:\n    import transformers.models\nexcept ImportError:\n    pass",
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    for cached in (_modules, _imports):
        cached.cache_clear()
    try:
        assert _offences(["workbench.sft.train"], ["workbench.runs"]) == [
            "workbench.sft.train imports workbench.runs",
            "workbench.sft.train imports workbench.runs.helper",
        ]
        assert _forbidden_paths(["workbench.sft"], DATABASE, at_import_time=False) == [
            "workbench.sft → workbench.sft.train → workbench.runs.helper → duckdb"
        ]
        assert _forbidden_paths(["workbench.sft"], DATABASE, at_import_time=True) == []
        assert _forbidden_paths(["workbench.runs.helper"], HEAVY, at_import_time=True) == []
        assert _forbidden_paths(["workbench.cli"], HEAVY, at_import_time=True) == [
            "workbench.cli → workbench.slow → transformers.models"
        ]
    finally:
        for cached in (_modules, _imports):
            cached.cache_clear()


IMPORT_ALL = """
import importlib, logging, sys
logging.disable(logging.CRITICAL)
heavy = set(sys.argv[1].split(","))
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except BaseException as error:  # a page is a script: outside a session it may stop half-way
        if isinstance(error, ImportError):
            raise
    loaded = heavy & {module.partition(".")[0] for module in sys.modules}
    if loaded:
        sys.exit(f"importing {name} loads {', '.join(sorted(loaded))}")
print("light", flush=True)
"""


def test_importing_pages_command_line_and_storage_is_light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real thing, in a fresh process: what a library of somebody else's brings in shows here only."""
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    modules = _of("storage", "workbench.workspace", "workbench.cli", "pages")
    command = [sys.executable, "-c", IMPORT_ALL, ",".join(sorted(HEAVY)), *modules]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert "light" in ended.stdout, ended.stderr[-2000:]
