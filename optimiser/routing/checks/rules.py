"""Every rule of a week's plan, stated again without the solver.

`check_week` works from the problem's shifts, visits, rounds and walking times alone: it
recomputes each figure that a plan reports and names each rule that it breaks. It shares
no code with the solver, so that a mistake there is not repeated here. The rules of one
day by itself are in `checks_route`, the figures in `checks_figures`; those across days
are here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from optimiser.model.outcome import Violation
from optimiser.model.visits import VisitProblem
from optimiser.model.week import VisitPlan
from optimiser.routing.checks.figures import check_figures
from optimiser.routing.checks.route import Day, check_day, subject_of
from optimiser.routing.checks.week import Place, Week, is_late, read_week

__all__ = ["check_week"]


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
    week = read_week(problem, plan)
    return (
        *_check_shifts(week),
        *_check_days(week),
        *_check_known_stops(week),
        *_check_once(week),
        *_check_pairs(week),
        *_check_windows(week),
        *_check_people(week),
        *_check_durations(week),
        *_check_late_flags(week),
        *_check_unplanned(week),
        *check_figures(week),
    )


def _check_shifts(week: Week) -> Iterator[Violation]:
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


def _check_days(week: Week) -> Iterator[Violation]:
    """Require of each day what `checks_route` states."""
    shifts = {(s.officer_ref, s.date): s for s in week.problem.shifts}
    for route in week.plan.routes:
        shift = shifts.get((route.officer_ref, route.date))
        if shift is not None:
            yield from check_day(Day(week.problem, route, shift, week.visits, week.rounds))


def _check_known_stops(week: Week) -> Iterator[Violation]:
    """Require every visit stop to be one of the requests that may be planned."""
    for route in week.plan.routes:
        for stop in route.stops:
            if stop.kind == "visit" and stop.visit_ref not in week.visits:
                message = "not a request that may be planned"
                subject = subject_of(route, stop)
                yield Violation(rule="known_visit", subject=subject, message=message)


def _check_once(week: Week) -> Iterator[Violation]:
    """Require each planned visit and round on one route, or on two for two officers."""
    tasks = [("visit_once", ref, week.visits[ref].two_officers, p) for ref, p in week.stops.items()]
    tasks += [
        ("round_once", ref, week.rounds[ref].two_officers, p) for ref, p in week.knocked.items()
    ]
    for once, ref, two, places in tasks:
        wanted = 2 if two else 1
        if len(places) != wanted:
            rule = "two_officers" if two else once
            message = f"on {len(places)} routes, should be {wanted}"
            yield Violation(rule=rule, subject=ref, message=message)


def _check_pairs(week: Week) -> Iterator[Violation]:
    """Require of visits and rounds for two officers that two are there, and of others one."""
    for ref, places in week.stops.items():
        yield from _check_together(ref, week.visits[ref].two_officers, places)
    for ref, places in week.knocked.items():
        yield from _check_together(ref, week.rounds[ref].two_officers, places)
        team = [route.officer_ref for route, _ in places]
        if week.rounds[ref].two_officers and week.rounds[ref].officers[0] not in team:
            message = f"without {week.rounds[ref].officers[0]}, whose doors they are"
            yield Violation(rule="round_officer", subject=ref, message=message)
        if len({stop.conversations for _, stop in places}) > 1:
            message = "the two expect different numbers of conversations"
            yield Violation(rule="together", subject=ref, message=message)


def _check_together(ref: str, two: bool, places: tuple[Place, ...]) -> Iterator[Violation]:
    """Require two officers there together, each naming the other; nobody is named otherwise."""
    if not two:
        if any(stop.with_officer is not None for _, stop in places):
            message = "names a second officer without needing one"
            yield Violation(rule="with_officer", subject=ref, message=message)
        return
    if len(places) != 2:
        return
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


def _check_windows(week: Week) -> Iterator[Violation]:
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


def _check_people(week: Week) -> Iterator[Violation]:
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


def _check_durations(week: Week) -> Iterator[Violation]:
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


def _check_late_flags(week: Week) -> Iterator[Violation]:
    """Require the late flag on visits that start after they are due, and only there."""
    for ref, places in week.stops.items():
        for route, stop in places:
            late = is_late(week.visits[ref], route, stop)
            if stop.late != late:
                message = f"late is {stop.late}, should be {late}"
                subject = subject_of(route, stop)
                yield Violation(rule="late_flag", subject=subject, message=message)


def _check_unplanned(week: Week) -> Iterator[Violation]:
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
