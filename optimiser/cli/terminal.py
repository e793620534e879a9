"""What the commands print: a screenful that a manager would want."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from geodata.errors import problem_lines
from optimiser.cli.check_text import check_sections, verdict

if TYPE_CHECKING:
    from geodata import Problem
    from optimiser.model import Outcome, PatchPlan, Progress, ProgressCallback, VisitPlan
    from optimiser.workspace import Workspace
    from optimiser.workspace.quality import QualityReport

__all__ = [
    "folded",
    "new_console",
    "progress_bar",
    "progress_state",
    "show_broken",
    "show_check",
    "show_demo",
    "show_heading",
    "show_left_out",
    "show_list",
    "show_patches",
    "show_problems",
    "show_week",
    "show_week_figures",
    "waiting_line",
]

MOST_PROBLEMS = 40
MOST_UNPLANNED = 8
OPEN_FIRST = "map.html"
_BAR_WIDTH = 14
"""So that objective, bound and gap have room on a terminal of 80 letters."""
_STAGES = {
    "prepare": "preparing",
    "seeds": "first plans",
    "search": "searching",
    "exact": "proving",
    "bound": "proving",
    "explain": "explaining",
    "kept": "keeping what began",
    "placed": "placing",
}
_URGENT = ("escalate", "bad_data", "impossible", "crowded_out", "not_found")


def new_console(*, stderr: bool = False) -> Console:
    """Return a console that neither highlights nor folds what it is given."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def show_problems(problems: Iterable[Problem]) -> None:
    """Print every error, then a count of the warnings, on standard error."""
    console = new_console(stderr=True)
    listed = list(problems)
    errors = [p for p in listed if p.severity == "error"]
    warnings = len(listed) - len(errors)
    console.print(f"[bold]{_count(len(errors), 'problem')} to mend. Nothing was written.[/bold]")
    lines = problem_lines(errors)
    for line in lines[:MOST_PROBLEMS]:
        console.print(f"  {escape(line)}")
    if len(lines) > MOST_PROBLEMS:
        console.print(f"  and {len(lines) - MOST_PROBLEMS} lines more")
    if len(lines) > MOST_PROBLEMS or len(lines) < len(errors):
        console.print("doorstep check --json lists them all.")
    if warnings:
        console.print(f"{_count(warnings, 'warning')} besides; doorstep check --json lists them.")


def show_left_out(problems: Iterable[Problem], written: Path) -> None:
    """Print on standard error how many rows are left out, and where they are listed."""
    errors = [p for p in problems if p.severity == "error"]
    rows = len({(p.file, p.sheet, p.row) for p in errors})
    console = new_console(stderr=True)
    console.print(
        f"{_count(rows, 'row')} left out for {_count(len(errors), 'problem')}:"
        f" see {escape(str(written))}"
    )


def show_check(report: QualityReport) -> None:
    """Print the data-quality report; on a terminal, lines are folded at its width."""
    console = new_console()
    console.print(f"[bold]{escape(report.title)}[/bold]: Check")
    if report.synthetic:
        console.print("Synthetic data: homes, people and requests are invented.")
    width = console.width if console.is_terminal else 0
    for section in check_sections(report):
        console.print(f"\n[bold]{section.title}[/bold]")
        label = max((len(row[0]) for row in section.rows), default=0)
        number = max((len(row[1]) for row in section.rows), default=0)
        for name, value, note in section.rows:
            console.print(escape(f"  {name:<{label}}  {value:>{number}}  {note}".rstrip()))
        for line in section.lines:
            console.print(escape(folded(line, width)))
    console.print()
    for line in verdict(report):
        console.print(escape(folded(line, width, indent="")))


def folded(line: str, width: int, indent: str = "  ") -> str:
    """Return a line below its heading, its further lines set in; with `width` 0 as it is."""
    if not width:
        return indent + line
    return textwrap.fill(
        line,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def show_patches(ws: Workspace, plan: PatchPlan, written: Sequence[Path]) -> None:
    """Print what a redraw is worth and which file to open."""
    console = new_console()
    show_heading(console, ws, "Patches")
    _patch_lines(console, ws, plan)
    show_list(console, "Notes", plan.notes)
    _open_line(console, written)


def show_broken(plan: PatchPlan, remedy: str) -> None:
    """Print on standard error which rules an edit breaks, its figures and a way on."""
    console = new_console(stderr=True)
    console.print(
        f"[bold]The edit breaks {_count(len(plan.violations), 'rule')}. Nothing was written.[/bold]"
    )
    for item in plan.violations[:MOST_PROBLEMS]:
        console.print(f"  {escape(item.subject)}: {escape(item.message)}")
    if len(plan.violations) > MOST_PROBLEMS:
        console.print(f"  and {len(plan.violations) - MOST_PROBLEMS} more; --json lists them all")
    console.print(
        f"As it stands: {plan.objective:,.1f} minutes a week,"
        f" {_count(plan.homes_moved, 'home')} change officer."
    )
    console.print(f"To keep what was done by hand and draw the rest anew:\n  {escape(remedy)}")


def show_week(ws: Workspace, plan: VisitPlan, written: Sequence[Path]) -> None:
    """Print what a week's plan is worth, what did not fit, and which file to open."""
    console = new_console()
    show_heading(console, ws, f"Week from {plan.week}")
    show_week_figures(console, plan, written)


def show_week_figures(console: Console, plan: VisitPlan, written: Sequence[Path]) -> None:
    """Print what a week's plan is worth, what was assumed, and which file to open."""
    _week_lines(console, plan)
    show_list(console, "Notes", plan.notes)
    _open_line(console, written)


def show_demo(
    ws: Workspace,
    patches: PatchPlan,
    week: VisitPlan,
    patch_files: Sequence[Path],
    week_files: Sequence[Path],
) -> None:
    """Print the demo in a screenful."""
    console = new_console()
    show_heading(console, ws, "Demo")
    console.print(
        f"Built {len(ws.homes):,} homes in {len(ws.blocks):,} blocks, {len(ws.officers)} officers"
        f" and {week.requests} requests in {escape(str(ws.folder))}\n"
    )
    _patch_lines(console, ws, patches)
    console.print()
    _week_lines(console, week)
    _open_line(console, patch_files)
    _open_line(console, week_files)


def _patch_lines(console: Console, ws: Workspace, plan: PatchPlan) -> None:
    worst = max((abs(s.workload / s.target - 1) for s in plan.patches if s.target > 0), default=0.0)
    console.print(
        f"[bold]{len(plan.patches)} patch{'' if len(plan.patches) == 1 else 'es'}[/bold]"
        f" for {_count(len(plan.assignments), ws.unit)}:"
        f" {plan.homes_moved:,} of {len(ws.homes):,} homes change officer,"
        f" workload within {worst:.1%} of target (limit {plan.balance:.1%})"
    )
    console.print(
        f"  walking {plan.walk_minutes:,.0f} + from the service centres {plan.centre_minutes:,.0f}"
        f" + price of moves {plan.moved_minutes:,.0f} minutes a week"
    )
    console.print(f"  {_proof(plan, 'minutes a week, lower is better')}")
    for estate, parts in plan.split_estates.items():
        console.print(f"  {escape(estate)} lies in {parts} patches")


def _week_lines(console: Console, plan: VisitPlan) -> None:
    console.print(
        f"[bold]{plan.planned} of {plan.requests} requests[/bold] planned"
        f" ({plan.late} late), {plan.own_officer} with their own officer;"
        f" {_count(plan.doors, 'door')} to knock, about"
        f" {_count(round(plan.conversations), 'conversation')};"
        f" {plan.walk_hours:,.1f} hours on foot"
    )
    console.print(
        f"  Officers' time used: {100 * plan.busy_share:.0f}% on average,"
        f" spread {_count(round(100 * plan.busy_spread), 'point')} between officers"
    )
    console.print(f"  {_proof(plan, 'points, higher is better')}")
    _tier_table(console, plan)
    if not plan.unplanned:
        console.print("  Nothing was left out.")
        return
    counts = ", ".join(f"{n} {kind}" for kind, n in plan.unplanned_counts().items())
    console.print(f"  Not planned: {counts.replace('_', ' ')}")
    urgent = sorted(plan.unplanned, key=lambda item: _URGENT.index(item.kind.value))
    for item in urgent[:MOST_UNPLANNED]:
        console.print(f"    {escape(item.visit_ref)}: {escape(item.reason)}; {escape(item.remedy)}")
    if len(plan.unplanned) > MOST_UNPLANNED:
        console.print(f"    and {len(plan.unplanned) - MOST_UNPLANNED} more in unplanned.csv")


def _tier_table(console: Console, plan: VisitPlan) -> None:
    """Print the tiers in the objective's order, each with what no plan can have more of."""
    from optimiser.outputs.tiers import tier_lines

    tiers = tier_lines(plan)
    label = max((len(tier.label) for tier in tiers), default=0)
    if tiers:
        console.print(
            f"  {'Most important first':<{label + 3}}  {'points':>9}  {'at most':>9}    gap"
        )
    for tier in tiers:
        most = "not known" if tier.bound is None else f"{tier.bound:,.1f}"
        gap = "" if tier.gap is None else f"{tier.gap:.1%}"
        row = f"  {tier.position}. {tier.label:<{label}}  {tier.value:>9,.1f}  {most:>9}  {gap:>5}"
        console.print(escape(row.rstrip()))


def _proof(plan: Outcome, unit: str) -> str:
    text = f"objective {plan.objective:,.1f} {unit}; bound {plan.bound:,.1f}; gap {plan.gap:.2%}"
    proven = "proven optimal" if plan.status.value == "optimal" else "valid, not proven optimal"
    return f"{text} ({proven}, {plan.seconds:.0f} s)"


def show_heading(console: Console, ws: Workspace, what: str) -> None:
    """Print whose data it is and what was done, and that it is invented where it is."""
    console.print(f"[bold]{escape(ws.name)}[/bold]: {escape(what)}")
    if ws.synthetic:
        console.print("Synthetic data: homes, people and requests are invented.")


def show_list(
    console: Console, title: str, lines: Iterable[str], *, most: int = MOST_PROBLEMS
) -> None:
    """Print lines below a title, each once, the first of many; nothing where there is none."""
    listed = list(dict.fromkeys(lines))
    if not listed:
        return
    console.print(f"\n[bold]{title}[/bold]")
    for line in listed[:most]:
        console.print(f"  {escape(line)}")
    if len(listed) > most:
        console.print(f"  and {len(listed) - most} more")


def _open_line(console: Console, written: Sequence[Path]) -> None:
    first = next((path for path in written if path.name == OPEN_FIRST), None)
    if first is not None:
        console.print(f"\nOpen [bold]{escape(str(first))}[/bold] ({len(written)} files beside it)")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def progress_state(now: Progress) -> str:
    """Return what stands beside the bar: "searching  objective 980  bound 1,000  gap 2.0%"."""
    state = _STAGES.get(now.stage, now.stage)
    if now.objective is not None:
        state += f"  objective {now.objective:,.0f}"
    if now.bound is not None and math.isfinite(now.bound):
        state += f"  bound {now.bound:,.0f}"
        if now.objective is not None:
            # Of what is to be large, the bound is the larger of the two; of a cost the objective.
            larger = max(now.objective, now.bound)
            if larger > 0:
                state += f"  gap {abs(now.objective - now.bound) / larger:.1%}"
    return state


@contextmanager
def waiting_line(label: str) -> Iterator[None]:
    """Show on standard error what is being done, until the block ends."""
    with new_console(stderr=True).status(label):
        yield


@contextmanager
def progress_bar(label: str, seconds: float) -> Iterator[ProgressCallback]:
    """Show stage, time, objective and gap on standard error until the block ends."""
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=_BAR_WIDTH),
        TextColumn("{task.fields[state]}"),
        console=new_console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=seconds, state="")

        def report(now: Progress) -> None:
            bar.update(task, completed=min(now.seconds, seconds), state=progress_state(now))

        yield report
