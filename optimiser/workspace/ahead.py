"""A folder's weeks ahead: the community days as a problem."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geodata import DataError, Problem
from optimiser.workspace.patch_source import patch_source

if TYPE_CHECKING:
    from optimiser.model import PatchPlan, VisitProblem
    from optimiser.model.quarter import QuarterPlan, QuarterProblem
    from optimiser.workspace.workspace import Workspace

__all__ = ["MOST_WEEKS", "keep_to_turns", "quarter_problem", "require_ahead"]

MOST_WEEKS: Final = 52


def quarter_problem(
    ws: Workspace, week: VisitProblem, weeks: int, patches: PatchPlan | str | Path | None
) -> QuarterProblem:
    """Return the community days of the weeks ahead as a problem.

    Parameters
    ----------
    ws
        The folder.
    week
        The first week's problem; its requests stand for those of every week.
    weeks
        How many, the first one included.
    patches
        As for `Workspace.visit_problem`.

    Raises
    ------
    DataError
        See `require_ahead`.
    """
    from optimiser.bridge import build_quarter_problem

    require_ahead(ws, weeks)
    monday: dt.date = week.week
    current = ws.current(monday)
    source = patch_source(ws, patches, current)
    centres, walks = ws.service_centres, ws.block_walks.seconds
    to_blocks = {}
    if centres is not None:
        seconds = ws.network.walk_seconds(centres.get_coordinates().to_numpy(), ws.block_xy)
        to_blocks = {str(ref): seconds[k] for k, ref in enumerate(centres.index)}
    return build_quarter_problem(
        week,
        weeks=weeks,
        stock=current.stock,
        officers=current.officers,
        fixed=ws.inputs.fixed,
        absences=ws.inputs.absences,
        outcomes=ws.inputs.outcomes,
        patch_of=source.patch_of,
        officer_of=source.officer_of,
        walk_s=walks,
        centre_walk_s=to_blocks,
        notes=(*ws.caveats, *source.notes),
    )


def require_ahead(ws: Workspace, weeks: int) -> None:
    """Refuse what cannot be planned ahead; before solving, better than after.

    Raises
    ------
    DataError
        If there is no community day, or `weeks` is not 1 to `MOST_WEEKS`.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise _error("--weeks", f"{weeks} weeks cannot be planned ahead", f"give 1 to {MOST_WEEKS}")
    if ws.settings.rules.visits.community_day is None:
        raise _error(
            ws.path.name,
            "there is no community day to plan ahead for",
            'give community_day = "Thu" under [rules.visits], or leave --weeks out',
        )


def keep_to_turns(week: VisitProblem, plan: QuarterPlan) -> VisitProblem:
    """Return the first week with the rounds of the blocks whose turn it is.

    Any round of such a block may be knocked, so that time left over is not lost. Where a
    patch has no turns that day, as when its officer is away, its rounds stay as they are.
    """
    first = {t.date for t in plan.turns} & {r.date for r in week.rounds}
    today = [t for t in plan.turns if t.date in first]
    blocks, patches = {t.block_ref for t in today}, {t.patch for t in today}
    kept = tuple(r for r in week.rounds if r.patch not in patches or r.block_ref in blocks)
    note = "Doors are knocked at in the blocks whose turn it is by the plan of the weeks ahead."
    return week.model_copy(update={"rounds": kept, "notes": (*week.notes, note)})


def _error(file: str, reason: str, remedy: str) -> DataError:
    return DataError([Problem(file=file, reason=reason, remedy=remedy)])
