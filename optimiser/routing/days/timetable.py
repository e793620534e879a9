"""From the search's nodes to timed routes, and what no plan can do: sessions out of reach."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

import numpy as np

from optimiser.errors import Infeasible
from optimiser.routing.arrays.tasks import END_NODE, I64, OPTIONS_LO, TASK, Compiled
from optimiser.routing.days.fits import days_of
from optimiser.routing.days.insertion import apply_fit, best_fit
from optimiser.routing.days.schedule import Timer, schedule_route, seconds_on
from optimiser.routing.days.timing import Task
from optimiser.routing.reasons.wording import clock, day_name
from optimiser.routing.search.kernels import NODE, START_S

if TYPE_CHECKING:
    from optimiser.model import Route, Shift, Visit, VisitProblem

__all__ = ["check_sessions", "routes_of", "tasks_of"]

Kind = Literal["visit", "round"]

_log = logging.getLogger(__name__)


def check_sessions(problem: VisitProblem) -> None:
    """Raise Infeasible where a shift's own sessions cannot be kept, naming the first."""
    for index, shift in enumerate(problem.shifts):
        if shift.sessions and schedule_route(problem, index, ()) is None:
            raise _cause(problem, shift)


def _cause(problem: VisitProblem, shift: Shift) -> Infeasible:
    who = f"{shift.officer_ref} on {day_name(shift.date)}"
    at, place, busy, walked = shift.start_s, shift.start_place, 0, 0
    before = "starting work"
    for session in sorted(shift.sessions, key=lambda s: s.start_s):
        walk = int(problem.walk_s[place, session.place])
        if at + walk > session.start_s:
            return Infeasible(
                f"{who}: the {session.kind} at {clock(session.start_s)} cannot be reached in time "
                f"after {before} at {clock(at)}: {walk // 60} minutes' walk",
                f"start the {session.kind} at {clock(at + walk + 59)} or later, or move it",
            )
        walked += walk
        busy += walk + session.end_s - session.start_s
        at, place, before = session.end_s, session.place, f"the {session.kind} ending"
    home = int(problem.walk_s[place, shift.end_place])
    busy += home
    walked += home
    if at + home > shift.end_s:
        return Infeasible(
            f"{who}: {before} at {clock(at)} leaves too little time to be back by "
            f"{clock(shift.end_s)}: {home // 60} minutes' walk",
            "end the session earlier or the working day later",
        )
    if busy > shift.busy_limit_s:
        return Infeasible(
            f"{who}: the fixed sessions and their walks take {busy // 60} minutes, "
            f"the day has {shift.busy_limit_s // 60} after its break and slack",
            "shorten a session, or keep less slack",
        )
    if shift.walk_limit_s is not None and walked > shift.walk_limit_s:
        return Infeasible(
            f"{who}: walking to the fixed sessions and back takes {-(-walked // 60)} minutes, "
            f"max_walk_minutes_day allows {shift.walk_limit_s // 60}",
            "raise max_walk_minutes_day, or move a session",
        )
    return Infeasible(
        f"{who}: no room for the break between {clock(shift.break_earliest_s)} and "
        f"{clock(shift.break_latest_s)} beside the fixed sessions",
        "widen the break's window or move a session",
    )


def tasks_of(compiled: Compiled, rows: I64) -> list[list[Task]]:
    """Return each shift's tasks in order; what two officers do, at their common start."""
    net, problem = compiled.net, compiled.problem
    holders: dict[int, list[int]] = {}
    orders = []
    for s in range(net.shifts):
        size = int(np.argmax(rows[s, :, NODE] == net.shift[s, END_NODE]))
        own = [row for row in rows[s, 1:size] if net.node[row[NODE], TASK] >= 0]
        orders.append(own)
        for row in own:
            holders.setdefault(int(row[NODE]), []).append(s)
    days = []
    for s, own in enumerate(orders):
        tasks = []
        for row in own:
            node = int(row[NODE])
            t = int(net.node[node, TASK])
            start_s = partner = option = None
            if others := [x for x in holders[node] if x != s]:
                start_s, partner = int(row[START_S]), problem.shifts[others[0]].officer_ref
            if t >= net.visits:
                option = node - int(net.round[t - net.visits, OPTIONS_LO])
                t -= net.visits
            kind: Kind = "visit" if option is None else "round"
            tasks.append(Task(kind, t, option, start_s, partner))
        days.append(tasks)
    return days


def routes_of(problem: VisitProblem, days: list[list[Task]]) -> list[Route]:
    """Time each day; a task that the timing turns down is left out, on both routes of a pair.

    The search and the timing state the same rules, so that leaving out is a safeguard.
    """
    routes: dict[int, Route] = {}
    again = set(range(len(days)))
    while again:
        s = again.pop()
        route = schedule_route(problem, s, days[s])
        if route is not None:
            routes[s] = route
            continue
        worst = min(days[s], key=lambda t: _worth(problem, t))
        _log.warning("shift %d cannot be timed as searched; task %s left out", s, worst)
        for k, tasks in enumerate(days):
            kept = [t for t in tasks if (t.kind, t.index) != (worst.kind, worst.index)]
            if len(kept) < len(tasks):
                days[k] = kept
                again.add(k)
    return _with_late_ones(problem, [routes[s] for s in sorted(routes)])


def _with_late_ones(problem: VisitProblem, routes: list[Route]) -> list[Route]:
    """Add visits that are due within a day and fit on it, but only late.

    The search's tables have, of the day that a visit is due within, the punctual starts only.
    """
    held = {stop.visit_ref for route in routes for stop in route.stops}
    absent = [k for k, v in enumerate(problem.visits) if v.visit_ref not in held and _due_within(v)]
    if not absent:
        return routes
    timer, days = Timer(problem), days_of(problem, routes)
    changed: set[int] = set()
    for k in sorted(absent, key=lambda k: -problem.visits[k].late_value):
        fit = best_fit(timer, days, k)
        if fit is not None and fit.gain > 0:
            days = apply_fit(timer, days, fit)
            changed.update(place.shift for place in fit.places)
    timed = {s: timer.route(s, days[s]) for s in changed}
    return [timed.get(s) or route for s, route in enumerate(routes)]


def _due_within(visit: Visit) -> bool:
    """Whether some of its starts of one day are on time and others late."""
    due = visit.due_at
    if due is None:
        return False
    due_s = seconds_on(due.date(), due)
    return any(w.date == due.date() and due_s < w.latest_s for w in visit.windows)


def _worth(problem: VisitProblem, task: Task) -> int:
    if task.kind == "visit":
        return problem.visits[task.index].value
    return problem.rounds[task.index].options[task.option or 0].value
