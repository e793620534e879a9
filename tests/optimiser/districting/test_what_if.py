"""Problems changed and solved beside what they were."""

from __future__ import annotations

import re

import pytest

from optimiser.districting import allocate_patches
from optimiser.districting.what_if import changed_problem, what_if
from optimiser.errors import InvalidProblem
from optimiser.model import PatchParams, PatchProblem
from optimiser.model.front import PointStatus
from optimiser.model.posts import with_posts
from optimiser.model.what_if import WhatIf

FIXED = PatchParams(iterations=0, workers=1)


@pytest.fixture(scope="module")
def row(grid) -> PatchProblem:
    """Return six blocks of ten homes in a row, three for each of two officers."""
    today = ["P0"] * 3 + ["P1"] * 3
    problem = grid(1, 6, 2, current=today, moved_price=100, limits=(270, 330))
    return problem.model_copy(update={"balance": 0.1})


@pytest.fixture(scope="module")
def wider(row) -> WhatIf:
    return what_if(row, balance=0.4, params=FIXED)


@pytest.fixture(scope="module")
def tighter(row) -> WhatIf:
    return what_if(row, balance=0.05, params=FIXED)


@pytest.fixture(scope="module")
def one_more(row) -> WhatIf:
    return what_if(row, officers=1, params=FIXED)


def test_one_officer_more_beside_the_plan_as_it_is(one_more):
    found = one_more
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


def test_range_of_the_change_is_exact_where_both_are_proven(one_more):
    found = one_more
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


def test_who_goes_is_said_to_be_assumed(grid):
    problem = grid(1, 6, 3, current=["P0", "P0", "P1", "P2", "P2", "P2"])
    one, words = changed_problem(problem, officers=-1)
    assert [s.patch for s in one.slots] == ["P0", "P2"]
    assert words == "1 post fewer (P1, taken to be the one with the fewest homes)"
    _, words = changed_problem(problem, officers=-2)
    assert words == "2 posts fewer (P1, P0, taken to be those with the fewest homes)"


def test_sentences_for_a_manager(row):
    # In minutes: ten for each hundred metres, ten for a block's homes that move.
    minutes = row.model_copy(
        update={"walk_cost": row.walk_cost * 100, "move_cost": row.move_cost * 100}
    )
    found = what_if(minutes, officers=1, params=FIXED)
    assert found.sentences()[:4] == (
        "1 officer more: 3 patches instead of 2.",
        "A full-time officer has 20 homes instead of 30.",
        "Walking: 30 minutes a week instead of 40, 10 fewer (-25 %).",
        "Households that change patch: 20 homes instead of 0, 20 more.",
    )
    assert found.sentences()[4] == (
        "Proven: counting the price of homes that change patch, the change saves at least 8 "
        "minutes a week."
    )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((10, 8), (6, 5), "Proven: .* saves at least 2 minutes a week"),
        ((10, 10), (13, 13), "Proven: .* costs at least 3 minutes a week"),
        ((10, 9.8), (10.1, 10), "Proven: .* neither saves nor costs anything"),
        ((10, 7), (13, 9), "Not proven .* saves at most 1 or costs at most 6 minutes a week"),
    ],
)
def test_what_the_bounds_prove_is_said(one_more, before, after, said):
    found = one_more
    plans = {
        when: plan.model_copy(update={"objective": pair[0], "bound": pair[1]})
        for when, plan, pair in (("before", found.before, before), ("after", found.after, after))
    }
    assert re.search(said, found.model_copy(update=plans).sentences()[-1])


@pytest.mark.parametrize(
    ("balance", "after", "said"),
    [
        (0.4, (10, 7), "saves at most 3 minutes a week, and costs nothing"),
        (0.4, (8, 7), "saves at least 1 minutes a week"),
        (0.05, (10, 7), "costs at most 1 minutes a week, and saves nothing"),
        (0.05, (13, 12), "costs at least 2 minutes a week"),
    ],
)
def test_wider_balance_cannot_cost_and_a_tighter_one_cannot_save(
    wider, tighter, balance, after, said
):
    found = wider if balance == 0.4 else tighter
    before = found.before.model_copy(update={"objective": 10.0, "bound": 9.0})
    then = found.after.model_copy(update={"objective": after[0], "bound": after[1]})
    assert said in found.model_copy(update={"before": before, "after": then}).sentences()[-1]


def test_other_price_is_not_told_as_a_saving(row):
    found = what_if(row, moved_home_minutes=0, params=FIXED)
    assert found.sentences()[0] == "0 minutes a moved home: 2 patches, as without the change."
    assert "Proven" not in " ".join(found.sentences())


def test_change_that_no_plan_can_meet_is_an_answer(grid):
    # Three blocks of one, one and two points: thirds within a tenth cannot be.
    problem = grid(1, 3, 2, workload=[100, 100, 200], limits=(180, 220))
    problem = problem.model_copy(update={"balance": 0.1})
    found = what_if(problem, officers=1, params=FIXED)
    assert found.before is not None
    assert (found.after, found.figures_after, found.best_change) == (None, None, None)
    assert found.why_not_after.status is PointStatus.INFEASIBLE
    (told,) = found.sentences()
    assert told.startswith(
        "1 officer more: proven to be impossible. Block B2 alone is 37.0 % above"
    )
    assert told.endswith("To mend it: raise the balance to 51 %.")
    frame = found.to_frame().set_index("figure")
    assert frame.loc["patches", "before"] == 2
    assert frame[["after", "change"]].isna().all(axis=None)
    back = what_if(with_posts(problem, 1), officers=-1, params=FIXED)
    assert (back.before, back.why_not_before.status) == (None, PointStatus.INFEASIBLE)
    assert len(back.after.patches) == 2
    assert back.sentences()[0].startswith("As it is: proven to be impossible.")


def test_changes_in_words(grid):
    problem = grid(1, 6, 3)
    more, words = changed_problem(problem, officers=2, balance=0.2, moved_home_minutes=3)
    assert words == "2 officers more; balance 20 %; 3 minutes a moved home"
    assert (len(more.slots), more.balance) == (5, 0.2)
    fewer, words = changed_problem(more, officers=-2, without=("HO1",))
    assert words == "without HO1; 1 post fewer (P4, vacant)"
    assert [s.patch for s in fewer.slots] == ["P0", "P2", "P3"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "nothing would change"),
        ({"officers": -2}, "no post would be left"),
        ({"balance": 1.0}, "balance of 1"),
        ({"moved_home_minutes": -1}, "price of -1"),
        ({"patches": 0}, "at least one"),
        ({"without": ["HO5"]}, "'HO5' is no officer"),
    ],
)
def test_change_that_cannot_be_is_refused(row, change, said):
    with pytest.raises(InvalidProblem, match=said):
        changed_problem(row, **change)
