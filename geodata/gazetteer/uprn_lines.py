"""Finds the lines of OS Open UPRN that are wanted, compiled."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["matching_lines"]


TABLE_BITS: Final = 20


def last_bits(wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return a table of the last bits of numbers: True where one of `wanted` ends in them.

    Nearly all of the file's lines are told by one look into it.
    """
    table = np.zeros(2**TABLE_BITS, dtype=np.bool_)
    table[wanted & (2**TABLE_BITS - 1)] = True
    return table


@njit(cache=True, nogil=True)
def matching_lines(
    content: npt.NDArray[np.uint8],
    wanted: npt.NDArray[np.int64],
    table: npt.NDArray[np.bool_],
    starts: npt.NDArray[np.int64],
) -> int:
    """Write where the lines begin whose first number is wanted; return how many there are.

    `wanted` is sorted, `table` is its `last_bits`; `starts` is as long as `content`.
    """
    count, at, size, mask = 0, 0, len(content), len(table) - 1
    while at < size:
        start, value = at, 0
        if content[at] == 34:  # a quotation mark
            at += 1
        while at < size and 48 <= content[at] <= 57:
            value = value * 10 + (content[at] - 48)
            at += 1
        if table[value & mask]:
            low = np.searchsorted(wanted, value)
            if low < len(wanted) and wanted[low] == value:
                starts[count] = start
                count += 1
        while at < size and content[at] != 10:
            at += 1
        at += 1
    return count
