"""Starting partitions: the current patches repaired, and random spanning trees.

Both split a connected group of units among a group of slots, again and again:
draw a random spanning tree and cut the edge that shares the workload best
(the ReCom proposal of DeFord, Duchin and Solomon, 2021). Workload limits need
not hold yet; contiguity does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from optimiser.districting.search.state import new_state
from optimiser.districting.units.instance import Arrays, Instance, Int64s, connected_pieces
from optimiser.districting.units.measures import held_by

__all__ = ["current_start", "grow", "relabel", "tree_start", "with_split_price"]

_SPLIT_SHARE = 0.05

Generator = np.random.Generator


def tree_start(instance: Instance, rng: Generator) -> Int64s:
    """Return a contiguous partition (m,) by random spanning trees alone."""
    part = np.full(instance.units, -1, dtype=np.int64)
    order = rng.permutation(instance.slots)
    _divide(instance.arrays, np.arange(instance.units), list(order), part, rng)
    return relabel(instance.arrays, part)


def current_start(instance: Instance, rng: Generator) -> Int64s | None:
    """Return the current patches, repaired and with new slots cut out of the heaviest.

    None where no slot has a current patch.
    """
    a = instance.arrays
    home = _current_patch(instance)
    if (home < 0).all():
        return None
    regions = grow(a, home)
    slots_of = {int(k): [int(k)] for k in np.unique(regions)}
    load = {k: float(a.weight[regions == k].sum()) for k in slots_of}
    size = {k: int((regions == k).sum()) for k in slots_of}
    target = (a.lower + a.upper) / 2
    for k in sorted(set(range(instance.slots)) - set(slots_of), key=lambda k: -target[k]):
        able = [r for r in slots_of if size[r] > len(slots_of[r])]
        heaviest = max(able, key=lambda r: (load[r] / max(1.0, target[slots_of[r]].sum()), -r))
        slots_of[heaviest].append(k)
    part = np.full(instance.units, -1, dtype=np.int64)
    for region, slots in slots_of.items():
        _divide(a, np.flatnonzero(regions == region), slots, part, rng)
    return relabel(a, part)


def with_split_price(instance: Instance, rng: Generator) -> Instance:
    """Return the instance with a price for each part too many of a large estate.

    It is a small share of an average patch's cost in a start, so that it decides
    between plans of nearly the same cost; no plan's objective contains it.
    """
    if not instance.estates:
        return instance
    start = current_start(instance, rng)
    part = tree_start(instance, rng) if start is None else start
    units = np.arange(instance.units)
    a = instance.arrays
    cost = float(new_state(a, part).patch_cost.sum() + a.move[units, part].sum())
    price = 1.0 + _SPLIT_SHARE * cost / instance.slots
    return replace(instance, arrays=a._replace(split_price=price))


def relabel(a: Arrays, part: Int64s) -> Int64s:
    """Return the same partition with slots given out at least cost (assignment problem)."""
    from scipy.optimize import linear_sum_assignment

    p = a.lower.size
    price = np.zeros((p, p))
    scale = float(max(1, a.cost.max(), a.move.sum(axis=0).max()))
    for group in range(p):
        units = np.flatnonzero(part == group)
        load = a.weight[units].sum()
        blocks = np.flatnonzero(np.isin(a.block_unit, units))
        walk = a.cost[np.ix_(units, blocks)].sum(axis=0)
        price[group] = (walk + a.centre_cost[:, blocks]).min(axis=1) + a.move[units].sum(axis=0)
        outside = np.maximum(0, load - a.upper) + np.maximum(0, a.lower - load)
        held = held_by(a, part[None] == group)
        further = np.maximum(0, held - a.most) + np.maximum(0, a.least - held)
        outside += further @ a.rate
        price[group] += scale * (outside / max(1.0, a.weight.mean()) + a.banned[units].sum(axis=0))
    groups, slots = linear_sum_assignment(price)
    label = np.empty(p, dtype=np.int64)
    label[groups] = slots
    return label[part]


def _current_patch(instance: Instance) -> Int64s:
    """Return each unit's current slot by the workload of its blocks, -1 for none."""
    slot_of = {s.patch: k for k, s in enumerate(instance.problem.slots)}
    votes = np.zeros((instance.units, instance.slots))
    for block, unit in zip(instance.problem.blocks, instance.unit_of, strict=True):
        k = slot_of.get(block.current_patch or "", -1)
        if k >= 0:
            votes[unit, k] += block.workload + 1
    return np.where(votes.max(axis=1) > 0, votes.argmax(axis=1), -1).astype(np.int64)


def grow(a: Arrays, home: Int64s) -> Int64s:
    """Keep the heaviest contiguous piece of each patch and give the rest to neighbours."""
    regions = np.full(home.size, -1, dtype=np.int64)
    for k in np.unique(home[home >= 0]):
        pieces = connected_pieces(a, np.flatnonzero(home == k))
        regions[max(pieces, key=lambda piece: (a.weight[piece].sum(), -piece[0]))] = k
    front = list(np.flatnonzero(regions >= 0))
    while front:
        reached = []
        for u in front:
            for v in a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]]:
                if regions[v] < 0:
                    regions[v] = regions[u]
                    reached.append(v)
        front = reached
    return regions


def _divide(
    a: Arrays,
    units: npt.NDArray[np.integer],
    slots: list[int],
    part: Int64s,
    rng: Generator,
    tries: int = 8,
) -> None:
    """Share connected `units` among `slots` by cutting random spanning trees."""
    stack = [(np.asarray(units), slots)]
    while stack:
        group, share = stack.pop()
        if len(share) == 1:
            part[group] = share[0]
            continue
        cuts = [_best_cut(a, group, share, rng) for _ in range(tries)]
        _, inside, split = min(cuts, key=lambda cut: cut[0])
        stack.append((group[inside], share[:split]))
        stack.append((group[~inside], share[split:]))


def _best_cut(
    a: Arrays, group: npt.NDArray[np.integer], slots: list[int], rng: Generator
) -> tuple[float, npt.NDArray[np.bool_], int]:
    """Return (misfit, which units are below the cut, how many slots they get)."""
    order, parent = _spanning_tree(a, group, rng)
    load = a.weight[group].astype(float)
    size = np.ones(len(group), dtype=np.int64)
    for i in order[:0:-1]:
        load[parent[i]] += load[i]
        size[parent[i]] += size[i]
    target = (a.lower[slots] + a.upper[slots]) / 2
    before = np.cumsum(target)[:-1] / max(1.0, float(target.sum()))
    total, many = max(1.0, float(load[order[0]])), len(slots)
    below = order[1:]
    # Near halves keep later cuts possible; both sides need a unit for each slot.
    misfit = np.abs(load[below][:, None] / total - before[None, :])
    taken = np.arange(1, many)
    possible = (size[below][:, None] >= taken) & (len(group) - size[below][:, None] >= many - taken)
    misfit = misfit * many + 0.1 * np.abs(taken - many / 2) / many + np.where(possible, 0.0, 1e9)
    row, column = np.unravel_index(int(np.argmin(misfit)), misfit.shape)
    root = below[row]
    inside = np.zeros(len(group), dtype=np.bool_)
    inside[root] = True
    for i in order[1:]:
        inside[i] |= inside[parent[i]]
    return float(misfit[row, column]), inside, int(taken[column])


def _spanning_tree(
    a: Arrays, group: npt.NDArray[np.integer], rng: Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return a random spanning tree of `group`: positions, parents first, and parents."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

    local = np.full(a.weight.size, -1, dtype=np.int64)
    local[group] = np.arange(len(group))
    degree = np.diff(a.nbr_start)[group]
    source = np.repeat(np.arange(len(group)), degree)
    ends = [a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]] for u in group]
    target = local[np.concatenate(ends)]
    keep = target > source
    graph = coo_array(
        (rng.uniform(1.0, 2.0, int(keep.sum())), (source[keep], target[keep])),
        shape=(len(group), len(group)),
    ).tocsr()
    tree = minimum_spanning_tree(graph)
    root = int(rng.integers(len(group)))
    order, parent = breadth_first_order(tree, root, directed=False)
    return np.asarray(order, dtype=np.int64), np.asarray(parent, dtype=np.int64)
