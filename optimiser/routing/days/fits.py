"""Days as orders of tasks, and a way to fit one more task into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from optimiser.errors import InvalidProblem
from optimiser.model.visits import VisitProblem
from optimiser.model.week import Route, Stop
from optimiser.routing.days.schedule import Now
from optimiser.routing.days.timing import Task, seconds_on
from optimiser.routing.metrics import round_option

__all__ = [
    "Days",
    "Fit",
    "Key",
    "Place",
    "days_of",
    "key_of",
    "own_value",
    "put_in",
    "ref_of",
    "value_at",
]

Key = tuple[str, int]
"""A task's kind and index: the same in both routes of what two officers do."""


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


def days_of(
    problem: VisitProblem, routes: Iterable[Route], *, now: Mapping[int, Now] | None = None
) -> dict[int, tuple[Task, ...]]:
    """Return the routes as orders of tasks: what two officers do, and what is done, at their start.

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
            raise InvalidProblem(f"{key[0]} has a route on {key[1]}, but no shift")
        tasks = (_task_of(problem, stop, visits, rounds) for stop in route.stops)
        days[shifts[key]] = tuple(t for t in tasks if t is not None)
    return days if now is None else _pinned(problem, routes, days, now)


def _pinned(
    problem: VisitProblem,
    routes: Iterable[Route],
    days: Mapping[int, tuple[Task, ...]],
    now: Mapping[int, Now],
) -> dict[int, tuple[Task, ...]]:
    """Return the days with the tasks that are done at the starts that the routes give."""
    at = {
        (r.officer_ref, r.date, s.visit_ref or s.round_ref): s.start_s
        for r in routes
        for s in r.stops
    }
    pinned = dict(days)
    for k, state in now.items():
        shift, tasks = problem.shifts[k], days.get(k, ())
        done = tuple(
            replace(t, start_s=at[shift.officer_ref, shift.date, ref_of(problem, t)])
            for t in tasks[: len(state.done)]
        )
        pinned[k] = (*done, *tasks[len(state.done) :])
    return pinned


def _task_of(
    problem: VisitProblem, stop: Stop, visits: Mapping[str, int], rounds: Mapping[str, int]
) -> Task | None:
    if stop.kind == "visit" and stop.visit_ref is not None:
        if stop.visit_ref not in visits:
            raise InvalidProblem(f"the plan holds {stop.visit_ref}, which is not a request")
        index = visits[stop.visit_ref]
        at = stop.start_s if problem.visits[index].two_officers else None
        return Task("visit", index, start_s=at, with_officer=stop.with_officer)
    if stop.kind == "round" and stop.round_ref is not None:
        if stop.round_ref not in rounds:
            raise InvalidProblem(f"the plan holds round {stop.round_ref}, unknown here")
        turn = problem.rounds[rounds[stop.round_ref]]
        option = turn.options.index(round_option(turn, stop))
        at = stop.start_s if turn.two_officers else None
        return Task("round", rounds[stop.round_ref], option, at, stop.with_officer)
    return None


def key_of(task: Task) -> Key:
    """Return what names a task whatever its officer and start."""
    return (task.kind, task.index)


def put_in(tasks: Sequence[Task], task: Task, position: int) -> tuple[Task, ...]:
    """Return the order with `task` before the one now at `position`."""
    return (*tasks[:position], task, *tasks[position:])


def value_at(problem: VisitProblem, task: Task, shift: int, start_s: int) -> int:
    """Return a visit's value without its own officer, counted once, at a start."""
    visit = problem.visits[task.index]
    late = start_s > seconds_on(problem.shifts[shift].date, visit.due_at)
    return visit.late_value if late else visit.value


def own_value(problem: VisitProblem, task: Task, officers: Sequence[str]) -> int:
    """Return what a task gains by being done by these officers, of whom one may be its own."""
    if task.kind == "round":
        return 0
    visit = problem.visits[task.index]
    return visit.own_officer_value if visit.own_officer in officers else 0


def ref_of(problem: VisitProblem, task: Task) -> str:
    """Return the visit_ref or round_ref."""
    if task.kind == "round":
        return problem.rounds[task.index].round_ref
    return problem.visits[task.index].visit_ref
