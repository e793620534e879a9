"""Compiled removals: which tasks an iteration takes out of the plan.

All are about one random task, absent or planned, so that what is taken out near it makes
room for it: strings of stops on several routes, the nearest tasks wherever they stand, or
what is done within a span of time.
"""

from __future__ import annotations

import numpy as np

from optimiser.routing.arrays.compiling import inner
from optimiser.routing.arrays.tasks import TASK, Net
from optimiser.routing.search.kernels import EARLY1, FIRST, SIZE, TOUCHED, State
from optimiser.routing.search.moves import draw, take_out

__all__ = ["ruin"]

_ABSENT, _LOOKS = 0.5, 5
"""Chance to look for an absent task, where the one drawn is planned, and how often."""

_NEAR, _SPAN = 0.1, 0.1
"""Chances to take out the nearest tasks, and a span of time, instead of strings."""

_SPARED = 0.2
"""Chance that one of the nearest tasks stays where it is."""

_STRING = 10
"""Longest string of stops taken out of one route."""


@inner
def ruin(net: Net, st: State, mean: float) -> int:
    """Take out about `mean` tasks near a random one; return that one, planned before or not."""
    about: int = _draw_task(net, st)
    way = draw(st.facts)
    if way < _NEAR:
        _ruin_near(net, st, about, mean)
    elif way < _NEAR + _SPAN:
        _ruin_span(net, st, about, mean)
    else:
        _ruin_strings(net, st, about, mean)
    return about


@inner
def _draw_task(net: Net, st: State) -> int:
    """Return a random task, absent ones more often."""
    found, looks = 0, _LOOKS if draw(st.facts) < _ABSENT else 1
    for _ in range(looks):
        if net.visits > 0 and draw(st.facts) < 0.5:  # rounds may be many more than visits
            found = int(draw(st.facts) * net.visits)
        else:
            found = int(draw(st.facts) * (net.visits + net.rounds))
        if st.task[found, FIRST] < 0:
            break
    return found


@inner
def _ruin_strings(net: Net, st: State, about: int, mean: float) -> None:
    """Take strings of stops out of the routes nearest to a task."""
    most = 1 + int(draw(st.facts) * _STRING)
    strings = 1 + int(draw(st.facts) * max(1.0, 4.0 * mean / (1.0 + most) - 1.0))
    opened = 0
    kind = 0 if draw(st.facts) < 0.5 else 1
    near, task, tally = net.near, st.task, st.tally
    for j in range(near.shape[2]):
        t = near[kind, about, j]
        if t < 0:
            break
        s = task[t, FIRST]
        if s < 0 or tally[s, TOUCHED]:
            continue
        _remove_string(net, st, s, t, most)
        opened += 1
        if opened >= strings:
            break


@inner
def _remove_string(net: Net, st: State, s: int, t: int, most: int) -> None:
    """Take out up to `most` tasks in a row of shift s, task t among them."""
    n = st.tally[s, SIZE]
    nodes, row = net.node, st.row[s]
    own = np.empty(n, dtype=np.int64)
    count, at = 0, 0
    for k in range(1, n - 1):
        task = nodes[row[k], TASK]
        if task >= 0:
            if task == t:
                at = count
            own[count] = task
            count += 1
    length = 1 + int(draw(st.facts) * min(most, count))
    lowest, highest = max(0, at - length + 1), min(at, count - length)
    first = lowest + int(draw(st.facts) * (highest - lowest + 1))
    spare = -1
    if length > 2 and draw(st.facts) < 0.5:  # leave one in the middle where it is
        spare = first + 1 + int(draw(st.facts) * (length - 2))
        if spare == at:
            spare = -1
    for i in range(first, first + length):
        if i != spare and st.task[own[i], FIRST] >= 0:
            take_out(net, st, own[i])


@inner
def _ruin_near(net: Net, st: State, about: int, mean: float) -> None:
    """Take out most of the planned tasks nearest to one, wherever they stand."""
    left = 1 + int(draw(st.facts) * 2.0 * mean)
    near, task = net.near, st.task
    for j in range(near.shape[2]):
        t = near[1, about, j]
        if t < 0:
            break
        if task[t, FIRST] < 0 or draw(st.facts) < _SPARED:
            continue
        take_out(net, st, t)
        left -= 1
        if left <= 0:
            break


@inner
def _ruin_span(net: Net, st: State, about: int, mean: float) -> None:
    """Take out what is done within a span of time on a few routes."""
    nodes, task, tally, near = net.node, st.task, st.tally, net.near
    routes = 1 + int(draw(st.facts) * 3)
    most = 2 + int(draw(st.facts) * 2.0 * mean / routes)
    low, high = np.int64(-1), np.int64(-1)
    for j in range(near.shape[2]):
        t = near[1, about, j]
        if t < 0:
            break
        s = task[t, FIRST]
        if s < 0 or tally[s, TOUCHED]:
            continue
        n = tally[s, SIZE]
        if low < 0:
            at = 1
            while nodes[st.row[s, at], TASK] != t:
                at += 1
            first = max(1, at - int(draw(st.facts) * most))
            last = min(n - 2, first + most - 1)
            low, high = st.time[s, first - 1, EARLY1], st.time[s, last, EARLY1]
        own = np.empty(n, dtype=np.int64)
        count = 0
        for k in range(1, n - 1):
            u = nodes[st.row[s, k], TASK]
            if u >= 0 and low <= st.time[s, k, EARLY1] <= high:
                own[count] = u
                count += 1
        for k in range(count):
            if task[own[k], FIRST] >= 0:
                take_out(net, st, own[k])
        if count > 0:
            routes -= 1
        if routes <= 0:
            break
