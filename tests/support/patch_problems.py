"""Patch problems drawn at random, with every kind of rule in them, on any graph of blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimiser.model import PatchBlock, PatchMeasure, PatchProblem, PatchSlot

__all__ = ["Planted", "connected_edges", "planted_problem", "random_problem"]

Edges = list[tuple[int, int]]
Ints = npt.NDArray[np.int64]

FTE = (1.0, 0.8, 0.6)


@dataclass(frozen=True)
class Planted:
    """A problem and a plan that keeps all its rules."""

    problem: PatchProblem
    slot_of: Ints


def connected_edges(rng: np.random.Generator, n: int, *, further: float) -> Edges:
    """Return a random tree and `further` edges a block between blocks near in number."""
    edges = {(int(rng.integers(max(0, j - 4), j)), j) for j in range(1, n)}
    for _ in range(int(further * n)):
        i = int(rng.integers(0, n))
        j = i + int(rng.integers(1, 5))
        if j < n:
            edges.add((i, j))
    return sorted(edges)


def random_problem(
    edges: Edges, n: int, patches: int, seed: int, *, further_rules: bool = False
) -> PatchProblem:
    """Return a problem of n blocks that may or may not have a plan.

    Posts differ in their hours, some blocks stay together, some may not go to some
    patches, and moving homes and the way from the service centre cost something or
    nothing. `further_rules`: blocks kept apart and further measures too.
    """
    rng = np.random.default_rng(seed)
    work = rng.integers(0, 60, n) * (rng.random(n) < 0.9)
    hours = np.array([FTE[k] for k in rng.integers(0, len(FTE), patches)])
    target = work.sum() * hours / hours.sum()
    slack = rng.choice([0.1, 0.3, 0.6])
    limits = np.stack([np.ceil(target * (1 - slack)), np.floor(target * (1 + slack))], axis=1)
    allowed = rng.random((n, patches)) > rng.choice([0.0, 0.15])
    unit = np.arange(n)
    for i, j in edges:
        if rng.random() < 0.1:
            unit[unit == unit[j]] = unit[i]
    rules = {}
    if further_rules:
        rules = {"apart": _pairs(rng, n), "measures": _measures(rng, n, patches)}
    return _build(rng, edges, work, limits.astype(np.int64), unit, allowed, **rules)


def planted_problem(n: int, patches: int, seed: int, *, further_rules: bool = False) -> Planted:
    """Return a problem of n blocks around a plan that grows from random blocks.

    The limits leave it between nothing and a fifth of room, estates lie within its
    patches, and bans spare it; blocks kept apart and measures do so too.
    """
    rng = np.random.default_rng(seed)
    edges = connected_edges(rng, n, further=float(rng.choice([0.3, 1.0, 2.0])))
    slot_of = _grown(rng, edges, n, patches)
    work = rng.integers(0, 90, n)
    load = np.bincount(slot_of, weights=work, minlength=patches)
    room = np.array([rng.choice([0.0, 0.05, 0.2]) for _ in range(patches)])
    limits = np.stack([np.ceil(load * (1 - room)), np.floor(load * (1 + room))], axis=1)
    allowed = rng.random((n, patches)) > rng.choice([0.0, 0.1, 0.5])
    allowed[np.arange(n), slot_of] = True
    unit = np.arange(n)
    for i, j in edges:
        if slot_of[i] == slot_of[j] and rng.random() < 0.15:
            unit[unit == unit[j]] = unit[i]
    rules = {}
    if further_rules:
        pairs = _pairs(rng, n)
        kept = pairs[slot_of[pairs[:, 0]] != slot_of[pairs[:, 1]]]
        rules = {"apart": kept, "measures": _measures(rng, n, patches, slot_of)}
    problem = _build(rng, edges, work, limits.astype(np.int64), unit, allowed, **rules)
    return Planted(problem, slot_of)


def _grown(rng: np.random.Generator, edges: Edges, n: int, patches: int) -> Ints:
    """Return contiguous patches, each step one more block for one of them."""
    near: dict[int, list[int]] = {i: [] for i in range(n)}
    for i, j in edges:
        near[i].append(j)
        near[j].append(i)
    slot_of = np.full(n, -1)
    slot_of[rng.choice(n, patches, replace=False)] = np.arange(patches)
    while (slot_of < 0).any():
        reached = [(i, j) for i in range(n) if slot_of[i] >= 0 for j in near[i] if slot_of[j] < 0]
        i, j = reached[rng.integers(len(reached))]
        slot_of[j] = slot_of[i]
    return slot_of


def _pairs(rng: np.random.Generator, n: int) -> Ints:
    count = int(rng.integers(0, 3))
    pairs = [sorted(rng.choice(n, 2, replace=False).tolist()) for _ in range(count)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _measures(
    rng: np.random.Generator, n: int, patches: int, slot_of: Ints | None = None
) -> tuple[PatchMeasure, ...]:
    """Return a sum and a count of labels; where there is a plan, with limits that it keeps."""
    sums, labels = rng.integers(0, 20, n), rng.integers(-1, 4, n)
    if slot_of is None:
        most = np.full(patches, int(sums.sum() * rng.choice([0.5, 0.7, 1.0])))
        least = np.full(patches, int(rng.integers(0, 8)))
        various = np.full(patches, int(rng.integers(2, 5)))
    else:
        held = np.bincount(slot_of, weights=sums, minlength=patches).astype(np.int64)
        most = held + rng.integers(0, 10, patches)
        least = np.maximum(0, held - rng.integers(0, 10, patches))
        of = [{int(x) for x in labels[slot_of == k]} - {-1} for k in range(patches)]
        various = np.array([len(own) for own in of]) + rng.integers(0, 2, patches)
    return (
        PatchMeasure(name="homes", amount=sums, lower=least, upper=most),
        PatchMeasure(
            name="estates",
            amount=labels,
            lower=np.zeros(patches, dtype=np.int64),
            upper=various,
            distinct=True,
        ),
    )


def _build(
    rng: np.random.Generator,
    edges: Edges,
    work: Ints,
    limits: Ints,
    unit: Ints,
    allowed: npt.NDArray[np.bool_],
    **rules: object,
) -> PatchProblem:
    n, patches = allowed.shape
    at = rng.integers(0, 500, (n, 2))
    metres = np.abs(at[:, None] - at[None]).sum(axis=2)
    current = rng.integers(-1, patches, n)
    moved = np.where(current[:, None] == np.arange(patches), 0, rng.integers(0, 30, n)[:, None])
    names = [f"P{k}" for k in range(patches)]
    unit = np.unique(unit, return_inverse=True)[1]
    sizes = np.bincount(unit)
    return PatchProblem(
        blocks=tuple(
            PatchBlock(
                block_ref=f"B{i}",
                estate=f"E{unit[i]}" if sizes[unit[i]] > 1 else None,
                homes=10,
                workload=int(work[i]),
                current_patch=names[current[i]] if current[i] >= 0 else None,
                easting=at[i, 0],
                northing=at[i, 1],
            )
            for i in range(n)
        ),
        slots=tuple(
            PatchSlot(
                patch=name,
                officer_ref=f"HO{k}",
                target=int((low + high) / 2),
                lower=low,
                upper=high,
            )
            for k, (name, (low, high)) in enumerate(zip(names, limits.tolist(), strict=True))
        ),
        unit=unit,
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        walk_cost=(work[:, None] + 1) * metres,
        centre_cost=rng.integers(0, 4_000, (patches, n)) * int(rng.integers(0, 2)),
        move_cost=moved * int(rng.choice([0, 20, 500])),
        moved_homes=moved,
        allowed=allowed,
        **rules,
    )
