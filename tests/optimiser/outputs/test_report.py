import re
from html.parser import HTMLParser

import pytest

from optimiser.outputs.redraw_report import patches_report
from optimiser.outputs.report import week_report
from optimiser.outputs.stops import stop_lines


class Page(HTMLParser):
    """The visible text of a page, its tables, and every address that it would load."""

    def __init__(self, html):
        super().__init__()
        self.words, self.links, self.rows = [], [], []
        self.skip = self.in_row = False
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attrs):
        self.skip = tag == "style"
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag == "tr":
            self.in_row = True
            self.rows.append([])

    def handle_endtag(self, tag):
        self.skip = False
        if tag == "tr":
            self.in_row = False

    def handle_data(self, data):
        if not self.skip:
            self.words.append(data.strip())
            if self.in_row and data.strip():
                self.rows[-1].append(data.strip())


def week(view, plan):
    return week_report(view, plan, stop_lines(view, plan))


def test_patches_report_says_who_moves_and_what_is_proven(view, patch_plan):
    page = Page(patches_report(view, patch_plan))
    assert "8 households change patch, 33.3% of the 24 households" in page.text
    assert "no patches that keep all the rules cost less than 38 minutes" in page.text
    assert "at most 5% could still be saved" in page.text
    assert "Every patch is within 5% of its target" in page.text
    assert ["C House", "Oak", "4", "P01", "P02"] in page.rows
    assert ["Oak", "8", "2", "2", "P01, P02"] in page.rows
    assert ["P01 (HO01)", "P02 (HO02)", "4", "1", "few"] in page.rows


def test_patches_report_tells_of_a_patch_outside_its_limits(view, patch_plan):
    heavy = patch_plan.patches[0].model_copy(update={"workload": 40.0})
    plan = patch_plan.model_copy(update={"patches": (heavy, patch_plan.patches[1])})
    assert "Outside the limits of their workload: P01." in Page(patches_report(view, plan)).text


def test_week_report_gives_figures_with_bounds_and_remedies(view, week_plan):
    page = Page(week(view, week_plan))
    assert "Visits in the week of Monday 30 November 2026" in page.text
    assert "worth more than 1,300 points, so this one reaches at least 96.2%" in page.text
    assert ["Statutory on time", "1,000", "1,000"] in page.rows
    assert ["Requests", "250", "not known"] in page.rows
    assert "Free 20 minutes of HO02 on Wednesday." in page.text
    assert "Outside the planner: escalate (1)" in page.text
    assert "Friday 27 November 2026" in page.text
    assert [row for row in page.rows if row and row[0] == "Tuesday 1 December 2026"]


@pytest.mark.parametrize("bound", [float("inf"), float("nan")])
def test_an_unknown_bound_is_not_dressed_up(view, week_plan, patch_plan, bound):
    unproven = {"bound": bound, "gap": float("nan")}
    visits = Page(week(view, week_plan.model_copy(update=unproven)))
    patches = Page(patches_report(view, patch_plan.model_copy(update=unproven)))
    assert "is not proven" in visits.text
    assert "is not proven" in patches.text
    for page in (visits, patches):
        assert "Proven" not in page.text
        assert not re.search(r"\b(nan|inf)\b", page.text)


def test_pages_load_nothing(view, week_plan, patch_plan):
    for html in (week(view, week_plan), patches_report(view, patch_plan)):
        assert Page(html).links == []
        assert "url(" not in html
        assert "<script" not in html


def test_names_and_reasons_of_visits_are_not_told(view, week_plan, patch_plan):
    for html in (week(view, week_plan), patches_report(view, patch_plan)):
        assert not re.search("zebedee|arrears|asb_|tenanted", html, flags=re.IGNORECASE)


def test_text_from_files_is_escaped(view, week_plan, patch_plan):
    view.title = "<script>alert(1)</script>"
    view.blocks["block_name"] = "<img src=x>"
    for html in (week(view, week_plan), patches_report(view, patch_plan)):
        assert "<script" not in html
        assert "<img" not in html


def test_synthetic_data_says_so(view, week_plan, patch_plan):
    for html in (week(view, week_plan), patches_report(view, patch_plan)):
        assert "Synthetic data (Elm Borough)" in Page(html).text
    view.synthetic = False
    for html in (week(view, week_plan), patches_report(view, patch_plan)):
        assert "ynthetic" not in html


def test_a_plan_with_nothing_to_tell_still_reads_well(view, week_plan, patch_plan):
    still = patch_plan.model_copy(update={"homes_moved": 0, "split_estates": {}})
    view.homes["patch"] = view.homes["block_ref"].map(patch_plan.patch_of())
    text = Page(patches_report(view, still)).text
    assert "No household changes patch." in text
    assert "Every estate lies in one patch." in text
    empty = week_plan.model_copy(update={"unplanned": (), "routes": (), "late": 0, "planned": 0})
    assert "Every request is planned." in Page(week(view, empty)).text
