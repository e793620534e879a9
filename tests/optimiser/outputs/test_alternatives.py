"""The report sets a redraw beside the patches as they are.

The grid of the conftest, each block of 8 points: three blocks fit a patch of 20 to 28.
"""

import numpy as np
import pytest

from optimiser.model import PatchBlock, PatchProblem, PatchSlot
from optimiser.outputs.alternatives import alternatives
from optimiser.outputs.redraw_report import patches_report

OLD = dict(zip("ABCDEF", ("P01", "P01", "P01", "P02", "P02", "P02"), strict=True))
EDGES = [(0, 1), (2, 3), (4, 5), (0, 2), (2, 4), (1, 3), (3, 5)]


def problem_of(today, patches=("P01", "P02"), weight=800):
    moved = np.array([[4 * (today[b] not in (None, p)) for p in patches] for b in OLD])
    slots = tuple(
        PatchSlot(patch=p, officer_ref=f"HO{p[1:]}", target=2400, lower=2000, upper=2800)
        for p in patches
    )
    return PatchProblem(
        blocks=tuple(
            PatchBlock(block_ref=b, homes=4, workload=weight, current_patch=today[b]) for b in OLD
        ),
        slots=slots,
        unit=np.arange(6),
        edges=np.array(EDGES),
        walk_cost=np.zeros((6, 6)),
        centre_cost=np.zeros((len(patches), 6)),
        move_cost=np.zeros((6, len(patches))),
        moved_homes=moved,
        allowed=np.ones((6, len(patches)), dtype=bool),
        balance=1 / 6,
    )


def figures(found):
    return {row[0]: row[1:] for row in found["other_rows"]}


def test_both_are_counted_by_the_same_rules(patch_plan):
    found = alternatives(patch_plan, problem_of(OLD))
    assert figures(found)["Homes that change from today"] == ["0", "8"]
    assert figures(found)["Patches farther from target than the limit"] == ["0", "0"]
    assert "The patches as they are keep every rule too" in found["others"][0]
    assert "doorstep compare" in found["others"][1]


def test_what_leaving_them_would_break_is_said(patch_plan):
    today = {**OLD, "D": "P01", "E": "P01"}
    found = alternatives(patch_plan, problem_of(today))
    assert figures(found)["Patches farther from target than the limit"] == ["2", "0"]
    assert "breaks the rules: 2 patches lie outside the limits." in found["others"][0]
    assert "for 8 households that change" in found["others"][0]


def test_a_post_without_a_block_is_said(patch_plan):
    found = alternatives(patch_plan, problem_of(OLD, ("P01", "P02", "P03")))
    assert "1 patch has no block" in found["others"][0]


@pytest.mark.parametrize("problem", [None, problem_of(dict.fromkeys(OLD))])
def test_without_patches_of_today_there_is_no_such_section(view, patch_plan, problem):
    assert alternatives(patch_plan, problem)["other_rows"] == []
    assert "Alternatives" not in patches_report(view, patch_plan, (), problem)


def test_the_report_has_the_section(view, patch_plan):
    page = patches_report(view, patch_plan, (), problem_of(OLD))
    assert "<h2>Alternatives</h2>" in page
    assert "As they are today" in page
