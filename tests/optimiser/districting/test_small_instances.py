"""Whole calls on every connected graph of up to five blocks, and on drawn ones of up to eight."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patch_brute_force import cheapest, plan_price
from patch_problems import connected_edges, planted_problem, random_problem

from optimiser.districting import allocate_patches
from optimiser.errors import Infeasible
from optimiser.model import PatchParams, PatchProblem, Status
from optimiser.model.patches import COST_UNITS_PER_MINUTE

FIXED = PatchParams(iterations=0, workers=1)

GRAPHS = [graph for graph in nx.graph_atlas_g() if 2 <= len(graph) <= 5 and nx.is_connected(graph)]


def require_the_optimum(problem: PatchProblem) -> None:
    """Solve, and compare plan, bound and verdict with those of brute force."""
    best = cheapest(problem)
    if best.cost is None:
        with pytest.raises(Infeasible):
            allocate_patches(problem, params=FIXED)
        return
    plan = allocate_patches(problem, params=FIXED)
    assert plan.violations == ()
    slots = {slot.patch: k for k, slot in enumerate(problem.slots)}
    assert plan_price(problem, [slots[a.patch] for a in plan.assignments]) == best.cost
    assert round(plan.objective * COST_UNITS_PER_MINUTE) == best.cost
    assert plan.bound * COST_UNITS_PER_MINUTE <= best.cost + 0.5
    assert plan.status is Status.OPTIMAL


def test_there_are_thirty_such_graphs():
    assert [sum(len(g) == n for g in GRAPHS) for n in (2, 3, 4, 5)] == [1, 2, 6, 21]


@pytest.mark.parametrize("number", range(len(GRAPHS)))
def test_every_small_graph_is_solved_as_by_brute_force(number):
    graph = GRAPHS[number]
    edges = sorted((min(e), max(e)) for e in graph.edges)
    patches = min(1 + number % 3, len(graph))
    require_the_optimum(random_problem(edges, len(graph), patches, seed=number))


@settings(max_examples=8, deadline=None)
@given(st.integers(6, 8), st.integers(2, 3), st.integers(0, 10**6), st.booleans())
def test_up_to_eight_blocks_are_solved_as_by_brute_force(n, patches, seed, further):
    edges = connected_edges(np.random.default_rng(seed), n, further=0.7)
    require_the_optimum(random_problem(edges, n, patches, seed, further_rules=further))


@settings(max_examples=5, deadline=None)
@given(st.integers(16, 28), st.integers(3, 5), st.integers(0, 10**6), st.booleans())
def test_a_planted_plan_is_never_missed(n, patches, seed, further):
    planted = planted_problem(n, patches, seed, further_rules=further)
    known = plan_price(planted.problem, planted.slot_of)
    assert known is not None
    plan = allocate_patches(planted.problem, params=FIXED)
    assert plan.violations == ()
    assert plan.bound <= min(plan.objective, known / COST_UNITS_PER_MINUTE) + 1e-9
