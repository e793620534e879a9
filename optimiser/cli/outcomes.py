"""`doorstep outcomes`: what came of the visits, from the filled-in sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimiser.cli.common import Folder, Json, exit_codes, open_folder, print_json

if TYPE_CHECKING:
    from typing import Any

    from optimiser.workspace.recording import Recorded

__all__ = ["outcomes"]


def outcomes(
    folder: Folder,
    file: Annotated[
        Path,
        typer.Argument(help="The week's visits.xlsx, its sheet Outcomes filled in; or a CSV."),
    ],
    at: Annotated[
        str | None,
        typer.Option("--at", help='Local time now, as "2026-12-03 11:30": nothing is later.'),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the weeks' plans are, if not FOLDER/out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Record what came of visits and door-knocking: the next plan goes by it."""
    with exit_codes(as_json=as_json):
        from optimiser.cli.replan import instant
        from optimiser.workspace.recording import record_outcomes

        now = None if at is None else instant(at)
        ws = open_folder(folder, lenient=True)
        recorded = record_outcomes(ws, file, out=out, at=now)
        if as_json:
            print_json(_document(recorded))
            return
        from optimiser.cli.outcomes_text import show_recorded

        show_recorded(recorded, ws.path.name)


def _document(recorded: Recorded) -> dict[str, Any]:
    doors = recorded.doors()
    return {
        "file": str(recorded.path),
        "added": len(recorded.rows),
        "already": recorded.already,
        "visits": recorded.visits(),
        "doors": doors,
        "doors_knocked": sum(doors.values()),
        "doors_answered": sum(doors.values()) - doors.get("no_answer", 0),
        "hazards": [
            {
                "property_ref": hazard.property_ref,
                "visit_ref": hazard.visit_ref,
                "seen_at": hazard.seen_at.isoformat(timespec="minutes"),
                "due_at": None
                if hazard.due_at is None
                else hazard.due_at.isoformat(timespec="minutes"),
                "emergency_by": hazard.emergency_by.isoformat(timespec="minutes"),
            }
            for hazard in recorded.hazards
        ],
        "to_set": recorded.to_set,
        "warnings": [problem.to_dict() for problem in recorded.warnings],
    }
