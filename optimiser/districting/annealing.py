"""Simulated annealing over flips and swaps of units, compiled by numba.

Contiguity always holds; the workload limits and bans are priced while searching
(strategic oscillation: the price rises while a plan breaks them and falls while
it does not), and only partitions that break nothing are recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from optimiser.districting.instance import Arrays, Int32s
from optimiser.districting.state import (
    State,
    apply_change,
    connected_after,
    cost_after,
    new_state,
    split_excess,
    violation,
)

__all__ = ["Annealed", "anneal", "penalised_cost", "total_excess", "total_violation"]


@dataclass(frozen=True)
class Annealed:
    """The last partition of a run, and the best valid one (None: none met)."""

    last: Int32s
    last_violation: int
    best: Int32s | None
    best_cost: float


def total_violation(a: Arrays, s: State) -> int:
    """Return the workload outside limits plus one for each banned unit."""
    over = np.maximum(0, s.load - a.upper) + np.maximum(0, a.lower - s.load)
    return int(over.sum()) + int(a.banned[np.arange(s.part.size), s.part].sum())


def total_excess(a: Arrays, s: State) -> int:
    """Return how many parts too many the large estates are in."""
    if not a.estate_parts.size:
        return 0
    return int(np.maximum(0, (s.estate_count > 0).sum(axis=1) - a.estate_parts).sum())


def penalised_cost(a: Arrays, s: State) -> float:
    """Return the cost in units plus the price of splitting large estates too often."""
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
) -> Annealed:
    """Anneal from `part` at temperatures `hot` to `cold` (cost units) over `steps` proposals.

    `price` is the starting price of a unit of workload outside its limits. Only
    partitions cheaper than `best_cost` are recorded.
    """
    state = new_state(a, part)
    best = state.part.copy()
    rng = np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64 | 1], dtype=np.uint64)
    found, value = _run(a, state, best, rng, steps, hot, cold, price, best_cost)
    return Annealed(
        last=state.part,
        last_violation=total_violation(a, state),
        best=best if found else None,
        best_cost=float(value),
    )


@njit(cache=True, nogil=True)
def _random(rng: npt.NDArray[np.uint64], below: int) -> int:
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return int(np.int64((x * np.uint64(2685821657736338717)) >> np.uint64(33)) % below)


@njit(cache=True, nogil=True)
def _pick(a: Arrays, s: State, rng: npt.NDArray[np.uint64]) -> tuple[int, int]:
    """Return a unit at a patch's edge and a neighbouring unit of another patch (or -1)."""
    for _ in range(20):
        u = _random(rng, s.part.size)
        degree = a.nbr_start[u + 1] - a.nbr_start[u]
        if degree == 0:
            continue
        v = a.nbr[a.nbr_start[u] + _random(rng, degree)]
        if s.part[v] != s.part[u]:
            return u, v
    return -1, -1


@njit(cache=True, nogil=True)
def _touches(a: Arrays, s: State, v: int, k: int, but: int) -> bool:
    for i in range(a.nbr_start[v], a.nbr_start[v + 1]):
        w = a.nbr[i]
        if s.part[w] == k and w != but:
            return True
    return False


@njit(cache=True, nogil=True)
def _run(
    a: Arrays,
    s: State,
    best: Int32s,
    rng: npt.NDArray[np.uint64],
    steps: int,
    hot: float,
    cold: float,
    price: float,
    best_cost: float,
) -> tuple[bool, float]:
    p = s.load.size
    ban_price = price * np.mean(a.weight) * 2.0
    over, bans, excess = 0, 0, 0
    cost = 0
    for k in range(p):
        over += violation(a, k, s.load[k])
        cost += int(s.patch_cost[k])
    for u in range(s.part.size):
        cost += int(a.move[u, s.part[u]])
        bans += int(a.banned[u, s.part[u]])
    for e in range(a.estate_parts.size):
        parts = int(np.sum(s.estate_count[e] > 0))
        excess += max(0, parts - int(a.estate_parts[e]))
    found = False
    temperature = hot
    cooling = (cold / hot) ** (1.0 / max(1, steps // 256))
    bad_steps = 0
    least_price, most_price = price / 1e3, price * 30.0
    for step in range(steps):
        if step % 256 == 255:
            temperature *= cooling
            # The price of breaking limits follows how often they are broken.
            factor = 1.02 if bad_steps > 96 else 0.98
            if least_price < price * factor < most_price:
                price *= factor
                ban_price *= factor
            bad_steps = 0
        if over > 0 or bans > 0:
            bad_steps += 1
        u, v = _pick(a, s, rng)
        if u < 0:
            continue
        old, new = s.part[u], s.part[v]
        back = -1
        if _random(rng, 3) == 0:
            back = s.members[new, _random(rng, s.units[new])]
            if not _touches(a, s, back, old, u):
                back = -1
        if back < 0 and s.units[old] == 1:
            continue
        new_old = s.load[old] - a.weight[u]
        new_new = s.load[new] + a.weight[u]
        d_move = int(a.move[u, new] - a.move[u, old])
        d_ban = int(a.banned[u, new]) - int(a.banned[u, old])
        d_split = split_excess(a, s, u, old, new)
        if back >= 0:
            new_old += a.weight[back]
            new_new -= a.weight[back]
            d_move += int(a.move[back, old] - a.move[back, new])
            d_ban += int(a.banned[back, old]) - int(a.banned[back, new])
            if a.estate[back] != a.estate[u]:
                d_split += split_excess(a, s, back, new, old)
            else:
                d_split = 0
        d_over = (
            violation(a, old, new_old)
            + violation(a, new, new_new)
            - violation(a, old, s.load[old])
            - violation(a, new, s.load[new])
        )
        limit = -temperature * np.log((_random(rng, 1 << 30) + 1) / (1 << 30))
        partial = d_move + price * d_over + ban_price * d_ban + a.split_price * d_split
        if partial - s.patch_cost[old] - s.patch_cost[new] > limit:
            continue
        cost_old = cost_after(a, s, old, u, back)
        cost_new = cost_after(a, s, new, back, u)
        d_cost = cost_old + cost_new - int(s.patch_cost[old] + s.patch_cost[new])
        if partial + d_cost > limit:
            continue
        if not connected_after(a, s, old, u, back):
            continue
        if back >= 0 and not connected_after(a, s, new, back, u):
            continue
        apply_change(a, s, u, new)
        if back >= 0:
            apply_change(a, s, back, old)
        s.patch_cost[old] = cost_old
        s.patch_cost[new] = cost_new
        cost += d_cost + d_move
        over += d_over
        bans += d_ban
        excess += d_split
        if over == 0 and bans == 0:
            value = cost + a.split_price * excess
            if value < best_cost - 0.5:
                best_cost = value
                best[:] = s.part
                found = True
    return found, best_cost
