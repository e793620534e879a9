import datetime as dt
import re
from html.parser import HTMLParser

import pytest

from optimiser.model import Appointment, Change, Tier
from optimiser.outputs.redraw_report import patches_report
from optimiser.outputs.report import week_report
from optimiser.outputs.stops import stop_lines
from optimiser.outputs.tiers import tier_lines


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
    assert ["1. Statutory on time", "1,000", "1,000", "0%", "No plan could do better."] in page.rows
    unknown = "How much better another plan could do here is not known."
    assert ["2. Requests, by priority", "250", "not known", unknown] in page.rows
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


def as_pair(plan):
    """The plan with its round knocked by both officers, and V2 late by both."""
    one, other, thursday = plan.routes
    _, knock = thursday.stops
    both = [
        thursday.model_copy(
            update={"officer_ref": me, "stops": (knock.model_copy(update={"with_officer": mate}),)}
        )
        for me, mate in (("HO01", "HO02"), ("HO02", "HO01"))
    ]
    late = [stop.model_copy(update={"late": stop.visit_ref == "V2"}) for stop in one.stops]
    also = [stop.model_copy(update={"late": stop.visit_ref == "V2"}) for stop in other.stops]
    one, other = (
        route.model_copy(update={"stops": tuple(stops)})
        for route, stops in ((one, late), (other, also))
    )
    return plan.model_copy(update={"routes": (one, other, *both)})


def test_rounds_are_told_in_words(view, week_plan):
    page = Page(week(view, week_plan))
    assert "1 round of 4 doors, where about 1 conversation can be expected" in page.text
    assert ["HO01", "1", "4", "1.3", "1pm D House, SW1V 3DJ, 4 doors"] in page.rows
    none = week_plan.model_copy(update={"routes": week_plan.routes[:2]})
    assert "No doors are knocked this week." in Page(week(view, none)).text


def test_what_two_do_together_is_told_once_with_both_named(view, week_plan):
    page = Page(week(view, as_pair(week_plan)))
    assert [row[0] for row in page.rows if row[-1].startswith("1pm D House")] == ["HO01 and HO02"]
    late = [row for row in page.rows if row[0] == "V2" and len(row) == 5]
    assert [row[-1] for row in late] == ["HO01 and HO02"]
    tuesday = next(row for row in page.rows if row[0] == "Tuesday 1 December 2026")
    assert tuesday[1:5] == ["2", "3", "0", "1"]  # officers, visits, doors, late


def test_evenness_names_the_ends(view, week_plan):
    text = Page(week(view, week_plan)).text
    assert "varies by 12 percentage points" in text
    assert "The shortest week planned is HO02" in text


def test_one_point_of_spread_is_no_points(view, week_plan):
    page = Page(week(view, week_plan.model_copy(update={"busy_spread": 0.01})))
    assert "varies by 1 percentage point (the" in page.text
    assert "Spread between officers 1 point " in page.text


@pytest.mark.parametrize(
    ("name", "value", "bound", "said"),
    [
        ("own_officer", 1.5, 2.4, "No plan that does as well in everything above could have more "
         "than 4 such requests; this one has 3."),
        ("own_officer", 9.0, 12.0, "could have more than 12.0 points."),
        ("walking", -0.15, -0.06, "could walk less than 0.1 hours; this one has 0.2."),
        ("walking", -0.15, 0.0, "How much better another plan could do here is not known."),
        ("conversations", 3.0, 3.0, "does as well in everything above could do better."),
        ("conversations", 0.0, 0.0, "There is nothing to gain here."),
        ("conversations", 3.0, 4567.4, "could have more than 4,567 points."),
        ("conversations", 3.0, None, "is not known."),
        ("conversations", 3.0, float("inf"), "is not known."),
    ],
)  # fmt: skip
def test_a_tier_is_told_in_what_is_counted(week_plan, name, value, bound, said):
    first = week_plan.tiers[0]
    tiers = (first, Tier(name=name, value=value, bound=bound))
    line = tier_lines(week_plan.model_copy(update={"tiers": tiers}))[1]
    assert line.position == 2
    assert said in line.words
    share = None if bound is None or not 0 < bound < float("inf") else (bound - value) / bound
    assert line.gap == (None if share is None else pytest.approx(share))


def test_changes_are_listed_in_the_order_of_the_week(view, week_plan):
    def change(ref, day, kind="moved"):
        before = Appointment(date=week_plan.week + dt.timedelta(days=day), start_s=36_000,
                             officers=("HO01",))  # fmt: skip
        after = before.model_copy(update={"start_s": 50_400}) if kind == "moved" else None
        return Change(ref=ref, kind=kind, before=before, after=after, why="HO01 is not at work")

    changes = (change("V9", 3), change("V8", 1), change("V7", 2, "cancelled"))
    mended = {"replanned_at": dt.datetime(2026, 12, 1, 11, 30), "changes": changes}  # noqa: DTZ001
    page = Page(week(view, week_plan.model_copy(update=mended)))
    rows = [row for row in page.rows if row[-1] == "HO01 is not at work"]
    assert [row[0] for row in rows] == ["V8", "V9", "V7"]
    assert rows[0][1:3] == ["Tue 1 Dec, 10am, HO01", "Tue 1 Dec, 2pm, HO01"]
    assert "mended on Tuesday 1 December 2026 at 11:30am" in page.text


def test_reason_and_evidence_are_read_together(view, week_plan):
    page = Page(week(view, week_plan))
    v4 = next(row for row in page.rows if row and row[0] == "V4")
    item = next(u for u in week_plan.unplanned if u.visit_ref == "V4")
    assert item.reason.lower().rstrip(".") in v4[-2].lower()
    assert item.evidence.lower().rstrip(".") in v4[-2].lower()
    assert ".." not in v4[-2]


def test_tables_of_sentences_can_be_read_on_a_phone(view, week_plan):
    html = week(view, week_plan)
    tables = re.findall(r"<table(.*?)</table>", html, flags=re.DOTALL)
    told = next(table for table in tables if ">V4<" in table)
    assert told.startswith(' class="cards"')
    assert 'data-name="What would help"' in told
    assert not next(table for table in tables if "Kilometres" in table).startswith(" class")
