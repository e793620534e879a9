"""Units that are too little for a patch, and too much with any neighbour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patch_brute_force import cheapest
from patch_problems import connected_edges, random_problem

from optimiser.districting import allocate_patches
from optimiser.districting.impossible.boxed_in import boxed_in
from optimiser.districting.units.instance import build_instance
from optimiser.errors import Infeasible
from optimiser.model import PatchParams


def test_unit_between_heavy_ones_is_named_with_what_is_beside_it(grid):
    # The middle one is a third of a patch, and a third too much with either neighbour.
    problem = grid(1, 3, 2, workload=[300, 100, 300], limits=(250, 350))
    said = boxed_in(build_instance(problem))
    assert said == (
        "block B1 (1.0 points) fits into no contiguous patch of 2.5 to 3.5 points: it is too "
        "little alone, and too much with block B0 (3.0), block B2 (3.0) beside it"
    )
    with pytest.raises(Infeasible, match=r"B1.*where a plan exists") as raised:
        allocate_patches(
            problem.model_copy(update={"balance": 1 / 7}),
            params=PatchParams(iterations=0, workers=1),
        )
    assert raised.value.relaxation.startswith("raise the balance to 14.3 %")


def test_unit_with_a_way_out_is_not_boxed_in(grid):
    wide = grid(1, 3, 2, workload=[300, 100, 300], limits=(250, 400))
    assert boxed_in(build_instance(wide)) is None
    light = grid(1, 4, 2, workload=[300, 150, 150, 300], limits=(250, 350))
    assert boxed_in(build_instance(light)) is None
    alone = grid(1, 3, 2, workload=[300, 100, 300], limits=[(250, 350), (50, 450)])
    assert boxed_in(build_instance(alone)) is None


def test_ban_closes_the_way_out(grid):
    # Only P1 has room for the middle one, and may not take it.
    allowed = np.array([[True, True], [True, False], [True, True]])
    problem = grid(
        1, 3, 2, workload=[300, 100, 300], limits=[(250, 350), (50, 450)], allowed=allowed
    )
    assert "B1" in boxed_in(build_instance(problem))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_no_problem_with_a_plan_has_a_unit_boxed_in(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 8))
    problem = random_problem(connected_edges(rng, n, further=0.3), n, 2, seed)
    if boxed_in(build_instance(problem)) is not None:
        assert cheapest(problem).cost is None
