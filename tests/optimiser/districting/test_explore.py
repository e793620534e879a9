"""Fronts of small problems whose every plan is known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patch_brute_force import cheapest, plan_price

from optimiser.districting.checks import check_patches
from optimiser.districting.explore import explore
from optimiser.districting.metrics import build_plan
from optimiser.districting.proof.parts import PartBounds
from optimiser.errors import Infeasible, NoSolutionInTime
from optimiser.model import PatchParams, PatchPlan, PatchProblem
from optimiser.model.front import Front, PointStatus
from optimiser.model.variants import includes, with_balance, with_move_price

FIXED = PatchParams(iterations=0, workers=1)
MINUTES = 100_000


def by_brute_force(problem: PatchProblem, **_: object) -> PatchPlan:
    """Solve as `allocate_patches` would, by trying everything."""
    best = cheapest(problem)
    if best.cost is None:
        raise Infeasible("nothing fits", "raise the balance")
    return built(problem, best.slot_of, best.cost)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solve small problems by brute force, for tests of what is made of the plans."""
    monkeypatch.setattr("optimiser.districting.allocate.allocate_patches", by_brute_force)


@pytest.fixture
def uneven(grid) -> PatchProblem:
    """Return six blocks in a row that today are four and two; even patches move one.

    Walking in minutes: a patch of 2 costs 1, of 3 costs 2, of 4 costs 4.
    """
    today = ["P0"] * 4 + ["P1"] * 2
    problem = grid(1, 6, 2, current=today, limits=(150, 450))
    return problem.model_copy(
        update={"balance": 0.5, "walk_cost": problem.walk_cost * (MINUTES // 10_000)}
    )


def solve(problem: PatchProblem, **options) -> Front:
    front = explore(problem, params=FIXED, **options)
    for point in front.points:
        if point.plan is not None:
            assert point.plan.violations == ()
            assert point.bound <= point.objective
    return front


def seen(front: Front) -> list[tuple]:
    return [
        (p.balance, p.moved_home_minutes, p.status.value, p.minutes, p.reached, p.homes_moved,
         p.dominated) for p in front.points
    ]  # fmt: skip


@pytest.mark.usefixtures("quick")
def test_known_front_comes_out_whole(uneven):
    # To walk a minute less, ten homes move: worth it below 0.1 minutes a home.
    front = solve(uneven, balances=[0.1, 0.5], moved_home_minutes=[0.0, 0.05, 0.2])
    third = pytest.approx(1 / 3)
    assert seen(front) == [
        (0.1, 0.0, "optimal", 4.0, 0.0, 10, False),
        (0.1, 0.05, "optimal", 4.0, 0.0, 10, True),  # the same plan again
        (0.1, 0.2, "optimal", 4.0, 0.0, 10, True),
        (0.5, 0.0, "optimal", 4.0, 0.0, 10, True),  # it moves fewest of those that walk least
        (0.5, 0.05, "optimal", 4.0, 0.0, 10, True),
        (0.5, 0.2, "optimal", 5.0, third, 0, False),
    ]
    # Ten homes must move for a balance of 10 %; two thirds of a block would do by weight.
    assert [b.fewest_homes for b in front.bounds] == [7, 0]
    assert [b.least_minutes for b in front.bounds] == [4.0, 4.0]


@pytest.mark.usefixtures("quick")
def test_walking_is_bounded_for_each_number_of_homes(uneven):
    front = solve(uneven, balances=[0.5], moved_home_minutes=[0.0, 0.1])
    # The two plans of the hull cost the same at a tenth of a minute a home.
    assert front.least_minutes(0.5, 0) == pytest.approx(5.0)
    assert front.least_minutes(0.5, 5) == pytest.approx(4.5)
    assert front.least_minutes(0.5, 10) == pytest.approx(4.0)
    with pytest.raises(ValueError, match=r"balance 0\.3 was not explored"):
        front.least_minutes(0.3, 5)


@pytest.mark.usefixtures("quick")
def test_best_within_limits(uneven):
    front = solve(uneven, balances=[0.1, 0.5], moved_home_minutes=[0.0, 0.2])
    assert front.best().minutes == 4.0
    assert front.best(homes_moved=9).homes_moved == 0
    assert front.best(minutes=4.5).homes_moved == 10
    assert front.best(minutes=5).homes_moved == 0
    assert front.best(balance=0.2, homes_moved=9) is None


def test_balance_without_a_plan_is_a_point_with_its_cause(grid):
    odd = grid(1, 4, 2, workload=[500, 100, 100, 100], limits=(100, 700))
    odd = odd.model_copy(update={"balance": 0.75})
    front = solve(odd, balances=[0.05, 0.75], moved_home_minutes=[0.0, 1.0])
    for point in front.points[:2]:
        assert point.status is PointStatus.INFEASIBLE
        assert point.plan is None
        assert "B0" in point.cause
        assert "balance" in point.relaxation
        assert not point.dominated
    assert [b.balance for b in front.bounds] == [0.75]


@pytest.mark.usefixtures("quick")
def test_frame_has_a_row_a_point(uneven):
    frame = solve(uneven, balances=[0.5], moved_home_minutes=[0.2]).to_frame()
    assert frame.shape == (1, 15)
    assert frame.loc[0, ["status", "minutes", "homes_moved", "dominated"]].tolist() == [
        "optimal", 5.0, 0, False]  # fmt: skip


@pytest.mark.usefixtures("quick")
def test_default_settings_start_from_the_problem(uneven):
    front = solve(uneven.model_copy(update={"balance": 0.1}))
    assert sorted({p.balance for p in front.points}) == [0.05, 0.1, 0.2]
    assert sorted({p.moved_home_minutes for p in front.points}) == [0, 1, 2, 5, 20]


@pytest.mark.parametrize("wrong", [{"balances": [1.2]}, {"moved_home_minutes": [-1]},
                                   {"balances": []}])  # fmt: skip
def test_settings_out_of_range_are_refused(uneven, wrong):
    with pytest.raises(ValueError, match="balance"):
        explore(uneven, **wrong)


def test_solver_is_told_of_and_proves_each_setting(uneven):
    told = []
    front = solve(uneven, balances=[0.5], moved_home_minutes=[0.0, 0.2], progress=told.append)
    assert [(p.status.value, p.minutes) for p in front.points] == [("optimal", 4), ("optimal", 5)]
    assert {p.stage for p in told} == {
        "1 of 2: balance 50 %, 0 minutes a moved home",
        "2 of 2: balance 50 %, 0.2 minutes a moved home",
    }


def test_bound_of_a_looser_setting_holds_at_a_tighter_one(uneven):
    wide = with_balance(uneven, 0.5)
    tight = with_move_price(with_balance(uneven, 0.1), 2.0)
    assert includes(with_move_price(wide, 1.0), tight)
    assert not includes(with_move_price(wide, 3.0), tight)
    assert not includes(tight, wide)
    # Blocks that have to stay together in the looser one are free in the tighter one.
    joined = wide.model_copy(update={"unit": np.array([0, 0, 1, 2, 3, 4], dtype=np.int32)})
    assert not includes(joined, tight)
    assert includes(wide, joined)


def valid_ones(problem: PatchProblem) -> list[tuple[int, ...]]:
    every = itertools.product(range(len(problem.slots)), repeat=len(problem.blocks))
    return [slot_of for slot_of in every if plan_price(problem, slot_of) is not None]


def built(problem: PatchProblem, slot_of: Sequence[int], bound: int) -> PatchPlan:
    none = PartBounds(centre=0, moved=0)
    plan = build_plan(problem, np.array(slot_of), bound=bound, seed=1, seconds=0.0, parts=none)
    return plan.model_copy(update={"violations": check_patches(problem, plan)})


def every_plan(problem: PatchProblem) -> list[PatchPlan]:
    return [built(problem, slot_of, 0) for slot_of in valid_ones(problem)]


drawn = given(
    workload=st.lists(st.integers(1, 4), min_size=6, max_size=6),
    today=st.lists(st.sampled_from(["P0", "P1"]), min_size=6, max_size=6),
    price=st.sampled_from([0.001, 0.01, 0.1]),
)


def drawn_problem(grid, workload: list[int], today: list[str]) -> PatchProblem:
    problem = grid(2, 3, 2, workload=workload, current=today, limits=(0, sum(workload)))
    target = {"target": round(sum(workload) / 2)}
    slots = tuple(s.model_copy(update=target) for s in problem.slots)
    return problem.model_copy(update={"balance": 1.0, "slots": slots})


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@drawn
@pytest.mark.usefixtures("quick")
def test_no_plan_of_all_is_below_the_bounds(grid, workload, today, price):
    problem = drawn_problem(grid, workload, today)
    front = explore(problem, balances=[0.4], moved_home_minutes=[0, price], params=FIXED)
    plans = every_plan(with_balance(problem, 0.4))
    assert (not plans) == (front.points[0].plan is None)
    for plan in plans:
        walk = plan.walk_minutes + plan.centre_minutes
        assert plan.homes_moved >= front.bounds[0].fewest_homes
        assert walk >= front.bounds[0].least_minutes - 1e-9
        assert walk >= front.least_minutes(0.4, plan.homes_moved) - 1e-9
    if plans:
        least = min(p.walk_minutes + p.centre_minutes for p in plans)
        assert front.points[0].minutes == pytest.approx(least)


def first_found(problem: PatchProblem, *, seed: int, **_: object) -> PatchPlan:
    """Return any valid plan with no bound to speak of, as a search that is out of time."""
    known = valid_ones(problem)
    if not known:
        raise NoSolutionInTime("nothing yet")
    return built(problem, known[seed % len(known)], 0)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@drawn
def test_looser_or_cheaper_setting_is_never_worse(grid, monkeypatch, workload, today, price):
    monkeypatch.setattr("optimiser.districting.allocate.allocate_patches", first_found)
    problem = drawn_problem(grid, workload, today)
    front = explore(
        problem, balances=[0.2, 0.5, 0.9], moved_home_minutes=[0, price, 1], seed=sum(workload)
    )
    at = {(p.balance, p.moved_home_minutes): p for p in front.points}
    for (balance, minutes), point in at.items():
        for (other, dearer), worse in at.items():
            if worse.plan is not None and balance >= other and minutes <= dearer:
                assert point.objective <= worse.objective + 1e-9
                assert point.bound <= worse.bound + 1e-9
                assert point.plan.violations == ()
