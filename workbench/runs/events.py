"""Typed events: all that a worker says, one JSON object a line in ``events.jsonl``.

A worker appends; the supervisor ingests each complete line once, in order of ``seq``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from workbench.models.spec import ModelSpec

ModelKind = Literal["base", "sft", "reward_model", "ppo", "dpo", "rloo"]


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=True, ser_json_inf_nan="strings")

    seq: int = Field(-1, description="Position in the file, from 0; set by the writer.")
    time: float = Field(0.0, description="Seconds since the epoch; set by the writer.")


class Started(_Event):
    """The worker runs; also written at every resume."""

    type: Literal["started"] = "started"
    pid: int
    device: str = "cpu"
    resumed_from_step: int | None = None
    versions: dict[str, str] = {}


class Progress(_Event):
    """How far the run is. ``eta_seconds`` is None until it can be known."""

    type: Literal["progress"] = "progress"
    phase: str
    done: float
    total: float
    eta_seconds: float | None = None


class Metric(_Event):
    """Values at one step, by the field's names (``objective/kl``); docs/metrics.md defines each."""

    type: Literal["metric"] = "metric"
    step: int
    values: dict[str, float]


class TokenValues(BaseModel):
    """A response token by token; the lists have one length, and the texts joined are the response."""

    model_config = ConfigDict(extra="forbid")

    text: list[str]
    kl: list[float]
    advantage: list[float]


class Sample(_Event):
    """A response that the policy gave while it trained."""

    type: Literal["sample"] = "sample"
    step: int
    prompt: str
    response: str
    fixed: bool = Field(False, description="True for the prompts that are answered again at every report.")
    score: float | None = None
    kl: float | None = None
    length: int | None = Field(None, description="Response tokens, the end token included.")
    tokens: TokenValues | None = Field(None, description="For fixed prompts: the same token by token.")


class PairGenerated(_Event):
    """Two responses to one prompt, to be voted on."""

    type: Literal["pair"] = "pair"
    pair_id: str
    prompt: str
    demonstration_id: str | None
    split: str
    response_a: str
    response_b: str
    model_a: str
    model_b: str
    seed_a: int
    seed_b: int
    temperature: float
    temperature_b: float | None = None


class PairScored(_Event):
    """How a reward model sees a pair: its score of response A minus that of response B."""

    type: Literal["pair_score"] = "pair_score"
    pair_id: str
    model_id: str
    margin: float


class Answer(_Event):
    """A model's answer to one held-out prompt beside the human one, with its per-row measures."""

    type: Literal["answer"] = "answer"
    model_id: str
    demonstration_id: str | None
    prompt: str
    reference: str
    response: str
    measures: dict[str, float | None] = {}
    tags: tuple[str, ...] = ()
    source: str = ""
    held_out: str | None = Field(None, description="'unseen wording' or 'unseen fact', where the data says so.")


class Evaluation(_Event):
    """One measure of one model on one split, with its 95% interval and signature."""

    type: Literal["evaluation"] = "evaluation"
    model_id: str
    split: str
    measure: str
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    n: int
    signature: str = ""
    problem: str | None = Field(None, description="Why the measure could not be computed, where value is None.")


class Embedded(_Event):
    """Embeddings of human texts, computed on the way: the columns text and vector of a Parquet file of the run."""

    type: Literal["embedded"] = "embedded"
    file: str
    count: int


class CheckpointSaved(_Event):
    """A complete checkpoint lies in ``checkpoints/checkpoint-STEP``."""

    type: Literal["checkpoint"] = "checkpoint"
    step: int


class Steered(_Event):
    """A person changed a setting while the run went on; it holds from the update after ``step`` on."""

    type: Literal["steered"] = "steered"
    step: int
    setting: str = Field(description="kl_coef, learning_rate, or pause with 1 for paused and 0 for going on.")
    before: float
    after: float


class Notice(_Event):
    """Something a person should know, such as rows that were cut or left out."""

    type: Literal["notice"] = "notice"
    message: str
    count: int | None = None


class ModelMade(_Event):
    """A model beside the run's own result, such as the policy of an earlier checkpoint."""

    type: Literal["model"] = "model"
    model_id: str
    model_kind: ModelKind
    model: ModelSpec
    parent_model_id: str | None = None


class Finished(_Event):
    """The run is complete. ``model`` says what ``final/`` holds, where the run made a model."""

    type: Literal["finished"] = "finished"
    summary: dict[str, Any] = {}
    model_kind: ModelKind | None = None
    model: ModelSpec | None = None
    parent_model_id: str | None = None


class Stopped(_Event):
    """The worker was asked to stop, wrote a checkpoint and left."""

    type: Literal["stopped"] = "stopped"
    step: int


class Failed(_Event):
    """The run cannot go on; ``message`` is one clear sentence, the traceback is in ``log.txt``."""

    type: Literal["failed"] = "failed"
    message: str


Event = Annotated[
    Started
    | Progress
    | Metric
    | Sample
    | PairGenerated
    | PairScored
    | Answer
    | Evaluation
    | Embedded
    | CheckpointSaved
    | Steered
    | Notice
    | ModelMade
    | Finished
    | Stopped
    | Failed,
    Field(discriminator="type"),
]

event_adapter: TypeAdapter[Event] = TypeAdapter(Event)
"""Parses and dumps one line of ``events.jsonl``."""
