"""One question to one or several models: its settings, checked, and the link that asks it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from workbench.errors import InvalidInput
from workbench.models.streaming import Sampling

MOST_MODELS = 4
MAX_PROMPT = 20_000


class Question(BaseModel):
    """What is asked, of which models in which order, and how their answers are drawn."""

    model_config = ConfigDict(frozen=True)

    prompt: str = Field(min_length=1, max_length=MAX_PROMPT)
    models: tuple[str, ...] = Field(min_length=1, max_length=MOST_MODELS)
    sampling: Sampling = Sampling()
    different_seeds: bool = Field(False, description="Each model draws with a seed of its own: seed, seed + 1, …")

    @field_validator("prompt")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("the prompt is empty")
        return text.strip()

    def sampling_of(self, pane: int) -> Sampling:
        """The sampling of one pane."""
        if not self.different_seeds:
            return self.sampling
        return self.sampling.model_copy(update={"seed": self.sampling.seed + pane})


def question(
    prompt: str, models: Sequence[str], sampling: Mapping[str, Any], *, different_seeds: bool = False
) -> Question:
    """A question from what a person entered.

    Raises:
        InvalidInput: with the one sentence that says what to change.
    """
    if not prompt.strip():
        raise InvalidInput("The prompt is empty; write a question first.")
    if len(prompt) > MAX_PROMPT:
        raise InvalidInput(f"The prompt has {len(prompt):,} characters; at most {MAX_PROMPT:,} are taken.")
    if not 1 <= len(models) <= MOST_MODELS:
        raise InvalidInput(f"Choose one to {MOST_MODELS} models.")
    try:
        return Question(
            prompt=prompt,
            models=tuple(models),
            sampling=Sampling.model_validate(dict(sampling)),
            different_seeds=different_seeds,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{first['loc'][-1]}: {first['msg'].replace('Input should', 'must')}.") from None


_NAMES = {"temperature": "t", "top_p": "p", "max_new_tokens": "n", "seed": "s"}


def to_link(asked: Question, *, blind: bool = False) -> dict[str, str]:
    """Query parameters that ask the same question of the same models; settings at their default are left out."""
    default = Sampling()
    # In a blind comparison the order is drawn; a link that kept it would tell who stands where.
    link = {"q": asked.prompt, "m": ",".join(sorted(asked.models) if blind else asked.models)}
    for name, short in _NAMES.items():
        value = getattr(asked.sampling, name)
        if value != getattr(default, name):
            link[short] = f"{value:g}" if isinstance(value, float) else str(value)
    if asked.different_seeds:
        link["seeds"] = "different"
    if blind:
        link["blind"] = "1"
    return link


def from_link(parameters: Mapping[str, str]) -> tuple[Question, bool] | None:
    """The question that a link asks and whether it is blind; None where it asks none.

    Raises:
        InvalidInput: the link was changed by hand into something that cannot be asked.
    """
    if not parameters.get("q") or not parameters.get("m"):
        return None
    sampling = {name: parameters[short] for name, short in _NAMES.items() if parameters.get(short)}
    models = [name for name in parameters["m"].split(",") if name]
    asked = question(parameters["q"], models, sampling, different_seeds=parameters.get("seeds") == "different")
    return asked, parameters.get("blind") == "1"
