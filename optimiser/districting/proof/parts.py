r"""Bounds of the parts of a plan's cost: moved households, ways to centres, walking.

The objective is a sum of three parts, and each bound here leaves out the other two:
no plan that keeps all the rules has less of that part alone.

**Moved households.** With x[u, k] the share of unit u in patch k, of workload w_u,

    min sum_{u, k} move[u, k] x[u, k]  s.t.  sum_k x[u, k] = 1,
    lower_k <= sum_u w_u x[u, k] <= upper_k,  x >= 0, x[u, k] = 0 where not allowed

is a transport problem: shares, walking, contiguity and further measures are let go.
For any price y_k of a point of workload in patch k,

    M(y) = sum_u min_{k allowed} (move[u, k] + w_u y_k) - sum_k max(y_k lower_k, y_k upper_k)

is a bound of it (weak duality). HiGHS only proposes y; M(y) is worked out here, in
whole numbers, so that nothing rests on the solver's rounding. HiGHS gets a smaller
problem: most patches cost a unit the same, and such moves go through one pool (but
for units that few patches may take).

**Ways to centres.** Each patch has its own centre among its blocks, so the cheapest
assignment of patches to different blocks that they may hold is a bound.

**Walking.** The Lagrangian of `bounds`, with the other two parts at nothing.

What every plan must pay is the sum of the first two bounds, for a plan's parts are each
at least their bound; walking is left out of it, for it is what a redraw is about. The
sum of all three is a bound of the whole problem.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimiser.districting.units.instance import Instance, Int64s
from optimiser.model import PatchProblem

__all__ = ["PartBounds", "part_bounds", "walk_bound"]

_FIXED_STEPS, _MOST_STEPS = 60, 200
_FIRST_RATE, _LAST_RATE, _START = 0.2, 0.02, 0.35
"""Longer steps than the whole problem's bound takes, from lower prices: there are few of them.

A unit's own walk is too high a price for it where patches are dense: the first bound
would be nothing.
"""

_FEW_ALLOWED = 8
"""A unit that so few patches may take has its ways listed one by one."""

_FRACTION_BITS = 20
"""Prices are multiples of 2**-20 cost units a workload unit; fewer bits if numbers are large."""


@dataclass(frozen=True)
class PartBounds:
    """Bounds of the parts in cost units; `walk` is None where it was not worked out."""

    centre: int
    moved: int
    walk: int | None = None

    @property
    def unavoidable(self) -> int:
        """Return what every plan must pay, whatever it does about walking."""
        return self.centre + self.moved


@dataclass(frozen=True)
class _Transport:
    """Units into patches: `move` (m, p), `banned` (m, p), `weight` (m,), limits (p,)."""

    move: Int64s
    banned: npt.NDArray[np.bool_]
    weight: Int64s
    lower: Int64s
    upper: Int64s


def part_bounds(problem: PatchProblem, *, walk: int | None = None) -> PartBounds:
    """Return the bounds of each part; that of walking is passed on, for it takes longer."""
    units = _transport(problem)
    return PartBounds(centre=_centre_bound(problem, units), moved=_moved_bound(units), walk=walk)


def walk_bound(
    instance: Instance,
    part: Int64s,
    centres: Int64s,
    *,
    bound: int = 0,
    seconds: float | None = None,
) -> int:
    """Return a bound of the walking within patches alone, in cost units.

    Parameters
    ----------
    instance
        The problem on units.
    part
        (m,) each unit's patch in a plan to start from.
    centres
        (p,) that plan's centres.
    bound
        A bound of the whole problem; it is the answer where nothing but walking costs.
    seconds
        Time to take, at most; None: as many steps as ever, without looking at the clock.
    """
    from optimiser.districting.proof.bounds import Lagrangian

    a = instance.arrays
    if not (a.move.any() or a.centre_cost.any()):
        return bound
    until = math.inf if seconds is None else time.monotonic() + seconds

    def done(step: int) -> float:
        spent = 0.0 if seconds is None else 1 - (until - time.monotonic()) / max(seconds, 1e-9)
        return max(step / (_FIXED_STEPS if seconds is None else _MOST_STEPS), spent)

    lagrangian = Lagrangian(
        a._replace(move=np.zeros_like(a.move), centre_cost=np.zeros_like(a.centre_cost))
    )
    lagrangian.start(part, centres, times=_START)
    return lagrangian.improve(done, first_rate=_FIRST_RATE, last_rate=_LAST_RATE)


def _transport(problem: PatchProblem) -> _Transport:
    unit = problem.unit.astype(np.int64)
    m, p = int(unit.max()) + 1, len(problem.slots)
    move = np.zeros((m, p), dtype=np.int64)
    np.add.at(move, unit, problem.move_cost)
    banned = np.zeros((m, p), dtype=np.bool_)
    np.logical_or.at(banned, unit, ~problem.allowed)
    weight = np.zeros(m, dtype=np.int64)
    np.add.at(weight, unit, np.array([b.workload for b in problem.blocks], dtype=np.int64))
    lower = np.array([s.lower for s in problem.slots], dtype=np.int64)
    upper = np.array([s.upper for s in problem.slots], dtype=np.int64)
    banned |= weight[:, None] > upper
    return _Transport(move, banned, weight, lower, upper)


def _centre_bound(problem: PatchProblem, units: _Transport) -> int:
    """Return the cheapest assignment of patches to different blocks of theirs."""
    from scipy.optimize import linear_sum_assignment

    cost = problem.centre_cost.astype(np.int64)
    open_ = ~units.banned[problem.unit].T
    if cost.shape[0] > cost.shape[1] or not open_.any(axis=1).all():
        return 0
    # A closed pair at the price of an open one keeps the value a bound.
    cost = np.where(open_, cost, cost.max(axis=1, where=open_, initial=0)[:, None])
    slots, blocks = linear_sum_assignment(cost)
    return int(cost[slots, blocks].sum())


def _moved_bound(t: _Transport) -> int:
    """Return M(y) at the best price that is known, never below that at price 0."""
    if t.banned.all(axis=1).any():
        return 0  # no plan at all
    least = _priced(t, np.zeros(t.lower.size, dtype=np.int64), 0)
    prices = _propose_prices(t)
    if prices is None:
        return least
    size = float(t.move.max(axis=1).sum()) + float(t.weight.sum()) * float(np.abs(prices).max())
    size += float(np.abs(prices).sum()) * float(t.upper.max()) + 1.0
    bits = min(_FRACTION_BITS, 60 - math.ceil(math.log2(size)))
    if bits < 0:
        return least
    return max(least, _priced(t, np.rint(prices * (1 << bits)).astype(np.int64), bits))


def _priced(t: _Transport, prices: Int64s, bits: int) -> int:
    """Return M(prices / 2**bits), rounded up: costs are whole numbers."""
    cost = t.move * (1 << bits) + t.weight[:, None] * prices
    cost[t.banned] = np.iinfo(np.int64).max
    limits = np.maximum(prices * t.lower, prices * t.upper)
    value = int(cost.min(axis=1).sum()) - int(limits.sum())
    return max(0, -(-value // (1 << bits)))


def _propose_prices(t: _Transport) -> npt.NDArray[np.float64] | None:
    """Return (p,) duals of the limits from HiGHS; None where it has none."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, vstack

    m, p = t.move.shape
    dear = np.where(t.banned, np.iinfo(np.int64).min, t.move).max(axis=1)
    few = (~t.banned).sum(axis=1) <= min(_FEW_ALLOWED, p - 1)
    unit, slot = np.nonzero(~t.banned & ((t.move < dear[:, None]) | few[:, None]))
    d = unit.size
    if d == 0:
        return None  # every move costs a unit the same
    # Columns: direct shares, shares through the pool, the pool's workload to each patch.
    cost = np.concatenate([t.move[unit, slot], dear, np.zeros(p)]).astype(float)
    direct, pooled, out = np.arange(d), d + np.arange(m), d + m + np.arange(p)
    load = coo_array(
        (
            np.concatenate([t.weight[unit], np.ones(p)]),
            (np.concatenate([slot, np.arange(p)]), np.concatenate([direct, out])),
        ),
        shape=(p, cost.size),
    )
    once = (np.concatenate([unit, np.arange(m)]), np.concatenate([direct, pooled]))
    through = (np.full(m + p, m), np.concatenate([pooled, out]))
    equal = coo_array(
        (
            np.concatenate([np.ones(d + m), t.weight, -np.ones(p)]),
            tuple(np.concatenate(pair) for pair in zip(once, through, strict=True)),
        ),
        shape=(m + 1, cost.size),
    )
    most = np.concatenate([np.ones(d), np.where(few, 0.0, 1.0), np.full(p, np.inf)])
    found = linprog(
        cost,
        A_ub=vstack([load, -load]).tocsr(),
        b_ub=np.concatenate([t.upper, -t.lower]).astype(float),
        A_eq=equal.tocsr(),
        b_eq=np.concatenate([np.ones(m), [0.0]]),
        bounds=np.stack([np.zeros(most.size), most], axis=1),
        method="highs",
    )
    if found.status != 0:
        return None
    duals = np.asarray(found.ineqlin.marginals, dtype=np.float64)
    prices: npt.NDArray[np.float64] = duals[p:] - duals[:p]
    return prices if np.isfinite(prices).all() else None
