"""Compiled listing of every day that is worth more than a cut, at given prices.

Labels go forward and remember every task they have done. One is kept only where some label of
the way back (`labels.grow` on the reversed ground, all day long) completes it to more than
the cut with none of its tasks twice, as far as that one remembers. Of two labels at one place
that have done the same, the one later and dearer is dropped: what it leads to can be replaced
by a day of the same tasks that is worth no less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.compiling import inner, outer
from optimiser.routing.arrays.tasks import I64, NEVER
from optimiser.routing.proof.grounds import (
    BIT,
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
from optimiser.routing.proof.labels import (
    ALIVE,
    AT,
    BEFORE,
    BUSY,
    CHAIN,
    CLOCK,
    DONE,
    NEXT,
    RESTED,
    Room,
)

__all__ = ["list_days"]

F64 = npt.NDArray[np.float64]
U64 = npt.NDArray[np.uint64]


@inner
def _completes(
    g: Ground, use: I64, behind: Room, new: I64, profit: float, memory: U64, cut: float
) -> bool:
    """Return whether some way back completes the label to a day worth more than the cut."""
    fixed, leg, cost = g.fixed, g.leg, g.cost
    n, i, words = g.node.shape[0], new[AT], memory.shape[0]
    clock, busy, done, rested = new[CLOCK], new[BUSY], new[DONE], new[RESTED]
    steps = len(use)
    if i < n and rested and done == fixed[SESSIONS] and profit - cost[i, n + 1] > cut:
        return True
    for j in use:
        bit = g.node[j, BIT]
        if bit >= 0 and memory[bit >> 6] & (np.uint64(1) << np.uint64(bit & 63)):
            continue
        late = fixed[HORIZON] - clock - leg[i, j]
        least = cut - profit + cost[i, j]
        y = behind.head[j]
        while y >= 0 and behind.profit[y] > least:
            steps += 1
            if (
                behind.entry[y, CLOCK] <= late
                and rested + behind.entry[y, RESTED] >= 1
                and done + behind.entry[y, DONE] == fixed[SESSIONS]
                and (fixed[MOST] < 0 or busy + leg[i, j] + behind.entry[y, BUSY] <= fixed[MOST])
            ):
                apart = True
                for w in range(words):
                    apart = apart and (memory[w] & behind.memory[y, w]) == 0
                if apart:
                    behind.steps[0] += steps
                    return True
            y = behind.entry[y, NEXT]
    behind.steps[0] += steps
    return False


@inner
def _keep(
    g: Ground, use: I64, room: Room, behind: Room, table: I64, count: int, new: I64,
    profit: float, memory: U64, cut: float, most: int,
) -> int:  # fmt: skip
    """Keep a label that can be completed and is not beaten; return how many there are."""
    words = memory.shape[0]
    k = new[AT]
    h = np.uint64(k) * np.uint64(0x9E3779B97F4A7C15)
    for w in range(words):
        h = (h ^ memory[w]) * np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(29)
    slot = np.int64(h % np.uint64(table.shape[0]))
    x = table[slot]
    while x >= 0:
        same = room.entry[x, AT] == k and room.entry[x, DONE] == new[DONE]
        for w in range(words):
            same = same and room.memory[x, w] == memory[w]
        if same:
            if (
                room.profit[x] >= profit
                and room.entry[x, CLOCK] <= new[CLOCK]
                and room.entry[x, BUSY] <= new[BUSY]
                and room.entry[x, RESTED] >= new[RESTED]
            ):
                return count
            if (
                room.profit[x] <= profit
                and room.entry[x, CLOCK] >= new[CLOCK]
                and room.entry[x, BUSY] >= new[BUSY]
                and room.entry[x, RESTED] <= new[RESTED]
            ):
                room.entry[x, ALIVE] = 0
        x = room.entry[x, NEXT]
    if not _completes(g, use, behind, new, profit, memory, cut):
        return count
    if count >= most or behind.steps[0] > behind.steps[1]:
        return most + 1
    for c in range(6):
        room.entry[count, c] = new[c]
    room.entry[count, ALIVE] = 1
    room.entry[count, NEXT] = table[slot]
    table[slot] = count
    room.profit[count] = profit
    for w in range(words):
        room.memory[count, w] = memory[w]
    b = new[CLOCK] // g.fixed[WIDTH]
    room.entry[count, CHAIN] = room.bucket[b]
    room.bucket[b] = count
    return count + 1


@outer
def list_days(
    g: Ground, gain: F64, use: I64, rest: F64, following: I64, room: Room, behind: Room,
    table: I64, cut: float, most: int,
) -> tuple[int, I64]:  # fmt: skip
    """Return how many labels were made (more than `most`: cut short), and those that end a day."""
    n, words = g.node.shape[0], g.near.shape[1]
    fixed, node, window, leg = g.fixed, g.node, g.window, g.leg
    room.bucket[:] = -1
    new = np.zeros(9, dtype=np.int64)
    memory = np.zeros(words, dtype=np.uint64)
    new[AT], new[BEFORE], new[RESTED] = n, -1, 0 if fixed[REST] > 0 else 1
    count = _keep(g, use, room, behind, table, 0 * n, new, 0.0, memory, cut, most)
    if fixed[REST] > 0:
        begin = max(0, fixed[REST_LO])
        if begin <= fixed[REST_HI]:
            new[CLOCK], new[RESTED] = begin + fixed[REST], 1
            count = _keep(g, use, room, behind, table, count, new, 0.0, memory, cut, most)
    for b in range(fixed[HORIZON] // fixed[WIDTH] + 1):
        while room.bucket[b] >= 0:
            x = room.bucket[b]
            room.bucket[b] = room.entry[x, CHAIN]
            if not room.entry[x, ALIVE]:
                continue
            here, done, clock = room.entry[x, AT], room.entry[x, DONE], room.entry[x, CLOCK]
            for k in use:
                bit = node[k, BIT]
                if bit < 0:
                    if node[k, PLACE_IN_ORDER] != done:
                        continue
                elif room.memory[x, bit >> 6] & (np.uint64(1) << np.uint64(bit & 63)):
                    continue
                busy = 0
                if fixed[MOST] >= 0:
                    busy = room.entry[x, BUSY] + leg[here, k] + node[k, SECONDS]
                    if busy + leg[k, n + 1] > fixed[MOST]:
                        continue
                ready = clock + leg[here, k]
                start: int = NEVER
                for w in range(node[k, FIRST_W], node[k, LAST_W]):
                    if ready <= window[w, 1]:
                        start = max(ready, window[w, 0])
                        break
                end = start + node[k, SECONDS]
                if end + leg[k, n + 1] > fixed[HORIZON]:
                    continue
                profit = room.profit[x] + gain[k] - g.cost[here, k]
                way, c = following[k, end // fixed[WIDTH]], 0
                if way >= 0 and node[way, BIT] >= 0:
                    last = node[way, BIT]
                    if room.memory[x, last >> 6] & (np.uint64(1) << np.uint64(last & 63)):
                        c = 1
                if profit + rest[k, end // fixed[WIDTH], c] <= cut:
                    continue
                for w in range(words):
                    memory[w] = room.memory[x, w]
                if bit >= 0:
                    memory[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
                new[AT], new[BUSY], new[BEFORE], new[CLOCK] = k, busy, x, end
                new[DONE], new[RESTED] = done + (1 if bit < 0 else 0), room.entry[x, RESTED]
                count = _keep(g, use, room, behind, table, count, new, profit, memory, cut, most)
                if count <= most and not new[RESTED]:
                    begin = max(end, fixed[REST_LO])
                    if begin <= fixed[REST_HI] and begin + fixed[REST] <= fixed[HORIZON]:
                        new[CLOCK], new[RESTED] = begin + fixed[REST], 1
                        count = _keep(
                            g, use, room, behind, table, count, new, profit, memory, cut, most
                        )
                if count > most:
                    return count, np.zeros(0, dtype=np.int64)
    ends = np.zeros(count, dtype=np.int64)
    found = 0
    for x in range(count):
        i = room.entry[x, AT]
        if (
            i < n
            and room.entry[x, RESTED]
            and room.entry[x, DONE] == fixed[SESSIONS]
            and room.entry[x, CLOCK] + leg[i, n + 1] <= fixed[HORIZON]
            and room.profit[x] - g.cost[i, n + 1] > cut
        ):
            ends[found] = x
            found += 1
    return count, ends[:found]
