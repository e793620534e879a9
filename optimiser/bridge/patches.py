"""Homes, officers and walking times become a `PatchProblem`."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optimiser.bridge.rows import rows_of
from optimiser.model.codes import patch_codes
from optimiser.model.patches import (
    COST_UNITS_PER_MINUTE,
    WORKLOAD_UNITS_PER_POINT,
    PatchBlock,
    PatchProblem,
    PatchSlot,
)

if TYPE_CHECKING:
    import pandas as pd

    from geodata import Stock
    from optimiser.model.rules import PatchRules, WorkloadWeights

__all__ = ["build_patch_problem", "home_workload", "patch_codes"]

FULL_TIME_DAYS = 5
FLAGS = ("introductory", "arrears", "asb", "vulnerable", "damp")
OPEN_CASES = ("arrears", "asb", "damp")


def home_workload(homes: pd.DataFrame, weights: WorkloadWeights) -> pd.Series:
    """Return each home's workload in points, on the frame's index.

    The surcharge for a block without a lift counts the floors above the second
    of the home's own floor.
    """
    points = homes["tenure"].map(
        {
            "tenanted": weights.tenanted,
            "leasehold": weights.leasehold,
            "sheltered": weights.sheltered,
        }
    )
    for flag in FLAGS:
        points = points + homes[flag].astype(float) * getattr(weights, flag)
    floors_above = (homes["floor"] - 2).clip(lower=0).where(~homes["lift"].astype(bool), 0)
    return (points + floors_above * weights.no_lift_floor).astype(float)


def _slot_seeds(
    officers: pd.DataFrame, rules: PatchRules
) -> list[tuple[str, str | None, str | None, float, float]]:
    """Return (patch, officer, service centre, FTE, days a week) of each patch to fill."""
    rows = rows_of(officers)
    held: list[str] = [r["patch"] for r in rows if r["patch"]]
    seen: set[str] = set()
    new = iter(patch_codes(held, len(rows) + (rules.patches or 0)))
    # Officers who have a patch keep its code, and come first where patches are counted.
    if rules.patches is not None:
        rows.sort(key=lambda r: not r["patch"])
    seeds: list[tuple[str, str | None, str | None, float, float]] = []
    for row in rows[: rules.patches]:
        code = row["patch"] if row["patch"] and row["patch"] not in seen else next(new)
        seen.add(code)
        counted = rules.patches is not None
        seeds.append(
            (
                code,
                row["officer_ref"],
                row["service_centre"],
                1.0 if counted else float(row["fte"]),
                float(FULL_TIME_DAYS if counted else len(row["working_days"])),
            )
        )
    while rules.patches is not None and len(seeds) < rules.patches:
        seeds.append((next(new), None, None, 1.0, float(FULL_TIME_DAYS)))
    return seeds


def _slots(
    seeds: list[tuple[str, str | None, str | None, float, float]], total: int, balance: float
) -> tuple[PatchSlot, ...]:
    fte = sum(seed[3] for seed in seeds)
    slots = []
    for patch, officer, centre, share, _ in seeds:
        target = total * share / fte
        slots.append(
            PatchSlot(
                patch=patch,
                officer_ref=officer,
                service_centre=centre,
                fte=share,
                target=round(target),
                lower=math.ceil(target * (1 - balance) - 1e-9),
                upper=math.floor(target * (1 + balance) + 1e-9),
            )
        )
    return tuple(slots)


def _units(
    estates: list[str | None], workload: npt.NDArray[np.int64], largest: int, whole: bool
) -> npt.NDArray[np.int32]:
    """Return each block's unit: an estate that fits into a patch is one, else each block is."""
    total: Counter[str] = Counter()
    for estate, points in zip(estates, workload, strict=True):
        if estate:
            total[estate] += int(points)
    number: dict[object, int] = {}
    unit = np.empty(len(estates), dtype=np.int32)
    for i, estate in enumerate(estates):
        together = bool(whole and estate and total[estate] <= largest)
        key: object = ("estate", estate) if together else ("block", i)
        unit[i] = number.setdefault(key, len(number))
    return unit


def build_patch_problem(
    *,
    stock: Stock,
    officers: pd.DataFrame,
    centres: list[str],
    centre_walk_s: npt.NDArray[np.float64],
    walk_s: npt.NDArray[np.float64],
    edges: npt.NDArray[np.integer],
    rules: PatchRules,
    notes: tuple[str, ...] = (),
) -> PatchProblem:
    """Scale and round a landlord's stock into a patch problem.

    Parameters
    ----------
    stock
        n blocks in the order of `stock.blocks`.
    officers
        As `geodata.read_officers` returns them.
    centres
        References of the c service centres.
    centre_walk_s
        (c, n) walking seconds from service centre to block.
    walk_s
        (n, n) walking seconds between blocks, finite.
    edges
        (m, 2) positions of blocks that are neighbours on foot; connected.
    rules
        As set in doorstep.toml; pins must name known blocks and patches.
    notes
        What was assumed, for the plan's reader.

    Raises
    ------
    ValueError
        If a walking time is missing or a pin names an unknown block or patch.
    """
    blocks = stock.blocks
    if not np.isfinite(walk_s).all():
        raise ValueError("a walking time between two blocks is missing")
    points = home_workload(stock.homes, rules.workload)
    position = {ref: i for i, ref in enumerate(blocks.index)}
    home_block = stock.homes["block_ref"].map(position).to_numpy()
    workload = np.rint(
        np.bincount(home_block, weights=points.to_numpy(), minlength=len(blocks))
        * WORKLOAD_UNITS_PER_POINT
    ).astype(np.int64)

    seeds = _slot_seeds(officers, rules)
    slots = _slots(seeds, int(workload.sum()), rules.balance)
    estates = [e if isinstance(e, str) and e else None for e in blocks["estate"]]
    largest = max(slot.upper for slot in slots)

    moved = _moved_homes(stock.homes, home_block, len(blocks), slots)
    trip_minutes = 2 * walk_s / 60 * rules.trips_per_point_week
    walk_cost = np.rint(
        trip_minutes * (workload / WORKLOAD_UNITS_PER_POINT)[:, None] * COST_UNITS_PER_MINUTE
    )
    reach_s = _reach_seconds(slots, centres, centre_walk_s, len(blocks))
    days = np.array([seed[4] for seed in seeds])
    centre_cost = np.rint(2 * reach_s / 60 * days[:, None] * COST_UNITS_PER_MINUTE)

    def per_block(amount: pd.Series) -> list[int]:
        counted = np.bincount(home_block, weights=amount.to_numpy(float), minlength=len(blocks))
        return [int(n) for n in counted]

    tenanted = per_block(stock.homes["tenure"].eq("tenanted"))
    open_cases = per_block(stock.homes[list(OPEN_CASES)].astype(bool).sum(axis=1))
    flagged = per_block(stock.homes["vulnerable"].astype(bool))
    return PatchProblem(
        blocks=tuple(
            PatchBlock(
                block_ref=str(ref),
                estate=estates[i],
                homes=int(row.homes),
                workload=int(workload[i]),
                tenanted=tenanted[i],
                open_cases=open_cases[i],
                flagged=flagged[i],
                current_patch=row.patch if isinstance(row.patch, str) and row.patch else None,
                easting=float(row.geometry.x),
                northing=float(row.geometry.y),
            )
            for i, (ref, row) in enumerate(
                zip(blocks.index, blocks.itertuples(index=False), strict=True)
            )
        ),
        slots=slots,
        unit=_units(estates, workload, largest, rules.keep_estates_whole),
        edges=np.asarray(edges, dtype=np.int32).reshape(-1, 2),
        walk_cost=walk_cost,
        centre_cost=centre_cost,
        move_cost=np.rint(moved * rules.moved_home_minutes * COST_UNITS_PER_MINUTE),
        moved_homes=moved,
        allowed=_allowed(position, slots, reach_s, rules),
        balance=rules.balance,
        rules=rules,
        notes=notes,
    )


def _moved_homes(
    homes: pd.DataFrame,
    home_block: npt.NDArray[np.integer],
    n_blocks: int,
    slots: tuple[PatchSlot, ...],
) -> npt.NDArray[np.int32]:
    """Count per block and patch the households that would get another officer."""
    known = homes["patch"].notna().to_numpy()
    coded = np.bincount(home_block[known], minlength=n_blocks)
    moved = np.repeat(coded[:, None], len(slots), axis=1)
    number = {slot.patch: k for k, slot in enumerate(slots)}
    stays = homes["patch"].map(number)
    mask = stays.notna().to_numpy()
    np.subtract.at(moved, (home_block[mask], stays[mask].to_numpy(dtype=int)), 1)
    return moved.astype(np.int32)


def _reach_seconds(
    slots: tuple[PatchSlot, ...],
    centres: list[str],
    centre_walk_s: npt.NDArray[np.float64],
    n_blocks: int,
) -> npt.NDArray[np.float64]:
    """Return (p, n) seconds from each patch's service centre; the nearest one's if it has none."""
    if not centres:
        return np.zeros((len(slots), n_blocks))
    nearest = centre_walk_s.min(axis=0)
    row = {ref: centre_walk_s[c] for c, ref in enumerate(centres)}
    reach = np.array([row.get(slot.service_centre or "", nearest) for slot in slots])
    if not np.isfinite(reach).all():
        raise ValueError("a walking time from a service centre is missing")
    return reach


def _allowed(
    position: dict[str, int],
    slots: tuple[PatchSlot, ...],
    reach_s: npt.NDArray[np.float64],
    rules: PatchRules,
) -> npt.NDArray[np.bool_]:
    allowed = np.ones((len(position), len(slots)), dtype=bool)
    if rules.reach_minutes is not None:
        allowed = (reach_s <= rules.reach_minutes * 60).T.copy()
    number = {slot.patch: k for k, slot in enumerate(slots)}
    for block, patch in rules.pins.items():
        if block not in position:
            raise ValueError(f"pins names block {block!r}, which no home has")
        if patch not in number:
            raise ValueError(f"pins names patch {patch!r}; there are {', '.join(number)}")
        row = allowed[position[block]]
        row[:] = False
        row[number[patch]] = True
    return allowed
