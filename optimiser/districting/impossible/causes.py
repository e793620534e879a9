"""Why a problem that is proven to have no plan has none, and what would mend it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from optimiser.districting.impossible.boxed_in import boxed_in_unit
from optimiser.districting.impossible.feasibility import Answer, divide, part_of_time
from optimiser.districting.impossible.further_causes import (
    blame_further,
    has_further,
    without_further,
)
from optimiser.districting.impossible.wording import points
from optimiser.districting.proof.knapsacks import Floats
from optimiser.districting.units.instance import Arrays, Instance, Int64s, connected_pieces
from optimiser.districting.units.measures import within_further
from optimiser.errors import Infeasible

__all__ = ["explain_impossible"]

_MOST_UNITS_TRIED = 20
_TRIES = 12
_LEAST_STEP = 0.005
_NEAR = 0.001
"""How near, as a share, what is known and what is ruled out should come."""


def explain_impossible(
    instance: Instance,
    broken: Int64s | None,
    seconds_left: Callable[[], float] | None,
    *,
    cause: str | None = None,
) -> Infeasible:
    """Return the error for a problem proven impossible, its cause as narrow as can be shown.

    `broken` (m,) is a contiguous division beyond the limits, where one is known; so may
    be the `cause`.
    """
    if cause is not None:
        return Infeasible(cause, _cheapest_balance(instance, broken, seconds_left))
    blamed = blame_further(instance, part_of_time(seconds_left, 0.5))
    if blamed is not None:
        return Infeasible(*blamed)
    a = without_further(instance.arrays)
    also = " and all further limits" if has_further(instance.arrays) else ""
    limits = f"{points(int(a.lower.min()))} to {points(int(a.upper.max()))} points"
    cause = (
        f"no division into {instance.slots} contiguous patches keeps all of them within "
        f"their workload limits ({limits}){also}: proven by trying every combination"
    )
    apart = divide(a, contiguous=(), seconds_left=part_of_time(seconds_left, 0.25))
    if apart.answer is Answer.IMPOSSIBLE:
        cause = (
            f"the blocks' workloads cannot be put together into {instance.slots} patches of "
            f"{limits}, not even of blocks far apart: proven by trying every combination"
        )
    elif instance.slots > 1 and (lonely := _lonely(instance, part_of_time(seconds_left, 0.25))):
        cause = lonely
    return Infeasible(cause, _cheapest_balance(instance, broken, part_of_time(seconds_left, 0.9)))


def _lonely(instance: Instance, seconds_left: Callable[[], float] | None) -> str | None:
    """Name a unit that is in no contiguous patch of the right size, the heaviest first."""
    a = without_further(instance.arrays)
    total, low, high = int(a.weight.sum()), int(a.lower.min()), int(a.upper.max())
    heaviest = np.argsort(-a.weight, kind="stable")[:_MOST_UNITS_TRIED]
    for u in heaviest.tolist():
        # The unit's patch against all the rest, which need not hang together.
        banned = np.zeros((a.weight.size, 2), dtype=np.bool_)
        banned[u, 1] = True
        pair = a._replace(
            lower=np.array([low, total - high]),
            upper=np.array([high, total - low]),
            banned=banned,
            least=a.least[:2],
            most=a.most[:2],
        )
        if divide(pair, contiguous=(0,), seconds_left=seconds_left).answer is Answer.IMPOSSIBLE:
            return (
                f"{instance.names[u]} ({points(int(a.weight[u]))} points) fits into no "
                f"contiguous patch: no blocks that join it bring it to "
                f"{points(low)} to {points(high)} points"
            )
    return None


def _cheapest_balance(
    instance: Instance, broken: Int64s | None, seconds_left: Callable[[], float] | None
) -> str:
    """Say at which balance a plan is known, and up to which none is proven to exist."""
    a = instance.arrays
    target = np.maximum(1, np.array([s.target for s in instance.problem.slots]))
    # A locked patch has no room, whatever the balance is.
    free = np.array([s.patch not in instance.problem.locked for s in instance.problem.slots])
    room = np.stack([1 - a.lower / target, a.upper / target - 1])[:, free]
    asked, none = float(room.max(initial=0.0)), float(room.min(initial=1.0))
    known = math.inf
    if broken is not None and _is_sound(a, broken):
        known = _balance_of(a, broken, target)
    for _ in range(_TRIES):
        nearest = max(none, asked, _LEAST_STEP)
        balance = min(2 * nearest, 1.0) if math.isinf(known) else (nearest + known) / 2
        if known - none < _NEAR:
            break
        wider = a._replace(
            lower=np.minimum(a.lower, np.ceil(target * (1 - balance)).astype(np.int64)),
            upper=np.maximum(a.upper, np.floor(target * (1 + balance)).astype(np.int64)),
        )
        if boxed_in_unit(wider) is not None:
            none = max(none, balance)
            continue
        found = divide(wider, seconds_left=part_of_time(seconds_left, 0.5))
        if found.part is not None:
            known = min(known, _balance_of(a, found.part, target))
        elif found.answer is Answer.IMPOSSIBLE:
            none = max(none, balance)
        else:
            break
    proven = f"up to {math.floor(1000 * none + 1e-6) / 10:.1f} % none does" if none >= 0.001 else ""
    if none >= 1.0:
        further = ", or relax the further limits" if has_further(a) else ""
        return f"remove pins or bans, or extend the reach{further}: no balance up to 100 % would do"
    if math.isinf(known):
        return f"raise the balance{f' far enough: {proven}' if proven else ''}"
    where = f"raise the balance to {math.ceil(1000 * known - 1e-6) / 10:.1f} %, where a plan exists"
    return f"{where} ({proven})" if proven else where


def _is_sound(a: Arrays, part: Int64s) -> bool:
    """Say whether every slot has one contiguous patch of units that it may take."""
    pieces = [connected_pieces(a, np.flatnonzero(part == k)) for k in range(a.lower.size)]
    allowed = not a.banned[np.arange(part.size), part].any()
    kept = all(within_further(a, part[None] == k, k).all() for k in range(a.lower.size))
    return allowed and kept and all(len(found) == 1 for found in pieces)


def _balance_of(a: Arrays, part: Int64s, target: Floats) -> float:
    load = np.bincount(part, weights=a.weight, minlength=target.size)
    return float(np.abs(load / target - 1).max())
