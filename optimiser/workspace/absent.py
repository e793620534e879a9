"""Who is away in a week under way, by the absences file and as told, and what they did before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import Route, VisitPlan

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Absent"]

Day = tuple[str, dt.date]

_COLUMNS: Final = ("officer_ref", "first_day", "last_day", "reason", "row")


class Absent:
    """Absences of the week as it went.

    Whoever is away from today on leaves at `at`; what began before stays. Of an earlier
    day of which it is known by now that the officer was away, only what has an outcome
    was done, and what a plan mended since then had found done already.

    Attributes
    ----------
    leaving
        Officers who go home at an instant.
    not_worked
        Planned days that did not happen, but for what is in `actual`.
    actual
        When what was done began, by visit_ref or round_ref.
    away
        Officers told to be away, and until which day.
    """

    def __init__(
        self,
        absences: pd.DataFrame | None,
        plan: VisitPlan,
        at: dt.datetime,
        told: Mapping[str, dt.date],
        actual: Mapping[str, dt.datetime],
    ) -> None:
        self.plan, self.at = plan, at
        self.away = dict(plan.away) | dict(told)
        self.actual = dict(actual)
        self.leaving: dict[str, dt.datetime] = {}
        self.not_worked: set[Day] = set()
        self.days: set[Day] = set()
        since = plan.replanned_at.date() if plan.replanned_at else at.date()
        routes = {(r.officer_ref, r.date): r for r in plan.routes}
        spells = [
            *_spells(absences),
            *((who, at.date(), last) for who, last in told.items()),
            *((who, since, last) for who, last in plan.away.items() if who not in told),
        ]
        for officer, first, last in spells:
            for day in _days(plan.week, first, last):
                self._add(officer, day, routes.get((officer, day)), from_today=first == at.date())

    def frame(self) -> pd.DataFrame:
        """Return the absences, a row a day of the week; not those days that are cut short."""
        import pandas as pd

        rows = [(officer, day, day, None, 0) for officer, day in sorted(self.days)]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def _add(self, officer: str, day: dt.date, route: Route | None, *, from_today: bool) -> None:
        if route is None or day > self.at.date():
            self.days.add((officer, day))
        elif day == self.at.date() and from_today:
            self.leaving[officer] = self.at
            if _instant(day, route.stops[0].start_s) >= self.at:
                self.days.add((officer, day))
        else:
            self.not_worked.add((officer, day))
            if not self._done_on(route):
                self.days.add((officer, day))

    def _done_on(self, route: Route) -> bool:
        """Note what a plan mended since then had found done; return whether anything was."""
        known = self.plan.replanned_at
        done = False
        for stop in route.stops:
            ref, start = stop.visit_ref or stop.round_ref, _instant(route.date, stop.start_s)
            if ref is None:
                continue
            if known is not None and start < known:
                self.actual.setdefault(ref, start)
            done |= ref in self.actual and self.actual[ref].date() == route.date
        return done


def _spells(absences: pd.DataFrame | None) -> list[tuple[str, dt.date, dt.date]]:
    if absences is None:
        return []
    rows = absences.to_dict("records")
    return [(row["officer_ref"], _date(row["first_day"]), _date(row["last_day"])) for row in rows]


def _days(monday: dt.date, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Yield the days of the week that a spell has."""
    for k in range(7):
        day = monday + dt.timedelta(days=k)
        if first <= day <= last:
            yield day


def _date(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def _instant(date: dt.date, seconds: int) -> dt.datetime:
    return dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=seconds)
