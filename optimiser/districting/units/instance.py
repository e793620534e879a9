"""The problem on whole units, as flat arrays that compiled code can read.

Blocks that stay together become one unit; walking costs are added up over a
unit's blocks, so that the sums stay exact integers. Centres stay blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.districting.units.further import further_rules, rows_of
from optimiser.errors import InvalidProblem
from optimiser.model import PatchProblem

__all__ = ["Arrays", "Instance", "build_instance", "connected_pieces"]

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Arrays(NamedTuple):
    """What never changes while searching; n blocks, m units, p slots.

    All integers are 64-bit, so that each compiled function is compiled once.

    `cost` (m, n) is the walking cost of a unit from a centre block; `block_of`
    lists the blocks unit by unit, unit u's from `block_start[u]` on, and
    `nbr` / `nbr_start` a unit's neighbours likewise. `estate` is the number of
    an estate too large for any patch, else -1; `estate_parts` the fewest patches
    that it can lie in, each one more priced at `split_price` while searching.

    The further rules, all empty where the problem has none: `amount` (m, d) is what a
    unit adds to each of d measures, `least` and `most` (p, d) limit what a patch holds,
    and `rate` (d,) is the workload that one outside limits counts as while searching.
    A label of a distinct measure that lies in one unit is an amount of 1; one that
    spans several units counts once a patch: `label_of` / `label_start` list a unit's
    such labels and `label_measure` (labels,) names their measures. `apart_of` /
    `apart_start` list the units that a unit may not share a patch with.

    For the search the same rules are counters: measures, pairs kept apart and spanning
    labels. `terms` / `term_start` list a unit's (counter, amount); a row of `rule` has
    a counter's rate, the measure that it adds one to while it is above 0 (-1: itself
    limited) and the least and the most that each slot may hold, by turns.
    """

    cost: Int64s
    centre_cost: Int64s
    move: Int64s
    banned: Bools
    weight: Int64s
    lower: Int64s
    upper: Int64s
    block_unit: Int64s
    block_start: Int64s
    block_of: Int64s
    nbr_start: Int64s
    nbr: Int64s
    estate: Int64s
    estate_parts: Int64s
    split_price: float
    amount: Int64s
    least: Int64s
    most: Int64s
    rate: Int64s
    label_start: Int64s
    label_of: Int64s
    label_measure: Int64s
    apart_start: Int64s
    apart_of: Int64s
    term_start: Int64s
    terms: Int64s
    rule: Int64s


@dataclass(frozen=True)
class Instance:
    """A problem with its unit arrays and names."""

    problem: PatchProblem
    arrays: Arrays
    unit_of: Int64s
    names: tuple[str, ...]
    estates: tuple[str, ...]

    @property
    def units(self) -> int:
        """Return the number of units."""
        return len(self.names)

    @property
    def slots(self) -> int:
        """Return the number of patches to fill."""
        return len(self.problem.slots)


def build_instance(problem: PatchProblem) -> Instance:
    """Return the problem on whole units.

    Raises
    ------
    InvalidProblem
        Where the neighbour graph, or a unit by itself, is not connected.
    """
    # Copies throughout: a read-only array is another type, compiled anew.
    unit_of = problem.unit.astype(np.int64)
    m, p = int(unit_of.max()) + 1, len(problem.slots)
    names = _unit_names(problem, m)
    _require_connected(problem, names)
    order = np.argsort(unit_of, kind="stable").astype(np.int64)
    starts = np.searchsorted(unit_of[order], np.arange(m + 1)).astype(np.int64)
    weight = np.bincount(
        unit_of, weights=[float(b.workload) for b in problem.blocks], minlength=m
    ).astype(np.int64)
    banned = np.zeros((m, p), dtype=np.bool_)
    np.logical_or.at(banned, unit_of, ~problem.allowed)
    nbr_start, nbr = _unit_neighbours(unit_of, problem.edges.astype(np.int64), m)
    upper = np.array([s.upper for s in problem.slots], dtype=np.int64)
    cost = _sum_by_unit(problem.walk_cost, unit_of, m)
    estate, estates, parts = _split_estates(problem, unit_of, weight, int(upper.max()))
    arrays = Arrays(
        cost=cost,
        centre_cost=np.array(problem.centre_cost, dtype=np.int64, order="C"),
        move=_sum_by_unit(problem.move_cost, unit_of, m),
        banned=banned,
        weight=weight,
        lower=np.array([s.lower for s in problem.slots], dtype=np.int64),
        upper=upper,
        block_unit=unit_of,
        block_start=starts,
        block_of=order,
        nbr_start=nbr_start,
        nbr=nbr,
        estate=estate,
        estate_parts=parts,
        split_price=0.0,
        **further_rules(problem, unit_of, weight),
    )
    return Instance(problem, arrays, unit_of, names, estates)


def connected_pieces(a: Arrays, units: npt.NDArray[np.integer]) -> list[Int64s]:
    """Return the pieces that `units` fall into, each sorted, in order of their first unit."""
    left = set(units.tolist())
    pieces = []
    for start in sorted(left):
        if start not in left:
            continue
        left.remove(start)
        piece, stack = [start], [start]
        while stack:
            u = stack.pop()
            for v in a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]].tolist():
                if v in left:
                    left.remove(v)
                    piece.append(v)
                    stack.append(v)
        pieces.append(np.array(sorted(piece), dtype=np.int64))
    return pieces


def _sum_by_unit(values: Int64s, unit_of: Int64s, m: int) -> Int64s:
    total = np.zeros((m, values.shape[1]), dtype=np.int64)
    np.add.at(total, unit_of, values)
    return total


def _unit_names(problem: PatchProblem, m: int) -> tuple[str, ...]:
    names = [""] * m
    sizes = np.bincount(problem.unit, minlength=m)
    for block, unit in zip(problem.blocks, problem.unit, strict=True):
        if sizes[unit] > 1:
            names[unit] = names[unit] or (block.estate or f"the blocks with {block.block_ref}")
        else:
            names[unit] = f"block {block.block_ref}"
    return tuple(names)


def _require_connected(problem: PatchProblem, names: tuple[str, ...]) -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, edges = len(problem.blocks), problem.edges.astype(np.int64)
    unit_of = problem.unit

    def parts(kept: Int64s) -> Int64s:
        ones = np.ones(len(kept), dtype=np.int8)
        graph = coo_array((ones, (kept[:, 0], kept[:, 1])), shape=(n, n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    whole = parts(edges)
    if whole.max() > 0:
        apart = problem.blocks[int(np.flatnonzero(whole != whole[0])[0])].block_ref
        raise InvalidProblem(
            f"edges: the blocks fall into {whole.max() + 1} groups that no edge joins; "
            f"no way leads from {problem.blocks[0].block_ref} to {apart}"
        )
    inside = parts(edges[unit_of[edges[:, 0]] == unit_of[edges[:, 1]]])
    pieces = np.unique(np.stack([unit_of, inside]), axis=1)
    broken = np.flatnonzero(np.bincount(pieces[0], minlength=len(names)) > 1)
    if broken.size:
        listed = ", ".join(names[u] for u in broken[:5])
        raise InvalidProblem(
            f"unit: {broken.size} groups of blocks that must stay together are not joined "
            f"by edges among themselves ({listed}); add edges between their blocks"
        )


def _unit_neighbours(unit_of: Int64s, edges: Int64s, m: int) -> tuple[Int64s, Int64s]:
    pairs = unit_of[edges]
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return rows_of(np.concatenate([pairs, pairs[:, ::-1]]), m)


def _split_estates(
    problem: PatchProblem, unit_of: Int64s, weight: Int64s, largest: int
) -> tuple[Int64s, tuple[str, ...], Int64s]:
    """Return a number for each estate too large for a patch, and its fewest parts."""
    members: dict[str, set[int]] = {}
    for block, unit in zip(problem.blocks, unit_of, strict=True):
        if block.estate is not None:
            members.setdefault(block.estate, set()).add(int(unit))
    # An estate that would fit but is not one unit was let go on purpose.
    estates = tuple(
        sorted(n for n, units in members.items() if weight[list(units)].sum() > largest)
    )
    estate = np.full(len(weight), -1, dtype=np.int64)
    parts = np.ones(len(estates), dtype=np.int64)
    for number, name in enumerate(estates):
        units = sorted(members[name])
        estate[units] = number
        parts[number] = max(1, -(-int(weight[units].sum()) // max(largest, 1)))
    return estate, estates, parts
