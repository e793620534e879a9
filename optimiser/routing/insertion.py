"""Where one more visit or round fits into given days, pushing nothing out.

The days are kept as orders of tasks, one a shift; a position is tried by timing the
order with the task put in. For a two-officer visit every pair of days of one date is
tried at every start that either of the two allows (see `Timer.starts`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from optimiser.errors import InvalidProblem
from optimiser.model.visits import Visit, VisitProblem
from optimiser.model.week import Route
from optimiser.routing.eligibility import can_pair, eligible_shifts
from optimiser.routing.metrics import round_option
from optimiser.routing.schedule import Task, Timer, seconds_on

__all__ = ["Days", "Fit", "Place", "best_fit", "days_of", "put_in", "single_fits", "task_start"]

Days = Mapping[int, tuple[Task, ...]]
"""The order of tasks of each shift that has any, by shift index."""


class Place(NamedTuple):
    """One day's part in a fit: which shift, where in its order."""

    shift: int
    position: int


@dataclass(frozen=True, slots=True)
class Fit:
    """One way to fit a task: where, when, and the change of the days' worth in units.

    `gain` counts the task's own value once, and all that changes around it.
    """

    task: Task
    places: tuple[Place, ...]
    start_s: int
    gain: int


def days_of(problem: VisitProblem, routes: Iterable[Route]) -> dict[int, tuple[Task, ...]]:
    """Return the routes as orders of tasks: two-officer visits at their start, rounds as they are.

    Raises
    ------
    InvalidProblem
        If a route or a stop of it is not of this problem.
    """
    shifts = {(s.officer_ref, s.date): k for k, s in enumerate(problem.shifts)}
    visits = {v.visit_ref: k for k, v in enumerate(problem.visits)}
    rounds = {r.round_ref: k for k, r in enumerate(problem.rounds)}
    days: dict[int, tuple[Task, ...]] = {}
    for route in routes:
        key = (route.officer_ref, route.date)
        if key not in shifts:
            raise InvalidProblem(f"{key[0]} has no shift on {key[1]}, but a route")
        tasks = []
        for stop in route.stops:
            if stop.kind == "visit":
                if stop.visit_ref not in visits:
                    raise InvalidProblem(f"the plan holds {stop.visit_ref}, not a request here")
                index = visits[stop.visit_ref]
                together = problem.visits[index].two_officers
                at = stop.start_s if together else None
                tasks.append(Task("visit", index, start_s=at, with_officer=stop.with_officer))
            elif stop.kind == "round":
                if stop.round_ref not in rounds:
                    raise InvalidProblem(f"the plan holds round {stop.round_ref}, unknown here")
                index = rounds[stop.round_ref]
                turn = problem.rounds[index]
                option = turn.options.index(round_option(turn, stop))
                tasks.append(Task("round", index, option=option))
        days[shifts[key]] = tuple(tasks)
    return days


def put_in(tasks: Sequence[Task], task: Task, position: int) -> tuple[Task, ...]:
    """Return the order with `task` before the one now at `position`."""
    return (*tasks[:position], task, *tasks[position:])


def task_start(timer: Timer, shift: int, tasks: Sequence[Task], task: Task) -> int:
    """Return when `task` starts on a day that can be done."""
    route = timer.route(shift, tasks)
    assert route is not None
    ref = _ref(timer.problem, task)
    return next(s.start_s for s in route.stops if ref in (s.visit_ref, s.round_ref))


def best_fit(
    timer: Timer,
    days: Days,
    index: int,
    *,
    not_before: Mapping[int, int] | None = None,
    shifts: Sequence[int] | None = None,
    budget: int | None = None,
) -> Fit | None:
    """Return the most valuable way to fit a visit into the days, or None.

    Parameters
    ----------
    timer, days
        The week and its days so far.
    index
        Of the visit, in `problem.visits`.
    not_before
        First position in a shift's order that may still be used; shifts not named
        are free from the start.
    shifts
        Only these; all eligible ones where None.
    budget
        Stop after so many timed orders with the best found so far.
    """
    visit = timer.problem.visits[index]
    if shifts is None:
        shifts = eligible_shifts(timer.problem, visit)
    first = not_before or {}
    stop_at = None if budget is None else timer.attempts + budget
    find = _pair_fits if visit.two_officers else single_fits
    best: Fit | None = None
    for fit in find(timer, days, Task("visit", index), shifts, first):
        if best is None or fit.gain > best.gain:
            best = fit
        if stop_at is not None and timer.attempts >= stop_at:
            break
    if best is None or len(best.places) > 1:
        return best
    place = best.places[0]
    order = put_in(days.get(place.shift, ()), best.task, place.position)
    return replace(best, start_s=task_start(timer, place.shift, order, best.task))


def single_fits(
    timer: Timer, days: Days, task: Task, shifts: Sequence[int], first: Mapping[int, int]
) -> Iterator[Fit]:
    """Yield each way to put a task into one day; `start_s` is not worked out (-1)."""
    problem = timer.problem
    for shift in shifts:
        tasks = days.get(shift, ())
        before = timer.value(shift, tasks)
        own = _own_value(problem, task, (problem.shifts[shift].officer_ref,))
        for position in range(first.get(shift, 0), len(tasks) + 1):
            after = timer.value(shift, put_in(tasks, task, position))
            if after is not None:
                yield Fit(task, (Place(shift, position),), -1, after - (before or 0) + own)


def _pair_fits(
    timer: Timer, days: Days, task: Task, shifts: Sequence[int], first: Mapping[int, int]
) -> Iterator[Fit]:
    problem = timer.problem
    people = {o.officer_ref: o for o in problem.officers}
    visit = problem.visits[task.index]
    by_date: dict[dt.date, list[int]] = {}
    for shift in shifts:
        by_date.setdefault(problem.shifts[shift].date, []).append(shift)
    for _, there in sorted(by_date.items()):
        starts = _starts_on(timer, days, task, there, first)
        for a, one in enumerate(there):
            for other in there[a + 1 :]:
                officers = [people[problem.shifts[k].officer_ref] for k in (one, other)]
                if can_pair(visit, *officers):
                    yield from _common_fits(timer, days, task, (one, other), starts, first)


_Starts = dict[int, dict[int, tuple[int, ...]]]  # by shift and position


def _starts_on(
    timer: Timer, days: Days, task: Task, shifts: Sequence[int], first: Mapping[int, int]
) -> _Starts:
    """Return the starts each day allows, by position, for positions that can be done at all."""
    starts: _Starts = {}
    for shift in shifts:
        tasks = days.get(shift, ())
        for position in range(first.get(shift, 0), len(tasks) + 1):
            order = put_in(tasks, task, position)
            if timer.value(shift, order) is not None:
                known = timer.starts(shift, order, position)
                starts.setdefault(shift, {})[position] = known
    return starts


def _common_fits(
    timer: Timer,
    days: Days,
    task: Task,
    pair: tuple[int, int],
    starts: _Starts,
    first: Mapping[int, int],
) -> Iterator[Fit]:
    """Yield a fit for each start that both officers' days allow, a pair of positions each."""
    one, other = pair
    refs = [timer.problem.shifts[k].officer_ref for k in pair]
    known = [starts.get(k, {}) for k in pair]
    if not all(known):
        return
    least = [min(min(s) for s in k.values()) for k in known]
    candidates = {s for k in known for ss in k.values() for s in ss if s >= max(least)}
    for start in sorted(candidates):
        sides = []
        for shift, partner in ((one, refs[1]), (other, refs[0])):
            fixed = replace(task, start_s=start, with_officer=partner)
            # Earlier tasks must leave room for the start: where even the soonest is later, skip.
            positions = [p for p, s in starts[shift].items() if s[0] <= start]
            sides.append(_best_side(timer, days, fixed, shift, positions, first))
        if sides[0] is None or sides[1] is None:
            continue
        gain = sides[0][1] + sides[1][1] - _value_at(timer.problem, task, pair[0], start)
        gain += _own_value(timer.problem, task, tuple(refs))
        fixed = replace(task, start_s=start)
        yield Fit(fixed, (Place(one, sides[0][0]), Place(other, sides[1][0])), start, gain)


def _best_side(
    timer: Timer,
    days: Days,
    task: Task,
    shift: int,
    positions: Sequence[int],
    first: Mapping[int, int],
) -> tuple[int, int] | None:
    """Return the best position of a fixed start on one day, and its gain with the full value."""
    tasks = days.get(shift, ())
    before = timer.value(shift, tasks) or 0
    best: tuple[int, int] | None = None
    for position in positions:
        if position < first.get(shift, 0):
            continue
        after = timer.value(shift, put_in(tasks, task, position))
        if after is not None and (best is None or after - before > best[1]):
            best = (position, after - before)
    return best


def _value_at(problem: VisitProblem, task: Task, shift: int, start_s: int) -> int:
    """Return a visit's value without its own officer, counted once, at a start."""
    visit = problem.visits[task.index]
    late = start_s > seconds_on(problem.shifts[shift].date, visit.due_at)
    return visit.late_value if late else visit.value


def _own_value(problem: VisitProblem, task: Task, officers: Sequence[str]) -> int:
    if task.kind == "round":
        return 0
    visit: Visit = problem.visits[task.index]
    return visit.own_officer_value if visit.own_officer in officers else 0


def _ref(problem: VisitProblem, task: Task) -> str:
    if task.kind == "round":
        return problem.rounds[task.index].round_ref
    return problem.visits[task.index].visit_ref
