"""Why each block moves: true of the plan, told by the rule that speaks, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patch_brute_force import cheapest, plan_price

from optimiser.districting.metrics import build_plan
from optimiser.districting.reasons import why_moved
from optimiser.model import PatchMeasure, PatchProblem

MINUTE = 100_000


def reasons_of(problem: PatchProblem, slot_of):
    plan = build_plan(problem, np.array(slot_of), bound=0, seed=1, seconds=0)
    return {reason.block_ref: reason for reason in why_moved(problem, plan)}


@st.composite
def moved_grids(draw, make):
    """Return a grid of eight blocks in two patches with old patches, limits and prices."""
    work = draw(st.lists(st.integers(1, 60), min_size=8, max_size=8))
    slack = draw(st.integers(0, 60))
    share = sum(work) // 2
    seed = draw(st.integers(0, 2**32))
    problem = make(
        2,
        4,
        2,
        workload=work,
        limits=(max(0, share - slack), share + slack),
        unit=draw(st.sampled_from([None, [0, 0, 1, 2, 3, 4, 5, 6]])),
        current=draw(st.lists(st.sampled_from(["P0", "P1", "P9", None]), min_size=8, max_size=8)),
        moved_price=draw(st.sampled_from([0, 10, 300])),
        allowed=np.random.default_rng(seed).random((8, 2)) < draw(st.sampled_from([0.8, 1.0])),
    )
    apart = draw(st.sampled_from([[], [(0, 7)]]))
    homes = PatchMeasure(name="homes", amount=[10] * 8, lower=[0, 0], upper=[50, 60])
    return problem.model_copy(
        update={
            "apart": np.array(apart, dtype=np.int32).reshape(-1, 2),
            "measures": draw(st.sampled_from([(), (homes,)])),
        }
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_putting_a_block_back_does_what_its_reason_says(grid, data):
    problem = data.draw(moved_grids(grid))
    best = cheapest(problem)
    if best.cost is None:
        return
    reasons = reasons_of(problem, best.slot_of)
    moved = {
        b.block_ref
        for b, k in zip(problem.blocks, best.slot_of, strict=True)
        if b.current_patch not in (None, f"P{k}")
    }
    assert reasons.keys() == moved
    for i, block in enumerate(problem.blocks):
        reason = reasons.get(block.block_ref)
        if reason is None:
            continue
        if reason.old == "P9":
            assert reason.kind == "patch_gone"
            continue
        back = np.array(best.slot_of)
        back[problem.unit == problem.unit[i]] = int(reason.old[1])
        price = plan_price(problem, back)
        if reason.kind in ("cost", "none"):
            more = (reason.figures["walking_saved"] - reason.figures["moving_costs"]) * MINUTE
            assert price - best.cost == pytest.approx(more)
            assert (more > 0) == (reason.kind == "cost")
        else:
            assert price is None


def test_the_limit_that_putting_back_breaks_is_told(grid):
    # A row of 100-point blocks: P0 had three of them and may hold two.
    row = {"workload": [10_000] * 4, "limits": (20_000, 20_000)}
    problem = grid(1, 4, 2, current=["P0", "P0", "P0", "P1"], **row)
    (reason,) = reasons_of(problem, [0, 0, 1, 1]).values()
    assert (reason.block_ref, reason.old, reason.new, reason.kind) == ("B2", "P0", "P1", "balance")
    assert reason.sentence == (
        "With it P0 would hold 300.0 points, limit 200.0, and without it P1 would hold "
        "100.0 points, at least 200.0 needed."
    )
    assert reason.figures["points_with_it"] == 300.0
    assert reason.figures["points_limit"] == 200.0


def test_figures_that_round_alike_are_told_apart(grid):
    problem = grid(
        1, 3, 2, workload=[20_001, 1, 20_000], limits=(1, 20_001), current=["P0", "P0", "P1"]
    )
    (reason,) = reasons_of(problem, [0, 1, 1]).values()
    assert reason.sentence == "With it P0 would hold 200.02 points, limit 200.01."


def test_a_unit_goes_back_whole_and_by_its_name(grid):
    problem = grid(
        1,
        4,
        2,
        unit=[0, 1, 1, 2],
        estate=[None, "Elm", "Elm", None],
        limits=(100, 300),
        current=["P0", "P0", "P0", "P1"],
        workload=[200, 100, 100, 100],
    )
    reasons = reasons_of(problem, [0, 1, 1, 1])
    assert reasons["B1"].sentence == "With Elm (2 blocks) P0 would hold 4.0 points, limit 3.0."
    assert reasons["B2"].sentence == reasons["B1"].sentence


def test_what_walking_is_worth_is_set_against_the_move(grid):
    # A step costs 10 minutes, but none between B2 and B3.
    problem = grid(1, 4, 2, current=["P0", "P0", "P0", "P1"], moved_price=20_000)
    walk = problem.walk_cost * 100
    walk[2, 3] = walk[3, 2] = 0
    reason = reasons_of(problem.model_copy(update={"walk_cost": walk}), [0, 0, 1, 1])["B2"]
    assert reason.kind == "cost"
    assert reason.sentence == "10.0 minutes of walking a week saved, against 2.0 for 10 households."
    assert reason.figures == {"walking_saved": 10.0, "moving_costs": 2.0, "households": 10.0}


def test_a_plan_that_is_no_optimum_is_not_defended(grid):
    problem = grid(1, 4, 2, current=["P0", "P0", "P0", "P1"], moved_price=20 * MINUTE)
    reason = reasons_of(problem, [0, 0, 1, 1])["B2"]
    assert reason.kind == "none"
    assert "putting it back would save 200.0 minutes a week" in reason.sentence


def test_contiguity_on_both_sides(grid):
    # B1 joins B0 to B2 in P1; all of it came from P0, which now has only B3.
    problem = grid(1, 4, 2, current=["P0", "P0", "P0", "P0"])
    reasons = reasons_of(problem, [1, 1, 1, 0])
    assert reasons["B1"].kind == "contiguity"
    assert reasons["B1"].sentence == (
        "P1 would fall into pieces on foot without it, and no block of P0 is next to it on foot "
        "now."
    )
    last = reasons_of(grid(1, 2, 2, current=["P0", "P0"]), [0, 1])["B1"]
    assert last.sentence == "P1 would have no block left."


def test_rules_of_a_person_come_first(grid):
    allowed = np.ones((4, 2), dtype=bool)
    allowed[2, 0] = False
    problem = grid(1, 4, 2, current=["P0"] * 4, allowed=allowed)
    slots = [0, 0, 1, 1]
    assert reasons_of(problem, slots)["B2"].sentence == "The rules keep it in P1."
    assert reasons_of(problem, slots)["B3"].kind == "contiguity"
    locked = problem.model_copy(update={"locked": ("P0",)})
    assert reasons_of(locked, slots)["B2"].sentence == "P0 is locked as it is."
    by_hand = problem.model_copy(update={"by_hand": ("B2",)})
    assert reasons_of(by_hand, slots)["B2"].kind == "by_hand"
    apart = grid(1, 4, 2, current=["P0"] * 4).model_copy(
        update={"apart": np.array([[1, 2]], dtype=np.int32)}
    )
    assert reasons_of(apart, slots)["B2"].sentence == ("It is kept apart from B1, which is in P0.")


@pytest.mark.parametrize("distinct", [False, True])
def test_further_measures_are_named_with_their_limit(grid, distinct):
    amount = [0, 1, 2, 3] if distinct else [5, 5, 5, 5]
    upper = 2 if distinct else 10
    measure = PatchMeasure(
        name="estates" if distinct else "open cases",
        amount=amount,
        lower=[0, 0],
        upper=[upper, upper],
        distinct=distinct,
    )
    problem = grid(1, 4, 2, current=["P0"] * 4).model_copy(update={"measures": (measure,)})
    held = "3 estates, limit 2" if distinct else "15 open cases, limit 10"
    reason = reasons_of(problem, [0, 0, 1, 1])["B2"]
    assert reason.kind == "measure"
    assert reason.sentence == f"With it P0 would hold {held}."


def test_an_estate_too_large_for_a_patch_keeps_to_few(grid):
    problem = grid(
        1,
        5,
        3,
        estate=["Elm"] * 4 + [None],
        current=["P0", "P0", "P1", "P2", "P2"],
        limits=(1, 900),
    )
    reason = reasons_of(problem, [0, 0, 1, 1, 2])["B3"]
    assert reason.kind == "estate"
    assert reason.sentence == "Elm would lie in 3 patches, not 2."


def test_numbers_of_few_homes_are_kept_from_shared_pages(grid):
    row = {"workload": [10_000] * 4, "limits": (20_000, 20_000)}
    problem = grid(1, 4, 2, current=["P0", "P0", "P0", "P1"], **row)
    assert reasons_of(problem, [0, 0, 1, 1])["B2"].shared.startswith("With it P0 would hold 300.0")
    few = tuple(block.model_copy(update={"homes": 4}) for block in problem.blocks)
    reason = reasons_of(problem.model_copy(update={"blocks": few}), [0, 0, 1, 1])["B2"]
    assert reason.shared == (
        "With it P0 would be above its limit of 200.0 points, and without it P1 would be below "
        "the 200.0 points needed."
    )
    assert "300.0" in reason.sentence
    cases = PatchMeasure(name="open cases", amount=[4, 4, 4, 9], lower=[0, 0], upper=[11, 99])
    wide = problem.model_copy(
        update={
            "measures": (cases,),
            "slots": tuple(
                slot.model_copy(update={"lower": 0, "upper": 40_000}) for slot in problem.slots
            ),
        }
    )
    reason = reasons_of(wide, [0, 0, 1, 1])["B2"]
    assert reason.sentence == "With it P0 would hold 12 open cases, limit 11."
    assert reason.shared == "With it P0 would be above its limit of 11 open cases."
