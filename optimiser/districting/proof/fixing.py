"""Which choices can still be part of a plan that is no dearer than a known one.

At the best multipliers the Lagrangian L says for each choice (slot k is served from
j; unit u goes to k and j) what any plan with that choice costs at least. Choices
above the cost of a known plan are out (reduced-cost fixing; for this model see
Validi, Buchanan and Lykhovyd, 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optimiser.districting.proof.knapsacks import Floats
from optimiser.districting.units.instance import Arrays, Int64s

if TYPE_CHECKING:
    from optimiser.districting.proof.bounds import Lagrangian

__all__ = ["Choices", "open_choices"]


@dataclass(frozen=True)
class Choices:
    """What is left: equal slots form a kind; pair i is kind `kind[i]` served from `centre[i]`.

    `slots` (kinds,) are the slots of each kind, `units` (pairs, m) the units that may
    be in the patch of each pair. `offer` (kinds, m) is what a unit is worth, its move taken off;
    a patch may cost at most `most` (pairs,) more than that, the way to its centre aside.
    """

    slots: tuple[tuple[int, ...], ...]
    kind: Int64s
    centre: Int64s
    units: npt.NDArray[np.bool_]
    offer: Floats
    most: Floats

    @property
    def count(self) -> int:
        """Return the number of unit choices left."""
        return int(self.units.sum())


def open_choices(a: Arrays, lagrangian: Lagrangian, cost: float) -> Choices:
    """Return the choices that a plan of at most `cost` may use; inf leaves out no plan."""
    kinds = _kinds(a)
    first = np.array([slots[0] for slots in kinds])
    offer, price, value = lagrangian.at_best()
    groups = lagrangian.group_of
    table = price[groups] + a.centre_cost
    spare = _spare(table, value, cost)
    kind, centre, units, most = [], [], [], []
    for number, k in enumerate(first):
        for j in np.flatnonzero(np.isfinite(table[k]) & (spare[k] >= 0)):
            rise = lagrangian.rises(offer, int(groups[k]), int(j))
            kind.append(number)
            centre.append(int(j))
            most.append(price[groups[k], j] + spare[k, j])
            units.append(np.isfinite(rise) & (rise <= spare[k, j]))
    return Choices(
        slots=kinds,
        kind=np.array(kind, dtype=np.int64),
        centre=np.array(centre, dtype=np.int64),
        units=np.array(units, dtype=np.bool_).reshape(len(kind), a.weight.size),
        offer=offer[groups[first]],
        most=np.array(most, dtype=np.float64),
    )


def _kinds(a: Arrays) -> tuple[tuple[int, ...], ...]:
    """Return the slots in groups that differ in nothing."""
    found: dict[object, list[int]] = {}
    for k in range(a.lower.size):
        columns = a.move[:, k].tobytes(), a.banned[:, k].tobytes(), a.centre_cost[k].tobytes()
        limits = a.lower[k], a.upper[k], *a.least[k], *a.most[k]
        found.setdefault((*(int(v) for v in limits), *columns), []).append(k)
    return tuple(tuple(slots) for slots in found.values())


def _spare(table: Floats, value: float, cost: float) -> Floats:
    """Return (p, n) how much dearer a plan may get that serves slot k from j.

    The price of forcing a pair is its reduced cost in the assignment of slots to
    centres, from the duals of that linear program.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    p, n = table.shape
    if not np.isfinite(cost):
        return np.full((p, n), np.inf)
    finite = np.isfinite(table)
    slot, centre = np.nonzero(finite)
    columns = np.arange(slot.size)
    ones = np.ones(slot.size)
    solved = linprog(
        table[finite],
        A_eq=coo_array((ones, (slot, columns)), shape=(p, slot.size)).tocsr(),
        b_eq=np.ones(p),
        A_ub=coo_array((ones, (centre, columns)), shape=(n, slot.size)).tocsr(),
        b_ub=np.ones(n),
        method="highs",
    )
    reduced = np.full((p, n), np.inf)
    if solved.status == 0:
        alpha, beta = solved.eqlin.marginals, np.minimum(0.0, solved.ineqlin.marginals)
        # Any duals give a valid bound; what they fall short of the optimum counts against.
        short = float(table[finite] @ solved.x) - float(alpha.sum() + beta.sum())
        reduced = np.maximum(0.0, table - alpha[:, None] - beta[None, :] - max(0.0, short))
    else:
        reduced[finite] = 0.0
    tolerance = 1e-9 * (abs(cost) + float(np.abs(table[finite]).max(initial=0.0))) + 1.0
    return cost - value - reduced + tolerance
