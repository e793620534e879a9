"""A week as it has really gone so far: what was done, by whom and when.

A plan mended during the week starts from this. What is done or under way stays, though
the rules or the files may have changed since; so the problem is widened just so far
that it allows what has happened, and no further.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from optimiser.errors import InvalidProblem
from optimiser.model.visits import Round, Session, Shift, TimeWindow, Visit, VisitProblem
from optimiser.model.week import Route, Stop, VisitPlan
from optimiser.routing.days.schedule import seconds_on
from optimiser.routing.reasons.wording import day_name

__all__ = ["WeekSoFar", "as_begun", "seconds_at", "under_way"]

Day = tuple[str, dt.date]

_INTERPRETED: Final = "(interpreter)"
"""A language that no officer speaks: an interpreter was there."""
_NOTICED_S: Final = 60
"""A sheet is filled in by the minute: less is not late."""
_PASSES: Final = 20
"""Times at most that the delays of pairs are carried from one day to the other."""


@dataclass(frozen=True)
class WeekSoFar:
    """What is known of a week beyond its plan.

    Attributes
    ----------
    actual
        When a planned visit really began, local time, by visit_ref.
    failed
        Planned visits that came to nothing, so that nothing was gained by them.
    leaving
        Officers who go home at an instant and do no more on that day.
    not_worked
        Officers' days that were planned and did not happen, but for visits in `actual`.
    withdrawn
        Planned visits that are not to be made there any more, unless they have begun.
    away
        Officers told to be away, and until which day; the plan keeps it in mind.
    causes
        Why a visit or round changes, in words, by its reference.
    """

    actual: Mapping[str, dt.datetime] = field(default_factory=lambda: MappingProxyType({}))
    failed: frozenset[str] = frozenset()
    leaving: Mapping[str, dt.datetime] = field(default_factory=lambda: MappingProxyType({}))
    not_worked: frozenset[Day] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    away: Mapping[str, dt.date] = field(default_factory=lambda: MappingProxyType({}))
    causes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def seconds_at(at: dt.datetime, date: dt.date) -> float:
    """Return an instant as seconds after midnight of `date`."""
    return seconds_on(date, at.replace(tzinfo=None))


def under_way(stops: Sequence[Stop], begun_s: float) -> int:
    """Return how many of the stops are done, begun, or must already be walked to."""
    started = sum(s.start_s < begun_s for s in stops)
    if 0 < started < len(stops):
        stop, before = stops[started], stops[started - 1]
        needs = before.leave_s + stop.walk_s + stop.access_s
        if stop.kind in ("visit", "round") and stop.start_s - needs < begun_s:
            started += 1
    elif started == 0 and stops and stops[0].kind in ("visit", "round"):
        started += stops[0].start_s - stops[0].walk_s - stops[0].access_s < begun_s
    return started


def as_begun(
    problem: VisitProblem, plan: VisitPlan, at: dt.datetime, so_far: WeekSoFar
) -> tuple[VisitProblem, VisitPlan]:
    """Return the problem and the plan, both as the week has really gone.

    Parameters
    ----------
    problem
        The week as it is now.
    plan
        The plan so far.
    at
        Local time.
    so_far
        What is known beyond the plan.

    Returns
    -------
    problem
        Allowing what has begun, whatever has changed since.
    plan
        Without what did not happen, its stops of the day at the times that a late
        start leaves them.

    Raises
    ------
    InvalidProblem
        If an officer has begun a day that the problem does not have.
    """
    routes = _late(plan.routes, at, so_far)
    routes = _whole_pairs([_happened(_still_wanted(r, at, so_far), so_far) for r in routes])
    plan = plan.model_copy(update={"routes": tuple(r for r in routes if r.stops)})
    begun = {
        (r.officer_ref, r.date): r.stops[: under_way(r.stops, seconds_at(at, r.date))]
        for r in plan.routes
    }
    rounds = {s.round_ref: s for r in plan.routes for s in r.stops if s.round_ref}
    problem = problem.model_copy(
        update={
            "rounds": tuple(
                _as_planned(r, rounds[r.round_ref]) if r.round_ref in rounds else r
                for r in problem.rounds
            )
        }
    )
    return _allowing(problem, begun, at, so_far), plan


# The plan as it went


def _late(routes: Sequence[Route], at: dt.datetime, so_far: WeekSoFar) -> list[Route]:
    """Return the routes, those of the day itself with their delays."""
    today = [k for k, r in enumerate(routes) if r.date == at.date()]
    began = {
        ref: round(seconds_at(when, at.date()))
        for ref, when in so_far.actual.items()
        if when.date() == at.date()
    }
    changed = list(routes)
    for _ in range(_PASSES):
        for k in today:
            changed[k] = _delayed(routes[k], began)
        starts: dict[str, set[int]] = {}
        for k in today:
            for stop in changed[k].stops:
                if stop.with_officer is not None:
                    starts.setdefault(_ref(stop), set()).add(stop.start_s)
        apart = {ref: max(found) for ref, found in starts.items() if len(found) > 1}
        if not apart:
            break
        began |= apart
    return changed


def _delayed(route: Route, began: Mapping[str, int]) -> Route:
    """Return the route with stops begun later than planned, and what that delays after them."""
    stops: list[Stop] = []
    free_s, delayed = route.start_s, False
    leave_s = 0  # a break is taken before one leaves the building
    for stop in route.stops:
        start = began.get(_ref(stop), 0)
        if start < stop.start_s + _NOTICED_S:
            start = stop.start_s
        if delayed:
            start = max(start, free_s + leave_s + stop.walk_s + stop.access_s)
        end = stop.end_s + start - stop.start_s
        if stop.kind == "surgery":  # it ends when it is said to end, even if one comes late
            start, end = min(start, stop.end_s), stop.end_s
        delayed = start > stop.start_s
        later = start - stop.start_s
        times = {"start_s": start, "end_s": end, "arrive_s": stop.arrive_s + later}
        stops.append(stop.model_copy(update=times) if delayed else stop)
        free_s = end
        if stop.kind != "break":
            leave_s = stop.leave_s
    return route.model_copy(update={"stops": tuple(stops)})


def _still_wanted(route: Route, at: dt.datetime, so_far: WeekSoFar) -> Route:
    begun_s = seconds_at(at, route.date)
    kept = (s for s in route.stops if s.start_s < begun_s or _ref(s) not in so_far.withdrawn)
    return route.model_copy(update={"stops": tuple(kept)})


def _happened(route: Route, so_far: WeekSoFar) -> Route:
    """Return the route without what an absent officer did not do, or will not."""
    day = (route.officer_ref, route.date)
    leaves = so_far.leaving.get(route.officer_ref)
    if day in so_far.not_worked:
        stops = [s for s in route.stops if _is_on(so_far.actual.get(_ref(s)), route.date)]
    elif leaves is not None and leaves.date() == route.date:
        stops = [s for s in route.stops if s.start_s < seconds_at(leaves, route.date)]
    else:
        return route
    return route.model_copy(update={"stops": tuple(stops)})


def _is_on(at: dt.datetime | None, date: dt.date) -> bool:
    return at is not None and at.date() == date


def _whole_pairs(routes: Sequence[Route]) -> list[Route]:
    """Return the routes without visits and rounds of two officers of whom one is gone."""
    held: dict[str, int] = {}
    for route in routes:
        for stop in route.stops:
            if stop.with_officer is not None:
                held[_ref(stop)] = held.get(_ref(stop), 0) + 1
    return [
        r.model_copy(
            update={
                "stops": tuple(
                    s for s in r.stops if s.with_officer is None or held.get(_ref(s)) == 2
                )
            }
        )
        for r in routes
    ]


def _ref(stop: Stop) -> str:
    return stop.visit_ref or stop.round_ref or ""


# The problem that allows it


def _allowing(
    problem: VisitProblem, begun: Mapping[Day, Sequence[Stop]], at: dt.datetime, so_far: WeekSoFar
) -> VisitProblem:
    """Return the problem with whatever has begun allowed as it was."""
    made = {_ref(s): (day, s) for day, stops in begun.items() for s in stops if _ref(s)}
    visits = tuple(
        _as_done(v, *made[v.visit_ref], failed=v.visit_ref in so_far.failed)
        if v.visit_ref in made
        else v
        for v in problem.visits
    )
    rounds = tuple(
        _as_knocked(r, made[r.round_ref], begun) if r.round_ref in made else r
        for r in problem.rounds
    )
    shifts = tuple(_shifts(problem.shifts, begun, at, so_far))
    known = {(s.officer_ref, s.date) for s in shifts}
    for (officer, date), stops in begun.items():
        if stops and (officer, date) not in known:
            raise InvalidProblem(
                f"{officer} has begun {day_name(date)}, but does not work then any more: keep "
                "them in the officers file, and say in the absences file that they are away"
            )
    return problem.model_copy(update={"visits": visits, "rounds": rounds, "shifts": shifts})


def _as_done(visit: Visit, day: Day, stop: Stop, *, failed: bool) -> Visit:
    length = stop.end_s - stop.start_s
    window = TimeWindow(date=day[1], earliest_s=stop.start_s, latest_s=stop.start_s)
    as_was = {
        "service_s": length,
        "interpreter_service_s": length,
        "windows": (window,),
        "two_officers": stop.with_officer is not None,
        "language": _INTERPRETED if stop.interpreter else None,
        "skill": None,
        "excluded_officers": frozenset(),
        "required_officer": None,
    }
    worthless = dict.fromkeys(("value", "late_value", "own_officer_value", "statutory_value"), 0)
    return visit.model_copy(update=as_was | (worthless if failed else {}))


def _as_knocked(turn: Round, at: tuple[Day, Stop], begun: Mapping[Day, Sequence[Stop]]) -> Round:
    (officer, date), stop = at
    there = [
        d[0] for d, stops in begun.items() if any(s.round_ref == turn.round_ref for s in stops)
    ]
    lasting = {"service_s": stop.end_s - stop.start_s, "conversations": stop.conversations}
    nearest = min(turn.options, key=lambda o: _off(o.earliest_s, o.latest_s, stop.start_s))
    option = nearest.model_copy(
        update=lasting
        | {
            "earliest_s": min(nearest.earliest_s, stop.start_s),
            "latest_s": max(nearest.latest_s, stop.start_s),
        }
    )
    first = [o for o in turn.officers if o in there]  # of a pair, whose patch it is comes first
    officers = (*first, *(o for o in there if o not in first)) or (officer,)
    return turn.model_copy(
        update={
            "date": date,
            "options": (option,),
            "property_refs": stop.property_refs,
            "officers": officers,
            "two_officers": stop.with_officer is not None,
        }
    )


def _as_planned(turn: Round, stop: Stop) -> Round:
    """Return a round with the doors and the time that the plan has for it.

    What is known of a home by now is for the next week: here it would only move every
    stop after the round by a minute or two.
    """
    lasting = {"service_s": stop.end_s - stop.start_s, "conversations": stop.conversations}
    options = tuple(
        o.model_copy(update=lasting) if o.earliest_s <= stop.start_s <= o.latest_s else o
        for o in turn.options
    )
    return turn.model_copy(update={"options": options, "property_refs": stop.property_refs})


def _off(earliest_s: int, latest_s: int, start_s: int) -> int:
    return max(earliest_s - start_s, start_s - latest_s, 0)


def _shifts(
    shifts: Sequence[Shift],
    begun: Mapping[Day, Sequence[Stop]],
    at: dt.datetime,
    so_far: WeekSoFar,
) -> Iterator[Shift]:
    for shift in shifts:
        day = (shift.officer_ref, shift.date)
        stops = begun.get(day, ())
        leaves = so_far.leaving.get(shift.officer_ref)
        home = leaves is not None and leaves.date() == shift.date
        if home or day in so_far.not_worked:
            if not stops:
                continue
            end_s = seconds_at(leaves, shift.date) if home and leaves else shift.start_s
            yield _cut_short(shift, stops, int(end_s))
        else:
            passed_s = seconds_at(at, shift.date)
            yield shift.model_copy(update={"sessions": _held(shift, stops, passed_s)})


def _cut_short(shift: Shift, stops: Sequence[Stop], end_s: int) -> Shift:
    """Return a shift that ends once what has begun is done; the way home is added later."""
    rested = any(s.kind == "break" for s in stops)
    return shift.model_copy(
        update={
            "end_s": max(end_s, *(s.end_s for s in stops)),
            "break_s": shift.break_s if rested else 0,
            "sessions": _held(shift, stops, float("inf")),
        }
    )


def _held(shift: Shift, stops: Sequence[Stop], passed_s: float) -> tuple[Session, ...]:
    """Return the sessions at the times at which they are held.

    One that was to start before `passed_s`, and that the plan did not have, was not held.
    """
    begun = {s.end_s: s for s in stops if s.kind == "surgery"}
    held = []
    for session in shift.sessions:
        stop = begun.get(session.end_s)
        if stop is not None and stop.start_s > session.start_s:
            held.append(session.model_copy(update={"start_s": stop.start_s}))
        elif stop is not None or session.start_s >= passed_s:
            held.append(session)
    return tuple(held)
