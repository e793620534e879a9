"""The best slots to offer a resident for one request, given a week's plan.

A slot is a part of a day with the officers who would come and the starts that can be
promised: at each minute from the first to the last, the day has been timed with the visit
there and every other visit and round at its planned time. Where there are too few such
slots, others move: first those of the same day, by as few as need be, then to another
day; such a slot is one start and names all that moves. No slot leaves anything out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

from optimiser.errors import InvalidProblem
from optimiser.model.visits import PartOfDay, UnplannedClass, Visit, VisitProblem
from optimiser.model.week import Appointment, Route, VisitPlan
from optimiser.routing.days.eligibility import can_pair, eligible_shifts
from optimiser.routing.days.fits import Days, key_of, put_in, ref_of
from optimiser.routing.days.schedule import Now, Task, Timer, seconds_on
from optimiser.routing.metrics import busy_s
from optimiser.routing.midweek.carry_over import carry_over, freed
from optimiser.routing.offers.slots import (
    GRID_S,
    Moves,
    Offer,
    Slot,
    at_any_time,
    part_at,
    runs,
    starts_on,
)
from optimiser.routing.reasons.crowding import Rooms
from optimiser.routing.reasons.one_day import NEVER
from optimiser.routing.reasons.remedies import without_slack

__all__ = ["Moves", "Offer", "offer_slots"]

_MOVING_GRID_S: Final = 1_800
"""Starts tried where others of the day must move."""

Starts = dict[int, int]
"""Start in seconds -> what the day is then worth."""


def offer_slots(
    problem: VisitProblem,
    plan: VisitPlan,
    visit_ref: str,
    *,
    most: int = 5,
    at: dt.datetime | None = None,
) -> tuple[Offer, ...]:
    """Return the best slots to offer for a request, best first.

    Slots come in this order: within the times on the request, before its due date, with
    nobody else moved, by its own officer, without an interpreter, with the least walking.

    Parameters
    ----------
    problem
        The week, the request in it.
    plan
        A valid plan of that week. Where it holds the request, other slots are offered.
    visit_ref
        The request.
    most
        How many slots at most.
    at
        Local time; what the plan starts before it stays, and nothing is offered before it.
        None: the week has not begun.

    Raises
    ------
    InvalidProblem
        If there is no such request, it is an emergency or unusable, or the plan is of
        another week.
    """
    index = _index(problem, visit_ref)
    begun = at or dt.datetime.combine(problem.week, dt.time())
    carried = carry_over(problem, plan, begun, {})
    key = ("visit", index)
    held = {k: tasks for k, tasks in carried.days.items() if any(key_of(t) == key for t in tasks)}
    if any(key in state.done for state in carried.now.values()):
        raise InvalidProblem(f"{visit_ref} is done or under way")
    now_at = {
        (problem.shifts[k].date, part_at(t.start_s or 0), frozenset(_team(problem, held)))
        for k, tasks in held.items()
        for t in tasks
        if key_of(t) == key
    }
    desk = _Desk(problem, carried.now, carried.days, index)
    spare = _Desk(without_slack(problem), carried.now, carried.days, index, desk.limits)
    found: list[Offer] = []
    for visit in dict.fromkeys((problem.visits[index], at_any_time(problem, index))):
        for there, moving in ((desk, False), (desk, True), (spare, False)):
            if len(found) < most:
                taken = {(o.date, o.part, frozenset(o.officers)) for o in found} | now_at
                found += there.offers(visit, taken, most - len(found), moving=moving)
    return tuple(found)


def _index(problem: VisitProblem, visit_ref: str) -> int:
    aside = next((u for u in problem.set_aside if u.visit_ref == visit_ref), None)
    if aside is not None:
        kind = (
            "is for another procedure" if aside.kind is UnplannedClass.ESCALATE else "is set aside"
        )
        raise InvalidProblem(f"{visit_ref} {kind}: {aside.reason}; {aside.remedy}")
    refs = [v.visit_ref for v in problem.visits]
    if visit_ref not in refs:
        raise InvalidProblem(f"{visit_ref} is not among the requests of this week")
    return refs.index(visit_ref)


def _team(problem: VisitProblem, shifts: Iterable[int]) -> list[str]:
    return [problem.shifts[k].officer_ref for k in shifts]


class _Desk:
    """The days of a plan without the request, and what can be said of them."""

    def __init__(
        self,
        problem: VisitProblem,
        now: Mapping[int, Now],
        planned: Days,
        index: int,
        limits: Sequence[int] | None = None,
    ) -> None:
        self.problem, self.now, self.index = problem, now, index
        self.limits = limits or [s.busy_limit_s for s in problem.shifts]
        self.plain = Timer(problem, now)
        self.planned_s = {(k, key_of(t)): t.start_s or 0 for k, d in planned.items() for t in d}
        self.days = {k: self._without(k, tasks) for k, tasks in planned.items()}
        shifts = range(len(problem.shifts))
        self.worth = {k: self.plain.value(k, self.days.get(k, ())) or 0 for k in shifts}

    def _without(self, shift: int, tasks: tuple[Task, ...]) -> tuple[Task, ...]:
        """Return a day without the request, all else at its time if that can be.

        It cannot where the break was taken at the request's door and the way on from the
        door before is longer: then as few as need be start at other times.
        """
        key = ("visit", self.index)
        left = tuple(t for t in tasks if key_of(t) != key)
        if len(left) == len(tasks) or self.plain.value(shift, left) is not None:
            return left
        first = self._done(shift)
        for begin in range(len(left) - 1, first - 1, -1):
            loose = freed(left, begin)
            route = self.plain.route(shift, loose)
            if route is not None:
                starts = [s.start_s for s in route.stops if s.visit_ref or s.round_ref]
                return tuple(replace(t, start_s=s) for t, s in zip(left, starts, strict=True))
        raise InvalidProblem(f"{self.problem.shifts[shift].officer_ref}'s day does not fit")

    def offers(
        self,
        visit: Visit,
        taken: set[tuple[dt.date, PartOfDay, frozenset[str]]],
        most: int,
        *,
        moving: bool,
    ) -> list[Offer]:
        """Return the best slots for the visit that are not taken yet."""
        timer = self.plain.fork(self.index, visit)
        slots = self._moving(timer, visit) if moving else self._still(timer, visit)
        best: dict[tuple[dt.date, PartOfDay, frozenset[str]], tuple[tuple[object, ...], Slot]] = {}
        for slot in slots:
            shifts = self.problem.shifts
            who = frozenset(shifts[k].officer_ref for k in slot.shifts)
            key = (shifts[slot.shifts[0]].date, part_at(slot.starts[0]), who)
            rank = self._rank(visit, slot)
            if key not in taken and (key not in best or rank < best[key][0]):
                best[key] = (rank, slot)
        chosen = sorted(best.values(), key=lambda pair: pair[0])[:most]
        return [self._offer(timer, visit, slot) for _, slot in chosen]

    def _rank(self, visit: Visit, slot: Slot) -> tuple[object, ...]:
        date = self.problem.shifts[slot.shifts[0]].date
        team = _team(self.problem, slot.shifts)
        moved = len(self._moves(slot)) if slot.after else 0
        return (
            slot.starts[0] > seconds_on(date, visit.due_at),
            moved,
            visit.own_officer is not None and visit.own_officer not in team,
            self._interpreter(visit, team),
            -slot.gain,
            -len(slot.starts),
            date,
            slot.starts[0],
            slot.shifts,
        )

    def _interpreter(self, visit: Visit, team: Iterable[str]) -> bool:
        return visit.language is not None and not any(
            visit.language in o.languages for o in self.problem.officers if o.officer_ref in team
        )

    def _teams(self, visit: Visit) -> Iterator[tuple[int, ...]]:
        shifts = eligible_shifts(self.problem, visit)
        if not visit.two_officers:
            yield from ((k,) for k in shifts)
            return
        people = {o.officer_ref: o for o in self.problem.officers}
        for pair in combinations(shifts, 2):
            one, other = (self.problem.shifts[k] for k in pair)
            if one.date == other.date and can_pair(
                visit, people[one.officer_ref], people[other.officer_ref]
            ):
                yield pair

    # Nobody else moves

    def _still(self, timer: Timer, visit: Visit) -> Iterator[Slot]:
        known: dict[tuple[int, bool], Starts] = {}
        for team in self._teams(visit):
            refs = _team(self.problem, team)
            spoken = not self._interpreter(visit, refs)
            for k, partner in zip(team, refs[::-1], strict=True):
                if (k, spoken) not in known:
                    helper = partner if visit.two_officers else None
                    known[k, spoken] = self._starts(timer, visit, k, helper)
            both = [known[k, spoken] for k in team]
            common = sorted(set(both[0]).intersection(*both[1:]))
            for run in runs(self.problem, visit, team[0], common):
                gain = sum(day[run[0]] - self.worth[k] for day, k in zip(both, team, strict=True))
                yield Slot(team, run, gain)

    def _starts(self, timer: Timer, visit: Visit, shift: int, partner: str | None) -> Starts:
        """Return the starts, five minutes apart, with all else at its planned time."""
        found = {}
        for start in starts_on(self.problem, visit, shift, GRID_S):
            value = self._value_at(timer, shift, start, partner)
            if value is not None:
                found[start] = value
        return found

    def _value_at(self, timer: Timer, shift: int, start: int, partner: str | None) -> int | None:
        return timer.value(shift, self._order(shift, start, partner))

    def _order(self, shift: int, start: int, partner: str | None) -> tuple[Task, ...]:
        tasks = self.days.get(shift, ())
        position = sum((t.start_s or 0) <= start for t in tasks)
        task = Task("visit", self.index, start_s=start, with_officer=partner)
        return put_in(tasks, task, position)

    # Others of the day move

    def _moving(self, timer: Timer, visit: Visit) -> Iterator[Slot]:
        """Yield slots for which others of an officer's day start at other times."""
        if visit.two_officers:
            return
        loose = {k: freed(tasks, self._done(k)) for k, tasks in self.days.items()}
        rooms = Rooms(timer, loose)
        for (shift,) in self._teams(visit):
            if rooms.least(shift, Task("visit", self.index)) >= NEVER:
                continue
            best: dict[PartOfDay, Slot] = {}
            for start in starts_on(self.problem, visit, shift, _MOVING_GRID_S):
                after = self._squeezed(timer, shift, start)
                if after is None:
                    continue
                gain = (timer.value(shift, after) or 0) - self.worth[shift]
                slot = Slot((shift,), (start,), gain, {shift: after})
                known = best.get(part_at(start))
                if known is None or self._rank(visit, slot) < self._rank(visit, known):
                    best[part_at(start)] = slot
            yield from best.values()

    def _done(self, shift: int) -> int:
        return len(self.now[shift].done) if shift in self.now else 0

    def _squeezed(self, timer: Timer, shift: int, start: int) -> tuple[Task, ...] | None:
        """Return the day with the visit at a start, as few others as possible moved in time."""
        tasks = self.days.get(shift, ())
        first = self._done(shift)
        task = Task("visit", self.index, start_s=start)
        loose = freed(tasks, first)
        for count in range(1, len(tasks) - first + 1):
            for begin in range(first, len(tasks) - count + 1):
                mixed = (*tasks[:begin], *loose[begin : begin + count], *tasks[begin + count :])
                for position in range(begin, begin + count + 1):
                    order = put_in(mixed, task, position)
                    if timer.value(shift, order) is not None:
                        return order
        return None

    # What is offered

    def _offer(self, timer: Timer, visit: Visit, slot: Slot) -> Offer:
        problem = self.problem
        team = _team(problem, slot.shifts)
        date = problem.shifts[slot.shifts[0]].date
        earliest, latest = slot.starts[0], slot.starts[-1]
        if slot.after is None:
            latest = self._promised(timer, slot, earliest, latest)
        walk = slack = 0
        for k, partner in zip(slot.shifts, team[::-1], strict=True):
            helper = partner if len(team) == 2 else None
            order = self._order(k, earliest, helper) if slot.after is None else slot.after[k]
            route, before = timer.route(k, order), self.plain.route(k, self.days.get(k, ()))
            assert route is not None
            assert before is not None
            walk += _walk_s(route) - _walk_s(before)
            slack += max(0, busy_s(route) - self.limits[k])
        asked = any(
            w.date == date and w.earliest_s <= earliest and latest <= w.latest_s
            for w in problem.visits[self.index].windows
        )
        return Offer(
            visit_ref=visit.visit_ref,
            date=date,
            part=part_at(earliest),
            officers=tuple(team),
            earliest_s=earliest,
            latest_s=latest,
            extra_walk_s=walk,
            own_officer=visit.own_officer in team,
            interpreter=self._interpreter(visit, team),
            late=earliest > seconds_on(date, visit.due_at),
            asked=asked,
            slack_s=slack,
            moves=self._moves(slot),
        )

    def _promised(self, timer: Timer, slot: Slot, earliest: int, latest: int) -> int:
        """Return the last start such that every minute up to it is possible."""
        team = _team(self.problem, slot.shifts)
        for minute in range(earliest, latest, 60):
            for k, partner in zip(slot.shifts, team[::-1], strict=True):
                helper = partner if len(team) == 2 else None
                if self._value_at(timer, k, minute, helper) is None:
                    return minute - 60
        return latest

    def _moves(self, slot: Slot) -> tuple[Moves, ...]:
        """Return what starts at another time than planned."""
        after = slot.after or {}
        moves = []
        for shift, tasks in self.days.items():
            if shift in after:
                starts = self._timed(shift, after[shift])
            else:
                starts = {key_of(t): t.start_s or 0 for t in tasks}
            for task in tasks:
                before, start = self.planned_s[shift, key_of(task)], starts[key_of(task)]
                if before != start:
                    moves.append(self._move(shift, task, before, start))
        return tuple(sorted(moves, key=lambda m: (m.before.date, m.before.start_s, m.ref)))

    def _move(self, shift: int, task: Task, before: int, after: int) -> Moves:
        there = self.problem.shifts[shift]
        was = Appointment(date=there.date, start_s=before, officers=(there.officer_ref,))
        will = was.model_copy(update={"start_s": after})
        return Moves(ref=ref_of(self.problem, task), before=was, after=will)

    def _timed(self, shift: int, order: tuple[Task, ...]) -> dict[tuple[str, int], int]:
        """Return when each task of a day starts."""
        wide = at_any_time(self.problem, self.index)
        route = self.plain.fork(self.index, wide).route(shift, order)
        assert route is not None
        stops = [s for s in route.stops if s.visit_ref or s.round_ref]
        return {key_of(t): s.start_s for t, s in zip(order, stops, strict=True)}


def _walk_s(route: Route) -> int:
    return route.home_walk_s + sum(s.walk_s for s in route.stops)
