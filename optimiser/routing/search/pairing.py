"""Compiled placing of what two officers do together: a common start that fits both routes.

For each shift of a date the best places for the visit or round are listed as intervals of
its start; two shifts go together where their intervals meet. It then
stands fixed at that start on both routes, which stay independent of each other
until it is taken out again.
"""

from __future__ import annotations

import numpy as np

from optimiser.routing.arrays.compiling import inner
from optimiser.routing.arrays.tasks import (
    BREAK,
    DAY,
    I64,
    INTERPRETER_S,
    LANGUAGE,
    LIMIT,
    NEVER,
    OFFICER,
    OPTIONS_HI,
    OPTIONS_LO,
    OWN,
    OWN_VALUE,
    SERVICE,
    SHIFTS_HI,
    SHIFTS_LO,
    SKILLED,
    SPEAKS,
    TAKERS_HI,
    TAKERS_LO,
    VALUE,
    WALK_LIMIT,
    WINDOW,
    WINDOWS,
    Net,
)
from optimiser.routing.search.kernels import (
    BUSY,
    EARLY0,
    EARLY1,
    LATE0,
    LATE1,
    SIZE,
    WALK,
    WALKED,
    WAY,
    State,
    leg,
    next_start,
    rest_before,
    walk_of,
)

__all__ = ["best_pair"]

_SLOTS = 3
"""Places kept of each shift: three of its cheapest, so that starts can meet."""

_MOST = 400
"""Places looked at together; beyond, the later shifts of a very large team are left out."""


@inner
def _slots(
    net: Net,
    st: State,
    s: int,
    node: int,
    length: int,
    price: int,
    out: I64,
    count: int,
) -> int:
    """Append the cheapest (cost, walk cost, position, from, to, shift) of shift s to `out`."""
    walk, nodes, when = net.walk, net.node, net.when
    shift, row, time = net.shift[s], st.row[s], st.time[s]
    floor_s, lift_s = net.floor_s, net.lift_s
    n, first = st.tally[s, SIZE], count
    k0 = node * net.days + shift[DAY]
    spare = shift[LIMIT] - st.tally[s, BUSY] - length
    on_foot = shift[WALK_LIMIT] - (st.tally[s, WALKED] if n > 2 else 0)
    if spare < 0 or n >= len(row) or when[k0, WINDOWS] == 0:
        return count
    shut = when[k0, WINDOW + 2 * when[k0, WINDOWS] - 1]
    for k in range(n - 1):
        if min(time[k, EARLY0], time[k, EARLY1]) > shut:
            break
        a, b = row[k], row[k + 1]
        l1 = leg(walk, nodes, floor_s, lift_s, a, node)
        l2 = leg(walk, nodes, floor_s, lift_s, node, b)
        more = l1 + l2 - time[k + 1, WAY]
        if more > spare:
            continue
        steps = walk_of(walk, nodes, a, node) + walk_of(walk, nodes, node, b)
        if n > 2:  # an officer without a stop stays where they are
            steps -= time[k + 1, WALK]
        if steps > on_foot:
            continue
        toll = net.walk_value * steps
        cost = toll + price * (more + length)
        by1 = time[k + 1, LATE1] - l2
        for before in range(2):  # the break behind, or still to come
            if before == 1:
                start = next_start(when, k0, -1, time[k, EARLY1] + l1)
                end = by1 - length
            else:
                start = next_start(when, k0, -1, time[k, EARLY0] + l1)
                end = max(time[k + 1, LATE0] - l2, rest_before(shift, by1)) - length
                if shift[BREAK] == 0:
                    continue
            if start > end or start >= NEVER:
                continue
            at = count
            if count - first == _SLOTS:
                at = first
                for j in range(first + 1, count):
                    if out[j, 0] > out[at, 0]:
                        at = j
                if out[at, 0] <= cost:
                    continue
            else:
                if count >= _MOST:
                    return count
                count += 1
            out[at, 0], out[at, 1], out[at, 2] = cost, toll, k
            out[at, 3], out[at, 4], out[at, 5] = start, end, s
    return count


@inner
def _match(net: Net, node: int, out: I64, count: int, plain: bool, head: int, best: I64) -> None:
    """Look for the best two of the places listed, cheapest first, whose intervals meet.

    Shift `head` is one of the two, unless it is -1.
    """
    if count == 0:
        return
    value = net.when[node * net.days + net.shift[out[0, 5], DAY], VALUE]
    own, fond, asked = value - value - 1, value - value, node < net.visits
    if asked and net.visit[node, OWN] >= 0:
        own, fond = net.visit[node, OWN], net.visit[node, OWN_VALUE]
    most = value + fond
    order = _by_cost(out, count)
    for x in range(count):
        i = order[x]
        if most - 2 * out[i, 0] <= best[0]:
            break
        o1 = net.shift[out[i, 5], OFFICER]
        for y in range(x + 1, count):
            j = order[y]
            if most - out[i, 0] - out[j, 0] <= best[0]:
                break
            o2 = net.shift[out[j, 5], OFFICER]
            if o1 == o2 or (head >= 0 and head != out[i, 5] and head != out[j, 5]):
                continue
            if asked and not (net.who[node, o1, SKILLED] or net.who[node, o2, SKILLED]):
                continue
            if asked and plain != (net.who[node, o1, SPEAKS] or net.who[node, o2, SPEAKS]):
                continue
            start = max(out[i, 3], out[j, 3])
            if start > out[i, 4] or start > out[j, 4]:
                continue
            gain = value + (fond if own in (o1, o2) else 0)
            score = gain - out[i, 0] - out[j, 0]
            if score > best[0] and gain - out[i, 1] - out[j, 1] > 0:
                best[0], best[1], best[2] = score, out[i, 5], out[j, 5]
                best[3], best[4], best[5] = out[i, 2], out[j, 2], start
                best[6] = net.node[node, SERVICE] if plain else net.visit[node, INTERPRETER_S]
                best[7] = node


@inner
def _by_cost(out: I64, count: int) -> I64:
    """Return the rows' order by cost: an insertion sort, as they come nearly in groups."""
    order = np.arange(count)
    for x in range(1, count):
        row, y = order[x], x
        while y > 0 and out[order[y - 1], 0] > out[row, 0]:
            order[y] = order[y - 1]
            y -= 1
        order[y] = row
    return order


@inner
def best_pair(net: Net, st: State, t: int, prices: I64) -> I64:
    """Return the best places of a task for two officers.

    Score, shifts, positions before it, start, service and node (a round's option); score
    -NEVER**2 for none.
    """
    best = np.full(8, -1, dtype=np.int64)
    best[0] = -NEVER * NEVER
    out = np.empty((_MOST, 6), dtype=np.int64)
    node, end, head = np.int64(t), np.int64(t + 1), np.int64(-1)
    if t < net.visits:
        first, last = net.visit[t, SHIFTS_LO], net.visit[t, SHIFTS_HI]
    else:
        r = t - net.visits
        node, end = net.round[r, OPTIONS_LO], net.round[r, OPTIONS_HI]
        first, last = net.round[r, TAKERS_LO], net.round[r, TAKERS_HI]
        if first < last:
            head = net.lists[first]  # a round's first officer is always one of the two
    for u in range(node, end):
        for plain in (True, False):
            if not plain and (t >= net.visits or not net.visit[t, LANGUAGE]):
                continue
            length = net.node[u, SERVICE] if plain else net.visit[u, INTERPRETER_S]
            k = first
            while k < last:
                day, count = net.shift[net.lists[k], DAY], first - first
                while k < last and net.shift[net.lists[k], DAY] == day:
                    s = net.lists[k]
                    count = _slots(net, st, s, u, length, prices[s], out, count)
                    k += 1
                _match(net, u, out, count, plain, head, best)
    return best
