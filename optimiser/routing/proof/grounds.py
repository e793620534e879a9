"""What one shift may hold, forwards and backwards in time, apart from prices.

A ground is a shift seen from its start, or from its end with time running backwards: there
a visit that may start in [a, b] and takes s ends, reversed, in [T - b - s, T - a - s] plus s.
The same labelling then serves both ways. Times count from the ground's own start, T is
the length of the shift.

Shifts that are alike (same day, tasks, values, times and places) share their grounds: the
master then holds one row for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.tasks import (
    BREAK,
    BREAK_HI,
    BREAK_LO,
    DAY,
    END,
    END_NODE,
    I64,
    LIMIT,
    NEVER,
    OFFICER,
    OWN,
    OWN_VALUE,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    TASK,
    TWO,
    VALUE,
    WINDOW,
    WINDOWS,
    Compiled,
    Net,
)
from optimiser.routing.proof.bounds import held_nodes
from optimiser.routing.search.kernels import legs_between, walks_between

__all__ = [
    "ARRIVING",
    "BIT",
    "BUCKETS",
    "FIRST_W",
    "HORIZON",
    "LAST_W",
    "MOST",
    "PLACE_IN_ORDER",
    "REST",
    "REST_HI",
    "REST_LO",
    "SECONDS",
    "SESSIONS",
    "WIDTH",
    "Class",
    "Ground",
    "classes_of",
    "remember_nearest",
]

F64 = npt.NDArray[np.float64]
U64 = npt.NDArray[np.uint64]

HORIZON, REST, REST_LO, REST_HI, MOST, SESSIONS, WIDTH, BUCKETS, ARRIVING = range(9)
"""Entries of `Ground.fixed`; most: busy seconds, -1 where they cannot bind; width: seconds of
a bucket; arriving: 1 where the break is taken before a stop, not after it."""

SECONDS, BIT, FIRST_W, LAST_W, PLACE_IN_ORDER = range(5)
"""Columns of `Ground.node`: at the door, its task's bit (-1 for a session), its windows as rows
of `Ground.window`, and a session's place in the order of sessions (-1 else)."""

_FINEST: Final = 100
_MOST_BUCKETS: Final = 1_500


class Ground(NamedTuple):
    """One shift, one way in time; node k is row k, then where it begins (n) and ends (n + 1)."""

    fixed: I64
    node: I64  # (n, 5)
    window: I64  # (windows, 2)
    leg: I64  # (n + 2, n + 2)
    cost: F64  # (n + 2, n + 2) walking value
    near: U64  # (n, words) which tasks are remembered on arriving at k
    open: U64  # (n + 1, buckets, words) which tasks can still be reached from k


@dataclass(frozen=True)
class Class:
    """Shifts that are alike, and what each may hold.

    Attributes
    ----------
    nodes
        The net's node of each row: what may be planned, then sessions.
    tasks, value
        Of the rows that may be planned; half the value of a visit by two officers.
    slack
        The most that leaving a row out of a day can cost, in units: only where its profit is
        below minus this may it be left out. Infinite where that could also cost time.
    walk
        Seconds on foot between rows, then from where the shift begins and to where it ends.
    """

    shifts: tuple[int, ...]
    nodes: I64
    tasks: I64
    value: F64
    slack: F64
    walk: I64
    forward: Ground
    backward: Ground

    @property
    def sessions(self) -> tuple[int, ...]:
        """The rows of its sessions, in order."""
        return tuple(range(len(self.tasks), len(self.nodes)))

    @property
    def held(self) -> int:
        """How many rows may be planned; the rest are sessions."""
        return len(self.tasks)


def classes_of(compiled: Compiled) -> list[Class]:
    """Return the shifts in groups of like ones."""
    net = compiled.net
    groups: dict[bytes, list[int]] = {}
    parts = {}
    for s in range(net.shifts):
        part = _Part(compiled, s)
        groups.setdefault(part.key(), []).append(s)
        parts[s] = part
    return [parts[found[0]].as_class(tuple(found)) for found in groups.values()]


class _Part:
    """One shift's tables while they are put together."""

    def __init__(self, compiled: Compiled, s: int) -> None:
        net = compiled.net
        self.net, self.s = net, s
        self.held = held_nodes(net, s)
        self.sessions = np.array(compiled.sessions[s], dtype=np.int64)
        shift = net.shift[s]
        self.nodes = np.concatenate([self.held, self.sessions])
        everything = np.concatenate([self.nodes, shift[[START_NODE, END_NODE]]])
        self.service, self.value = _service_and_value(net, s, self.nodes, len(self.held))
        self.leg = legs_between(net, everything)
        self.walk = walks_between(net, everything)
        self.cost = self.walk * float(net.walk_value)
        self.horizon = int(shift[END] - shift[START])

    def key(self) -> bytes:
        shift = self.net.shift[self.s, DAY : LIMIT + 1]
        arrays = (self.nodes, self.service, self.value, self.leg[-2:], self.leg[:, -2:], shift)
        return b"|".join(np.ascontiguousarray(a).tobytes() for a in arrays)

    def as_class(self, shifts: tuple[int, ...]) -> Class:
        net, count = self.net, len(self.held)
        tasks = net.node[self.held, TASK]
        runs = self._windows()
        bit = np.unique(tasks, return_inverse=True)[1] if count else np.zeros(0, dtype=np.int64)
        forward = self._ground(runs, bit, backward=False)
        backward = self._ground(runs, bit, backward=True)
        return Class(
            shifts=shifts,
            nodes=self.nodes,
            tasks=tasks,
            value=self.value[:count],
            slack=self._slack(),
            walk=self.walk,
            forward=forward,
            backward=backward._replace(near=forward.near),
        )

    def _slack(self) -> F64:
        """Return what each stop's way round can save, against legs that are no metric."""
        count, n = len(self.held), len(self.nodes)
        slack = np.zeros(count)
        after = [*range(n), n + 1]
        before = [*range(n), n]
        leg, cost = self.leg[np.ix_(before, after)], self.cost[np.ix_(before, after)]
        for k in range(count):
            longer = self.leg[before, k][:, None] + self.service[k] + self.leg[k, after][None, :]
            dearer = self.cost[before, k][:, None] + self.cost[k, after][None, :]
            apart = np.ones_like(leg, dtype=np.bool_)
            apart[k, :] = apart[:, k] = False
            np.fill_diagonal(apart[:n, :n], val=False)
            late = bool(((leg > longer) & apart).any())
            slack[k] = np.inf if late else float(((cost - dearer) * apart).max(initial=0.0))
        return slack

    def _windows(self) -> list[list[tuple[int, int]]]:
        net, shift = self.net, self.net.shift[self.s]
        begin = int(shift[START])
        runs = []
        for k, node in enumerate(self.nodes):
            row = net.when[node * net.days + shift[DAY]]
            found = row[WINDOW : WINDOW + 2 * row[WINDOWS]].reshape(-1, 2) - begin
            last = self.horizon - int(self.service[k])
            runs.append([(max(0, int(a)), min(int(b), last)) for a, b in found
                         if b >= 0 and a <= last])  # fmt: skip
        return runs

    def _ground(self, runs: list[list[tuple[int, int]]], bit: I64, *, backward: bool) -> Ground:
        shift, n, count = self.net.shift[self.s], len(self.nodes), len(self.held)
        t, rest, begin = self.horizon, int(shift[BREAK]), int(shift[START])
        lo, hi = int(shift[BREAK_LO]) - begin, int(shift[BREAK_HI]) - begin
        order = np.arange(len(self.sessions))
        leg, cost = self.leg, self.cost
        if backward:
            runs = [[(t - b - int(s), t - a - int(s)) for a, b in reversed(run)]
                    for run, s in zip(runs, self.service, strict=True)]  # fmt: skip
            lo, hi, order = t - hi - rest, t - lo - rest, order[::-1]
            swap = [*range(n), n + 1, n]
            leg = np.ascontiguousarray(leg[np.ix_(swap, swap)].T)
            cost = np.ascontiguousarray(cost[np.ix_(swap, swap)].T)
        last = np.cumsum([len(run) for run in runs], dtype=np.int64)
        node = np.full((n, 5), -1, dtype=np.int64)
        node[:, SECONDS] = self.service
        node[:count, BIT] = bit
        node[:, FIRST_W] = last - [len(run) for run in runs]
        node[:, LAST_W] = last
        node[count:, PLACE_IN_ORDER] = order
        window = np.array([w for run in runs for w in run], dtype=np.int64).reshape(-1, 2)
        shortest = int(self.service.min(initial=t))
        width = max(1, -(-t // _MOST_BUCKETS), min(-(-t // _FINEST), shortest))
        busy = int(shift[LIMIT])
        fixed = np.array(
            [t, rest, lo, hi, busy if busy < t else -1, len(self.sessions), width,
             t // width + 1, int(backward)],
            dtype=np.int64,
        )  # fmt: skip
        words = max(1, -(-(int(bit.max(initial=-1)) + 1) // 64))
        return Ground(
            fixed, node, window, leg, cost,
            near=np.zeros((n, words), dtype=np.uint64),
            open=_open(fixed, node, window, leg, words),
        )  # fmt: skip


def _service_and_value(net: Net, s: int, nodes: I64, count: int) -> tuple[I64, F64]:
    officer, day = net.shift[s, OFFICER], net.shift[s, DAY]
    value = net.when[nodes * net.days + day, VALUE].astype(np.float64)
    value[count:] = 0.0
    service = net.node[nodes, SERVICE].copy()
    visits = np.flatnonzero(nodes < net.visits)
    v = nodes[visits]
    two = net.node[nodes, TWO] == 1
    value[two] /= 2
    value[visits] += np.where(net.visit[v, OWN] == officer, net.visit[v, OWN_VALUE], 0)
    alone = v[~two[visits]]  # a visit's node has its number
    service[visits[~two[visits]]] = net.who[alone, officer, SERVICE_S]
    return service, value


def _open(fixed: I64, node: I64, window: I64, leg: I64, words: int) -> U64:
    """Return which tasks can still be begun after leaving k in a bucket of time."""
    n, buckets = len(node), int(fixed[BUCKETS])
    shut = np.full(n, -NEVER, dtype=np.int64)
    some = node[:, LAST_W] > node[:, FIRST_W]
    shut[some] = window[node[some, LAST_W] - 1, 1]
    last = np.floor_divide(shut[None, :] - leg[: n + 1, :n], fixed[WIDTH])
    result = np.zeros((n + 1, buckets, words), dtype=np.uint64)
    at = np.arange(buckets)
    for j in np.flatnonzero(node[:, BIT] >= 0):
        bit = int(node[j, BIT])
        reached = at[None, :] <= last[:, j][:, None]
        result[:, :, bit >> 6] |= reached.astype(np.uint64) << np.uint64(bit & 63)
    return result


def remember_nearest(part: Class, memory: int) -> None:
    """Let each row remember the tasks nearest to it, its own among them; sessions all.

    Both ways in time share what they remember.
    """
    ground = part.forward
    n = len(ground.node)
    bit = ground.node[:, BIT]
    masks = np.zeros((n, ground.near.shape[1]), dtype=np.uint64)
    for k in range(n):
        if bit[k] < 0:
            masks[k] = ~np.uint64(0)
            continue
        near = bit[np.argsort(ground.leg[:n, k] + ground.leg[k, :n], kind="stable")]
        first = dict.fromkeys([int(bit[k]), *near[near >= 0].tolist()])
        for b in list(first)[: memory + 1]:
            masks[k, b >> 6] |= np.uint64(1) << np.uint64(b & 63)
    ground.near[:] = masks
