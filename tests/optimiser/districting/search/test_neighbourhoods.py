from __future__ import annotations

import numpy as np
import pytest

from optimiser.districting.search.annealing import penalised_cost
from optimiser.districting.search.neighbourhoods import improve_exactly
from optimiser.districting.search.state import new_state
from optimiser.districting.units.instance import build_instance
from optimiser.model import PatchBlock, PatchProblem, PatchSlot

SIDE = 4


def grid(slots: int, *, lower: int, upper: int) -> PatchProblem:
    """A 4 x 4 grid of blocks of weight 1; the cost is the distance in steps."""
    n = SIDE * SIDE
    row, column = np.divmod(np.arange(n), SIDE)
    walk = np.abs(row[:, None] - row) + np.abs(column[:, None] - column)
    edges = [(i, j) for i in range(n) for j in range(i) if walk[i, j] == 1]
    return PatchProblem(
        blocks=tuple(PatchBlock(block_ref=f"B{i}", homes=1, workload=1) for i in range(n)),
        slots=tuple(
            PatchSlot(patch=f"P{k}", target=n // slots, lower=lower, upper=upper)
            for k in range(slots)
        ),
        unit=np.arange(n),
        edges=np.array(edges),
        walk_cost=100 * walk,
        centre_cost=np.zeros((slots, n)),
        move_cost=np.zeros((n, slots)),
        moved_homes=np.zeros((n, slots)),
        allowed=np.ones((n, slots), dtype=bool),
    )


def improve(problem, part, **options):
    a = build_instance(problem).arrays
    costs: list[float] = []
    best = improve_exactly(
        a,
        np.array(part, dtype=np.int64),
        rng=np.random.default_rng(1),
        size=options.pop("size", 2),
        seconds=5.0,
        most=options.pop("most", 20),
        time_left=lambda: 1.0,
        improved=lambda _, cost: costs.append(cost),
    )
    return a, best, costs


# Four snakes of four blocks along the rows; the best deal is four squares.
ROWS = [i // SIDE for i in range(SIDE * SIDE)]


def test_touching_patches_are_dealt_anew_at_least_cost():
    a, best, costs = improve(grid(4, lower=4, upper=4), ROWS)
    assert costs == sorted(costs, reverse=True)
    # A square of four costs 1 + 1 + 2 steps from its centre.
    assert penalised_cost(a, best) == 4 * 400
    assert np.bincount(best).tolist() == [4, 4, 4, 4]


def test_the_result_is_contiguous_and_within_the_limits():
    # Costs that would pull each patch apart: corners together, middle together.
    problem = grid(2, lower=8, upper=8)
    corners = np.isin(np.arange(16), [0, 3, 12, 15])
    walk = np.where(corners[:, None] == corners[None, :], 0, 1000)
    problem = problem.model_copy(update={"walk_cost": walk.astype(np.int64)})
    a, best, _ = improve(problem, [0] * 8 + [1] * 8)
    state = new_state(a, best)
    assert state.load.tolist() == [8, 8]
    for k in (0, 1):
        reached = {int(np.flatnonzero(best == k)[0])}
        while True:
            more = {
                int(v)
                for u in reached
                for v in a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]]
                if best[v] == k
            }
            if more <= reached:
                break
            reached |= more
        assert reached == set(np.flatnonzero(best == k).tolist())


def test_what_is_best_already_stays():
    squares = [2 * (i // 8) + (i % SIDE) // 2 for i in range(16)]
    _, best, costs = improve(grid(4, lower=4, upper=4), squares)
    assert best.tolist() == squares
    assert costs == []


def test_a_banned_pair_stays_apart():
    problem = grid(2, lower=7, upper=9)
    allowed = np.ones((16, 2), dtype=bool)
    allowed[15, 1] = False
    problem = problem.model_copy(update={"allowed": allowed})
    columns = [int(i % SIDE < 2) for i in range(16)]
    _, best, _ = improve(problem, columns)
    assert best[15] == 0


@pytest.mark.parametrize("most", [0, 1])
def test_the_number_of_sets_is_kept(most):
    _, best, costs = improve(grid(4, lower=4, upper=4), ROWS, most=most)
    assert len(costs) <= most
    assert most or best.tolist() == ROWS
