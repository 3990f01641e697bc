"""Every error that the workbench raises on purpose.

    WorkbenchError                 one clear sentence: what is wrong and what to do
    ├── InvalidInput               what a person gave cannot be used (form, option, upload)
    │   ├── UnreadableFile         a whole file cannot be read; nothing of it was taken
    │   └── ChangedMeanwhile       somebody else changed the same since the person looked; nothing was overwritten
    ├── NotFound                   a run, model, pair or demonstration of that name does not exist
    ├── NotReady                   the step lacks something from an earlier step (no votes, no model)
    ├── WorkspaceInUse             another process owns this workspace's database
    ├── StorageError               the database refused (full disk, damaged file)
    ├── ModelError                 a model folder cannot be loaded (no weights, no tokenizer, pickle only)
    └── RunError                   a run directory is not what the action needs (not resumable, not stopped)

The command line prints the sentence and exits 1; a page shows it where the person is looking.
Anything else that is raised is a defect of ours.
"""


class WorkbenchError(Exception):
    """Base of all deliberate errors; ``str(error)`` is one sentence for the person."""


class InvalidInput(WorkbenchError, ValueError):
    """What a person gave cannot be used."""


class UnreadableFile(InvalidInput):
    """A whole file cannot be read; nothing of it was taken."""


class ChangedMeanwhile(InvalidInput):
    """Somebody else changed the same since the person looked; nothing was overwritten."""


class NotFound(WorkbenchError, LookupError):
    """Nothing of that name exists in this workspace."""


class NotReady(WorkbenchError):
    """The step needs something that an earlier step has not produced yet."""


class WorkspaceInUse(WorkbenchError):
    """Another process owns the workspace's database."""


class StorageError(WorkbenchError):
    """The database refused to read or write."""


class ModelError(WorkbenchError):
    """A model folder cannot be loaded."""


class RunError(WorkbenchError):
    """A run is not in a state that allows the action."""
