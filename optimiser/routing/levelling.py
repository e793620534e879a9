"""Evenness, the last tier of the objective: officers' loads levelled at no cost to the others.

The load of an officer is the busy share of the week (`metrics.busy_shares`); its standard
deviation over officers is to fall. A local search over timed days:

- a task goes from one officer to another,
- two officers change one task for another, each in the other's place,
- two officers change all their tasks of one date.

A change is kept only if every tier of the objective is at least what it was, walking in
seconds included, and the deviation falls. What two officers do together stays. Each
candidate is judged first by the walks between the stops as they stand (arrays over all
stops), and only those that pass are timed; `attempts` bounds the timings, so that the same
plan gives the same plan on every machine.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routing.days.eligibility import eligible_shifts
from optimiser.routing.days.fits import days_of, own_value, put_in
from optimiser.routing.days.schedule import Task, Timer
from optimiser.routing.late_first import late_first
from optimiser.routing.metrics import busy_s, tier_units

if TYPE_CHECKING:
    from optimiser.model import Route, VisitProblem

__all__ = ["level"]

_log = logging.getLogger(__name__)

_ATTEMPTS: Final = 3_000
_BEST_OF_EACH: Final = 4
"""Candidates kept of each task and kind of change."""

_CANDIDATES_SHARE: Final = 0.5
"""Of the time, what the search for candidates may use up."""

_WITH_LATE_FIRST: Final = 1.25
"""Of the time, what may be used up in all where there are late visits."""

I64 = npt.NDArray[np.int64]


def level(
    problem: VisitProblem,
    routes: Iterable[Route],
    *,
    attempts: int = _ATTEMPTS,
    seconds: float | None = None,
) -> list[Route]:
    """Return routes at least as good in every tier, with officers' loads more even.

    Then late visits go to earlier days where that costs nothing, see `late_first`.

    Parameters
    ----------
    problem
        The week.
    routes
        A plan's, as the timing makes them.
    attempts
        Most days to time, of each of the two.
    seconds
        Most wall-clock seconds, where the plan is made against the clock; a quarter more
        where there are late visits.
    """
    routes = list(routes)
    begun = time.monotonic()

    def late(share: float) -> bool:
        return seconds is not None and time.monotonic() - begun > share * seconds

    levelled = _levelled(problem, routes, attempts=attempts, late=late)
    return late_first(problem, levelled, attempts=attempts, stop=lambda: late(_WITH_LATE_FIRST))


def _levelled(
    problem: VisitProblem,
    routes: list[Route],
    *,
    attempts: int,
    late: Callable[[float], bool],
) -> list[Route]:
    week = _Week(problem, routes)
    if len(week.room) < 2:
        return routes
    before = week.spread()

    def enough() -> bool:
        return late(1.0) or week.timer.attempts >= attempts

    improved = True
    while improved and not enough():
        improved = False
        # In a very large week, the time would be over before all candidates are known.
        found = week.candidates(lambda: late(_CANDIDATES_SHARE))
        for change in sorted(found, key=lambda c: c.worth):
            if enough():
                break
            improved |= week.make(change)
    _log.info("officers' loads: deviation %.3f, then %.3f", before, week.spread())
    return [route for _, route in sorted(week.routes.items())]


class _Change(NamedTuple):
    """Tasks that shift `a` gives for those of `b`; each side as (position, task)."""

    worth: float  # estimated change of the variance: smallest first
    a: int
    b: int
    order_a: tuple[Task, ...]
    order_b: tuple[Task, ...]
    seen_a: int
    seen_b: int


class _Slot(NamedTuple):
    """A task that may move: where it stands, and the places before and after it."""

    shift: int
    position: int
    task: Task
    place: int
    before: int
    after: int
    length_s: int


class _Week:
    """The days as they stand, and what each officer has of them."""

    def __init__(self, problem: VisitProblem, routes: Sequence[Route]) -> None:
        self.problem = problem
        self.timer = Timer(problem)
        at = {(s.officer_ref, s.date): k for k, s in enumerate(problem.shifts)}
        self.routes = {at[r.officer_ref, r.date]: r for r in routes if r.stops}
        self.days = days_of(problem, self.routes.values())
        self.version = [0] * len(problem.shifts)
        self.officer = [s.officer_ref for s in problem.shifts]
        self.room: dict[str, int] = {}
        for shift in problem.shifts:
            self.room[shift.officer_ref] = self.room.get(shift.officer_ref, 0) + shift.busy_limit_s
        self.room = {ref: room for ref, room in self.room.items() if room > 0}
        self.share = dict.fromkeys(self.room, 0.0)
        self.total = 0.0
        for route in self.routes.values():
            self._load(route, 1)
        self._takers: dict[tuple[str, int], frozenset[int]] = {}

    def _load(self, route: Route, sign: int) -> None:
        if route.officer_ref in self.room:
            more = sign * busy_s(route) / self.room[route.officer_ref]
            self.share[route.officer_ref] += more
            self.total += more

    def spread(self) -> float:
        """Return the standard deviation of the officers' shares."""
        return float(np.std(list(self.share.values()))) if self.share else 0.0

    def takers(self, task: Task) -> frozenset[int]:
        """Return the shifts that may take a task."""
        key = (task.kind, task.index)
        if key not in self._takers:
            if task.kind == "visit":
                found = eligible_shifts(self.problem, self.problem.visits[task.index])
            else:
                turn = self.problem.rounds[task.index]
                found = [
                    k
                    for k, s in enumerate(self.problem.shifts)
                    if s.date == turn.date and s.officer_ref in turn.officers
                ]
            self._takers[key] = frozenset(found)
        return self._takers[key]

    def candidates(self, stop: Callable[[], bool]) -> list[_Change]:
        """Return changes that may level the loads without a longer walk, by estimate.

        `stop` is asked often; True ends the search for more.
        """
        slots, legs = self._slots()
        found: list[_Change] = []
        if slots:
            stand = _Standing(self, slots, legs)
            for k in range(len(slots)):
                if stop():
                    return found
                found.extend(stand.moves(k))
                found.extend(stand.swaps(k))
        found.extend(self._whole_days(stop))
        return found

    def _slots(self) -> tuple[list[_Slot], list[tuple[int, int, int, int]]]:
        """Return the tasks that may move, and all legs as (shift, position, from, to)."""
        slots, legs = [], []
        for k, shift in enumerate(self.problem.shifts):
            route, tasks = self.routes.get(k), self.days.get(k, ())
            stops = [s for s in route.stops if s.kind != "break"] if route else []
            places = [shift.start_place, *(s.place for s in stops), shift.end_place]
            position = 0
            for i, stop in enumerate(stops, start=1):
                legs.append((k, position, places[i - 1], places[i]))
                if stop.kind == "surgery":
                    continue
                task = tasks[position]
                if task.with_officer is None:
                    ends = (places[i], places[i - 1], places[i + 1])
                    slots.append(_Slot(k, position, task, *ends, stop.end_s - stop.start_s))
                position += 1
            legs.append((k, position, places[-2], places[-1]))
        return slots, legs

    def _whole_days(self, stop: Callable[[], bool]) -> Iterator[_Change]:
        """Yield changes of all tasks between two officers on one date."""
        shifts = self.problem.shifts
        by_date: dict[object, list[int]] = {}
        for k, shift in enumerate(shifts):
            if all(t.with_officer is None for t in self.days.get(k, ())):
                by_date.setdefault(shift.date, []).append(k)
        work = {k: self._work_s(k) for ks in by_date.values() for k in ks}
        for ks in by_date.values():
            for a in ks:
                if stop():
                    return
                for b in ks:
                    if a == b or work[a] <= work[b]:
                        continue
                    worth = self.estimate(a, b, work[a] - work[b])
                    mine, theirs = self.days.get(a, ()), self.days.get(b, ())
                    if worth < 0 and self._may_have(b, mine) and self._may_have(a, theirs):
                        yield self.change(worth, a, b, theirs, mine)

    def _work_s(self, k: int) -> int:
        stops = self.routes[k].stops if k in self.routes else ()
        return sum(s.end_s - s.start_s for s in stops if s.kind in ("visit", "round"))

    def _may_have(self, shift: int, tasks: Iterable[Task]) -> bool:
        return all(shift in self.takers(t) for t in tasks)

    def estimate(self, a: int, b: int, seconds: int) -> float:
        """Return how the sum of squared deviations changes when work goes from a to b."""
        one, other = self.officer[a], self.officer[b]
        if one not in self.room or other not in self.room:
            return 0.0
        after = {one: self.share[one] - seconds / self.room[one]}
        after[other] = self.share[other] + seconds / self.room[other]
        return self._variance_change(after)

    def _variance_change(self, after: dict[str, float]) -> float:
        n, total = len(self.share), self.total
        moved = sum(after.values()) - sum(self.share[ref] for ref in after)
        squares = sum(x * x for x in after.values()) - sum(self.share[r] ** 2 for r in after)
        return squares - ((total + moved) ** 2 - total**2) / n

    def change(
        self, worth: float, a: int, b: int, order_a: tuple[Task, ...], order_b: tuple[Task, ...]
    ) -> _Change:
        """Return a change as of the days as they are now."""
        return _Change(worth, a, b, order_a, order_b, self.version[a], self.version[b])

    def make(self, change: _Change) -> bool:
        """Make a change if it is one for the better; return whether it was."""
        a, b = change.a, change.b
        if (self.version[a], self.version[b]) != (change.seen_a, change.seen_b):
            return False
        new: list[Route] = []
        for k, order in ((a, change.order_a), (b, change.order_b)):
            route = self.timer.route(k, order)
            if route is None:
                return False
            new.append(route)
        old = [self.routes[k] for k in (a, b) if k in self.routes]
        if not self._no_worse(old, new) or not self._levels(old, new):
            return False
        for route in old:
            self._load(route, -1)
        for k, order, route in zip((a, b), (change.order_a, change.order_b), new, strict=True):
            self._load(route, 1)
            self.days[k] = order
            self.version[k] += 1
            self.routes.pop(k, None)
            if route.stops:
                self.routes[k] = route
        return True

    def _no_worse(self, old: Sequence[Route], new: Sequence[Route]) -> bool:
        before, after = tier_units(self.problem, old), tier_units(self.problem, new)
        walked = [sum(_walk_s(r) for r in routes) for routes in (old, new)]
        return walked[1] <= walked[0] and all(after[name] >= before[name] for name in before)

    def _levels(self, old: Sequence[Route], new: Sequence[Route]) -> bool:
        after = {r.officer_ref: self.share[r.officer_ref] for r in (*old, *new)}
        for sign, routes in ((-1, old), (1, new)):
            for route in routes:
                after[route.officer_ref] += sign * busy_s(route) / self.room[route.officer_ref]
        return self._variance_change(after) < -1e-12


class _Standing:
    """All stops of the week as arrays, to find changes that do not lengthen the walks."""

    def __init__(
        self, week: _Week, slots: list[_Slot], legs: list[tuple[int, int, int, int]]
    ) -> None:
        self.week, self.slots = week, slots
        self.walk = np.asarray(week.problem.walk_s)
        self.leg_shift, self.leg_position, self.leg_from, self.leg_to = np.array(legs).T
        self.place, self.before, self.after = np.array([s[3:6] for s in slots]).T
        self.length = np.array([s.length_s for s in slots])
        self.stands = self._detour(self.place, self.before, self.after)
        self.at = np.array([s.shift for s in slots])
        who = {ref: k for k, ref in enumerate(dict.fromkeys(week.officer))}
        self.officer = np.array([who[ref] for ref in week.officer])
        self.share = np.array([week.share.get(ref, math.inf) for ref in who])[self.officer]
        self.own = np.array([self._own(s, week.officer[s.shift]) for s in slots])

    def _own(self, slot: _Slot, officer: str) -> int:
        return own_value(self.week.problem, slot.task, [officer])

    def _detour(self, place: int | I64, before: int | I64, after: int | I64) -> I64:
        legs = (self.walk[before, place], self.walk[place, after], self.walk[before, after])
        first, second, straight = (np.asarray(leg, dtype=np.int64) for leg in legs)
        way: I64 = first + second - straight
        return way

    def moves(self, k: int) -> Iterator[_Change]:
        """Yield the best moves of one task to an officer with less to do."""
        slot, week = self.slots[k], self.week
        cost = self._detour(slot.place, self.leg_from, self.leg_to)
        lighter = self.share[self.leg_shift] < self.share[slot.shift]
        other = self.officer[self.leg_shift] != self.officer[slot.shift]
        found = []
        for leg in np.flatnonzero(lighter & other & (cost <= self.stands[k])).tolist():
            b = int(self.leg_shift[leg])
            if b in week.takers(slot.task) and self._own(slot, week.officer[b]) >= self.own[k]:
                found.append((week.estimate(slot.shift, b, slot.length_s), leg))
        for worth, leg in sorted(found)[:_BEST_OF_EACH]:
            b, position = int(self.leg_shift[leg]), int(self.leg_position[leg])
            mine, theirs = week.days[slot.shift], week.days.get(b, ())
            rest = (*mine[: slot.position], *mine[slot.position + 1 :])
            if worth < 0:
                yield week.change(worth, slot.shift, b, rest, put_in(theirs, slot.task, position))

    def swaps(self, k: int) -> Iterator[_Change]:
        """Yield the best changes of one task for a shorter one of another officer."""
        slot, week = self.slots[k], self.week
        here = self._detour(self.place, slot.before, slot.after)
        there = self._detour(slot.place, self.before, self.after)
        shorter = self.length < slot.length_s
        other = self.officer[self.at] != self.officer[slot.shift]
        near = here + there <= self.stands + self.stands[k]
        found = []
        for j in np.flatnonzero(shorter & other & near).tolist():
            b, theirs = int(self.at[j]), self.slots[j]
            if b not in week.takers(slot.task) or slot.shift not in week.takers(theirs.task):
                continue
            own = self._own(slot, week.officer[b]) + self._own(theirs, week.officer[slot.shift])
            if own >= self.own[k] + self.own[j]:
                seconds = slot.length_s - theirs.length_s
                found.append((week.estimate(slot.shift, b, seconds), j))
        for worth, j in sorted(found)[:_BEST_OF_EACH]:
            if worth < 0:
                yield self._swap(worth, slot, self.slots[j])

    def _swap(self, worth: float, slot: _Slot, other: _Slot) -> _Change:
        orders = []
        for at, task in ((slot, other.task), (other, slot.task)):
            order = self.week.days[at.shift]
            orders.append((*order[: at.position], task, *order[at.position + 1 :]))
        return self.week.change(worth, slot.shift, other.shift, orders[0], orders[1])


def _walk_s(route: Route) -> int:
    return route.home_walk_s + sum(s.walk_s for s in route.stops)
