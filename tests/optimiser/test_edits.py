"""The problem around an edit: what was done by hand stays, estates are divided as they were."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patch_brute_force import plan_price

from optimiser.districting import allocate_patches, evaluate_patches
from optimiser.errors import Infeasible
from optimiser.model import PatchBlock, PatchParams, PatchProblem, PatchSlot
from optimiser.workspace.edits import PatchEdit
from optimiser.workspace.held import edited_problem

SOUTH_NORTH = dict(zip("ABCDEF", ("P1", "P1", "P1", "P2", "P2", "P2"), strict=True))


def row(
    *, unit: list[int] | None = None, estates: str = "......", limits: tuple[int, int] = (20, 40)
) -> PatchProblem:
    """Six blocks A to F in a row, of ten points each; walking costs a unit a step."""
    n = len(estates)
    step = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return PatchProblem(
        blocks=tuple(
            PatchBlock(block_ref=ref, estate=None if e == "." else e, homes=3, workload=10,
                       current_patch=SOUTH_NORTH[ref])
            for ref, e in zip("ABCDEF", estates, strict=True)
        ),
        slots=tuple(
            PatchSlot(patch=p, target=30, lower=limits[0], upper=limits[1]) for p in ("P1", "P2")
        ),
        unit=unit or list(range(n)),
        edges=[(i, i + 1) for i in range(n - 1)],
        walk_cost=step,
        centre_cost=np.zeros((2, n)),
        move_cost=np.zeros((n, 2)),
        moved_homes=np.zeros((n, 2)),
        allowed=np.ones((n, 2), dtype=bool),
    )  # fmt: skip


def edit(patches: str, by_hand: str = "", locked: tuple[str, ...] = ()) -> PatchEdit:
    """Blocks A, B, … in the patches of the digits; "-" for one that the edit does not know."""
    known = {ref: f"P{d}" for ref, d in zip("ABCDEF", patches, strict=True) if d != "-"}
    missing = tuple(ref for ref in "ABCDEF" if ref not in known)
    return PatchEdit(file="edit.json", patch_of=known, by_hand=tuple(by_hand), locked=locked,
                     missing=missing)  # fmt: skip


def test_blocks_moved_by_hand_may_go_nowhere_else() -> None:
    held = edited_problem(row(), edit("112222", by_hand="C"), hold=True)
    assert held.allowed.tolist() == [[True, True]] * 2 + [[False, True]] + [[True, True]] * 3
    assert held.by_hand == ("C",)
    plan = allocate_patches(held, params=PatchParams(iterations=5, workers=1))
    assert plan.patch_of()["C"] == "P2"
    assert plan.by_hand == ("C",)
    assert plan.violations == ()


def test_a_locked_patch_keeps_its_blocks_and_takes_no_other() -> None:
    held = edited_problem(row(), edit("11222-", locked=("P1",)), hold=True)
    assert held.allowed[:, 0].tolist() == [True, True, False, False, False, False]
    assert held.allowed[:, 1].tolist() == [False, False, True, True, True, True]
    assert held.locked == ("P1",)


def test_nothing_is_held_where_the_edit_is_only_looked_at() -> None:
    seen = edited_problem(row(), edit("112222", by_hand="C", locked=("P1",)), hold=False)
    assert seen.allowed.all()


def test_an_estate_moved_in_part_is_divided_and_a_note_says_so() -> None:
    whole = row(unit=[0, 1, 1, 1, 1, 2], estates=".OOOO.")
    kept = edited_problem(whole, edit("122221", by_hand="BC"), hold=True)
    assert kept.unit.tolist() == [0, 1, 1, 1, 1, 2]  # all of it is in one patch
    held = edited_problem(whole, edit("112222", by_hand="B"), hold=True)
    assert held.unit.tolist() == [0, 1, 2, 2, 2, 3]
    assert any("Estates divided by hand: O (in 2 parts)" in note for note in held.notes)
    # Without its middle, what is left of the estate hangs together no more.
    middle = edited_problem(whole, edit("221222", by_hand="C"), hold=True)
    assert middle.unit.tolist() == [0, 1, 2, 3, 3, 4]


def test_a_sound_edit_that_divides_an_estate_breaks_nothing() -> None:
    whole = row(unit=[0, 1, 1, 2, 3, 4], estates=".OO...")
    by_hand = edit("112222", by_hand="C")
    assert evaluate_patches(whole, by_hand.patch_of, time_limit_s=0).violations != ()
    seen = edited_problem(whole, by_hand, hold=False)
    plan = evaluate_patches(seen, by_hand.patch_of, time_limit_s=0)
    assert plan.violations == ()
    assert plan.split_estates == {"O": 2}


def test_blocks_that_a_rule_keeps_together_are_not_divided() -> None:
    together = row(unit=[0, 1, 1, 2, 3, 4], estates=".O.O..")
    by_hand = edit("112222", by_hand="BC")
    seen = edited_problem(together, by_hand, hold=False)
    assert seen.unit.tolist() == together.unit.tolist()
    with pytest.raises(Infeasible, match="puts B, C into different patches"):
        edited_problem(together, by_hand, hold=True)


def test_what_the_rules_forbid_cannot_be_held() -> None:
    allowed = np.ones((6, 2), dtype=bool)
    allowed[2, 1] = False
    pinned = row().model_copy(update={"allowed": allowed})
    with pytest.raises(Infeasible, match="puts C into P2, which the rules forbid"):
        edited_problem(pinned, edit("112222", by_hand="C"), hold=True)


@pytest.mark.parametrize(
    ("patches", "cause"),
    [
        ("111112", "P2 is locked with 0.1 points, and its limits are 0.2 to 0.4"),
        ("221122", "P2 is locked, and E, F cut off"),
        ("111111", "P2 is locked and has no block"),
    ],
)
def test_a_locked_patch_that_breaks_a_limit_by_itself(patches: str, cause: str) -> None:
    with pytest.raises(Infeasible, match=cause):
        edited_problem(row(), edit(patches, locked=("P2",)), hold=True)


@settings(max_examples=60, deadline=None)
@given(
    patches=st.text("12", min_size=6, max_size=6),
    by_hand=st.sets(st.sampled_from("ABCDEF")),
    lock=st.booleans(),
    unit=st.sampled_from([[0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 3], [0, 1, 1, 1, 2, 2]]),
)
def test_the_plans_that_are_left_are_those_that_keep_the_edit(
    patches: str, by_hand: set[str], lock: bool, unit: list[int]
) -> None:
    """Every assignment of the row is tried: valid around the edit if valid and keeping it."""
    estates = "".join("abcdef"[u] if unit.count(u) > 1 else "." for u in unit)
    problem = row(unit=unit, estates=estates)
    wanted = edit(patches, by_hand="".join(sorted(by_hand)), locked=("P2",) if lock else ())
    try:
        held = edited_problem(problem, wanted, hold=True)
    except Infeasible:
        assert lock  # nothing else in this row can be broken by an edit alone
        return
    divided = held.model_copy(update={"allowed": problem.allowed})
    target = [int(d) - 1 for d in patches]
    for slots in product(range(2), repeat=6):
        keeps = all(slots[i] == target[i] for i, ref in enumerate("ABCDEF") if ref in by_hand)
        keeps &= not lock or [k == 1 for k in slots] == [k == 1 for k in target]
        expected = plan_price(divided, slots) if keeps else None
        assert plan_price(held, slots) == expected
