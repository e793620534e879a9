"""The best partition into whole patches is the optimum of brute force, and so are its bounds."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.districting.proof.bounds import Lagrangian
from optimiser.districting.proof.columns import partition_exactly, start_prices
from optimiser.districting.proof.exact import Proof
from optimiser.districting.proof.fixing import open_choices
from optimiser.districting.units.instance import Arrays, build_instance
from optimiser.model.patches import PatchMeasure


def solved(a: Arrays, *, known: float) -> tuple[Proof, list[float]]:
    """Solve over the patches of plans up to a known cost; return the bounds on the way too."""
    lagrangian = Lagrangian(a)
    slots = np.arange(a.weight.size) % a.lower.size
    lagrangian.start(slots, np.arange(a.lower.size))
    lagrangian.improve(lambda step: step / 40)
    choices = open_choices(a, lagrangian, known)
    bounds: list[float] = []
    proof = partition_exactly(
        a,
        choices,
        start_prices(choices, lagrangian, a),
        known=None,
        cost=lambda: known,
        seconds_left=None,
        raised=bounds.append,
    )
    return proof, [min(bound, known) for bound in [*bounds, proof.bound]]


@st.composite
def eight_units(draw):
    """Return workloads, limits, moves, bans, ways to centres and further rules of 2 x 4 units."""
    patches = draw(st.integers(1, 3))
    work = draw(st.lists(st.integers(0, 12), min_size=8, max_size=8))
    share, slack = sum(work) // patches, draw(st.integers(0, 8))
    limits = [(max(0, share - slack), share + slack)] * patches
    if draw(st.booleans()):
        limits[0] = (max(0, share - slack - 2), share + slack + 1)
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    allowed = rng.random((8, patches)) < draw(st.sampled_from([0.8, 1.0]))
    ways = rng.integers(0, 2000, (patches, 8)) * draw(st.sampled_from([0, 1]))
    further = {}
    if draw(st.booleans()):
        further["apart"] = rng.choice(8, (1, 2), replace=False)
    distinct = draw(st.sampled_from([None, False, True]))
    if distinct is not None:
        amount = rng.integers(-1, 3, 8) if distinct else rng.integers(0, 10, 8)
        most = rng.integers(1, 4, patches) + (0 if distinct else int(amount.sum() / patches))
        measure = PatchMeasure(
            name="x", amount=amount, lower=most * 0 + 1, upper=most, distinct=distinct
        )
        further["measures"] = (measure,)
    current = [f"P{k}" for k in rng.integers(0, patches, 8)]
    price = draw(st.sampled_from([0, 25, 3000]))
    return patches, work, limits, allowed, ways, current, price, further


@settings(max_examples=25, deadline=None)
@given(eight_units())
def test_the_best_partition_is_that_of_brute_force(grid, brute_force, case):
    patches, work, limits, allowed, ways, current, price, further = case
    problem = grid(
        2, 4, patches, workload=work, limits=limits, allowed=allowed,
        centre_cost=ways, current=current, moved_price=price,
    ).model_copy(update=further)  # fmt: skip
    a, best = build_instance(problem).arrays, brute_force(problem)
    if best.cost is None:
        proof, _ = solved(a, known=math.inf)
        assert math.isinf(proof.bound)
        assert proof.part is None
        return
    for known in (math.inf, 1.2 * best.cost + 1, best.cost):
        proof, bounds = solved(a, known=known)
        assert max(bounds) == best.cost
        assert (proof.part is None) == (known == best.cost)


def test_a_move_is_counted_once(grid):
    problem = grid(2, 4, 2, workload=[0] * 8, current=["P0"] * 8, moved_price=25)
    proof, _ = solved(build_instance(problem).arrays, known=math.inf)
    assert proof.bound == 250


def test_a_grid_too_large_for_brute_force_is_solved(grid):
    a = build_instance(grid(5, 6, 3, limits=(1000, 1000))).arrays
    proof, bounds = solved(a, known=math.inf)
    assert proof.part is not None
    assert np.bincount(proof.part).tolist() == [10, 10, 10]
    # The model of Hess et al., solved by SCIP, has the same optimum.
    assert proof.bound == max(bounds) == total_cost(a, proof.part) == 470_000


def total_cost(a: Arrays, part: np.ndarray) -> int:
    """Return what the patches cost, each from the best of its own blocks."""
    members = [np.flatnonzero(part == k) for k in range(a.lower.size)]
    return sum(int(a.cost[np.ix_(units, units)].sum(axis=0).min()) for units in members)
