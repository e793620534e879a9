"""Drives the compiled search: cooling by the clock or by iterations, and a pool of routes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimiser.routing.kernels import BEST, GUIDE, NODE, NOW, SIZE, State, new_state
from optimiser.routing.moves import load_rows
from optimiser.routing.ruin import search
from optimiser.routing.tasks import END_NODE, I64, VALUE, Compiled

__all__ = ["Effort", "Found", "anneal", "as_rows"]

_CHUNK_S: Final = 0.2
_COLD_SHARE: Final = 1 / 300

RouteKey = tuple[int, tuple[int, ...]]
"""A shift and the nodes of its tasks, in order."""


@dataclass(frozen=True)
class Effort:
    """How long and how to search: by the clock, unless `iterations` is set.

    `heat`, the first temperature, is a share of the tasks' mean value. `guide` is the share
    of the prices that the search pays for each busy second, so that it likes days with room
    for more. `removed` is about how many tasks it takes out at once.
    """

    seconds: float
    iterations: int | None = None
    heat: float = 0.2
    guide: float = 0.2
    removed: float = 6.0


@dataclass(frozen=True)
class Found:
    """The best routes (as `State.best`), their value in units, and all routes met."""

    rows: I64
    value: int
    pool: frozenset[RouteKey]


def anneal(
    compiled: Compiled, rows: I64 | None, prices: I64, effort: Effort, *, seed: int
) -> Found:
    """Search from `rows`, or from an empty plan filled greedily.

    `prices` (shifts,) steer where a task is put: units a second of each shift.
    """
    net = compiled.net
    if not net.shifts or not net.visits + net.rounds:
        return Found(as_rows(compiled, {}), 0, frozenset())
    state = new_state(net, compiled.row_length, compiled.sessions, seed)
    if rows is not None:
        load_rows(net, state, rows)
    prices = np.asarray(prices, dtype=np.int64)
    state.tally[:, GUIDE] = (effort.guide * prices).astype(np.int64)
    hot = max(1.0, effort.heat * _mean_value(compiled))
    cold = max(1.0, hot * _COLD_SHARE)
    search(net, state, prices, 0, hot, cold, effort.removed, True)
    pool: set[RouteKey] = set()
    begun = time.monotonic()
    done, chunk = 0, 64
    while True:
        share = _share(effort, done, time.monotonic() - begun)
        if share >= 1:
            break
        if effort.iterations is not None:
            chunk = min(512, effort.iterations - done)
        heat = hot * (cold / hot) ** share
        before = time.monotonic()
        search(net, state, prices, chunk, heat, heat, effort.removed, False)
        done += chunk
        spent = time.monotonic() - before
        pool.update(_routes(state, compiled))
        if effort.iterations is None:
            chunk = int(np.clip(chunk * _CHUNK_S / max(spent, 1e-4), chunk / 4 + 1, chunk * 4))
    pool.update(_best_routes(state, compiled))
    return Found(state.best.copy(), int(state.facts[BEST]), frozenset(pool))


def as_rows(compiled: Compiled, routes: dict[int, list[int]]) -> I64:
    """Return routes of nodes (no two-officer visits), by shift, in the form of `State.best`."""
    state = new_state(compiled.net, compiled.row_length, compiled.sessions, 0)
    rows = state.best
    for s in range(compiled.net.shifts):
        size = int(state.tally[s, SIZE])
        nodes = routes.get(s, list(state.row[s, 1 : size - 1]))
        rows[s, : len(nodes) + 2, NODE] = [state.row[s, 0], *nodes, state.row[s, size - 1]]
    return rows


def _share(effort: Effort, done: int, seconds: float) -> float:
    if effort.iterations is not None:
        return done / effort.iterations if effort.iterations else 1.0
    return seconds / effort.seconds if effort.seconds > 0 else 1.0


def _mean_value(compiled: Compiled) -> float:
    worth = compiled.net.when[:, VALUE]
    return float(worth[worth > 0].mean()) if (worth > 0).any() else 1.0


def _routes(state: State, compiled: Compiled) -> list[RouteKey]:
    rows = (state.row[s, 1 : state.tally[s, SIZE] - 1] for s in range(compiled.net.shifts))
    return [(s, tuple(row.tolist())) for s, row in enumerate(rows) if len(row)]


def _best_routes(state: State, compiled: Compiled) -> list[RouteKey]:
    if state.facts[BEST] < state.facts[NOW]:
        return []
    found = []
    for s in range(compiled.net.shifts):
        row = state.best[s, :, NODE]
        size = int(np.argmax(row == compiled.net.shift[s, END_NODE]))
        if size > 1:
            found.append((s, tuple(row[1:size].tolist())))
    return found
