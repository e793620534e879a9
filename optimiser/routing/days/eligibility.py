"""Who may do a visit: exclusions, skills and pairs, apart from any timing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from optimiser.model.visits import Visit, VisitOfficer, VisitProblem

__all__ = ["allowed_dates", "can_pair", "eligible_shifts", "may_attend", "may_go_alone"]


def may_attend(visit: Visit, officer: VisitOfficer) -> bool:
    """Whether the officer may be one of those at the visit."""
    return officer.officer_ref not in visit.excluded_officers


def may_go_alone(visit: Visit, officer: VisitOfficer) -> bool:
    """Whether the officer may do the visit as the only one."""
    skilled = visit.skill is None or visit.skill in officer.skills
    wanted = visit.required_officer in (None, officer.officer_ref)
    return may_attend(visit, officer) and skilled and wanted and not visit.two_officers


def can_pair(visit: Visit, one: VisitOfficer, other: VisitOfficer) -> bool:
    """Whether the two may do the visit together: the skill may be held by either."""
    if one.officer_ref == other.officer_ref:
        return False
    if visit.required_officer not in (None, one.officer_ref, other.officer_ref):
        return False
    skilled = visit.skill is None or visit.skill in one.skills | other.skills
    return may_attend(visit, one) and may_attend(visit, other) and skilled


def allowed_dates(visit: Visit) -> tuple[dt.date, ...]:
    """Return the days on which the visit has a window, in order."""
    return tuple(sorted({w.date for w in visit.windows}))


def eligible_shifts(problem: VisitProblem, visit: Visit) -> Sequence[int]:
    """Return the shifts on allowed days of officers who may attend, by date and officer.

    For a visit of one officer those who may go alone; of a two-officer visit those for
    whom there is a partner with a shift on the same day.
    """
    people = {o.officer_ref: o for o in problem.officers}
    dates = set(allowed_dates(visit))
    by_date: dict[dt.date, list[int]] = {}
    for k, shift in enumerate(problem.shifts):
        officer = people[shift.officer_ref]
        if shift.date in dates and may_attend(visit, officer):
            by_date.setdefault(shift.date, []).append(k)
    found: list[int] = []
    for _, shifts in sorted(by_date.items()):
        there = [(k, people[problem.shifts[k].officer_ref]) for k in shifts]
        there.sort(key=lambda pair: pair[1].officer_ref)
        for k, officer in there:
            if visit.two_officers:
                fits = any(can_pair(visit, officer, other) for _, other in there)
            else:
                fits = may_go_alone(visit, officer)
            if fits:
                found.append(k)
    return found
