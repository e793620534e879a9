"""A problem as integer arrays: see `net` for what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.nearest import smallest
from optimiser.routing.arrays.net import (
    ACCESS,
    B1,
    BLOCK,
    BREAK,
    BREAK_HI,
    BREAK_LO,
    DAY,
    END,
    END_NODE,
    FLOOR_IN,
    FLOOR_OUT,
    I32,
    I64,
    INTERPRETER_S,
    LANGUAGE,
    LEAVE,
    LIFT,
    LIMIT,
    NEVER,
    NODE_OF,
    OFFICER,
    OPTIONS_HI,
    OPTIONS_LO,
    OWN,
    OWN_VALUE,
    PAIR,
    PLACE,
    ROUNDS_HI,
    ROUNDS_LO,
    SERVICE,
    SERVICE_S,
    SHIFTS_HI,
    SHIFTS_LO,
    SHUT,
    SKILLED,
    SPEAKS,
    START,
    START_NODE,
    TAKERS_HI,
    TAKERS_LO,
    TASK,
    TWO,
    VALUE,
    WALK_LIMIT,
    WIDTH,
    WINDOW,
    WINDOWS,
    WORTH,
    Compiled,
    Net,
)
from optimiser.routing.arrays.nodes import Nodes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from optimiser.model import Shift, Visit, VisitProblem

__all__ = [
    "ACCESS",
    "B1",
    "BLOCK",
    "BREAK",
    "BREAK_HI",
    "BREAK_LO",
    "DAY",
    "END",
    "END_NODE",
    "FLOOR_IN",
    "FLOOR_OUT",
    "I32",
    "I64",
    "INTERPRETER_S",
    "LANGUAGE",
    "LEAVE",
    "LIFT",
    "LIMIT",
    "NEVER",
    "NODE_OF",
    "OFFICER",
    "OPTIONS_HI",
    "OPTIONS_LO",
    "OWN",
    "OWN_VALUE",
    "PAIR",
    "PLACE",
    "ROUNDS_HI",
    "ROUNDS_LO",
    "SERVICE",
    "SERVICE_S",
    "SHIFTS_HI",
    "SHIFTS_LO",
    "SHUT",
    "SKILLED",
    "SPEAKS",
    "START",
    "START_NODE",
    "TAKERS_HI",
    "TAKERS_LO",
    "TASK",
    "TWO",
    "VALUE",
    "WALK_LIMIT",
    "WIDTH",
    "WINDOW",
    "WINDOWS",
    "WORTH",
    "Compiled",
    "Net",
    "compile_problem",
]


_MANY_PAIRS: Final = 500_000
"""Visits times shifts; more, and visits beyond a day's walk are left out of its lists."""

_ROUNDED_S: Final = 60
"""What rounding each leg to seconds may add to a day at most."""


def compile_problem(problem: VisitProblem, *, neighbours: int = 100) -> Compiled:
    """Return `problem` as arrays."""
    nodes = Nodes(problem)
    net = _assemble(problem, nodes, neighbours)
    return Compiled(
        problem=problem,
        net=net,
        sessions=tuple(tuple(s) for s in nodes.sessions),
        row_length=_row_length(problem, net, nodes),
    )


def _assemble(problem: VisitProblem, nodes: Nodes, neighbours: int) -> Net:
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
    if possible.size > _MANY_PAIRS:
        possible &= _within_a_day(problem)
    takers = _round_shifts(problem)
    taken: list[list[int]] = [[] for _ in shifts]
    for r, row in enumerate(takers):
        for s in row:
            taken[s].append(r)
    by_day = np.argsort(day, kind="stable")
    allowed_shifts = [by_day[row[by_day]].tolist() for row in possible]
    lists, bounds = _lists(allowed_shifts, takers, taken)
    place = np.array(nodes.place, dtype=np.int64)
    task_nodes = [*range(len(problem.visits)), *nodes.option_first[:-1]]
    walk = np.array(problem.walk_s, dtype=np.int32, order="C")
    service = np.array(nodes.service, dtype=np.int64)
    entry = np.array(nodes.entry, dtype=np.int64)
    return Net(
        walk=walk,
        node=_table(
            place, nodes.block, floor_in, floor_out, lift, entry + up, down, service,
            nodes.task_of, nodes.two,
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


def _within_a_day(problem: VisitProblem) -> B1:
    """Return (visits, shifts) whether the walk there and back leaves time for the visit.

    Any other way there is at least as long, as walks along streets are.
    """
    shifts = problem.shifts
    walk = problem.walk_s
    door = _ints(v.door.place for v in problem.visits)
    limit = _ints(
        min(_limit(s), NEVER if s.walk_limit_s is None else s.walk_limit_s) for s in shifts
    )
    there = walk[np.ix_(_ints(s.start_place for s in shifts), door)].astype(np.int64)
    back = walk[np.ix_(door, _ints(s.end_place for s in shifts))].astype(np.int64)
    near: B1 = there.T + back <= limit + _ROUNDED_S
    return near


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


def _when(nodes: Nodes) -> I64:
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
    visits, officers = problem.visits, problem.officers
    shape = len(visits), len(officers)
    speaks, skilled, allowed = (np.ones(shape, dtype=np.bool_) for _ in range(3))
    number = {o.officer_ref: k for k, o in enumerate(officers)}
    spoken, held = [o.languages for o in officers], [o.skills for o in officers]
    speakers = {name: _holding(name, spoken) for name in {v.language for v in visits}}
    holders = {name: _holding(name, held) for name in {v.skill for v in visits}}
    for v, visit in enumerate(visits):
        if visit.language is not None:
            speaks[v] = speakers[visit.language]
        if visit.skill is not None:
            skilled[v] = holders[visit.skill]
        allowed[v] = skilled[v] | visit.two_officers
        allowed[v, [number[ref] for ref in visit.excluded_officers if ref in number]] = False
        if visit.required_officer is not None:
            _require(problem, visit, skilled[v], allowed[v])
    return speaks, skilled, allowed


def _holding(name: str | None, held: Iterable[Collection[str]]) -> B1:
    return np.array([name in names for names in held], dtype=np.bool_)


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
        if item.two_officers and found[0] is None:  # who is always one of the two
            found = []
        rows.append([s for s in found if s is not None])
    return rows


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


def _traits(when: I64, task_nodes: list[int], nodes: Nodes, days: int) -> I64:
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
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    for here in np.split(order, starts[1:]):
        if not len(here):
            continue
        far = walk[place[here[0]], place]
        for k, among in enumerate((far[:visits], far)):
            nearest = smallest(among, count + 1)
            for t in here.tolist():
                found = [t, *(nearest[nearest != t])][:count]
                near[k, t, : len(found)] = found
    return near


def _row_length(problem: VisitProblem, net: Net, nodes: Nodes) -> int:
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
