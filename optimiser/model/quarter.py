"""The community days of the weeks ahead: which doors are knocked on which of them.

A turn is a round knocked on one community day, in one part of it: the first try at its
doors, or the second one at those where nobody answered. Durations are integer seconds.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from optimiser.model.base import Frozen
from optimiser.model.outcome import Outcome
from optimiser.model.rules import VisitRules
from optimiser.model.visits import PartOfDay

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CommunityDay",
    "PatchQuarter",
    "QuarterBlock",
    "QuarterPatch",
    "QuarterPlan",
    "QuarterProblem",
    "QuarterRound",
    "Turn",
    "TurnOption",
]


class TurnOption(Frozen):
    """A try at a round's doors in one part of the day.

    `load_s` is what it takes of the patch's officer: at the doors, between the floors, into
    the building and out again; for a round in pairs twice that, since the officer goes along
    with the colleague for as long in turn.
    """

    try_number: int = Field(ge=1, le=2)
    part: PartOfDay
    load_s: int = Field(gt=0)
    conversations: float = Field(ge=0)


class QuarterRound(Frozen):
    """Doors of a block that are knocked in one go."""

    round_ref: str
    block_ref: str
    property_refs: tuple[str, ...] = Field(min_length=1)
    two_officers: bool = False
    options: tuple[TurnOption, ...]

    def option(self, try_number: int, part: PartOfDay) -> TurnOption | None:
        """Return the option of a try in a part of the day, None if there is none."""
        found = (o for o in self.options if (o.try_number, o.part) == (try_number, part))
        return next(found, None)


class QuarterBlock(Frozen):
    """A block on the patch's chain of blocks, along which a day's walk is measured.

    `position_s` is how far along the chain it stands, on foot from the first one;
    `step_s` what coming here from the blocks beside it takes of a day.
    """

    block_ref: str
    position_s: int = Field(ge=0)
    step_s: int = Field(ge=0)


class CommunityDay(Frozen):
    """What one community day holds for a patch's doors: in all, and in each part of the day.

    `closed` says why there is nothing, where there is nothing.
    """

    date: dt.date
    capacity_s: int = Field(ge=0)
    parts: dict[PartOfDay, int]
    closed: str | None = None


class QuarterPatch(Frozen):
    """A patch: its officer, community days, blocks along their chain, and rounds.

    Homes that are not knocked at: `met` since somebody was met there this quarter already,
    `by_appointment` since too many tries found nobody.
    """

    patch: str
    officer_ref: str | None
    days: tuple[CommunityDay, ...]
    blocks: tuple[QuarterBlock, ...]
    rounds: tuple[QuarterRound, ...]
    met: tuple[str, ...] = ()
    by_appointment: tuple[str, ...] = ()


class QuarterProblem(Frozen):
    """The weeks ahead: patches do not share anybody's time, so that each stands alone.

    Between the two tries at a round's doors are `weeks_apart` weeks or more.
    """

    first_week: dt.date
    weeks: int = Field(ge=1)
    patches: tuple[QuarterPatch, ...]
    requests_share: float = Field(0.0, ge=0, lt=1)
    weeks_apart: int = Field(2, ge=1)
    rules: VisitRules = VisitRules()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for patch in self.patches:
            known = {b.block_ref for b in patch.blocks}
            if any(r.block_ref not in known for r in patch.rounds):
                raise ValueError(f"{patch.patch}: a round's block is not among its blocks")
            if len({r.round_ref for r in patch.rounds}) != len(patch.rounds):
                raise ValueError(f"{patch.patch}: a round_ref is not unique")
            if len(patch.days) != self.weeks:
                raise ValueError(f"{patch.patch}: {len(patch.days)} days in {self.weeks} weeks")
        return self


class Turn(Frozen):
    """A round on one of the community days."""

    patch: str
    officer_ref: str
    date: dt.date
    part: PartOfDay
    round_ref: str
    block_ref: str
    try_number: int
    doors: int
    load_s: int
    conversations: float


class PatchQuarter(Frozen):
    """What the weeks come to for one patch.

    `without_turn` are homes of rounds without a first try, of which no plan has fewer than
    `without_turn_bound`; no plan without more of them has more `conversations` than
    `conversations_bound`. `used_share` is the days' time taken, `peak_share` that of the
    fullest; `more_hours` on the community days, spread evenly, would serve all
    of them (checked; None where not known, 0 where all are served).
    """

    patch: str
    officer_ref: str | None
    homes: int
    met: int
    by_appointment: int
    without_turn: int
    without_turn_bound: int
    second_tries: int
    conversations: float
    conversations_bound: float
    days: int
    used_share: float
    peak_share: float
    block_visits: int
    more_hours: int | None = 0


class QuarterPlan(Outcome):
    """The turns. `objective` and `bound` are homes without a turn: fewer is better."""

    first_week: dt.date
    weeks: int
    turns: tuple[Turn, ...]
    patches: tuple[PatchQuarter, ...]
    by_appointment: tuple[str, ...] = ()
    requests_share: float
    weeks_apart: int
    rules: VisitRules
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row a turn."""
        import pandas as pd

        rows = [t.model_dump(mode="json") | {"date": t.date} for t in self.turns]
        return pd.DataFrame(rows, columns=list(Turn.model_fields))
