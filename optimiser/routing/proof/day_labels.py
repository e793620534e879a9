"""Compiled labelling: the most profitable days of a shift, visits once each, at given prices.

A label is the beginning of a day: the last visit, busy seconds, the clock without a break so
far and with the break behind (as in `search.kernels`), its profit, and which visits it
holds. It is dropped where another one at the same visit is at least as good in everything
(elementary shortest paths with resources: Feillet, Dejax, Gendreau and Gueguen, Networks 44,
2004), and where even the best rest of the day, visits twice allowed (`q_routes.best_rests`),
does not lift it above what is looked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.compiling import inlined, inner, outer
from optimiser.routing.arrays.net import I64, NEVER

__all__ = ["END_S", "LIMIT_S", "REST_HI", "REST_LO", "REST_S", "START_S", "Labels", "best_days",
           "last_of", "new_labels", "replay", "traced"]  # fmt: skip

F64 = npt.NDArray[np.float64]
U64 = npt.NDArray[np.uint64]

START_S, END_S, LIMIT_S, REST_S, REST_LO, REST_HI = range(6)
"""Of a shift: its clock times, the most busy seconds, the break and when it may begin."""

AT, BUSY, CLOCK0, CLOCK1, BEFORE, NEXT, CHAIN, ALIVE = range(8)
"""Columns of `Labels.entry`; the clocks as in `search.kernels`, 0: the break is to come; next:
of the labels at the same visit, the best profit first."""


_SLACK = 150
"""Busy seconds that do not count where days are looked for without proof; twice of the clock."""


class Labels(NamedTuple):
    """Room for labels, used again from shift to shift."""

    entry: I64  # (most, 8)
    profit: F64  # (most,)
    memory: U64  # (most, words)


def new_labels(most: int, visits: int) -> Labels:
    """Return room for `most` labels of days among so many visits."""
    words = max(1, -(-visits // 64))
    return Labels(
        entry=np.zeros((most, 8), dtype=np.int64),
        profit=np.zeros(most),
        memory=np.zeros((most, words), dtype=np.uint64),
    )


@inlined
def _end(window: I64, j: int, at: int, service: int) -> int:
    """Return when a visit reached at `at` is over, or NEVER."""
    for w in range(1, 1 + 2 * window[j, 0], 2):
        if at <= window[j, w + 1]:
            return max(at, int(window[j, w])) + service
    return NEVER


@inlined
def _rested(shift: I64, at: int) -> int:
    begin = max(at, int(shift[REST_LO]))
    return begin + int(shift[REST_S]) if begin <= shift[REST_HI] else NEVER


@inlined
def _clocks(
    shift: I64, window: I64, j: int, way: int, service: int, c0: int, c1: int
) -> tuple[int, int]:
    """Return both clocks at the end of the next visit."""
    end1 = _end(window, j, c1 + way, service)
    end0 = NEVER
    if shift[REST_S] > 0:
        end0 = _end(window, j, c0 + way, service)
        end1 = min(end1, _rested(shift, end0))
    return end0, end1


@outer
def replay(visits: I64, way: I64, service: I64, home: I64, window: I64, shift: I64) -> int:
    """Return the busy seconds of a day of these rows in order, -1 where it cannot be worked."""
    here, busy = len(service), 0
    c0 = shift[START_S] if shift[REST_S] > 0 else NEVER
    c1 = _rested(shift, shift[START_S]) if shift[REST_S] > 0 else shift[START_S]
    for j in visits:
        busy += way[here, j] + service[j]
        c0, c1 = _clocks(shift, window, j, way[here, j], service[j], c0, c1)
        here = j
    busy += home[here]
    if c1 + home[here] > shift[END_S] or busy > shift[LIMIT_S]:
        return -1
    return int(busy)


@inner
def _place(labels: Labels, head: I64, new: I64, profit: float, memory: U64, loose: bool) -> int:
    """Return after which label at its visit the new one belongs, or -2 where one is as good.

    -1 is before all; what the new one beats is taken out.
    """
    entry, worth, known = labels.entry, labels.profit, labels.memory
    words = memory.shape[0]
    k, busy, c0, c1 = new[AT], new[BUSY], new[CLOCK0], new[CLOCK1]
    slack = _SLACK if loose else 0
    at = -1
    x = head[k]
    while x >= 0 and worth[x] >= profit:
        if (
            entry[x, BUSY] <= busy + slack
            and entry[x, CLOCK1] <= c1 + 2 * slack
            and (loose or entry[x, CLOCK0] <= c0)
        ):
            inside = True
            if not loose:
                for w in range(words):
                    inside = inside and (known[x, w] & memory[w]) == known[x, w]
            if inside:
                return -2
        at = x
        x = entry[x, NEXT]
    before = at
    while x >= 0:
        following = entry[x, NEXT]
        if (
            entry[x, BUSY] >= busy - slack
            and entry[x, CLOCK1] >= c1 - 2 * slack
            and (loose or entry[x, CLOCK0] >= c0)
        ):
            inside = True
            if not loose:
                for w in range(words):
                    inside = inside and (known[x, w] & memory[w]) == memory[w]
            if inside:
                entry[x, ALIVE] = 0
                if before < 0:
                    head[k] = following
                else:
                    entry[before, NEXT] = following
                x = following
                continue
        before = x
        x = following
    return at


@outer
def best_days(
    gain: F64, rows: I64, way: I64, service: I64, home: I64, window: I64, shift: I64,
    first: F64, second: F64, following: I64, width: int, cut: float, loose: bool,
    labels: Labels, head: I64, until: int,
) -> int:  # fmt: skip
    """Make the labels of all days worth more than `cut`; return how many.

    -1 where there were too many; those made are not all then.

    Parameters
    ----------
    gain
        (v,) of each visit.
    rows
        The visits that may be held.
    way
        (v + 1, v) seconds from the end of one visit to the next one's door; last row: from
        the start of the shift.
    service, home
        (v,) and (v + 1,) seconds at the door, and to where the shift ends.
    window
        (v, 1 + 2 w) how many windows, and the first and last start of each.
    shift
        (6,) as named above.
    first, second, following
        (v + 1, t) of `best_rests`, in steps of `width` seconds.
    cut
        Days worth no more are left out.
    loose
        Labels are dropped without regard to the visits they hold: quick, and no proof.
    labels, head
        Room; head (v,) is set to each visit's first label.
    until
        How many labels may be made, no more than there is room for.
    """
    v, words = len(gain), labels.memory.shape[1]
    entry, worth, known = labels.entry, labels.profit, labels.memory
    head[:] = -1
    bucket = np.full(first.shape[1] + 1, -1, dtype=np.int64)
    new = np.zeros(8, dtype=np.int64)
    memory = np.zeros(words, dtype=np.uint64)
    count, x = 0, -1
    here, busy, b = v, 0, 0
    rests = shift[REST_S] > 0
    c0 = shift[START_S] if rests else NEVER
    c1 = _rested(shift, shift[START_S]) if rests else shift[START_S]
    profit = 0.0
    while True:
        for j in rows:
            if x >= 0 and known[x, j >> 6] & (np.uint64(1) << np.uint64(j & 63)):
                continue
            more = busy + way[here, j] + service[j]
            if more + home[j] > shift[LIMIT_S]:
                continue
            total = profit + gain[j]
            t = more // width
            if total + first[j, t] <= cut:
                continue
            end0, end1 = _clocks(shift, window, j, way[here, j], service[j], c0, c1)
            if end1 + home[j] > shift[END_S]:
                continue
            for w in range(words):
                memory[w] = known[x, w] if x >= 0 else np.uint64(0)
            f = following[j, t]
            if (
                f >= 0
                and memory[f >> 6] & (np.uint64(1) << np.uint64(f & 63))
                and total + second[j, t] <= cut
            ):
                continue
            memory[j >> 6] |= np.uint64(1) << np.uint64(j & 63)
            new[AT], new[BUSY], new[CLOCK0], new[CLOCK1] = j, more, min(end0, NEVER), end1
            at = _place(labels, head, new, total, memory, loose)
            if at == -2:
                continue
            if count >= until:
                return -1
            for c in range(4):
                entry[count, c] = new[c]
            entry[count, BEFORE], entry[count, ALIVE] = x, 1
            if at < 0:
                entry[count, NEXT] = head[j]
                head[j] = count
            else:
                entry[count, NEXT] = entry[at, NEXT]
                entry[at, NEXT] = count
            worth[count] = total
            for w in range(words):
                known[count, w] = memory[w]
            entry[count, CHAIN] = bucket[t]
            bucket[t] = count
            count += 1
        # The next label, least busy first.
        x = -1
        while b < len(bucket):
            x = bucket[b]
            if x < 0:
                b += 1
                continue
            bucket[b] = entry[x, CHAIN]
            if entry[x, ALIVE]:
                break
            x = -1
        if x < 0:
            return count
        here, busy, c0, c1 = entry[x, AT], entry[x, BUSY], entry[x, CLOCK0], entry[x, CLOCK1]
        profit = worth[x]


@outer
def last_of(labels: Labels, head: I64, home: I64, spare: float, limit: int) -> tuple[F64, I64]:
    """Return for each visit the best day that ends with it: what it is worth, and its label.

    `spare` is what a second left of `limit` is worth; -1 where there is no day.
    """
    v = len(head)
    best, label = np.full(v, -1e18), np.full(v, -1, dtype=np.int64)
    for k in range(v):
        x = head[k]
        while x >= 0:
            total = labels.profit[x] + spare * (limit - labels.entry[x, BUSY] - home[k])
            if total > best[k]:
                best[k], label[k] = total, x
            x = labels.entry[x, NEXT]
    return best, label


@outer
def traced(labels: Labels, x: int) -> I64:
    """Return the rows on the way to label x, first to last."""
    count, y = 0, x
    while y >= 0:
        count += 1
        y = labels.entry[y, BEFORE]
    found = np.empty(count, dtype=np.int64)
    while x >= 0:
        count -= 1
        found[count] = labels.entry[x, AT]
        x = labels.entry[x, BEFORE]
    return found
