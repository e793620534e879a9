"""The cheapest way to fit one more request: which planned tasks it would push out.

Sets of one and two planned tasks are tried in the order of what they are worth, so the
first that makes room is the cheapest of its kind; where none does, a day is cleared
and filled again with all that still fits beside the request, best first. The search
has a budget of timed orders, not of seconds, so that it is the same everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from optimiser.model.visits import VisitProblem
from optimiser.model.week import Route
from optimiser.routing.eligibility import can_pair, eligible_shifts
from optimiser.routing.fits import Days, Fit, put_in
from optimiser.routing.insertion import apply_fit, best_fit, first_fit
from optimiser.routing.metrics import planned_visits, round_option
from optimiser.routing.schedule import Task, Timer

__all__ = ["Key", "Room", "cheapest_room", "key_of", "worth_of"]

Key = tuple[str, int]
"""A task's kind and index: the same in both routes of a two-officer visit."""

_PAIR_DAYS: Final = 8
"""Officers of one date considered as partners when something must go: the least laden."""


@dataclass(frozen=True, slots=True)
class Room:
    """A way to fit a visit: where, and what goes for it (worth `cost` units).

    `days` are all days afterwards.
    """

    fit: Fit
    pushed: tuple[Key, ...]
    cost: int
    days: dict[int, tuple[Task, ...]]


def key_of(task: Task) -> Key:
    """Return what names a task whatever its officer and start."""
    return (task.kind, task.index)


def cheapest_room(
    timer: Timer,
    days: Days,
    index: int,
    worth: Mapping[Key, int],
    *,
    budget: int,
    cleared_days: int = 24,
) -> Room | None:
    """Return the cheapest way found to fit a visit by pushing tasks out.

    Parameters
    ----------
    timer, days
        The week and its days; the visit fits none of them as they are.
    index
        Of the visit, in `problem.visits`.
    worth
        Units of each planned task.
    budget
        Orders to time at most in the search among sets of one and two.
    cleared_days
        Days, or pairs of days, to clear and fill again where no such set makes room.
    """
    stop_at = timer.attempts + budget
    done = {key for state in timer.now.values() for key in state.done}
    sets = sorted(
        {
            (sum(worth.get(k, 0) for k in pushed), len(pushed), pushed, where)
            for where in _places(timer.problem, days, index)
            for pushed in _sets(days, where, done)
        }
    )
    for cost, _, pushed, where in sets:
        if timer.attempts >= stop_at:
            break
        room = _without(days, where, pushed)
        fit = first_fit(timer, room, index, shifts=where)
        if fit is not None:
            reduced = _without(days, days, pushed)
            better = best_fit(timer, reduced, index, shifts=where) or fit
            after = apply_fit(timer, reduced, better)
            return Room(better, pushed, cost, after)
    return _cleared(timer, days, index, worth, cleared_days)


def worth_of(problem: VisitProblem, routes: Iterable[Route]) -> dict[Key, int]:
    """Return the units that each planned visit and round brings to the plan."""
    routes = tuple(routes)
    visits = {v.visit_ref: k for k, v in enumerate(problem.visits)}
    rounds = {r.round_ref: k for k, r in enumerate(problem.rounds)}
    worth: dict[Key, int] = {}
    for ref, planned in planned_visits(problem, routes).items():
        units = planned.visit.late_value if planned.late else planned.visit.value
        units += planned.visit.own_officer_value if planned.own_officer else 0
        worth["visit", visits[ref]] = units
    for route in routes:
        for stop in route.stops:
            if stop.kind == "round" and stop.round_ref is not None:
                k = rounds[stop.round_ref]
                worth["round", k] = round_option(problem.rounds[k], stop).value
    return worth


def _places(problem: VisitProblem, days: Days, index: int) -> Iterator[tuple[int, ...]]:
    """Yield the shifts, or pairs of shifts, in which the visit could be."""
    visit = problem.visits[index]
    shifts = eligible_shifts(problem, visit)
    if not visit.two_officers:
        yield from ((k,) for k in shifts)
        return
    people = {o.officer_ref: o for o in problem.officers}
    by_date: dict[dt.date, list[int]] = {}
    for k in shifts:
        by_date.setdefault(problem.shifts[k].date, []).append(k)
    for there in by_date.values():
        there.sort(key=lambda k: (_load_s(problem, days.get(k, ())), k))
        for one, other in combinations(sorted(there[:_PAIR_DAYS]), 2):
            officers = [people[problem.shifts[k].officer_ref] for k in (one, other)]
            if can_pair(visit, officers[0], officers[1]):
                yield (one, other)


def _load_s(problem: VisitProblem, tasks: Iterable[Task]) -> int:
    return sum(
        problem.visits[t.index].service_s
        if t.kind == "visit"
        else problem.rounds[t.index].options[t.option or 0].service_s
        for t in tasks
    )


def _sets(days: Days, where: tuple[int, ...], done: set[Key]) -> Iterator[tuple[Key, ...]]:
    keys = sorted(_keys(days, where) - done)
    yield from ((k,) for k in keys)
    yield from combinations(keys, 2)


def _without(
    days: Days, shifts: Iterable[int], pushed: tuple[Key, ...]
) -> dict[int, tuple[Task, ...]]:
    gone = set(pushed)
    return {s: tuple(t for t in days.get(s, ()) if key_of(t) not in gone) for s in shifts}


def _cleared(
    timer: Timer, days: Days, index: int, worth: Mapping[Key, int], most: int
) -> Room | None:
    """Return the cheapest of the days cleared for the visit and filled again around it."""
    places = list(_places(timer.problem, days, index))
    whole = {w: sum(worth.get(k, 0) for k in _keys(days, w)) for w in places}
    best: Room | None = None
    tried = 0
    for where in sorted(places, key=lambda w: (whole[w], w)):
        fit = first_fit(timer, {}, index, shifts=where)
        if fit is None:
            continue
        tried += 1
        room = _refilled(timer, days, where, fit, worth)
        if best is None or room.cost < best.cost:
            best = room
        if tried >= most:
            break
    return best


def _refilled(
    timer: Timer, days: Days, where: tuple[int, ...], fit: Fit, worth: Mapping[Key, int]
) -> Room:
    """Return the room with as much of the cleared days put back as fits, best first."""
    kept = apply_fit(timer, dict.fromkeys(where, ()), fit)
    here = {s: kept[s] for s in where}
    pushed = []
    for key in sorted(_keys(days, where), key=lambda k: (-worth.get(k, 0), k)):
        trial = {s: _put_back(timer, s, days.get(s, ()), here[s], key) for s in where}
        filled = {s: tasks for s, tasks in trial.items() if tasks is not None}
        if len(filled) == len(where):
            here = filled
        else:
            pushed.append(key)
    after = _without(days, days, tuple(pushed)) | here
    cost = sum(worth.get(k, 0) for k in pushed)
    return Room(fit, tuple(sorted(pushed)), cost, after)


def _keys(days: Days, where: tuple[int, ...]) -> set[Key]:
    return {key_of(t) for s in where for t in days.get(s, ())}


def _put_back(
    timer: Timer, shift: int, order: tuple[Task, ...], here: tuple[Task, ...], key: Key
) -> tuple[Task, ...] | None:
    """Return the day with a task back in its old order, on either side of the new visit."""
    rank = {key_of(t): k for k, t in enumerate(order)}
    if key not in rank:
        return here
    before = [k for k, t in enumerate(here) if rank.get(key_of(t), len(order)) < rank[key]]
    after = [k for k, t in enumerate(here) if rank.get(key_of(t), -1) > rank[key]]
    first = before[-1] + 1 if before else 0
    last = after[0] if after else len(here)
    for position in range(first, last + 1):
        tasks = put_in(here, order[rank[key]], position)
        if timer.value(shift, tasks) is not None:
            return tasks
    return None
