"""The command that brings data in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.import_results import print_reports, say_undrafted, summary
from workbench.cli.output import JsonOption, WorkspaceOption, open_workspace, print_json, say, who

if TYPE_CHECKING:
    from workbench.cli.progress import ProgressView
    from workbench.demonstrations.import_report import ImportReport
    from workbench.demonstrations.section import Section
    from workbench.workspace import Workspace


class ImportKind(StrEnum):
    """What the rows of a file are."""

    demonstrations = "demonstrations"
    preferences = "preferences"
    documents = "documents"


Store = Callable[["Workspace"], "ImportReport"]


class Sections(StrEnum):
    """Which sections of a document become drafts."""

    questions = "questions"
    all = "all"


class TurnChoice(StrEnum):
    """What to do with conversations of several exchanges."""

    single = "single"
    first = "first"
    every = "every"


class HtmlChoice(StrEnum):
    """What to do with HTML in prompts and responses."""

    KEEP = "keep"
    STRIP = "strip"  # not in lower case: every text has a method of that name


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files of one import are to be read."""

    kind: ImportKind
    author: str
    prompt_column: str | None
    response_column: str | None
    ignore: tuple[str, ...]
    turns: TurnChoice
    sections: Sections
    questions_by: str | None = None
    html: HtmlChoice | None = None


def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files or folders; at most 25 MB each, .jsonl of any size."),
    ],
    kind: Annotated[
        ImportKind,
        typer.Option(
            "--as",
            help="demonstrations: prompts with responses (.jsonl .json .csv .tsv .parquet .xlsx, packed too, or a "
            "dataset folder, zipped or not); preferences: pairs with choices; documents: handbooks (.md .txt .html "
            ".docx .pdf .zip or a folder), whose question headings become drafts.",
        ),
    ],
    author: Annotated[
        str | None, typer.Option(help="Who wrote or chose, where a row does not say. Default: your login name.")
    ] = None,
    prompt_column: Annotated[
        str | None, typer.Option(help="Column of the prompt, where its name does not tell.")
    ] = None,
    response_column: Annotated[
        str | None, typer.Option(help="Column of the response, where its name does not tell.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Column that is not to be used; may be given repeatedly.")
    ] = None,
    turns: Annotated[
        TurnChoice, typer.Option(help="Of a conversation with several exchanges: refuse it, the first, or every one.")
    ] = TurnChoice.single,
    html: Annotated[
        HtmlChoice | None,
        typer.Option(
            help="Of demonstrations: leave HTML as written or make it plain text. Default: strip for .csv, .tsv and "
            "spreadsheets, keep for JSON, Parquet and exports of the workbench.",
        ),
    ] = None,
    sections: Annotated[
        Sections, typer.Option(help="Of documents: headings that ask, or all sections with a proposed question.")
    ] = Sections.questions,
    questions_by: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Of documents: a model of the workspace that words the questions of all sections whose heading asks "
            "none; they stay drafts.",
        ),
    ] = None,
    rejected: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the rows that cannot be taken to this CSV file, to be mended and imported."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Step 1: bring in what you have. Rows that cannot be taken are listed with the reason."""
    if html and kind is not ImportKind.demonstrations:
        raise typer.BadParameter("only demonstrations may hold HTML", param_hint="--html")
    if questions_by and kind is not ImportKind.documents:
        raise typer.BadParameter("only documents are asked about", param_hint="--questions-by")
    if ignore and kind is not ImportKind.demonstrations:
        raise typer.BadParameter("only columns of demonstrations can be ignored", param_hint="--ignore")
    left_out = tuple(ignore or ())
    how = Reading(kind, author or who(), prompt_column, response_column, left_out, turns, sections, questions_by, html)
    reports = _imported(how, files, workspace)
    if rejected is not None:
        rejected.write_bytes(_rejected_rows(how, files, reports))
    if as_json:
        print_json(summary(files, reports))
    else:
        print_reports(files, reports)


def _imported(how: Reading, files: list[Path], workspace: Path | None) -> list[ImportReport]:
    from workbench.cli.progress import ProgressView

    # All files are read before anything is stored: one that cannot be read leaves the workspace as it was.
    small = {path: _reader(how, path) for path in files if not _is_large(how, path) and not how.questions_by}
    with open_workspace(workspace, "import") as ws, ExitStack() as opened:
        view = opened.enter_context(ProgressView())
        stage = _propose if how.questions_by else _stage
        stores = [small[path] if path in small else stage(how, ws, path, opened, view) for path in files]
        return [store(ws) for store in stores]


def _rejected_rows(how: Reading, files: list[Path], reports: list[ImportReport]) -> bytes:
    from workbench.demonstrations.rejected_file import rejected_csv, with_lines

    return rejected_csv(
        [
            (str(path), with_lines(path, report.rejected) if _is_large(how, path) else report.rejected)
            for path, report in zip(files, reports, strict=True)
        ]
    )


def _reader(how: Reading, path: Path) -> Store:
    """Reads and checks a file; what it gives back stores the rows."""
    if how.kind is ImportKind.preferences:
        from workbench.preferences.importing import read_preferences, store_preferences

        return partial(store_preferences, file=read_preferences(path), annotator=how.author)
    from workbench.demonstrations.importing import read_demonstrations, store_demonstrations

    if how.kind is ImportKind.documents:
        from workbench.demonstrations.decoding import without_left_bytes
        from workbench.demonstrations.documents import drafts, read_documents

        name = without_left_bytes(path.name)
        documents = read_documents(path, name)
        file = drafts(name, documents, wanted=how.sections.value)
        say_undrafted(path, documents, how.sections.value)
    else:
        file = read_demonstrations(
            path,
            prompt_column=how.prompt_column,
            response_column=how.response_column,
            ignore=how.ignore,
            turns=how.turns.value,
            html=how.html.value if how.html else None,
        )
    for note in file.notes:
        say(f"{path}: {note}")
    return partial(store_demonstrations, file=file, author=how.author)


def _is_large(how: Reading, path: Path) -> bool:
    """Whether a file goes the way of large ones, which stages its rows beside the workspace's database."""
    from workbench.demonstrations.bulk import is_large

    return how.kind is ImportKind.demonstrations and is_large(path)


def _stage(how: Reading, ws: Workspace, path: Path, opened: ExitStack, view: ProgressView) -> Store:
    from workbench.demonstrations.bulk import Asked, staged_file
    from workbench.demonstrations.import_report import StepProgress
    from workbench.demonstrations.importing import LARGE_STEPS, READING, store_staged

    def tell(step: str, share: float, left: float | None) -> None:
        view.update(path.name, step, share, 1.0, left)

    steps = StepProgress(tell, LARGE_STEPS)
    steps.at(READING)
    on_share = partial(steps.at, READING)
    asked = Asked(
        how.prompt_column, how.response_column, how.ignore, how.turns.value, how.html.value if how.html else None
    )
    reading = staged_file(ws.root, path, author=how.author, asked=asked, on_share=on_share)
    staged = opened.enter_context(reading)
    for note in staged.notes:
        say(f"{path}: {note}")
    return partial(store_staged, staged=staged, steps=steps)


def _propose(how: Reading, ws: Workspace, path: Path, opened: ExitStack, view: ProgressView) -> Store:
    """Drafts whose questions a model words where the heading asks none."""
    from workbench.demonstrations.decoding import without_left_bytes
    from workbench.demonstrations.documents import drafts, read_documents
    from workbench.demonstrations.importing import store_demonstrations
    from workbench.demonstrations.proposals import propose
    from workbench.models.generator import Generator
    from workbench.models.registry import find_language_model

    spec = find_language_model(ws, str(how.questions_by)).spec
    generator = Generator(ws.root)
    opened.callback(generator.close)

    def questions(found: list[Section]) -> list[str]:
        def tell(done: int, total: int) -> None:
            view.update(path.name, f"asking {how.questions_by}", done, total, None)

        return propose(found, lambda prompts: generator.generate(spec, prompts, max_new_tokens=48), tell).questions

    name = without_left_bytes(path.name)
    documents = read_documents(path, name)
    file = drafts(name, documents, wanted="all", propose=questions)
    say_undrafted(path, documents, "all")
    return partial(store_demonstrations, file=file, author=how.author)
