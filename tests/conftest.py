"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def westminster() -> Path:
    """The real-places test case beside the project; tests that need it skip without it."""
    shared = Path(os.environ.get("DOORSTEP_SHARED", ROOT.parent / "shared"))
    folder = shared / "data" / "westminster"
    if not folder.is_dir():
        pytest.skip("the Westminster test case is not beside the project")
    return folder


@pytest.fixture(scope="session")
def borough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small synthetic borough: 4 officers, some 50 blocks, 21 requests; do not write to it."""
    from geodata.synthetic import write_borough

    return write_borough(tmp_path_factory.mktemp("borough") / "small", scale=0.15)


@pytest.fixture(scope="session")
def planned(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small borough with its week planned by few iterations; copy it to change anything."""
    import shutil

    from optimiser import Workspace, plan_visits
    from optimiser.model import VisitParams

    folder = tmp_path_factory.mktemp("planned") / "borough"
    shutil.copytree(borough, folder)
    ws = Workspace.open(folder)
    params = VisitParams(iterations=300, workers=1)
    plan = plan_visits(ws.visit_problem("2026-11-30"), params=params, time_limit_s=20)
    ws.save(plan, folder / "out" / "week-2026-11-30")
    return folder


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither read nor fill the user's cache of walking times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
