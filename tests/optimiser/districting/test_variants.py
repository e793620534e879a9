"""Problems under other rules and with other posts, against problems built anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from optimiser.errors import InvalidProblem
from optimiser.model import PatchMeasure, PatchProblem
from optimiser.model.posts import (
    first_to_go,
    with_equal_posts,
    with_posts,
    without_posts,
)
from optimiser.model.rules import PatchLimit, PatchLimits, VacantPost
from optimiser.model.variants import with_balance, with_move_price
from optimiser.workspace import Workspace

Build = Callable[..., PatchProblem]
ARRAYS = ("unit", "edges", "walk_cost", "centre_cost", "move_cost", "moved_homes", "allowed")


@pytest.fixture(scope="module")
def build(borough: Path) -> Build:
    """Return a maker of the small borough's problem under changed rules, as built by the bridge."""
    ws = Workspace.open(borough)
    known = {name: getattr(ws, name) for name in ("network", "barriers", "block_xy",
                                                  "block_walks", "adjacency")}  # fmt: skip

    def built(**changes: object) -> PatchProblem:
        rules = ws.settings.rules
        patches = rules.patches.model_copy(update=changes)
        changed = ws.settings.model_copy(
            update={"rules": rules.model_copy(update={"patches": patches})}
        )
        other = Workspace(ws.path, changed, ws.inputs, ws.visit_types)
        other.__dict__.update(known)
        return other.patch_problem()

    return built


def differing(one: PatchProblem, two: PatchProblem) -> list[str]:
    """Return what of two problems is not the same."""
    arrays = [name for name in ARRAYS if not np.array_equal(getattr(one, name), getattr(two, name))]
    return arrays if one.slots == two.slots else [*arrays, "slots"]


HARDER = {
    "locked": ("P02",),
    "limits": PatchLimits(homes=PatchLimit(within=0.5), tenanted=PatchLimit(most_per_fte=900)),
}


@pytest.mark.parametrize("rules", [{}, HARDER], ids=["plain", "locked"])
@pytest.mark.parametrize(("before", "after"), [(0.05, 0.3), (0.3, 0.05), (0.1, 0.02)])
def test_other_balance_is_the_problem_built_at_it(build, before, after, rules):
    changed = with_balance(build(balance=before, **rules), after)
    asked = build(balance=after, **rules)
    assert differing(changed, asked) == []
    assert changed.rules == asked.rules
    assert changed.balance == after


def test_estate_is_split_when_it_no_longer_fits_and_joined_when_it_does(build):
    loose = build(balance=0.9)
    tight = with_balance(loose, 0.01)
    assert tight.unit.max() >= loose.unit.max()
    assert differing(with_balance(tight, 0.9), loose) == []


@pytest.mark.parametrize("minutes", [0.0, 0.5, 20.0])
def test_other_price_of_a_moved_home_is_the_problem_built_at_it(build, minutes):
    changed = with_move_price(build(moved_home_minutes=2.0), minutes)
    asked = build(moved_home_minutes=minutes)
    assert np.abs(changed.move_cost - asked.move_cost).max() <= 1
    assert changed.rules == asked.rules


def test_counted_patches_are_the_problem_built_with_as_many(build):
    base = build(patches=6)
    for count in (6, 8, 5):
        changed, asked = with_equal_posts(base, count), build(patches=count)
        assert [s.model_dump() for s in changed.slots] == [s.model_dump() for s in asked.slots]
        assert np.array_equal(changed.moved_homes, asked.moved_homes)
        assert np.array_equal(changed.unit, asked.unit)


def with_codes_of(one: PatchProblem, two: PatchProblem) -> PatchProblem:
    """Return a problem with another's codes: new ones depend on those that are taken."""
    pairs = zip(one.slots, two.slots, strict=True)
    slots = tuple(s.model_copy(update={"patch": t.patch}) for s, t in pairs)
    return one.model_copy(update={"slots": slots})


POSTS = {f"P{k:02d}": VacantPost(fte=1.0) for k in range(90, 98)}


@pytest.fixture(scope="module")
def grouped(build: Build) -> dict[str, object]:
    """Return rules that keep a block of the largest estate with one of another."""
    problem = build()
    size: dict[str, int] = {}
    for block in problem.blocks:
        if block.estate:
            size[block.estate] = size.get(block.estate, 0) + block.workload
    large = max(size, key=lambda name: size[name])
    pairs = [(problem.blocks[i], problem.blocks[j]) for i, j in problem.edges.tolist()]
    one, other = next(p for p in pairs if (p[0].estate == large) != (p[1].estate == large))
    return {"together": ((one.block_ref, other.block_ref),)}


@pytest.mark.parametrize("kept", ["alone", "grouped"])
def test_estate_that_stops_fitting_is_divided_as_with_as_many_vacant_posts(build, grouped, kept):
    rules = grouped if kept == "grouped" else {}
    units = []
    for count in (2, 5, 8):
        posts = dict(list(POSTS.items())[:count])
        asked = build(vacant_posts=posts, **rules)
        changed = with_posts(build(**rules), count)
        assert differing(with_codes_of(changed, asked), asked) == []
        units.append(asked.unit.max())
    assert units[0] < units[-1]  # fewer estates fit the smaller targets


@pytest.mark.parametrize("kept", ["alone", "grouped"])
def test_estate_that_fits_again_is_put_together_with_fewer_posts(build, grouped, kept):
    rules = grouped if kept == "grouped" else {}
    more = build(vacant_posts=POSTS, **rules)
    few = dict(list(POSTS.items())[:2])
    fewer, asked = without_posts(more, first_to_go(more, 6)), build(vacant_posts=few, **rules)
    assert differing(with_codes_of(fewer, asked), asked) == []
    assert fewer.rules == asked.rules
    assert fewer.unit.max() < more.unit.max()


def test_rules_for_the_record_follow_the_posts(build):
    more = with_posts(build(), 2)
    codes = [s.patch for s in more.slots[-2:]]
    assert list(more.rules.vacant_posts) == codes
    assert with_posts(build(patches=5), 2).rules.patches == 7
    ref = more.blocks[0].block_ref
    bans = {"P02": (more.blocks[1].block_ref,)}
    bound = build(pins={ref: "P02"}, locked=("P01",), forbidden=bans)
    left = without_posts(bound, ["P02", "P01"])
    assert (left.rules.pins, left.rules.locked, left.rules.forbidden) == ({}, (), {})
    assert left.locked == ()


@pytest.mark.parametrize("rules", [{}, HARDER], ids=["plain", "locked"])
def test_new_post_is_the_problem_built_with_a_vacant_one(build, rules):
    changed = with_posts(build(**rules), 1)
    asked = build(vacant_posts={changed.slots[-1].patch: VacantPost(fte=1.0)}, **rules)
    assert differing(with_codes_of(changed, asked), asked) == []
    for mine, theirs in zip(changed.measures, asked.measures, strict=True):
        assert np.abs(mine.lower - theirs.lower).max() <= 1
        assert np.abs(mine.upper - theirs.upper).max() <= 1


def test_new_posts_take_their_share_and_the_nearest_service_centre(grid):
    ways = np.array([[5, 5, 0, 9], [2, 7, 1, 9]])
    today = ["P0", "P0", "P1", None]
    problem = grid(1, 4, 2, current=today, moved_price=3, centre_cost=ways, limits=(190, 210))
    problem = problem.model_copy(update={"balance": 0.05})
    more = with_posts(problem, 2)
    assert [s.patch for s in more.slots] == ["P0", "P1", "P2", "P3"]
    assert [(s.target, s.lower, s.upper) for s in more.slots] == [(100, 95, 105)] * 4
    assert more.slots[3].officer_ref is None
    assert more.centre_cost[2].tolist() == [2, 5, 0, 9]
    assert more.moved_homes[:, 3].tolist() == [10, 10, 10, 10]
    assert more.move_cost[:, 2].tolist() == [30] * 4
    assert "P2 to P3" in more.notes[-1]
    assert with_posts(problem, 0) is problem
    assert PatchProblem(**dict(more)).slots == more.slots  # shapes agree


def test_new_post_takes_no_block_that_is_bound_to_a_patch(grid):
    allowed = np.array([[True, False], [True, True], [True, True], [False, False]])
    more = with_posts(grid(1, 4, 2, allowed=allowed), 1)
    assert more.allowed[:, 2].tolist() == [False, True, True, False]


def test_new_code_is_not_one_that_homes_still_carry(grid):
    problem = grid(1, 3, 2, current=["P0", "P2", "P1"])
    assert with_posts(problem, 1).slots[-1].patch == "P3"


def test_fewer_posts_leave_their_work_to_the_others(grid):
    allowed = np.array([[False, False, True], [True, True, True], [True, True, True]])
    problem = grid(1, 3, 3, allowed=allowed, limits=(90, 110)).model_copy(update={"balance": 0.1})
    fewer = without_posts(problem, ["HO2"])
    assert [(s.patch, s.target, s.lower, s.upper) for s in fewer.slots] == [
        ("P0", 150, 135, 165),
        ("P1", 150, 135, 165),
    ]
    assert fewer.allowed.all()  # B0 was bound to the patch that went
    assert "B0" in fewer.notes[-1]
    assert without_posts(problem, ["P0", "HO2"]).slots[0].upper == 330


def test_vacant_posts_go_first_then_those_with_the_fewest_homes(grid):
    problem = grid(1, 6, 3, current=["P0", "P0", "P1", "P2", "P2", "P2"])
    more = with_posts(problem, 2)
    assert first_to_go(more, 4) == ["P4", "P3", "P1", "P0"]
    part_time = problem.slots[1].model_copy(update={"fte": 0.5})
    slots = (problem.slots[0], part_time, problem.slots[2])
    assert first_to_go(problem.model_copy(update={"slots": slots}), 2) == ["P0", "P2"]


def test_post_that_is_not_there_or_the_last_one_cannot_go(grid):
    problem = grid(1, 4, 2)
    with pytest.raises(InvalidProblem, match="'HO9' is no officer"):
        without_posts(problem, ["HO9"])
    with pytest.raises(InvalidProblem, match="no post would be left"):
        without_posts(problem, ["HO0", "P1"])


def test_limits_not_from_the_balance_stay_as_they_are(grid):
    problem = grid(1, 4, 2, limits=[(190, 210), (70, 90)]).model_copy(update={"balance": 0.05})
    changed = with_balance(problem, 0.5)
    assert [(s.lower, s.upper) for s in changed.slots] == [(100, 300), (70, 90)]


def test_measures_keep_caps_per_officer_and_share_the_rest(grid):
    problem = grid(1, 4, 2, limits=(190, 210)).model_copy(update={"balance": 0.05})
    ten = np.array([10, 10, 10, 10])
    measures = (
        PatchMeasure(name="homes", amount=ten, lower=[0, 0], upper=[25, 25]),
        PatchMeasure(name="share", amount=ten, lower=[18, 18], upper=[22, 22]),
    )
    more = with_posts(problem.model_copy(update={"measures": measures}), 2)
    cap, share = more.measures
    assert (cap.lower.tolist(), cap.upper.tolist()) == ([0] * 4, [25] * 4)
    assert (share.lower.tolist(), share.upper.tolist()) == ([9] * 4, [11] * 4)
