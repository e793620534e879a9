"""Fixtures shared by all tests."""

from __future__ import annotations

import os
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
