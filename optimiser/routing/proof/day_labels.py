"""Compiled labelling: the most profitable days of a shift at given prices.

A label is the beginning of a day: the last visit, busy seconds, the clock without a break so
far and with the break behind (as in `search.kernels`), its profit, and which visits it
remembers, for it may not come to those again. It is dropped where another one at the same visit
is at least as good in everything (elementary shortest paths with resources: Feillet, Dejax,
Gendreau and Gueguen, Networks 44, 2004), and where even the best rest of the day, visits twice
allowed (`q_routes.best_rests`), does not lift it above what is looked for.

At each visit, those not near to it are forgotten (ng-routes: Baldacci, Mingozzi and Roberti,
Operations Research 59, 2011): with less to remember, more labels are dropped. All days of visits
once each are among those found, and some that come to a visit again.
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

AT, BUSY, CLOCK0, CLOCK1, BEFORE, CHAIN, ALIVE = range(7)
"""Columns of `Labels.entry`; the clocks as in `search.kernels`, 0: the break is to come."""

_MOST_AT_A_VISIT = 3_072


class Labels(NamedTuple):
    """Room for labels, used again from shift to shift.

    Those in use at a visit are copied side by side, the first `held` of its row, for each new
    one is held against all of them.
    """

    entry: I64  # (most, 7)
    profit: F64  # (most,)
    memory: U64  # (most, words)
    held: I64  # (visits,) how many
    here: I64  # (visits, m) their numbers
    here_profit: F64  # (visits, m)
    here_times: I64  # (visits, m, 3) busy seconds, and the clocks with and without the break
    here_memory: U64  # (visits, m, words)


def new_labels(most: int, visits: int) -> Labels:
    """Return room for `most` labels of days among so many visits."""
    words = max(1, -(-visits // 64))
    shape = visits, min(most, _MOST_AT_A_VISIT)
    return Labels(
        entry=np.zeros((most, 7), dtype=np.int64),
        profit=np.zeros(most),
        memory=np.zeros((most, words), dtype=np.uint64),
        held=np.zeros(visits, dtype=np.int64),
        here=np.zeros(shape, dtype=np.int64),
        here_profit=np.zeros(shape),
        here_times=np.zeros((*shape, 3), dtype=np.int64),
        here_memory=np.zeros((*shape, words), dtype=np.uint64),
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
def _is_worse(
    labels: Labels, k: int, busy: int, c1: int, c0: int, profit: float, memory: U64, slack: int
) -> bool:
    """Return whether a label at visit k is at least as good as the new one.

    Those that the new one is at least as good as are taken out.
    """
    worth, times, known = labels.here_profit[k], labels.here_times[k], labels.here_memory[k]
    number, words = labels.here[k], memory.shape[0]
    loose = slack > 0
    n, x = labels.held[k], 0
    while x < n:
        if worth[x] >= profit:
            if (
                times[x, 0] <= busy + slack
                and times[x, 1] <= c1 + 2 * slack
                and (loose or times[x, 2] <= c0)
            ):
                inside = True
                if not loose:
                    for w in range(words):
                        inside = inside and (known[x, w] & memory[w]) == known[x, w]
                if inside:
                    return True
        elif (
            times[x, 0] >= busy - slack
            and times[x, 1] >= c1 - 2 * slack
            and (loose or times[x, 2] >= c0)
        ):
            inside = True
            if not loose:
                for w in range(words):
                    inside = inside and (known[x, w] & memory[w]) == memory[w]
            if inside:
                labels.entry[number[x], ALIVE] = 0
                n -= 1
                worth[x], number[x] = worth[n], number[n]
                for c in range(3):
                    times[x, c] = times[n, c]
                for w in range(words):
                    known[x, w] = known[n, w]
                labels.held[k] = n
                continue
        x += 1
    return False


@outer
def best_days(
    gain: F64, near: U64, way: I64, service: I64, home: I64, window: I64, shift: I64,
    first: F64, second: F64, following: I64, width: int, cut: float, slack: int,
    labels: Labels, until: int,
) -> int:  # fmt: skip
    """Make the labels of the days worth more than `cut`; return how many.

    -1 where there were too many; those made are not all then.

    Parameters
    ----------
    gain
        (v,) of each visit, more than 0.
    near
        (v, words) the visits that a label at each remembers, a bit for each; itself in any case.
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
    slack
        0, or busy seconds that do not count, twice as many of the clock: then labels are dropped
        without regard to the visits they remember, too, which is quick, and no proof.
    labels
        Room.
    until
        How many labels may be made, no more than there is room for.
    """
    v, words = len(gain), labels.memory.shape[1]
    entry, worth, known = labels.entry, labels.profit, labels.memory
    most = labels.here.shape[1]
    labels.held[:] = 0
    bucket = np.full(first.shape[1] + 1, -1, dtype=np.int64)
    memory = np.zeros(words, dtype=np.uint64)
    count, x = 0, -1
    here, busy, b = v, 0, 0
    rests = shift[REST_S] > 0
    c0 = shift[START_S] if rests else NEVER
    c1 = _rested(shift, shift[START_S]) if rests else shift[START_S]
    profit = 0.0
    while True:
        for j in range(v):
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
                memory[w] = known[x, w] & near[j, w] if x >= 0 else np.uint64(0)
            f = following[j, t]
            if (
                f >= 0
                and memory[f >> 6] & (np.uint64(1) << np.uint64(f & 63))
                and total + second[j, t] <= cut
            ):
                continue
            memory[j >> 6] |= np.uint64(1) << np.uint64(j & 63)
            end0 = min(end0, NEVER)
            if _is_worse(labels, j, more, end1, end0, total, memory, slack):
                continue
            n = labels.held[j]
            if count >= until or n >= most:
                return -1
            entry[count, AT], entry[count, BUSY] = j, more
            entry[count, CLOCK0], entry[count, CLOCK1] = end0, end1
            entry[count, BEFORE], entry[count, ALIVE] = x, 1
            worth[count], labels.here_profit[j, n], labels.here[j, n] = total, total, count
            labels.here_times[j, n, 0] = more
            labels.here_times[j, n, 1], labels.here_times[j, n, 2] = end1, end0
            for w in range(words):
                known[count, w] = labels.here_memory[j, n, w] = memory[w]
            labels.held[j] = n + 1
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
def last_of(labels: Labels, home: I64, spare: float, limit: int) -> tuple[F64, I64]:
    """Return for each visit the best day that ends with it: what it is worth, and its label.

    `spare` is what a second left of `limit` is worth; -1 where there is no day.
    """
    v = len(home) - 1
    best, label = np.full(v, -1e18), np.full(v, -1, dtype=np.int64)
    for k in range(v):
        for x in range(labels.held[k]):
            busy = labels.here_times[k, x, 0]
            total = labels.here_profit[k, x] + spare * (limit - busy - home[k])
            if total > best[k]:
                best[k], label[k] = total, labels.here[k, x]
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
