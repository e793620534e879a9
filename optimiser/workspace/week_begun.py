"""A week of which outcomes are recorded already is not planned as if it were still to come.

Where a plan of it is there, that plan is mended. Where there is none, as when the first
plan is made on a Tuesday, what is left of the week from the last outcome on is planned.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from geodata import DataError, Problem
from optimiser.routing.reasons.wording import clock, day_name

if TYPE_CHECKING:
    from optimiser.model import VisitProblem
    from optimiser.model.visits import Shift
    from optimiser.workspace.workspace import Workspace

__all__ = ["last_outcome", "refuse_planned", "rest_of_week"]

_WEEK: Final = dt.timedelta(days=7)


class _Begun(NamedTuple):
    """How many outcomes a week has, and when the last one was."""

    outcomes: int
    last: dt.datetime

    def __str__(self) -> str:
        last = f"{day_name(self.last.date())} at {clock(_second(self.last))}"
        if self.outcomes == 1:
            return f"1 outcome of it is recorded, of {last}"
        return f"{self.outcomes:,} outcomes of it are recorded, the last of {last}"


def last_outcome(ws: Workspace, monday: dt.date) -> dt.datetime | None:
    """Return when the last outcome of a week was, if any is recorded."""
    begun = _begun(ws, monday)
    return None if begun is None else begun.last


def refuse_planned(ws: Workspace, week: dt.date | str, target: Path) -> None:
    """Refuse to plan a week anew that has begun by the plan in `target`.

    Raises
    ------
    DataError
        Naming the command that keeps what is done.
    """
    monday = dt.date.fromisoformat(str(week))
    begun = _begun(ws, monday)
    if begun is None or not (target / "plan.json").is_file():
        return
    at = f"{begun.last:%Y-%m-%d %H:%M}"
    _refuse(
        monday,
        f"has begun: {begun}, and it has a plan already",
        f'mend that plan, what is done stays: doorstep replan … --week {monday} --at "{at}" (or '
        "later). To plan what is left afresh, give another folder with --out",
    )


def rest_of_week(ws: Workspace, problem: VisitProblem) -> VisitProblem:
    """Return a week that has begun from its last outcome on; any other as it is.

    Raises
    ------
    DataError
        If nobody is at work any more in that week.
    """
    begun = _begun(ws, problem.week)
    if begun is None:
        return problem
    at = begun.last
    shifts = tuple(
        s if s.date > at.date() else _from(s, _second(at), problem.rules.slack)
        for s in problem.shifts
        if s.date > at.date() or (s.date == at.date() and s.end_s > _second(at))
    )
    if not shifts:
        _refuse(
            problem.week, f"is over: {begun}, and nobody is at work after it", "plan the next week"
        )
    note = f"The week has begun: {begun}. It is planned from then on."
    rounds = tuple(r for r in problem.rounds if r.date >= at.date())
    return problem.model_copy(
        update={"shifts": shifts, "rounds": rounds, "notes": (*problem.notes, note)}
    )


def _begun(ws: Workspace, monday: dt.date) -> _Begun | None:
    outcomes = ws.inputs.outcomes
    if outcomes is None or outcomes.empty:
        return None
    first = dt.datetime.combine(monday, dt.time())
    when = outcomes["visited_at"]
    inside = when[(when >= first) & (when < first + _WEEK)]
    return None if inside.empty else _Begun(len(inside), inside.max().to_pydatetime())


def _from(shift: Shift, second: int, slack: float) -> Shift:
    """Return what is left of a shift; a session under way is somebody else's to finish."""
    start_s = max(shift.start_s, second)
    break_s = shift.break_s if start_s <= shift.break_latest_s else 0
    return shift.model_copy(
        update={
            "start_s": start_s,
            "break_s": break_s,
            "break_earliest_s": max(shift.break_earliest_s, start_s),
            "busy_limit_s": min(
                shift.busy_limit_s, int((shift.end_s - start_s - break_s) * (1 - slack))
            ),
            "sessions": tuple(s for s in shift.sessions if s.start_s >= start_s),
        }
    )


def _second(at: dt.datetime) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def _refuse(monday: dt.date, reason: str, remedy: str) -> None:
    problem = Problem(file="--week", value=monday.isoformat(), reason=reason, remedy=remedy)
    raise DataError([problem])
