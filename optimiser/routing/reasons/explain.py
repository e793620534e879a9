"""Why each request is not in the plan, tested, with remedies that have been tried.

Each request left out is one of

- impossible: it fits no empty day of anyone who may do it (`impossible`);
- not found in time: it fits the plan as it is; or with others moved and none lost
  (`making_way`); or in place of others that are worth less;
- crowded out: the cheapest way to fit it pushes these visits or rounds out (`crowding`).

What is said of a way was done with it: the request put in, the others moved or taken
out, the days timed. "The cheapest way" is the cheapest on one officer's day, or the two
officers' of a two-officer visit, with all else on it in its order; where the search for
it was cut short it is called the cheapest way found.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from optimiser.model.visits import VALUE_UNITS_PER_POINT, Unplanned, UnplannedClass, VisitProblem
from optimiser.model.week import Route
from optimiser.routing.days.eligibility import eligible_shifts
from optimiser.routing.days.fits import Days, days_of, own_value, value_at
from optimiser.routing.days.schedule import Now, Timer
from optimiser.routing.metrics import planned_visits
from optimiser.routing.reasons.crowding import Key, Room, Rooms, worth_of
from optimiser.routing.reasons.impossible import cause_of
from optimiser.routing.reasons.making_way import Moved, make_way, movable
from optimiser.routing.reasons.remedies import (
    Slack,
    best_remedies,
    fit_words,
    on_empty_days,
    when_words,
)
from optimiser.routing.reasons.wording import counted, joined, points, task_name

__all__ = ["explain_unplanned"]

_STEPS: Final = 300_000
"""Steps of the search for room, all requests together: about four seconds."""

_SHARES: Final = 6
"""One request may use so many times its share: those of two officers need far more."""

_LEAST_STEPS: Final = 4_000

_HURRY_SHARE: Final = 0.7
"""Of the time; what is left then is enough for a quick look at the rest."""

_HURRIED_STEPS: Final = 1_000

_MOVE_PRICE: Final = VALUE_UNITS_PER_POINT
"""Moving a visit counts as a point lost, so that few are moved."""


def explain_unplanned(
    problem: VisitProblem,
    routes: Iterable[Route],
    *,
    time_limit_s: float = 10,
    now: Mapping[int, Now] | None = None,
) -> tuple[Unplanned, ...]:
    """Return why each request that no route holds was left out, and what would help.

    Parameters
    ----------
    problem
        The week.
    routes
        The plan's routes, valid.
    time_limit_s
        A guard: the search has a budget of steps. Only where most of this passes first
        are the rest explained by a quick search without tried relaxations, and where all
        of it passes, named as not examined.
    now
        Of days that have begun, by shift index, what stays.

    Returns
    -------
    One entry a request, in the problem's order, then `problem.set_aside` unchanged.
    """
    routes = tuple(routes)
    held = planned_visits(problem, routes)
    left = [k for k, v in enumerate(problem.visits) if v.visit_ref not in held]
    if not left:
        return problem.set_aside
    desk = _desk(problem, routes, now or {})
    begun = time.monotonic()
    found: list[Unplanned] = []
    for k in left:
        left_over = max(0, _STEPS - desk.rooms.all_steps) // (len(left) - len(found))
        budget = max(_LEAST_STEPS, _SHARES * left_over)
        spent = time.monotonic() - begun
        if spent >= time_limit_s:
            found.append(_unexamined(desk, k))
        elif spent >= _HURRY_SHARE * time_limit_s:
            found.append(_explained(desk, k, _HURRIED_STEPS, hurry=True))
        else:
            found.append(_explained(desk, k, budget, hurry=False))
    return (*found, *problem.set_aside)


@dataclass
class _Desk:
    """What all requests share while they are explained.

    `rooms` prices each task at its worth; of `firm` nothing may go.
    """

    problem: VisitProblem
    timer: Timer
    days: Days
    empty: Days
    worth: Mapping[Key, int]
    rooms: Rooms = field(init=False)
    firm: Rooms = field(init=False)

    def __post_init__(self) -> None:
        self.rooms = Rooms(self.timer, self.days, self.worth)
        self.firm = Rooms(self.timer, self.days)

    @cached_property
    def slack(self) -> Slack:
        return Slack(self.timer, self.days)

    @cached_property
    def moving(self) -> Rooms:
        """Only what has another place may go, at a small price."""
        keys = movable(self.firm, self.worth)
        return Rooms(self.timer, self.days, dict.fromkeys(sorted(keys), _MOVE_PRICE))


def _desk(problem: VisitProblem, routes: tuple[Route, ...], now: Mapping[int, Now]) -> _Desk:
    days = days_of(problem, routes, now=now)
    done = {key for state in now.values() for key in state.done}
    empty = {k: days.get(k, ())[: len(state.done)] for k, state in now.items()}
    worth = {k: w for k, w in worth_of(problem, routes).items() if k not in done}
    return _Desk(problem, Timer(problem, now), days, empty, worth)


def _explained(desk: _Desk, index: int, budget: int, *, hurry: bool) -> Unplanned:
    cause = cause_of(desk.timer, index, desk.empty)
    if cause is not None:
        words = "" if hurry else _impossible_remedy(desk, index)
        return _entry(
            desk,
            index,
            UnplannedClass.IMPOSSIBLE,
            cause.reason,
            cause.evidence,
            words or cause.plain_remedy,
        )
    fit = desk.firm.cheapest(index, budget=budget)
    if fit is not None and not fit.delayed:
        return _fits(desk, index, fit)
    if not hurry:
        moved = make_way(desk.moving, desk.firm, index, desk.worth, budget=budget)
        if moved is not None and moved.gain > 0:
            return _fits_if_others_move(desk, index, moved)
    room = desk.rooms.cheapest(index, budget=budget)
    if room is None:
        return _unexamined(desk, index)
    if room.gain >= VALUE_UNITS_PER_POINT:
        return _worth_more(desk, index, room)
    return _crowded(desk, index, room, hurry=hurry)


def _impossible_remedy(desk: _Desk, index: int) -> str:
    found = best_remedies(desk.firm, desk.slack, index, most=1)
    remedy = found[0] if found else on_empty_days(desk.timer, index, desk.empty)
    return "" if remedy is None else remedy.words


def _fits(desk: _Desk, index: int, room: Room) -> Unplanned:
    """Return the entry of a request for which there is room in the plan as it is."""
    words = fit_words(desk.problem, room.fit)
    if room.gain <= 0:
        return _entry(
            desk,
            index,
            UnplannedClass.NOT_FOUND,
            "it fits the plan, but the walk there costs more points than it brings",
            f"it {words} without moving anything, for {points(-room.gain)} less",
            f"{words}: add it there by hand if it is worth the walk",
        )
    return _entry(
        desk,
        index,
        UnplannedClass.NOT_FOUND,
        "it fits the plan, but the search did not place it in its time",
        f"it {words} without moving anything, for {points(room.gain)} more",
        f"{words}: add it there, or run the planner for longer",
    )


def _fits_if_others_move(desk: _Desk, index: int, moved: Moved) -> Unplanned:
    """Return the entry when all that is in the way has another place, and nothing is lost."""
    problem = desk.problem
    where = fit_words(problem, moved.room.fit)
    moves = joined(
        f"{problem.visits[f.task.index].visit_ref} moves to {when_words(problem, f)[3:]}"
        for f in moved.moves
    )
    return _entry(
        desk,
        index,
        UnplannedClass.NOT_FOUND,
        "it fits the plan if others move, but the search did not find that in its time",
        f"it {where} if {moves}: nothing is left out, for {points(moved.gain)} more",
        f"{where} if {moves}: change it by hand, or run the planner for longer",
    )


def _worth_more(desk: _Desk, index: int, room: Room) -> Unplanned:
    """Return the entry when the plan would be worth more with it in place of others."""
    out = _left_out(desk.problem, room)
    return _entry(
        desk,
        index,
        UnplannedClass.NOT_FOUND,
        "the plan would be worth more with it in place of others, but the search did not "
        "find that in its time",
        _price(desk, room),
        f"{fit_words(desk.problem, room.fit)} {out}, for {points(room.gain)} more: "
        "change it by hand, or run the planner for longer",
    )


def _crowded(desk: _Desk, index: int, room: Room, *, hurry: bool) -> Unplanned:
    found = () if hurry else best_remedies(desk.firm, desk.slack, index)
    words = [r.words for r in found]
    if not words:
        words = [f"{fit_words(desk.problem, room.fit)} {_left_out(desk.problem, room)}"]
        if hurry:
            words[0] += "; there was no time to try other remedies"
    return _entry(
        desk,
        index,
        UnplannedClass.CROWDED_OUT,
        "the officers who may do it have no room left at the times allowed",
        _price(desk, room),
        "; or ".join(words),
    )


def _price(desk: _Desk, room: Room) -> str:
    """Return what the cheapest way pushes out, and what that costs."""
    problem = desk.problem
    officers = [problem.shifts[p.shift].officer_ref for p in room.fit.places]
    shift = room.fit.places[0].shift
    own = value_at(problem, room.fit.task, shift, room.fit.start_s)
    own += own_value(problem, room.fit.task, officers)
    parts = []
    if room.pushed:
        names = (f"{task_name(problem, k)} ({points(desk.worth[k])})" for k in room.pushed)
        parts.append(f"pushes out {joined(names, most=12)}")
    if room.delayed:
        parts.append(f"makes {joined(task_name(problem, k) for k in room.delayed)} late")
    found = "" if room.proven else " found before the search was cut short"
    against = f"{points(room.cost)} lost for its own {points(own)}"
    return (
        f"the cheapest way to fit it{found}, {when_words(problem, room.fit)}, "
        f"{' and '.join(parts)}: {against}"
    )


def _left_out(problem: VisitProblem, room: Room) -> str:
    """Return "if V0101 and V0106 are left out", or what else must be accepted."""
    parts = []
    if room.pushed:
        names = joined((task_name(problem, k) for k in room.pushed), most=12)
        one = len(room.pushed) == 1 and room.pushed[0][0] == "visit"
        parts.append(f"{names} {'is' if one else 'are'} left out")
    if room.delayed:
        names = joined(task_name(problem, k) for k in room.delayed)
        parts.append(f"{names} may be late")
    return f"if {' and '.join(parts)}"


def _unexamined(desk: _Desk, index: int) -> Unplanned:
    """Return the entry of a request for which the time did not suffice."""
    days = counted(len(eligible_shifts(desk.problem, desk.problem.visits[index])), "day")
    return _entry(
        desk,
        index,
        UnplannedClass.NOT_FOUND,
        "no place was found in the time for the search",
        f"{days} of officers who may do it; ways to fit it were not all tried",
        "run the planner for longer",
    )


def _entry(
    desk: _Desk, index: int, kind: UnplannedClass, reason: str, evidence: str, remedy: str
) -> Unplanned:
    ref = desk.problem.visits[index].visit_ref
    return Unplanned(visit_ref=ref, kind=kind, reason=reason, evidence=evidence, remedy=remedy)
