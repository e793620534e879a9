"""The redraw for residents: what it says, and the small counts and people that it does not."""

from __future__ import annotations

import re
from html import unescape

import pandas as pd
import pytest

from optimiser.outputs import patch_map
from optimiser.outputs.offline import online_references, page_html
from optimiser.outputs.public_report import public_report

SECRET = "Zebedee Quill"


def words(page: str) -> str:
    body = re.sub(r"<(style|svg).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def with_homes_times(view, times: int):
    """Return the view with each home so many times, under other references."""
    copies = [
        view.homes.assign(property_ref=view.homes["property_ref"] + f"-{k}") for k in range(times)
    ]
    view.homes = pd.concat(copies, ignore_index=True)
    return view


def test_it_says_who_gets_another_officer_block_by_block(view, patch_plan):
    text = words(public_report(view, patch_plan))

    assert "Blocks that change patch" in text
    assert "Oak C House P01 P02" in text
    assert "Oak D House P02 P01" in text
    assert "A House" not in text
    assert "P01 Pimlico 12" in text


def test_a_count_below_five_is_not_shown(view, patch_plan):
    flows = words(public_report(view, patch_plan)).split("from patch to patch")[1]

    assert "P01 P02 fewer than 5" in flows
    assert "P02 P01 fewer than 5" in flows
    assert not re.search(r"\b4\b", flows.split("Estates")[0])


def test_larger_counts_are_shown(view, patch_plan):
    page = public_report(with_homes_times(view, 3), patch_plan)
    flows = words(page).split("from patch to patch")[1]

    assert "P01 P02 12" in flows
    assert "fewer than 5" not in flows


@pytest.mark.parametrize("never", [SECRET, "HO01", "HO02", "arrears", "vulnerable", "Workload"])
def test_it_names_nobody_and_nothing_about_a_home(view, patch_plan, never):
    assert never.lower() not in public_report(view, patch_plan).lower()


def test_the_map_has_each_patch_and_is_described(view, patch_plan):
    page = public_report(view, patch_plan)

    assert page.count('fill="url(#fill-') == 2
    assert ">P01</text>" in page
    assert ">P02</text>" in page
    assert 'role="img" aria-label=' in page
    assert online_references(page) == []


def test_a_redraw_that_moves_nobody_says_so(view, patch_plan):
    still = tuple(a.model_copy(update={"patch": a.old_patch}) for a in patch_plan.assignments)
    plan = patch_plan.model_copy(update={"assignments": still, "homes_moved": 0})

    text = words(public_report(view, plan))

    assert "No household changes patch." in text
    assert "from patch to patch" not in text


def test_patches_have_the_colours_of_the_other_pages(view, patch_plan):
    public = public_report(view, patch_plan)
    drawn = re.findall(r'fill="url\(#fill-(\d)\)" fill-rule', public)

    page = page_html(patch_map(view, patch_plan), title="Patches")
    listed = re.findall(r"#fill-(\d)\)\"/></svg>P0", page)

    assert drawn == listed
    assert len(set(drawn)) == 2
