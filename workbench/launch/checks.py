"""What launches check: that a model is of the right kind, that a reward model is fit, that tags exist."""

from __future__ import annotations

from collections.abc import Collection

from workbench.errors import InvalidInput, NotFound, NotReady
from workbench.models.registry import RegisteredModel, find_language_model, get_model
from workbench.reward_model.verdict import Verdict, read_verdict
from workbench.workspace import Workspace


def require_language_model(ws: Workspace, model_id: str) -> RegisteredModel:
    """A model that writes responses; raises NotFound or InvalidInput where it is not there or is none."""
    model = find_language_model(ws, model_id)
    if model.kind == "reward_model":
        raise InvalidInput(f"'{model_id}' is a reward model: it scores responses and writes none.")
    return model


def require_reward_model(ws: Workspace, model_id: str) -> RegisteredModel:
    """A model that scores responses; raises NotFound or InvalidInput where it is not there or is none."""
    model = get_model(ws, model_id)
    if model.kind != "reward_model":
        raise InvalidInput(f"'{model.id}' is no reward model; train one in step 3b first.")
    return model


def verdict_on(ws: Workspace, reward_model: RegisteredModel) -> Verdict | None:
    """What the reward model's run says of it; None where it says nothing."""
    try:
        return read_verdict(ws.runs.get(reward_model.run_id or reward_model.id).summary)
    except NotFound:
        return None


def refuse_unfit(ws: Workspace, reward_models: Collection[RegisteredModel], despite: bool) -> None:
    """Raises NotReady where a reward model is judged not yet good enough and that is not accepted."""
    for model in reward_models:
        verdict = verdict_on(ws, model)
        if verdict is not None and verdict.verdict == "not_yet" and not despite:
            why = f" {verdict.reasons[0]}" if verdict.reasons else ""
            raise NotReady(
                f"{model.id} is judged not yet good enough to optimise against.{why} Improve it first, or start "
                "anyway (despite_verdict=true)."
            )


def check_known_tags(ws: Workspace, tags: Collection[str]) -> None:
    """Raises InvalidInput for a tag that no demonstration has."""
    known = {tag for row in ws.demonstrations.list(status="approved", split="train") for tag in row.tags}
    unknown = sorted(set(tags) - known)
    if unknown:
        raise InvalidInput(f"No approved training prompt has the tag '{unknown[0]}'.")
