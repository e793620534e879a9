"""What `doorstep replan` prints: what changed, then the week."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.markup import escape

from optimiser.cli.terminal import new_console, show_heading, show_week_figures
from optimiser.model.tries import request_of
from optimiser.outputs.wording import counted, long_date, time_of_day

if TYPE_CHECKING:
    from optimiser.model import VisitPlan
    from optimiser.workspace import Workspace

__all__ = ["MOST_CHANGES", "show_replanned"]

MOST_CHANGES: Final = 60


def show_replanned(ws: Workspace, plan: VisitPlan, written: Sequence[Path]) -> None:
    """Print each change, old and new, and why; then what the week is worth."""
    from optimiser.routing.midweek.changes import in_words

    console = new_console()
    at = plan.replanned_at
    assert at is not None
    when = f"{long_date(at.date())}, {time_of_day(at.hour * 3600 + at.minute * 60)}"
    show_heading(console, ws, f"Week from {plan.week}, mended on {when}")
    kinds = [change.kind for change in plan.changes]
    if not kinds:
        console.print("[bold]Nothing changes.[/bold] What was planned still stands.")
    else:
        counts = ", ".join(
            f"{kinds.count(kind)} {kind}"
            for kind in ("dropped", "moved", "added", "cancelled")
            if kind in kinds
        )
        stays = sum(s.kind in ("visit", "round") for r in plan.routes for s in r.stops)
        stays -= sum(len(c.after.officers) for c in plan.changes if c.after is not None)
        console.print(
            f"[bold]{counted(len(kinds), 'change')}[/bold] ({counts});"
            f" {counted(stays, 'stop')} as they were"
        )
        for change in plan.changes[:MOST_CHANGES]:
            console.print(f"  {escape(in_words(change))}")
        if len(kinds) > MOST_CHANGES:
            console.print(f"  and {len(kinds) - MOST_CHANGES} more in visits.xlsx")
        console.print(
            f"sheets.pdf is version {plan.version}: hand it out in place of the sheets before"
        )
        if asked := _still_asked_for(ws, plan):
            console.print(
                f"  {escape(', '.join(asked))}: still in the visits file; take what is cancelled "
                "out of it, or name it with --cancel each time, or it is planned again"
            )
    console.print()
    show_week_figures(console, plan, written)


def _still_asked_for(ws: Workspace, plan: VisitPlan) -> list[str]:
    """Return what was cancelled by word alone: the next plan goes by the file."""
    if ws.visits is None:
        return []
    listed = set(ws.visits["visit_ref"])
    told = {c.ref for c in plan.changes if (c.kind, c.why) == ("cancelled", "cancelled")}
    return sorted(ref for ref in map(request_of, told) if ref in listed)
