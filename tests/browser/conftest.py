"""What a manager opens, in a real browser without a network.

Needs Playwright (of the dev extra) and a Chromium or Chrome on the PATH; without a browser
the tests are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import edit, run
from pages import DESK, MENDED, WEEK_FOLDER, OpenPage
from playwright.sync_api import Browser, Page, sync_playwright
from weeks import add_rows, rows_of

from optimiser import Workspace, allocate_patches, plan_visits
from optimiser.model import VisitParams, VisitPlan


@pytest.fixture(scope="session")
def outputs(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A redraw, a week with requests too many for it, and the same week mended, as saved."""
    folder = tmp_path_factory.mktemp("opened") / "borough"
    shutil.copytree(borough, folder)
    # Days this short leave requests out, so that their layer has something to show.
    edit(folder / "doorstep.toml", "slack = 0.15", "slack = 0.55")
    ws = Workspace.open(folder)
    patches = allocate_patches(ws.patch_problem(), time_limit_s=8, seed=1)
    ws.save(patches, folder / "out" / "patches")
    problem = ws.visit_problem(week="2026-11-30", patches=patches)
    week = plan_visits(problem, seed=1, params=VisitParams(iterations=2_000, workers=1))
    ws.save(week, folder / "out" / WEEK_FOLDER)
    mend(folder, week)
    return folder / "out"


def mend(folder: Path, week: VisitPlan) -> None:
    """Mend the week on its Tuesday: an officer goes home, a request comes and one goes."""
    out = folder / "out" / "mended"
    shutil.copytree(folder / "out" / WEEK_FOLDER, out / WEEK_FOLDER)
    later = [
        (route.officer_ref, stop.visit_ref)
        for route in week.routes
        for stop in route.stops
        if route.date > MENDED.date() and stop.kind == "visit" and not stop.with_officer
    ]
    sick, cancelled = later[0][0], next(ref for officer, ref in later if officer != later[0][0])
    home = rows_of(folder / "homes.csv")[40]["property_ref"]
    new = {"visit_ref": "V9001", "property_ref": home, "visit_type": "damp_mould",
           "raised_on": "2026-11-30"}  # fmt: skip
    add_rows(folder / "visits.csv", new)
    told = ("--at", f"{MENDED:%Y-%m-%d %H:%M}", "--sick", sick, "--cancel", cancelled)
    done = run("replan", folder, "--week", "2026-11-30", *told, "--seconds", 2, "--out", out)
    assert done.exit_code == 0, done.output


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
