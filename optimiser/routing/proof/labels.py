"""Compiled labelling: the most profitable days of one shift at given prices.

A label is a part of a day, from its start or (on the reversed ground) from its end: where it
is, the clock, busy seconds, whether the break is behind, how many sessions are done, its
profit, and which tasks it remembers. A task may come again once it is forgotten, which
happens away from its neighbourhood (ng-route relaxation: Baldacci, Mingozzi and Roberti,
Operations Research 59, 2011), so that the best day found is worth at least the best day
there is, and exactly that for neighbourhoods large enough.

Labels go on up to the middle of the day, from both ends, and are then joined (Righini and
Salani, Discrete Optimization 3, 2006). A label is dropped where another at the same place
is at least as good in everything, and where even the best rest of the day, tasks twice
allowed (`reach`), does not lift it above what is looked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.compiling import inner, outer
from optimiser.routing.arrays.tasks import I64, NEVER
from optimiser.routing.proof.grounds import (
    ARRIVING,
    BIT,
    BUCKETS,
    FIRST_W,
    HORIZON,
    LAST_W,
    MOST,
    PLACE_IN_ORDER,
    REST,
    REST_HI,
    REST_LO,
    SECONDS,
    SESSIONS,
    WIDTH,
    Ground,
)

__all__ = [
    "ALIVE",
    "AT",
    "BEFORE",
    "BUSY",
    "CHAIN",
    "CLOCK",
    "DONE",
    "NEXT",
    "RESTED",
    "Room",
    "grow",
    "join",
    "new_room",
    "reach",
]

F64 = npt.NDArray[np.float64]
U64 = npt.NDArray[np.uint64]

AT, CLOCK, BUSY, RESTED, DONE, BEFORE, NEXT, ALIVE, CHAIN = range(9)
"""Columns of `Room.entry`; next: of the labels at the same place, the best profit first."""


class Room(NamedTuple):
    """Room for labels, used again from day to day."""

    entry: I64  # (most, 9)
    profit: F64  # (most,)
    memory: U64  # (most, words)
    head: I64  # (nodes + 1,) first label of each node
    bucket: I64  # first label of each bucket of time
    steps: I64  # how many labels have been compared, and how many may be: time, but repeatable


def new_room(most: int, words: int, nodes: int, buckets: int) -> Room:
    """Return room for `most` labels."""
    return Room(
        entry=np.zeros((most, 9), dtype=np.int64),
        profit=np.zeros(most),
        memory=np.zeros((most, words), dtype=np.uint64),
        head=np.zeros(nodes + 1, dtype=np.int64),
        bucket=np.zeros(buckets, dtype=np.int64),
        steps=np.zeros(2, dtype=np.int64),
    )


@outer
def reach(g: Ground, gain: F64, use: I64) -> tuple[F64, I64]:
    """Return the most that the rest of a day can be worth, after leaving k in a bucket of time.

    Second entry: the same without going on to the first's next node. Tasks may come again,
    but not at once; break, sessions and busy limit are left out. Shape (n + 1, buckets, 2),
    and the next nodes.
    """
    n, buckets, width = g.node.shape[0], g.fixed[BUCKETS], g.fixed[WIDTH]
    horizon = g.fixed[HORIZON]
    best = np.full((n + 1, buckets, 2), -1e18)
    following = np.full((n + 1, buckets), -1, dtype=np.int64)
    for b in range(buckets - 1, -1, -1):
        at = b * width
        for i in range(n + 2):
            k = use[i] if i < len(use) else n
            if i > len(use):
                break
            first = -1e18
            if at + g.leg[k, n + 1] <= horizon:
                first = -g.cost[k, n + 1]
            second, way = first, -1
            for j in use:
                if j == k:
                    continue
                ready = at + g.leg[k, j]
                start: int = NEVER
                for w in range(g.node[j, FIRST_W], g.node[j, LAST_W]):
                    if ready <= g.window[w, 1]:
                        start = max(ready, g.window[w, 0])
                        break
                end = start + g.node[j, SECONDS]
                if end > horizon:
                    continue
                c = end // width
                if c <= b:
                    worth = 1e18
                elif following[j, c] == k and k < n:
                    worth = gain[j] - g.cost[k, j] + best[j, c, 1]
                else:
                    worth = gain[j] - g.cost[k, j] + best[j, c, 0]
                if worth > first:
                    first, second, way = worth, first, j
                elif worth > second:
                    second = worth
            best[k, b, 0], best[k, b, 1] = first, second
            following[k, b] = way
    return best, following


@inner
def _place(room: Room, words: int, new: I64, profit: float, memory: U64, loose: int) -> int:
    """Return after which label at its node the new one belongs, or -2 where one is as good.

    -1 is before all; what the new one beats is taken out.
    """
    entry, worth, known = room.entry, room.profit, room.memory
    k, clock, busy, rested, done = new[AT], new[CLOCK], new[BUSY], new[RESTED], new[DONE]
    at = -1
    steps = 0
    x = room.head[k]
    while x >= 0 and worth[x] >= profit:
        steps += 1
        if (
            entry[x, CLOCK] <= clock + loose
            and entry[x, BUSY] <= busy
            and entry[x, RESTED] >= rested
            and entry[x, DONE] == done
        ):
            inside = True
            if not loose:
                for w in range(words):
                    inside = inside and (known[x, w] & memory[w]) == known[x, w]
            if inside:
                room.steps[0] += steps
                return -2
        at = x
        x = entry[x, NEXT]
    before = at
    while x >= 0:
        steps += 1
        following = entry[x, NEXT]
        if (
            entry[x, CLOCK] >= clock - loose
            and entry[x, BUSY] >= busy
            and entry[x, RESTED] <= rested
            and entry[x, DONE] == done
        ):
            inside = True
            if not loose:
                for w in range(words):
                    inside = inside and (known[x, w] & memory[w]) == memory[w]
            if inside:
                entry[x, ALIVE] = 0
                if before < 0:
                    room.head[k] = following
                else:
                    entry[before, NEXT] = following
                x = following
                continue
        before = x
        x = following
    room.steps[0] += steps
    return at


@inner
def _store(
    g: Ground, rest: F64, following: I64, room: Room, count: int, known: float,
    new: I64, profit: float, memory: U64, loose: int, most: int,
) -> int:  # fmt: skip
    """Keep a new label unless it is hopeless or beaten; return how many there are."""
    fixed = g.fixed
    n, k, clock = g.node.shape[0], new[AT], new[CLOCK]
    if clock + g.leg[k, n + 1] > fixed[HORIZON]:
        return count
    if not new[RESTED] and clock > fixed[REST_HI]:
        return count
    b = clock // fixed[WIDTH]
    way = following[k, b]
    more = rest[k, b, 0]
    if way >= 0 and g.node[way, BIT] >= 0:
        bit = g.node[way, BIT]
        if memory[bit >> 6] & (np.uint64(1) << np.uint64(bit & 63)):
            more = rest[k, b, 1]
    if profit + more <= known:
        return count
    words = memory.shape[0]
    at = _place(room, words, new, profit, memory, loose)
    if at == -2:
        return count
    if count >= most or room.steps[0] > room.steps[1]:
        return most + 1
    for c in range(7):
        room.entry[count, c] = new[c]
    room.entry[count, ALIVE] = 1
    if at < 0:
        room.entry[count, NEXT] = room.head[k]
        room.head[k] = count
    else:
        room.entry[count, NEXT] = room.entry[at, NEXT]
        room.entry[at, NEXT] = count
    room.profit[count] = profit
    for w in range(words):
        room.memory[count, w] = memory[w]
    room.entry[count, CHAIN] = room.bucket[b]
    room.bucket[b] = count
    return count + 1


@outer
def grow(
    g: Ground, gain: F64, use: I64, rest: F64, following: I64, room: Room,
    half: int, known: float, loose: int, most: int,
) -> int:  # fmt: skip
    """Make labels, going on from those whose clock is at most `half`.

    Returns their number; more than `most` means that it was cut short. Where
    `loose` is not 0, labels are dropped without regard to what they remember, and for others
    up to so many seconds later: quick, and no proof. The row of a
    session has to be in `use`.
    """
    n, words = g.node.shape[0], g.near.shape[1]
    fixed, node, window, leg = g.fixed, g.node, g.window, g.leg
    room.head[:] = -1
    room.bucket[:] = -1
    due = np.full(fixed[SESSIONS] + 1, -1, dtype=np.int64)
    for k in range(n):
        if node[k, PLACE_IN_ORDER] >= 0:
            due[node[k, PLACE_IN_ORDER]] = k
    resting, width = fixed[REST] > 0, fixed[WIDTH]
    new = np.zeros(9, dtype=np.int64)
    memory = np.zeros(words, dtype=np.uint64)
    new[AT], new[BEFORE], new[RESTED] = n, -1, 0 if resting else 1
    count = _store(g, rest, following, room, 0 * n, known, new, 0.0, memory, loose, most)
    if resting and not fixed[ARRIVING]:
        begin = max(0, fixed[REST_LO])
        if begin <= fixed[REST_HI]:
            new[CLOCK], new[RESTED] = begin + fixed[REST], 1
            count = _store(g, rest, following, room, count, known, new, 0.0, memory, loose, most)
    for b in range(min(half, fixed[HORIZON]) // width + 1):
        while room.bucket[b] >= 0:
            x = room.bucket[b]
            room.bucket[b] = room.entry[x, CHAIN]
            clock = room.entry[x, CLOCK]
            if not room.entry[x, ALIVE] or clock > half:
                continue
            here, done = room.entry[x, AT], room.entry[x, DONE]
            for k in use:
                bit = node[k, BIT]
                if bit < 0:
                    if node[k, PLACE_IN_ORDER] != done:
                        continue
                elif room.memory[x, bit >> 6] & (np.uint64(1) << np.uint64(bit & 63)):
                    continue
                if k == here:
                    continue
                busy = 0
                if fixed[MOST] >= 0:
                    busy = room.entry[x, BUSY] + leg[here, k] + node[k, SECONDS]
                    if busy + leg[k, n + 1] > fixed[MOST]:
                        continue
                profit = room.profit[x] + gain[k] - g.cost[here, k]
                new[AT], new[BUSY], new[BEFORE] = k, busy, x
                new[DONE] = done + (1 if bit < 0 else 0)
                rested = room.entry[x, RESTED]
                for pause in range(2):
                    ready = clock + leg[here, k]
                    if pause:
                        if rested or not fixed[ARRIVING]:
                            break
                        begin = max(ready, fixed[REST_LO])
                        if begin > fixed[REST_HI]:
                            break
                        ready = begin + fixed[REST]
                    start: int = NEVER
                    for w in range(node[k, FIRST_W], node[k, LAST_W]):
                        if ready <= window[w, 1]:
                            start = max(ready, window[w, 0])
                            break
                    end = start + node[k, SECONDS]
                    if end > fixed[HORIZON]:
                        break
                    if bit >= 0 and done < fixed[SESSIONS]:
                        d = due[done]
                        if end + leg[k, d] > window[node[d, FIRST_W], 1]:
                            break
                    c = end // width
                    for w in range(words):
                        memory[w] = room.memory[x, w] & g.near[k, w]
                    if bit >= 0:
                        memory[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
                    for w in range(words):
                        memory[w] &= g.open[k, c, w]
                    new[CLOCK], new[RESTED] = end, max(rested, pause)
                    count = _store(
                        g, rest, following, room, count, known, new, profit, memory, loose, most
                    )
                    if count <= most and not fixed[ARRIVING] and not rested:
                        begin = max(end, fixed[REST_LO])
                        if begin <= fixed[REST_HI] and begin + fixed[REST] <= fixed[HORIZON]:
                            new[CLOCK], new[RESTED] = begin + fixed[REST], 1
                            count = _store(
                                g, rest, following, room, count, known, new, profit, memory,
                                loose, most,
                            )  # fmt: skip
                    if count > most:
                        return int(count)
    return int(count)


@outer
def join(
    g: Ground, use: I64, ahead: Room, behind: Room, half: int, known: float
) -> tuple[F64, I64]:
    """Join the labels of both ways into days.

    Returns for each row, and where the day begins (an early break may last past the middle),
    the worth of the best day whose first part ends there (`known` where none is worth more),
    and its two labels (behind -1: straight to the end).
    """
    n, words = g.node.shape[0], g.near.shape[1]
    fixed, leg, cost = g.fixed, g.leg, g.cost
    best = np.full(n + 1, known)
    pair = np.full((n + 1, 2), -1, dtype=np.int64)
    for at in range(len(use) + 1):
        i = use[at] if at < len(use) else n
        x = ahead.head[i]
        while x >= 0:
            clock, busy = ahead.entry[x, CLOCK], ahead.entry[x, BUSY]
            done, rested = ahead.entry[x, DONE], ahead.entry[x, RESTED]
            worth = ahead.profit[x] - cost[i, n + 1]
            if (
                worth > best[i]
                and i < n
                and rested
                and done == fixed[SESSIONS]
                and clock + leg[i, n + 1] <= fixed[HORIZON]
            ):
                best[i], pair[i, 0], pair[i, 1] = worth, x, -1
            if clock > half:
                for j in use:
                    if j == i:
                        continue
                    y = behind.head[j]
                    late = fixed[HORIZON] - clock - leg[i, j]
                    while y >= 0:
                        worth = ahead.profit[x] + behind.profit[y] - cost[i, j]
                        if worth <= best[i]:
                            break
                        fits = (
                            behind.entry[y, CLOCK] <= late
                            and rested + behind.entry[y, RESTED] >= 1
                            and done + behind.entry[y, DONE] == fixed[SESSIONS]
                            and (
                                fixed[MOST] < 0
                                or busy + leg[i, j] + behind.entry[y, BUSY] <= fixed[MOST]
                            )
                        )
                        if fits:
                            for w in range(words):
                                fits = fits and (ahead.memory[x, w] & behind.memory[y, w]) == 0
                        if fits:
                            best[i], pair[i, 0], pair[i, 1] = worth, x, y
                            break
                        y = behind.entry[y, NEXT]
            x = ahead.entry[x, NEXT]
    return best, pair
