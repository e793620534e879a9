"""Compiled: the most profitable walks of a day that may call twice at a visit (q-routes).

A walk goes from where a shift begins by way of visits to where it ends, within the day's
time. It may come to a visit again, but not right after the one in between (2-cycles are
out: Houck, Picard, Queyranne and Vemuganti, Opsearch 17, 1980), so that the best walk is
found in a table over visits and time alone, and is worth at least the best day there is.

Time counts in steps; whatever takes time is rounded down to whole steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.compiling import outer
from optimiser.routing.arrays.tasks import I64

__all__ = ["best_rests", "trace"]

F64 = npt.NDArray[np.float64]


@outer
def best_rests(
    gain: F64, step: I64, shut: I64, opened: I64, end: F64, least: int
) -> tuple[F64, F64, I64]:
    """Return what the rest of a day is worth after leaving each place at each time.

    Tables of (v + 1, t): the best rest, the best that has another next visit, and the next
    visit of the best (-1: home).

    Parameters
    ----------
    gain
        (v,) of each visit.
    step
        (v + 1, v) steps from the end of one visit to the end of the next; last row: from the
        start of the shift.
    shut
        (v + 1, v) the last time to leave for the next visit.
    opened
        (v,) the earliest time at which a visit can end.
    end
        (v + 1, t) the worth of going home; far below nothing where it is too late.
    least
        The least of `step`, at least 1.
    """
    v, size = gain.shape[0], end.shape[1]
    first, second = end.copy(), end.copy()
    following = np.full((v + 1, size), -1, dtype=np.int64)
    hi = size
    while hi > 0:
        lo = max(0, hi - least)
        for k in range(v + 1):
            f, s, w = first[k], second[k], following[k]
            for j in range(v):
                if j == k:
                    continue
                d, o = step[k, j], opened[j]
                last = min(hi, shut[k, j] + 1, size - d)
                if last <= lo or o >= size:
                    continue
                turn = min(max(lo, o - d), last)
                go, other, after = first[j], second[j], following[j]
                c = gain[j] + (other[o] if after[o] == k else go[o])
                for b in range(lo, turn):
                    if c > f[b]:
                        s[b] = f[b]
                        f[b] = c
                        w[b] = j
                    elif c > s[b]:
                        s[b] = c
                rest, other_rest = go[turn + d : last + d], other[turn + d : last + d]
                way = after[turn + d : last + d]
                best, next_best, chosen = f[turn:last], s[turn:last], w[turn:last]
                for x in range(last - turn):
                    whole, part = rest[x], other_rest[x]
                    c = gain[j] + (part if way[x] == k else whole)
                    before, second_before = best[x], next_best[x]
                    next_best[x] = max(min(c, before), second_before)
                    chosen[x] = j if c > before else chosen[x]
                    best[x] = max(c, before)
        hi = lo
    return first, second, following


@outer
def trace(
    gain: F64, step: I64, shut: I64, opened: I64, end: F64, first: F64, second: F64,
    following: I64, begin: I64, size: int,
) -> I64:  # fmt: skip
    """Return the best walk that begins with each of some visits, as `best_rests` found it.

    The visits in order, at most `size` of them, and -1 behind the last.
    """
    v = gain.shape[0]
    walks = np.full((len(begin), size), -1, dtype=np.int64)
    for row in range(len(begin)):
        before, here, at = v, begin[row], max(step[v, begin[row]], opened[begin[row]])
        walks[row, 0] = here
        for place in range(1, size):
            best, way, later = end[here, at], -1, 0
            for j in range(v):
                then = max(at + step[here, j], opened[j])
                if j in (here, before) or at > shut[here, j] or then >= end.shape[1]:
                    continue
                rest = second[j, then] if following[j, then] == here else first[j, then]
                if gain[j] + rest > best:
                    best, way, later = gain[j] + rest, j, then
            if way < 0:
                break
            walks[row, place] = way
            before, here, at = here, way, later
    return walks
