"""Problems changed and solved beside what they were."""

from __future__ import annotations

import pytest

from optimiser.districting import allocate_patches
from optimiser.districting.what_if import changed_problem, what_if
from optimiser.errors import InvalidProblem
from optimiser.model import PatchParams, PatchProblem

FIXED = PatchParams(iterations=0, workers=1)


@pytest.fixture
def row(grid) -> PatchProblem:
    """Return six blocks of ten homes in a row, three for each of two officers."""
    today = ["P0"] * 3 + ["P1"] * 3
    problem = grid(1, 6, 2, current=today, moved_price=100, limits=(270, 330))
    return problem.model_copy(update={"balance": 0.1})


def test_one_officer_more_beside_the_plan_as_it_is(row):
    found = what_if(row, officers=1, params=FIXED)
    assert found.change == "1 officer more"
    assert len(found.before.patches) == 2
    assert [s.patch for s in found.after.patches] == ["P0", "P1", "P2"]
    assert found.after.violations == ()
    old, new = found.figures_before, found.figures_after
    assert (old.homes_per_patch, new.homes_per_patch) == (30, 20)
    assert (old.workload_per_fte, new.workload_per_fte) == (3, 2)
    # A centre each and one block walked to, a block of each old patch to the new officer.
    assert new.walk_minutes * 100_000 == pytest.approx(3 * 100 * 100)
    assert (old.homes_moved, new.homes_moved) == (0, 20)
    assert old.longest_centre_minutes is None


def test_range_of_the_change_is_exact_where_both_are_proven(row):
    found = what_if(row, officers=1, params=FIXED)
    difference = found.after.objective - found.before.objective
    assert found.best_change == pytest.approx((difference, difference))


def test_base_is_not_solved_again_and_must_be_valid(row):
    base = allocate_patches(row, params=FIXED)
    found = what_if(row, balance=0.4, base=base, params=FIXED)
    assert found.before is base
    assert found.after.objective <= base.objective
    other = base.model_copy(update={"objective": 1.0})
    with pytest.raises(InvalidProblem, match="base is no valid plan"):
        what_if(row, balance=0.4, base=other, params=FIXED)


def test_frame_has_a_row_a_figure(row):
    frame = what_if(row, patches=3, params=FIXED).to_frame().set_index("figure")
    assert frame.loc["patches"].tolist() == [2, 3, 1]
    assert frame.loc["homes that change patch", "change"] == 20
    assert frame.loc["the same, of the farthest patch"].isna().all()


def test_changes_in_words(grid):
    problem = grid(1, 6, 3)
    more, words = changed_problem(problem, officers=2, balance=0.2, moved_home_minutes=3)
    assert words == "2 officers more; balance 20 %; 3 minutes a moved home"
    assert (len(more.slots), more.balance) == (5, 0.2)
    fewer, words = changed_problem(more, officers=-2, without=("HO1",))
    assert words == "without HO1; 1 vacant post fewer"
    assert [s.patch for s in fewer.slots] == ["P0", "P2", "P3"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "nothing would change"),
        ({"officers": -1}, "name the officers"),
        ({"balance": 1.0}, "balance of 1"),
        ({"moved_home_minutes": -1}, "price of -1"),
        ({"patches": 0}, "at least one"),
        ({"without": ["HO5"]}, "'HO5' is no officer"),
    ],
)
def test_change_that_cannot_be_is_refused(row, change, said):
    with pytest.raises(InvalidProblem, match=said):
        changed_problem(row, **change)
