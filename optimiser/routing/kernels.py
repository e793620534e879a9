"""Compiled timing of routes: exact checks in constant time of where a stop would fit.

A route is a row of nodes, from its start node over sessions and tasks to its end
node. The break is not a node: forward, every position k holds the earliest
instant to go on from it without a break so far (EARLY0) and with the break
behind (EARLY1, which may be taken right there); backward, the latest instant
to be ready at k's door with the break still to come after k (LATE0) or done
(LATE1). Walks are constant over the day, so earlier is never worse and an
insertion between k and k + 1 fits exactly when one of the two passes meets.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimiser.routing.compiling import inner, outer
from optimiser.routing.tasks import (
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
    I64,
    LEAVE,
    LIFT,
    LIMIT,
    NEVER,
    OFFICER,
    PAIR,
    PLACE,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    WINDOW,
    WINDOWS,
    Net,
)

__all__ = ["State", "fit", "leg", "new_state", "next_start", "refresh", "service_of", "walk_of"]


EARLY0, EARLY1, LATE0, LATE1, WAY, WALK = range(6)
"""Last axis of `State.time`; 0: the break is still to come, 1: it is behind. Way and walk
are the seconds from the node before, with and without leaving and access."""

SIZE, BUSY, WALKED, VERSION, TOUCHED, OLD_SIZE, OLD_VERSION, STAMP = range(8)
"""Columns of `State.tally`: nodes in the row, busy seconds, seconds on foot, a number that
changes with the row, what an iteration in progress needs for its way back, and the last
list of candidates that the shift was put on."""

FIRST, SECOND, FIXED, LENGTH, OFFERED = range(5)
"""Columns of `State.task`: its shift, a pair's other shift, a placed pair's start and
seconds at the door; -1 where there is none. Offered: 1 as absent, 2 as taken out."""

NODE, START_S, LENGTH_S = range(3)
"""Last axis of `State.old` and `State.best`: a node and, of a pair, its start and seconds."""

NOW, BEST, BEFORE, TOUCHES, OFFERS, VERSIONS, RANDOM, STAMPS = range(8)
"""Entries of `State.facts`: value of the plan, of the best plan, of the touched rows before
the iteration; lengths of the lists in `State.queue`; version numbers given; random state;
lists of candidates made."""

MEMO_VERSION, MEMO_COST, MEMO_WALK, MEMO_AT = range(4)
"""Last axis of `State.memo`: the answer of `fit` for a visit and a shift, and the version of
the row that it was for."""


class State(NamedTuple):
    """Routes, what follows from them, and what the search keeps beside them."""

    row: I64  # (shifts, length) nodes
    time: I64  # (shifts, length, 6)
    old: I64  # (shifts, length, 3)
    best: I64  # (shifts, length, 3)
    tally: I64  # (shifts, 8)
    task: I64  # (tasks, 5)
    queue: I64  # (3, .) touched shifts, tasks to offer, candidate shifts
    facts: I64  # (8,)
    memo: I64  # (visits, shifts, 4)


def new_state(net: Net, length: int, sessions: tuple[tuple[int, ...], ...], seed: int) -> State:
    """Return routes with nothing but their sessions."""
    tasks = net.visits + net.rounds
    state = State(
        row=np.zeros((net.shifts, length), dtype=np.int64),
        time=np.zeros((net.shifts, length, 6), dtype=np.int64),
        old=np.zeros((net.shifts, length, 3), dtype=np.int64),
        best=np.zeros((net.shifts, length, 3), dtype=np.int64),
        tally=np.zeros((net.shifts, 8), dtype=np.int64),
        task=np.full((tasks, 5), -1, dtype=np.int64),
        queue=np.zeros((3, max(net.shifts, tasks)), dtype=np.int64),
        facts=np.zeros(8, dtype=np.int64),
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


@inner
def leg(net: Net, a: int, b: int) -> int:
    """Return the seconds from the end at node a to being ready at node b's door."""
    if net.node[a, BLOCK] >= 0 and net.node[a, BLOCK] == net.node[b, BLOCK]:
        floors = abs(net.node[a, FLOOR_OUT] - net.node[b, FLOOR_IN])
        if net.node[b, LIFT]:
            return net.lift_s if floors > 0 else 0
        return int(floors * net.floor_s)
    return int(
        net.node[a, LEAVE] + net.walk[net.node[a, PLACE], net.node[b, PLACE]] + net.node[b, ACCESS]
    )


@outer
def legs_between(net: Net, nodes: I64) -> I64:
    """Return `leg` between all of these nodes."""
    legs = np.zeros((len(nodes), len(nodes)), dtype=np.int64)
    for i in range(len(nodes)):
        for j in range(len(nodes)):
            legs[i, j] = leg(net, nodes[i], nodes[j])
    return legs


@inner
def walk_of(net: Net, a: int, b: int) -> int:
    """Return the seconds on foot from node a to node b, stairs and lifts left out."""
    if net.node[a, BLOCK] >= 0 and net.node[a, BLOCK] == net.node[b, BLOCK]:
        return 0
    return int(net.walk[net.node[a, PLACE], net.node[b, PLACE]])


@inner
def service_of(net: Net, st: State, s: int, node: int) -> int:
    """Return the seconds at the door of a node on shift s."""
    if node < net.visits:
        if net.visit[node, PAIR]:
            return int(st.task[node, LENGTH])
        return int(net.who[node, net.shift[s, OFFICER], SERVICE_S])
    return int(net.node[node, SERVICE])


@inner
def next_start(net: Net, st: State, node: int, day: int, at: int) -> int:
    """Return the first start at `at` or later, or NEVER."""
    if node < net.visits and st.task[node, FIXED] >= 0:
        return int(st.task[node, FIXED]) if at <= st.task[node, FIXED] else NEVER
    k = node * net.days + day
    for w in range(WINDOW, WINDOW + 2 * net.when[k, WINDOWS], 2):
        if at <= net.when[k, w + 1]:
            return max(at, int(net.when[k, w]))
    return NEVER


@inner
def last_start(net: Net, st: State, node: int, day: int, at: int) -> int:
    """Return the last start at `at` or earlier, or -NEVER."""
    if node < net.visits and st.task[node, FIXED] >= 0:
        return int(st.task[node, FIXED]) if at >= st.task[node, FIXED] else -NEVER
    k = node * net.days + day
    for w in range(WINDOW + 2 * net.when[k, WINDOWS] - 2, WINDOW - 1, -2):
        if at >= net.when[k, w]:
            return min(at, int(net.when[k, w + 1]))
    return -NEVER


@inner
def rested(net: Net, s: int, at: int) -> int:
    """Return when a break begun at `at` or later ends, or NEVER."""
    begin = max(at, int(net.shift[s, BREAK_LO]))
    return begin + int(net.shift[s, BREAK]) if begin <= net.shift[s, BREAK_HI] else NEVER


@inner
def rest_before(net: Net, s: int, at: int) -> int:
    """Return the latest instant from which a break can still be over by `at`, or -NEVER."""
    if net.shift[s, BREAK_LO] + net.shift[s, BREAK] > at:
        return -NEVER
    return int(min(net.shift[s, BREAK_HI], at - net.shift[s, BREAK]))


@outer
def refresh(net: Net, st: State, s: int) -> bool:
    """Work out row s anew after a change; return whether it can be done."""
    n, day = st.tally[s, SIZE], net.shift[s, DAY]
    first = net.shift[s, START]
    if net.shift[s, BREAK] > 0:
        st.time[s, 0, EARLY0] = first
        st.time[s, 0, EARLY1] = rested(net, s, first)
    else:
        st.time[s, 0, EARLY0] = NEVER
        st.time[s, 0, EARLY1] = first
    busy, walked = 0, 0
    for k in range(1, n):
        node = st.row[s, k]
        way = leg(net, st.row[s, k - 1], node)
        st.time[s, k, WAY] = way
        st.time[s, k, WALK] = walk_of(net, st.row[s, k - 1], node)
        walked += st.time[s, k, WALK]
        busy += way
        if k == n - 1:
            break
        length = service_of(net, st, s, node)
        busy += length
        end0 = next_start(net, st, node, day, st.time[s, k - 1, EARLY0] + way) + length
        end1 = next_start(net, st, node, day, st.time[s, k - 1, EARLY1] + way) + length
        st.time[s, k, EARLY0] = min(end0, NEVER)
        st.time[s, k, EARLY1] = min(end1, NEVER)
        if net.shift[s, BREAK] > 0:
            st.time[s, k, EARLY1] = min(st.time[s, k, EARLY1], rested(net, s, end0))
    st.tally[s, BUSY] = busy
    st.facts[VERSIONS] += 1
    st.tally[s, VERSION] = st.facts[VERSIONS]
    st.tally[s, WALKED] = walked
    st.time[s, n - 1, LATE1] = net.shift[s, END]
    st.time[s, n - 1, LATE0] = -NEVER
    for k in range(n - 2, 0, -1):
        node = st.row[s, k]
        way = st.time[s, k + 1, WAY]
        length = service_of(net, st, s, node)
        by1 = st.time[s, k + 1, LATE1] - way
        by0 = -NEVER
        if net.shift[s, BREAK] > 0:
            by0 = max(st.time[s, k + 1, LATE0] - way, rest_before(net, s, by1))
        st.time[s, k, LATE1] = last_start(net, st, node, day, by1 - length)
        st.time[s, k, LATE0] = last_start(net, st, node, day, by0 - length)
    last = st.time[s, n - 2, EARLY1] + st.time[s, n - 1, WAY]
    return bool(last <= net.shift[s, END] and busy <= net.shift[s, LIMIT])


@outer
def fit(net: Net, st: State, s: int, node: int, prices: I64) -> tuple[int, int, int]:
    """Return the cheapest place for a node on shift s: cost, walk, position before it.

    The cost is the walking value lost plus the shift's price of time for the
    seconds used, walk the first of the two; position -1 where it does not fit.
    """
    day = net.shift[s, DAY]
    best: Any = np.int64(NEVER * NEVER)  # not a literal: numba would compile twice
    at: Any = np.int64(-1)
    way: Any = np.int64(0)
    n = st.tally[s, SIZE]
    length = service_of(net, st, s, node)
    k0 = node * net.days + day
    if net.when[k0, WINDOWS] == 0 or n >= st.row.shape[1]:
        return best, way, at
    shut = net.when[k0, WINDOW + 2 * net.when[k0, WINDOWS] - 1]
    spare = net.shift[s, LIMIT] - st.tally[s, BUSY] - length
    if spare < 0:
        return best, way, at
    rests = net.shift[s, BREAK] > 0
    for k in range(n - 1):
        e0, e1 = st.time[s, k, EARLY0], st.time[s, k, EARLY1]
        if min(e0, e1) > shut:
            break
        a, b = st.row[s, k], st.row[s, k + 1]
        l1 = leg(net, a, node)
        end0 = next_start(net, st, node, day, e0 + l1) + length if rests else NEVER
        end1 = next_start(net, st, node, day, e1 + l1) + length
        if rests:
            end1 = min(end1, rested(net, s, end0))
        late0, late1 = st.time[s, k + 1, LATE0], st.time[s, k + 1, LATE1]
        if end1 > late1 and end0 > late0:
            continue
        l2 = leg(net, node, b)
        more = l1 + l2 - st.time[s, k + 1, WAY]
        if more > spare or (end1 + l2 > late1 and end0 + l2 > late0):
            continue
        walk = walk_of(net, a, node) + walk_of(net, node, b)
        if n > 2:  # an officer without a stop stays where they are
            walk -= st.time[s, k + 1, WALK]
        cost = net.walk_value * walk + prices[s] * (more + length)
        if cost < best:
            best, way, at = cost, net.walk_value * walk, k
    return best, way, at


@inner
def fit_memo(net: Net, st: State, s: int, node: int, prices: I64) -> tuple[int, int, int]:
    """Return `fit`, from memory where the row is as it was when last asked."""
    if node >= net.visits:
        cost, walk, at = fit(net, st, s, node, prices)
        return cost, walk, at
    if st.memo[node, s, MEMO_VERSION] != st.tally[s, VERSION]:
        cost, walk, at = fit(net, st, s, node, prices)
        st.memo[node, s, MEMO_VERSION] = st.tally[s, VERSION]
        st.memo[node, s, MEMO_COST] = cost
        st.memo[node, s, MEMO_WALK] = walk
        st.memo[node, s, MEMO_AT] = at
    return (
        int(st.memo[node, s, MEMO_COST]),
        int(st.memo[node, s, MEMO_WALK]),
        int(st.memo[node, s, MEMO_AT]),
    )
