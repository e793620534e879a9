"""Whether the plan of a small week is the best there is.

A proof takes far more time the more stops a day may hold, so that weeks beyond a few hundred
pairs of a node and a shift are left to the search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.proof.bounds import held_nodes
from optimiser.routing.search.annealing import Found, days_of_rows
from optimiser.routing.search.master import best_of_pool

if TYPE_CHECKING:
    from optimiser.routing.arrays.tasks import Compiled
    from optimiser.routing.proof.bounds import Bounds
    from optimiser.routing.search.annealing import RouteKey

__all__ = ["is_proven", "is_small", "prove_found"]

_MOST_PAIRS: Final = 300
_MOST_PAIRS_UNTIMED: Final = 60
_ROUNDS: Final = 15
"""Of pricing, where no clock may decide."""

_AMPLE_S: Final = 1e5
_JOIN_UNITS: Final = 10.0


def is_small(compiled: Compiled, *, timed: bool = True) -> bool:
    """Return whether a proof is likely to be quick; very, where no clock may end it."""
    most = _MOST_PAIRS if timed else _MOST_PAIRS_UNTIMED
    net, pairs = compiled.net, 0
    for s in range(net.shifts):
        pairs += len(held_nodes(net, s))
        if pairs > most:
            return False
    return pairs > 0


def is_proven(found: Found, bounds: Bounds) -> bool:
    """Return whether no plan is better, to a unit."""
    return found.value + 1 > bounds.whole * VALUE_UNITS_PER_POINT


def prove_found(
    compiled: Compiled, found: Found, bounds: Bounds, *, seconds: float | None
) -> tuple[Found, Bounds, frozenset[RouteKey]]:
    """Return the plan or a better one, its bounds, and routes for a search that goes on.

    Parameters
    ----------
    compiled, found, bounds
        The week, the best plan so far with the days met, and the quick bounds.
    seconds
        Limit by the clock; None for a limit that gives the same answer every time.
    """
    from optimiser.routing.proof.prove import prove

    proof = prove(
        compiled,
        incumbent=found.value,
        routes=[(s, nodes) for s, nodes, paired in found.pool if not paired],
        seconds=_AMPLE_S if seconds is None else seconds,
        rounds=_ROUNDS if seconds is None else None,
    )
    if proof.plan:
        joined = best_of_pool(
            compiled,
            [(s, nodes, ()) for s, nodes in proof.plan],
            days_of_rows(compiled, found.rows),
            seconds=_JOIN_UNITS,
            seed=1,
            workers=1,
            deterministic=True,
        )
        if joined is not None and joined[1] > found.value:
            found = Found(joined[0], joined[1], found.pool)
    whole = min(bounds.whole, proof.bound / VALUE_UNITS_PER_POINT)
    return found, bounds._replace(whole=whole), proof.routes
