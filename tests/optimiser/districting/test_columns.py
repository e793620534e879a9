"""Choosing among all patches gives the optimum of brute force."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.districting.bounds import Lagrangian
from optimiser.districting.columns import choose_patches, list_patches
from optimiser.districting.fixing import open_choices
from optimiser.districting.instance import Arrays, build_instance


def cheapest_of_listed(a: Arrays, *, known: float) -> float:
    """Return the cost of the best partition into the patches of plans up to a known cost."""
    lagrangian = Lagrangian(a)
    slots = np.arange(a.weight.size) % a.lower.size
    lagrangian.start(slots, np.arange(a.lower.size))
    lagrangian.improve(lambda step: step / 40)
    choices = open_choices(a, lagrangian, known)
    patches = list_patches(a, choices)
    assert patches is not None
    proof = choose_patches(a, choices, patches, seconds_left=None)
    return proof.bound


@st.composite
def eight_units(draw):
    """Return workloads, limits, moves and bans of 2 x 4 units, with a plan or without."""
    patches = draw(st.integers(1, 3))
    work = draw(st.lists(st.integers(0, 12), min_size=8, max_size=8))
    share, slack = sum(work) // patches, draw(st.integers(0, 8))
    limits = [(max(0, share - slack), share + slack)] * patches
    if draw(st.booleans()):
        limits[0] = (max(0, share - slack - 2), share + slack + 1)
    allowed = np.ones((8, patches), dtype=bool)
    if draw(st.booleans()):
        banned = draw(st.lists(st.booleans(), min_size=8 * patches, max_size=8 * patches))
        allowed = ~np.array(banned).reshape(8, patches)
    slots = st.sampled_from([f"P{k}" for k in range(patches)])
    current = draw(st.lists(slots, min_size=8, max_size=8))
    return patches, work, limits, allowed, current, draw(st.sampled_from([0, 25]))


@settings(max_examples=20, deadline=None)
@given(eight_units())
def test_the_best_partition_is_that_of_brute_force(grid, brute_force, case):
    patches, work, limits, allowed, current, price = case
    problem = grid(
        2, 4, patches,
        workload=work, limits=limits, allowed=allowed, current=current, moved_price=price,
    )  # fmt: skip
    a, best = build_instance(problem).arrays, brute_force(problem).cost
    if best is None:
        assert math.isinf(cheapest_of_listed(a, known=math.inf))
        return
    for known in (math.inf, 1.2 * best + 1, best):
        assert cheapest_of_listed(a, known=known) == best


def test_a_move_is_counted_once(grid):
    problem = grid(2, 4, 2, workload=[0] * 8, current=["P0"] * 8, moved_price=25)
    assert cheapest_of_listed(build_instance(problem).arrays, known=250) == 250


def test_too_many_patches_are_left_to_the_integer_program(grid):
    a = build_instance(grid(8, 8, 4, limits=(0, 6400))).arrays
    lagrangian = Lagrangian(a)
    lagrangian.start(np.arange(64) % 4, np.arange(4))
    lagrangian.improve(lambda step: step / 2)
    assert list_patches(a, open_choices(a, lagrangian, math.inf)) is None
