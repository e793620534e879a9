"""The linear program over the columns met, which says where prices should move.

Minimise the cost of the columns taken, so that each unit is in one and each kind has its
number. The prices are the duals of these rules. Slack at the price of the best point so
far, a margin up and down, keeps them in a box there (du Merle et al., 1999). No bound is
taken from here: `pricing` works it out anew from the prices, whatever they are.
"""

from __future__ import annotations

import numpy as np

from optimiser.districting.proof.pricing import Columns, Prices
from optimiser.districting.units.instance import Int64s

__all__ = ["Master"]

_BOX = 0.3
"""Half the box's width, in average prices of a unit and in the unit's own."""

_DEAR = 20.0
"""Price of a missing patch, in costs of the dearest patch."""


class Master:
    """The columns met so far."""

    def __init__(self, number: Int64s, units: int) -> None:
        self._number, self._units = number, units
        self._at: dict[bytes, int] = {}
        self._rows: list[Int64s] = []
        self._cost: list[float] = []

    @property
    def size(self) -> int:
        """Return the number of columns."""
        return len(self._cost)

    def add(self, columns: Columns) -> int:
        """Add the columns that are new or cheaper; return how many."""
        added = 0
        for units, kind, cost in zip(columns.units, columns.kind, columns.cost, strict=True):
            key = bytes([*kind.tobytes(), *np.packbits(units).tobytes()])
            at = self._at.setdefault(key, self.size)
            if at == self.size:
                self._rows.append(np.append(np.flatnonzero(units), self._units + kind))
                self._cost.append(float(cost))
            elif cost < self._cost[at]:
                self._cost[at] = float(cost)
            else:
                continue
            added += 1
        return added

    def solve(self, centre: Prices) -> tuple[float, Prices] | None:
        """Return the program's value and its prices, in a box around `centre`."""
        from scipy.optimize import linprog
        from scipy.sparse import csc_array, eye_array, hstack, vstack

        m, kinds = self._units, self._number.size
        cost = np.array(self._cost)
        scale = max(1.0, float(np.abs(cost).mean()))
        away = 1.0 + _BOX * (np.abs(centre.unit) + float(np.abs(centre.unit).mean()))
        starts = np.concatenate([[0], np.cumsum([rows.size for rows in self._rows])])
        at = np.concatenate(self._rows)
        taken = csc_array((np.ones(at.size), at, starts), shape=(m + kinds, self.size))
        slack = vstack([eye_array(m), csc_array((kinds, m))])
        missing = vstack([csc_array((m, kinds)), eye_array(kinds)])
        solved = linprog(
            np.concatenate(
                [cost, centre.unit + away, away - centre.unit,
                 np.full(kinds, _DEAR * float(np.abs(cost).max() + 1.0))]
            )
            / scale,
            A_eq=hstack([taken, slack, -slack, missing]).tocsc(),
            b_eq=np.concatenate([np.ones(m), self._number.astype(np.float64)]),
            method="highs",
        )  # fmt: skip
        if solved.status != 0:
            return None
        duals = np.asarray(solved.eqlin.marginals) * scale
        return float(solved.fun) * scale, Prices(duals[:m], duals[m:])
