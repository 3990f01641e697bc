"""The documents say what is there: tree, metrics, commands, decisions and links are checked against the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from workbench.cli import app
from workbench.demo.company import BASE_MODEL_DIR, load_demonstrations
from workbench.evaluation.answers import MEASURES

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
METRICS = ROOT / "docs" / "metrics.md"
PACKAGES = ("pages", "storage", "workbench")
DOCUMENTS = sorted([README, ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
FIELDS = ("Formula", "Unit", "Healthy", "When off", "Source")

_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_METRIC = re.compile(r"[a-z]+/[a-z_]+")


def code_blocks(text: str) -> list[str]:
    """Contents of the fenced blocks."""
    return [block.split("\n", 1)[1].removesuffix("```") for block in _FENCE.findall(text)]


def inline_code(text: str) -> list[str]:
    """Contents of the back-quoted spans outside fenced blocks."""
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))


# --- the tree ---------------------------------------------------------------------------------------------------------


def readme_tree() -> dict[str, str]:
    """Path -> what the README says of it; folders end in a slash."""
    section = README.read_text(encoding="utf-8").split("\n## How it is built\n")[1].split("\n## ")[0]
    found: dict[str, str] = {}
    for block in code_blocks(section):
        above: list[str] = []
        for line in block.splitlines():
            match = re.fullmatch(r"((?:  )*)(\S+)\s{2,}(\S.*)", line)
            assert match, f"not 'NAME  what it is': {line!r}"
            depth = len(match[1]) // 2
            path = "".join([*above[:depth], match[2]])
            assert path not in found, f"{path} has two lines"
            found[path] = match[3]
            above = [*above[:depth], match[2]]
    return found


def python_modules() -> Iterator[str]:
    """Every module of the three packages; a package itself is its folder."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            relative = path.relative_to(ROOT)
            yield f"{relative.parent.as_posix()}/" if path.name == "__init__.py" else relative.as_posix()


def test_tree_names_exactly_the_modules_that_exist() -> None:
    modules = set(python_modules())
    named = {path for path in readme_tree() if path in modules or path.endswith(".py")}
    assert sorted(modules - named) == [], "these have no line in the README's tree"
    assert sorted(named - modules) == [], "the README's tree names these, but they do not exist"


def test_everything_else_in_the_tree_exists() -> None:
    assert [path for path in readme_tree() if not (ROOT / path).exists()] == []


def test_numbers_of_the_embedded_company_are_those_of_its_files() -> None:
    text = README.read_text(encoding="utf-8")
    rows = load_demonstrations()
    assert f"{len(rows)} demonstrations" in text
    assert f"{len({row.fact_id for row in rows})} facts" in text
    card = (BASE_MODEL_DIR / "README.md").read_text(encoding="utf-8")
    parameters = re.search(r"([\d,]+)-parameter", card)
    assert parameters is not None
    assert f"{parameters[1]} parameters" in text


# --- metrics ----------------------------------------------------------------------------------------------------------


def metric_entries() -> dict[str, list[str]]:
    """Metric name -> the entries of docs/metrics.md that define it."""
    entries: dict[str, list[str]] = {}
    for entry in METRICS.read_text(encoding="utf-8").split("\n### ")[1:]:
        title, _, body = entry.partition("\n")
        for name in re.findall(r"`([^`]+)`", title):
            entries.setdefault(name, []).append(body.split("\n## ")[0])
    return entries


def emitted_metrics(module: str) -> set[str]:
    """Metric names in the dicts of a module: dicts that hold at least one name like ``objective/kl``."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict):
            for side in (node.keys, node.values):
                texts = [n.value for n in side if isinstance(n, ast.Constant) and isinstance(n.value, str)]
                if any(_METRIC.fullmatch(text) for text in texts):
                    names.update(texts)
    return names


@pytest.mark.parametrize(
    ("module", "sure"),
    [
        ("workbench/ppo/train.py", {"objective/kl", "objective/kl_coef", "learning_rate"}),
        ("workbench/ppo/learning.py", {"loss/policy", "policy/approx_kl"}),
        ("workbench/ppo/evaluation.py", {"eval/score", "eval/repetition"}),
        ("workbench/reward_model/fits.py", {"train/accuracy", "eval/margin"}),
        ("workbench/sft/training.py", {"train/loss", "eval/loss"}),
        ("workbench/sft/watching.py", {"train/memory_gib"}),
        ("pages/metric_words.py", {"objective/scores", "learning_rate"}),
    ],
)
def test_every_emitted_or_charted_metric_has_an_entry(module: str, sure: set[str]) -> None:
    names = emitted_metrics(module)
    assert sure <= names, "the names are no longer found in the code"
    assert sorted(names - metric_entries().keys()) == []


def test_every_evaluation_measure_has_an_entry() -> None:
    assert sorted(set(MEASURES) - metric_entries().keys()) == []


def test_every_key_of_the_report_is_explained() -> None:
    tree = ast.parse((ROOT / "workbench/demo/report.py").read_text(encoding="utf-8"))
    build = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "build_report")
    keys = {
        key.value for n in ast.walk(build) if isinstance(n, ast.Dict) for key in n.keys if isinstance(key, ast.Constant)
    }
    lists = [n.value for n in tree.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Tuple)]
    keys |= {item.value for names in lists for item in names.elts if isinstance(item, ast.Constant)}
    assert {"gold_win_rate", "fact_accuracy", "accuracy_ci"} <= keys, "the keys are no longer found in the code"
    assert sorted(keys - set(inline_code(METRICS.read_text(encoding="utf-8")))) == []


def test_every_metric_entry_has_all_fields() -> None:
    for name, bodies in metric_entries().items():
        for body in bodies:
            assert re.findall(r"^- \*\*(.+?):\*\*", body, re.MULTILINE) == list(FIELDS), name


# --- commands ---------------------------------------------------------------------------------------------------------


def commands_mentioned() -> list[str]:
    """What the documents tell people to type, from ``workbench`` on."""
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]
    spans = [span for text in texts for span in inline_code(text)]
    lines = [line.split("#")[0].strip() for text in texts for block in code_blocks(text) for line in block.splitlines()]
    return [line for line in (*spans, *lines) if re.match(r"workbench [a-z]", line)]


def test_every_command_mentioned_exists_with_its_options() -> None:
    root = typer.main.get_command(app)
    mentioned = commands_mentioned()
    used = set()
    for line in mentioned:
        words = line.split()[1:]
        command = root.commands.get(words[0])  # type: ignore[attr-defined]
        assert command is not None, f"there is no command: {line}"
        used.add(words[0])
        rest = words[1:]
        if hasattr(command, "commands") and rest and not rest[0].startswith("-"):
            command = command.commands.get(rest[0])
            assert command is not None, f"there is no command: {line}"
        known = {option for parameter in command.params for option in parameter.opts}
        unknown = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
        assert unknown == [], f"no such option: {line}"
    assert used == set(root.commands), "the README's list of commands is not complete"  # type: ignore[attr-defined]


def test_every_make_target_mentioned_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]
    mentioned = {name for text in texts for name in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)}
    assert {"run", "test", "demo"} <= mentioned
    assert sorted(mentioned - targets) == []


# --- decisions and links ----------------------------------------------------------------------------------------------


def test_decisions_are_numbered_without_gaps() -> None:
    files = sorted((ROOT / "docs" / "decisions").iterdir())
    assert [path.name[:5] for path in files] == [f"{number:04d}-" for number in range(1, len(files) + 1)]
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}: "), path.name
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Alternatives"], path.name


def anchors(path: Path) -> set[str]:
    """Fragments that the headings of a document have on GitHub."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_resolve(document: Path) -> None:
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (fragment and fragment not in anchors(target)):
            broken.append(link)
    assert broken == []
