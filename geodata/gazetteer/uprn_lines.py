"""Finds the lines of OS Open UPRN that are wanted, compiled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["matching_lines"]


@njit(cache=True, nogil=True)
def matching_lines(
    content: npt.NDArray[np.uint8], wanted: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]
) -> int:
    """Write where the lines begin whose first number is in `wanted` (sorted); return how many."""
    count, at, size = 0, 0, len(content)
    while at < size:
        start, value = at, 0
        if content[at] == 34:  # a quotation mark
            at += 1
        while at < size and 48 <= content[at] <= 57:
            value = value * 10 + (content[at] - 48)
            at += 1
        low = np.searchsorted(wanted, value)
        if low < len(wanted) and wanted[low] == value:
            starts[count] = start
            count += 1
        while at < size and content[at] != 10:
            at += 1
        at += 1
    return count
