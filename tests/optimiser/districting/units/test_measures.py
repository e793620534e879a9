"""What is held of further measures, counted while searching and from the patches themselves."""

from __future__ import annotations

import numpy as np
import pytest
from patch_problems import connected_edges, random_problem

from optimiser.districting.checks import check_patches
from optimiser.districting.metrics import build_plan
from optimiser.districting.search.annealing import anneal, total_violation
from optimiser.districting.search.construction import tree_start
from optimiser.districting.search.state import new_state
from optimiser.districting.units.instance import build_instance
from optimiser.districting.units.measures import held_by, within_further
from optimiser.model.patches import PatchMeasure


@pytest.fixture
def ruled(grid):
    """Return a row of four blocks with a sum, a count of labels and a pair kept apart."""
    homes, limits = np.array([1, 2, 3, 4]), (np.array([0, 0]), np.array([6, 6]))
    estates, most = np.array([7, 7, 9, -1]), (np.array([0, 0]), np.array([1, 2]))
    measures = (
        PatchMeasure(name="homes", amount=homes, lower=limits[0], upper=limits[1]),
        PatchMeasure(name="estates", amount=estates, lower=most[0], upper=most[1], distinct=True),
    )
    return grid(1, 4, 2).model_copy(update={"measures": measures, "apart": np.array([[0, 3]])})


def test_a_label_counts_once_a_patch(ruled):
    a = build_instance(ruled).arrays
    rows = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
    assert held_by(a, rows).tolist() == [[3, 1], [5, 2], [4, 0]]
    # A label in one unit alone is an amount; only the one that spans units is counted.
    assert a.amount[:, 1].tolist() == [0, 0, 1, 0]
    assert a.label_measure.tolist() == [1]


def test_what_a_patch_may_hold_depends_on_its_slot(ruled):
    a = build_instance(ruled).arrays
    rows = np.array([[0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]], dtype=bool)
    assert within_further(a, rows, 0).tolist() == [False, False, False]
    assert within_further(a, rows, 1).tolist() == [True, False, False]


@pytest.mark.parametrize("seed", range(6))
def test_counters_after_thousands_of_moves_are_those_of_the_partition(seed):
    rng = np.random.default_rng(seed)
    edges = connected_edges(rng, 30, further=1.0)
    instance = build_instance(random_problem(edges, 30, 4, seed, further_rules=True))
    a = instance.arrays
    found = anneal(
        a, tree_start(instance, rng), steps=20_000, hot=1e4, cold=1e2, price=50.0, seed=seed
    )
    rows = found.last[None] == np.arange(4)[:, None]
    state = new_state(a, found.last)
    assert np.array_equal(state.held[:4, : a.rate.size], held_by(a, rows))
    kept = all(within_further(a, rows[k : k + 1], k).all() for k in range(4))
    loads_kept = ((state.load >= a.lower) & (state.load <= a.upper)).all()
    bans_kept = not a.banned[np.arange(a.weight.size), found.last].any()
    assert (total_violation(a, state) == 0) == (kept and loads_kept and bans_kept)
    # The count kept while moving says the same of the last partition.
    assert found.last_violation == total_violation(a, state)
    if found.best is not None:
        assert total_violation(a, new_state(a, found.best)) == 0


def test_the_checker_names_each_broken_limit(ruled):
    plan = build_plan(ruled, np.array([0, 1, 1, 0]), bound=0, seed=1, seconds=0.0)
    broken = [(v.rule, v.subject) for v in check_patches(ruled, plan)]
    assert ("contiguity", "P0") in broken
    assert ("apart", "B0") in broken
    assert [pair for pair in broken if pair[0] == "measure"] == []
    plan = build_plan(ruled, np.array([0, 0, 0, 1]), bound=0, seed=1, seconds=0.0)
    broken = [(v.rule, v.subject, v.message) for v in check_patches(ruled, plan)]
    assert broken == [("measure", "P0", "estates: 2, limits 0 to 1")]


def test_the_checker_works_out_what_summaries_say(ruled):
    plan = build_plan(ruled, np.array([0, 0, 1, 1]), bound=0, seed=1, seconds=0.0)
    uses = plan.patches[1].measures
    assert [(use.name, use.value, use.upper) for use in uses] == [
        ("homes", 7, 6),
        ("estates", 1, 2),
    ]
    wrong = plan.patches[1].model_copy(
        update={"measures": (uses[0].model_copy(update={"value": 6}), uses[1])}
    )
    told = plan.model_copy(update={"patches": (plan.patches[0], wrong)})
    rules = [v.rule for v in check_patches(ruled, told)]
    assert rules == ["measure", "summary"]
