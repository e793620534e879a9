"""Requests that no plan of this week could hold, each with what was checked.

A request is impossible when it does not fit even as the only task of an otherwise empty
day (sessions and break kept) of any officer, or any pair, who may do it. That is tested
by timing every such day; the reasons are then told apart, most basic first.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from optimiser.model.visits import UNREACHABLE_S, Visit, VisitOfficer, VisitProblem
from optimiser.routing.days.eligibility import (
    allowed_dates,
    can_pair,
    eligible_shifts,
    may_attend,
    may_go_alone,
)
from optimiser.routing.days.fits import Days
from optimiser.routing.days.insertion import first_fit
from optimiser.routing.days.schedule import Timer
from optimiser.routing.days.timing import Task, leg, place_item, task_item
from optimiser.routing.reasons.wording import clock, counted, day_name, joined, listed_days

__all__ = ["Cause", "cause_of"]


class Cause(NamedTuple):
    """Why a request is impossible, on what evidence, and a remedy if nothing else helps."""

    reason: str
    evidence: str
    plain_remedy: str


def cause_of(timer: Timer, index: int, empty: Days) -> Cause | None:
    """Return why a visit fits no empty day of this week; None where it does fit one.

    `empty` holds what is done already on days that have begun, and nothing else.
    """
    problem = timer.problem
    visit = problem.visits[index]
    if not visit.windows:
        return Cause(
            "it has no time this week at which it may be visited",
            "0 time windows this week",
            "agree a day and time with the resident",
        )
    if cause := _no_one(problem, visit):
        return cause
    if first_fit(timer, empty, index) is not None:
        return None
    return _too_late(timer, visit) or _no_way(problem, visit) or _no_time(timer, index)


def _too_late(timer: Timer, visit: Visit) -> Cause | None:
    """Return the cause when the week has gone past all of its windows."""
    shifts = eligible_shifts(timer.problem, visit)
    for k in shifts:
        date = timer.problem.shifts[k].date
        latest = max(w.latest_s for w in visit.windows if w.date == date)
        if k not in timer.now or latest >= timer.now[k].at_s:
            return None
    dates = listed_days(allowed_dates(visit))
    return Cause(
        "the times at which it may be visited have passed",
        f"allowed on {dates}, and no one who may do it can set out by then",
        "agree another time with the resident",
    )


def _no_one(problem: VisitProblem, visit: Visit) -> Cause | None:
    """Return the cause when nobody who may do it works on an allowed day."""
    officers = problem.officers
    allowed = [o for o in officers if may_attend(visit, o)]
    skilled = [o for o in officers if visit.skill is None or visit.skill in o.skills]
    dates = listed_days(allowed_dates(visit))
    if not skilled:
        return Cause(
            f"no officer has the skill {visit.skill}",
            f"none of {counted(len(officers), 'officer')} has it",
            f"bring in someone with the skill {visit.skill} for the visit",
        )
    if not allowed or not any(o in allowed for o in skilled):
        which = f"with the skill {visit.skill} " if visit.skill else ""
        return Cause(
            f"every officer {which}is excluded from this visit",
            f"excluded: {joined(sorted(o.officer_ref for o in skilled))}",
            "bring in an officer of another team, or review the exclusion",
        )
    if cause := _not_the_one(problem, visit, dates):
        return cause
    if eligible_shifts(problem, visit):
        return None
    if visit.two_officers:
        return _no_pair(problem, visit, allowed)
    able = [o for o in allowed if may_go_alone(visit, o)]
    which = f"with the skill {visit.skill} " if visit.skill else "who may do it "
    return Cause(
        f"no officer {which}works on {dates}",
        f"may do it: {joined(sorted(o.officer_ref for o in able))}; none has a shift then",
        f"agree another day than {dates}, or arrange cover",
    )


def _not_the_one(problem: VisitProblem, visit: Visit, dates: str) -> Cause | None:
    """Return the cause when the officer whom the request names cannot be the one."""
    named = visit.required_officer
    if named is None:
        return None
    remedy = f"ask for another officer than {named}"
    person = next((o for o in problem.officers if o.officer_ref == named), None)
    if person is None or not may_attend(visit, person):
        return Cause(
            f"{named}, who is to go, is excluded from this visit", f"excluded: {named}", remedy
        )
    if not visit.two_officers and not may_go_alone(visit, person):
        return Cause(
            f"{named}, who is to go, does not have the skill {visit.skill}",
            f"{named} has {joined(sorted(person.skills)) or 'no skill on file'}",
            remedy,
        )
    shifts = [s for s in problem.shifts if s.officer_ref == named]
    if any(s.date in allowed_dates(visit) for s in shifts):
        return None
    works = listed_days(sorted({s.date for s in shifts}))
    return Cause(
        f"{named}, who is to go, does not work on {dates}",
        f"{named} works on {works}" if works else f"{named} does not work this week",
        f"agree another day than {dates}, or ask for another officer than {named}",
    )


def _no_pair(problem: VisitProblem, visit: Visit, allowed: list[VisitOfficer]) -> Cause:
    people = {o.officer_ref: o for o in allowed}
    facts = []
    for date in allowed_dates(visit):
        there = sorted(
            s.officer_ref for s in problem.shifts if s.date == date and s.officer_ref in people
        )
        facts.append(f"{day_name(date)}: {joined(there) or 'nobody'}")
    dates = listed_days(allowed_dates(visit))
    pairs = any(can_pair(visit, a, b) for a in allowed for b in allowed)
    need = f", one with the skill {visit.skill}," if visit.skill and pairs else ""
    return Cause(
        f"two officers are needed and no two who may do it{need} work together on {dates}",
        f"at work: {'; '.join(facts)}",
        "bring in a partner of another team for the visit",
    )


def _no_way(problem: VisitProblem, visit: Visit) -> Cause | None:
    """Return the cause when there is no way to the door, there or back."""
    shifts = [problem.shifts[k] for k in eligible_shifts(problem, visit)]
    ends = sorted({p for s in shifts for p in (s.start_place, s.end_place)})
    place = visit.door.place
    ways = [
        max(problem.walk_s[s.start_place, place], problem.walk_s[place, s.end_place])
        for s in shifts
    ]
    if any(w < UNREACHABLE_S for w in ways):
        return None
    return Cause(
        "there is no way on foot to the address",
        f"no walk between {joined(problem.places[p].name for p in ends)} and "
        f"{problem.places[place].name}",
        "check the address's coordinates and the street network there",
    )


class _Reach(NamedTuple):
    """What one day needs for the visit alone, all in seconds."""

    at_door_s: int
    whole_s: int
    limit_s: int
    officer_ref: str
    too_far: bool


def _reach(problem: VisitProblem, index: int, shift_index: int) -> _Reach:
    shift = problem.shifts[shift_index]
    visit = problem.visits[index]
    item = task_item(problem, shift, Task("visit", index))
    way_there = leg(problem, place_item(shift.start_place), item)
    way_back = leg(problem, item, place_item(shift.end_place))
    there, back = sum(way_there), sum(way_back)
    most = shift.walk_limit_s
    too_far = most is not None and way_there[1] + way_back[1] > most and not shift.sessions
    length = visit.interpreter_service_s if item.interpreter else visit.service_s
    if visit.two_officers:  # the partner may speak the language
        length = min(length, visit.service_s)
    sessions = sum(s.end_s - s.start_s for s in shift.sessions)
    limit = min(shift.busy_limit_s, shift.end_s - shift.start_s - shift.break_s) - sessions
    return _Reach(shift.start_s + there, there + length + back, limit, shift.officer_ref, too_far)


def _no_time(timer: Timer, index: int) -> Cause:
    """Return the cause when windows, lengths or the rest of the day leave no time."""
    problem = timer.problem
    visit = problem.visits[index]
    shifts = eligible_shifts(problem, visit)
    reach = {k: _reach(problem, index, k) for k in shifts}
    by_date: dict[dt.date, list[int]] = {}
    for k in shifts:
        by_date.setdefault(problem.shifts[k].date, []).append(k)
    need = 2 if visit.two_officers else 1
    facts = []
    for date, there in by_date.items():
        soonest = sorted(reach[k].at_door_s for k in there)[need - 1]
        closes = max(w.latest_s for w in visit.windows if w.date == date)
        if soonest <= closes:
            break
        facts.append(
            f"{day_name(date)}: window ends {clock(closes)}, "
            f"at the door {clock(-(-soonest // 60) * 60)} at the earliest"
        )
    else:
        return Cause(
            "the window ends before anyone can walk there from the service centre",
            "; ".join(facts),
            "agree a later time with the resident",
        )
    if all(r.too_far for r in reach.values()):
        return Cause(
            "the walk there and back is longer than an officer may walk in a day",
            f"{counted(len(shifts), 'day')} of officers tried: each limit on walking is shorter",
            "let an officer walk farther that day (max_walk_minutes_day)",
        )
    tight = max(shifts, key=lambda k: reach[k].limit_s - reach[k].whole_s)
    if reach[tight].whole_s > reach[tight].limit_s:
        return Cause(
            "it takes longer than any officer's day has room for",
            f"{_minutes(reach[tight].whole_s)} with the walks, and at most "
            f"{_minutes(reach[tight].limit_s)} ({reach[tight].officer_ref})",
            "split it into two visits",
        )
    who = "no two officers are free together" if visit.two_officers else "no officer is free"
    kept = "sessions, breaks and what is done" if timer.now else "sessions and breaks"
    return Cause(
        f"{who} at the times allowed, even on an otherwise empty day",
        f"{counted(len(shifts), 'day')} of officers timed with their {kept}: "
        f"none has room within {_windows(visit)}",
        "agree another time with the resident",
    )


def _windows(visit: Visit) -> str:
    return joined(
        (f"{day_name(w.date)} {clock(w.earliest_s)} to {clock(w.latest_s)}" for w in visit.windows),
        most=3,
    )


def _minutes(seconds: int) -> str:
    return counted(-(-seconds // 60), "minute")
