"""Due dates: working days leave out weekends and England's bank holidays."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np

from optimiser.model.visit_types import Deadline

__all__ = ["add_working_days", "bank_holidays", "due_at", "end_of"]

LAST_SECOND = dt.time(23, 59, 59)


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[dt.date]:
    """Return England's bank holidays of a year."""
    import holidays

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def add_working_days(day: dt.date, count: int) -> dt.date:
    """Return the working day `count` after `day`; day 1 is the next working day."""
    off = sorted(d for year in range(day.year, day.year + 3) for d in bank_holidays(year))
    moved = np.busday_offset(
        np.datetime64(day), count, roll="backward", holidays=np.array(off, dtype="datetime64[D]")
    )
    return dt.date.fromisoformat(str(moved))


def end_of(day: dt.date) -> dt.datetime:
    """Return the last second of a day: a date alone means by its end."""
    return dt.datetime.combine(day, LAST_SECOND)


def due_at(raised_on: dt.date | None, deadline: Deadline | None) -> dt.datetime | None:
    """Return when a request is due by its type's rule, None where no rule says."""
    if raised_on is None or deadline is None:
        return None
    if deadline.working_days is not None:
        return end_of(add_working_days(raised_on, deadline.working_days))
    assert deadline.days is not None
    return end_of(raised_on + dt.timedelta(days=deadline.days))
