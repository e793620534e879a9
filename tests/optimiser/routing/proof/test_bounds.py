"""The quick bounds against every plan of tiny weeks, however little time they have."""

from __future__ import annotations

import numpy as np
import pytest
from week_brute_force import optimum, small_week

from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.proof import bounds
from optimiser.routing.proof.bounds import all_bounds
from optimiser.routing.proof.stepping import stepped_prices

CLOSE = 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_no_plan_is_worth_more_than_bounds_cut_short(tiny, seed):
    problem = small_week(tiny, seed, rounds_of_two=seed % 2 == 0)
    compiled = compile_problem(problem)
    best = optimum(problem)
    hasty, patient = (all_bounds(compiled, seconds=s) for s in (-1, None))
    for found in (hasty, patient):
        assert best <= found.whole + CLOSE
        assert best <= sum(found.tiers.values()) + CLOSE
    assert (hasty.prices >= 0).all()


def test_steps_end_with_the_clock_and_the_first_is_always_made(tiny, monkeypatch):
    compiled = compile_problem(small_week(tiny, 3))
    columns, worth = bounds.columns_of(compiled)
    keep = np.flatnonzero(worth.total > 0)
    now = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    late = stepped_prices(columns, worth.total, keep, until=-1.0)
    assert next(now) == 1  # asked once
    assert (late > 0).all()
    stepped_prices(columns, worth.total, keep, until=4.0)
    assert next(now) == 6  # three times in time, once after
