"""Tiny weeks whose times can be worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimiser.model import (
    Door,
    Place,
    Round,
    RoundOption,
    Shift,
    TimeWindow,
    Visit,
    VisitOfficer,
    VisitProblem,
)

MONDAY = dt.date(2026, 11, 30)


class Tiny:
    """Parts of a week on one straight street: place k is k minutes' walk from the centre.

    Place 0 is the service centre; a minute's walk is 75 m. Blocks have a lift-free
    stair of 25 s a floor and 60 s of entry. Officers are HO1, HO2..., days 9am to 5pm
    with a 45-minute break between 11:30am and 2pm.
    """

    monday = MONDAY

    def day(self, offset: int) -> dt.date:
        return MONDAY + dt.timedelta(days=offset)

    def shift(self, officer: str = "HO1", day: int = 0, **changes: Any) -> Shift:
        known: dict[str, Any] = {
            "officer_ref": officer,
            "date": self.day(day),
            "start_s": 9 * 3600,
            "end_s": 17 * 3600,
            "start_place": 0,
            "end_place": 0,
            "break_s": 45 * 60,
            "break_earliest_s": 11 * 3600 + 1800,
            "break_latest_s": 14 * 3600,
            "busy_limit_s": 8 * 3600,
        }
        return Shift(**(known | changes))

    def window(self, day: int = 0, earliest: float = 9, latest: float = 17) -> TimeWindow:
        return TimeWindow(
            date=self.day(day), earliest_s=int(earliest * 3600), latest_s=int(latest * 3600)
        )

    def door(self, minutes: int, **changes: Any) -> Door:
        known: dict[str, Any] = {"place": minutes, "block_ref": f"B{minutes}", "entry_s": 60}
        return Door(**(known | changes))

    def visit(self, ref: str, minutes: int = 5, **changes: Any) -> Visit:
        known: dict[str, Any] = {
            "visit_ref": ref,
            "visit_type": "tenancy_audit",
            "property_ref": f"P-{ref}",
            "block_ref": f"B{minutes}",
            "door": self.door(minutes),
            "service_s": 30 * 60,
            "interpreter_service_s": 45 * 60,
            "windows": tuple(self.window(d) for d in range(5)),
            "value": 600_000,
            "late_value": 300_000,
        }
        return Visit(**(known | changes))

    def round(self, ref: str, minutes: int = 5, day: int = 3, **changes: Any) -> Round:
        known: dict[str, Any] = {
            "round_ref": ref,
            "block_ref": f"B{minutes}",
            "patch": "P01",
            "date": self.day(day),
            "door": self.door(minutes),
            "last_floor": 0,
            "property_refs": ("H1", "H2"),
            "officers": ("HO1",),
            "options": (
                self.option("morning", 9, 12, 3.0, 180_000),
                self.option("afternoon", 12, 17, 4.0, 240_000),
            ),
        }
        return Round(**(known | changes))

    def option(
        self, part: str, earliest: float, latest: float, conversations: float, value: int
    ) -> RoundOption:
        return RoundOption(
            part=part,
            earliest_s=int(earliest * 3600),
            latest_s=int(latest * 3600) - 1,
            service_s=40 * 60,
            conversations=conversations,
            value=value,
        )

    def week(self, **parts: Any) -> VisitProblem:
        """A problem of 61 places; `officers` default to those who have shifts."""
        at = np.arange(61)
        minutes = np.abs(at[:, None] - at[None, :])
        shifts = parts.pop("shifts", (self.shift(),))
        known: dict[str, Any] = {
            "week": MONDAY,
            "places": tuple(
                Place(name=f"place {k}", easting=529_000 + 75.0 * k, northing=181_000) for k in at
            ),
            "walk_s": (minutes * 60).astype(np.int32),
            "walk_m": (minutes * 75).astype(np.int32),
            "officers": tuple(
                VisitOfficer(officer_ref=ref) for ref in sorted({s.officer_ref for s in shifts})
            ),
            "shifts": shifts,
            "visits": (),
            "walk_value": 10,
        }
        return VisitProblem(**(known | parts))


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    """A builder of tiny weeks on one straight street; see `Tiny`."""
    return Tiny()


@pytest.fixture(scope="session")
def clock() -> Callable[[str], int]:
    """Seconds after midnight of "9:15"."""

    def seconds(text: str) -> int:
        hours, minutes = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60

    return seconds
