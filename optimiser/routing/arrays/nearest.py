"""The nearest of many, without sorting them all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["smallest"]


def smallest(values: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.int64]:
    """Return where the `count` smallest are, in their order, the first of equals first."""
    if count >= len(values):
        return np.argsort(values, kind="stable")
    least = np.partition(values, count - 1)[count - 1]
    within = np.flatnonzero(values <= least)
    return within[np.argsort(values[within], kind="stable")][:count]
