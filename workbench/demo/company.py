"""The fictional demo company: its handbook, its demonstrations and the base model that ships with the
workbench."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

COMPANY_NAME = "Quillhaven"
_HERE = Path(__file__).parent
BASE_MODEL_DIR = _HERE / "base_model"
HANDBOOK_DIR = _HERE / "data" / "handbook"
DEMONSTRATIONS_FILE = _HERE / "data" / "demonstrations.jsonl"


class CompanyDemonstration(BaseModel):
    """One question of an employee and the answer a colleague wrote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str
    response: str
    fact_id: str
    """Shared by all wordings of one fact."""
    wording: int = Field(ge=0)
    key_facts: list[str]
    """Names, numbers, places or times that a right answer states, as they literally stand in the
    response."""
    tags: list[str]
    source: str
    """Handbook file and section that the fact comes from."""
    author: str
    split: Literal["train", "validation", "test"]


def load_demonstrations() -> list[CompanyDemonstration]:
    """All demonstrations in file order."""
    lines = DEMONSTRATIONS_FILE.read_text(encoding="utf-8").splitlines()
    return [CompanyDemonstration.model_validate_json(line) for line in lines if line]


def handbook_files() -> list[Path]:
    """The handbook's Markdown files, sorted by name."""
    return sorted(HANDBOOK_DIR.glob("*.md"))
