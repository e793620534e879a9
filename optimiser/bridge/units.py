"""The units that no plan divides, with what is wrong with groups that cannot be one.

The neighbours that a lock takes away are mended here too, since a unit and what
is left around a locked patch have to hang together.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geodata.findings import counted
from optimiser.bridge.rule_names import listed
from optimiser.bridge.slots import Locked
from optimiser.model.patches import PatchSlot
from optimiser.model.units import Fit, join_blocks, neighbours_of, pieces

if TYPE_CHECKING:
    from optimiser.bridge.rule_names import RuleNames

__all__ = ["build_units", "edges_around_locks"]

Ints = npt.NDArray[np.integer]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def build_units(
    estates: list[str | None],
    groups: list[list[int]],
    fit: Fit,
    *,
    edges: Ints,
    locked: Locked,
    whole: bool,
    names: RuleNames,
) -> Int32s:
    """Return (n,) each block's unit, numbered in order of their first blocks.

    Blocks that are to be together are one; so is an estate that fits into a patch,
    less what a locked patch keeps of it. A group that cannot be one is a fault.
    """
    near = neighbours_of(edges, len(estates))
    fixed = {int(i) for own in locked.values() for i in own}
    unit = join_blocks(estates, groups, fit, near=near, fixed=fixed, whole=whole)
    for n in dict.fromkeys(int(unit[group[0]]) for group in groups):
        _require_one(np.flatnonzero(unit == n).tolist(), fit, near, names)
    return unit


def _require_one(unit: list[int], fit: Fit, near: list[list[int]], names: RuleNames) -> None:
    """Note why blocks that are to be together cannot be."""
    refs = [names.refs[i] for i in unit]
    parted = fit.parted(unit)
    if parted is not None:
        pair = " and ".join(names.refs[i] for i in parted)
        names.fault("together", f"holds {pair}, which apart keeps apart", "remove one of the two")
    elif not fit.has_patch(unit):
        reason = f"cannot be kept: no patch may have all of {listed(refs)}"
        remedy = "remove it, or a pin, lock, ban or reach that is in its way"
        names.fault("together", reason, remedy)
    split = pieces(unit, near)
    if len(split) > 1:
        between = [names.refs[i] for i in _between(split, near)]
        parts = " and ".join(names.refs[piece[0]] for piece in split[:2])
        names.fault(
            "together",
            f"is not in one piece on foot: {parts} have {listed(between)} between them",
            f"add {listed(between)} to the list, or remove it",
        )


def _between(split: list[list[int]], near: list[list[int]]) -> list[int]:
    """Return the fewest blocks that join the first piece to another; the graph is connected."""
    goal = {i for piece in split[1:] for i in piece}
    came: dict[int, int] = dict.fromkeys(split[0], -1)
    waiting = deque(split[0])
    i = waiting[0]
    while i not in goal:
        i = waiting.popleft()
        for j in near[i]:
            if j not in came:
                came[j] = i
                waiting.append(j)
    path = []
    while came[i] >= 0:
        i = came[i]
        path.append(i)
    return path[-2::-1]


def edges_around_locks(
    edges: Ints,
    locked: Locked,
    slots: tuple[PatchSlot, ...],
    *,
    workload: Int64s,
    walk_s: FloatArray,
    names: RuleNames,
) -> tuple[Int32s, tuple[str, ...]]:
    """Return the neighbours, and sentences on those added because of the locks.

    A locked patch stays as it is even where it lies in parts. What locked patches close
    in is joined to the nearest block beyond where it could not be a patch, or patches,
    of its own.
    """
    edges = np.asarray(edges, dtype=np.int32).reshape(-1, 2)
    notes: list[str] = []
    for k, own in locked.items():
        split = pieces(own.tolist(), neighbours_of(edges, len(workload)))
        if len(split) > 1:
            notes.append(
                f"Patch {slots[k].patch} is locked and lies in {len(split)} parts; "
                "it stays as it is."
            )
        while len(split) > 1:
            rest = [i for piece in split[1:] for i in piece]
            edges = _with(edges, _nearest(split[0], rest, walk_s))
            split = pieces(own.tolist(), neighbours_of(edges, len(workload)))
    if locked:
        limits = [(s.lower, s.upper) for k, s in enumerate(slots) if k not in locked]
        free = np.setdiff1d(np.arange(len(workload)), np.concatenate([*locked.values()]))
        edges, joined = _joined(edges, free.tolist(), limits, workload, walk_s)
        if joined:
            shown = listed([f"{names.refs[i]} to {names.refs[j]}" for i, j in joined])
            notes.append(
                f"Closed in by locked patches and of no size for patches of their own: "
                f"{counted(len(joined), 'group')} of blocks, joined to the nearest beyond: {shown}."
            )
    return edges, tuple(notes)


def _joined(
    edges: Int32s,
    free: list[int],
    limits: list[tuple[int, int]],
    workload: Int64s,
    walk_s: FloatArray,
) -> tuple[Int32s, list[tuple[int, int]]]:
    """Return the neighbours with the pairs, listed, that leave no piece that cannot be patches."""
    joined: list[tuple[int, int]] = []
    while len(split := pieces(free, neighbours_of(edges, len(workload)))) > 1:
        stuck = [p for p in split if not _could_be_patches(int(workload[p].sum()), limits)]
        if not stuck:
            break
        piece = min(stuck, key=lambda p: (int(workload[p].sum()), p))
        pair = _nearest(piece, [i for p in split if p is not piece for i in p], walk_s)
        edges = _with(edges, pair)
        joined.append(pair)
    return edges, joined


def _with(edges: Int32s, pair: tuple[int, int]) -> Int32s:
    return np.concatenate([edges, np.array([sorted(pair)], dtype=np.int32)])


def _nearest(piece: list[int], others: list[int], walk_s: FloatArray) -> tuple[int, int]:
    """Return the pair, one of each, with the shortest walk."""
    seconds = walk_s[np.ix_(piece, others)]
    i, j = np.unravel_index(int(seconds.argmin()), seconds.shape)
    return piece[int(i)], others[int(j)]


def _could_be_patches(load: int, limits: list[tuple[int, int]]) -> bool:
    """Return False where no number of patches could hold just so much."""
    least = np.cumsum(sorted(low for low, _ in limits))
    most = np.cumsum(sorted((high for _, high in limits), reverse=True))
    return bool(((least <= load) & (load <= most)).any())
