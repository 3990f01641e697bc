"""What a model is made of, without its weights."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

EMBEDDED = "embedded"
"""Name of the base model that ships with the project."""


class ModelSpec(BaseModel):
    """A base model and the LoRA adapters merged into it, in order.

    The SFT model is ``ModelSpec(base, (sft,))``; the PPO model is ``ModelSpec(base, (sft, ppo))``.
    """

    model_config = ConfigDict(frozen=True)

    base: str = Field(EMBEDDED, description="'embedded', a local folder, or a Hugging Face id.")
    revision: str | None = Field(None, description="Hub revision, where the base comes from the hub.")
    adapters: tuple[str, ...] = Field((), description="Adapter folders relative to the workspace, merged in order.")

    def with_adapter(self, adapter: str) -> ModelSpec:
        """The same model with one more adapter on top."""
        return self.model_copy(update={"adapters": (*self.adapters, adapter)})
