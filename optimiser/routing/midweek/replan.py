"""A plan mended while the week runs: what is done stays, and little else changes.

What started before the instant stays to the second. Later stops keep their officers and
times where the new problem allows it. Requests then without a place are put where they
are worth most, dearest first, into the days as they are. Only a request that is new, or
has lost its place, may do more: make the later stops of a day start at other times, or
else take the place of requests worth less. So a plan changes little.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from typing import Final

from optimiser.errors import InvalidProblem
from optimiser.model.outcome import Progress, ProgressCallback
from optimiser.model.visits import VALUE_UNITS_PER_POINT, VisitParams, VisitProblem
from optimiser.model.week import Route, VisitPlan
from optimiser.routing.checks.rules import check_week
from optimiser.routing.days.fits import Fit, own_value, value_at
from optimiser.routing.days.insertion import apply_fit, best_fit, single_fits
from optimiser.routing.days.schedule import Task, Timer
from optimiser.routing.metrics import build_plan, objective_units
from optimiser.routing.midweek.begun import WeekSoFar, as_begun
from optimiser.routing.midweek.carry_over import Carried, carry_over, freed, stretched
from optimiser.routing.midweek.changes import changes
from optimiser.routing.reasons.crowding import Key, cheapest_room, worth_of
from optimiser.routing.reasons.explain import explain_unplanned

__all__ = ["replan_visits", "simple_bounds"]

_ROOM_STEPS: Final = 40_000
"""Steps of the search of a place for one request that needs others to go."""


def replan_visits(
    problem: VisitProblem,
    plan: VisitPlan,
    *,
    at: dt.datetime,
    time_limit_s: float = 20,
    seed: int = 1,
    progress: ProgressCallback | None = None,
    params: VisitParams | None = None,
    so_far: WeekSoFar | None = None,
) -> VisitPlan:
    """Return the plan for the rest of the week.

    Parameters
    ----------
    problem
        The week as it is now: requests cancelled are gone, new ones added, absences
        taken out of the shifts. What is done or under way must still be in it.
    plan
        The plan so far, of the same week.
    at
        Local time. What started before it stays exactly.
    time_limit_s
        Where it passes, requests still without a place are left out and say so.
    seed
        Reported in the plan; nothing is left to chance.
    progress
        Called after each stage.
    params
        Accepted for the solvers' common form.
    so_far
        What is known beyond the plan: late starts, officers gone home, why things change.

    Returns
    -------
    A valid plan; its `changes` list each visit or round added, moved or left out.

    Raises
    ------
    InvalidProblem
        If the plan does not belong to the problem.
    Infeasible
        If a day cannot be finished from where it stands.
    """
    del params
    began = time.monotonic()
    so_far = so_far or WeekSoFar()
    problem, went = as_begun(problem, plan, at, so_far)
    problem = stretched(problem, went, at)
    worth = _worth(problem, went.routes)
    carried = carry_over(problem, went, at, worth)
    timer = Timer(problem, carried.now)
    _tell(progress, "kept", began, None)
    settled = {u.visit_ref for u in plan.unplanned}
    days = _placed(timer, carried, worth, settled, began + 0.6 * time_limit_s)
    days = _rounds_back(timer, days, went.routes)
    routes = _timed(timer, days)
    objective = objective_units(problem, routes) / VALUE_UNITS_PER_POINT
    _tell(progress, "placed", began, objective)
    left_s = max(0.0, time_limit_s - (time.monotonic() - began))
    unplanned = explain_unplanned(problem, routes, time_limit_s=left_s, now=carried.now)
    bound, tier_bounds = _bounds(problem, objective)
    changed = changes(problem, plan.routes, routes, unplanned, so_far)
    result = build_plan(
        problem,
        routes,
        unplanned,
        bound=bound,
        tier_bounds=tier_bounds,
        seed=seed,
        seconds=time.monotonic() - began,
    ).model_copy(
        update={
            "version": plan.version + bool(changed),
            "replanned_at": at.replace(tzinfo=None),
            "away": dict(so_far.away),
            "changes": changed,
        }
    )
    if violations := check_week(problem, result):
        first = violations[0]
        raise InvalidProblem(
            f"the plan does not belong to the problem: {len(violations)} rules broken, "
            f"first {first.rule} of {first.subject}: {first.message}"
        )
    return result


def _bounds(problem: VisitProblem, objective: float) -> tuple[float, dict[str, float | None]]:
    """Return the bound of any plan of the problem, whatever has begun.

    What has begun may start later than any new plan would have it; should that ever
    lie outside the search's bound, the simple one still holds.
    """
    from optimiser.routing.arrays.tasks import compile_problem
    from optimiser.routing.proof.bounds import all_bounds

    found = all_bounds(compile_problem(problem))
    if found.whole < objective:
        return simple_bounds(problem)
    return found.whole, dict(found.tiers)


def simple_bounds(problem: VisitProblem) -> tuple[float, dict[str, float | None]]:
    """Return an upper bound of any plan and of each tier, in points.

    Everything is counted at its best and nothing is taken off for walking: valid, and
    loose where the officers' time is short.
    """
    visits, rounds = problem.visits, problem.rounds
    units: dict[str, int] = {
        "statutory": sum(v.statutory_value for v in visits),
        "requests": sum(max(v.value - v.statutory_value, v.late_value) for v in visits),
        "conversations": sum(max(o.value for o in r.options) for r in rounds),
        "own_officer": sum(v.own_officer_value for v in visits if v.own_officer is not None),
        "walking": 0,
    }
    bounds: dict[str, float | None] = {k: u / VALUE_UNITS_PER_POINT for k, u in units.items()}
    return sum(units.values()) / VALUE_UNITS_PER_POINT, bounds


def _worth(problem: VisitProblem, routes: Sequence[Route]) -> dict[Key, int]:
    """Return the units of the old plan's tasks, as far as they are in the new problem."""
    refs = {v.visit_ref for v in problem.visits}
    known = (
        r.model_copy(update={"stops": tuple(s for s in r.stops if s.visit_ref in refs)})
        for r in routes
    )
    worth = worth_of(problem, known)
    turns = {r.round_ref: (k, r) for k, r in enumerate(problem.rounds)}
    for route in routes:
        for stop in route.stops:
            if stop.round_ref in turns:
                k, turn = turns[stop.round_ref]
                there = [o for o in turn.options if o.earliest_s <= stop.start_s <= o.latest_s]
                worth["round", k] = max((o.value for o in there or turn.options), default=0)
    return worth


def _placed(
    timer: Timer,
    carried: Carried,
    worth: dict[Key, int],
    settled: set[str],
    deadline: float,
) -> dict[int, tuple[Task, ...]]:
    """Return the days with as many of the requests without a place put in as found.

    `settled` requests were left out before: for them nothing else moves.
    """
    problem, days = timer.problem, carried.days
    held = {t.index for tasks in days.values() for t in tasks if t.kind == "visit"}
    waiting = [k for k in range(len(problem.visits)) if k not in held]
    quiet = {k for k in waiting if problem.visits[k].visit_ref in settled}
    while waiting and time.monotonic() < deadline:
        waiting.sort(key=lambda k: (k in quiet, -_most(problem, k), k))
        index = waiting.pop(0)
        fit = best_fit(timer, days, index)
        if fit is None and index not in quiet:
            loose = {k: freed(t, _first(carried, k)) for k, t in days.items()}
            fit = best_fit(timer, loose, index)
            if fit is not None and fit.gain > 0:
                days = days | {p.shift: loose[p.shift] for p in fit.places}
        if fit is not None:
            if fit.gain > 0:
                days = apply_fit(timer, days, fit)
                worth["visit", index] = _fit_units(problem, fit)
            continue
        if index in quiet:
            continue
        room = cheapest_room(timer, days, index, worth, budget=_ROOM_STEPS)
        if room is not None and _fit_units(problem, room.fit) > room.cost:
            days = room.days
            worth["visit", index] = _fit_units(problem, room.fit)
            pushed = [k for kind, k in room.pushed if kind == "visit"]
            waiting += pushed
            quiet.update(pushed)
    return days


def _most(problem: VisitProblem, index: int) -> int:
    visit = problem.visits[index]
    return max(visit.value, visit.late_value)


def _fit_units(problem: VisitProblem, fit: Fit) -> int:
    officers = [problem.shifts[p.shift].officer_ref for p in fit.places]
    units = value_at(problem, fit.task, fit.places[0].shift, fit.start_s)
    return units + own_value(problem, fit.task, officers)


def _first(carried: Carried, shift: int) -> int:
    return len(carried.now[shift].done) if shift in carried.now else 0


def _rounds_back(
    timer: Timer, days: dict[int, tuple[Task, ...]], routes: Iterable[Route]
) -> dict[int, tuple[Task, ...]]:
    """Return the days with the old plan's rounds that lost their place put back, if they fit."""
    problem = timer.problem
    old = {s.round_ref for r in routes for s in r.stops if s.round_ref is not None}
    held = {t.index for tasks in days.values() for t in tasks if t.kind == "round"}
    for k, turn in enumerate(problem.rounds):
        if k in held or turn.round_ref not in old or turn.two_officers:
            continue  # two more officers free at once late in a week are not looked for
        shifts = [
            i
            for i, s in enumerate(problem.shifts)
            if s.date == turn.date and s.officer_ref in turn.officers
        ]
        fits = single_fits(timer, days, Task("round", k), shifts, {})
        best = max(fits, key=lambda f: f.gain, default=None)
        if best is not None and best.gain > 0:
            days = apply_fit(timer, days, best)
    return days


def _timed(timer: Timer, days: dict[int, tuple[Task, ...]]) -> list[Route]:
    """Return the routes of the days: those with tasks or sessions."""
    routes = []
    for k, shift in enumerate(timer.problem.shifts):
        if days.get(k) or shift.sessions:
            route = timer.route(k, days.get(k, ()))
            if route is not None:
                routes.append(route)
    return routes


def _tell(
    progress: ProgressCallback | None, stage: str, began: float, objective: float | None
) -> None:
    if progress is not None:
        seconds = time.monotonic() - began
        progress(Progress(stage=stage, seconds=seconds, objective=objective))
