"""A plan beside its problem, as the checks read it: who is who, which stops each task has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from optimiser.model.visits import Round, Visit, VisitOfficer, VisitProblem
from optimiser.model.week import Route, Stop, VisitPlan

__all__ = ["Place", "Week", "is_late", "read_week"]

Place = tuple[Route, Stop]


@dataclass(frozen=True, slots=True)
class Week:
    """What was asked and what was answered; stops of known visits and rounds by reference."""

    problem: VisitProblem
    plan: VisitPlan
    visits: Mapping[str, Visit]
    rounds: Mapping[str, Round]
    officers: Mapping[str, VisitOfficer]
    stops: Mapping[str, tuple[Place, ...]]
    knocked: Mapping[str, tuple[Place, ...]]

    def team(self, ref: str) -> tuple[str, ...]:
        """Return the officers of a planned visit."""
        return tuple(route.officer_ref for route, _ in self.stops[ref])

    def late(self, ref: str) -> bool:
        """Return whether a planned visit starts after it is due."""
        return any(is_late(self.visits[ref], route, stop) for route, stop in self.stops[ref])

    def own(self, ref: str) -> bool:
        """Return whether a planned visit has its own officer there."""
        own = self.visits[ref].own_officer
        return own is not None and own in self.team(ref)


def read_week(problem: VisitProblem, plan: VisitPlan) -> Week:
    """Return the two side by side."""
    visits = {v.visit_ref: v for v in problem.visits}
    rounds = {r.round_ref: r for r in problem.rounds}
    stops: dict[str, tuple[Place, ...]] = {}
    knocked: dict[str, tuple[Place, ...]] = {}
    for route in plan.routes:
        for stop in route.stops:
            if stop.kind == "visit" and stop.visit_ref in visits:
                stops[stop.visit_ref] = (*stops.get(stop.visit_ref, ()), (route, stop))
            if stop.kind == "round" and stop.round_ref in rounds:
                knocked[stop.round_ref] = (*knocked.get(stop.round_ref, ()), (route, stop))
    officers = {o.officer_ref: o for o in problem.officers}
    return Week(problem, plan, visits, rounds, officers, stops, knocked)


def is_late(visit: Visit, route: Route, stop: Stop) -> bool:
    """Return whether a stop starts after its visit is due."""
    if visit.due_at is None:
        return False
    midnight = dt.datetime.combine(route.date, dt.time(), tzinfo=visit.due_at.tzinfo)
    return midnight + dt.timedelta(seconds=stop.start_s) > visit.due_at
