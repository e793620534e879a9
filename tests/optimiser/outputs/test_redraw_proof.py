"""Parts of the cost with their bounds, why blocks move, what is handed over: in every output."""

import pytest

from optimiser.model import MeasureUse, MoveReason, PatchRules
from optimiser.outputs.documents import patches_summary
from optimiser.outputs.handed_over import handed_over_frame, handed_over_total, not_few
from optimiser.outputs.maps import patch_map
from optimiser.outputs.offline import page_html
from optimiser.outputs.redraw_report import patches_report
from optimiser.outputs.redraw_tables import (
    MIXED_BLOCK,
    changes_sheets,
    moved_blocks_frame,
    patches_frame,
    residents_list,
)

HEAVY_SHARED = "With it P01 would be above its limit of 26.2 points."
HEAVY = "With it P01 would hold 30.0 points, limit 26.2."
NEARER = "12.3 minutes of walking a week saved, against 8.0 for 4 households."


@pytest.fixture
def reasons():
    """Why C and D change patch."""
    return (
        reason("C", "P01", "P02", "balance", HEAVY, HEAVY_SHARED),
        reason("D", "P02", "P01", "cost", NEARER, NEARER),
    )


def reason(block, old, new, kind, sentence, shared):
    return MoveReason(
        block_ref=block, old=old, new=new, kind=kind, sentence=sentence, shared=shared
    )


@pytest.fixture
def proven(patch_plan):
    """The plan of 40 minutes: 20 walking, 4 to centres, 16 for moves; 12 of it unavoidable."""
    return patch_plan.model_copy(
        update={
            "walk_bound": 15.0,
            "centre_bound": 4.0,
            "moved_bound": 8.0,
            "unavoidable": 12.0,
            "net_gap": 2 / 28,
        }
    )


def cells(html):
    """Return each table row of a page as its text."""
    import re

    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html, flags=re.DOTALL)
    return [
        [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in
         re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)]
        for row in rows
    ]  # fmt: skip


def test_each_part_stands_beside_its_bound(view, proven):
    report, page = patches_report(view, proven), page_html(patch_map(view, proven), title="t")
    for rows in (cells(report), cells(page)):
        assert ["Walking within the patches", "20", "15"] in rows
        assert ["Walking to and from service centres", "4", "4"] in rows
        assert ["Price of households that change", "16", "8"] in rows
        assert ["All together", "40", "38"] in rows
    assert "every plan must pay at least 12 minutes" in report
    assert "Of the other 28 minutes, at most 7.1% could still be saved." in report
    assert "Every plan must pay at least 12 minutes" in page
    summary = patches_summary(view, proven)
    assert [summary[f"{part}_bound"] for part in ("walk", "centre", "moved")] == [15.0, 4.0, 8.0]
    assert (summary["unavoidable"], summary["net_gap"]) == (12.0, 2 / 28)
    figures = dict(changes_sheets(view, proven)[0].frame.to_numpy().tolist())
    assert figures["Walking within the patches: no plan has less than"] == 15.0
    assert figures["Gap of what is left, percent"] == pytest.approx(100 * 2 / 28)


def test_a_part_without_a_bound_says_so(view, patch_plan):
    assert ["Walking within the patches", "20", "not known"] in cells(
        patches_report(view, patch_plan)
    )
    assert "must pay" not in patches_report(view, patch_plan)
    assert patches_summary(view, patch_plan)["net_gap"] is None


def test_a_net_gap_of_all_is_no_saving(view, proven):
    hurried = proven.model_copy(update={"bound": 12.0, "gap": 0.7, "net_gap": 1.0})
    assert "of the rest could be saved is not proven" in patches_report(view, hurried)
    page = page_html(patch_map(view, hurried), title="t")
    assert "nothing is proven of the rest" in page
    assert "100.0% could" not in page


def test_every_moved_block_has_its_reason(view, patch_plan, reasons):
    rows = cells(patches_report(view, patch_plan, reasons))
    assert ["C House", "Oak", "4", "P01", "P02", HEAVY_SHARED] in rows
    assert ["D House", "Oak", "4", "P02", "P01", NEARER] in rows
    frame = moved_blocks_frame(view, patch_plan, reasons)
    assert dict(zip(frame["block_ref"], frame["reason"], strict=True)) == {"C": HEAVY, "D": NEARER}
    assert patches_summary(view, patch_plan, reasons)["moved"][0]["sentence"] == HEAVY
    page = page_html(patch_map(view, patch_plan, reasons), title="t")
    assert [HEAVY_SHARED] in cells(page)
    assert f'"Moves from P01 to P02", "{HEAVY_SHARED}"' in page
    # What C adds to a patch is for officers only.
    assert HEAVY not in page
    assert HEAVY not in patches_report(view, patch_plan, reasons)


def test_blocks_of_an_estate_that_move_alike_share_a_row(view, patch_plan, reasons):
    moved = {"C": "P02", "D": "P02", "E": "P02", "F": "P02", "A": "P02", "B": "P02"}
    plan = patch_plan.model_copy(
        update={
            "assignments": tuple(
                a.model_copy(update={"patch": moved[a.block_ref]}) for a in patch_plan.assignments
            )
        }
    )
    why = tuple(reason(ref, "P01", "P02", "balance", HEAVY, HEAVY) for ref in "ABC")
    rows = cells(patches_report(view, plan, why))
    assert ["A House, B House", "Elm", "8", "P01", "P02", HEAVY] in rows
    assert ["C House", "Oak", "4", "P01", "P02", HEAVY] in rows


def test_a_home_coded_otherwise_than_its_block_moves_with_it(view, patch_plan, reasons):
    view.homes.loc[view.homes["property_ref"] == "00A1", "patch"] = "P02"
    frame = moved_blocks_frame(view, patch_plan, reasons).set_index("block_ref")
    assert frame.loc["A", "reason"] == MIXED_BLOCK
    assert frame.loc["A", "households"] == 1


def test_residents_list_is_for_a_mail_merge(view, patch_plan):
    frame = residents_list(view, patch_plan)
    assert list(frame.columns) == ["property_ref", "address", "postcode", "old_patch",
                                   "old_officer", "new_patch", "new_officer"]  # fmt: skip
    assert len(frame) == 8
    first = frame.iloc[-1]
    assert first["property_ref"] == "00D4"
    assert first["address"] == "Flat 4 D House, Elm Road"
    assert (first["old_officer"], first["new_officer"]) == ("HO02", "HO01")
    assert frame["old_officer"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("counts", "households", "told"),
    [
        ([6, 5, 12], [9, 9, 9], [6, 5, 12]),
        # One hidden count would follow from the total, so the next smallest hides too.
        ([3, 5, 12], [9, 9, 9], ["few", "few", 12]),
        ([0, 5, 12], [9, 9, 9], ["few", "few", 12]),
        ([1, 4, 12], [9, 9, 9], ["few", "few", 12]),
        # Six cases of two households are all theirs.
        ([6, 7, 12], [2, 9, 9], ["few", "few", 12]),
        ([4], [9], ["few"]),
        ([], [], []),
    ],
)
def test_small_counts_are_not_told(counts, households, told):
    assert not_few(counts, households) == told


def test_what_is_handed_over_counts_no_single_home(view, patch_plan):
    view.homes["vulnerable"] = view.homes["block_ref"] == "D"
    view.homes.loc[view.homes["block_ref"].isin(["C", "D"]), "damp"] = True
    frame = handed_over_frame(view, patch_plan).set_index("old_patch")
    assert frame.loc["P01", ["new_patch", "households", "blocks"]].to_list() == ["P02", 4, 1]
    # Each has an arrears case, an ASB case and four damp homes.
    # Four households each: too few to be counted; all eight are not.
    assert frame["open_cases"].to_list() == ["few", "few"]
    assert frame["flagged"].to_list() == ["few", "few"]
    assert handed_over_total(view, patch_plan) == {"open_cases": 12, "flagged": "few"}
    text = patches_report(view, patch_plan)
    assert "open cases: 12; homes with a vulnerable resident: fewer than 5" in text
    page = page_html(patch_map(view, patch_plan), title="t")
    assert "vulnerab" not in page[page.index('class="page-head"') :].lower()


def test_no_markers_no_words_about_them(view, patch_plan):
    view.homes[["arrears", "asb", "damp", "vulnerable"]] = False
    assert "Handed over" not in patches_report(view, patch_plan)
    assert "open_cases" not in handed_over_frame(view, patch_plan)


def test_further_measures_stand_with_their_limits(view, patch_plan):
    use = MeasureUse(name="open cases", value=7, lower=2, upper=9)
    patches = tuple(s.model_copy(update={"measures": (use,)}) for s in patch_plan.patches)
    plan = patch_plan.model_copy(update={"patches": patches})
    assert ["P01", "7 (2 to 9)"] in cells(patches_report(view, plan))
    assert ["P01", "7", "2 to 9"] in cells(page_html(patch_map(view, plan), title="t"))
    frame = patches_frame(view, plan).set_index("patch")
    names = ["open_cases", "open_cases_least", "open_cases_most"]
    assert frame.loc["P01", names].to_list() == [7, 2, 9]
    assert patches_summary(view, plan)["patches"][0]["measures"][0]["upper"] == 9


def test_way_to_the_service_centre_is_on_foot(view, patch_plan):
    frame = patches_frame(view, patch_plan).set_index("patch")
    # From Pimlico at the origin to A, and 200 m north to E.
    assert frame["centre_walk_m"].to_list() == [0, 200]
    assert "Metres to its service centre" in patches_report(view, patch_plan)


def test_what_a_person_kept_is_told(view, patch_plan):
    rules = PatchRules(pins={"A": "P01"})
    kept = patch_plan.model_copy(update={"locked": ("P02",), "by_hand": ("C",), "rules": rules})
    report = patches_report(view, kept)
    assert "Locked, and so kept as they were: P02." in report
    assert "Kept where a person put them: C House." in report
    assert "Pinned by the rules: A in P01." in report
    assert "Locked patches: P02." in page_html(patch_map(view, kept), title="t")
    summary = patches_summary(view, kept)
    assert (summary["locked"], summary["by_hand"]) == (["P02"], ["C"])
