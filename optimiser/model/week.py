"""A week's plan: routes with stops, what is left out, and what it is worth."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from optimiser.model.base import Frozen
from optimiser.model.outcome import Outcome
from optimiser.model.rules import VisitRules
from optimiser.model.visits import Place, Unplanned

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Appointment", "Change", "ChangeKind", "Route", "Stop", "StopKind", "Tier", "VisitPlan"]

StopKind = Literal["visit", "round", "break", "surgery"]
ChangeKind = Literal["added", "moved", "dropped", "cancelled"]


class Stop(Frozen):
    """One thing on a route; times in seconds after midnight.

    `walk_s` and `walk_m` lead here from the stop before (from the start place
    for the first). `access_s` is entry, stairs and lift after arriving; where
    the stop before is in the same block, only the floors between. `leave_s` is
    the way down and out after the end, 0 where the next stop is in the same
    block; so the next stop's `arrive_s` is `end_s` + `leave_s` + its `walk_s`.
    A break is where the stop before it is: its walk, access and leave are 0 and
    the leave of the stop before it comes after the break.
    """

    kind: StopKind
    visit_ref: str | None = None
    round_ref: str | None = None
    property_refs: tuple[str, ...] = ()
    block_ref: str | None = None
    name: str | None = None
    place: int
    easting: float
    northing: float
    arrive_s: int
    start_s: int
    end_s: int
    walk_s: int = 0
    walk_m: int = 0
    access_s: int = 0
    leave_s: int = 0
    with_officer: str | None = None
    late: bool = False
    interpreter: bool = False
    conversations: float = 0.0


class Route(Frozen):
    """One officer's day, from and to the service centre."""

    officer_ref: str
    date: dt.date
    start_s: int
    end_s: int
    start_place: Place
    end_place: Place
    stops: tuple[Stop, ...]
    home_walk_s: int = 0
    home_walk_m: int = 0


class Tier(Frozen):
    """One tier of the objective, in points; the tiers add up to the objective.

    No plan has more than `bound` in this tier, whatever it has in the others, so that no
    plan as good as this one in the tiers above has either; None where no bound is known.
    """

    name: str
    value: float
    bound: float | None = None


class Appointment(Frozen):
    """When a visit or round starts, and who does it; of a pair both, in order."""

    date: dt.date
    start_s: int
    officers: tuple[str, ...]


class Change(Frozen):
    """One visit or round that a plan mended during the week has otherwise than the plan before.

    `before` is None for what was added, `after` for what was dropped (no place any
    more) or cancelled (no longer wanted).
    """

    ref: str
    kind: ChangeKind
    what: Literal["visit", "round"] = "visit"
    before: Appointment | None = None
    after: Appointment | None = None
    why: str = ""


class VisitPlan(Outcome):
    """A week's routes. `objective` and `bound` are points, see `VisitValues`.

    A plan mended during the week says when (`replanned_at`, local time) and what it
    changed; what started before that instant is as it was. `version` tells it from
    the plans of the week before it, on paper too.
    """

    week: dt.date
    routes: tuple[Route, ...]
    unplanned: tuple[Unplanned, ...]
    tiers: tuple[Tier, ...]
    requests: int
    planned: int
    late: int
    doors: int
    conversations: float
    walk_hours: float
    own_officer: int
    busy_share: float = Field(
        0.0, description="officers' mean share of the week's busy limits that is used"
    )
    busy_spread: float = Field(
        0.0, description="population standard deviation of that between officers: 0 is even"
    )
    rules: VisitRules
    notes: tuple[str, ...] = ()
    version: int = Field(1, ge=1)
    replanned_at: dt.datetime | None = None
    away: dict[str, dt.date] = Field(
        default_factory=dict, description="officers told to be away, and until which day"
    )
    changes: tuple[Change, ...] = ()

    def unplanned_counts(self) -> dict[str, int]:
        """Return how many requests were left out, by class."""
        counts: dict[str, int] = {}
        for item in self.unplanned:
            counts[item.kind.value] = counts.get(item.kind.value, 0) + 1
        return counts

    def to_frame(self) -> pd.DataFrame:
        """Return one row a stop, with officer_ref, date and the stop's position on the route."""
        import pandas as pd

        rows = [
            {"officer_ref": r.officer_ref, "date": r.date, "position": k, **s.model_dump()}
            for r in self.routes
            for k, s in enumerate(r.stops, start=1)
        ]
        columns = ["officer_ref", "date", "position", *Stop.model_fields]
        return pd.DataFrame(rows, columns=columns)
