"""Blocks become units that no plan divides: estates that fit into a patch, and groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from optimiser.model.patches import PatchMeasure, PatchSlot

__all__ = ["Fit", "join_blocks", "neighbours_of", "pieces"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.integer]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class Fit:
    """Whether blocks may all be in one and the same patch."""

    def __init__(
        self,
        workload: Int64s,
        slots: tuple[PatchSlot, ...],
        allowed: Bools,
        apart: Int32s,
        measures: tuple[PatchMeasure, ...],
    ) -> None:
        self.workload = workload
        self.upper = np.array([slot.upper for slot in slots])
        self.allowed = allowed
        self.apart = [(int(i), int(j)) for i, j in apart]
        self.measures = measures

    def parted(self, blocks: list[int]) -> tuple[int, int] | None:
        """Return a pair of them that has to be kept apart."""
        own = set(blocks)
        return next(((i, j) for i, j in self.apart if i in own and j in own), None)

    def has_patch(self, blocks: list[int]) -> bool:
        """Return whether some patch may have all of them, whatever they weigh."""
        return bool(self.allowed[blocks].all(axis=0).any())

    def fits(self, blocks: list[int]) -> bool:
        """Return whether they fit into a patch that may have all of them."""
        room = self.allowed[blocks].all(axis=0) & (self.workload[blocks].sum() <= self.upper)
        for m in self.measures:
            own = m.amount[blocks]
            held = np.unique(own[own >= 0]).size if m.distinct else own.sum()
            room &= held <= m.upper
        return bool(room.any()) and self.parted(blocks) is None


def join_blocks(
    estates: Sequence[str | None],
    groups: Iterable[Sequence[int]],
    fit: Fit,
    *,
    near: list[list[int]],
    fixed: Collection[int],
    whole: bool,
) -> Int32s:
    """Return (n,) each block's unit, numbered in order of their first blocks.

    Blocks of a group are one unit, whether or not a patch has room for it. With `whole`,
    so is each part of an estate that hangs together by `near` and fits into a patch,
    less what is `fixed` anyway.
    """
    number = np.arange(len(estates))
    for group in groups:
        number[np.isin(number, number[list(group)])] = number[list(group)].min()
    if whole:
        members: dict[str, list[int]] = {}
        for i, estate in enumerate(estates):
            if estate and i not in fixed:
                members.setdefault(estate, []).append(i)
        for own in members.values():
            for piece in pieces(own, near):
                unit = np.flatnonzero(np.isin(number, number[piece]))
                if fit.fits(unit.tolist()):
                    number[unit] = unit.min()
    _, first, inverse = np.unique(number, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int32)


def neighbours_of(edges: Ints, blocks: int) -> list[list[int]]:
    """Return each block's neighbours, sorted."""
    near: list[list[int]] = [[] for _ in range(blocks)]
    for i, j in edges.tolist():
        near[i].append(j)
        near[j].append(i)
    return [sorted(own) for own in near]


def pieces(blocks: Iterable[int], near: list[list[int]]) -> list[list[int]]:
    """Return the connected pieces of some blocks, each sorted, in order of their first."""
    left = set(blocks)
    found = []
    for first in sorted(left):
        if first not in left:
            continue
        left.remove(first)
        piece, waiting = [first], deque([first])
        while waiting:
            for j in near[waiting.popleft()]:
                if j in left:
                    left.remove(j)
                    piece.append(j)
                    waiting.append(j)
        found.append(sorted(piece))
    return found
