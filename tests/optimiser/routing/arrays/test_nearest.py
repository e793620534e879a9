"""What keeps large weeks quick gives what the plain way gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from optimiser import Workspace
from optimiser.routing.arrays.nearest import smallest
from optimiser.routing.arrays.tasks import Compiled, compile_problem
from optimiser.routing.days.schedule import Task, Timer
from optimiser.routing.proof import bounds, halves


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 35))
def test_the_smallest_are_the_first_of_a_stable_sort(values: list[int], count: int) -> None:
    row = np.array(values, dtype=np.int32)
    assert_array_equal(smallest(row, count), np.argsort(row, kind="stable")[:count])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=40), st.integers(1, 12))
def test_the_nearest_nodes_are_the_first_of_a_stable_sort(
    at: list[tuple[int, int]], most: int
) -> None:
    """Nodes at six places, in any order, several at one; every walk may be as long as another."""
    place, number = np.array(at, dtype=np.int64).reshape(-1, 2).T
    nodes = np.cumsum(1 + number)
    walk = np.random.default_rng(len(at)).integers(0, 4, (6, 6)).astype(np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(halves, "_NEAREST", most)
        found = halves.nearest_nodes(walk, np.arange(6), nodes, place)
    for row, walks in zip(found, walk, strict=True):
        assert_array_equal(row, nodes[np.argsort(walks[place], kind="stable")][:most])


@pytest.fixture(scope="module")
def compiled(borough: Path) -> Compiled:
    """The small borough's week, in which time is short."""
    problem = Workspace.open(borough).visit_problem("2026-11-30")
    return compile_problem(
        problem.model_copy(
            update={
                "shifts": tuple(
                    s.model_copy(update={"busy_limit_s": s.busy_limit_s // 3})
                    for s in problem.shifts
                )
            }
        )
    )


def test_prices_by_steps_bound_nearly_as_well_as_the_linear_programme(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns, worth = bounds.columns_of(compiled)

    def bound() -> float:
        prices = bounds.shift_prices(compiled.net, columns, worth.total)
        return bounds.dual_bound(compiled.net, columns, worth, prices)

    exact = bound()
    free = bounds.dual_bound(compiled.net, columns, worth, np.zeros(compiled.net.shifts))
    monkeypatch.setattr(bounds, "_MOST_COLUMNS", 0)
    stepped = bound()
    assert exact < 0.98 * free  # or any price would do
    assert exact <= stepped * (1 + 1e-9)
    assert stepped < exact + 0.2 * (free - exact)


def test_of_many_only_visits_beyond_a_day_are_left_out(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = compiled.problem
    walk = 12 * np.asarray(problem.walk_s)  # as if the borough were as large as a county
    problem = problem.model_copy(update={"walk_s": walk})
    before = compile_problem(problem).net.possible
    monkeypatch.setattr("optimiser.routing.arrays.tasks._MANY_PAIRS", 0)
    after = compile_problem(problem).net.possible
    out = np.argwhere(before & ~after)
    assert 0 < len(out) < before.sum()
    assert not (after & ~before).any()
    timer = Timer(problem)
    for v, s in out.tolist():
        assert timer.route(s, (Task("visit", v),)) is None
