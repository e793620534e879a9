"""The best day of a shift at given prices, relaxed: labels over places, busy seconds and time.

A label stands for all ways to be done at a node, after some of the shift's sessions, within
a slice of busy seconds. It holds busy seconds, the earliest instants to go on from it (with
the break still to come and behind), profit, and which nearby tasks it must not take again
(ng-routes: Baldacci, Mingozzi, Roberti 2011). Labels are extended in the order of their
slices; a slice is no longer than the shortest stop, so that what comes of a label lies in a
later one. A node keeps few labels a slice: where there would be more, two become one that
is at least as good as both in everything (state-space relaxation: Christofides, Mingozzi,
Toth 1981). So the best day found is worth at least as much as every true day.

A label is dropped where another is as good in everything, and where even a fractional
knapsack of the tasks (each once, with half of the shortest leg in and out) would not take
it above the best day known.
"""

from __future__ import annotations

from optimiser.routing.arrays.compiling import outer
from optimiser.routing.arrays.tasks import BREAK, END, I64, NEVER, START
from optimiser.routing.search.kernels import next_start, rested

__all__ = ["GRID_S", "best_day"]

GRID_S = 60
"""Seconds between the entries of the table of what the rest of a day is worth at most."""

_PROFIT, _BUSY, _EARLY0, _EARLY1, _MASK, _BEFORE, _NEXT = range(7)


@outer
def best_day(
    shift: I64,
    when: I64,
    way: I64,
    cost: I64,
    gain: I64,
    stay: I64,
    rest: I64,
    away: I64,
    mine: I64,
    keep: I64,
    lab: I64,
    count: I64,
    chain: I64,
    done_at: I64,
    slots: int,
    floor: int,
) -> tuple[int, int]:
    """Return an upper bound of the best day's profit in units, and the label it ends with.

    Local nodes are tasks' nodes, sessions in their order, the start, the end. `when` has
    their windows, `way` and `cost` (size, size) the seconds and what walking takes off,
    `gain` what a node adds, `stay` the seconds at it, `mine` and `keep` the memory's bits.
    `rest` is what the tasks are worth at most within so many `GRID_S`, `away` (size, 2) half
    of the shortest leg out and its cost, with the end's own half added; `done_at` has the
    limit of busy seconds, the slice's length, and the seconds in sessions after each.
    `lab`, `count` and `chain` are for the labels. A day worth `floor` is known: where none
    is better it is returned with label -1.
    """
    n, size = len(mine), len(way)
    m = size - n - 2
    first, last, many = n + m, n + m + 1, n + 2
    limit, width, rests = done_at[0], done_at[1], shift[BREAK] > 0
    best, best_at = floor, -1
    label = (n + 1) * slots
    count[n + 1] = 1
    lab[label, _EARLY0] = shift[START] if rests else NEVER
    lab[label, _EARLY1] = rested(shift, shift[START]) if rests else shift[START]
    lab[label, _PROFIT], lab[label, _BUSY], lab[label, _MASK] = 0, 0, 0
    lab[label, _BEFORE] = -1
    for cell in range(len(count)):
        i, done = cell % many, cell // many % (m + 1)
        here = i if i < n else (n + done - 1 if i == n else first)
        for label in range(cell * slots, cell * slots + count[cell]):
            lp, lb, lm = lab[label, _PROFIT], lab[label, _BUSY], lab[label, _MASK]
            e0, e1 = lab[label, _EARLY0], lab[label, _EARLY1]
            home = way[here, last]
            ends = done == m and i <= n and lb + home <= limit and e1 + home <= shift[END]
            if ends and lp - cost[here, last] > best:
                best, best_at = lp - cost[here, last], label
            left = limit - lb - away[here, 0] - done_at[2 + done]
            if left < 0 or (done == m and lp + rest[left // GRID_S] - away[here, 1] <= best):
                continue
            other, beaten = chain[done, i], False
            while other >= 0 and not beaten:
                beaten = (
                    lab[other, _PROFIT] >= lp and lab[other, _BUSY] <= lb
                    and lab[other, _EARLY0] <= e0 and lab[other, _EARLY1] <= e1
                    and lab[other, _MASK] & ~lm == 0
                )  # fmt: skip
                other = lab[other, _NEXT]
            if beaten:
                continue
            lab[label, _NEXT], chain[done, i] = chain[done, i], label
            for j in range(n + (done < m)):
                after, to, mask = done, j, lm - lm
                if j == n:
                    after, to = done + 1, n + done
                else:
                    if i < n:
                        # The task itself is in `keep` where it is remembered here.
                        mask = lm & keep[i, j]
                        if mask & mine[j]:
                            continue
                    mask |= mine[j]
                leg = way[here, to]
                busy = lb + leg + stay[to]
                profit = lp - cost[here, to] + gain[to]
                left = limit - busy - away[to, 0] - done_at[2 + after]
                if busy + way[to, last] > limit or (
                    after == m and profit + rest[max(left, 0) // GRID_S] - away[to, 1] <= best
                ):
                    continue
                n1 = next_start(when, to, -1, e1 + leg) + stay[to]
                n0 = n1 - n1 + NEVER
                if rests:
                    n0 = next_start(when, to, -1, e0 + leg) + stay[to]
                    n1 = min(n1, rested(shift, n0))
                if min(n0, n1) + way[to, last] > shift[END]:
                    continue
                n0, n1 = min(n0, NEVER), min(n1, NEVER)
                target = (busy // width * (m + 1) + after) * many + j
                base, before = target * slots, label
                near, worst, low = -1, base, profit - profit + (1 << 62)
                for q in range(base, base + count[target]):
                    had = lab[q, _PROFIT]
                    if (
                        had >= profit and lab[q, _BUSY] <= busy and lab[q, _EARLY0] <= n0
                        and lab[q, _EARLY1] <= n1 and lab[q, _MASK] & ~mask == 0
                    ):  # fmt: skip
                        near = -2
                        break
                    if (
                        had <= profit and lab[q, _BUSY] >= busy and lab[q, _EARLY0] >= n0
                        and lab[q, _EARLY1] >= n1 and mask & ~lab[q, _MASK] == 0
                    ):  # fmt: skip
                        near = q
                        break
                    if had < low and q < base + slots - 1:
                        worst, low = q, had
                if near == -2:
                    continue
                if near < 0 and count[target] < slots:
                    near = base + count[target]
                    count[target] += 1
                elif near < 0:
                    near = base + slots - 1
                    if profit > low:  # the last place is for what the others have no room for
                        had, lab[worst, _PROFIT] = lab[worst, _PROFIT], profit
                        profit = had
                        busy, lab[worst, _BUSY] = lab[worst, _BUSY], busy
                        mask, lab[worst, _MASK] = lab[worst, _MASK], mask
                        n0, lab[worst, _EARLY0] = lab[worst, _EARLY0], n0
                        n1, lab[worst, _EARLY1] = lab[worst, _EARLY1], n1
                        before, lab[worst, _BEFORE] = lab[worst, _BEFORE], before
                    busy, mask = min(busy, lab[near, _BUSY]), mask & lab[near, _MASK]
                    n0, n1 = min(n0, lab[near, _EARLY0]), min(n1, lab[near, _EARLY1])
                    if profit < lab[near, _PROFIT]:
                        profit, before = lab[near, _PROFIT], lab[near, _BEFORE]
                lab[near, _PROFIT], lab[near, _BEFORE] = profit, before
                lab[near, _BUSY], lab[near, _MASK] = busy, mask
                lab[near, _EARLY0], lab[near, _EARLY1] = n0, n1
    return best, best_at
