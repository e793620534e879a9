"""Patch problems of a dozen units at most, solved by trying every set of units as every patch.

Nothing of the solver is used, and every rule of the model is stated again: whole
units, contiguity, workload, further measures, pins and bans, blocks kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from optimiser.model import PatchProblem

__all__ = ["Best", "cheapest", "patch_price", "plan_price"]


@dataclass(frozen=True)
class Best:
    """The cheapest valid plan, None where there is no valid one."""

    cost: int | None
    slot_of: tuple[int, ...] | None


def cheapest(problem: PatchProblem) -> Best:
    """Return the cheapest plan: the best way to cover each set of units by the first k patches."""
    members = _members(problem)
    sets = range(1, 1 << len(members))
    blocks_of = [[i for u, own in enumerate(members) if s >> u & 1 for i in own] for s in sets]
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for k in range(len(problem.slots)):
        prices = [patch_price(problem, k, blocks) for blocks in blocks_of]
        valid = [(s, price) for s, price in zip(sets, prices, strict=True) if price is not None]
        further: dict[int, tuple[int, tuple[int, ...]]] = {}
        for covered, (cost, chosen) in best.items():
            for s, price in valid:
                known = further.get(covered | s)
                if not covered & s and (known is None or cost + price < known[0]):
                    further[covered | s] = (cost + price, (*chosen, s))
        best = further
    cost, chosen = best.get((1 << len(members)) - 1, (None, ()))
    if cost is None:
        return Best(None, None)
    of_unit = [next(k for k, s in enumerate(chosen) if s >> u & 1) for u in range(len(members))]
    return Best(cost, tuple(of_unit[u] for u in problem.unit))


def plan_price(problem: PatchProblem, slot_of: Iterable[int]) -> int | None:
    """Return what a plan costs, None where it breaks a rule."""
    of = np.array(list(slot_of))
    if any(len(set(of[own].tolist())) > 1 for own in _members(problem)):
        return None
    prices = [
        patch_price(problem, k, np.flatnonzero(of == k).tolist()) for k in range(len(problem.slots))
    ]
    known = [price for price in prices if price is not None]
    return sum(known) if len(known) == len(prices) else None


def patch_price(problem: PatchProblem, k: int, own: list[int]) -> int | None:
    """Return what blocks cost as patch k, from their best centre; None where a rule forbids it."""
    slot = problem.slots[k]
    if not own or not problem.allowed[own, k].all() or not _joined(problem, own):
        return None
    if not slot.lower <= sum(problem.blocks[i].workload for i in own) <= slot.upper:
        return None
    held = set(own)
    if any(i in held and j in held for i, j in problem.apart.tolist()):
        return None
    for measure in problem.measures:
        amounts = measure.amount[own].tolist()
        labels = {label for label in amounts if label >= 0}
        value = len(labels) if measure.distinct else sum(amounts)
        if not measure.lower[k] <= value <= measure.upper[k]:
            return None
    walks = [int(problem.walk_cost[own, j].sum() + problem.centre_cost[k, j]) for j in own]
    return min(walks) + int(problem.move_cost[own, k].sum())


def _members(problem: PatchProblem) -> list[list[int]]:
    units = range(int(problem.unit.max()) + 1)
    return [np.flatnonzero(problem.unit == u).tolist() for u in units]


def _joined(problem: PatchProblem, own: list[int]) -> bool:
    left, front = set(own[1:]), [own[0]]
    while front:
        i = front.pop()
        met = {b if a == i else a for a, b in problem.edges.tolist() if i in (a, b)} & left
        left -= met
        front.extend(met)
    return not left
