"""The page and sheets of two redraws side by side."""

from __future__ import annotations

import re

import pytest

from optimiser.model.comparison import ChangedBlock, PatchComparison, PatchFigures, SideFigures
from optimiser.outputs.compare_report import comparison_report, difference_words
from optimiser.outputs.compare_tables import comparison_sheets, comparison_summary
from optimiser.outputs.rendering import signed_percent


def side(name: str, **more: object) -> SideFigures:
    patch = PatchFigures(
        patch="P01", officer_ref=None, homes=24, blocks=6, workload=11.0, target=10.0,
        walk_minutes=5.0, centre_minutes=1.0, pieces=1,
    )  # fmt: skip
    figures = {
        "patches": (patch,), "walk_minutes": 5.0, "centre_minutes": 1.0, "moved_minutes": 0.0,
        "homes_moved": 0, "split_estates": {}, "blocks_without_patch": 0,
    }  # fmt: skip
    return SideFigures(name=name, **(figures | more))


def changed(ref: str, estate: str | None, b: str = "P02") -> ChangedBlock:
    return ChangedBlock(block_ref=ref, estate=estate, homes=4, today="P01", a="P01", b=b)


@pytest.fixture
def found() -> PatchComparison:
    """Return two blocks of Elm and one alone that differ, and a side that breaks 14 rules."""
    return PatchComparison(
        a=side("old", status="feasible", bound=5.4, gap=0.1, split_estates={"Oak": 2}),
        b=side("new", breaks=tuple(f"rule {n:02d}" for n in range(14))),
        changed=(changed("A", "Elm"), changed("B", "Elm"), changed("E", None)),
    )


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_blocks_of_an_estate_that_differ_alike_are_one_row(view, found):
    text = text_of(comparison_report(view, found))
    assert "A House, B House Elm 8 P01 P01 P02" in text
    assert "E House 4 P01 P01 P02" in text
    assert "3 blocks with 12 homes are in another patch in B than in A" in text


def test_proof_and_broken_rules_of_each_side(view, found):
    text = text_of(comparison_report(view, found))
    assert "A (old) costs 6 walking minutes a week" in text
    assert "no patches cost less than 5.4, a gap of 10%" in text
    assert "B (new) costs 6 walking minutes a week by today&#39;s files and rules. How much" in text
    assert "rule 11 and 2 more, in compare.xlsx" in text
    assert "A keeps every rule that was checked." in text
    assert "Oak 2 1" in text
    assert "P01 vacant vacant 24 24 11.0 11.0 +10.0% +10.0%" in text


def test_sheets_and_summary_hold_everything(view, found):
    sheets = {sheet.name: sheet.frame for sheet in comparison_sheets(view, found)}
    assert len(sheets["Rules broken"]) == 14
    assert sheets["Changed blocks"]["block_ref"].tolist() == ["A", "B", "E"]
    summary = comparison_summary(view, found)
    assert (summary["homes_changed"], len(summary["changed"])) == (12, 3)
    assert (summary["bound"], summary["farthest"]) == ([5.4, None], pytest.approx([0.1, 0.1]))


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [(1, 3, "+2"), (3.5, 1.0, "\N{MINUS SIGN}2.5"), (2.0, 2.04, "same"), (None, 1, "")],
)
def test_difference_in_words(a, b, words):
    assert difference_words(a, b) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(4.04, "+4.0%"), (-4.96, "\N{MINUS SIGN}5.0%"), (-0.04, "0.0%"), (float("nan"), "")],
)
def test_percent_off_target_in_words(value, words):
    assert signed_percent(value) == words
