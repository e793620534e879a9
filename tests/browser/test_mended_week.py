"""The map of a week that was mended: what was done by then, what moved, and why."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pages import MENDED, WEEK_FOLDER, OpenPage
from playwright.sync_api import Page, expect

MAP = f"mended/{WEEK_FOLDER}/map.html"
AT = MENDED.isoformat()


@pytest.fixture
def mended(opened: OpenPage) -> Page:
    """The map, opened."""
    return opened(MAP)


@pytest.fixture(scope="session")
def plan(outputs: Path) -> dict[str, Any]:
    """The mended week's plan.json."""
    text = (outputs / "mended" / WEEK_FOLDER / "plan.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def show(page: Page, route: dict[str, Any]) -> list[str]:
    """Choose a route's day and officer; return its timeline, a text a stop."""
    day = int(route["date"][8:])
    page.locator("#choose label", has_text=re.compile(rf"\b{day}\b")).click()
    page.select_option("#officer", label=route["officer_ref"])
    return page.locator("#timeline li").all_inner_texts()


def stops_of(route: dict[str, Any]) -> list[dict[str, Any]]:
    return [stop for stop in route["stops"] if stop["kind"] != "break"]


def test_it_opens_on_the_day_it_was_mended(mended: Page) -> None:
    expect(mended.locator("#day-title")).to_have_text("Tuesday 1 December 2026: all officers")


def test_every_change_is_listed_with_its_reason(mended: Page, plan: dict[str, Any]) -> None:
    section = mended.locator("section", has=mended.get_by_role("heading", name="What changed"))
    rows = [row.locator("th, td").all_inner_texts() for row in section.locator("tbody tr").all()]

    assert {c["change"] for c in plan["changes"]} >= {"added", "cancelled"}
    assert len(rows) == len(plan["changes"])
    names = [c["ref"] if c["what"] == "visit" else f"Round {c['ref']}" for c in plan["changes"]]
    assert [row[0] for row in rows] == names
    assert [row[-1].lower() for row in rows] == [c["why"].lower() for c in plan["changes"]]
    assert [bool(row[2]) for row in rows] == [c["before"] is not None for c in plan["changes"]]
    assert [bool(row[3]) for row in rows] == [c["after"] is not None for c in plan["changes"]]
    assert "Mended on Tuesday 1 December 2026 at 11:30am" in section.inner_text()


def test_what_was_begun_by_then_is_marked_and_nothing_else(
    mended: Page, plan: dict[str, Any]
) -> None:
    seen = set()
    for route in plan["routes"]:
        begun = [stop["start"] < AT for stop in route["stops"]]
        seen.update(begun)
        texts = show(mended, route)
        assert ["Done or under way" in text for text in texts] == begun
        assert mended.locator("#timeline .stop-sign.done").count() == sum(begun)
        signs = mended.locator(".stop-mark .stop-sign.done").count()
        assert (signs > 0) == any(stop["start"] < AT for stop in stops_of(route))
    assert seen == {True, False}


def test_stops_are_numbered_in_the_order_they_are_made(mended: Page, plan: dict[str, Any]) -> None:
    for route in plan["routes"]:
        show(mended, route)
        signs = mended.locator("#timeline .stop-sign").all_inner_texts()
        numbers = [sign for sign in signs if sign.isdecimal()]
        assert numbers == [str(k + 1) for k in range(len(stops_of(route)))]


def test_what_is_new_says_so_on_the_map(mended: Page, plan: dict[str, Any]) -> None:
    added = next(c for c in plan["changes"] if c["ref"] == "V9001")
    assert added["after"] is not None, "the added visit found a place"
    route = next(
        r
        for r in plan["routes"]
        if r["officer_ref"] == added["after"]["officers"][0]
        and r["date"] == added["after"]["start"][:10]
    )
    show(mended, route)
    stop = mended.locator("#timeline li", has_text="V9001")
    expect(stop.locator(".tag")).to_have_text("new")

    stop.get_by_role("button").click()

    expect(mended.locator(".leaflet-popup-content")).to_contain_text("New in the visits file")
