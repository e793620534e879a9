"""Every page opens offline without a fault, at a desk and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import DESK, PHONE, OpenPage

PAGES = [
    "patches/map.html",
    "patches/editor.html",
    "patches/report.html",
    "patches/public.html",
    "mended/week-2026-11-30/map.html",
    "mended/week-2026-11-30/report.html",
    "week-2026-11-30/map.html",
    "week-2026-11-30/report.html",
]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault(opened: OpenPage, name: str, size: tuple[int, int]) -> None:
    page = opened(name, size)

    faults = Axe().run(page).response["violations"]

    assert [(f["id"], f["impact"], f["nodes"][0]["html"]) for f in faults] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_a_phone(opened: OpenPage, name: str) -> None:
    page = opened(name, PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


@pytest.mark.parametrize("name", PAGES)
def test_each_page_says_what_it_is_and_is_in_english(opened: OpenPage, name: str) -> None:
    page = opened(name)

    assert page.title().strip()
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    assert page.locator("h1").count() == 1
