"""The bound, the choices left open and the exact model, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from optimiser.districting.metrics import best_centres
from optimiser.districting.proof import bounds
from optimiser.districting.proof.bounds import Lagrangian
from optimiser.districting.proof.exact import prove
from optimiser.districting.proof.fixing import open_choices
from optimiser.districting.units.instance import build_instance


@st.composite
def eight_units(draw):
    """Return arguments of a grid with eight units, different slots and prices for moves."""
    patches = draw(st.integers(2, 3))
    work = draw(st.lists(st.integers(0, 60), min_size=8, max_size=8))
    share = sum(work) // patches
    limits = [
        (max(0, share - draw(st.integers(0, 40))), share + draw(st.integers(0, 40)))
        for _ in range(patches)
    ]
    current = draw(st.lists(st.sampled_from(["P0", "P1", None]), min_size=8, max_size=8))
    price = draw(st.sampled_from([0, 100, 3000]))
    return patches, work, limits, current, price


# A limit met by whole units: no unit in part tells the price of workload.
@example(
    (
        3,
        [9, 0, 56, 42, 48, 56, 1, 46],
        [(65, 103), (86, 103), (56, 107)],
        ["P0", "P0", "P1", "P0", "P0", "P0", "P0", "P1"],
        3000,
    ),
    1,
    False,
)
@settings(max_examples=15, deadline=None)
@given(eight_units(), st.integers(0, 1000), st.booleans())
def test_bound_never_exceeds_the_optimum(grid, brute_force, case, seed, lazy):
    patches, work, limits, current, price = case
    problem = grid(2, 4, patches, workload=work, limits=limits, current=current, moved_price=price)
    best = brute_force(problem)
    instance = build_instance(problem)
    rng = np.random.default_rng(seed)
    part = np.concatenate([np.arange(patches), rng.integers(patches, size=8 - patches)])
    # Small problems price all centres in every step; large ones the likeliest.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bounds, "_SMALL_WORK", 0 if lazy else bounds._SMALL_WORK)
        patched.setattr(bounds, "_MORE_CENTRES", -1 if lazy else bounds._MORE_CENTRES)
        bound = Lagrangian(instance.arrays)
        bound.start(part, best_centres(problem, part))
        bound.improve(lambda step: step / 80)
    if best.cost is None:
        return
    assert 0 <= bound.bound <= best.cost
    proof = prove(
        instance.arrays,
        open_choices(instance.arrays, bound, best.cost),
        plan_known=True,
        seconds_left=None,
    )
    assert proof.bound <= best.cost
    assert proof.bound == pytest.approx(best.cost, rel=1e-6, abs=1)


def test_bound_is_nearly_tight_where_the_relaxation_is(grid, brute_force):
    problem = grid(2, 4, 2, limits=(400, 400))
    instance = build_instance(problem)
    part = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    bound = Lagrangian(instance.arrays)
    bound.start(part, best_centres(problem, part))
    bound.improve(lambda step: step / 400)
    assert bound.bound == pytest.approx(brute_force(problem).cost, rel=0.01)


def test_contiguity_cuts_raise_the_bound(grid):
    # The two ends belong to P0 today, but no patch can have both without the middle.
    current = ["P0", "P1", "P1", "P1", "P1", "P0"]
    problem = grid(1, 6, 2, current=current, moved_price=10**5, limits=[(150, 250), (350, 450)])
    instance = build_instance(problem)
    part = np.array([0, 0, 1, 1, 1, 1])
    with_cuts, without = Lagrangian(instance.arrays), Lagrangian(instance.arrays)
    without._cuts.separate = lambda *_: None  # type: ignore[method-assign]
    for bound in (with_cuts, without):
        bound._tables = bound._tables._replace(chain=np.zeros((1, 1)))
        bound.start(part, best_centres(problem, part))
        bound.improve(lambda step: step / 400)
    assert with_cuts.bound > without.bound + 10**5


def test_bound_ignores_steps_that_lead_nowhere(grid):
    problem = grid(2, 3, 2, limits=(200, 400))
    part = np.array([0, 0, 0, 1, 1, 1])
    bound = Lagrangian(build_instance(problem).arrays)
    bound.start(part, best_centres(problem, part))
    first = bound.improve(lambda step: step / 100)
    assert bound.improve(lambda step: step / 20, first_rate=50.0) >= first


def test_exact_model_proves_that_there_is_no_plan(grid, brute_force):
    problem = grid(1, 5, 2, workload=[1, 5, 4, 5, 3], limits=(9, 9))
    assert brute_force(problem).cost is None
    arrays = build_instance(problem).arrays
    choices = open_choices(arrays, Lagrangian(arrays), np.inf)
    assert prove(arrays, choices, plan_known=False, seconds_left=None).bound == np.inf
