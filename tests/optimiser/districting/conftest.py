"""Small grids of blocks, and all their plans by brute force."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from patch_brute_force import Best, cheapest

from optimiser.model import PatchBlock, PatchProblem, PatchSlot

MakeGrid = Callable[..., PatchProblem]


@pytest.fixture(scope="session")
def grid() -> MakeGrid:
    """Return a maker of grids, block i at row i // columns; neighbours share a side."""
    return make_grid


@pytest.fixture(scope="session")
def brute_force() -> Callable[[PatchProblem], Best]:
    """Return a solver that tries every way to give units to patches."""
    return cheapest


def make_grid(
    rows: int,
    columns: int,
    patches: int,
    *,
    workload: list[int] | None = None,
    unit: list[int] | None = None,
    limits: list[tuple[int, int]] | tuple[int, int] | None = None,
    estate: list[str | None] | None = None,
    current: list[str | None] | None = None,
    moved_price: int = 0,
    centre_cost: np.ndarray | None = None,
    allowed: np.ndarray | None = None,
) -> PatchProblem:
    """Make rows x columns blocks 100 m apart, of 10 homes; walking costs weight x metres."""
    n = rows * columns
    at = np.array([(i // columns, i % columns) for i in range(n)]) * 100.0
    work = np.array([100] * n if workload is None else workload)
    share = int(work.sum()) // patches
    if limits is None:
        limits = (0, int(work.sum()))
    pairs = limits if isinstance(limits, list) else [limits] * patches
    slots = tuple(
        PatchSlot(patch=f"P{k}", officer_ref=f"HO{k}", target=share, lower=low, upper=high)
        for k, (low, high) in enumerate(pairs)
    )
    blocks = tuple(
        PatchBlock(
            block_ref=f"B{i}",
            estate=estate[i] if estate else None,
            homes=10,
            workload=int(work[i]),
            current_patch=current[i] if current else None,
            easting=at[i, 1],
            northing=at[i, 0],
        )
        for i in range(n)
    )
    metres = np.abs(at[:, None] - at[None]).sum(axis=2)
    edges = [(i, i + 1) for i in range(n) if (i + 1) % columns]
    edges += [(i, i + columns) for i in range(n - columns)]
    moved = np.array([[10 * (b.current_patch != s.patch) for s in slots] for b in blocks])
    return PatchProblem(
        blocks=blocks,
        slots=slots,
        unit=np.arange(n) if unit is None else np.array(unit),
        edges=np.array(edges, dtype=int).reshape(-1, 2),
        walk_cost=work[:, None] * metres,
        centre_cost=np.zeros((patches, n)) if centre_cost is None else centre_cost,
        move_cost=moved * moved_price,
        moved_homes=moved,
        allowed=np.ones((n, patches), dtype=bool) if allowed is None else allowed,
    )
