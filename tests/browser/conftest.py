"""What a manager opens, in a real browser without a network.

Needs Playwright (of the dev extra) and a Chromium or Chrome on the PATH; without a browser
the tests are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import edit
from pages import DESK, OpenPage
from playwright.sync_api import Browser, Page, sync_playwright

from optimiser import Workspace, allocate_patches, plan_visits
from optimiser.model import VisitParams


@pytest.fixture(scope="session")
def outputs(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A redraw and a week of the small borough, as saved; a request too many for the week."""
    folder = tmp_path_factory.mktemp("opened") / "borough"
    shutil.copytree(borough, folder)
    # Days this short leave requests out, so that their layer has something to show.
    edit(folder / "doorstep.toml", "slack = 0.15", "slack = 0.55")
    ws = Workspace.open(folder)
    patches = allocate_patches(ws.patch_problem(), time_limit_s=8, seed=1)
    ws.save(patches, folder / "out" / "patches")
    problem = ws.visit_problem(week="2026-11-30", patches=patches)
    week = plan_visits(problem, seed=1, params=VisitParams(iterations=2_000, workers=1))
    ws.save(week, folder / "out" / "week-2026-11-30")
    return folder / "out"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, started once."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on the PATH")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )


@pytest.fixture
def opened(browser: Browser, outputs: Path) -> Iterator[OpenPage]:
    """Open a page of the outputs offline; at the end, nothing was asked for and nothing wrong."""
    context = browser.new_context(offline=True, reduced_motion="reduce", accept_downloads=True)
    said: list[str] = []
    asked: list[str] = []
    context.on("console", lambda m: said.append(f"{m.type}: {m.text}"))
    context.on("weberror", lambda e: said.append(f"error: {e.error}"))
    context.on("request", lambda r: asked.append(r.url))

    def go(name: str, size: tuple[int, int] = DESK) -> Page:
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto((outputs / name).as_uri())
        return page

    yield go
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
