"""Reversible changes of the routes, and random numbers.

Before a shift is first changed in an iteration its row is saved, so that an
iteration is undone by writing the touched rows back.
"""

from __future__ import annotations

import numpy as np

from optimiser.routing.arrays.compiling import inlined, inner, outer
from optimiser.routing.arrays.tasks import (
    DAY,
    END_NODE,
    I64,
    OFFICER,
    OWN,
    OWN_VALUE,
    PAIR,
    TASK,
    TWO,
    VALUE,
    Net,
)
from optimiser.routing.search.kernels import (
    BEFORE,
    BEST,
    BUSY,
    FIRST,
    FIXED,
    GUIDE,
    GUIDED_BEFORE,
    LENGTH,
    LENGTH_S,
    NODE,
    NOW,
    OFFERED,
    OFFERS,
    OLD_SIZE,
    OLD_VERSION,
    RANDOM,
    SECOND,
    SIZE,
    START_S,
    TOUCHED,
    TOUCHES,
    VERSION,
    WALKED,
    State,
    refresh,
)

__all__ = [
    "draw",
    "gain",
    "keep_best",
    "load_rows",
    "put",
    "restore",
    "row_value",
    "take_out",
    "total_value",
    "touch",
]


@inlined
def draw(facts: I64) -> float:
    """Return the next random number in [0, 1): xorshift64* (Marsaglia, Vigna)."""
    x = np.uint64(facts[RANDOM])
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    facts[RANDOM] = np.int64(x)
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@inlined
def gain(net: Net, st: State, node: int, s: int) -> int:
    """Return what a node is worth on shift s."""
    visit, task, shift = net.visit, st.task, net.shift
    value = int(net.when[node * net.days + shift[s, DAY], VALUE])
    if node >= net.visits or visit[node, OWN] < 0:
        return value
    own = visit[node, OWN]
    if own == shift[s, OFFICER]:
        return value + int(visit[node, OWN_VALUE])
    if visit[node, PAIR] and task[node, SECOND] >= 0:
        t = task[node, SECOND] if task[node, FIRST] == s else task[node, FIRST]
        if own == shift[t, OFFICER]:
            return value + int(visit[node, OWN_VALUE])
    return value


@outer
def total_value(net: Net, st: State) -> int:
    """Return the plan's value in units, walking taken off."""
    total = 0
    for s in range(net.shifts):
        total += row_value(net, st, s)
    return total


@inner
def row_value(net: Net, st: State, s: int) -> int:
    """Return what row s adds to the plan; a pair counts in one of its two rows."""
    if st.tally[s, SIZE] <= 2:
        return 0
    nodes, row, task = net.node, st.row[s], st.task
    total = -int(net.walk_value * st.tally[s, WALKED])
    for k in range(1, st.tally[s, SIZE] - 1):
        node = row[k]
        t = nodes[node, TASK]
        if t >= 0 and task[t, FIRST] == s:
            total += gain(net, st, node, s)
    return total


@inner
def touch(net: Net, st: State, s: int) -> None:
    """Remember shift s as it was before its first change."""
    if st.tally[s, TOUCHED]:
        return
    st.tally[s, TOUCHED] = 1
    st.queue[0, st.facts[TOUCHES]] = s
    st.facts[TOUCHES] += 1
    value = row_value(net, st, s)
    st.facts[BEFORE] += value
    st.facts[GUIDED_BEFORE] += value - st.tally[s, GUIDE] * st.tally[s, BUSY]
    st.tally[s, OLD_SIZE] = st.tally[s, SIZE]
    st.tally[s, OLD_VERSION] = st.tally[s, VERSION]
    _copy_row(net, st, s, st.old[s])


@inner
def _copy_row(net: Net, st: State, s: int, out: I64) -> None:
    """Write row s, with the starts and lengths of its pairs."""
    row, nodes, task = st.row[s], net.node, st.task
    for k in range(st.tally[s, SIZE]):
        node = row[k]
        out[k, NODE] = node
        if nodes[node, TWO]:
            out[k, START_S] = task[nodes[node, TASK], FIXED]
            out[k, LENGTH_S] = task[nodes[node, TASK], LENGTH]


@inlined
def _forget(task: I64, t: int, s: int) -> None:
    """Take shift s out of what is known of task t."""
    if task[t, FIRST] == s:
        task[t, FIRST] = task[t, SECOND]
        task[t, SECOND] = -1
    elif task[t, SECOND] == s:
        task[t, SECOND] = -1
    if task[t, FIRST] < 0:
        task[t, FIXED] = -1


@inner
def restore(net: Net, st: State) -> None:
    """Undo the iteration."""
    nodes, task, tally = net.node, st.task, st.tally
    for i in range(st.facts[TOUCHES]):
        s = st.queue[0, i]
        row = st.row[s]
        for k in range(1, tally[s, SIZE] - 1):
            t = nodes[row[k], TASK]
            if t >= 0:
                _forget(task, t, s)
    for i in range(st.facts[TOUCHES]):
        s = st.queue[0, i]
        row, old = st.row[s], st.old[s]
        tally[s, SIZE] = tally[s, OLD_SIZE]
        for k in range(tally[s, SIZE]):
            row[k] = old[k, NODE]
            t = nodes[row[k], TASK]
            if t >= 0:
                if task[t, FIRST] < 0:
                    task[t, FIRST] = s
                elif task[t, FIRST] != s:
                    task[t, SECOND] = s
                if nodes[row[k], TWO]:
                    task[t, FIXED] = old[k, START_S]
                    task[t, LENGTH] = old[k, LENGTH_S]
    for i in range(st.facts[TOUCHES]):
        s = st.queue[0, i]
        refresh(net, st, s)
        st.tally[s, VERSION] = st.tally[s, OLD_VERSION]


@inner
def _drop(net: Net, st: State, s: int, t: int) -> None:
    """Close row s over task t; rows are worked out anew by the caller."""
    touch(net, st, s)
    nodes, row, task = net.node, st.row[s], st.task
    shift = 0
    for k in range(st.tally[s, SIZE]):
        if nodes[row[k], TASK] == t:
            shift = 1
        elif shift:
            row[k - 1] = row[k]
    st.tally[s, SIZE] -= shift
    _forget(task, t, s)


@inner
def take_out(net: Net, st: State, t: int) -> None:
    """Take task t out of the plan, out of both routes for a pair."""
    first = st.task[t, FIRST]
    second = st.task[t, SECOND]
    touch(net, st, first)  # both before any change: a pair counts in one row only
    if second >= 0:
        touch(net, st, second)
    _drop(net, st, first, t)
    if second >= 0:
        _drop(net, st, second, t)
    if st.task[t, OFFERED] == 0:
        st.queue[1, st.facts[OFFERS]] = t
        st.facts[OFFERS] += 1
    st.task[t, OFFERED] = 2


@inner
def put(net: Net, st: State, s: int, node: int, at: int) -> None:
    """Insert a node after position `at` of row s."""
    touch(net, st, s)
    row = st.row[s]
    for k in range(st.tally[s, SIZE], at + 1, -1):
        row[k] = row[k - 1]
    row[at + 1] = node
    st.tally[s, SIZE] += 1
    t = net.node[node, TASK]
    if st.task[t, FIRST] < 0:
        st.task[t, FIRST] = s
    else:
        st.task[t, SECOND] = s


@inner
def keep_best(net: Net, st: State) -> None:
    """Remember the routes as the best so far."""
    st.facts[BEST] = st.facts[NOW]
    for s in range(net.shifts):
        _copy_row(net, st, s, st.best[s])


def load_rows(net: Net, st: State, rows: I64) -> None:
    """Take over routes in the form of `State.best`."""
    st.task[:, :] = -1
    st.task[:, OFFERED] = 0
    for s in range(net.shifts):
        size = 1 + int(np.argmax(rows[s, :, NODE] == net.shift[s, END_NODE]))
        st.tally[s, SIZE] = size
        st.row[s, :size] = rows[s, :size, NODE]
        for node, start, length in rows[s, 1 : size - 1]:
            t = net.node[node, TASK]
            if t < 0:
                continue
            st.task[t, FIRST if st.task[t, FIRST] < 0 else SECOND] = s
            if net.node[node, TWO]:
                st.task[t, FIXED], st.task[t, LENGTH] = start, length
