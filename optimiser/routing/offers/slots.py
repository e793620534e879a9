"""Slots of a week: starts of a visit on one part of a day, and how one is offered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from optimiser.model.base import Frozen
from optimiser.model.visits import PartOfDay, TimeWindow, Visit, VisitProblem
from optimiser.model.week import Appointment
from optimiser.routing.days.fits import Days
from optimiser.routing.days.schedule import seconds_on

__all__ = ["GRID_S", "Moves", "Offer", "Slot", "at_any_time", "part_at", "runs", "starts_on"]

GRID_S: Final = 300
"""Starts tried lie five minutes apart."""

_NOON_S: Final = 12 * 3600
_FIVE_S: Final = 17 * 3600
_DAY_S: Final = 86_400


def part_at(start_s: int) -> PartOfDay:
    """Return the part of the day in which a start lies."""
    if start_s < _NOON_S:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if start_s < _FIVE_S else PartOfDay.EVENING


def at_any_time(problem: VisitProblem, index: int) -> Visit:
    """Return the request as if the resident could be at home at any time."""
    dates = sorted({s.date for s in problem.shifts})
    windows = tuple(TimeWindow(date=d, earliest_s=0, latest_s=_DAY_S - 1) for d in dates)
    return problem.visits[index].model_copy(update={"windows": windows})


@dataclass(frozen=True, slots=True)
class Slot:
    """Starts on one part of a day, all feasible, at what the days are worth with the first."""

    shifts: tuple[int, ...]
    starts: tuple[int, ...]
    gain: int
    after: Days | None = None


class Moves(Frozen):
    """A visit or round that must move for a slot, from and to when and whom."""

    ref: str
    before: Appointment
    after: Appointment


class Offer(Frozen):
    """A slot: the visit may start at any minute from `earliest_s` to `latest_s`.

    `extra_walk_s` is on foot, of all officers, the start at `earliest_s`. `asked` is whether
    it lies within the times on the request; `late` whether it is past the due date.
    `slack_s` is how much it takes of the time kept free for urgent work.
    """

    visit_ref: str
    date: dt.date
    part: PartOfDay
    officers: tuple[str, ...]
    earliest_s: int
    latest_s: int
    extra_walk_s: int
    own_officer: bool
    interpreter: bool
    late: bool
    asked: bool
    slack_s: int = 0
    moves: tuple[Moves, ...] = ()


def starts_on(problem: VisitProblem, visit: Visit, shift: int, step: int) -> list[int]:
    """Return round starts within the visit's windows and the shift, and each window's first."""
    there = problem.shifts[shift]
    found: set[int] = set()
    for window in visit.windows:
        if window.date == there.date:
            first = max(window.earliest_s, there.start_s)
            last = min(window.latest_s, there.end_s)
            found.update(range(-(-first // step) * step, last + 1, step))
            if window.earliest_s == window.latest_s:
                found.add(window.earliest_s)
    return sorted(found)


def runs(
    problem: VisitProblem, visit: Visit, shift: int, starts: list[int]
) -> Iterator[tuple[int, ...]]:
    """Yield starts without a gap, of one part of the day, all on time or all late."""
    date = problem.shifts[shift].date
    due = seconds_on(date, visit.due_at)
    run: list[int] = []
    for start in starts:
        same = bool(run) and start - run[-1] <= GRID_S
        if same and part_at(start) == part_at(run[0]) and (start > due) == (run[0] > due):
            run.append(start)
            continue
        if run:
            yield tuple(run)
        run = [start]
    if run:
        yield tuple(run)
