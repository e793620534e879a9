"""Small problems solved over whole patches: prices by column generation, then by budgets.

Prices move from the best point so far towards those of the linear program over the
columns met (Wentges, 1997; `master`), and every point gives a valid bound and more
columns (`pricing`). At the best prices a plan may cost the bound z and a budget B more.
Every patch of reduced cost up to B is listed, and the cheapest partition into these is
searched for (`cover`). Where it costs z + B at most, it is the optimum: every cheaper plan
is among these too. Else every plan costs more than z + B, and the budget grows. So no
plan need be known at the start; where one is, the budget ends at its cost.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimiser.districting.proof.cover import Listed, cheapest_cover
from optimiser.districting.proof.exact import Proof
from optimiser.districting.proof.fixing import Choices
from optimiser.districting.proof.master import Master
from optimiser.districting.proof.pricing import Priced, Pricer, Prices
from optimiser.districting.units.instance import Arrays, Int64s

if TYPE_CHECKING:
    from optimiser.districting.proof.bounds import Lagrangian

__all__ = ["partition_exactly", "start_prices"]

log = logging.getLogger(__name__)

_STEP = 0.5
_CLOSE = 2e-4
"""The program's value less the bound, as a share of it, at which prices are good enough."""

_FIRST_BUDGET, _GROWTH = 0.0025, 1.35
_FAST_GROWTH, _FEW = 2.0, 4_000
"""Share of the bound; how the budget grows, and how while few patches are listed."""

_LOOKS_S = 3e8
"""Looks at a patch that a search for a partition takes a second for, about."""

_NO_BUDGET = 4.0
"""Share of the bound beyond which the budget has no limit."""


@dataclass(frozen=True)
class _Effort:
    """How hard to try; `share` of the time left goes to prices."""

    rounds: int
    first_nodes: int
    most_nodes: int
    listing_nodes: int
    most_listed: int
    cover_work: int
    share: float


_BY_THE_CLOCK = _Effort(400, 20_000, 2_000_000, 60_000_000, 600_000, 8_000_000_000, 0.4)
_FIXED = _Effort(60, 2_000, 8_000, 200_000, 20_000, 20_000_000, 1.0)


def partition_exactly(
    a: Arrays,
    choices: Choices,
    start: Prices,
    *,
    known: Int64s | None,
    cost: Callable[[], float],
    seconds_left: Callable[[], float] | None,
    raised: Callable[[float], None],
) -> Proof:
    """Return a bound over `choices`, and the best plan where it is proven and beats `cost`.

    `known` is a plan, and `cost` tells what the best plan known by now costs, inf for
    none. A bound of that cost says that no plan is cheaper, one of inf that there is no
    plan. `raised` is told of each bound.
    """
    effort = _FIXED if seconds_left is None else _BY_THE_CLOCK
    left = seconds_left or (lambda: math.inf)
    pricer = Pricer(a, choices)
    master = Master(pricer.number, pricer.units)
    if known is not None:
        master.add(pricer.columns_of(known, choices))
    priced = _best_prices(pricer, master, start, effort, left, raised)
    return _within_budgets(choices, pricer, priced, cost, effort, left, raised)


def start_prices(choices: Choices, lagrangian: Lagrangian, a: Arrays) -> Prices:
    """Return the Lagrangian's prices of units, and of slots what the last of a kind costs."""
    _, price, _ = lagrangian.at_best()
    kind = []
    for slots in choices.slots:
        table = price[lagrangian.group_of[slots[0]]] + a.centre_cost[slots[0]]
        table = np.sort(table[np.isfinite(table)])
        kind.append(float(table[min(len(slots), table.size) - 1]) if table.size else 0.0)
    return Prices(lagrangian.unit_prices, np.array(kind))


def _best_prices(
    pricer: Pricer,
    master: Master,
    start: Prices,
    effort: _Effort,
    left: Callable[[], float],
    raised: Callable[[float], None],
) -> Priced:
    """Raise the bound by column generation."""
    nodes, until = effort.first_nodes, (1 - effort.share) * left() if effort.share < 1 else 0.0
    best = pricer.price(start, most_nodes=nodes)
    master.add(best.columns)
    for step in range(effort.rounds):
        solved = master.solve(best.prices) if master.size else None
        if solved is None or left() < until:
            break
        value, duals = solved
        if value - best.bound <= _CLOSE * abs(value) + 2.0 * pricer.units:
            break
        priced = pricer.price(best.prices.towards(duals, _STEP), most_nodes=nodes)
        added = master.add(priced.columns)
        log.debug(
            "prices %d: bound %.7g, best %.7g, program %.7g, %d columns, %d new, exact %s",
            step, priced.bound, best.bound, value, master.size, added, priced.exact,
        )  # fmt: skip
        if priced.bound > best.bound:
            best = priced
            raised(best.bound)
        elif not priced.exact and nodes < effort.most_nodes:
            nodes = min(effort.most_nodes, 4 * nodes)
        elif added == 0:
            break
    return best


def _within_budgets(
    choices: Choices,
    pricer: Pricer,
    priced: Priced,
    cost: Callable[[], float],
    effort: _Effort,
    left: Callable[[], float],
    raised: Callable[[float], None],
) -> Proof:
    """Search within growing budgets for the cheapest plan."""
    base = proven = priced.bound
    budget = _FIRST_BUDGET * abs(base) + 2.0 * pricer.units
    part, part_cost = None, math.inf
    while left() > 0.5:
        if budget > _NO_BUDGET * abs(base) + 4.0 * pricer.units:
            budget = math.inf
        known = min(cost(), part_cost)
        below = math.ceil(known) if math.isfinite(known) else 1 << 62
        patches = pricer.cheap(
            priced, min(budget, below - base),
            most_listed=effort.most_listed, most_nodes=effort.listing_nodes, seconds_left=left,
        )  # fmt: skip
        if patches is None:
            break
        work = min(float(effort.cover_work), _LOOKS_S * max(0.0, left()))
        found, chosen, complete = cheapest_cover(
            patches, pricer.number, pricer.units,
            base=base, below=below, budget=budget, most_work=int(work),
        )  # fmt: skip
        log.debug(
            "budget %.4g over %.7g: %d patches, found %s, complete %s, %.1f s left",
            budget, base, patches.cost.size, found < below, complete, left(),
        )  # fmt: skip
        if found < below:
            part, part_cost = _read(choices, patches, chosen, pricer.units), float(found)
        if not complete:
            break
        # A plan found may cost more than the budget allows: not all such are among these.
        known = min(cost(), part_cost)
        last = math.isinf(budget) or base + budget >= known - 1
        proven = known if last else base + budget
        raised(proven)
        if last:
            break
        budget *= _FAST_GROWTH if patches.cost.size < _FEW else _GROWTH
    return Proof(proven, part if part_cost <= cost() else None)


def _read(choices: Choices, patches: Listed, chosen: Int64s, units: int) -> Int64s:
    """Return the slot of each unit."""
    part = np.empty(units, dtype=np.int64)
    free = [list(slots) for slots in choices.slots]
    for i in chosen.tolist():
        part[patches.member[patches.start[i] : patches.start[i + 1]]] = free[patches.kind[i]].pop()
    return part
