"""A week under way as a problem: the files as they are now, and what has happened so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geodata import DataError, Problem
from optimiser.model import PatchPlan, VisitPlan, VisitProblem
from optimiser.model.tries import request_of
from optimiser.routing import WeekSoFar
from optimiser.routing.reasons.wording import clock
from optimiser.workspace.absent import Absent
from optimiser.workspace.diary import Diary
from optimiser.workspace.problems import require_visits, visit_problem
from optimiser.workspace.so_far import Requests, requests_now, results_of

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.workspace.patch_source import PatchSource
    from optimiser.workspace.workspace import Workspace

__all__ = ["replan_problem"]

_WEEK: Final = dt.timedelta(days=7)
_MOST_AHEAD: Final = 4 * _WEEK
"""A plan mended earlier than this before its week is a mistyped date."""


def replan_problem(
    ws: Workspace,
    plan: VisitPlan,
    at: dt.datetime,
    patches: PatchPlan | PatchSource | str | Path | None,
    away: Mapping[str, dt.date],
    cancelled: Collection[str],
) -> tuple[VisitProblem, WeekSoFar]:
    """Return a week under way as a problem, for `replan_visits`, by the files as they are now.

    Parameters
    ----------
    ws
        The folder.
    plan
        The plan so far.
    at
        Local time.
    patches
        As for `Workspace.visit_problem`; best those that the week was planned with.
    away
        Officers who leave at `at`, and the last day that they are away.
    cancelled
        Requests that are not wanted any more, whatever the visits file says.

    Returns
    -------
    problem
        With what was made so far in it, and a further try of what found nobody.
    so_far
        What is known beyond the plan.

    Raises
    ------
    DataError
        If `at` is after the week or over four weeks before it, or an officer or request is
        not known.
    """
    monday = dt.datetime.combine(plan.week, dt.time())
    if at >= monday + _WEEK:
        _refuse("--at", f"{at:%Y-%m-%d %H:%M}", "is after the week", "plan the next week instead")
    if at < monday - _MOST_AHEAD:
        _refuse(
            "--at", f"{at:%Y-%m-%d %H:%M}", "is long before the week", "check the year and month"
        )
    visits = require_visits(ws)
    _check_known(ws, plan, visits, away, cancelled)
    results = results_of(ws.inputs.outcomes, monday, at)
    requests = requests_now(visits, plan, at, results, cancelled)
    _refuse_begun(requests, cancelled)
    absent = Absent(ws.inputs.absences, plan, at, away, requests.actual)
    before = _before(ws.inputs.outcomes, monday, requests)

    def problem_of(rows: list[dict[str, Any]]) -> VisitProblem:
        diary = Diary(_frame(rows, visits), absent.frame(), before)
        return visit_problem(ws, plan.week, patches, diary)

    problem = problem_of(requests.rows)
    lost = requests.begun.keys() - {v.visit_ref for v in problem.visits}
    if lost:  # what was done is in the plan, whatever the files say of it by now
        kept = [row for row in requests.rows if row["visit_ref"] not in lost]
        again = [_rebuilt(ws, visits, requests, ref) for ref in sorted(lost)]
        problem = problem_of(kept + again)
    notes = (*problem.notes, *_early(ws.inputs.outcomes, at))
    so_far = WeekSoFar(
        actual=absent.actual,
        failed=frozenset(requests.failed),
        leaving=absent.leaving,
        not_worked=frozenset(absent.not_worked),
        away=absent.away,
        withdrawn=frozenset(requests.withdrawn),
        causes=_late(plan, at, requests.actual) | requests.causes,
    )
    return problem.model_copy(update={"notes": notes}), so_far


# Checks of what was asked


def _refuse(option: str, value: str, reason: str, remedy: str) -> None:
    raise DataError([Problem(file=option, value=value, reason=reason, remedy=remedy)])


def _check_known(
    ws: Workspace,
    plan: VisitPlan,
    visits: pd.DataFrame,
    away: Mapping[str, dt.date],
    cancelled: Iterable[str],
) -> None:
    officers = set(ws.officers["officer_ref"])
    planned = {s.visit_ref for r in plan.routes for s in r.stops if s.visit_ref}
    refs = {*visits["visit_ref"], *map(request_of, planned), *(u.visit_ref for u in plan.unplanned)}
    problems = [
        Problem(
            file="--sick",
            value=officer,
            reason="is no officer of the officers file",
            remedy="give an officer_ref as it stands there",
        )
        for officer in away
        if officer not in officers
    ]
    problems += [
        Problem(
            file="--cancel",
            value=ref,
            reason="is neither in the visits file nor in the plan",
            remedy="give a visit_ref as it stands there",
        )
        for ref in cancelled
        if ref not in refs
    ]
    if problems:
        raise DataError(problems)


def _refuse_begun(requests: Requests, cancelled: Collection[str]) -> None:
    problems = [
        Problem(
            file="--cancel",
            value=made.ref,
            reason=f"began on {made.date:%A} at {clock(made.start_s)}",
            remedy="record what came of it with doorstep outcomes instead",
        )
        for made in requests.begun.values()
        if request_of(made.ref) in cancelled and made.ref not in requests.failed
    ]
    if problems:
        raise DataError(problems)


# Rows


def _frame(rows: list[dict[str, Any]], like: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=like.columns)
    for name in like.columns:
        frame[name] = frame[name].astype(like[name].dtype)
    frame.attrs = dict(like.attrs)
    return frame


def _rebuilt(ws: Workspace, visits: pd.DataFrame, requests: Requests, ref: str) -> dict[str, Any]:
    """Return a row for a visit that was made and whose own row is gone or cannot be used."""
    made = requests.begun[ref]
    types = ws.visit_types.types
    plain = next(
        (n for n, t in types.items() if not (t.escalate or t.statutory)), next(iter(types))
    )
    blank: dict[str, Any] = dict.fromkeys(visits.columns)
    for name in visits.columns:
        if visits[name].dtype == bool:
            blank[name] = False
    return blank | {
        "visit_ref": ref,
        "property_ref": made.property_ref,
        "visit_type": plain,
        "minutes": made.minutes,
        "days": (),
        "excluded_officers": (),
        "previous_attempts": 0,
        "officer_gender": "",
        "priority": 1,
        "row": 0,
    }


def _before(
    outcomes: pd.DataFrame | None, monday: dt.datetime, requests: Requests
) -> pd.DataFrame | None:
    """Return the outcomes before the week, by which it was planned.

    A further try knows of the tries before the week too.
    """
    if outcomes is None or outcomes.empty:
        return outcomes
    import pandas as pd

    earlier = outcomes[outcomes["visited_at"] < monday]
    tries = [
        row["visit_ref"]
        for row in requests.rows
        if request_of(row["visit_ref"]) != row["visit_ref"]
    ]
    copies = [
        earlier[earlier["visit_ref"] == request_of(ref)].assign(visit_ref=ref) for ref in tries
    ]
    return pd.concat([earlier, *(c for c in copies if not c.empty)], ignore_index=True)


def _early(outcomes: pd.DataFrame | None, at: dt.datetime) -> tuple[str, ...]:
    if outcomes is None or outcomes.empty:
        return ()
    count = int((outcomes["visited_at"] > at).sum())
    if not count:
        return ()
    rows = "1 outcome is" if count == 1 else f"{count:,} outcomes are"
    return (f"{rows} of later than {at:%A %H:%M} and not used yet.",)


def _late(plan: VisitPlan, at: dt.datetime, actual: Mapping[str, dt.datetime]) -> dict[str, str]:
    """Return who runs late, for each of their visits and rounds of that day."""
    causes: dict[str, str] = {}
    for route in plan.routes:
        if route.date != at.date():
            continue
        midnight = dt.datetime.combine(route.date, dt.time())
        late = 0
        for stop in route.stops:
            ref = stop.visit_ref or stop.round_ref
            if late and ref:
                causes.setdefault(ref, f"{route.officer_ref} runs late")
            when = actual.get(ref or "")
            planned = midnight + dt.timedelta(seconds=stop.start_s)
            if ref and when is not None and when > planned:
                late = round((when - planned).total_seconds() / 60)
                causes[ref] = f"it began {late} minutes late" if late != 1 else "it began late"
    return causes
