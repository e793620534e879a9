"""Two assignments of a small row of blocks, every figure known."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.districting import allocate_patches
from optimiser.districting.compare import compare_patches, side_of_plan
from optimiser.model import PatchParams, PatchProblem
from optimiser.model.comparison import PatchSide

# B0 B1 B2 B3 in a row, today P0 P0 P1 P1; ten homes and one point each, 100 m apart.
HALVES = {"B0": "P0", "B1": "P0", "B2": "P1", "B3": "P1"}
UNEVEN = {"B0": "P0", "B1": "P1", "B2": "P1", "B3": "P1"}


@pytest.fixture
def row(grid) -> PatchProblem:
    today = list(HALVES.values())
    ways = np.array([[0, 5, 9, 9], [9, 9, 5, 0]]) * 100_000
    estate = ["Elm", "Elm", None, None]
    problem = grid(1, 4, 2, current=today, moved_price=100_000, limits=(150, 250),
                   centre_cost=ways, estate=estate)  # fmt: skip
    slots = tuple(s.model_copy(update={"target": 200}) for s in problem.slots)
    cost = problem.walk_cost * 10  # a minute for each block's hundred metres
    return problem.model_copy(update={"slots": slots, "walk_cost": cost, "balance": 0.25})


def test_figures_of_both_sides(row):
    found = compare_patches(row, HALVES, UNEVEN)
    a, b = found.a, found.b
    assert (a.walk_minutes, a.centre_minutes, a.homes_moved) == (2.0, 0.0, 0)
    # P1 is served from its end: 2 + 1 minutes of walking and no way, or 2 and 5.
    assert (b.walk_minutes, b.centre_minutes, b.homes_moved) == (3.0, 0.0, 10)
    assert (a.objective, b.objective) == (2.0, 13.0)
    assert (a.farthest, b.farthest) == (0.0, 0.5)
    assert (a.split_estates, b.split_estates) == ({}, {"Elm": 2})
    assert a.breaks == ()
    assert b.breaks == (
        "P0: workload 1.00 points, limits 1.50 to 2.50",
        "P1: workload 3.00 points, limits 1.50 to 2.50",
    )


def test_changed_blocks_from_a_to_b(row):
    found = compare_patches(row, HALVES, UNEVEN)
    (block,) = found.changed
    assert (block.block_ref, block.estate, block.today, block.a, block.b) == (
        "B1", "Elm", "P0", "P0", "P1")  # fmt: skip
    assert found.homes_changed == 10
    assert compare_patches(row, UNEVEN, UNEVEN).changed == ()


def test_current_is_the_patches_of_today(row):
    found = compare_patches(row, "current", UNEVEN)
    assert found.a.name == "current"
    assert found.a.homes_moved == 0
    assert [p.officer_ref for p in found.a.patches] == ["HO0", "HO1"]
    assert found.homes_changed == 10


def test_block_without_a_patch_and_a_patch_in_pieces_are_told(row):
    apart = {"B0": "P0", "B2": "P0", "B3": "P1"}
    found = compare_patches(row, apart, HALVES)
    assert found.a.blocks_without_patch == 1
    assert "P0: in 2 pieces" in " ".join(found.a.breaks) or "cut off" in " ".join(found.a.breaks)
    assert [(c.block_ref, c.a, c.b) for c in found.changed] == [
        ("B1", None, "P0"),
        ("B2", "P0", "P1"),
    ]


def test_patches_that_the_problem_does_not_have(row):
    thirds = PatchSide(
        name="thirds",
        patch_of={"B0": "P0", "B1": "P0", "B2": "P1", "B3": "P9"},
        officer_of={"P0": "HO0", "P1": "HO1", "P9": None},
    )
    found = compare_patches(row, thirds, HALVES)
    p9 = found.a.patches[2]
    assert (p9.patch, p9.officer_ref, p9.homes, p9.centre_minutes) == ("P9", None, 10, 0.0)
    assert p9.target == pytest.approx(4 / 3)  # four points among three full-time posts
    assert (found.a.homes_moved, found.a.moved_minutes) == (10, 10.0)
    assert "P0: +50.0% from its target, limit 25%" in found.a.breaks
    exact = compare_patches(row, thirds, HALVES, moved_homes={"P9": np.array([10, 10, 10, 4])})
    assert (exact.a.homes_moved, exact.a.moved_minutes) == (4, 4.0)


def test_proof_is_taken_over_only_where_the_cost_is_the_same(row):
    plan = allocate_patches(row, params=PatchParams(iterations=0, workers=1))
    same = compare_patches(row, plan, UNEVEN).a
    assert same.objective == pytest.approx(plan.objective)
    assert (same.status, same.bound, same.gap) == ("optimal", plan.bound, 0.0)
    side = side_of_plan(plan, "old")
    stale = side.model_copy(update={"stated": side.stated.model_copy(update={"objective": 9.0})})
    other = compare_patches(row, stale, UNEVEN).a
    assert (other.status, other.bound, other.gap) == (None, None, None)
    assert "made at 9.0 minutes" in other.notes[0]


def test_frame_and_figures(row):
    found = compare_patches(row, HALVES, UNEVEN)
    frame = found.to_frame().set_index("patch")
    assert frame.loc["P1", ["homes_a", "homes_b"]].tolist() == [20, 30]
    assert frame.loc["P0", "off_target_b"] == -0.5
    figures = {words: (a, b) for words, a, b in found.figures()}
    assert figures["Homes that change from today"] == (0, 10)
    assert figures["Farthest from target, percent"] == (0.0, 50.0)
    assert figures["Gap when it was made, percent"] == (None, None)
