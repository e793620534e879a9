"""What of a plan stays when the week has begun or the problem has changed.

Stops that started before the instant stay to the second, as does the stop that an
officer must already be walking to; later stops stay, at their planned starts, as long
as the new problem still allows them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from optimiser.errors import Infeasible, InvalidProblem
from optimiser.model.visits import Round, RoundOption, Shift, TimeWindow, VisitProblem
from optimiser.model.week import Route, Stop, VisitPlan
from optimiser.routing.days.eligibility import can_pair, may_go_alone
from optimiser.routing.days.fits import ref_of
from optimiser.routing.days.schedule import Now, Task, Timer
from optimiser.routing.metrics import busy_s
from optimiser.routing.midweek.begun import seconds_at, under_way
from optimiser.routing.reasons.crowding import Key, key_of
from optimiser.routing.reasons.wording import clock, day_name

__all__ = ["Carried", "carry_over", "freed", "stretched"]

_OVER: Final = float("inf")
_ENDLESS_S: Final = 7 * 86_400

_Span = TypeVar("_Span", TimeWindow, RoundOption)


@dataclass(frozen=True, slots=True)
class Carried:
    """The days that stay, every task pinned to its planned start, and how far each has got."""

    days: dict[int, tuple[Task, ...]]
    now: dict[int, Now]


def carry_over(
    problem: VisitProblem, plan: VisitPlan, at: dt.datetime, worth: Mapping[Key, int]
) -> Carried:
    """Return what of the plan stays in the new problem.

    Parameters
    ----------
    problem
        The week as it is now; what is done or under way must still be in it.
    plan
        The plan so far.
    at
        Local time; what started before it stays.
    worth
        Units of each planned task: where a changed day cannot hold all, the least goes.

    Raises
    ------
    InvalidProblem
        If the plan is of another week, or a stop that is done is not in the problem.
    Infeasible
        If a day cannot be finished from where it stands.
    """
    planned = _planned(problem, plan, at)
    days = _with_partners(problem, planned.days, planned.now)
    return Carried(_that_fit(problem, days, planned.now, worth), planned.now)


def stretched(problem: VisitProblem, plan: VisitPlan, at: dt.datetime) -> VisitProblem:
    """Return the problem, its shifts as much longer as finishing what has begun takes.

    Where a break has no place any more in what is left of a day, it is left out.
    """
    planned = _planned(problem, plan, at)
    timer = Timer(problem, planned.now)
    shifts = list(problem.shifts)
    for k, state in planned.now.items():
        tasks = planned.days[k][: len(state.done)]
        if not tasks or timer.value(k, tasks) is not None:
            continue
        endless = {"end_s": _ENDLESS_S, "busy_limit_s": _ENDLESS_S, "walk_limit_s": None}
        for rest in ({}, {"break_s": 0}):
            shift = shifts[k].model_copy(update=endless | rest)
            trial = problem.model_copy(update={"shifts": (*shifts[:k], shift, *shifts[k + 1 :])})
            route = Timer(trial, {k: state}).route(k, tasks)
            if route is not None:
                shifts[k] = _as_long_as(shifts[k], route).model_copy(update=rest)
                break
    return problem.model_copy(update={"shifts": tuple(shifts)})


def _as_long_as(shift: Shift, route: Route) -> Shift:
    walked = route.home_walk_s + sum(s.walk_s for s in route.stops)
    most = shift.walk_limit_s
    return shift.model_copy(
        update={
            "end_s": max(shift.end_s, route.end_s),
            "busy_limit_s": max(shift.busy_limit_s, busy_s(route)),
            "walk_limit_s": None if most is None else max(most, walked),
        }
    )


def _planned(problem: VisitProblem, plan: VisitPlan, at: dt.datetime) -> Carried:
    """Return the plan's days in the problem, each task at its start, fitting or not."""
    if plan.week != problem.week:
        raise InvalidProblem(f"the plan is of the week {plan.week}, not of {problem.week}")
    shifts = {(s.officer_ref, s.date): k for k, s in enumerate(problem.shifts)}
    routes = {
        shifts[r.officer_ref, r.date]: r for r in plan.routes if (r.officer_ref, r.date) in shifts
    }
    days: dict[int, tuple[Task, ...]] = {}
    now: dict[int, Now] = {}
    for k, shift in enumerate(problem.shifts):
        begun_s = seconds_at(at, shift.date)
        route = routes.get(k)
        stops = route.stops if route else ()
        done = under_way(stops, begun_s)
        days[k] = _tasks(problem, shift.officer_ref, stops, done)
        if begun_s > 0:
            now[k] = _now(route, days[k], stops, done, begun_s)
    return Carried(days, now)


def _now(
    route: Route | None,
    tasks: Sequence[Task],
    stops: Sequence[Stop],
    under_way: int,
    begun_s: float,
) -> Now:
    rest = next((s.start_s for s in stops[:under_way] if s.kind == "break"), None)
    held = {s.visit_ref or s.round_ref for s in stops[:under_way]} - {None}
    done = tuple(key_of(t) for t in tasks[: len(held)])
    if begun_s >= 86_400:
        return Now(_OVER, done, rest)
    free_s = begun_s
    if route is not None and stops and begun_s > stops[-1].end_s:
        # On the way home, or there: never farther from the last stop than the way home.
        free_s += route.home_walk_s
    return Now(free_s, done, rest)


def _tasks(
    problem: VisitProblem, officer_ref: str, stops: Sequence[Stop], under_way: int
) -> tuple[Task, ...]:
    """Return the stops' tasks that are still in the problem, pinned to their starts."""
    visits = {v.visit_ref: k for k, v in enumerate(problem.visits)}
    rounds = {r.round_ref: k for k, r in enumerate(problem.rounds)}
    people = {o.officer_ref: o for o in problem.officers}
    tasks = []
    for position, stop in enumerate(stops):
        ref = stop.visit_ref or stop.round_ref
        if ref is None:
            continue
        if ref not in visits and ref not in rounds:
            if position < under_way:
                raise InvalidProblem(f"{ref} is done or under way, but not in the problem")
            continue
        if stop.kind == "round":
            turn = problem.rounds[rounds[ref]]
            if _knocks(turn, officer_ref, stop):
                tasks.append(
                    Task(
                        "round",
                        rounds[ref],
                        option=_option_at(turn, stop.start_s),
                        start_s=stop.start_s,
                        with_officer=stop.with_officer,
                    )
                )
            continue
        visit = problem.visits[visits[ref]]
        partner = people.get(stop.with_officer or "")
        if partner is not None:
            stays = visit.two_officers and can_pair(visit, people[officer_ref], partner)
        else:
            stays = may_go_alone(visit, people[officer_ref])
        if stays or position < under_way:
            together = stop.with_officer if visit.two_officers else None
            tasks.append(Task("visit", visits[ref], start_s=stop.start_s, with_officer=together))
    return tuple(tasks)


def _knocks(turn: Round, officer_ref: str, stop: Stop) -> bool:
    """Whether the round can still be knocked by these officers at that time."""
    team = {officer_ref} | ({stop.with_officer} if stop.with_officer else set())
    right = turn.two_officers == (stop.with_officer is not None) and team <= {*turn.officers}
    if right and turn.two_officers:
        right = turn.officers[0] in team
    return right and _option_at(turn, stop.start_s) is not None


def _option_at(turn: Round, start_s: int) -> int | None:
    fits = (k for k, o in enumerate(turn.options) if o.earliest_s <= start_s <= o.latest_s)
    return next(fits, None)


def _with_partners(
    problem: VisitProblem, days: dict[int, tuple[Task, ...]], now: Mapping[int, Now]
) -> dict[int, tuple[Task, ...]]:
    """Return the days without two-officer visits of which one officer is gone."""
    held: dict[Key, int] = {}
    for tasks in days.values():
        for task in tasks:
            if task.with_officer is not None:
                held[key_of(task)] = held.get(key_of(task), 0) + 1
    kept = {}
    for k, tasks in days.items():
        done = now[k].done if k in now else ()
        for task in tasks:
            if held.get(key_of(task), 2) < 2 and task.with_officer and key_of(task) in done:
                shift, ref = problem.shifts[k], ref_of(problem, task)
                raise Infeasible(
                    f"{ref} was begun by {shift.officer_ref} and {task.with_officer} on "
                    f"{day_name(shift.date)}, but {task.with_officer} has no shift then any more",
                    f"keep {task.with_officer}'s shift until the visit ends",
                )
        kept[k] = tuple(t for t in tasks if t.with_officer is None or held[key_of(t)] == 2)
    return kept


def _that_fit(
    problem: VisitProblem,
    days: dict[int, tuple[Task, ...]],
    now: Mapping[int, Now],
    worth: Mapping[Key, int],
) -> dict[int, tuple[Task, ...]]:
    """Return the days as far as each can be done: delayed first, then freed, then less is done."""
    timer = Timer(problem, now)
    kept = dict(days)
    for k in sorted(days):
        if not kept[k] and k not in now:
            continue
        first = len(now[k].done) if k in now else 0
        fits = _as_it_fits(timer, k, kept[k], first)
        while fits is None and len(kept[k]) > first:
            out = key_of(min(kept[k][first:], key=lambda t: (worth.get(key_of(t), 0), key_of(t))))
            kept = {s: tuple(t for t in tasks if key_of(t) != out) for s, tasks in kept.items()}
            fits = _as_it_fits(timer, k, kept[k], first)
        if fits is not None:
            kept[k] = fits
        elif first:
            shift = problem.shifts[k]
            raise Infeasible(
                f"{shift.officer_ref} cannot finish {day_name(shift.date)} from where it stands: "
                f"what was begun does not fit the shift to {clock(shift.end_s)} any more",
                "let the shift end later, or leave the windows of what is done as they were",
            )
    return kept


def _as_it_fits(
    timer: Timer, shift: int, tasks: tuple[Task, ...], first: int
) -> tuple[Task, ...] | None:
    """Return the tasks as planned; else delayed, else free to move; None if they do not fit."""
    if timer.value(shift, tasks) is not None:
        return tasks
    loose = freed(tasks, first)
    most = timer.value(shift, loose)
    return None if most is None else _delayed(timer, shift, tasks, loose, most) or loose


def _delayed(
    timer: Timer, shift: int, tasks: tuple[Task, ...], loose: tuple[Task, ...], most: int
) -> tuple[Task, ...] | None:
    """Return the tasks put off only as far as they must be, if worth as much as `loose` ones.

    A day may not fit for want of a few minutes, as where a break was taken at the door of
    a visit that is gone: stops free to move would crowd together wherever there is room.
    """
    route = Timer(_not_before(timer.problem, tasks), timer.now).route(shift, loose)
    if route is None:
        return None
    starts = (s.start_s for s in route.stops if s.visit_ref or s.round_ref)
    late = tuple(replace(t, start_s=start) for t, start in zip(tasks, starts, strict=True))
    worth = timer.value(shift, late)
    return late if worth is not None and worth >= most else None


def _not_before(problem: VisitProblem, tasks: Sequence[Task]) -> VisitProblem:
    """Return the problem in which none of the tasks may start sooner than it is planned."""
    visits, rounds = list(problem.visits), list(problem.rounds)
    for task in tasks:
        k, start_s = task.index, task.start_s
        if start_s is None:
            continue
        if task.kind == "visit":
            windows = (w for w in visits[k].windows if w.latest_s >= start_s)
            visits[k] = visits[k].model_copy(
                update={"windows": tuple(_from(w, start_s) for w in windows)}
            )
        else:
            options = tuple(_from(o, start_s) for o in rounds[k].options)
            rounds[k] = rounds[k].model_copy(update={"options": options})
    return problem.model_copy(update={"visits": tuple(visits), "rounds": tuple(rounds)})


def _from(span: _Span, start_s: int) -> _Span:
    return span.model_copy(update={"earliest_s": max(span.earliest_s, start_s)})


def freed(tasks: Sequence[Task], first: int) -> tuple[Task, ...]:
    """Return the order with visits of one officer, and rounds, after `first` free to move."""
    return (
        *tasks[:first],
        *(t if t.with_officer else replace(t, start_s=None) for t in tasks[first:]),
    )
