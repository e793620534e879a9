"""The best plan there is of a tiny week, found by trying everything, and such weeks to try.

Shares nothing with the solver: days are worked out here anew, from the rules alone. Every
duration, walk and window of `small_week` is a multiple of `GRID_S`, so that starting as early
as possible starts on that grid, and trying the grid tries every common start of two officers.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimiser.model import Door, Session, Shift, VisitOfficer, VisitProblem, VisitRules
from optimiser.model.visits import VALUE_UNITS_PER_POINT, Round, Visit

GRID_S = 300
NOTHING = -(10**15)


@dataclass(frozen=True)
class _Way:
    """One way to do a task: first and last start, length, worth by the due second and after."""

    earliest_s: int
    latest_s: int
    length_s: int
    value: int
    late_value: int
    due_s: float


@dataclass
class Week:
    """A tiny week and everything known about its days."""

    problem: VisitProblem
    singles: list[Visit | Round] = field(default_factory=list)
    pairs: list[Visit | Round] = field(default_factory=list)
    tables: dict[Any, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for task in (*self.problem.visits, *self.problem.rounds):
            (self.pairs if task.two_officers else self.singles).append(task)
        self.people = {o.officer_ref: o for o in self.problem.officers}


def optimum(problem: VisitProblem) -> float:
    """The points of the best plan."""
    week = Week(problem)
    best = NOTHING
    for chosen in itertools.product(*(list(_together(week, task)) for task in week.pairs)):
        worth = sum(choice[1] for choice in chosen if choice)
        held: dict[int, dict[int, tuple[int, int]]] = {}
        for number, choice in enumerate(chosen):
            for shift in choice[0] if choice else ():
                held.setdefault(shift, {})[number] = choice[2:]
        days = [_day(week, s, held.get(s, {})) for s in range(len(problem.shifts))]
        best = max(best, worth + _shared_out(days))
    return best / VALUE_UNITS_PER_POINT


def requests_alone(problem: VisitProblem) -> VisitProblem:
    """The week worth nothing but its requests: its best plan is the best of that tier."""
    visits = [
        v.model_copy(
            update={
                "value": max(v.value - v.statutory_value, v.late_value),
                "statutory_value": 0,
                "own_officer_value": 0,
            }
        )
        for v in problem.visits
    ]
    rounds = []
    for r in problem.rounds:
        options = tuple(o.model_copy(update={"value": 0}) for o in r.options)
        rounds.append(r.model_copy(update={"options": options}))
    return problem.model_copy(
        update={"visits": tuple(visits), "rounds": tuple(rounds), "walk_value": 0}
    )


def _shared_out(days: list[list[int]]) -> int:
    """The most that days reach together, no task on two of them."""
    so_far = {0: 0}
    for day in days:
        after: dict[int, int] = {}
        for mask, value in enumerate(day):
            if value == NOTHING:
                continue
            for taken, worth in so_far.items():
                if not taken & mask:
                    key = taken | mask
                    after[key] = max(after.get(key, NOTHING), worth + value)
        so_far = after
    return max(so_far.values(), default=NOTHING)


def _together(week: Week, task: Visit | Round) -> Iterator[Any]:
    """Ways to have two officers at a task: (shifts, worth, start, length); None for not at all."""
    yield None
    shifts = week.problem.shifts
    for a, b in itertools.combinations(range(len(shifts)), 2):
        if shifts[a].date != shifts[b].date or shifts[a].officer_ref == shifts[b].officer_ref:
            continue
        team = (shifts[a].officer_ref, shifts[b].officer_ref)
        if not _allowed(week, task, team):
            continue
        for way in _ways(week, task, shifts[a].date, team):
            for start in range(way.earliest_s, way.latest_s + 1, GRID_S):
                value = way.value if start <= way.due_s else way.late_value
                yield ((a, b), value + _own(task, team), start, way.length_s)


def _allowed(week: Week, task: Visit | Round, team: tuple[str, ...]) -> bool:
    if isinstance(task, Round):
        first_there = not task.two_officers or task.officers[0] in team
        return set(team) <= set(task.officers) and first_there
    skills = {s for ref in team for s in week.people[ref].skills}
    return (
        not task.excluded_officers & set(team)
        and (task.skill is None or task.skill in skills)
        and (task.required_officer is None or task.required_officer in team)
    )


def _own(task: Visit | Round, team: tuple[str, ...]) -> int:
    return task.own_officer_value if isinstance(task, Visit) and task.own_officer in team else 0


def _ways(week: Week, task: Visit | Round, date: dt.date, team: tuple[str, ...]) -> list[_Way]:
    if isinstance(task, Round):
        if task.date != date:
            return []
        return [
            _Way(o.earliest_s, o.latest_s, o.service_s, o.value, o.value, float("inf"))
            for o in task.options
        ]
    spoken = {s for ref in team for s in week.people[ref].languages}
    alone = task.language is None or task.language in spoken
    length = task.service_s if alone else task.interpreter_service_s
    due_s = float("inf")
    if task.due_at is not None:
        due_s = (task.due_at - dt.datetime.combine(date, dt.time())).total_seconds()
    return [
        _Way(w.earliest_s, w.latest_s, length, task.value, task.late_value, due_s)
        for w in task.windows
        if w.date == date
    ]


def _day(week: Week, shift: int, held: Mapping[int, tuple[int, int]]) -> list[int]:
    """For each set of single tasks the most that a day with it can be worth."""
    key = (shift, tuple(sorted(held.items())))
    if key not in week.tables:
        week.tables[key] = _every_order(week, week.problem.shifts[shift], held)
    return week.tables[key]


def _every_order(week: Week, shift: Shift, held: Mapping[int, tuple[int, int]]) -> list[int]:
    """Try every order of every set of tasks, sessions and the break by depth-first search."""
    problem, team = week.problem, (shift.officer_ref,)
    todo: list[tuple[Visit | Round, list[_Way], int]] = []
    for task in week.singles:
        ways = _ways(week, task, shift.date, team) if _allowed(week, task, team) else []
        todo.append((task, ways, _own(task, team)))
    for number, (start, length) in held.items():
        fixed = _Way(start, start, length, 0, 0, float("inf"))
        todo.append((week.pairs[number], [fixed], 0))
    singles, sessions = len(week.singles), sorted(shift.sessions, key=lambda s: s.start_s)
    needed = ((1 << len(todo)) - 1) >> singles << singles
    best = [NOTHING] * (1 << singles)
    if not held and not sessions:
        best[0] = 0
    seen: dict[Any, list[tuple[int, int, int, int]]] = {}

    def known(state: Any, label: tuple[int, int, int, int]) -> bool:
        """Whether another way to the same state is at least as good in everything."""
        labels = seen.setdefault(state, [])
        if any(all(x <= y for x, y in zip(old, label, strict=True)) for old in labels):
            return True
        labels.append(label)
        return False

    def on(mask: int, held_s: int, rested: bool, at: Any, label: tuple[int, int, int, int]) -> None:
        if known((mask, held_s, rested, at), label):
            return
        clock, busy, walked, cost = label
        if mask & needed == needed and held_s == len(sessions) and rested and (mask or sessions):
            way, walk = _leg(problem, at, (shift.end_place, None, 0, 0, False, 0))
            if (
                clock + way <= shift.end_s
                and busy + way <= shift.busy_limit_s
                and walked + walk <= (shift.walk_limit_s or walked + walk)
            ):
                value = -(cost + problem.walk_value * walk)
                own = mask & ((1 << singles) - 1)
                best[own] = max(best[own], value)
        if not rested:
            start = max(clock, shift.break_earliest_s)
            if start <= shift.break_latest_s:
                on(mask, held_s, True, at, (start + shift.break_s, busy, walked, cost))
        if held_s < len(sessions):
            session = sessions[held_s]
            there = (session.place, None, 0, 0, False, 0)
            way, walk = _leg(problem, at, there)
            if clock + way <= session.start_s:
                after = (
                    session.end_s,
                    busy + way + session.end_s - session.start_s,
                    walked + walk,
                    cost + problem.walk_value * walk,
                )
                on(mask, held_s + 1, rested, there, after)
        for k, (task, ways, own) in enumerate(todo):
            if mask >> k & 1:
                continue
            there = _where(task)
            leg, walk = _leg(problem, at, there)
            for how in ways:
                start = max(clock + leg, how.earliest_s)
                end = start + how.length_s
                spent = busy + leg + how.length_s
                if start > how.latest_s or end > shift.end_s or spent > shift.busy_limit_s:
                    continue
                value = (how.value if start <= how.due_s else how.late_value) + own
                toll = cost + problem.walk_value * walk - value
                on(mask | 1 << k, held_s, rested, there, (end, spent, walked + walk, toll))

    begin = (shift.start_place, None, 0, 0, False, 0)
    on(0, 0, shift.break_s == 0, begin, (shift.start_s, 0, 0, 0))
    return best


def _where(task: Visit | Round) -> Any:
    """(place, block, floor on arriving, floor on leaving, lift, entry seconds)."""
    door: Door = task.door
    last = task.last_floor if isinstance(task, Round) else door.floor
    return (door.place, door.block_ref, door.floor, last, door.lift, door.entry_s)


def _leg(problem: VisitProblem, here: Any, there: Any) -> tuple[int, int]:
    """Seconds from door to door, and how many of them are on foot in the street."""

    def floors(lift: bool, one: int, other: int) -> int:
        if one == other:
            return 0
        rules = problem.rules
        return rules.lift_seconds if lift else rules.stairs_seconds_floor * abs(one - other)

    if here[1] is not None and here[1] == there[1]:
        return floors(there[4], here[3], there[2]), 0
    walk = int(problem.walk_s[here[0], there[0]])
    return floors(here[4], here[3], 0) + walk + there[5] + floors(there[4], 0, there[2]), walk


def small_week(tiny: Any, seed: int, *, rounds_of_two: bool = False) -> VisitProblem:
    """Up to 7 requests of every kind, two officers, one or two days, up to two rounds."""
    random = np.random.default_rng(seed)

    def some(chance: float) -> bool:
        return bool(random.random() < chance)

    def pick(low: int, high: int) -> int:
        return int(random.integers(low, high))

    days = pick(1, 3)
    officers = tuple(
        VisitOfficer(
            officer_ref=ref,
            skills=frozenset({"damp"} if some(0.5) else ()),
            languages=frozenset({"Somali"} if some(0.5) else ()),
        )
        for ref in ("HO1", "HO2")
    )
    shifts = tuple(
        _small_shift(tiny, some, pick, officer.officer_ref, day)
        for officer in officers
        for day in range(days)
        if some(0.9)
    )
    count, pairs = pick(2, 8), pick(0, 3)
    visits = tuple(
        _small_visit(tiny, some, pick, k, days, two=k < min(pairs, count)) for k in range(count)
    )
    rounds = tuple(
        _small_round(tiny, some, pick, k, days, two=rounds_of_two and some(0.3))
        for k in range(pick(0, 3))
    )
    return tiny.week(
        shifts=shifts,
        officers=officers,
        visits=visits,
        rounds=rounds,
        walk_value=pick(0, 100),
        rules=VisitRules(stairs_seconds_floor=GRID_S, lift_seconds=2 * GRID_S),
    )


def _small_shift(tiny: Any, some: Any, pick: Any, officer: str, day: int) -> Shift:
    home = 5 * pick(0, 4)
    start, end = pick(8, 11), pick(14, 18)
    sessions: tuple[Session, ...] = ()
    if some(0.25):
        at = (start + 2) * 3600
        sessions = (Session(kind="surgery", place=10, start_s=at, end_s=at + 3600),)
    return tiny.shift(
        officer,
        day,
        start_s=start * 3600,
        end_s=end * 3600,
        start_place=home,
        end_place=home if some(0.8) else 10,
        break_s=2700 if some(0.6) else 0,
        busy_limit_s=pick(30, 80) * GRID_S,
        walk_limit_s=pick(8, 20) * GRID_S if some(0.3) else None,
        sessions=sessions,
    )


def _small_visit(tiny: Any, some: Any, pick: Any, number: int, days: int, *, two: bool) -> Visit:
    minutes = 5 * pick(1, 7)
    door = tiny.door(
        minutes, floor=pick(0, 3), lift=minutes % 10 == 0, entry_s=GRID_S * (minutes % 3)
    )
    windows = []
    for day in range(days):
        for _ in range(1 if two or some(0.7) else 2):
            opens = 9 + pick(0, 7)
            wide = pick(1, 4) * 0.25 if two else pick(1, 12) * 0.5
            windows.append(tiny.window(day, opens, opens + wide))
    value = pick(1, 12) * 100_000
    changes: dict[str, Any] = {}
    if some(0.3):
        hour = 23 if some(0.6) else 12
        changes["due_at"] = dt.datetime.combine(tiny.day(pick(0, days)), dt.time(hour))
    if some(0.4):
        changes |= {"own_officer": "HO2", "own_officer_value": 30_000}
    if some(0.2):
        changes["skill"] = "damp"
    if some(0.2):
        changes["language"] = "Somali"
    if some(0.1):
        changes["excluded_officers"] = frozenset({"HO1"})
    if some(0.1):
        changes["required_officer"] = "HO2"
    length = pick(2, 16) * GRID_S
    return tiny.visit(
        f"V{number}",
        minutes,
        door=door,
        windows=tuple(w for k, w in enumerate(windows) if k == 0 or some(0.8)),
        service_s=length,
        interpreter_service_s=length + pick(1, 6) * GRID_S,
        value=value,
        late_value=value // 2,
        two_officers=two,
        **changes,
    )


def _small_round(tiny: Any, some: Any, pick: Any, number: int, days: int, *, two: bool) -> Round:
    minutes = 5 * pick(1, 7)
    door = tiny.door(minutes, floor=2, lift=minutes % 10 == 0, entry_s=GRID_S * (minutes % 3))
    length = pick(3, 12) * GRID_S
    first = pick(9, 12)
    wide = 0.5 if two else 2.0
    options = (
        tiny.option("morning", first, first + wide, 3.0, pick(1, 6) * 60_000),
        tiny.option("afternoon", 13, 13 + wide, 4.0, pick(1, 6) * 60_000),
    )
    options = tuple(
        o.model_copy(update={"service_s": length + k * GRID_S, "latest_s": o.latest_s + 1})
        for k, o in enumerate(options)
    )
    return tiny.round(
        f"R{number}",
        minutes,
        pick(0, days),
        door=door,
        officers=("HO1", "HO2") if two or some(0.5) else ("HO1",),
        options=options,
        two_officers=two,
    )
