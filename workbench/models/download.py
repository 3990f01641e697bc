"""The first step of a run whose base model is not on this machine yet."""

from __future__ import annotations

from workbench.models.spec import ModelSpec
from workbench.runs.context import RunContext
from workbench.runs.progress import ProgressReporter


def fetch_base(context: RunContext, spec: ModelSpec) -> None:
    """Fetch the base from the hub where it is not cached, with progress; do nothing for local models.

    Raises:
        ModelError: it cannot be fetched.
    """
    from workbench.models.loading import is_hub_id

    if not is_hub_id(spec.base):
        return
    from workbench.models.hub import download
    from workbench.models.inspecting import inspect_model

    facts = inspect_model(spec)
    if not facts.cached:
        download(spec, ProgressReporter(context.emit, f"downloading {spec.base}"))
