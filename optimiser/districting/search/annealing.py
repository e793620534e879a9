"""Simulated annealing over contiguous partitions, compiled by numba.

Contiguity always holds (see `moves`); the limits of workload and further measures,
bans and pairs kept apart are priced while searching (strategic oscillation: the price
rises while a partition breaks them and falls while it does not). Only partitions that
break nothing are recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimiser.districting.compiled import entry
from optimiser.districting.search.moves import (
    Scratch,
    new_scratch,
    propose_exchange,
    propose_shift,
    random_below,
)
from optimiser.districting.search.recombination import propose_recombine
from optimiser.districting.search.state import Core, State, core_of, new_state
from optimiser.districting.units.instance import Arrays, Int64s

__all__ = ["Annealed", "anneal", "penalised_cost", "total_excess", "total_violation"]

_EPOCH = 256
"""Proposals between two changes of temperature and prices."""

_PACE, _MOST_PACE = 1.6, 0.02
"""How fast the price of breaking limits changes, by units and at most. Faster than the
partition can follow, it freezes a large problem while limits are broken still."""


@dataclass(frozen=True)
class Annealed:
    """The last partition of a run, and the best valid one (None: none met)."""

    last: Int64s
    last_violation: int
    best: Int64s | None
    best_cost: float


def total_violation(a: Arrays, s: State) -> int:
    """Return the workload outside limits plus one for each banned unit."""
    return _excess(a, s) + _barred(a, s)


def _excess(a: Arrays, s: State) -> int:
    """Return the workload outside limits, with the excess of further rules as workload."""
    over = np.maximum(0, s.load - a.upper) + np.maximum(0, a.lower - s.load)
    own = a.rule[:, 1] < 0
    held, rule = s.held[:-2].T[own], a.rule[own]
    further = np.maximum(0, held - rule[:, 3::2]) + np.maximum(0, rule[:, 2::2] - held)
    return int(over.sum()) + int((rule[:, 0] @ further).sum())


def _barred(a: Arrays, s: State) -> int:
    """Return how many units are in a patch that is banned to them."""
    return int(a.banned[np.arange(s.part.size), s.part].sum())


def total_excess(a: Arrays, s: State) -> int:
    """Return how many parts too many the large estates are in."""
    parts = s.estate_in[: a.estate_parts.size]
    return int(np.maximum(0, parts - a.estate_parts).sum())


def penalised_cost(a: Arrays, part: npt.NDArray[np.integer]) -> float:
    """Return a partition's cost in units plus the price of splitting large estates too often."""
    s = new_state(a, part)
    moved = int(a.move[np.arange(s.part.size), s.part].sum())
    return float(int(s.patch_cost.sum()) + moved) + a.split_price * total_excess(a, s)


def anneal(
    a: Arrays,
    part: npt.NDArray[np.integer],
    *,
    steps: int,
    hot: float,
    cold: float,
    price: float,
    seed: int,
    best_cost: float = np.inf,
    recombine_every: int = 64,
) -> Annealed:
    """Anneal from `part` at temperatures `hot` to `cold` (cost units) over `steps` proposals.

    `price` is the starting price of a unit of workload outside its limits. Only
    partitions cheaper than `best_cost` are recorded.
    """
    state = new_state(a, part)
    moved = int(a.move[np.arange(part.size), state.part].sum())
    cost = int(state.patch_cost.sum()) + moved
    exact = [cost, _excess(a, state), _barred(a, state), total_excess(a, state)]
    best = state.part.copy()
    scratch = new_scratch(a, seed, exact, price)
    found, value = _run(
        core_of(a), state, scratch, best, steps, hot, cold, best_cost, recombine_every
    )
    return Annealed(
        last=state.part,
        last_violation=total_violation(a, state),
        best=best if found else None,
        best_cost=float(value),
    )


@entry
def _run(
    a: Core,
    s: State,
    x: Scratch,
    best: Int64s,
    steps: int,
    hot: float,
    cold: float,
    best_cost: float,
    recombine_every: int,
) -> tuple[bool, float]:
    found = False
    if x.exact[1] == 0 and x.exact[2] == 0 and x.exact[0] + a.split_price * x.exact[3] < best_cost:
        best_cost = x.exact[0] + a.split_price * x.exact[3]
        found = True
    temperature = hot
    cooling = (cold / hot) ** (1.0 / max(1, steps // _EPOCH))
    pace = 1.0 + min(_MOST_PACE, _PACE / s.part.size)
    least, most = x.price[0] / 1e3, x.price[0] * 100.0
    broken = 0
    for step in range(steps):
        if step % _EPOCH == _EPOCH - 1:
            temperature *= cooling
            # The price of breaking limits follows how often they are broken.
            factor = pace if broken > 96 else 1.0 / pace
            if least < x.price[0] * factor < most:
                x.price[0] *= factor
                x.price[1] *= factor
            broken = 0
        limit = -temperature * np.log((random_below(x.rng, 1 << 30) + 1) / (1 << 30))
        kind = random_below(x.rng, recombine_every)
        if kind > 0:
            changed = propose_shift(a, s, x, limit, kind % 3 == 0)
        elif random_below(x.rng, 4) > 0:
            changed = propose_recombine(a, s, x, limit)
        else:
            changed = propose_exchange(a, s, x, limit)
        valid = x.exact[1] == 0 and x.exact[2] == 0
        if not valid:
            broken += 1
        elif changed:
            value = x.exact[0] + a.split_price * x.exact[3]
            if value < best_cost - 0.5:
                best_cost = value
                best[:] = s.part
                found = True
    return found, best_cost
