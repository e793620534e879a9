"""What the browser tests share: sizes of a screen, and the form of the fixture that opens pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

DESK = (1280, 800)
PHONE = (390, 844)

WEEK_FOLDER = "week-2026-11-30"
MENDED = dt.datetime(2026, 12, 1, 11, 30)  # noqa: DTZ001
"""When the week of `outputs / "mended"` was mended, local time."""

OpenPage = Callable[..., "Page"]
