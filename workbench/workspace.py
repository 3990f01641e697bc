"""The folder that holds everything of one team.

workspace/
├── workbench.duckdb    the database, owned by one process at a time
├── runs/RUN_ID/        one folder per run
└── models/             model folders that a team brings along
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from duckdb import DuckDBPyConnection

from storage.annotators import AnnotatorRepository
from storage.answer_marks import AnswerMarkRepository
from storage.answers import AnswerRepository
from storage.conversations import ChatRepository, ComparisonRepository
from storage.database import Database
from storage.decisions import ExclusionRepository, SettlementRepository, VotingSettingsRepository
from storage.demonstrations import DemonstrationRepository
from storage.embeddings import EmbeddingRepository
from storage.errors import DatabaseConflict, DatabaseError, DatabaseInUse, RowConflict, RowNotFound
from storage.evaluations import EvaluationRepository
from storage.interventions import InterventionRepository
from storage.metrics import MetricRepository
from storage.migrations import migrate
from storage.models import Model, ModelRepository
from storage.notices import NoticeRepository
from storage.pairs import PairRepository
from storage.promotions import PromotionRepository
from storage.queue import PairScoreRepository, QueueRepository
from storage.responses import ResponseRepository
from storage.runs import RunRepository
from storage.samples import SampleRepository
from storage.snapshots import SnapshotRepository
from storage.votes import VoteRepository
from workbench.errors import InvalidInput, NotFound, StorageError, WorkspaceInUse
from workbench.models.spec import ModelSpec

T = TypeVar("T")

BASE_MODEL_ID = "base"
"""Id of the base model that every workspace has."""


def default_workspace() -> Path:
    """The folder named by ``WORKBENCH_WORKSPACE``, else ``./workspace``."""
    return Path(os.environ.get("WORKBENCH_WORKSPACE") or "workspace")


class Workspace:
    """An open workspace: its folder and a repository per table.

    All repositories raise the workbench's errors: NotFound for an id that does not exist, InvalidInput for a
    row that contradicts another, StorageError for the rest.
    """

    def __init__(self, root: Path, database: Database) -> None:
        self.root = root
        self.database = database
        self.demonstrations = DemonstrationRepository(database)
        self.embeddings = EmbeddingRepository(database)
        self.snapshots = SnapshotRepository(database)
        self.runs = RunRepository(database)
        self.metrics = MetricRepository(database)
        self.samples = SampleRepository(database)
        self.notices = NoticeRepository(database)
        self.interventions = InterventionRepository(database)
        self.responses = ResponseRepository(database)
        self.pairs = PairRepository(database)
        self.annotators = AnnotatorRepository(database)
        self.votes = VoteRepository(database)
        self.queue = QueueRepository(database)
        self.pair_scores = PairScoreRepository(database)
        self.voting_settings = VotingSettingsRepository(database)
        self.exclusions = ExclusionRepository(database)
        self.settlements = SettlementRepository(database)
        self.models = ModelRepository(database)
        self.promotions = PromotionRepository(database)
        self.evaluations = EvaluationRepository(database)
        self.answers = AnswerRepository(database)
        self.answer_marks = AnswerMarkRepository(database)
        self.comparisons = ComparisonRepository(database)
        self.chats = ChatRepository(database)

    @classmethod
    def open(cls, root: Path, owner: str = "workbench") -> Workspace:
        """Opens the workspace, making it where there is none; ``owner`` tells others which program holds it.

        Raises WorkspaceInUse where another process has it open, StorageError where it cannot be read or made.
        """
        root = root.expanduser().resolve()
        with _translated():
            try:
                for folder in ("runs", "models"):
                    (root / folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageError(f"The workspace {root} cannot be made: {error.strerror or error}.") from error
            database = _WorkspaceDatabase.open(root / "workbench.duckdb", owner)
            try:
                migrate(database)
                workspace = cls(root, database)
                workspace._ensure_base_model()
                workspace._find_moved_files()
            except BaseException:
                database.close()
                raise
        return workspace

    def close(self) -> None:
        """Closes the database; workers go on."""
        self.database.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _find_moved_files(self) -> None:
        """After the folder was moved or copied: its runs and snapshots are where it is now, not where it was."""
        for run in self.runs.list():
            if not (self.root / run.directory).is_relative_to(self.root) and (self.root / "runs" / run.id).is_dir():
                self.runs.update(run.id, directory=f"runs/{run.id}")
        for snapshot in self.snapshots.list():
            path = Path(snapshot.path)
            if path.is_relative_to(self.root):
                continue
            for folder in ("runs", "snapshots"):
                below = path.parts[path.parts.index(folder) :] if folder in path.parts else ()
                if below and self.root.joinpath(*below).is_file():
                    self.snapshots.rename(snapshot.id, snapshot.name, str(self.root.joinpath(*below)))

    def _ensure_base_model(self) -> None:
        if self.models.find(BASE_MODEL_ID) is None:
            spec = ModelSpec().model_dump(mode="json")
            self.models.add(Model(BASE_MODEL_ID, "Base model", "base", spec, None, None, datetime.now(UTC)))


class _WorkspaceDatabase(Database):
    """The database, raising the workbench's errors instead of storage's."""

    @contextmanager
    def read(self) -> Iterator[DuckDBPyConnection]:
        with _translated(), super().read() as cursor:
            yield cursor

    @contextmanager
    def write(self) -> Iterator[DuckDBPyConnection]:
        with _translated(), super().write() as cursor:
            yield cursor

    def run_write(self, fn: Callable[[DuckDBPyConnection], T]) -> T:
        try:
            return super().run_write(fn)
        except DatabaseConflict as error:
            raise StorageError(f"{error} Try again.") from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DatabaseInUse as error:
        raise WorkspaceInUse(_in_use(error)) from error
    except RowNotFound as error:
        raise NotFound(str(error)) from error
    except RowConflict as error:
        raise InvalidInput(str(error)) from error
    except DatabaseConflict:
        raise  # for run_write, which tries again
    except DatabaseError as error:
        raise StorageError(str(error)) from error


def _in_use(error: DatabaseInUse) -> str:
    holder = f"{error.owner or 'another program'} (process {error.pid})" if error.pid else "another process"
    return (
        f"The workspace {error.path.parent} is in use by {holder}: close that first, "
        "or choose another folder with --workspace."
    )
