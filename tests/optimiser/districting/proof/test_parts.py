"""Bounds of the parts of a plan's cost, against brute force; and the gap without what all pay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patch_brute_force import cheapest

from optimiser.districting import allocate_patches
from optimiser.districting.checks import check_patches
from optimiser.districting.metrics import best_centres, build_plan
from optimiser.districting.proof.parts import part_bounds, walk_bound
from optimiser.districting.units.instance import build_instance
from optimiser.model import PatchParams, PatchProblem


@st.composite
def seven_units(draw, make):
    """Return a grid of eight blocks in seven or eight units, with bans, moves and centres."""
    patches = draw(st.integers(2, 3))
    work = draw(st.lists(st.integers(0, 60), min_size=8, max_size=8))
    share = sum(work) // patches
    slack = st.integers(0, max(work) // 2 + 1)
    limits = [(max(0, share - draw(slack)), share + draw(slack)) for _ in range(patches)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    problem = make(
        2,
        4,
        patches,
        workload=work,
        limits=limits,
        unit=draw(st.sampled_from([None, [0, 0, 1, 2, 3, 4, 5, 6]])),
        current=draw(st.lists(st.sampled_from(["P0", "P1", "P9", None]), min_size=8, max_size=8)),
        moved_price=draw(st.sampled_from([0, 100, 3000])),
        centre_cost=rng.integers(0, 3000, (patches, 8)),
        allowed=rng.random((8, patches)) < draw(st.sampled_from([0.8, 1.0])),
    )
    if draw(st.booleans()):
        any_price = rng.integers(0, 20, (8, patches)) * 1000
        return problem.model_copy(update={"move_cost": any_price})
    return problem


def alone(problem: PatchProblem, part: str) -> int | None:
    """Return the least that any plan has of one part of the cost."""
    parts = {"walk_cost", "centre_cost", "move_cost"} - {part}
    nothing = {name: np.zeros_like(getattr(problem, name)) for name in parts}
    return cheapest(problem.model_copy(update=nothing)).cost


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_plan_has_less_of_a_part_than_its_bound(grid, data):
    problem = data.draw(seven_units(grid))
    moved = alone(problem, "move_cost")
    bounds = part_bounds(problem)
    if moved is None:
        return
    best = cheapest(problem)
    slot_of = np.array(best.slot_of)
    instance = build_instance(problem)
    part = np.zeros(instance.units, dtype=np.int64)
    part[instance.unit_of] = slot_of
    walk = walk_bound(instance, part, best_centres(problem, slot_of))
    assert 0 <= bounds.moved <= moved
    assert 0 <= bounds.centre <= alone(problem, "centre_cost")
    assert 0 <= walk <= alone(problem, "walk_cost")
    parts = part_bounds(problem, walk=walk)
    plan = build_plan(problem, slot_of, bound=0, seed=1, seconds=0, parts=parts)
    assert check_patches(problem, plan) == ()
    assert plan.bound >= (bounds.unavoidable + walk) / 100_000


def test_moves_that_balance_forces_are_all_counted(grid):
    # P0 has all eight blocks and may keep six: twenty households must go, whatever else.
    problem = grid(2, 4, 2, limits=(200, 600), current=["P0"] * 8, moved_price=500)
    assert part_bounds(problem).moved == 20 * 500


def test_a_patch_given_up_moves_everybody_in_it(grid):
    problem = grid(2, 4, 2, current=["P9"] * 4 + ["P0"] * 4, moved_price=500)
    assert part_bounds(problem).moved == 40 * 500


def test_two_patches_cannot_share_the_cheapest_centre(grid):
    centre_cost = np.full((2, 8), 900)
    centre_cost[:, 3] = 100
    assert part_bounds(grid(2, 4, 2, centre_cost=centre_cost)).centre == 1000


def test_a_pinned_patch_cannot_have_its_centre_elsewhere(grid):
    centre_cost = np.full((2, 8), 900)
    centre_cost[0, 3] = 100
    allowed = np.ones((8, 2), dtype=bool)
    allowed[3, 0] = False
    assert part_bounds(grid(2, 4, 2, centre_cost=centre_cost, allowed=allowed)).centre == 1800


def test_where_only_walking_costs_its_bound_is_that_of_the_whole(grid):
    plan = allocate_patches(grid(3, 4, 2, limits=(500, 700)), params=PatchParams(iterations=2))
    assert plan.walk_bound == plan.bound > 0
    assert plan.unavoidable == 0
    assert plan.net_gap == plan.gap


def test_constants_do_not_flatter_the_net_gap(grid):
    problem = grid(3, 4, 2, limits=(500, 700))
    dear = problem.model_copy(update={"move_cost": problem.move_cost + 10_000_000})
    plans = [
        build_plan(q, np.array([0] * 6 + [1] * 6), bound=b, seed=1, seconds=0)
        for q, b in ((problem, 20_000), (dear, 20_000 + 12 * 10_000_000))
    ]
    assert plans[1].gap < plans[0].gap / 100
    assert plans[1].net_gap == pytest.approx(plans[0].net_gap)


def test_bounds_of_parts_are_the_same_again(grid):
    problem = grid(
        3,
        4,
        3,
        limits=(300, 500),
        current=["P0"] * 8 + ["P1"] * 4,
        moved_price=300,
        centre_cost=np.arange(36).reshape(3, 12) * 100,
    )
    params = PatchParams(iterations=1)
    first, again = (allocate_patches(problem, params=params) for _ in range(2))
    assert first.walk_bound is not None
    assert first.model_copy(update={"seconds": 0.0}) == again.model_copy(update={"seconds": 0.0})


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("net_gap", {"net_gap": 0.0}),
        ("unavoidable", {"unavoidable": 0.001}),
        ("walk_bound", {"walk_bound": 1e6}),
        ("centre_bound", {"centre_bound": 1e6}),
        ("moved_bound", {"moved_bound": 1e6}),
    ],
)
def test_a_wrong_figure_of_the_proof_is_found(grid, rule, changes):
    problem = grid(2, 4, 2, limits=(200, 600), current=["P0"] * 8, moved_price=500)
    plan = build_plan(problem, np.array([0, 0, 1, 1] * 2), bound=0, seed=1, seconds=0)
    assert check_patches(problem, plan) == ()
    wrong = plan.model_copy(update=changes)
    if rule in ("centre_bound", "moved_bound"):
        paid = wrong.centre_bound + wrong.moved_bound
        wrong = wrong.model_copy(update={"unavoidable": paid, "net_gap": 0.0})
    assert rule in {violation.rule for violation in check_patches(problem, wrong)}


def test_walking_is_bounded_even_without_time(grid):
    problem = grid(4, 6, 4, limits=(500, 700), centre_cost=np.full((4, 24), 50))
    slot_of = np.repeat(np.arange(4), 6)
    instance = build_instance(problem)
    centres = best_centres(problem, slot_of)
    hurried = walk_bound(instance, slot_of, centres, seconds=0.0)
    patient = walk_bound(instance, slot_of, centres)
    assert 0 < hurried <= patient


def test_a_bound_above_a_plan_is_not_passed_over_in_silence(grid, caplog):
    problem, slot_of = grid(2, 4, 2), np.array([0, 0, 1, 1] * 2)
    cost = round(build_plan(problem, slot_of, bound=0, seed=1, seconds=0).objective * 100_000)
    assert build_plan(problem, slot_of, bound=cost, seed=1, seconds=0).gap == 0
    assert caplog.messages == []
    assert build_plan(problem, slot_of, bound=cost + 9, seed=1, seconds=0).gap == 0
    assert "one is wrong" in caplog.text
