"""Why each request is not in the plan, tested, with a remedy that has been tried.

Each request left out is one of: impossible (it fits no empty day of anyone who may do
it), not found in time (it fits the plan as it is, or with visits moved and none lost),
or crowded out (the cheapest way found to fit it pushes these visits or rounds out).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from optimiser.model.visits import Unplanned, UnplannedClass, VisitProblem
from optimiser.model.week import Route
from optimiser.routing.crowding import Key, Room, cheapest_room, worth_of
from optimiser.routing.eligibility import eligible_shifts
from optimiser.routing.fits import Days, days_of, own_value, value_at
from optimiser.routing.impossible import cause_of
from optimiser.routing.insertion import apply_fit, best_fit
from optimiser.routing.metrics import planned_visits
from optimiser.routing.remedies import fit_words, tested_remedy, when_words
from optimiser.routing.schedule import Now, Timer
from optimiser.routing.wording import counted, joined, points

__all__ = ["explain_unplanned"]

_ATTEMPTS: Final = 60_000
"""Orders timed for all requests together, about ten seconds of pure Python."""

_LEAST_ATTEMPTS: Final = 300

_HURRIED_ATTEMPTS: Final = 60
"""A few tries for the cheapest set, then a day is cleared and filled again."""


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
        A guard: the search has a budget of orders to time. Only where half of this
        passes first are the rest explained by a quick search without tried relaxations,
        and where all of it passes, named as not examined.
    now
        Of days that have begun, by shift index, what stays.

    Returns
    -------
    One entry a request, in the problem's order, then `problem.set_aside` unchanged.
    """
    routes = tuple(routes)
    held = planned_visits(problem, routes)
    left = [k for k, v in enumerate(problem.visits) if v.visit_ref not in held]
    now = now or {}
    days = days_of(problem, routes, now=now)
    empty = {k: days.get(k, ())[: len(state.done)] for k, state in now.items()}
    timer = Timer(problem, now)
    desk = _Desk(problem, days, empty, worth_of(problem, routes), timer)
    budget = max(_LEAST_ATTEMPTS, _ATTEMPTS // max(1, len(left)))
    begun = time.monotonic()
    found = []
    for k in left:
        spent = time.monotonic() - begun
        if spent >= time_limit_s:
            found.append(_unexamined(desk, k))
        elif spent >= time_limit_s / 2:
            found.append(_explained(replace(desk, hurry=True), k, _HURRIED_ATTEMPTS))
        else:
            found.append(_explained(desk, k, budget))
    return (*found, *problem.set_aside)


@dataclass(frozen=True)
class _Desk:
    """What all requests share while they are explained."""

    problem: VisitProblem
    days: Days
    empty: Days
    worth: Mapping[Key, int]
    timer: Timer
    hurry: bool = False


def _explained(desk: _Desk, index: int, budget: int) -> Unplanned:
    cause = cause_of(desk.timer, index, desk.empty)
    if cause is not None:
        remedy = tested_remedy(desk.timer, desk.days, index, desk.empty)
        return _entry(
            desk,
            index,
            UnplannedClass.IMPOSSIBLE,
            cause.reason,
            cause.evidence,
            remedy or cause.plain_remedy,
        )
    fit = best_fit(desk.timer, desk.days, index, budget=budget)
    if fit is not None:
        words = fit_words(desk.problem, fit)
        return _entry(
            desk,
            index,
            UnplannedClass.NOT_FOUND,
            "it fits the plan, but the search did not place it in its time",
            f"it {words} without moving anything, for {points(fit.gain)} more",
            f"{words}: add it there, or run the planner for longer",
        )
    cleared = 3 if desk.hurry else 24
    room = cheapest_room(
        desk.timer, desk.days, index, desk.worth, budget=budget, cleared_days=cleared
    )
    if room is None:
        return _unexamined(desk, index)
    moved = None if desk.hurry else _moved(desk, index, room)
    return moved or _crowded(desk, index, room)


def _moved(desk: _Desk, index: int, room: Room) -> Unplanned | None:
    """Return the entry when all that is pushed out fits elsewhere, so that nothing is lost."""
    problem, days = desk.problem, room.days
    moves = []
    for kind, k in room.pushed:
        if kind == "round":
            return None
        fit = best_fit(desk.timer, days, k, budget=_LEAST_ATTEMPTS * 4)
        if fit is None:
            return None
        days = apply_fit(desk.timer, days, fit)
        moves.append(f"{problem.visits[k].visit_ref} {fit_words(problem, fit)}")
    return _entry(
        desk,
        index,
        UnplannedClass.NOT_FOUND,
        "it fits the plan if others move, but the search did not find that in its time",
        f"it {fit_words(problem, room.fit)} when {joined(moves)} instead; nothing is left out",
        f"{fit_words(problem, room.fit)} when {joined(moves)}, or run the planner for longer",
    )


def _crowded(desk: _Desk, index: int, room: Room) -> Unplanned:
    problem = desk.problem
    shift = room.fit.places[0].shift
    officers = [problem.shifts[p.shift].officer_ref for p in room.fit.places]
    own = value_at(problem, room.fit.task, shift, room.fit.start_s)
    own += own_value(problem, room.fit.task, officers)
    pushed = joined(f"{_name(problem, k)} ({points(desk.worth[k])})" for k in room.pushed)
    worse = f"{points(room.cost)} against its own {points(own)}"
    remedy = None if desk.hurry else tested_remedy(desk.timer, desk.days, index, desk.empty)
    names = joined(_name(problem, k) for k in room.pushed)
    swap = f"{fit_words(problem, room.fit)} if {names} {_are(room)} left out"
    if own > room.cost:
        swap += f", worth {points(own - room.cost)} more: run the planner for longer"
    return _entry(
        desk,
        index,
        UnplannedClass.CROWDED_OUT,
        "the officers who may do it have no room left at the times allowed",
        f"the cheapest way found to fit it, {when_words(problem, room.fit)}, "
        f"pushes out {pushed}: {worse}",
        remedy if remedy is not None and "otherwise empty" not in remedy else swap,
    )


def _are(room: Room) -> str:
    return "is" if len(room.pushed) == 1 else "are"


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


def _name(problem: VisitProblem, key: Key) -> str:
    kind, index = key
    if kind == "visit":
        return problem.visits[index].visit_ref
    turn = problem.rounds[index]
    return f"round {turn.round_ref} of {counted(len(turn.property_refs), 'door')}"


def _entry(
    desk: _Desk, index: int, kind: UnplannedClass, reason: str, evidence: str, remedy: str
) -> Unplanned:
    ref = desk.problem.visits[index].visit_ref
    return Unplanned(visit_ref=ref, kind=kind, reason=reason, evidence=evidence, remedy=remedy)
