"""A week's visits as a problem: officers' days, requests, rounds, walking times.

Times of day are integer seconds after local midnight; a date and a time of day
together name an instant. Durations are integer seconds.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, model_validator

from optimiser.model.base import Frozen, Int32Array
from optimiser.model.rules import VisitRules

__all__ = [
    "UNREACHABLE_S",
    "VALUE_UNITS_PER_POINT",
    "Door",
    "PartOfDay",
    "Place",
    "Round",
    "RoundOption",
    "Session",
    "Shift",
    "TimeWindow",
    "Unplanned",
    "UnplannedClass",
    "Visit",
    "VisitOfficer",
    "VisitParams",
    "VisitProblem",
]

UNREACHABLE_S: Final = 10_000_000
"""Walking time of a pair with no way between; longer than any week."""

VALUE_UNITS_PER_POINT: Final = 6_000


class Place(Frozen):
    """A point on the ground, EPSG:27700 unless the workspace says otherwise."""

    name: str
    easting: float
    northing: float


class Door(Frozen):
    """A place inside a building: where one walks to, and what it takes to get up.

    `place` indexes `VisitProblem.places`. `entry_s` is the way through the
    building's door, once per entry. A floor costs `stairs_seconds_floor` each
    way without a lift; with one, any change of floor costs `lift_seconds`.
    """

    place: int = Field(ge=0)
    block_ref: str | None = None
    floor: int = 0
    lift: bool = False
    entry_s: int = Field(0, ge=0)


class TimeWindow(Frozen):
    """A visit may start on `date` from `earliest_s` to `latest_s`, both included."""

    date: dt.date
    earliest_s: int = Field(ge=0)
    latest_s: int = Field(ge=0)


class Session(Frozen):
    """A surgery, duty desk or other fixed engagement at a place."""

    kind: str
    place: int = Field(ge=0)
    start_s: int = Field(ge=0)
    end_s: int = Field(ge=0)


class Shift(Frozen):
    """One officer's working day.

    The route leaves `start_place` at `start_s` or later and is back at
    `end_place` by `end_s`. A break of `break_s` (0: none) starts within
    `break_earliest_s`..`break_latest_s`. Walking, access, visits, rounds and
    sessions together last at most `busy_limit_s`: the rest is break and slack.
    Walking alone lasts at most `walk_limit_s`; None: no such limit.
    """

    officer_ref: str
    date: dt.date
    start_s: int
    end_s: int
    start_place: int = Field(ge=0)
    end_place: int = Field(ge=0)
    break_s: int = Field(0, ge=0)
    break_earliest_s: int = 0
    break_latest_s: int = 0
    busy_limit_s: int = Field(ge=0)
    walk_limit_s: int | None = Field(None, ge=0)
    sessions: tuple[Session, ...] = ()


class VisitOfficer(Frozen):
    """Who an officer is, apart from the days."""

    officer_ref: str
    patch: str | None = None
    service_centre: str | None = None
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


class Visit(Frozen):
    """A request that may be planned this week.

    `service_s` is at the door; `interpreter_service_s` replaces it when no
    officer of the visit speaks `language`. With `two_officers`, two are there
    from the same minute to the end, and `skill` and `language` may be held by
    either; `required_officer` is one of them. Planned at or before `due_at` it is
    worth `value`, later `late_value` (units of 1 / `VALUE_UNITS_PER_POINT` point); with
    `own_officer` (as either of a pair) `own_officer_value` more.
    """

    visit_ref: str
    visit_type: str
    property_ref: str
    block_ref: str
    door: Door
    service_s: int = Field(gt=0)
    interpreter_service_s: int = Field(gt=0)
    windows: tuple[TimeWindow, ...]
    due_at: dt.datetime | None = None
    statutory: bool = False
    priority: int = Field(1, ge=1)
    two_officers: bool = False
    language: str | None = None
    skill: str | None = None
    own_officer: str | None = None
    excluded_officers: frozenset[str] = frozenset()
    required_officer: str | None = None
    value: int = Field(ge=0)
    late_value: int = Field(ge=0)
    own_officer_value: int = Field(0, ge=0)
    statutory_value: int = Field(0, ge=0, description="the part of `value` for being on time")


class PartOfDay(StrEnum):
    """When a door is knocked: before noon, to 5pm, after."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class RoundOption(Frozen):
    """A round started within one part of the day: how long, how many conversations."""

    part: PartOfDay
    earliest_s: int
    latest_s: int
    service_s: int = Field(gt=0)
    conversations: float = Field(ge=0)
    value: int = Field(ge=0)


class Round(Frozen):
    """Doors of one block to knock in one go, from the top floor down.

    `door` is the first door's; `last_floor` is where the round ends. Knocked by
    one of `officers`, at most once, by one of its `options`. With `two_officers`
    by two: the first of `officers` and one of the others, from the same second to
    the end, as at a two-officer visit. An option's `service_s` is how long the two
    take, and its value is the round's, not one for each of them.
    """

    round_ref: str
    block_ref: str
    patch: str
    date: dt.date
    door: Door
    last_floor: int
    property_refs: tuple[str, ...] = Field(min_length=1)
    officers: tuple[str, ...] = Field(min_length=1)
    options: tuple[RoundOption, ...] = Field(min_length=1)
    two_officers: bool = False


class UnplannedClass(StrEnum):
    """Why a request is not in the plan."""

    IMPOSSIBLE = "impossible"
    CROWDED_OUT = "crowded_out"
    NOT_FOUND = "not_found"
    ESCALATE = "escalate"
    BAD_DATA = "bad_data"


class Unplanned(Frozen):
    """A request left out: why, on what evidence, and what would help."""

    visit_ref: str
    kind: UnplannedClass = Field(serialization_alias="class")
    reason: str
    evidence: str
    remedy: str


class VisitProblem(Frozen):
    """Who visits whom, when and in what order, in the week from Monday `week`.

    With m places, `walk_s` (m, m) is the walk in seconds (`UNREACHABLE_S` where
    there is no way) and `walk_m` (m, m) its length in metres. `set_aside` are
    requests that never reach the solver (emergencies, unusable rows).
    `walk_value` is taken off the value per second on foot (units of
    1 / `VALUE_UNITS_PER_POINT` point).
    """

    week: dt.date
    places: tuple[Place, ...]
    walk_s: Int32Array
    walk_m: Int32Array
    officers: tuple[VisitOfficer, ...]
    shifts: tuple[Shift, ...]
    visits: tuple[Visit, ...]
    rounds: tuple[Round, ...] = ()
    set_aside: tuple[Unplanned, ...] = ()
    walk_value: int = Field(0, ge=0)
    rules: VisitRules = VisitRules()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        m = len(self.places)
        for name in ("walk_s", "walk_m"):
            if getattr(self, name).shape != (m, m):
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not {(m, m)}")
        known = {o.officer_ref for o in self.officers}
        if unknown := {s.officer_ref for s in self.shifts} - known:
            raise ValueError(f"shifts of unknown officers: {sorted(unknown)}")
        doors = [v.door for v in self.visits] + [r.door for r in self.rounds]
        if any(d.place >= m for d in doors):
            raise ValueError("a door names a place that is not there")
        if len({(s.officer_ref, s.date) for s in self.shifts}) != len(self.shifts):
            raise ValueError("an officer has two shifts on one day")
        if len({v.visit_ref for v in self.visits}) != len(self.visits):
            raise ValueError("a visit_ref is not unique")
        if any(r.two_officers and len(set(r.officers)) < 2 for r in self.rounds):
            raise ValueError("a round for two officers names fewer than two")
        return self


class VisitParams(Frozen):
    """How hard to search.

    With `iterations` set, the search stops after that many instead of by the
    clock, so that the same seed gives the same plan.
    """

    iterations: int | None = Field(None, ge=0)
    workers: int = Field(2, ge=1)
