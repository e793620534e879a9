"""Contradictions between where blocks may go and that a patch hangs together.

Of the units that patch k may take, those of its plan lie in one connected piece. So

- what only k may take (pins, locks, what a person moved) must lie in one such piece,
  and then k takes nothing of any other;
- k takes nothing of a piece that holds less than its lower limit;
- units bound to k are joined by units between them: the lightest way from one to
  another, with all that is bound to k, must keep within its upper limit.

The first two take places away from units, which may bind more of them, and so on until
nothing changes. Every plan lies in what is left: an empty place proves that there is none.
"""

from __future__ import annotations

import heapq

import numpy as np

from optimiser.districting.impossible.wording import in_points, listed
from optimiser.districting.units.instance import Bools, Instance, Int64s, connected_pieces
from optimiser.errors import Infeasible

__all__ = ["require_joined"]

_REMEDY = "relax the pins, locks, bans or the reach that are in the way"


def require_joined(instance: Instance) -> None:
    """Raise Infeasible where blocks bound to a patch cannot be one patch on foot."""
    may = ~instance.arrays.banned
    changed = not may.all()
    while changed:
        changed = False
        for k in range(instance.slots):
            kept = _joinable(instance, may, k)
            if kept.size < int(may[:, k].sum()):
                changed = True
                may[:, k] = False
                may[kept, k] = True
        _require_a_patch_each(instance, may)
    for k in range(instance.slots):
        _require_light_way(instance, may, k)


def _joinable(instance: Instance, may: Bools, k: int) -> Int64s:
    """Return the units that may be in patch k's one piece, as far as that is known."""
    a, name = instance.arrays, instance.problem.slots[k].patch
    # Without a ban it is the whole graph, which hangs together.
    every = np.flatnonzero(may[:, k])
    pieces = [every] if every.size == len(may) else connected_pieces(a, every)
    bound = np.flatnonzero(may[:, k] & (may.sum(axis=1) == 1))
    held = [piece for piece in pieces if np.isin(bound, piece).any()]
    if len(held) > 1:
        one, other = (instance.names[np.intersect1d(piece, bound)[0]] for piece in held[:2])
        raise Infeasible(
            f"{one} and {other} can only be in patch {name}, and no way on foot joins them: "
            f"between them lie blocks that {name} may not take (locked, pinned, banned or out "
            "of reach)",
            f"move one of the two elsewhere, or {_REMEDY}",
        )
    large = [piece for piece in held or pieces if a.weight[piece].sum() >= a.lower[k]]
    if large:
        return np.concatenate(large)
    low = f"below its lower limit of {in_points(int(a.lower[k]))}"
    if held:
        load = int(a.weight[held[0]].sum())
        first = instance.names[bound[0]]
        raise Infeasible(
            f"{first} can only be in patch {name}, and is cut off from what else {name} may "
            f"take: all that joins it comes to {in_points(load)}, {low}",
            f"move {first} elsewhere, or {_REMEDY}",
        )
    load = max((int(a.weight[piece].sum()) for piece in pieces), default=0)
    raise Infeasible(
        f"no blocks in one piece that patch {name} may take come to more than {in_points(load)}, "
        f"{low}",
        _REMEDY,
    )


def _require_a_patch_each(instance: Instance, may: Bools) -> None:
    lost = np.flatnonzero(~may.any(axis=1))
    if lost.size:
        more = f" ({lost.size} groups of blocks in all)" if lost.size > 1 else ""
        patches = [instance.problem.slots[k].patch for k in _places(instance, int(lost[0]))]
        raise Infeasible(
            f"{instance.names[lost[0]]} may go to no patch: those that the rules leave it "
            f"({listed(patches)}) cannot be joined to it on foot{more}",
            _REMEDY,
        )


def _require_light_way(instance: Instance, may: Bools, k: int) -> None:
    """Refuse units bound to patch k that lie so far apart that what joins them is too much."""
    a, slot = instance.arrays, instance.problem.slots[k]
    bound = np.flatnonzero(may[:, k] & (may.sum(axis=1) == 1))
    if bound.size < 2:
        return
    held = int(a.weight[bound].sum())
    between = _least_between(instance, may[:, k], bound)
    far = int(bound[int(np.argmax(between[bound]))])
    load = held + int(between[far])
    if load > slot.upper:
        joined = f"the least that joins them brings it to {in_points(load)}"
        if not between[far]:
            joined, far = f"with all that is bound to it that is {in_points(load)}", int(bound[1])
        raise Infeasible(
            f"{instance.names[bound[0]]} and {instance.names[far]} can only be in patch "
            f"{slot.patch}, and {joined}, above its limit of {in_points(slot.upper)}",
            f"move one of the two elsewhere, or {_REMEDY}",
        )


def _least_between(instance: Instance, may: Bools, bound: Int64s) -> Int64s:
    """Return (m,) the least workload between the first bound unit and each other one.

    What is bound to the patch counts nothing, since it is counted once anyway.
    """
    a = instance.arrays
    weight = a.weight.copy()
    weight[bound] = 0
    least = np.full(a.weight.size, np.iinfo(np.int64).max)
    least[bound[0]] = 0
    waiting = [(0, int(bound[0]))]
    while waiting:
        load, u = heapq.heappop(waiting)
        if load > least[u]:
            continue
        for v in a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]].tolist():
            there = load + int(weight[v])
            if may[v] and there < least[v]:
                least[v] = there
                heapq.heappush(waiting, (there, v))
    return least


def _places(instance: Instance, unit: int) -> list[int]:
    places: list[int] = np.flatnonzero(~instance.arrays.banned[unit]).tolist()
    return places
