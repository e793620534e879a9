"""Visit types and their deadlines, from a dated file that cites its sources."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from optimiser.model.base import Frozen

__all__ = ["Deadline", "VisitType", "VisitTypes", "load_visit_types"]


class Deadline(Frozen):
    """Counted from the day a request was raised; day 1 is the next (working) day."""

    working_days: int | None = Field(None, ge=0)
    days: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.working_days is None) == (self.days is None):
            raise ValueError("give either working_days or days")
        return self


class VisitType(Frozen):
    """How a kind of visit is planned; `label` is what a calendar or sheet may show."""

    label: str
    minutes: int = Field(gt=0)
    priority: int = Field(1, ge=1)
    statutory: bool = False
    escalate: bool = False
    two_officers: bool = False
    deadline: Deadline | None = None
    source: str


class VisitTypes(Frozen):
    """All visit types, and the day their rules were last checked."""

    dated: dt.date
    types: dict[str, VisitType]


def load_visit_types(path: Path | None = None) -> VisitTypes:
    """Read visit types from `path`, or the packaged ones.

    Raises
    ------
    OSError, tomllib.TOMLDecodeError, pydantic.ValidationError
        If the file cannot be read, is not TOML, or does not fit.
    """
    if path is None:
        text = files("optimiser.model").joinpath("visit_rules.toml").read_text(encoding="utf-8")
    else:
        text = path.read_text(encoding="utf-8-sig")
    return VisitTypes.model_validate(tomllib.loads(text))
