"""The week's map: days and officers switch, stops say when, what is left out says why."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from pages import WEEK_FOLDER, OpenPage
from playwright.sync_api import Page, expect

MAP = f"{WEEK_FOLDER}/map.html"


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


def test_an_officer_without_a_route_that_day_says_when_there_is_one(
    week: Page, outputs: Path
) -> None:
    text = (outputs / WEEK_FOLDER / "plan.json").read_text(encoding="utf-8")
    routes = [(r["officer_ref"], r["date"]) for r in json.loads(text)["routes"]]
    days = [f"2026-{day}" for day in ("11-30", "12-01", "12-02", "12-03", "12-04")]
    officer, free = next(
        (ref, k)
        for ref in sorted({ref for ref, _ in routes})
        for k, day in enumerate(days)
        if (ref, day) not in routes
    )
    week.select_option("#officer", label=officer)
    week.locator("input[name=day]").nth(free).check()

    said = week.locator("#timeline").inner_text()

    assert said.startswith(f"No route on this day. {officer} has one on ")
    short = ("Mon 30 Nov", "Tue 1 Dec", "Wed 2 Dec", "Thu 3 Dec", "Fri 4 Dec")
    assert [day in said for day in short] == [(officer, day) in routes for day in days]


def test_each_route_of_a_day_is_named_on_the_map(week: Page) -> None:
    listed = week.locator("table[data-day]:visible tbody button").all_text_contents()
    names = week.locator(".patch-mark.route").all_text_contents()
    assert sorted(names) == sorted(name.split()[0] for name in listed)

    week.select_option("#officer", index=1)

    expect(week.locator(".patch-mark.route")).to_have_count(0)


def test_choosing_anew_closes_what_was_open(week: Page) -> None:
    week.select_option("#officer", index=1)
    week.locator("#timeline button.link").first.click()
    expect(week.locator(".leaflet-popup")).to_have_count(1)

    week.select_option("#officer", index=2)

    expect(week.locator(".leaflet-popup")).to_have_count(0)


def test_a_name_gives_way_to_what_is_left_out(week: Page) -> None:
    overlap = """keep => {
      const name = [...document.querySelectorAll('.patch-mark.route span')]
        .find(e => e.style.visibility !== 'hidden');
      if (keep) {
        const map = doorstep.map, at = name.getBoundingClientRect();
        const frame = map.getContainer().getBoundingClientRect();
        const middle = [at.x + at.width / 2 - frame.x, at.y + at.height / 2 - frame.y];
        const sign = L.circleMarker(map.containerPointToLatLng(middle)).addTo(map);
        doorstep.signs.push(sign);
        window.asked = [name, middle[0] + frame.x, middle[1] + frame.y];
        doorstep.place();
      }
      const [moved, x, y] = window.asked, box = moved.getBoundingClientRect();
      return box.left < x && x < box.right && box.top < y && y < box.bottom;
    }"""

    assert not week.evaluate(overlap, True)

    week.evaluate("() => { doorstep.signs.pop(); doorstep.place(); }")
    assert week.evaluate(overlap, False)


def test_the_map_opens_where_it_stays(week: Page) -> None:
    counting = "doorstep.map.on('movestart moveend zoomend', () => window.moved++)"
    week.evaluate(f"() => {{ window.moved = 0; {counting}; }}")

    week.wait_for_timeout(600)

    assert week.evaluate("window.moved") == 0
