"""What a week's routes are worth, tier by tier, and the plan that says so.

Everything is worked out from the stops' times and the problem, never taken from the
search. Points are units / `VALUE_UNITS_PER_POINT`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from optimiser.errors import InvalidProblem
from optimiser.model.outcome import status_of, value_gap
from optimiser.model.visits import (
    VALUE_UNITS_PER_POINT,
    Round,
    RoundOption,
    Unplanned,
    Visit,
    VisitProblem,
)
from optimiser.model.week import Route, Stop, Tier, VisitPlan
from optimiser.routing.days.schedule import seconds_on

__all__ = [
    "TIERS",
    "PlannedVisit",
    "build_plan",
    "busy_s",
    "busy_shares",
    "objective_units",
    "planned_visits",
    "round_option",
    "tier_units",
]

TIERS: Final = ("statutory", "requests", "conversations", "own_officer", "walking")
"""The tiers' names, in the order of the objective."""

_ROUNDING_POINTS: Final = 0.01


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A visit that some route holds: once, however many officers are there."""

    visit: Visit
    officers: tuple[str, ...]
    route: Route
    stop: Stop

    @property
    def late(self) -> bool:
        """Whether it starts after its due instant."""
        return self.stop.start_s > seconds_on(self.route.date, self.visit.due_at)

    @property
    def own_officer(self) -> bool:
        """Whether the home's own officer is there."""
        return self.visit.own_officer is not None and self.visit.own_officer in self.officers


def planned_visits(problem: VisitProblem, routes: Iterable[Route]) -> dict[str, PlannedVisit]:
    """Return the visits that the routes hold, by visit_ref; a pair's visit once.

    Raises
    ------
    InvalidProblem
        If a stop names a visit that the problem does not have.
    """
    known = {v.visit_ref: v for v in problem.visits}
    found: dict[str, PlannedVisit] = {}
    for route in routes:
        for stop in route.stops:
            if stop.kind != "visit" or stop.visit_ref is None:
                continue
            if stop.visit_ref not in known:
                raise InvalidProblem(f"the plan holds {stop.visit_ref}, which is not a request")
            if (before := found.get(stop.visit_ref)) is not None:
                officers = (*before.officers, route.officer_ref)
                found[stop.visit_ref] = PlannedVisit(
                    before.visit, officers, before.route, before.stop
                )
            else:
                found[stop.visit_ref] = PlannedVisit(
                    known[stop.visit_ref], (route.officer_ref,), route, stop
                )
    return found


def round_option(turn: Round, stop: Stop) -> RoundOption:
    """Return the option that a round's stop follows, by its start, length and conversations."""
    fitting = [
        o
        for o in turn.options
        if o.earliest_s <= stop.start_s <= o.latest_s and o.service_s == stop.end_s - stop.start_s
    ]
    if not fitting:
        raise InvalidProblem(f"the plan's round {turn.round_ref} follows none of its options")
    return min(fitting, key=lambda o: abs(o.conversations - stop.conversations))


def tier_units(problem: VisitProblem, routes: Iterable[Route]) -> dict[str, int]:
    """Return each tier's worth in units of 1 / VALUE_UNITS_PER_POINT point, in order."""
    routes = tuple(routes)
    units = dict.fromkeys(TIERS, 0)
    for planned in planned_visits(problem, routes).values():
        visit = planned.visit
        if planned.late:
            units["requests"] += visit.late_value
        else:
            units["statutory"] += visit.statutory_value
            units["requests"] += visit.value - visit.statutory_value
        if planned.own_officer:
            units["own_officer"] += visit.own_officer_value
    for turn, stop in _planned_rounds(problem, routes):
        units["conversations"] += round_option(turn, stop).value
    units["walking"] = -problem.walk_value * sum(_walk_s(r) for r in routes)
    return units


def objective_units(problem: VisitProblem, routes: Iterable[Route]) -> int:
    """Return what the routes are worth in units of 1 / VALUE_UNITS_PER_POINT point."""
    return sum(tier_units(problem, routes).values())


def busy_s(route: Route) -> int:
    """Return the seconds of walking, access, visits, rounds and sessions of a route."""
    inside = sum(s.access_s + s.leave_s for s in route.stops)
    work = sum(s.end_s - s.start_s for s in route.stops if s.kind != "break")
    return _walk_s(route) + inside + work


def build_plan(
    problem: VisitProblem,
    routes: Iterable[Route],
    unplanned: Iterable[Unplanned],
    *,
    bound: float,
    tier_bounds: Mapping[str, float | None],
    seed: int,
    seconds: float,
    notes: Iterable[str] = (),
) -> VisitPlan:
    """Return the plan of these routes with every figure worked out.

    Parameters
    ----------
    problem
        The week.
    routes
        The days; those without stops are left out.
    unplanned
        Every request that no route holds, set-aside ones included.
    bound
        A valid upper bound of the objective, in points.
    tier_bounds
        A valid upper bound of each tier alone, in points, where one is known.
    seed, seconds, notes
        As the plan reports them; the problem's own notes come first.

    Raises
    ------
    ValueError
        If a bound lies below what the plan reaches by more than rounding: such a bound
        is wrong, and no gap may be shown for it.
    """
    routes = tuple(sorted((r for r in routes if r.stops), key=lambda r: (r.date, r.officer_ref)))
    tiers = tuple(
        _tier(name, units / VALUE_UNITS_PER_POINT, tier_bounds.get(name))
        for name, units in tier_units(problem, routes).items()
    )
    objective = objective_units(problem, routes) / VALUE_UNITS_PER_POINT
    bound = _lifted("the plan", objective, bound)
    gap = value_gap(objective, bound)
    visits = planned_visits(problem, routes).values()
    turns = [stop for _, stop in _planned_rounds(problem, routes)]
    shares = list(busy_shares(problem, routes).values())
    return VisitPlan(
        status=status_of(gap),
        objective=objective,
        bound=bound,
        gap=gap,
        seed=seed,
        seconds=seconds,
        week=problem.week,
        routes=routes,
        unplanned=tuple(unplanned),
        tiers=tiers,
        requests=len(problem.visits) + len(problem.set_aside),
        planned=len(visits),
        late=sum(v.late for v in visits),
        doors=sum(len(s.property_refs) for s in turns),
        conversations=sum(s.conversations for s in turns),
        walk_hours=sum(_walk_s(r) for r in routes) / 3600,
        own_officer=sum(v.own_officer for v in visits),
        busy_share=statistics.fmean(shares) if shares else 0.0,
        busy_spread=statistics.pstdev(shares) if shares else 0.0,
        rules=problem.rules,
        notes=(*problem.notes, *notes),
    )


def _tier(name: str, value: float, bound: float | None) -> Tier:
    if bound is not None:
        bound = _lifted(f"tier {name}", value, bound)
    return Tier(name=name, value=value, bound=bound)


def _lifted(what: str, value: float, bound: float) -> float:
    if bound < value - _ROUNDING_POINTS:
        raise ValueError(f"{what} reaches {value:.3f} points, above its bound of {bound:.3f}")
    return max(value, bound)


def _planned_rounds(problem: VisitProblem, routes: Iterable[Route]) -> Iterable[tuple[Round, Stop]]:
    """Yield each round that is knocked, once: two officers' stops are one round."""
    known = {r.round_ref: r for r in problem.rounds}
    seen: set[str] = set()
    for route in routes:
        for stop in route.stops:
            if stop.kind == "round" and stop.round_ref is not None:
                if stop.round_ref not in known:
                    raise InvalidProblem(f"the plan holds round {stop.round_ref}, unknown here")
                if stop.round_ref not in seen:
                    seen.add(stop.round_ref)
                    yield known[stop.round_ref], stop


def _walk_s(route: Route) -> int:
    return route.home_walk_s + sum(s.walk_s for s in route.stops)


def busy_shares(problem: VisitProblem, routes: Iterable[Route]) -> dict[str, float]:
    """Return for each officer the share of the week's busy limits that the routes use.

    Shares make part-timers and full-timers comparable. Officers who do not work this week
    are left out. Their standard deviation is the plan's evenness: it weighs every officer,
    where the range sees two (Matl, Hartl and Vidal, Transportation Science 52, 2018). A
    deviation can also be lowered by working the idle harder for nothing; here walking comes
    before evenness, which rules that out.
    """
    room: dict[str, int] = {}
    for shift in problem.shifts:
        room[shift.officer_ref] = room.get(shift.officer_ref, 0) + shift.busy_limit_s
    busy = dict.fromkeys(room, 0)
    for route in routes:
        busy[route.officer_ref] = busy.get(route.officer_ref, 0) + busy_s(route)
    return {ref: busy[ref] / seconds for ref, seconds in room.items() if seconds > 0}
