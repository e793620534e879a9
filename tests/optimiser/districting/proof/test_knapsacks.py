"""The compiled knapsacks against SciPy's linear programs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from optimiser.districting.proof.knapsacks import Tables, price_below, price_pairs, solve_pairs


def knapsack(seed: int, chained: bool) -> tuple[Tables, np.ndarray]:
    """Return one knapsack of two to twelve units, the first its centre's, and its offer."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 13))
    # Workloads of 0, offers of -inf, and limits that leave no room must all be met.
    weight = rng.integers(0, 30, m) * (rng.random(m) < 0.9)
    lower = float(round(rng.random() * weight.sum() * 0.6))
    upper = lower + float(round(rng.random() * weight.sum() * 0.4)) * rng.integers(0, 2)
    offer = np.round(rng.normal(50, 40, (1, m)))
    offer[0, 1:][rng.random(m - 1) < 0.1] = -np.inf
    chain = np.zeros((1, 1))
    if chained:
        chain = rng.random((m, m)) * upper * 1.5
        np.fill_diagonal(chain, weight - 1e-3)
    tables = Tables(
        cost=np.round(rng.random((1, m)) * 100),
        weight=weight.astype(float),
        lower=np.array([lower]),
        upper=np.array([upper]),
        chain=chain,
        own=np.zeros(1, dtype=np.int64),
    )
    return tables, offer


def by_linear_program(t: Tables, offer: np.ndarray) -> float:
    """Return the least value by SciPy, inf where nothing fits."""
    reduced = t.cost[0] - offer[0]
    usable = np.isfinite(reduced)
    if t.chain.size > 1:
        usable &= t.chain[0] <= t.upper[0]
    usable[0] = True
    most = usable.astype(float)
    solved = linprog(
        np.where(usable, reduced, 0.0),
        A_ub=np.stack([t.weight, -t.weight]),
        b_ub=[t.upper[0], -t.lower[0]],
        bounds=[(1.0, 1.0), *((0.0, x) for x in most[1:])],
    )
    return float(solved.fun) if solved.status == 0 else np.inf


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_value_and_shares_are_the_linear_programs(seed, chained):
    tables, offer = knapsack(seed, chained)
    pair = np.zeros(1, dtype=np.int64)
    price, dual = np.empty((1, 1)), np.empty((1, 1))
    share = np.empty((1, tables.weight.size))
    price_pairs(tables, offer, pair, pair, price, dual)
    expected = by_linear_program(tables, offer)
    assert price[0, 0] == pytest.approx(expected, rel=1e-7, abs=1e-6)
    if not np.isfinite(expected):
        return
    solve_pairs(tables, offer, pair, pair, share)
    taken = share[0] > 0
    load = float(share[0] @ tables.weight)
    value = float((tables.cost[0] - offer[0])[taken] @ share[0][taken])
    assert value == pytest.approx(expected, rel=1e-7, abs=1e-6)
    assert tables.lower[0] - 1e-6 <= load <= tables.upper[0] + 1e-6
    assert 0 <= share.min() <= share.max() <= 1
    assert share[0, 0] == 1


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.floats(-10, 10))
def test_values_by_weak_duality_are_never_too_high(seed, chained, change):
    tables, offer = knapsack(seed, chained)
    pair = np.zeros(1, dtype=np.int64)
    price, dual, below = np.empty((1, 1)), np.empty((1, 1)), np.empty((1, 1))
    price_pairs(tables, offer, pair, pair, price, dual)
    price_below(tables, offer, dual, below)
    if not np.isfinite(price[0, 0]):
        assert np.isnan(dual[0, 0])
        assert below[0, 0] == np.inf
        return
    # Chains of neighbours are left out of the quick value.
    if not chained:
        assert below[0, 0] == pytest.approx(price[0, 0], rel=1e-7, abs=1e-6)
    dual[0, 0] += change
    price_below(tables, offer, dual, below)
    assert below[0, 0] <= price[0, 0] + 1e-6
