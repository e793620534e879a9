"""Drives the compiled search: cooling by the clock or by iterations, and a pool of days met."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimiser.routing.arrays.tasks import (
    END_NODE,
    I64,
    OWN_VALUE,
    START_NODE,
    TASK,
    TWO,
    WORTH,
    Compiled,
)
from optimiser.routing.search.kernels import (
    BEST,
    FIXED,
    GUIDE,
    LENGTH,
    NODE,
    SIZE,
    VERSION,
    State,
    new_state,
)
from optimiser.routing.search.moves import load_rows
from optimiser.routing.search.ruin import search

__all__ = [
    "Day",
    "Effort",
    "Found",
    "RouteKey",
    "anneal",
    "as_rows",
    "compile_kernels",
    "days_of_rows",
    "first_heats",
    "last_heats",
]

_CHUNK_S: Final = 0.005
_CHUNK: Final = 32
_LEAST: Final = 10
"""The percentile of the tasks' values that counts as the least."""

_HOT, _COLD, _COLD_LEAST = 0.5, 0.06, 0.25
"""First and last temperature as shares of the visits' median value, and the last one at
most as a share of the least."""

_LESSER, _LAST_HOT, _LAST_COLD_S = 0.1, 1.0, 60
"""What is worth less than this share of the visits' median value is settled last: from
its own median times the second to what so many seconds of walking are worth."""

_MOST_DAYS: Final = 20_000
"""Days remembered by one search: the last ones met, which are the best."""

RouteKey = tuple[int, tuple[int, ...]]
"""A shift, and the nodes of its sessions and tasks in order."""

Day = tuple[int, tuple[int, ...], tuple[tuple[int, int, int], ...]]
"""A route, and of each of its tasks for two officers the node, the start and the seconds at
the door."""


@dataclass(frozen=True)
class Effort:
    """How long and how to search: by the clock, unless `iterations` is set.

    `heats` are the first and the last temperature, in units; None: those of `first_heats`.
    `guide` is the share of the prices that the search pays for each busy second, so that it
    likes days with room for more. `removed` is about how many tasks it takes out at once.
    `pooled` is the share of the search, at its end, whose days are remembered.
    """

    seconds: float
    iterations: int | None = None
    heats: tuple[float, float] | None = None
    guide: float = 0.3
    removed: float = 10.0
    pooled: float = 0.7


@dataclass(frozen=True)
class Found:
    """The best routes (as `State.best`), their value in units, and the days met.

    `pool` is in the order in which they were last met.
    """

    rows: I64
    value: int
    pool: tuple[Day, ...]


def anneal(
    compiled: Compiled,
    rows: I64 | None,
    prices: I64,
    effort: Effort,
    *,
    seed: int,
    shown: list[int] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Found:
    """Search from `rows`, or from an empty plan filled greedily.

    `prices` (shifts,) steer where a task is put: units a second of each shift. The best
    value so far is appended to `shown` as it grows. `stop` is asked often; True ends it early.
    """
    net = compiled.net
    if not net.shifts or not net.visits + net.rounds:
        return Found(as_rows(compiled, {}), 0, ())
    state = new_state(net, compiled.row_length, compiled.sessions, seed)
    if rows is not None:
        load_rows(net, state, rows)
    prices = np.asarray(prices, dtype=np.int64)
    state.tally[:, GUIDE] = (effort.guide * prices).astype(np.int64)
    hot, cold = effort.heats or first_heats(compiled)
    search(net, state, prices, 0, hot, cold, effort.removed, True)
    pool: dict[Day, None] = {}
    seen = np.full(net.shifts, -1, dtype=np.int64)
    begun = time.monotonic()
    done, chunk = 0, 64
    while True:
        share = _share(effort, done, time.monotonic() - begun)
        if share >= 1 or (stop is not None and stop()):
            break
        if effort.iterations is not None:
            chunk = min(_CHUNK, effort.iterations - done)
        heat = hot * (cold / hot) ** share
        before = time.monotonic()
        search(net, state, prices, chunk, heat, heat, effort.removed, False)
        done += chunk
        spent = time.monotonic() - before
        if shown is not None and (not shown or state.facts[BEST] > shown[-1]):
            shown.append(int(state.facts[BEST]))
        if share >= 1 - effort.pooled:
            for key in _changed_days(state, compiled, seen):
                pool.pop(key, None)
                pool[key] = None
        if effort.iterations is None:
            chunk = int(np.clip(chunk * _CHUNK_S / max(spent, 1e-4), chunk / 4 + 1, chunk * 4))
    for key in days_of_rows(compiled, state.best):
        pool.pop(key, None)
        pool[key] = None
    return Found(state.best.copy(), int(state.facts[BEST]), tuple(pool)[-_MOST_DAYS:])


def compile_kernels(compiled: Compiled) -> None:
    """Compile the search, or load it from numba's cache, so that it can start at once."""
    state = new_state(compiled.net, compiled.row_length, compiled.sessions, 0)
    prices = np.ones(compiled.net.shifts, dtype=np.int64)
    search(compiled.net, state, prices, 0, 1.0, 1.0, 1.0, False)


def as_rows(
    compiled: Compiled,
    routes: Mapping[int, list[int]],
    fixed: Mapping[int, tuple[int, int]] | None = None,
) -> I64:
    """Return routes of nodes, by shift, in the form of `State.best`.

    `fixed` are the start and the seconds of each node for two officers.
    """
    net, none = compiled.net, (0, 0)
    # Not a state's: a large week's takes hundreds of megabytes.
    rows = np.zeros((net.shifts, compiled.row_length, 3), dtype=np.int64)
    for s in range(net.shifts):
        nodes = routes.get(s, compiled.sessions[s])
        all_nodes = [net.shift[s, START_NODE], *nodes, net.shift[s, END_NODE]]
        rows[s, : len(all_nodes)] = [(n, *(fixed or {}).get(n, none)) for n in all_nodes]
    return rows


def _share(effort: Effort, done: int, seconds: float) -> float:
    if effort.iterations is not None:
        return done / effort.iterations if effort.iterations else 1.0
    return seconds / effort.seconds if effort.seconds > 0 else 1.0


def first_heats(compiled: Compiled) -> tuple[float, float]:
    """Return temperatures that settle the requests, and roughly what is worth less, in units."""
    worth = compiled.net.trait[:, WORTH].astype(np.float64)
    some = worth[worth > 0]
    if not len(some):
        return 1.0, 1.0
    middle, least = _middle(compiled), float(np.percentile(some, _LEAST))
    cold = min(_COLD * middle, _COLD_LEAST * least)
    return max(1.0, _HOT * middle), max(1.0, cold)


def last_heats(compiled: Compiled) -> tuple[float, float] | None:
    """Return temperatures that settle what is worth far less than the requests, in units.

    Those are the doors to knock, the own officers and the walking, see `VisitValues`. They
    are far less than a request is worth, so that none is given up for them.
    None where all is worth about the same.
    """
    net = compiled.net
    lesser = np.concatenate([net.trait[net.visits :, WORTH], net.visit[:, OWN_VALUE]])
    lesser = lesser[(lesser > 0) & (lesser < _LESSER * _middle(compiled))]
    if not len(lesser):
        return None
    hot = max(1.0, _LAST_HOT * float(np.median(lesser)))
    return hot, max(1.0, min(hot, float(_LAST_COLD_S * net.walk_value)))


def _middle(compiled: Compiled) -> float:
    """Return the median value of the visits; of the rounds where no visit is worth anything."""
    worth = compiled.net.trait[:, WORTH]
    visits = worth[: compiled.net.visits]
    some = visits if (visits > 0).any() else worth
    return float(np.median(some)) if len(some) else 0.0


def days_of_rows(compiled: Compiled, rows: I64) -> list[Day]:
    """Return the days of routes in the form of `State.best`, idle ones left out."""
    net = compiled.net
    found: list[Day] = []
    for s in range(net.shifts):
        size = int(np.argmax(rows[s, :, NODE] == net.shift[s, END_NODE]))
        nodes = rows[s, 1:size, NODE].tolist()
        if not any(net.node[n, TASK] >= 0 for n in nodes):
            continue
        paired = [tuple(r) for r in rows[s, 1:size].tolist() if net.node[r[NODE], TWO]]
        found.append((s, tuple(nodes), tuple(paired)))
    return found


def _changed_days(state: State, compiled: Compiled, seen: I64) -> list[Day]:
    """Return the days that differ from when last asked, by their version in `seen`."""
    net = compiled.net
    changed = np.flatnonzero(state.tally[:, VERSION] != seen)
    seen[changed] = state.tally[changed, VERSION]
    found: list[Day] = []
    for s in changed.tolist():
        nodes = state.row[s, 1 : state.tally[s, SIZE] - 1].tolist()
        if any(net.node[n, TASK] >= 0 for n in nodes):
            pairs = [(n, net.node[n, TASK]) for n in nodes if net.node[n, TWO]]
            paired = tuple((n, *state.task[t, [FIXED, LENGTH]].tolist()) for n, t in pairs)
            found.append((s, tuple(nodes), paired))
    return found
