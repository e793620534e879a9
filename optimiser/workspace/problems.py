"""A folder's inputs become the problems that the solvers take."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import ValidationError

from geodata import DataError, Problem
from optimiser.workspace.cut_off import cut_off_note, require_blocks, require_starts
from optimiser.workspace.diary import Diary, without_closed
from optimiser.workspace.on_foot import between_places
from optimiser.workspace.patch_source import PatchSource, patch_source
from optimiser.workspace.refused import refused_requests
from optimiser.workspace.settings import fault_problems

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.bridge import RuleFault
    from optimiser.model import PatchPlan, PatchProblem, VisitProblem
    from optimiser.workspace.workspace import Workspace

__all__ = ["patch_problem", "require_visits", "visit_problem"]

WEEK_REMEDY: Final = "give the Monday of the week to plan, such as 2026-11-30"
FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100


def patch_problem(ws: Workspace) -> PatchProblem:
    """Return the redraw of the patches as a problem; see `Workspace.patch_problem`."""
    from optimiser.bridge import RuleFaults, build_patch_problem

    require_blocks(ws)
    require_starts(ws, sessions=False)
    current = ws.current()
    centres = ws.service_centres
    centre_xy = np.zeros((0, 2)) if centres is None else centres.get_coordinates().to_numpy()
    rules = ws.settings.rules
    # The network walks at the visits' speed; a redraw may be asked for at another.
    pace = rules.visits.walking_kmh / rules.patches.walking_kmh
    try:
        return build_patch_problem(
            stock=current.stock,
            officers=current.officers,
            centres=[] if centres is None else [str(ref) for ref in centres.index],
            centre_walk_s=ws.network.walk_seconds(centre_xy, ws.block_xy) * pace,
            walk_s=ws.block_walks.seconds * pace,
            edges=ws.adjacency.edges,
            rules=rules.patches,
            notes=(*ws.caveats, *current.notes, *_joined_note(ws), *_left_out(ws)),
        )
    except RuleFaults as error:
        raise DataError([_rule_problem(ws, fault) for fault in error.faults]) from error
    except ValueError as error:
        raise _settings_error(ws, "rules.patches", error) from error


def visit_problem(
    ws: Workspace,
    week: str | dt.date,
    patches: PatchPlan | PatchSource | str | Path | None,
    changed: Diary | None = None,
) -> VisitProblem:
    """Return a week's visits as a problem; see `Workspace.visit_problem`.

    `changed` stands for the files' own requests, absences and outcomes.
    """
    from optimiser.bridge import RuleFaults, build_visit_problem

    own = require_visits(ws)
    diary = changed or Diary(own, ws.inputs.absences, ws.inputs.outcomes)
    visits, closed = without_closed(diary.visits, diary.outcomes)
    try:
        monday = _day(week)
    except ValueError as error:
        raise _week_error(error) from error
    current = ws.current(monday)
    source = patch_source(ws, patches, current)
    ws.week_sources[monday] = source
    require_starts(ws, sessions=True)
    try:
        problem = build_visit_problem(
            monday=monday,
            stock=current.stock,
            officers=current.officers,
            visits=visits,
            service_centres=ws.service_centres,
            fixed=ws.inputs.fixed,
            absences=diary.absences,
            outcomes=diary.outcomes,
            patch_of=source.patch_of,
            officer_of=source.officer_of,
            walks=partial(between_places, ws),
            types=ws.visit_types,
            rules=ws.settings.rules.visits,
            notes=(*ws.caveats, *source.notes, *closed, *cut_off_note(ws), *_left_out(ws)),
        )
    except ValidationError as error:
        raise _settings_error(ws, "rules.visits", error) from error
    except RuleFaults as error:
        problems = [_rule_problem(ws, fault, "visits") for fault in error.faults]
        raise DataError(problems) from error
    except ValueError as error:
        raise _week_error(error) from error
    refused = refused_requests(own, ws.problems)
    return problem.model_copy(update={"set_aside": (*problem.set_aside, *refused)})


def _week_error(error: ValueError) -> DataError:
    return DataError([Problem(file="--week", reason=str(error), remedy=WEEK_REMEDY)])


def require_visits(ws: Workspace) -> pd.DataFrame:
    """Return the requests, or raise DataError where the settings name no visits file."""
    if ws.visits is not None:
        return ws.visits
    problem = Problem(
        file=ws.path.name,
        column="data.visits",
        reason="there is no visits file to plan",
        remedy='add visits = "visits.csv" under [data]',
    )
    raise DataError([problem])


def _day(week: str | dt.date) -> dt.date:
    import pandas as pd

    day = pd.Timestamp(week).date()
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{day} is too far away to plan")
    return day


def _joined_note(ws: Workspace) -> tuple[str, ...]:
    count = len(ws.adjacency_notes)
    if not count or ws.settings.data.streets is None:  # no street that could be missing
        return ()
    pairs = "1 pair of blocks was" if count == 1 else f"{count} pairs of blocks were"
    return (f"{pairs} made neighbours without a street; doorstep check lists them.",)


def _left_out(ws: Workspace) -> tuple[str, ...]:
    rows = {(p.file, p.sheet, p.row) for p in ws.problems if p.severity == "error"}
    if not rows:
        return ()
    count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    return (f"{count} of the files could not be used and were left out.",)


def _rule_problem(ws: Workspace, fault: RuleFault, group: str = "patches") -> Problem:
    return Problem(
        file=ws.path.name,
        column=f"rules.{group}.{fault.key}",
        value=fault.value,
        reason=fault.reason,
        remedy=fault.remedy,
    )


def _settings_error(ws: Workspace, key: str, error: ValueError) -> DataError:
    if isinstance(error, ValidationError):
        return DataError(fault_problems(ws.path.name, error))
    problem = Problem(
        file=ws.path.name, column=key, reason=str(error), remedy="correct it and run again"
    )
    return DataError([problem])
