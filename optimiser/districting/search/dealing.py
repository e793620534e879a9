"""Better starts: centres and units dealt by turns, as in k-means, with the limits in force.

A start's centres are kept and all workload is dealt to them at least cost within the
limits, as a flow (units may be split, and contiguity is left out); then each patch
takes the centre that suits its units best; and so on until nothing is gained (Hess
et al., 1965). What is dealt this way is not contiguous, but it says which patches
belong where, which single shifts are slow to find out: new patches spread over the
whole area at once.
"""

from __future__ import annotations

import numpy as np

from optimiser.districting.search.construction import current_start, grow, tree_start
from optimiser.districting.units.instance import Arrays, Instance, Int64s

__all__ = ["dealt_start"]

_MOST_TURNS = 12
_LEAST_GAIN = 1e-4
_TRIES = 3
_SLOTS_PER_UNIT = 12
"""Each unit may go to so many slots, those where it costs least."""

_FINEST = 1_000_000
"""The dearest way of a unit of workload, in the flow's whole numbers."""


def dealt_start(instance: Instance, rng: np.random.Generator, *, current: bool) -> Int64s:
    """Return a contiguous partition (m,): the best of some starts after dealing by turns.

    With `current`, from the current patches where there are any; else from random trees.
    """
    best, least = None, np.inf
    for _ in range(_TRIES):
        start = current_start(instance, rng) if current else None
        start = tree_start(instance, rng) if start is None else start
        dealt, value = _deal_by_turns(instance.arrays, start)
        if best is None or value < least:
            best, least = dealt, value
    assert best is not None
    return best


def _deal_by_turns(a: Arrays, start: Int64s) -> tuple[Int64s, float]:
    """Return the contiguous partition made from the last dealing, and what that one cost."""
    slots = np.arange(a.lower.size)
    centres = _best_centres(a, start, np.zeros_like(slots))
    best, least = start, np.inf
    for _ in range(_MOST_TURNS):
        part, value = _deal(a, centres)
        value += float(a.centre_cost[slots, centres].sum())
        if value >= least * (1 - _LEAST_GAIN):
            break
        best, least = part, value
        centres = _best_centres(a, part, centres)
    grown = grow(a, best)
    # A slot without a unit would stay empty for ever.
    return (grown, least) if np.unique(grown).size == slots.size else (start, np.inf)


def _best_centres(a: Arrays, part: Int64s, before: Int64s) -> Int64s:
    """Return each slot's best block (p,); a slot without units keeps the one before."""
    centres = before.copy()
    for k in np.unique(part):
        units = np.flatnonzero(part == k)
        blocks = np.flatnonzero(part[a.block_unit] == k)
        walk = a.cost[np.ix_(units, blocks)].sum(axis=0) + a.centre_cost[k, blocks]
        centres[k] = blocks[int(np.argmin(walk))]
    return centres


def _deal(a: Arrays, centres: Int64s) -> tuple[Int64s, float]:
    """Deal workload to slots at least cost; return where most of each unit went, and the cost.

    Units -> slots -> one sink. Workload below a slot's lower limit is rewarded and above
    its upper limit fined, so that the flow exists whatever the limits are.
    """
    from ortools.graph.python import min_cost_flow

    m, p = a.weight.size, a.lower.size
    weight = np.maximum(1, a.weight)
    each = (a.cost[:, centres] + a.move) / weight[:, None]
    finest = _FINEST / max(1e-9, float(each.max()))
    near = np.argsort(np.where(a.banned, np.inf, each), axis=1, kind="stable")
    near = near[:, : min(p, _SLOTS_PER_UNIT)]
    unit, slot = np.repeat(np.arange(m), near.shape[1]), near.ravel()
    price = np.rint(finest * each[unit, slot]).astype(np.int64)
    price += np.where(a.banned[unit, slot], 2 * _FINEST, 0)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(unit, m + slot, weight[unit], price)
    out, sink = m + np.arange(p), np.full(p, m + p)
    total = int(weight.sum())
    for capacity, fine in (
        (a.lower, -4 * _FINEST),
        (np.maximum(0, a.upper - a.lower), 0),
        (np.full(p, total), 4 * _FINEST),
    ):
        fines = np.full(p, fine, dtype=np.int64)
        flow.add_arcs_with_capacity_and_unit_cost(out, sink, capacity, fines)
    flow.set_nodes_supplies(
        np.arange(m + p + 1), np.concatenate([weight, np.zeros(p, dtype=np.int64), [-total]])
    )
    if flow.solve() != flow.OPTIMAL:
        return each.argmin(axis=1).astype(np.int64), np.inf
    amount = np.asarray(flow.flows(arcs)).reshape(near.shape)
    cost = float((amount * each[np.arange(m)[:, None], near]).sum())
    return near[np.arange(m), amount.argmax(axis=1)].astype(np.int64), cost
