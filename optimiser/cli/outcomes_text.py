"""What `doorstep outcomes` prints: what was added, and what must be raised now."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from rich.markup import escape

from geodata.errors import problem_lines
from optimiser.cli.terminal import new_console
from optimiser.outputs.wording import counted, long_date, time_of_day

if TYPE_CHECKING:
    from optimiser.workspace.recording import Recorded

__all__ = ["show_recorded"]

MOST_WARNINGS: Final = 10


def show_recorded(recorded: Recorded, settings: str) -> None:
    """Print what was added, what the folder had already, and hazards to raise first."""
    from optimiser.workspace.recording import summary_words

    console = new_console()
    if recorded.hazards:
        console.print(f"[bold]{counted(len(recorded.hazards), 'hazard')} seen. Raise now:[/bold]")
    for hazard in recorded.hazards:
        by = "" if hazard.due_at is None else f"look into it by {long_date(hazard.due_at.date())}; "
        console.print(
            f"  home {escape(hazard.property_ref)}, seen on {_when(hazard.seen_at)}: {by}"
            f"if it is an emergency, make it safe by {_when(hazard.emergency_by)}"
        )
    name = escape(str(recorded.path))
    console.print(f"[bold]Added to {name}:[/bold] {escape(summary_words(recorded))}")
    if recorded.already:
        console.print(f"  {counted(recorded.already, 'row')} there already, not added again")
    if recorded.to_set and recorded.rows:
        line = escape(f'outcomes = "{recorded.to_set}" under [data]')
        console.print(f"Put {line} in {escape(settings)}: nothing reads the file before that.")
    lines = problem_lines(recorded.warnings)
    errors = new_console(stderr=True)
    for text in lines[:MOST_WARNINGS]:
        errors.print(f"Note: {escape(text)}")
    if len(lines) > MOST_WARNINGS:
        errors.print(f"and {len(lines) - MOST_WARNINGS} notes more; --json lists them all")


def _when(at: dt.datetime) -> str:
    return f"{long_date(at.date())} at {time_of_day(at.hour * 3600 + at.minute * 60)}"
