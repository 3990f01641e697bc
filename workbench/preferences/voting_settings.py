"""How a team votes: people per pair, order, repeats, what voters are told and asked. Kept with the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from storage.queue import QueueRules

if TYPE_CHECKING:
    from workbench.workspace import Workspace

Order = Literal["random", "newest", "disputed", "informative"]
MAX_REASONS = 7
"""As many as there are number keys left."""
MAX_REASON_CHARACTERS = 40
MAX_GUIDELINES_CHARACTERS = 20_000


class VotingSettings(BaseModel):
    """Settings of the whole team."""

    model_config = ConfigDict(extra="forbid")

    people_per_pair: int = Field(2, ge=1, le=50, description="How many people vote on a pair.")
    overlap: float = Field(
        1.0, ge=0, le=1, description="Share of the pairs that go to so many people; others go to one."
    )
    order: Order = Field("random", description="Which pairs come first.")
    lapse_minutes: float = Field(10.0, gt=0, le=1440, description="A pair shown but not voted on is held so long.")
    repeat_share: float = Field(
        0.05, ge=0, le=0.5, description="Share of pairs shown to the same person again, sides swapped."
    )
    repeat_after: int = Field(10, ge=1, le=1000, description="Votes that lie at least between a pair and its repeat.")
    reveal: Literal["after", "never"] = Field("after", description="Whether voters may see the models after the vote.")
    ask_reasons: bool = Field(True, description="Whether reasons can be given as tags.")
    reasons: tuple[str, ...] = Field(
        ("right facts", "complete", "clear", "polite", "brief"), description="The tags, at most seven."
    )
    guidelines: str = Field("", max_length=MAX_GUIDELINES_CHARACTERS, description="What makes a response better here.")

    @field_validator("reasons")
    @classmethod
    def _usable_reasons(cls, reasons: tuple[str, ...]) -> tuple[str, ...]:
        clean = tuple(dict.fromkeys(" ".join(reason.split()) for reason in reasons if reason.strip()))
        if len(clean) > MAX_REASONS or any(len(reason) > MAX_REASON_CHARACTERS for reason in clean):
            raise ValueError(f"at most {MAX_REASONS} reasons of at most {MAX_REASON_CHARACTERS} characters")
        return clean

    @property
    def queue_rules(self) -> QueueRules:
        """The part that the queue goes by."""
        return QueueRules(self.people_per_pair, self.overlap, self.order, self.lapse_minutes * 60)


def voting_settings(ws: Workspace) -> VotingSettings:
    """The settings that hold; the defaults where the team has saved none."""
    return VotingSettings.model_validate(ws.voting_settings.latest() or {})


def save_voting_settings(ws: Workspace, settings: VotingSettings, by: str) -> None:
    """Makes these the settings that hold; the former ones stay on record."""
    ws.voting_settings.save(settings.model_dump(mode="json"), by)
