"""The figures that a plan reports, worked out again from its stops and the problem.

Counts, hours and shares; what each tier of the objective comes to; the bounds, the gap and
the status. Nothing is taken from the solver.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Final

from optimiser.model.outcome import Status, Violation, status_of, value_gap
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.model.week import VisitPlan
from optimiser.routing.checks.route import busy_seconds, follows_option
from optimiser.routing.checks.week import Week

__all__ = ["check_figures"]

TOLERANCE: Final = 1e-6


def check_figures(week: Week) -> Iterator[Violation]:
    """Yield every figure of the plan that does not come to what it says."""
    yield from _check_counts(week)
    yield from _check_tiers(week)
    yield from _check_bound(week.plan)
    yield from _check_rules(week)


def _same(stated: float, computed: float) -> bool:
    return abs(stated - computed) <= TOLERANCE * max(1.0, abs(computed))


def _check_counts(week: Week) -> Iterator[Violation]:
    """Require the plan's counts, hours and shares to be those of its routes."""
    plan, problem = week.plan, week.problem
    # Of two officers at one round, the first one's stop stands for both.
    rounds = [places[0][1] for places in week.knocked.values()]
    shares = _busy_shares(week)
    figures: dict[str, tuple[float, float]] = {
        "requests": (plan.requests, len(problem.visits) + len(problem.set_aside)),
        "planned": (plan.planned, len(week.stops)),
        "late": (plan.late, sum(week.late(ref) for ref in week.stops)),
        "doors": (plan.doors, sum(len(stop.property_refs) for stop in rounds)),
        "conversations": (plan.conversations, sum(stop.conversations for stop in rounds)),
        "walk_hours": (plan.walk_hours, _walk_seconds(plan) / 3600),
        "own_officer": (plan.own_officer, sum(week.own(ref) for ref in week.stops)),
        "busy_share": (plan.busy_share, statistics.fmean(shares) if shares else 0.0),
        "busy_spread": (plan.busy_spread, statistics.pstdev(shares) if shares else 0.0),
    }
    for rule, (stated, computed) in figures.items():
        if not _same(stated, computed):
            message = f"given as {stated}, and comes to {computed}"
            yield Violation(rule=rule, subject="plan", message=message)


def _busy_shares(week: Week) -> list[float]:
    """Return for each officer with working time the share of it that is busy."""
    room: dict[str, int] = {}
    for shift in week.problem.shifts:
        room[shift.officer_ref] = room.get(shift.officer_ref, 0) + shift.busy_limit_s
    busy = dict.fromkeys(room, 0)
    for route in week.plan.routes:
        if route.officer_ref in busy:
            busy[route.officer_ref] += busy_seconds(route)
    return [busy[ref] / seconds for ref, seconds in room.items() if seconds > 0]


def _walk_seconds(plan: VisitPlan) -> int:
    return sum(r.home_walk_s + sum(stop.walk_s for stop in r.stops) for r in plan.routes)


def _tier_points(week: Week) -> dict[str, float]:
    """Return what each tier comes to, in points."""
    visits = {ref: week.visits[ref] for ref in week.stops}
    late = {ref for ref in visits if week.late(ref)}
    talks = [
        max(follows_option(week.rounds[ref], places[0][1]), default=0)
        for ref, places in week.knocked.items()
    ]
    units = {
        "statutory": sum(v.statutory_value for ref, v in visits.items() if ref not in late),
        "requests": sum(
            v.late_value if ref in late else v.value - v.statutory_value
            for ref, v in visits.items()
        ),
        "conversations": sum(talks),
        "own_officer": sum(v.own_officer_value for ref, v in visits.items() if week.own(ref)),
        "walking": -week.problem.walk_value * _walk_seconds(week.plan),
    }
    return {name: value / VALUE_UNITS_PER_POINT for name, value in units.items()}


def _check_tiers(week: Week) -> Iterator[Violation]:
    """Require the tiers to be those of the routes, within their bounds, and to add up."""
    plan, points = week.plan, _tier_points(week)
    if [tier.name for tier in plan.tiers] != list(points):
        message = f"the tiers should be {', '.join(points)}"
        yield Violation(rule="tiers", subject="plan", message=message)
    for tier in plan.tiers:
        computed = points.get(tier.name, 0.0)
        if not _same(tier.value, computed):
            message = f"given as {tier.value}, and comes to {computed}"
            yield Violation(rule="tier_value", subject=tier.name, message=message)
        slack = TOLERANCE * max(1.0, abs(computed))
        if tier.bound is not None and not tier.bound >= computed - slack:
            message = f"bound {tier.bound} is below {computed}"
            yield Violation(rule="tier_bound", subject=tier.name, message=message)
    if not _same(plan.objective, sum(points.values())):
        message = f"given as {plan.objective}, and comes to {sum(points.values())}"
        yield Violation(rule="objective", subject="plan", message=message)


def _check_bound(plan: VisitPlan) -> Iterator[Violation]:
    """Require a bound not below the plan's value, and the gap and status that follow."""
    if not plan.bound >= plan.objective - TOLERANCE * max(1.0, abs(plan.objective)):
        message = f"bound {plan.bound} is below the objective {plan.objective}"
        yield Violation(rule="bound", subject="plan", message=message)
    gap = value_gap(plan.objective, plan.bound)
    if not abs(plan.gap - gap) <= TOLERANCE:
        message = f"gap is given as {plan.gap}, and comes to {gap}"
        yield Violation(rule="gap", subject="plan", message=message)
    if plan.status is Status.OPTIMAL and status_of(gap) is not Status.OPTIMAL:
        message = f"called optimal with a gap of {gap:.6f}"
        yield Violation(rule="status", subject="plan", message=message)


def _check_rules(week: Week) -> Iterator[Violation]:
    """Require the rules written beside the plan to be those that it was made under."""
    if week.plan.rules != week.problem.rules:
        message = "the rules beside the plan are not those of the problem"
        yield Violation(rule="rules", subject="plan", message=message)
