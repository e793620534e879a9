"""A saved week as a problem, to look for slots to offer a resident for one request."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geodata import DataError, Problem
from optimiser.model import PatchPlan, UnplannedClass, VisitPlan, VisitProblem
from optimiser.workspace.diary import Diary
from optimiser.workspace.problems import require_visits, visit_problem
from optimiser.workspace.week_begun import last_outcome

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.workspace.patch_source import PatchSource
    from optimiser.workspace.workspace import Workspace

__all__ = ["check_request", "offer_problem"]

_WEEK_DAYS: Final = tuple(range(7))


def check_request(ws: Workspace, visit_ref: str) -> None:
    """Raise DataError unless the request is in the visits file and is no emergency."""
    visits = require_visits(ws)
    rows = visits[visits["visit_ref"] == visit_ref]
    if rows.empty:
        _refuse(
            visit_ref,
            "is not in the visits file, or its row cannot be used",
            "give a visit_ref as it stands there; doorstep check lists rows that cannot be used",
        )
    kind = ws.visit_types.types.get(rows["visit_type"].iloc[0])
    if kind is not None and kind.escalate:
        _refuse(
            visit_ref,
            "is an emergency, which no weekly plan holds",
            "send someone now by the emergency procedure",
        )


def offer_problem(
    ws: Workspace,
    plan: VisitPlan,
    visit_ref: str,
    patches: PatchPlan | PatchSource | str | Path | None,
) -> tuple[VisitProblem, VisitPlan, dt.datetime | None]:
    """Return the week by the files as they are now, the plan, and how far the week has got.

    A request that is by appointment, with none made, is asked for at any time: finding
    the appointment is what slots are offered for.

    Parameters
    ----------
    ws
        The folder.
    plan
        The week's plan. Where it was mended during the week, or outcomes of the week are
        recorded, it is taken from then on.
    visit_ref
        The request.
    patches
        As for `Workspace.visit_problem`; best those that the week was planned with.

    Raises
    ------
    DataError
        If there is no such request this week, or it cannot be planned.
    """
    check_request(ws, visit_ref)
    known = [at for at in (plan.replanned_at, last_outcome(ws, plan.week)) if at is not None]
    if known:
        from optimiser.routing.midweek.begun import as_begun

        at = max(known)
        problem, so_far = ws.replan_problem(plan, at=at, patches=patches)
        problem, plan = as_begun(problem, plan, at, so_far)
        _check_planned(problem, visit_ref)
        return problem, plan, at
    visits = require_visits(ws)
    outcomes = ws.inputs.outcomes
    if outcomes is not None and not outcomes.empty:  # what the week was planned by
        outcomes = outcomes[outcomes["visited_at"] < dt.datetime.combine(plan.week, dt.time())]
    diary = Diary(visits, ws.inputs.absences, outcomes)
    problem = visit_problem(ws, plan.week, patches, diary)
    aside = {u.visit_ref: u.kind for u in problem.set_aside}
    if aside.get(visit_ref) is UnplannedClass.IMPOSSIBLE:
        at_any_time = _without_appointment(visits, visit_ref)
        diary = Diary(at_any_time, ws.inputs.absences, outcomes)
        problem = visit_problem(ws, plan.week, patches, diary)
    _check_planned(problem, visit_ref)
    return problem, plan, None


def _without_appointment(visits: pd.DataFrame, visit_ref: str) -> pd.DataFrame:
    changed = visits.copy()
    asked = changed["visit_ref"] == visit_ref
    changed["days"] = [
        _WEEK_DAYS if it else days for it, days in zip(asked, changed["days"], strict=True)
    ]
    if "pinned_at" in changed:
        changed["pinned_at"] = changed["pinned_at"].mask(asked)
    return changed


def _check_planned(problem: VisitProblem, visit_ref: str) -> None:
    for item in problem.set_aside:
        if item.visit_ref == visit_ref:
            _refuse(visit_ref, f"is not planned: {item.reason}", item.remedy)
    if visit_ref not in {v.visit_ref for v in problem.visits}:
        _refuse(visit_ref, "is not asked for any more this week", "plan the week again")


def _refuse(visit_ref: str, reason: str, remedy: str) -> None:
    raise DataError([Problem(file="--offer", value=visit_ref, reason=reason, remedy=remedy)])
