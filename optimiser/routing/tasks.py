"""The week as integer arrays, for the compiled search, the bound and the master.

Nodes are numbered visits first, then round options, sessions, shift starts and
shift ends. Tasks are what may be planned: visits, then rounds (each with its
options as alternative nodes). Windows are merged and sorted, one run per node
and day; a visit due within a day keeps only its punctual windows of that day,
where it has any.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optimiser.model import Door, Shift, Visit, VisitProblem

__all__ = ["NEVER", "Compiled", "Net", "compile_problem"]

NEVER = 1_000_000_000
"""A time that no day reaches; added to legs it stays within 64 bits."""

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
B1 = npt.NDArray[np.bool_]


PLACE, BLOCK, FLOOR_IN, FLOOR_OUT, LIFT, ACCESS, LEAVE, SERVICE, TASK = range(9)
"""Columns of `Net.node`: where it is, the way up coming from outside and down again,
seconds at the door (of a visit: without an interpreter) and the task it belongs to
(visit, visits + round, or -1)."""

VALUE, WINDOWS, WINDOW = range(3)
"""Columns of `Net.when`: what the node is worth on the day, how many windows it has, and
from there on the first and last start of each."""

OFFICER, DAY, START, END, BREAK, BREAK_LO, BREAK_HI, LIMIT = range(8)
START_NODE, END_NODE, ROUNDS_LO, ROUNDS_HI, WALK_LIMIT = range(8, 13)
"""Columns of `Net.shift`; its rounds are bounded in `Net.lists`, no limit of walking is NEVER."""

PAIR, OWN, OWN_VALUE, INTERPRETER_S, LANGUAGE, SHIFTS_LO, SHIFTS_HI = range(7)
"""Columns of `Net.visit`; own is an officer or -1, language whether it needs one, the last two
bound its shifts in `lists`."""

OPTIONS_LO, OPTIONS_HI, TAKERS_LO, TAKERS_HI = range(4)
"""Columns of `Net.round`: its options' nodes, and the shifts in `lists` that may take it."""

SERVICE_S, SPEAKS, SKILLED = range(3)
"""Last axis of `Net.who`: seconds at the door, and flags, of an officer on a visit."""

NODE_OF, WORTH, WIDTH, SHUT = range(4)
"""Columns of `Net.trait`: a task's node (a round's first), the most it is worth, how long its
windows are together, and when the last of the week shuts."""


class Net(NamedTuple):
    """The problem, read-only, in few tables: compiling takes longer with every array.

    Sizes: n nodes, v visits, r rounds, s shifts, o officers, d days.
    """

    walk: I32  # (places, places) seconds
    node: I64  # (n, 9)
    when: I64  # (n * d, 2 + 2 * most windows)
    visit: I64  # (v, 7)
    who: I64  # (v, o, 3)
    round: I64  # (r, 4)
    shift: I64  # (s, 13)
    lists: I64  # shifts of visits by day, shifts of rounds, rounds of shifts
    possible: B1  # (v, s) whether a visit may be on a shift
    trait: I64  # (tasks, 4)
    near: I64  # (2, tasks, k) nearest visits and nearest tasks of each task on foot, or -1
    floor_s: int  # a floor on foot
    lift_s: int
    walk_value: int
    days: int
    visits: int
    rounds: int
    shifts: int


@dataclass(frozen=True)
class Compiled:
    """The arrays and the way back: which shift has which sessions, what a node is."""

    problem: VisitProblem
    net: Net
    sessions: tuple[tuple[int, ...], ...]
    row_length: int


def compile_problem(problem: VisitProblem, *, neighbours: int = 100) -> Compiled:
    """Return `problem` as arrays."""
    nodes = _Nodes(problem)
    net = _assemble(problem, nodes, neighbours)
    return Compiled(
        problem=problem,
        net=net,
        sessions=tuple(tuple(s) for s in nodes.sessions),
        row_length=_row_length(problem, net, nodes),
    )


class _Nodes:
    """Collects the nodes in their order."""

    def __init__(self, problem: VisitProblem) -> None:
        self.dates = sorted({s.date for s in problem.shifts})
        self.day_of = {date: k for k, date in enumerate(self.dates)}
        self.blocks: dict[str, int] = {}
        self.place: list[int] = []
        self.block: list[int] = []
        self.floors: list[tuple[int, int]] = []
        self.lift: list[bool] = []
        self.entry: list[int] = []
        self.service: list[int] = []
        self.windows: list[dict[int, list[tuple[int, int]]]] = []
        self.task_of: list[int] = []
        self.value: list[dict[int, int]] = []
        self.option_first: list[int] = []
        for v, visit in enumerate(problem.visits):
            windows, values = self._visit_windows(visit)
            self._door(visit.door, visit.door.floor, visit.service_s, windows)
            self.task_of[-1], self.value[-1] = v, values
        for r, item in enumerate(problem.rounds):
            self.option_first.append(len(self.place))
            for option in item.options:
                windows = {}
                if item.date in self.day_of and option.earliest_s <= option.latest_s:
                    windows[self.day_of[item.date]] = [(option.earliest_s, option.latest_s)]
                self._door(item.door, item.last_floor, option.service_s, windows)
                self.task_of[-1] = len(problem.visits) + r
                self.value[-1] = dict.fromkeys(windows, option.value)
        self.option_first.append(len(self.place))
        self.sessions: list[list[int]] = []
        for shift in problem.shifts:
            day = self.day_of[shift.date]
            row = []
            for session in sorted(shift.sessions, key=lambda x: x.start_s):
                row.append(len(self.place))
                length = session.end_s - session.start_s
                self._point(session.place, length, {day: [(session.start_s, session.start_s)]})
            self.sessions.append(row)
        for shift in problem.shifts:
            self._point(shift.start_place, 0, {})
        for shift in problem.shifts:
            self._point(shift.end_place, 0, {self.day_of[shift.date]: [(0, shift.end_s)]})

    def _door(
        self, door: Door, last_floor: int, service: int, windows: dict[int, list[tuple[int, int]]]
    ) -> None:
        self._point(door.place, service, windows)
        if door.block_ref is not None:
            self.block[-1] = self.blocks.setdefault(door.block_ref, len(self.blocks))
        self.floors[-1] = (door.floor, last_floor)
        self.lift[-1] = door.lift
        self.entry[-1] = door.entry_s

    def _point(self, place: int, service: int, windows: dict[int, list[tuple[int, int]]]) -> None:
        self.place.append(place)
        self.block.append(-1)
        self.floors.append((0, 0))
        self.lift.append(False)
        self.entry.append(0)
        self.service.append(service)
        self.windows.append(windows)
        self.task_of.append(-1)
        self.value.append({})

    def _visit_windows(
        self, visit: Visit
    ) -> tuple[dict[int, list[tuple[int, int]]], dict[int, int]]:
        """Return the windows of each day, and what a start in them is worth."""
        windows: dict[int, list[tuple[int, int]]] = {}
        for w in visit.windows:
            if w.date in self.day_of and w.earliest_s <= w.latest_s:
                windows.setdefault(self.day_of[w.date], []).append((w.earliest_s, w.latest_s))
        values = {}
        for day, runs in windows.items():
            windows[day], values[day] = _by_due(visit, self.dates[day], _merge(runs))
        return windows, values


def _merge(runs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for lo, hi in sorted(runs):
        if merged and lo <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(hi, merged[-1][1]))
        else:
            merged.append((lo, hi))
    return merged


def _by_due(
    visit: Visit, date: dt.date, runs: list[tuple[int, int]]
) -> tuple[list[tuple[int, int]], int]:
    """Return the windows to use on `date` and what a start in them is worth."""
    if visit.due_at is None or date < visit.due_at.date():
        return runs, visit.value
    if date > visit.due_at.date():
        return runs, visit.late_value
    at = visit.due_at
    due_s = at.hour * 3600 + at.minute * 60 + at.second
    punctual = [(lo, min(hi, due_s)) for lo, hi in runs if lo <= due_s]
    if punctual and visit.value >= visit.late_value:
        return punctual, visit.value
    return runs, visit.late_value


def _assemble(problem: VisitProblem, nodes: _Nodes, neighbours: int) -> Net:
    officer_of = {o.officer_ref: k for k, o in enumerate(problem.officers)}
    rules = problem.rules
    when = _when(nodes)
    floor_in, floor_out = (np.array([f[k] for f in nodes.floors], dtype=np.int64) for k in (0, 1))
    lift = np.array(nodes.lift, dtype=np.bool_)
    up = _vertical(floor_in, lift, rules.stairs_seconds_floor, rules.lift_seconds)
    down = _vertical(floor_out, lift, rules.stairs_seconds_floor, rules.lift_seconds)
    speaks, skilled, allowed = _who_may(problem)
    shifts = problem.shifts
    day = _ints(nodes.day_of[s.date] for s in shifts)
    officer = _ints(officer_of[s.officer_ref] for s in shifts)
    has_window = when[:, WINDOWS].reshape(-1, max(len(nodes.dates), 1)) > 0
    possible = allowed[:, officer] & has_window[: len(problem.visits)][:, day]
    takers = _round_shifts(problem)
    taken: list[list[int]] = [[] for _ in shifts]
    for r, row in enumerate(takers):
        for s in row:
            taken[s].append(r)
    lists, bounds = _lists([_by_day(row, day) for row in possible], takers, taken)
    place = np.array(nodes.place, dtype=np.int64)
    task_nodes = [*range(len(problem.visits)), *nodes.option_first[:-1]]
    walk = np.array(problem.walk_s, dtype=np.int32, order="C")
    service = np.array(nodes.service, dtype=np.int64)
    entry = np.array(nodes.entry, dtype=np.int64)
    return Net(
        walk=walk,
        node=_table(
            place, nodes.block, floor_in, floor_out, lift, entry + up, down, service,
            nodes.task_of,
        ),
        when=when,
        visit=_visit_table(problem, officer_of, bounds[0]),
        who=_who(problem, service, speaks, skilled),
        round=_table(
            nodes.option_first[:-1], nodes.option_first[1:], bounds[1][:-1], bounds[1][1:]
        ),
        shift=_shift_table(problem, officer, day, len(place), bounds[2]),
        lists=lists,
        possible=np.ascontiguousarray(possible),
        trait=_traits(when, task_nodes, nodes, max(len(nodes.dates), 1)),
        near=_near(walk, place[task_nodes], len(problem.visits), neighbours),
        floor_s=rules.stairs_seconds_floor,
        lift_s=rules.lift_seconds,
        walk_value=problem.walk_value,
        days=max(len(nodes.dates), 1),
        visits=len(problem.visits),
        rounds=len(problem.rounds),
        shifts=len(shifts),
    )  # fmt: skip


def _table(*columns: npt.ArrayLike) -> I64:
    return np.column_stack([np.asarray(c, dtype=np.int64) for c in columns])


def _visit_table(problem: VisitProblem, officer_of: dict[str, int], bounds: I64) -> I64:
    visits = problem.visits
    return _table(
        [v.two_officers for v in visits],
        [officer_of.get(v.own_officer or "", -1) for v in visits],
        [v.own_officer_value for v in visits],
        [v.interpreter_service_s for v in visits],
        [v.language is not None for v in visits],
        bounds[:-1],
        bounds[1:],
    )


def _shift_table(problem: VisitProblem, officer: I64, day: I64, nodes: int, bounds: I64) -> I64:
    shifts = problem.shifts
    ends = nodes - len(shifts)
    return _table(
        officer,
        day,
        [s.start_s for s in shifts],
        [s.end_s for s in shifts],
        [s.break_s for s in shifts],
        [s.break_earliest_s for s in shifts],
        [s.break_latest_s for s in shifts],
        [s.busy_limit_s for s in shifts],
        range(ends - len(shifts), ends),
        range(ends, nodes),
        bounds[:-1],
        bounds[1:],
        [NEVER if s.walk_limit_s is None else s.walk_limit_s for s in shifts],
    )


def _who(problem: VisitProblem, service: I64, speaks: B1, skilled: B1) -> I64:
    longer = _ints(v.interpreter_service_s for v in problem.visits)
    plain = service[: len(problem.visits)]
    seconds = np.where(speaks, plain[:, None], longer[:, None])
    return np.ascontiguousarray(np.stack([seconds, speaks, skilled], axis=-1).astype(np.int64))


def _ints(values: Iterable[int]) -> I64:
    return np.fromiter(values, dtype=np.int64)


def _vertical(floors: I64, lift: B1, floor_s: int, lift_s: int) -> I64:
    ride = np.where(floors != 0, lift_s, 0)
    return np.where(lift, ride, np.abs(floors) * floor_s).astype(np.int64)


def _when(nodes: _Nodes) -> I64:
    days = max(len(nodes.dates), 1)
    most = max((len(runs) for windows in nodes.windows for runs in windows.values()), default=1)
    table = np.zeros((len(nodes.windows) * days, WINDOW + 2 * most), dtype=np.int64)
    for node, windows in enumerate(nodes.windows):
        for day, runs in windows.items():
            row = table[node * days + day]
            row[VALUE], row[WINDOWS] = nodes.value[node].get(day, 0), len(runs)
            row[WINDOW : WINDOW + 2 * len(runs)] = np.ravel(runs)
    return table


def _who_may(problem: VisitProblem) -> tuple[B1, B1, B1]:
    """Return (visits, officers) flags: speaks, skilled, and allowed as one of those present."""
    shape = (len(problem.visits), len(problem.officers))
    speaks, skilled, allowed = (np.ones(shape, dtype=np.bool_) for _ in range(3))
    for v, visit in enumerate(problem.visits):
        for k, officer in enumerate(problem.officers):
            if visit.language is not None:
                speaks[v, k] = visit.language in officer.languages
            if visit.skill is not None:
                skilled[v, k] = visit.skill in officer.skills
            excluded = officer.officer_ref in visit.excluded_officers
            allowed[v, k] = not excluded and (skilled[v, k] or visit.two_officers)
        if visit.required_officer is not None:
            _require(problem, visit, skilled[v], allowed[v])
    return speaks, skilled, allowed


def _require(problem: VisitProblem, visit: Visit, skilled: B1, allowed: B1) -> None:
    """Make one officer's presence the skill that those who go must hold.

    Where that officer of a pair lacks the visit's own skill, the other one must have it, so that
    nobody else is allowed.
    """
    there = np.array([o.officer_ref == visit.required_officer for o in problem.officers])
    if not visit.two_officers:
        allowed &= there
    elif not (skilled & there).any():
        allowed &= skilled | there
    skilled[:] = there


def _round_shifts(problem: VisitProblem) -> list[list[int]]:
    shift_at = {(s.officer_ref, s.date): k for k, s in enumerate(problem.shifts)}
    rows = []
    for item in problem.rounds:
        found = [shift_at.get((ref, item.date)) for ref in dict.fromkeys(item.officers)]
        rows.append([s for s in found if s is not None])
    return rows


def _by_day(row: B1, day: I64) -> list[int]:
    return sorted(np.flatnonzero(row).tolist(), key=lambda s: (int(day[s]), s))


def _lists(*groups: Sequence[Sequence[int]]) -> tuple[I64, list[I64]]:
    """Return all rows in one array, and for each group where its rows begin and end."""
    flat: list[int] = []
    bounds = []
    for rows in groups:
        at = [len(flat)]
        for row in rows:
            flat.extend(row)
            at.append(len(flat))
        bounds.append(_ints(at))
    return _ints(flat), bounds


def _traits(when: I64, task_nodes: list[int], nodes: _Nodes, days: int) -> I64:
    """Return what the search orders tasks by; a round's as of its options together."""
    ends = [*task_nodes[1:], nodes.option_first[-1]] if task_nodes else []
    rows = []
    for first, end in zip(task_nodes, ends, strict=True):
        table = when[first * days : end * days]
        lo, hi = table[:, WINDOW::2], table[:, WINDOW + 1 :: 2]
        used = np.arange(lo.shape[1]) < table[:, WINDOWS, None]
        midnight = 86_400 * (np.arange(len(table)) % days)[:, None]
        width = int((hi - lo + 600)[used].sum())
        shut = int((hi + midnight)[used].max(initial=0))
        rows.append((first, int(table[:, VALUE].max(initial=0)), width, shut))
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _near(walk: I32, place: I64, visits: int, count: int) -> I64:
    """Return for each task the visits and the tasks nearest on foot, itself first."""
    near = np.full((2, len(place), count), -1, dtype=np.int64)
    for at in np.unique(place):
        order = np.argsort(walk[at, place], kind="stable")
        for k, nearest in enumerate((order[order < visits], order)):
            for t in np.flatnonzero(place == at):
                others = nearest[: count + 1]
                found = np.concatenate([[t], others[others != t]])[:count]
                near[k, t, : len(found)] = found
    return near


def _row_length(problem: VisitProblem, net: Net, nodes: _Nodes) -> int:
    """Return the most nodes a route may hold, so that the search's rows are long enough."""
    shortest = min(nodes.service[: nodes.option_first[-1]], default=1)
    longest = 0
    for s, shift in enumerate(problem.shifts):
        rounds = int(net.shift[s, ROUNDS_HI] - net.shift[s, ROUNDS_LO])
        offered = int(net.possible[:, s].sum()) + rounds
        fits = _limit(shift) // max(shortest, 1)
        longest = max(longest, min(offered, fits) + len(shift.sessions))
    return min(longest, 150) + 3


def _limit(shift: Shift) -> int:
    return min(shift.busy_limit_s, max(shift.end_s - shift.start_s, 0))
