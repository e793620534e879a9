"""What the timing of a day sees: tasks, where they are, and the way between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from optimiser.model.visits import Door, Session, Shift, VisitProblem

__all__ = [
    "Item",
    "Label",
    "Start",
    "Task",
    "leg",
    "place_item",
    "seconds_on",
    "session_item",
    "task_item",
    "vertical_s",
]


@dataclass(frozen=True, slots=True)
class Task:
    """A visit or a round on one officer's route.

    `index` is its position in `problem.visits` or `problem.rounds`. A round's
    `option` is chosen for the most value where None; `start_s` fixes the start
    to the second; `with_officer` is the second officer of a two-officer visit.
    """

    kind: Literal["visit", "round"]
    index: int
    option: int | None = None
    start_s: int | None = None
    with_officer: str | None = None


class Start(NamedTuple):
    """One way to start: within `earliest_s`..`latest_s`, for `value` (less after `due_s`)."""

    earliest_s: int
    latest_s: int
    duration_s: int
    value: int
    late_value: int
    due_s: float
    option: int = 0


class Item(NamedTuple):
    """A task, a session or the start place, as the timing sees it."""

    place: int
    block_ref: str | None
    first_floor: int
    last_floor: int
    lift: bool
    entry_s: int
    starts: tuple[Start, ...]
    task: Task | None = None
    kind: str | None = None
    interpreter: bool = False


class Label(NamedTuple):
    """A partial day, and the event (item, start, or the break when None) that ended it."""

    time_s: int
    busy_s: int
    cost: int
    start_s: int
    item: Item | None
    way: Start | None
    before: Label | None
    walk_s: int = 0


def place_item(place: int) -> Item:
    """Return a service centre: no block, no way up."""
    return Item(place, None, 0, 0, False, 0, ())


def task_item(problem: VisitProblem, shift: Shift, task: Task) -> Item:
    """Return a visit or round as this shift's officer would do it on that date."""
    if task.kind == "round":
        turn = problem.rounds[task.index]
        ways = [
            Start(o.earliest_s, o.latest_s, o.service_s, o.value, o.value, float("inf"), k)
            for k, o in enumerate(turn.options)
            if task.option in (None, k) and turn.date == shift.date
        ]
        return _door_item(turn.door, turn.last_floor, ways, task)
    visit = problem.visits[task.index]
    interpreter = visit.language is not None and not any(
        visit.language in o.languages
        for o in problem.officers
        if o.officer_ref in (shift.officer_ref, task.with_officer)
    )
    duration = visit.interpreter_service_s if interpreter else visit.service_s
    due_s = seconds_on(shift.date, visit.due_at)
    ways = [
        Start(w.earliest_s, w.latest_s, duration, visit.value, visit.late_value, due_s)
        for w in visit.windows
        if w.date == shift.date
    ]
    item = _door_item(visit.door, visit.door.floor, ways, task)
    return item._replace(interpreter=interpreter)


def session_item(session: Session) -> Item:
    """Return a session: at its time, with no access of its own."""
    length = session.end_s - session.start_s
    way = Start(session.start_s, session.start_s, length, 0, 0, float("inf"))
    return Item(session.place, None, 0, 0, False, 0, (way,), None, session.kind)


def _door_item(door: Door, last_floor: int, ways: Sequence[Start], task: Task) -> Item:
    at = task.start_s
    if at is not None:
        fits = [w for w in ways if w.earliest_s <= at <= w.latest_s]
        ways = [w._replace(earliest_s=at, latest_s=at) for w in fits]
    return Item(
        door.place,
        door.block_ref,
        door.floor,
        last_floor,
        door.lift,
        door.entry_s,
        tuple(ways),
        task,
    )


def leg(problem: VisitProblem, here: Item, there: Item) -> tuple[int, int, int]:
    """Return the seconds of leaving, walking and access from one item to the next."""
    if here.block_ref is not None and here.block_ref == there.block_ref:
        inside = vertical_s(
            problem, lift=there.lift, from_floor=here.last_floor, to_floor=there.first_floor
        )
        return 0, 0, inside
    down = vertical_s(problem, lift=here.lift, from_floor=here.last_floor, to_floor=0)
    up = vertical_s(problem, lift=there.lift, from_floor=0, to_floor=there.first_floor)
    return down, int(problem.walk_s[here.place, there.place]), there.entry_s + up


def vertical_s(problem: VisitProblem, *, lift: bool, from_floor: int, to_floor: int) -> int:
    """Return the seconds between two floors, by lift where there is one."""
    if from_floor == to_floor:
        return 0
    if lift:
        return problem.rules.lift_seconds
    return problem.rules.stairs_seconds_floor * abs(from_floor - to_floor)


def seconds_on(date: dt.date, instant: dt.datetime | None) -> float:
    """Return an instant as seconds after midnight of `date`; infinite for None."""
    if instant is None:
        return float("inf")
    midnight = dt.datetime.combine(date, dt.time(), tzinfo=instant.tzinfo)
    return (instant - midnight).total_seconds()
