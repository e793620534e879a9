"""`doorstep plan --weeks`: the community days ahead, and the first week kept to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from optimiser.cli.common import progress, waiting

if TYPE_CHECKING:
    from optimiser.model import VisitPlan
    from optimiser.model.quarter import QuarterPlan
    from optimiser.workspace import Workspace

__all__ = ["save_ahead", "show_ahead", "solve_ahead"]

_SHARE: Final = 1 / 3
"""Of the time, what the weeks ahead take at most, and the first week at least."""


def solve_ahead(
    ws: Workspace, week: str, weeks: int, patches: Path | None, *, seconds: float, seed: int
) -> tuple[QuarterPlan, VisitPlan]:
    """Plan the weeks ahead and then the first of them, in `seconds` together.

    The weeks ahead have up to a third of them. Each has a bar on a terminal.
    """
    from optimiser.routing import plan_visits
    from optimiser.routing.ahead import plan_quarter
    from optimiser.routing.arrays.compile_ahead import compiled_ahead
    from optimiser.workspace.ahead import keep_to_turns, quarter_problem, require_ahead
    from optimiser.workspace.week_begun import rest_of_week

    require_ahead(ws, weeks)
    with compiled_ahead() as compiled, waiting("Working out walking times"):
        problem = ws.visit_problem(week, patches=patches)
        ahead = quarter_problem(ws, problem, weeks, patches)
        compiled()
    first_s = _SHARE * seconds
    with progress("Weeks ahead", first_s) as report:
        quarter = plan_quarter(ahead, time_limit_s=first_s, progress=report)
    left_s = max(seconds - quarter.seconds, _SHARE * seconds)
    with progress("Week", left_s) as report:
        plan = plan_visits(
            rest_of_week(ws, keep_to_turns(problem, quarter)),
            time_limit_s=left_s,
            seed=seed,
            progress=report,
        )
    return quarter, plan


def save_ahead(ws: Workspace, quarter: QuarterPlan, folder: Path) -> list[Path]:
    """Write the weeks ahead."""
    from optimiser.outputs.files import write_quarter

    return write_quarter(ws, quarter, folder)


def show_ahead(quarter: QuarterPlan, written: Sequence[Path]) -> None:
    """Print in three lines what the weeks ahead come to, and which file to open."""
    from geodata.findings import counted
    from optimiser.cli.terminal import new_console

    homes = sum(row.homes for row in quarter.patches)
    left = round(quarter.objective)
    second = sum(row.second_tries for row in quarter.patches)
    talks = sum(row.conversations for row in quarter.patches)
    days = len({turn.date for turn in quarter.turns})
    console = new_console()
    console.print(
        f"[bold]{homes - left:,} of {counted(homes, 'home')}[/bold] to get their turn on"
        f" {counted(days, 'community day')} ({counted(quarter.weeks, 'week')});"
        f" {counted(second, 'round')} to be tried a second time;"
        f" about {counted(round(talks), 'conversation')}"
    )
    if left:
        large = [row.patch for row in quarter.patches if row.without_turn]
        console.print(
            f"  {counted(left, 'home')} without (every plan leaves {quarter.bound:,.0f} or more),"
            f" in {', '.join(large[:8])}{', …' if len(large) > 8 else ''}: quarter.html says what"
            " would do"
        )
    page = next((path for path in written if path.name == "quarter.html"), None)
    if page is not None:
        console.print(f"  Open {page}\n", soft_wrap=True, highlight=False)
