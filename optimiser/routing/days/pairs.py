"""Two days of one date that can hold a two-officer visit from the same second.

Every start that either day allows is tried on both (see `Timer.starts`), so a common
start is found wherever there is one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from optimiser.model.visits import VisitOfficer
from optimiser.routing.days.eligibility import can_pair
from optimiser.routing.days.fits import Days, Fit, Place, own_value, put_in, value_at
from optimiser.routing.days.schedule import Task, Timer

__all__ = ["pair_fits"]

_Side = tuple[int, int] | None  # position, gain with the visit's full value


def pair_fits(
    timer: Timer, days: Days, task: Task, shifts: Sequence[int], first: Mapping[int, int]
) -> Iterator[Fit]:
    """Yield ways to put a two-officer visit into two of the days, by date, officers, start."""
    problem = timer.problem
    people = {o.officer_ref: o for o in problem.officers}
    visit = problem.visits[task.index]
    by_date: dict[dt.date, list[int]] = {}
    for shift in shifts:
        by_date.setdefault(problem.shifts[shift].date, []).append(shift)
    for _, there in sorted(by_date.items()):
        date = _Date(timer, days, task, first)
        for a, one in enumerate(there):
            for other in there[a + 1 :]:
                officers = [people[problem.shifts[k].officer_ref] for k in (one, other)]
                if can_pair(visit, officers[0], officers[1]):
                    yield from date.common_fits((one, other), officers)


class _Known(NamedTuple):
    starts: tuple[int, ...]
    soonest: dict[int, int]  # position -> soonest start there


class _Date:
    """One date's days: what has been found out about each for a visit, kept."""

    def __init__(self, timer: Timer, days: Days, task: Task, first: Mapping[int, int]) -> None:
        self.timer, self.days, self.task, self.first = timer, days, task, first
        self._known: dict[int, _Known] = {}
        self._sides: dict[tuple[int, int, bool], _Side] = {}

    def common_fits(self, pair: tuple[int, int], officers: Sequence[VisitOfficer]) -> Iterator[Fit]:
        """Yield a fit for each start that both days allow, at the best position of each."""
        problem = self.timer.problem
        refs = [o.officer_ref for o in officers]
        language = problem.visits[self.task.index].language
        spoken = any(language in o.languages for o in officers)
        known = [self._of(shift) for shift in pair]
        if not all(k.starts for k in known):
            return
        for start in sorted({*known[0].starts, *known[1].starts}):
            one = self._side(pair[0], start, refs[1], spoken)
            other = self._side(pair[1], start, refs[0], spoken) if one else None
            if one is None or other is None:
                continue
            gain = one[1] + other[1] - value_at(problem, self.task, pair[0], start)
            places = (Place(pair[0], one[0]), Place(pair[1], other[0]))
            fixed = replace(self.task, start_s=start)
            yield Fit(fixed, places, start, gain + own_value(problem, self.task, refs))

    def _of(self, shift: int) -> _Known:
        """Return the starts a day allows at the positions that can be done at all."""
        if (known := self._known.get(shift)) is None:
            hopeful = replace(self.task, with_officer=self._speaker())
            tasks = self.days.get(shift, ())
            starts: set[int] = set()
            soonest: dict[int, int] = {}
            for position in range(self.first.get(shift, 0), len(tasks) + 1):
                order = put_in(tasks, hopeful, position)
                if self.timer.value(shift, order) is not None:
                    there = self.timer.starts(shift, order, position)
                    starts.update(there)
                    soonest[position] = there[0]
            known = self._known[shift] = _Known(tuple(sorted(starts)), soonest)
        return known

    def _side(self, shift: int, start: int, partner: str, spoken: bool) -> _Side:
        """Return the best position of a fixed start on one day."""
        key = (shift, start, spoken)
        if key not in self._sides:
            fixed = replace(self.task, start_s=start, with_officer=partner)
            tasks = self.days.get(shift, ())
            best: _Side = None
            for position, soonest in self._of(shift).soonest.items():
                if soonest > start:
                    continue
                after = self.timer.value(shift, put_in(tasks, fixed, position))
                if after is not None and (best is None or after > best[1]):
                    best = (position, after)
            if best is not None:
                best = (best[0], best[1] - (self.timer.value(shift, tasks) or 0))
            self._sides[key] = best
        return self._sides[key]

    def _speaker(self) -> str | None:
        """Return anyone who speaks the visit's language: as a partner, the shortest visit."""
        language = self.timer.problem.visits[self.task.index].language
        speakers = (o for o in self.timer.problem.officers if language in o.languages)
        return next((o.officer_ref for o in speakers), None)
