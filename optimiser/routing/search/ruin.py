"""Compiled ruin-and-recreate over all shifts of the week at once.

Strings of stops near a random task are taken out of several routes (adjacent
string removal: Christiaens and Vanden Berghe, Transportation Science 54, 2020);
what was taken out, and absent tasks that the opened shifts could take, are
offered in one of several random orders, each to its cheapest place. The result
is kept by simulated annealing on the plan's value. Absent tasks are offered to
the opened shifts only: the others turned them down before.

Everything random comes from one state word, so a seed and a number of
iterations give one result.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.compiling import inner, outer
from optimiser.routing.arrays.tasks import (
    I64,
    NEVER,
    NODE_OF,
    OPTIONS_HI,
    OPTIONS_LO,
    PLACE,
    ROUNDS_HI,
    ROUNDS_LO,
    SERVICE,
    SHIFTS_HI,
    SHIFTS_LO,
    SHUT,
    START_NODE,
    TAKERS_HI,
    TAKERS_LO,
    TWO,
    WIDTH,
    WORTH,
    Net,
)
from optimiser.routing.search.kernels import (
    BEFORE,
    BEST,
    BUSY,
    FIRST,
    FIXED,
    GUIDE,
    GUIDED,
    GUIDED_BEFORE,
    LENGTH,
    MEMO_AT,
    MEMO_COST,
    MEMO_VERSION,
    MEMO_WALK,
    NOW,
    OFFERED,
    OFFERS,
    SECOND,
    STAMP,
    STAMPS,
    TOUCHED,
    TOUCHES,
    VERSION,
    State,
    fit,
    refresh,
)
from optimiser.routing.search.moves import (
    draw,
    gain,
    keep_best,
    put,
    restore,
    row_value,
    total_value,
    touch,
)
from optimiser.routing.search.pairing import (
    best_pair,
)
from optimiser.routing.search.removal import ruin

__all__ = ["search"]

F64 = npt.NDArray[np.float64]

_ALL, _SHARE = 0.1, 0.3
"""Chance to offer every absent task, and the share of them offered otherwise."""

_FIRST = 0.4
"""Chance to offer the absent task that the removal made room for before all others."""

_NEIGHBOURS, _FAR = 40, 0.1
"""Visits around a task whose shifts are tried, and the chance to try every shift."""

_BLINK = 0.01
"""Chance to overlook a shift, so that equal plans do not repeat."""


@inner
def _place_pair(net: Net, st: State, t: int, prices: I64) -> None:
    found = best_pair(net, st, t, prices)
    if found[1] < 0:
        return
    s1, s2, node = found[1], found[2], found[7]
    touch(net, st, s1)
    touch(net, st, s2)
    st.task[t, FIXED] = found[5]
    st.task[t, LENGTH] = found[6]
    put(net, st, s1, node, found[3])
    put(net, st, s2, node, found[4])
    refresh(net, st, s1)
    refresh(net, st, s2)


@inner
def _place(net: Net, st: State, t: int, prices: I64, reach: int) -> None:
    """Put task t at its best place among the shifts in reach, see `_candidates`."""
    if net.node[net.trait[t, NODE_OF], TWO]:
        _place_pair(net, st, t, prices)
        return
    best = -NEVER * NEVER
    best_s: Any = np.int64(-1)  # not a literal: numba would compile twice
    best_node: Any = np.int64(-1)
    best_at: Any = np.int64(-1)
    node, end = np.int64(t), np.int64(t + 1)
    if t >= net.visits:
        node, end = (
            net.round[t - net.visits, OPTIONS_LO],
            net.round[t - net.visits, OPTIONS_HI],
        )
    memo, tally, queue, facts, visits = (
        st.memo,
        st.tally,
        st.queue,
        st.facts,
        net.visits,
    )
    for i in range(_candidates(net, st, t, reach)):
        s = queue[2, i]
        if draw(facts) < _BLINK:
            continue
        for u in range(node, end):
            if t < visits and memo[t, s, MEMO_VERSION] == tally[s, VERSION]:
                cost, walk, at = (
                    memo[t, s, MEMO_COST],
                    memo[t, s, MEMO_WALK],
                    memo[t, s, MEMO_AT],
                )
            else:
                cost, walk, at = fit(net, st, s, u, prices)
                if t < visits:
                    memo[t, s, MEMO_VERSION] = tally[s, VERSION]
                    memo[t, s, MEMO_COST] = cost
                    memo[t, s, MEMO_WALK] = walk
                    memo[t, s, MEMO_AT] = at
            if at < 0:
                continue
            worth = gain(net, st, u, s)
            if worth > walk and worth - cost > best:
                best, best_s, best_node, best_at = worth - cost, s, u, at
    if best_s >= 0:
        put(net, st, best_s, best_node, best_at)
        refresh(net, st, best_s)


@inner
def _candidates(net: Net, st: State, t: int, reach: int) -> int:
    """List the shifts to try for task t; return how many.

    Reach 0: the touched ones; 1: those and the ones with a visit near by; 2: all.
    """
    count: Any = np.int64(0)
    if reach == 2 or (reach == 1 and t >= net.visits):
        if t < net.visits:
            first, last = net.visit[t, SHIFTS_LO], net.visit[t, SHIFTS_HI]
        else:
            r = t - net.visits
            first, last = net.round[r, TAKERS_LO], net.round[r, TAKERS_HI]
        for k in range(first, last):
            st.queue[2, count] = net.lists[k]
            count += 1
        return int(count)
    facts, tally, queue, task, near = st.facts, st.tally, st.queue, st.task, net.near
    facts[STAMPS] += 1
    stamp = facts[STAMPS]
    for i in range(facts[TOUCHES]):
        s = queue[0, i]
        tally[s, STAMP] = stamp
        if _takes(net, t, s):
            queue[2, count] = s
            count += 1
    if reach == 0:
        return int(count)
    for j in range(min(_NEIGHBOURS, near.shape[2])):
        v = near[0, t, j]
        if v < 0:
            break
        for way in (FIRST, SECOND):
            s = task[v, way]
            if s >= 0 and tally[s, STAMP] != stamp and net.possible[t, s]:
                tally[s, STAMP] = stamp
                queue[2, count] = s
                count += 1
    return int(count)


@inner
def _takes(net: Net, t: int, s: int) -> bool:
    """Return whether shift s may take task t."""
    if t < net.visits:
        return bool(net.possible[t, s])
    lists = net.lists
    for k in range(net.round[t - net.visits, TAKERS_LO], net.round[t - net.visits, TAKERS_HI]):
        if lists[k] == s:
            return True
    return False


@inner
def _set_keys(net: Net, st: State, rule: int, place: int, keys: F64) -> None:
    """Give each offered task its place in the order of offering: smaller first."""
    trait, nodes, walk, queue, facts = net.trait, net.node, net.walk, st.queue, st.facts
    for i in range(len(keys)):
        own = trait[queue[1, i]]
        if rule == 0:
            key = 1.0
        elif rule == 1:
            key = -float(own[WORTH])
        elif rule == 2:
            key = -own[WORTH] / (nodes[own[NODE_OF], SERVICE] + 600.0)
        elif rule == 3:
            key = float(walk[place, nodes[own[NODE_OF], PLACE]])
        elif rule == 4:
            key = float(own[WIDTH])
        else:
            key = float(own[SHUT])
        keys[i] = key * (0.8 + 0.4 * draw(facts))


@inner
def _offer_absent(net: Net, st: State, share: float) -> None:
    """List a random share of the absent tasks that a touched shift might take."""
    task, queue, facts, possible, lists = (
        st.task,
        st.queue,
        st.facts,
        net.possible,
        net.lists,
    )
    touches, offers = facts[TOUCHES], facts[OFFERS]
    for v in range(net.visits):
        if task[v, FIRST] >= 0 or task[v, OFFERED] or draw(facts) > share:
            continue
        for i in range(touches):
            if possible[v, queue[0, i]]:
                task[v, OFFERED] = 1
                queue[1, offers] = v
                offers += 1
                break
    visits = net.visits
    for i in range(touches):
        s = queue[0, i]
        for k in range(net.shift[s, ROUNDS_LO], net.shift[s, ROUNDS_HI]):
            t = visits + lists[k]
            if task[t, FIRST] < 0 and not task[t, OFFERED] and draw(facts) < share:
                task[t, OFFERED] = 1
                queue[1, offers] = t
                offers += 1
    facts[OFFERS] = offers


@inner
def _sort(keys: F64, items: I64) -> None:
    """Sort keys and items alike: Shell's sort, which compiles in no time."""
    gap = len(keys) // 2
    while gap > 0:
        for i in range(gap, len(keys)):
            key, item, j = keys[i], items[i], i
            while j >= gap and keys[j - gap] > key:
                keys[j], items[j] = keys[j - gap], items[j - gap]
                j -= gap
            keys[j], items[j] = key, item
        gap //= 2


@inner
def _recreate(net: Net, st: State, place: int, prices: I64) -> None:
    """Offer the listed tasks, each to its best place."""
    n = st.facts[OFFERS]
    rule = int(draw(st.facts) * 6)
    keys = np.empty(n)
    _set_keys(net, st, rule, place, keys)
    _sort(keys, st.queue[1])
    for i in range(n):
        t = st.queue[1, i]
        if st.task[t, FIRST] >= 0:
            continue
        reach = 0
        if st.task[t, OFFERED] == 2:
            reach = 2 if draw(st.facts) < _FAR else 1
        _place(net, st, t, prices, reach)
    for i in range(n):
        st.task[st.queue[1, i], OFFERED] = 0


@inner
def _place_of(net: Net, t: int) -> int:
    """Return where task t is; a round's first option."""
    return int(net.node[net.trait[t, NODE_OF], PLACE])


@inner
def _begin(net: Net, st: State, prices: I64) -> None:
    """Work out every row, and offer every absent task."""
    st.facts[TOUCHES], st.facts[OFFERS] = 0, 0
    for s in range(net.shifts):
        refresh(net, st, s)
        touch(net, st, s)
    _offer_absent(net, st, 1.0)
    _recreate(net, st, net.shift[0, START_NODE] * 0, prices)
    st.tally[:, TOUCHED] = 0
    st.facts[NOW] = total_value(net, st)
    st.facts[GUIDED] = st.facts[NOW] - np.sum(st.tally[:, GUIDE] * st.tally[:, BUSY])
    if st.facts[NOW] > st.facts[BEST]:
        keep_best(net, st)


@outer
def search(
    net: Net, st: State, prices: I64, iterations: int, hot: float, cold: float,
    mean: float, fresh: bool,
) -> None:  # fmt: skip
    """Run ruin-and-recreate from the routes as they are.

    `hot` and `cold` are the first and last temperature, in units; `mean` is about
    how many tasks an iteration takes out; `fresh` works out every row and offers every
    absent task first: a state that was searched before goes on without.
    """
    if net.shifts == 0 or net.visits + net.rounds == 0:
        return
    if fresh:
        _begin(net, st, prices)
    for i in range(iterations):
        heat = hot * (cold / hot) ** (i / iterations)
        st.facts[TOUCHES], st.facts[OFFERS] = 0, 0
        st.facts[BEFORE], st.facts[GUIDED_BEFORE] = 0, 0
        about = ruin(net, st, mean)
        sound = True
        for j in range(st.facts[TOUCHES]):
            sound = refresh(net, st, st.queue[0, j]) and sound
        if sound:
            _offer_absent(net, st, 1.0 if draw(st.facts) < _ALL else _SHARE)
            first = draw(st.facts) < _FIRST
            if first and st.task[about, FIRST] < 0 and st.task[about, OFFERED] != 2:
                _place(net, st, about, prices, np.int64(0))  # a bare 0 would compile it anew
            _recreate(net, st, _place_of(net, about), prices)
            value = st.facts[NOW] - st.facts[BEFORE]
            guided = st.facts[GUIDED] - st.facts[GUIDED_BEFORE]
            for j in range(st.facts[TOUCHES]):
                s = st.queue[0, j]
                part = row_value(net, st, s)
                value += part
                guided += part - st.tally[s, GUIDE] * st.tally[s, BUSY]
            sound = guided > st.facts[GUIDED] + heat * np.log(draw(st.facts) + 1e-300)
        else:
            value, guided = st.facts[NOW], st.facts[GUIDED]
            for j in range(st.facts[OFFERS]):
                st.task[st.queue[1, j], OFFERED] = 0
        if not sound:
            restore(net, st)
        else:
            st.facts[NOW], st.facts[GUIDED] = value, guided
            if value > st.facts[BEST]:
                keep_best(net, st)
        for j in range(st.facts[TOUCHES]):
            st.tally[st.queue[0, j], TOUCHED] = 0
