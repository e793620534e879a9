"""A bound of the week that sees walks and windows: officers' days priced by labels.

Let R_s be the days that shift s can have, and z_ts whether its day holds task t. With a
price u_t >= 0 for each task, and h_t = 1/2 for one of two officers (which is on two days),
1 for any other task,

    L(u) = sum_t u_t + sum_s max over R_s of (value of the day - sum_t h_t u_t z_ts)

is at least the value of every plan (Lagrangian duality); a two-officer task's value goes by
halves to its two days. Each maximum is bounded from above by `days.best_day`, or by a
fractional knapsack (`bounds`) where stops are too short for it: so the bound holds for any
prices.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.tasks import (
    ACCESS,
    BLOCK,
    DAY,
    END,
    END_NODE,
    FLOOR_IN,
    FLOOR_OUT,
    I64,
    LEAVE,
    LIFT,
    LIMIT,
    NEVER,
    OFFICER,
    PAIR,
    PLACE,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    TASK,
    TWO,
    Compiled,
    Net,
)
from optimiser.routing.proof.bounds import Columns
from optimiser.routing.proof.days import GRID_S, best_day
from optimiser.routing.proof.late_starts import with_late_starts
from optimiser.routing.search.kernels import legs_between, walks_between

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Relaxation", "Stakes", "joined_places"]

F64 = npt.NDArray[np.float64]

_SLICES: Final = 96
_MOST_SLICES: Final = 600
_SLOTS: Final = 2
_COLOURS: Final = 62
_REMEMBERED: Final = (6, 3)
"""Nearest visits and nearest tasks that a task remembers."""


class Stakes(NamedTuple):
    """What is maximised: units for each column, and units off for each second on foot."""

    value: F64
    own: F64
    toll: int


class Relaxation:
    """The week's days, ready to be priced; `groups` are its `joined_places`."""

    def __init__(self, compiled: Compiled, columns: Columns, groups: Sequence[I64]) -> None:
        self.net = _metric(compiled.net, groups)
        self.sessions, self.columns = compiled.sessions, columns
        net = self.net
        order = np.searchsorted(columns.shift, np.arange(net.shifts + 1))
        self.of_shift = [slice(a, b) for a, b in pairwise(order)]
        self.tasks = net.visits + net.rounds
        self.share = np.ones(self.tasks)
        two = (net.node[:, TASK] >= 0) & (net.node[:, TWO] == 1)
        self.share[net.node[two, TASK]] = 0.5
        self.near, self.bits = _memory(net)
        self.when = with_late_starts(compiled)[0]
        self._room: dict[str, I64] = {}

    def price(self, prices: F64, stakes: Stakes, until: float) -> float:
        """Return L at these prices, in units; infinity where the monotonic clock passes `until`."""
        total = float(prices.sum())
        for s in range(self.net.shifts):
            if time.monotonic() > until:
                return np.inf
            total += self.day(s, prices, stakes)
        return total

    def day(self, s: int, prices: F64, stakes: Stakes) -> float:
        """Return the most that shift s can add at these prices, in units."""
        rows, net = self.of_shift[s], self.net
        task = self.columns.task[rows]
        worth = stakes.value[rows] * self.share[task] + stakes.own[rows]
        gain: I64 = np.ceil(worth - prices[task] * self.share[task] - 1e-6).astype(np.int64)
        take = np.flatnonzero(gain > 0)
        nodes, task, gain = self.columns.node[rows][take], task[take], gain[take]
        sessions = np.array(self.sessions[s], dtype=np.int64)
        if not len(nodes) and not len(sessions):
            return 0.0
        ends = net.shift[s, [START_NODE, END_NODE]]
        place = np.concatenate([nodes, sessions, ends])
        stay = np.concatenate([_seconds(net, s, nodes), net.node[sessions, SERVICE], [0, 0]])
        way, cost = legs_between(net, place), stakes.toll * walks_between(net, place)
        halves = _halves(way.astype(float)), _halves(cost.astype(float))
        limit = int(min(net.shift[s, LIMIT], net.shift[s, END] - net.shift[s, START]))
        rest, away = _rest(task, gain, stay, halves, limit)
        n, m = len(nodes), len(sessions)
        width = min(int(stay[: n + m].min()), max(limit // _SLICES, 1))
        if width < 1 or limit // width > _MOST_SLICES:
            return float(rest[-1]) if not m else float(gain.sum())
        slots = _SLOTS
        cells = (limit // width + 1) * (m + 1) * (n + 2)
        lab = self._space("lab", cells * slots * 8).reshape(-1, 8)
        count = np.zeros(cells, dtype=np.int64)
        chain = np.full((m + 1, n + 2), -1, dtype=np.int64)
        later = np.concatenate([np.cumsum(stay[n : n + m][::-1])[::-1], [0]])
        mine, keep = self._kept(task)
        floor = 0 if m == 0 else -(1 << 61)
        profit, _ = best_day(
            net.shift[s], self._local_windows(s, place), way, cost,
            np.concatenate([gain, np.zeros(m + 2, dtype=np.int64)]), stay, rest, away, mine, keep,
            lab, count, chain, np.concatenate([[limit, width], later]).astype(np.int64), slots,
            floor,
        )  # fmt: skip
        if profit <= -(1 << 60):  # sessions that contradict the shift: nothing is claimed
            return float(gain.sum())
        return float(profit)

    def _kept(self, task: I64) -> tuple[I64, I64]:
        """Return each node's bit, and (n, n) which bits go from one node to the next."""
        near = self.near[task]
        member = np.zeros((len(task), self.tasks + 1), dtype=np.bool_)
        member[np.arange(len(task))[:, None], near] = True
        member[:, self.tasks] = False
        bits = np.append(self.bits, 0)
        keep = np.zeros((len(task), len(task)), dtype=np.int64)
        for k in range(near.shape[1]):
            keep |= np.where(member[:, near[:, k]], bits[near[:, k]], 0)
        return self.bits[task], keep

    def _local_windows(self, s: int, place: I64) -> I64:
        local: I64 = self.when[place * self.net.days + self.net.shift[s, DAY]]
        return local

    def _space(self, name: str, size: int) -> I64:
        """Return room for labels, kept between calls."""
        if name not in self._room or len(self._room[name]) < size:
            self._room[name] = np.empty(size, dtype=np.int64)
        room: I64 = self._room[name][:size]
        return room


def joined_places(compiled: Compiled, columns: Columns) -> list[I64]:
    """Return the places in groups: each shift stays within one of them all week."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    net = compiled.net
    sessions = [(s, node) for s, own in enumerate(compiled.sessions) for node in own]
    shift, node = np.array(sessions, dtype=np.int64).reshape(-1, 2).T
    every = np.arange(net.shifts)
    shift = np.concatenate([columns.shift, shift, every])
    node = np.concatenate([columns.node, node, net.shift[:, END_NODE]])
    ends = net.node[net.shift[shift, START_NODE], PLACE], net.node[node, PLACE]
    size = len(net.walk)
    joined = coo_array((np.ones(len(shift), dtype=np.bool_), ends), shape=(size, size))
    count, group = connected_components(joined.tocsr(), directed=False)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.cumsum(np.bincount(group, minlength=count))[:-1])


def _metric(net: Net, groups: Sequence[I64]) -> Net:
    """Return the week with walks within a group no longer than any way round within it.

    Then leaving out a stop that adds nothing never makes a day longer, and such stops need
    not be looked at. Blocks whose doors differ in lift or entry lose stairs and entry.
    """
    walk, node = net.walk.copy(), net.node.copy()
    for group in groups:
        part = walk[np.ix_(group, group)]
        for k in range(len(part)):
            np.minimum(part, part[:, k, None] + part[None, k, :], out=part)
        walk[np.ix_(group, group)] = part
    block, lift = node[:, BLOCK], node[:, LIFT]
    floor = np.abs(node[:, FLOOR_IN])
    up = np.where(lift == 1, net.lift_s * (floor > 0), net.floor_s * floor)
    kind = 2 * (node[:, ACCESS] - up) + lift
    inside = np.flatnonzero(block >= 0)
    low, high = (np.full(int(block.max(initial=-1)) + 1, v, dtype=np.int64) for v in (NEVER, -1))
    np.minimum.at(low, block[inside], kind[inside])
    np.maximum.at(high, block[inside], kind[inside])
    flat = inside[low[block[inside]] != high[block[inside]]]
    for column in (FLOOR_IN, FLOOR_OUT, ACCESS, LEAVE):
        node[flat, column] = 0
    return net._replace(walk=walk, node=node)


def _seconds(net: Net, s: int, nodes: I64) -> I64:
    """Return the least seconds at the door: with this officer, or for two with either."""
    spent: I64 = net.node[nodes, SERVICE].copy()
    visits = np.flatnonzero(nodes < net.visits)
    alone = visits[net.visit[nodes[visits], PAIR] == 0]
    spent[alone] = net.who[nodes[alone], net.shift[s, OFFICER], SERVICE_S]
    return spent


def _halves(length: F64) -> F64:
    """Return (size, 2) half of the shortest leg into and out of each local node."""
    apart = length + np.where(np.eye(len(length), dtype=np.bool_), 1e12, 0.0)
    into, out = apart[:-1].min(axis=0), apart[:, :-2].min(axis=1)
    out = np.minimum(out, apart[:, -1])
    return np.column_stack([into, out]) / 2


def _rest(task: I64, gain: I64, stay: I64, halves: tuple[F64, F64], limit: int) -> tuple[I64, I64]:
    """Return what tasks are worth within each `GRID_S`, each once, and what leaving takes."""
    n = len(task)
    way, cost = halves
    worth = gain - cost[:n].sum(axis=1)
    seconds = stay[:n] + way[:n].sum(axis=1)
    kinds, kind = np.unique(task, return_inverse=True)
    best, least = np.zeros(len(kinds)), np.full(len(kinds), 1e12)
    np.maximum.at(best, kind, worth)
    np.minimum.at(least, kind, seconds)
    by_rate = np.argsort(-best / np.maximum(least, 1e-9), kind="stable")
    used = np.concatenate([[0.0], np.cumsum(least[by_rate])])
    got = np.concatenate([[0.0], np.cumsum(best[by_rate])])
    grid = GRID_S * np.arange(1, limit // GRID_S + 3, dtype=float)
    rest = np.ceil(np.interp(grid, used, got) + 1).astype(np.int64)
    away = np.column_stack([way[:, 1] + way[-1, 0], cost[:, 1] + cost[-1, 0]])
    return rest, np.floor(away).astype(np.int64)


def _memory(net: Net) -> tuple[I64, I64]:
    """Return (tasks, k) what each task remembers, itself first, and each task's bit.

    Two tasks that one remembers have different bits; `tasks` stands for none.
    """
    tasks = net.visits + net.rounds
    visits, every = _REMEMBERED
    near = np.concatenate(
        [np.arange(tasks)[:, None], net.near[0][:, :visits], net.near[1][:, :every]], axis=1
    )
    near = np.where(near < 0, tasks, near).astype(np.int64)
    beside: list[set[int]] = [set() for _ in range(tasks)]
    for row in near.tolist():
        known = {t for t in row if t < tasks}
        for t in known:
            beside[t] |= known
    colour = np.full(tasks, -1, dtype=np.int64)
    for t in range(tasks):
        taken = {int(colour[q]) for q in beside[t]}
        colour[t] = next(k for k in range(tasks + 1) if k not in taken)
    spare = colour >= _COLOURS  # not remembered at all
    near = np.where(np.append(spare, True)[near], tasks, near)
    return near, np.where(spare, 0, np.left_shift(1, np.minimum(colour, _COLOURS)))
