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


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither read nor fill the user's cache of walking times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
