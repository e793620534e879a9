"""What the browser tests share: sizes of a screen, and the form of the fixture that opens pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

DESK = (1280, 800)
PHONE = (390, 844)

OpenPage = Callable[..., "Page"]
