"""Shift prices for the week's bound where there are too many columns for linear programming.

The bound (see `bounds`) is valid at any prices; these only make it a good one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from optimiser.routing.proof.bounds import Columns

__all__ = ["stepped_prices"]

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

_STEPS = 40
_SHIFTS_OF_TASK = 250
"""The likeliest shifts of a task that steps look at; the bound itself looks at all."""


def stepped_prices(columns: Columns, worth: F64, keep: I64, until: float) -> F64:
    """Return the best shift prices met in subgradient steps on the Lagrangian.

    `worth` is of all columns, of which only those in `keep` are looked at. After the first,
    no step is made once the monotonic clock passes `until`.
    Tasks for two officers are taken as two halves on any shifts. The price of a shift rises
    while the tasks that would take it fill more than its time, and falls otherwise.
    """
    start = float(worth[keep].max()) / max(float(columns.seconds[keep].mean()), 1.0) / 4
    liked = start * columns.seconds[keep] - worth[keep]
    order = keep[np.lexsort((liked, columns.task[keep]))]
    firsts = np.flatnonzero(np.diff(columns.task[order], prepend=-1))
    sizes = np.diff(np.append(firsts, len(order)))
    order = order[np.arange(len(order)) - np.repeat(firsts, sizes) < _SHIFTS_OF_TASK]
    task, shift, seconds = columns.task[order], columns.shift[order], columns.seconds[order]
    firsts = np.flatnonzero(np.diff(task, prepend=-1))
    sizes = np.diff(np.append(firsts, len(task)))
    capacity = columns.capacity
    prices, best = np.full(len(capacity), start), (np.inf, np.zeros(len(capacity)))
    for step in range(_STEPS):
        profit = worth[order] - prices[shift] * seconds
        most = np.maximum.reduceat(profit, firsts)
        value = float(prices @ capacity + np.maximum(most, 0.0).sum())
        if value < best[0]:
            best = value, prices
        if time.monotonic() > until:
            break
        at = np.flatnonzero((profit == np.repeat(most, sizes)) & (profit > 0))
        # Shifts that a task likes alike share it, or all would go to the first of them.
        shares = 1.0 / np.bincount(task[at], minlength=len(sizes))[task[at]]
        used = np.bincount(shift[at], seconds[at] * shares, minlength=len(capacity))
        over = (used - capacity) / np.maximum(capacity, 1.0)
        prices = prices * np.exp(np.clip(over, -1.0, 1.0) / (1 + step / 4))
    return best[1]
