"""Homes, officers and walking times become a `PatchProblem`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optimiser.bridge.limits import build_measures, estate_labels
from optimiser.bridge.placing import allowed_blocks, apart_pairs, together_groups
from optimiser.bridge.rule_names import RuleNames, names_of
from optimiser.bridge.slots import (
    SlotSeed,
    locked_blocks,
    make_slots,
    slot_seeds,
    vacant_faults,
)
from optimiser.bridge.units import build_units, edges_around_locks
from optimiser.model.patches import (
    COST_UNITS_PER_MINUTE,
    WORKLOAD_UNITS_PER_POINT,
    PatchBlock,
    PatchProblem,
    PatchSlot,
)
from optimiser.model.units import Fit

if TYPE_CHECKING:
    import pandas as pd

    from geodata import Stock
    from optimiser.model.rules import PatchRules, WorkloadWeights

__all__ = ["build_patch_problem", "home_workload"]

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
        As set in doorstep.toml.
    notes
        What was assumed, for the plan's reader.

    Raises
    ------
    RuleFaults
        If the rules name what is not there, or contradict each other.
    ValueError
        If a walking time is missing.
    """
    if not np.isfinite(walk_s).all():
        raise ValueError("a walking time between two blocks is missing")
    blocks = _blocks(stock, rules.workload)
    workload = np.array([b.workload for b in blocks], dtype=np.int64)
    codes = {str(code) for code in stock.homes["patch"].dropna()}
    seeds = slot_seeds(officers, rules, codes)
    names = _names(stock, officers, seeds, codes, rules)
    names.faults += vacant_faults(officers, rules, centres)
    locked = locked_blocks([b.current_patch for b in blocks], rules, names)
    slots = make_slots(seeds, workload, locked, rules.balance)
    measures = build_measures(
        _amounts(blocks), seeds=seeds, locked=locked, rules=rules, names=names
    )
    reach_s = _reach_seconds(slots, centres, centre_walk_s, len(blocks))
    reach = math.inf if rules.reach_minutes is None else rules.reach_minutes * 60
    allowed = allowed_blocks(rules, names, locked, (reach_s <= reach).T)
    apart = apart_pairs(rules, names, allowed)
    groups = together_groups(rules, names)
    names.require_none()
    near, lock_notes = edges_around_locks(
        edges, locked, slots, workload=workload, walk_s=walk_s, names=names
    )
    unit = build_units(
        [b.estate for b in blocks],
        groups,
        Fit(workload, slots, allowed, apart, measures),
        edges=near,
        locked=locked,
        whole=rules.keep_estates_whole,
        names=names,
    )
    names.require_none()
    moved, move_cost = _moves(stock, slots, rules)
    trip_minutes = 2 * walk_s / 60 * rules.trips_per_point_week
    days = np.array([seed.days for seed in seeds])
    return PatchProblem(
        blocks=blocks,
        slots=slots,
        unit=unit,
        edges=near,
        walk_cost=np.rint(
            trip_minutes * (workload / WORKLOAD_UNITS_PER_POINT)[:, None] * COST_UNITS_PER_MINUTE
        ),
        centre_cost=np.rint(2 * reach_s / 60 * days[:, None] * COST_UNITS_PER_MINUTE),
        move_cost=move_cost,
        moved_homes=moved,
        allowed=allowed,
        apart=apart,
        measures=measures,
        together=tuple(tuple(group) for group in groups),
        balance=rules.balance,
        rules=rules,
        locked=tuple(slots[k].patch for k in locked),
        notes=(*notes, *lock_notes),
    )


def _names(
    stock: Stock, officers: pd.DataFrame, seeds: list[SlotSeed], codes: set[str], rules: PatchRules
) -> RuleNames:
    """Return what the rules may name."""
    return RuleNames(
        refs=[str(ref) for ref in stock.blocks.index],
        estates=names_of(stock.blocks["estate"]),
        block_names=names_of(stock.blocks["block_name"]),
        patches={seed.patch: seed.officer_ref for seed in seeds},
        officers=set(officers["officer_ref"]),
        codes=codes | set(officers["patch"].dropna()),
        counted=rules.patches is not None,
    )


def _home_block(stock: Stock) -> npt.NDArray[np.int64]:
    """Return each home's block as its position."""
    position = {ref: i for i, ref in enumerate(stock.blocks.index)}
    return stock.homes["block_ref"].map(position).to_numpy(dtype=np.int64)


def _blocks(stock: Stock, weights: WorkloadWeights) -> tuple[PatchBlock, ...]:
    homes, blocks, home_block = stock.homes, stock.blocks, _home_block(stock)

    def in_block(amount: pd.Series) -> npt.NDArray[np.float64]:
        weights = amount.to_numpy(dtype=np.float64)
        return np.bincount(home_block, weights=weights, minlength=len(blocks)).astype(np.float64)

    workload = np.rint(in_block(home_workload(homes, weights)) * WORKLOAD_UNITS_PER_POINT)
    tenanted = in_block(homes["tenure"].eq("tenanted"))
    open_cases = in_block(homes[list(OPEN_CASES)].astype(bool).sum(axis=1))
    flagged = in_block(homes["vulnerable"].astype(bool))
    estates, patches = names_of(blocks["estate"]), names_of(blocks["patch"])
    return tuple(
        PatchBlock(
            block_ref=str(ref),
            estate=estates[i],
            homes=int(homes_in),
            workload=int(workload[i]),
            tenanted=int(tenanted[i]),
            open_cases=int(open_cases[i]),
            flagged=int(flagged[i]),
            current_patch=patches[i],
            easting=float(point.x),
            northing=float(point.y),
        )
        for i, (ref, homes_in, point) in enumerate(
            zip(blocks.index, blocks["homes"], blocks.geometry, strict=True)
        )
    )


def _amounts(blocks: tuple[PatchBlock, ...]) -> dict[str, npt.NDArray[np.int64]]:
    """Return what each block adds to the measures that rules may limit."""
    counted = ("homes", "tenanted", "open_cases")
    amounts = {name: np.array([getattr(b, name) for b in blocks]) for name in counted}
    return {**amounts, "estates": estate_labels([b.estate for b in blocks])}


def _moves(
    stock: Stock, slots: tuple[PatchSlot, ...], rules: PatchRules
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return (n, p) households that would get another officer, and the cost units of it."""
    homes = stock.homes
    cases = homes[list(OPEN_CASES)].astype(bool).sum(axis=1).to_numpy()
    vulnerable = homes["vulnerable"].astype(bool).to_numpy()
    moved = _moving(stock, slots, np.ones(len(homes)))
    minutes = (
        moved * rules.moved_home_minutes
        + _moving(stock, slots, cases) * rules.open_case_minutes
        + _moving(stock, slots, vulnerable) * rules.vulnerable_minutes
    )
    return moved, np.rint(minutes * COST_UNITS_PER_MINUTE)


def _moving(
    stock: Stock, slots: tuple[PatchSlot, ...], amount: npt.NDArray[Any]
) -> npt.NDArray[np.int64]:
    """Add up (n, p) `amount`, one a home, over those that would get another officer."""
    homes, home_block = stock.homes, _home_block(stock)
    weight = amount.astype(np.int64)
    known = homes["patch"].notna().to_numpy()
    moved = np.zeros((len(stock.blocks), len(slots)), dtype=np.int64)
    np.add.at(moved, home_block[known], weight[known, None])
    stays = homes["patch"].map({slot.patch: k for k, slot in enumerate(slots)})
    same = stays.notna().to_numpy()
    np.subtract.at(moved, (home_block[same], stays[same].to_numpy(dtype=int)), weight[same])
    return moved


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
