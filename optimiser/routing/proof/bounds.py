"""A valid upper bound of the whole week, and of each tier, by linear programming.

Sets: tasks t, shifts s; columns c = (node, shift) for each task (a round's options
as alternatives) and each shift that may take it. With

- w_c: seconds at the door plus half of the shortest leg into the node and half of
  the shortest leg out of it, over everything that the same shift could hold next to
  it; any route's legs are at least the sum of these halves,
- p_c: the value, less the walking value of the halves of the shortest walks,
- C_s: the shift's busy seconds, less its sessions with their own halves, and less the
  halves out of its start and into its end,

the relaxation is: maximise sum p_c x_c, subject to sum of x_c of a task <= 1 (for two
officers each of two shifts takes half), sum of w_c x_c of a shift <= C_s, x >= 0.
Solved by GLOP; only its shift prices are trusted. For any prices u >= 0,

    sum_s u_s C_s + sum_t max(0, best of p_c - u_s w_c over t's columns)

(for two officers, the best two shifts of one date) is at least the value of every plan
(Lagrangian duality), and this sum is what is returned: rounding inside GLOP cannot make
it too low. Tiers are bounded the same way with the values of that tier alone.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.arrays.tasks import (
    DAY,
    END,
    END_NODE,
    I64,
    LIMIT,
    OFFICER,
    OPTIONS_HI,
    OPTIONS_LO,
    OWN,
    OWN_VALUE,
    PAIR,
    ROUNDS_HI,
    ROUNDS_LO,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    TASK,
    VALUE,
    WINDOWS,
    Compiled,
    Net,
)
from optimiser.routing.proof.halves import Near, least_halves
from optimiser.routing.proof.late_starts import with_late_starts
from optimiser.routing.proof.stepping import stepped_prices

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Bounds",
    "Columns",
    "all_bounds",
    "columns_of",
    "dual_bound",
    "held_nodes",
    "shift_prices",
    "tier_worth",
]

F64 = npt.NDArray[np.float64]

_MOST_COLUMNS = 150_000
"""More than this, and prices are found by steps instead of by linear programming."""

_PROGRAM_S = 60.0
"""For a linear program where there is no clock."""

_STEPPED_BEFORE = 0.8
"""A linear program's share of the time; where it ends without a solution, the rest is for steps."""


class Columns(NamedTuple):
    """One entry for each node on each shift that may take it."""

    task: I64
    node: I64
    shift: I64
    seconds: F64
    capacity: F64  # (shifts,)


class Worth(NamedTuple):
    """What a column is worth: for the task, for its own officer, and the walking taken off."""

    value: F64
    own: F64
    walk: F64

    @property
    def total(self) -> F64:
        """The sum of the three."""
        return self.value + self.own - self.walk


class Bounds(NamedTuple):
    """Bounds in points, and the price of a second on each shift in units.

    `columns` and their worth are kept for tighter bounds: a large week's take seconds to list.
    """

    whole: float
    tiers: Mapping[str, float]
    prices: F64
    columns: tuple[Columns, Worth] | None = None


def all_bounds(compiled: Compiled, *, seconds: float | None = None) -> Bounds:
    """Return the bound of the whole plan and of each tier alone.

    Parameters
    ----------
    compiled
        The week.
    seconds
        Wall-clock seconds to look for good prices, half of them for the whole plan's; None:
        as long as it takes, but for linear programs that do not end. The bounds are valid
        however short. What can be on which day is listed first, whatever it takes.
    """
    net = compiled.net
    if not net.shifts:
        none = dict.fromkeys(("statutory", "requests", "conversations", "own_officer"), 0.0)
        return Bounds(0.0, {**none, "walking": 0.0}, np.zeros(0))
    columns, worth = columns_of(compiled)
    apart = tier_worth(compiled, columns)
    until = None if seconds is None else time.monotonic() + seconds

    def share(parts: int) -> float:
        return _PROGRAM_S if until is None else (until - time.monotonic()) / parts

    prices = shift_prices(net, columns, worth.total, seconds=share(2))
    whole = dual_bound(net, columns, worth, prices)
    tiers = {}
    for left, (name, alone) in zip(range(len(apart), 0, -1), apart.items(), strict=True):
        found = [np.zeros(net.shifts), shift_prices(net, columns, alone.total, seconds=share(left))]
        least = min(dual_bound(net, columns, alone, p) for p in found)
        tiers[name] = least / VALUE_UNITS_PER_POINT
    tiers["walking"] = 0.0
    return Bounds(whole / VALUE_UNITS_PER_POINT, tiers, prices, (columns, worth))


def columns_of(compiled: Compiled) -> tuple[Columns, Worth]:
    """Return the columns of the relaxation and their worth."""
    net = compiled.net._replace(when=with_late_starts(compiled)[0])
    alike = np.array_equal(net.walk, net.walk.T)
    nears = [Near(net, _nodes_of_day(net, day), there_and_back=alike) for day in range(net.days)]
    pieces = []
    capacity = np.zeros(net.shifts)
    for s in range(net.shifts):
        own = np.array(compiled.sessions[s], dtype=np.int64)
        held = held_nodes(net, s)
        fixed = np.concatenate([own, net.shift[s, [START_NODE, END_NODE]]])
        near = nears[net.shift[s, DAY]]
        halves = least_halves(
            net, s, np.concatenate([held, fixed]), own, near.into, near.out, near.mates, near.first
        )
        length = halves[:, 0] + halves[:, 1]
        capacity[s] = min(net.shift[s, LIMIT], net.shift[s, END] - net.shift[s, START])
        capacity[s] -= net.node[own, SERVICE].sum() + length[len(held) :].sum()
        pieces.append(_shift_columns(net, s, held, halves[: len(held)]))
    task, node, shift, seconds, value, own_value, walk = (
        np.concatenate(p) for p in zip(*pieces, strict=True)
    )
    columns = Columns(task, node, shift, seconds, np.maximum(capacity, 0.0))
    return columns, Worth(value, own_value, net.walk_value * walk)


def held_nodes(net: Net, s: int) -> I64:
    """Return the nodes that shift s may hold."""
    options = [
        np.arange(net.round[r, OPTIONS_LO], net.round[r, OPTIONS_HI])
        for r in net.lists[net.shift[s, ROUNDS_LO] : net.shift[s, ROUNDS_HI]]
    ]
    visits = np.flatnonzero(net.possible[:, s])
    found = np.concatenate([visits, *options]).astype(np.int64)
    keep: I64 = found[net.when[found * net.days + net.shift[s, DAY], WINDOWS] > 0]
    return keep


def _nodes_of_day(net: Net, day: int) -> I64:
    """Return the tasks' nodes that have windows on a day: others are on none of its shifts."""
    nodes = np.flatnonzero(net.node[:, TASK] >= 0)
    found: I64 = nodes[net.when[nodes * net.days + day, WINDOWS] > 0]
    return found


def _shift_columns(net: Net, s: int, held: I64, halves: F64) -> tuple[npt.NDArray[np.generic], ...]:
    officer, day = net.shift[s, OFFICER], net.shift[s, DAY]
    service = net.node[held, SERVICE].astype(np.float64)
    value = net.when[held * net.days + day, VALUE].astype(np.float64)
    own = np.zeros(len(held))
    visits = np.flatnonzero(held < net.visits)
    v = held[visits]
    alone = net.visit[v, PAIR] == 0
    service[visits[alone]] = net.who[v[alone], officer, SERVICE_S]
    own[visits] = np.where(net.visit[v, OWN] == officer, net.visit[v, OWN_VALUE], 0)
    shift = np.full(len(held), s, dtype=np.int64)
    seconds = service + halves[:, 0] + halves[:, 1]
    return net.node[held, TASK], held, shift, seconds, value, own, halves[:, 2] + halves[:, 3]


def shift_prices(net: Net, columns: Columns, worth: F64, *, seconds: float = _PROGRAM_S) -> F64:
    """Return the price of a second on each shift, from the relaxation's dual (GLOP).

    Where that is too large or not solved in its time, from a few steps towards it.
    """
    from ortools.linear_solver.python import model_builder_helper as helper
    from scipy.sparse import csr_matrix

    keep = np.flatnonzero(worth > 0)
    tasks = net.visits + net.rounds
    if not len(keep):
        return np.zeros(net.shifts)
    until = time.monotonic() + seconds
    if len(keep) > _MOST_COLUMNS or seconds <= 0:
        return stepped_prices(columns, worth, keep, until)
    share = np.where(_is_pair(net)[columns.task[keep]], 0.5, 1.0)
    scale = 3600.0
    at = np.arange(len(keep))
    matrix = csr_matrix(
        (
            np.concatenate([share, columns.seconds[keep] / scale]),
            (np.concatenate([columns.task[keep], tasks + columns.shift[keep]]), np.tile(at, 2)),
        ),
        shape=(tasks + net.shifts, len(keep)),
    )
    high = np.concatenate([np.ones(tasks), columns.capacity / scale])
    model: Any = helper.ModelBuilderHelper()
    model.fill_model_from_sparse_data(
        np.zeros(len(keep)),
        np.ones(len(keep)),
        worth[keep] * share / VALUE_UNITS_PER_POINT,
        np.full(len(high), -np.inf),
        high,
        matrix,
    )
    model.set_maximize(True)
    solver = helper.ModelSolverHelper("glop")
    solver.set_time_limit_in_seconds(_STEPPED_BEFORE * seconds)
    solver.solve(model)
    if not solver.has_solution():
        return stepped_prices(columns, worth, keep, until)
    duals = np.asarray(solver.dual_values())[tasks:] * VALUE_UNITS_PER_POINT / scale
    return np.maximum(duals, 0.0)


def dual_bound(net: Net, columns: Columns, worth: Worth, prices: F64) -> float:
    """Return the Lagrangian bound at these prices, in units: valid for any prices >= 0."""
    tasks = net.visits + net.rounds
    cost = worth.walk + prices[columns.shift] * columns.seconds
    pair = _is_pair(net)[columns.task]
    best = np.zeros(tasks)
    np.maximum.at(best, columns.task[~pair], (worth.value + worth.own - cost)[~pair])
    total = float(prices @ columns.capacity) + float(best.sum())
    return total + _pairs_bound(net, columns, worth, cost, np.flatnonzero(pair))


def _pairs_bound(net: Net, columns: Columns, worth: Worth, cost: F64, pair: I64) -> float:
    """Return the two-officer visits' part: the best two shifts of one date for each."""
    day = net.shift[columns.shift, DAY]
    order = pair[np.lexsort((cost[pair], day[pair], columns.task[pair]))]
    best: dict[int, float] = {}
    groups = np.flatnonzero(np.diff(columns.task[order] * net.days + day[order], prepend=-1))
    for rows in np.split(order, groups[1:]):
        if len(rows) < 2:
            continue
        v = int(columns.task[rows[0]])
        profit = worth.value[rows].max() - cost[rows[:2]].sum()
        for own in rows[worth.own[rows] > 0]:
            other = rows[0] if rows[0] != own else rows[1]
            with_own = worth.value[rows].max() + worth.own[own] - cost[own] - cost[other]
            profit = max(profit, with_own)
        best[v] = max(best.get(v, 0.0), float(profit))
    return sum(best.values())


def _is_pair(net: Net) -> npt.NDArray[np.bool_]:
    pair = np.zeros(net.visits + net.rounds, dtype=np.bool_)
    pair[: net.visits] = net.visit[:, PAIR] == 1
    return pair


def tier_worth(compiled: Compiled, columns: Columns) -> dict[str, Worth]:
    """Return each column's worth in each tier alone."""
    net, visits = compiled.net, compiled.problem.visits
    of_visit = columns.task < net.visits
    v = columns.task[of_visit]
    full, late, statutory, own = (
        np.array([getattr(x, name) for x in visits], dtype=np.float64)
        for name in ("value", "late_value", "statutory_value", "own_officer_value")
    )
    day = net.shift[columns.shift, DAY]
    got = net.when[columns.node * net.days + day, VALUE].astype(np.float64)
    on_time = got[of_visit] >= full[v]
    zero = np.zeros(len(columns.task))
    values = {n: zero.copy() for n in ("statutory", "requests", "conversations", "own_officer")}
    values["statutory"][of_visit] = np.where(on_time, statutory[v], 0.0)
    punctual = np.maximum(full[v] - statutory[v], late[v])
    values["requests"][of_visit] = np.where(on_time, punctual, got[of_visit])
    values["conversations"][~of_visit] = got[~of_visit]
    officer = net.shift[columns.shift[of_visit], OFFICER]
    values["own_officer"][of_visit] = np.where(net.visit[v, OWN] == officer, own[v], 0.0)
    return {
        name: Worth(zero, value, zero) if name == "own_officer" else Worth(value, zero, zero)
        for name, value in values.items()
    }
