"""Compiled timing of routes: exact checks in constant time of where a stop would fit.

A route is a row of nodes, from its start node over sessions and tasks to its end
node. The break is not a node: forward, every position k holds the earliest
instant to go on from it without a break so far (EARLY0) and with the break
behind (EARLY1, which may be taken right there); backward, the latest instant
to be ready at k's door with the break still to come after k (LATE0) or done
(LATE1). Walks are constant over the day, so earlier is never worse and an
insertion between k and k + 1 fits exactly when one of the two passes meets.

Kernels bind the arrays that they read in loops to names of their own: reading a field of
the tuples counts a reference each time, which takes longer than the arithmetic.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimiser.routing.arrays.compiling import inlined, outer
from optimiser.routing.arrays.tasks import (
    ACCESS,
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
    LEAVE,
    LIFT,
    LIMIT,
    NEVER,
    OFFICER,
    PLACE,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    TASK,
    TWO,
    WALK_LIMIT,
    WINDOW,
    WINDOWS,
    Net,
)

__all__ = [
    "State",
    "fit",
    "leg",
    "legs_between",
    "new_state",
    "next_start",
    "refresh",
    "walk_of",
    "walks_between",
]


EARLY0, EARLY1, LATE0, LATE1, WAY, WALK, SPENT = range(7)
"""Last axis of `State.time`; 0: the break is still to come, 1: it is behind. Way and walk
are the seconds from the node before, with and without leaving and access; spent those at
the door."""

SIZE, BUSY, WALKED, VERSION, TOUCHED, OLD_SIZE, OLD_VERSION, STAMP, GUIDE = range(9)
"""Columns of `State.tally`: nodes in the row, busy seconds, seconds on foot, a number that
changes with the row, what an iteration in progress needs for its way back, the last list
of candidates that the shift was put on, and what the search pays for a busy second."""

FIRST, SECOND, FIXED, LENGTH, OFFERED = range(5)
"""Columns of `State.task`: its shift, a pair's other shift, a placed pair's start and
seconds at the door; -1 where there is none. Offered: 1 as absent, 2 as taken out."""

NODE, START_S, LENGTH_S = range(3)
"""Last axis of `State.old` and `State.best`: a node and, of a pair, its start and seconds."""

NOW, BEST, BEFORE, TOUCHES, OFFERS, VERSIONS, RANDOM, STAMPS, GUIDED, GUIDED_BEFORE = range(10)
"""Entries of `State.facts`: value of the plan, of the best plan, of the touched rows before
the iteration; lengths of the lists in `State.queue`; version numbers given; random state;
lists of candidates made;
what the search climbs, and its part before the iteration."""

MEMO_VERSION, MEMO_COST, MEMO_WALK, MEMO_AT = range(4)
"""Last axis of `State.memo`: the answer of `fit` for a visit and a shift, and the version of
the row that it was for."""


class State(NamedTuple):
    """Routes, what follows from them, and what the search keeps beside them."""

    row: I64  # (shifts, length) nodes
    time: I64  # (shifts, length, 7)
    old: I64  # (shifts, length, 3)
    best: I64  # (shifts, length, 3)
    tally: I64  # (shifts, 9)
    task: I64  # (tasks, 5)
    queue: I64  # (3, .) touched shifts, tasks to offer, candidate shifts
    facts: I64  # (10,)
    memo: I64  # (visits, shifts, 4)


def new_state(net: Net, length: int, sessions: tuple[tuple[int, ...], ...], seed: int) -> State:
    """Return routes with nothing but their sessions."""
    tasks = net.visits + net.rounds
    state = State(
        row=np.zeros((net.shifts, length), dtype=np.int64),
        time=np.zeros((net.shifts, length, 7), dtype=np.int64),
        old=np.zeros((net.shifts, length, 3), dtype=np.int64),
        best=np.zeros((net.shifts, length, 3), dtype=np.int64),
        tally=np.zeros((net.shifts, 9), dtype=np.int64),
        task=np.full((tasks, 5), -1, dtype=np.int64),
        queue=np.zeros((3, max(net.shifts, tasks)), dtype=np.int64),
        facts=np.zeros(10, dtype=np.int64),
        memo=np.full((net.visits, net.shifts, 4), -1, dtype=np.int64),
    )
    for s, own in enumerate(sessions):
        nodes = [net.shift[s, START_NODE], *own, net.shift[s, END_NODE]]
        state.row[s, : len(nodes)] = nodes
        state.tally[s, SIZE] = len(nodes)
    state.task[:, OFFERED] = 0
    state.facts[BEST] = -NEVER * NEVER
    state.facts[RANDOM] = (seed * 0x9E3779B97F4A7C15 + 0x1234567) % (1 << 62) + 1
    return state


@inlined
def leg(walk: I32, node: I64, floor_s: int, lift_s: int, a: int, b: int) -> int:
    """Return the seconds from the end at node a to being ready at node b's door."""
    if node[a, BLOCK] >= 0 and node[a, BLOCK] == node[b, BLOCK]:
        floors = abs(node[a, FLOOR_OUT] - node[b, FLOOR_IN])
        if node[b, LIFT]:
            return lift_s if floors > 0 else 0
        return int(floors * floor_s)
    return int(node[a, LEAVE] + walk[node[a, PLACE], node[b, PLACE]] + node[b, ACCESS])


@inlined
def walk_of(walk: I32, node: I64, a: int, b: int) -> int:
    """Return the seconds on foot from node a to node b, stairs and lifts left out."""
    if node[a, BLOCK] >= 0 and node[a, BLOCK] == node[b, BLOCK]:
        return 0
    return int(walk[node[a, PLACE], node[b, PLACE]])


@outer
def legs_between(net: Net, nodes: I64) -> I64:
    """Return `leg` between all of these nodes."""
    walk, node = net.walk, net.node
    legs = np.zeros((len(nodes), len(nodes)), dtype=np.int64)
    for i in range(len(nodes)):
        for j in range(len(nodes)):
            legs[i, j] = leg(walk, node, net.floor_s, net.lift_s, nodes[i], nodes[j])
    return legs


@outer
def walks_between(net: Net, nodes: I64) -> I64:
    """Return `walk_of` between all of these nodes."""
    walk, node = net.walk, net.node
    walks = np.zeros((len(nodes), len(nodes)), dtype=np.int64)
    for i in range(len(nodes)):
        for j in range(len(nodes)):
            walks[i, j] = walk_of(walk, node, nodes[i], nodes[j])
    return walks


@inlined
def next_start(when: I64, k: int, fixed: int, at: int) -> int:
    """Return the first start at `at` or later in row k of `Net.when`, or NEVER.

    `fixed` is the start of a placed pair, else -1.
    """
    if fixed >= 0:
        return fixed if at <= fixed else NEVER
    for w in range(WINDOW, WINDOW + 2 * when[k, WINDOWS], 2):
        if at <= when[k, w + 1]:
            return max(at, int(when[k, w]))
    return NEVER


@inlined
def last_start(when: I64, k: int, fixed: int, at: int) -> int:
    """Return the last start at `at` or earlier in row k of `Net.when`, or -NEVER."""
    if fixed >= 0:
        return fixed if at >= fixed else -NEVER
    for w in range(WINDOW + 2 * when[k, WINDOWS] - 2, WINDOW - 1, -2):
        if at >= when[k, w]:
            return min(at, int(when[k, w + 1]))
    return -NEVER


@inlined
def rested(shift: I64, at: int) -> int:
    """Return when a break begun at `at` or later ends, or NEVER."""
    begin = max(at, int(shift[BREAK_LO]))
    return begin + int(shift[BREAK]) if begin <= shift[BREAK_HI] else NEVER


@inlined
def rest_before(shift: I64, at: int) -> int:
    """Return the latest instant from which a break can still be over by `at`, or -NEVER."""
    if shift[BREAK_LO] + shift[BREAK] > at:
        return -NEVER
    return int(min(shift[BREAK_HI], at - shift[BREAK]))


@outer
def refresh(net: Net, st: State, s: int) -> bool:
    """Work out row s anew after a change; return whether it can be done."""
    walk, nodes, when, who, task = net.walk, net.node, net.when, net.who, st.task
    shift, row, time, tally = net.shift[s], st.row[s], st.time[s], st.tally[s]
    visits, days, floor_s, lift_s = net.visits, net.days, net.floor_s, net.lift_s
    n, day, rests = tally[SIZE], shift[DAY], shift[BREAK] > 0
    time[0, EARLY0] = shift[START] if rests else NEVER
    time[0, EARLY1] = rested(shift, shift[START]) if rests else shift[START]
    busy, walked = 0, 0
    for k in range(1, n):
        node = row[k]
        way = leg(walk, nodes, floor_s, lift_s, row[k - 1], node)
        time[k, WAY] = way
        time[k, WALK] = walk_of(walk, nodes, row[k - 1], node)
        walked += time[k, WALK]
        busy += way
        if k == n - 1:
            break
        length, fixed = nodes[node, SERVICE], NEVER - NEVER - 1
        if nodes[node, TWO]:
            length, fixed = (
                task[nodes[node, TASK], LENGTH],
                task[nodes[node, TASK], FIXED],
            )
        elif node < visits:
            length = who[node, shift[OFFICER], SERVICE_S]
        time[k, SPENT] = length
        busy += length
        end1 = next_start(when, node * days + day, fixed, time[k - 1, EARLY1] + way) + length
        if rests:
            end0 = next_start(when, node * days + day, fixed, time[k - 1, EARLY0] + way) + length
            time[k, EARLY0] = min(end0, NEVER)
            end1 = min(end1, rested(shift, end0))
        else:
            time[k, EARLY0] = NEVER
        time[k, EARLY1] = min(end1, NEVER)
    tally[BUSY], tally[WALKED] = busy, walked
    st.facts[VERSIONS] += 1
    tally[VERSION] = st.facts[VERSIONS]
    time[n - 1, LATE1] = shift[END]
    time[n - 1, LATE0] = -NEVER
    for k in range(n - 2, 0, -1):
        node, length = row[k], time[k, SPENT]
        fixed = task[nodes[node, TASK], FIXED] if nodes[node, TWO] else -1
        by1 = time[k + 1, LATE1] - time[k + 1, WAY]
        time[k, LATE1] = last_start(when, node * days + day, fixed, by1 - length)
        time[k, LATE0] = -NEVER
        if rests:
            by0 = max(time[k + 1, LATE0] - time[k + 1, WAY], rest_before(shift, by1))
            time[k, LATE0] = last_start(when, node * days + day, fixed, by0 - length)
    last = time[n - 2, EARLY1] + time[n - 1, WAY]
    return bool(last <= shift[END] and busy <= shift[LIMIT] and walked <= shift[WALK_LIMIT])


@outer
def fit(net: Net, st: State, s: int, node: int, prices: I64) -> tuple[int, int, int]:
    """Return the cheapest place for an absent node on shift s: cost, walk, position before it.

    The cost is the walking value lost plus the shift's price of time for the
    seconds used, walk the first of the two; position -1 where it does not fit.
    Not for two officers.
    """
    walk, nodes, when = net.walk, net.node, net.when
    shift, row, time = net.shift[s], st.row[s], st.time[s]
    floor_s, lift_s, walk_value, price = (
        net.floor_s,
        net.lift_s,
        net.walk_value,
        prices[s],
    )
    best: Any = np.int64(NEVER * NEVER)  # not a literal: numba would compile twice
    at: Any = np.int64(-1)
    toll: Any = np.int64(0)
    n = st.tally[s, SIZE]
    k0 = node * net.days + shift[DAY]
    if when[k0, WINDOWS] == 0 or n >= len(row):
        return best, toll, at
    length = nodes[node, SERVICE]
    if node < net.visits:
        length = net.who[node, shift[OFFICER], SERVICE_S]
    shut = when[k0, WINDOW + 2 * when[k0, WINDOWS] - 1]
    done = when[k0, WINDOW] + length
    spare = shift[LIMIT] - st.tally[s, BUSY] - length
    on_foot = shift[WALK_LIMIT] - (st.tally[s, WALKED] if n > 2 else 0)
    if spare < 0:
        return best, toll, at
    rests = shift[BREAK] > 0
    for k in range(n - 1):
        e0, e1 = time[k, EARLY0], time[k, EARLY1]
        if min(e0, e1) > shut:
            break
        late0, late1 = time[k + 1, LATE0], time[k + 1, LATE1]
        if late1 < done and late0 < done:
            continue
        a, b = row[k], row[k + 1]
        l1 = leg(walk, nodes, floor_s, lift_s, a, node)
        end1 = next_start(when, k0, -1, e1 + l1) + length
        end0 = end1 - end1 + NEVER
        if rests:
            end0 = next_start(when, k0, -1, e0 + l1) + length
            end1 = min(end1, rested(shift, end0))
        if end1 > late1 and end0 > late0:
            continue
        l2 = leg(walk, nodes, floor_s, lift_s, node, b)
        more = l1 + l2 - time[k + 1, WAY]
        if more > spare or (end1 + l2 > late1 and end0 + l2 > late0):
            continue
        steps = walk_of(walk, nodes, a, node) + walk_of(walk, nodes, node, b)
        if n > 2:  # an officer without a stop stays where they are
            steps -= time[k + 1, WALK]
        if steps > on_foot:
            continue
        cost = walk_value * steps + price * (more + length)
        if cost < best:
            best, toll, at = cost, walk_value * steps, k
    return best, toll, at
