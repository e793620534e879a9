"""Units that their neighbours box in: too little for a patch, and too much with any of them.

In unit u's patch k, every other unit v has w_u + w_v <= upper_k. So u's patch lies in the
piece around u of the units that k may take and that keep to this; where that piece holds
less than lower_k for every k that may take u, no plan exists.
"""

from __future__ import annotations

import numpy as np

from optimiser.districting.impossible.wording import points
from optimiser.districting.units.instance import Arrays, Bools, Instance, Int64s

__all__ = ["boxed_in", "boxed_in_unit"]


def boxed_in(instance: Instance) -> str | None:
    """Return which unit cannot be in any patch and why, None where no unit is boxed in."""
    u = boxed_in_unit(instance.arrays)
    return None if u is None else _cause(instance, u)


def boxed_in_unit(a: Arrays) -> int | None:
    """Return the heaviest unit that is boxed in, None where none is."""
    heaviest = int(a.weight.max(initial=0))
    kinds = _kinds_of_slots(a)
    for u in np.argsort(-a.weight, kind="stable").tolist():
        if int(a.weight[u]) + heaviest <= int(a.upper.min()):
            return None  # nothing is too heavy beside it, nor beside lighter ones
        open_to = [k for k in kinds if not a.banned[u, k]]
        if open_to and all(_held_around(a, u, k) < int(a.lower[k]) for k in open_to):
            return int(u)
    return None


def _kinds_of_slots(a: Arrays) -> list[int]:
    """Return a slot of each kind: the same limits and the same units that it may take."""
    kinds: dict[tuple[int, int, bytes], int] = {}
    for k in range(a.lower.size):
        kinds.setdefault((int(a.lower[k]), int(a.upper[k]), a.banned[:, k].tobytes()), k)
    return list(kinds.values())


def _held_around(a: Arrays, u: int, k: int) -> int:
    """Return the workload of the piece that u's patch lies in, if it is patch k."""
    beside: Bools = ~a.banned[:, k] & (a.weight + a.weight[u] <= a.upper[k])
    beside[u] = False
    held, waiting = int(a.weight[u]), [u]
    while waiting and held < int(a.lower[k]):
        for v in _neighbours(a, waiting.pop()).tolist():
            if beside[v]:
                beside[v] = False
                held += int(a.weight[v])
                waiting.append(v)
    return held


def _neighbours(a: Arrays, u: int) -> Int64s:
    return a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]]


def _cause(instance: Instance, u: int) -> str:
    a = instance.arrays
    open_to = np.flatnonzero(~a.banned[u])
    least, most = int(a.lower[open_to].min()), int(a.upper[open_to].max())
    heavy = [v for v in _neighbours(a, u).tolist() if int(a.weight[u] + a.weight[v]) > most]
    beside = ", ".join(
        f"{instance.names[v]} ({points(int(a.weight[v]))})"
        for v in sorted(heavy, key=lambda v: -int(a.weight[v]))[:4]
    )
    too_much = f", and too much with {beside} beside it" if heavy else ""
    return (
        f"{instance.names[u]} ({points(int(a.weight[u]))} points) fits into no contiguous patch "
        f"of {points(least)} to {points(most)} points: it is too little alone{too_much}"
    )
