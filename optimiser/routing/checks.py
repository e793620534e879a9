"""Every rule of a week's plan, stated again without the solver.

`check_week` works from the problem's shifts, visits, rounds and walking times alone: it
recomputes each figure that a plan reports and names each rule that it breaks. It shares
no code with the solver, so that a mistake there is not repeated here. The rules of one
day by itself are in `checks_route`; those across days and the figures are here.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from optimiser.model.outcome import Status, Violation, status_of, value_gap
from optimiser.model.visits import VALUE_UNITS_PER_POINT, Visit, VisitOfficer, VisitProblem
from optimiser.model.week import Route, Stop, VisitPlan
from optimiser.routing.checks_route import (
    Day,
    busy_seconds,
    check_day,
    follows_option,
    subject_of,
)

__all__ = ["check_week"]

TOLERANCE: Final = 1e-6

Place = tuple[Route, Stop]


@dataclass(frozen=True, slots=True)
class _Week:
    """A plan beside its problem: who is who, and which stops each known visit has."""

    problem: VisitProblem
    plan: VisitPlan
    visits: Mapping[str, Visit]
    officers: Mapping[str, VisitOfficer]
    stops: Mapping[str, tuple[Place, ...]]

    def team(self, ref: str) -> tuple[str, ...]:
        """Return the officers of a planned visit."""
        return tuple(route.officer_ref for route, _ in self.stops[ref])


def check_week(problem: VisitProblem, plan: VisitPlan) -> tuple[Violation, ...]:
    """Return every rule that the plan breaks; empty for a valid plan.

    Parameters
    ----------
    problem
        What was asked.
    plan
        What was answered; nothing in it is taken on trust.

    Returns
    -------
    tuple of Violation
        In a fixed order: shifts and days, visits, what is left out, figures.
    """
    week = _read(problem, plan)
    return (
        *_check_shifts(week),
        *_check_days(week),
        *_check_known_stops(week),
        *_check_visits_once(week),
        *_check_pairs(week),
        *_check_windows(week),
        *_check_people(week),
        *_check_durations(week),
        *_check_late_flags(week),
        *_check_rounds_once(week),
        *_check_unplanned(week),
        *_check_counts(week),
        *_check_tiers(week),
        *_check_bound(plan),
    )


def _read(problem: VisitProblem, plan: VisitPlan) -> _Week:
    visits = {v.visit_ref: v for v in problem.visits}
    stops: dict[str, tuple[Place, ...]] = {}
    for route in plan.routes:
        for stop in route.stops:
            if stop.kind == "visit" and stop.visit_ref in visits:
                stops[stop.visit_ref] = (*stops.get(stop.visit_ref, ()), (route, stop))
    return _Week(problem, plan, visits, {o.officer_ref: o for o in problem.officers}, stops)


def _same(stated: float, computed: float) -> bool:
    return abs(stated - computed) <= TOLERANCE * max(1.0, abs(computed))


def _check_shifts(week: _Week) -> Iterator[Violation]:
    """Require a shift for every route, one route a shift, and a route where sessions are."""
    if week.plan.week != week.problem.week:
        message = f"a plan of {week.plan.week}, not {week.problem.week}"
        yield Violation(rule="week", subject="plan", message=message)
    shifts = {(s.officer_ref, s.date): s for s in week.problem.shifts}
    routes = Counter((r.officer_ref, r.date) for r in week.plan.routes)
    for (officer, date), count in routes.items():
        if (officer, date) not in shifts:
            message = "the officer does not work on that day"
            yield Violation(rule="shift", subject=f"{officer} {date}", message=message)
        if count > 1:
            message = f"{count} routes in one shift"
            yield Violation(rule="one_route", subject=f"{officer} {date}", message=message)
    for (officer, date), shift in shifts.items():
        if shift.sessions and (officer, date) not in routes:
            message = "the shift has a session and no route"
            yield Violation(rule="session", subject=f"{officer} {date}", message=message)


def _check_days(week: _Week) -> Iterator[Violation]:
    """Require of each day what `checks_route` states."""
    shifts = {(s.officer_ref, s.date): s for s in week.problem.shifts}
    rounds = {r.round_ref: r for r in week.problem.rounds}
    for route in week.plan.routes:
        shift = shifts.get((route.officer_ref, route.date))
        if shift is not None:
            yield from check_day(Day(week.problem, route, shift, week.visits, rounds))


def _check_known_stops(week: _Week) -> Iterator[Violation]:
    """Require every visit stop to be one of the requests that may be planned."""
    for route in week.plan.routes:
        for stop in route.stops:
            if stop.kind == "visit" and stop.visit_ref not in week.visits:
                message = "not a request that may be planned"
                subject = subject_of(route, stop)
                yield Violation(rule="known_visit", subject=subject, message=message)


def _check_visits_once(week: _Week) -> Iterator[Violation]:
    """Require each planned visit on one route, or on two for two officers."""
    for ref, places in week.stops.items():
        wanted = 2 if week.visits[ref].two_officers else 1
        if len(places) != wanted:
            rule = "two_officers" if wanted == 2 else "visit_once"
            message = f"on {len(places)} routes, should be {wanted}"
            yield Violation(rule=rule, subject=ref, message=message)


def _check_pairs(week: _Week) -> Iterator[Violation]:
    """Require two officers there together, each naming the other; nobody is named otherwise."""
    for ref, places in week.stops.items():
        if not week.visits[ref].two_officers:
            if any(stop.with_officer is not None for _, stop in places):
                message = "names a second officer without needing one"
                yield Violation(rule="with_officer", subject=ref, message=message)
            continue
        if len(places) != 2:
            continue
        (one, first), (other, second) = places
        if one.officer_ref == other.officer_ref:
            message = f"{one.officer_ref} is both officers"
            yield Violation(rule="two_officers", subject=ref, message=message)
        when = [(r.date, s.start_s, s.end_s) for r, s in places]
        if when[0] != when[1]:
            message = f"the officers' times differ: {when[0]} and {when[1]}"
            yield Violation(rule="together", subject=ref, message=message)
        if (first.with_officer, second.with_officer) != (other.officer_ref, one.officer_ref):
            message = f"they name {first.with_officer} and {second.with_officer}"
            yield Violation(rule="with_officer", subject=ref, message=message)


def _check_windows(week: _Week) -> Iterator[Violation]:
    """Require a start within one of the visit's windows."""
    for ref, places in week.stops.items():
        for route, stop in places:
            if not any(
                w.date == route.date and w.earliest_s <= stop.start_s <= w.latest_s
                for w in week.visits[ref].windows
            ):
                message = f"starts at {stop.start_s}, outside its windows"
                subject = subject_of(route, stop)
                yield Violation(rule="window", subject=subject, message=message)


def _check_people(week: _Week) -> Iterator[Violation]:
    """Require the skill and the named officer in the team, and nobody whom the visit excludes."""
    for ref in week.stops:
        visit, team = week.visits[ref], week.team(ref)
        held = {s for o in team if o in week.officers for s in week.officers[o].skills}
        if visit.skill is not None and visit.skill not in held:
            message = f"nobody of {', '.join(team)} has the skill {visit.skill}"
            yield Violation(rule="skill", subject=ref, message=message)
        for officer in sorted(visit.excluded_officers.intersection(team)):
            message = f"{officer} may not visit"
            yield Violation(rule="excluded", subject=ref, message=message)
        if visit.required_officer is not None and visit.required_officer not in team:
            message = f"without {visit.required_officer}, who is to be there"
            yield Violation(rule="required_officer", subject=ref, message=message)


def _check_durations(week: _Week) -> Iterator[Violation]:
    """Require the service time, longer with an interpreter where nobody has the language."""
    for ref, places in week.stops.items():
        visit = week.visits[ref]
        spoken = {
            s for o in week.team(ref) if o in week.officers for s in week.officers[o].languages
        }
        interpreter = visit.language is not None and visit.language not in spoken
        length = visit.interpreter_service_s if interpreter else visit.service_s
        for route, stop in places:
            if stop.end_s - stop.start_s != length:
                message = f"lasts {stop.end_s - stop.start_s}, should be {length}"
                subject = subject_of(route, stop)
                yield Violation(rule="duration", subject=subject, message=message)
            if stop.interpreter != interpreter:
                message = f"interpreter is {stop.interpreter}, should be {interpreter}"
                subject = subject_of(route, stop)
                yield Violation(rule="interpreter", subject=subject, message=message)


def _is_late(visit: Visit, route: Route, stop: Stop) -> bool:
    if visit.due_at is None:
        return False
    midnight = dt.datetime.combine(route.date, dt.time(), tzinfo=visit.due_at.tzinfo)
    return midnight + dt.timedelta(seconds=stop.start_s) > visit.due_at


def _check_late_flags(week: _Week) -> Iterator[Violation]:
    """Require the late flag on visits that start after they are due, and only there."""
    for ref, places in week.stops.items():
        for route, stop in places:
            late = _is_late(week.visits[ref], route, stop)
            if stop.late != late:
                message = f"late is {stop.late}, should be {late}"
                subject = subject_of(route, stop)
                yield Violation(rule="late_flag", subject=subject, message=message)


def _check_rounds_once(week: _Week) -> Iterator[Violation]:
    """Require no round knocked twice."""
    stops = (stop for route in week.plan.routes for stop in route.stops)
    times = Counter(stop.round_ref for stop in stops if stop.kind == "round")
    for ref, count in times.items():
        if count > 1:
            message = f"knocked {count} times"
            yield Violation(rule="round_once", subject=str(ref), message=message)


def _check_unplanned(week: _Week) -> Iterator[Violation]:
    """Require every request planned, or left out once with a reason; set-aside ones as they are."""
    aside = Counter((u.visit_ref, u.kind) for u in week.problem.set_aside)
    left = Counter((u.visit_ref, u.kind) for u in week.plan.unplanned)
    for ref, kind in aside - left:
        message = f"set aside as {kind.value}, not listed so"
        yield Violation(rule="set_aside", subject=ref, message=message)
    times = Counter(ref for ref, _ in (left - aside).elements())
    for ref in week.visits:
        if ref in week.stops and times[ref]:
            message = "both planned and left out"
            yield Violation(rule="planned_or_not", subject=ref, message=message)
        elif ref not in week.stops and times[ref] != 1:
            message = f"not planned, and listed {times[ref]} times as left out"
            yield Violation(rule="planned_or_not", subject=ref, message=message)
    for ref in sorted(times.keys() - week.visits.keys()):
        message = "left out, yet no such request"
        yield Violation(rule="known_visit", subject=ref, message=message)
    for item in week.plan.unplanned:
        if not (item.reason.strip() and item.remedy.strip()):
            message = "left out without a reason or a remedy"
            yield Violation(rule="reason", subject=item.visit_ref, message=message)


def _check_counts(week: _Week) -> Iterator[Violation]:
    """Require the plan's counts and hours to be those of its routes."""
    plan, problem = week.plan, week.problem
    stops = [stop for route in plan.routes for stop in route.stops]
    rounds = [stop for stop in stops if stop.kind == "round"]
    busy = {(r.officer_ref, r.date): busy_seconds(r) / 60 for r in plan.routes}
    minutes = [busy.get((s.officer_ref, s.date), 0.0) for s in problem.shifts]
    figures: dict[str, tuple[float, float]] = {
        "requests": (plan.requests, len(problem.visits) + len(problem.set_aside)),
        "planned": (plan.planned, len(week.stops)),
        "late": (plan.late, sum(_late(week, ref) for ref in week.stops)),
        "doors": (plan.doors, sum(len(stop.property_refs) for stop in rounds)),
        "conversations": (plan.conversations, sum(stop.conversations for stop in rounds)),
        "walk_hours": (plan.walk_hours, _walk_seconds(plan) / 3600),
        "own_officer": (plan.own_officer, sum(_own(week, ref) for ref in week.stops)),
        "evenness": (plan.evenness_minutes, statistics.pstdev(minutes) if minutes else 0.0),
    }
    for rule, (stated, computed) in figures.items():
        if not _same(stated, computed):
            message = f"given as {stated}, and comes to {computed}"
            yield Violation(rule=rule, subject="plan", message=message)


def _late(week: _Week, ref: str) -> bool:
    return any(_is_late(week.visits[ref], route, stop) for route, stop in week.stops[ref])


def _own(week: _Week, ref: str) -> bool:
    own = week.visits[ref].own_officer
    return own is not None and own in week.team(ref)


def _walk_seconds(plan: VisitPlan) -> int:
    return sum(r.home_walk_s + sum(stop.walk_s for stop in r.stops) for r in plan.routes)


def _tier_points(week: _Week) -> dict[str, float]:
    """Return what each tier comes to, in points."""
    visits = {ref: week.visits[ref] for ref in week.stops}
    late = {ref for ref in visits if _late(week, ref)}
    rounds = {r.round_ref: r for r in week.problem.rounds}
    talks = [
        max(follows_option(rounds[stop.round_ref], stop), default=0)
        for route in week.plan.routes
        for stop in route.stops
        if stop.kind == "round" and stop.round_ref in rounds
    ]
    units = {
        "statutory": sum(v.statutory_value for ref, v in visits.items() if ref not in late),
        "requests": sum(
            v.late_value if ref in late else v.value - v.statutory_value
            for ref, v in visits.items()
        ),
        "conversations": sum(talks),
        "own_officer": sum(v.own_officer_value for ref, v in visits.items() if _own(week, ref)),
        "walking": -week.problem.walk_value * _walk_seconds(week.plan),
    }
    return {name: value / VALUE_UNITS_PER_POINT for name, value in units.items()}


def _check_tiers(week: _Week) -> Iterator[Violation]:
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
