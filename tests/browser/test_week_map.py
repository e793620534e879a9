"""The week's map: days and officers switch, stops say when, what is left out says why."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pages import OpenPage
from playwright.sync_api import Page, expect

MAP = "week-2026-11-30/map.html"


@pytest.fixture
def week(opened: OpenPage) -> Page:
    """The map, opened."""
    return opened(MAP)


def test_a_day_and_an_officer_show_their_own_route_alone(week: Page) -> None:
    week.get_by_label("Show requests that are not planned").uncheck()
    everyone = week.locator(".stop-mark").count()
    officer = week.locator("#officer option").nth(1).inner_text()

    week.select_option("#officer", label=officer)
    week.get_by_label("Tue 1").check()

    alone = week.locator(".stop-mark").count()
    assert 0 < alone < everyone
    expect(week.locator("#day-title")).to_have_text(f"Tuesday 1 December 2026: {officer}")
    assert week.locator("#timeline li").count() >= alone


def test_a_stop_opens_from_the_timeline_and_says_when(week: Page) -> None:
    week.select_option("#officer", index=1)

    step = week.locator("#timeline button.link").first
    title = step.inner_text()
    step.click()

    popup = week.locator(".leaflet-popup-content")
    expect(popup).to_contain_text(title)
    assert any(half in popup.inner_text() for half in ("am", "pm"))


def test_a_stop_opens_from_the_keyboard(week: Page) -> None:
    week.select_option("#officer", index=1)
    week.locator(".leaflet-marker-icon.stop-mark").first.focus()
    week.keyboard.press("Enter")

    expect(week.locator(".leaflet-popup-content")).to_be_visible()


def test_what_is_left_out_is_marked_with_its_reason(week: Page, outputs: Path) -> None:
    with (outputs / "week-2026-11-30" / "unplanned.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert rows, "the short days leave requests out"
    marks = week.locator(".left-out-mark, .leaflet-marker-icon .left-out")
    assert marks.count() > 0

    marks.first.click(force=True)

    said = week.locator(".leaflet-popup-content").inner_text()
    assert any(
        row["reason"].lower() in said.lower() and row["remedy"].lower() in said.lower()
        for row in rows
    )
    week.get_by_label("Show requests that are not planned").uncheck()
    expect(marks).to_have_count(0)
