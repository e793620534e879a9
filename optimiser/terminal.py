"""What the commands print: a screenful that a manager would want."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geodata.errors import problem_lines

if TYPE_CHECKING:
    from geodata import Problem
    from optimiser.model import Outcome, PatchPlan, Progress, ProgressCallback, VisitPlan
    from optimiser.workspace import Workspace

__all__ = [
    "progress_bar",
    "show_check",
    "show_demo",
    "show_left_out",
    "show_patches",
    "show_problems",
    "show_week",
]

MOST_PROBLEMS = 40
MOST_UNPLANNED = 8
OPEN_FIRST = "map.html"


def _console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def show_problems(problems: Iterable[Problem]) -> None:
    """Print every error, then a count of the warnings, on standard error."""
    console = _console(stderr=True)
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
    console = _console(stderr=True)
    console.print(
        f"{_count(rows, 'row')} left out for {_count(len(errors), 'problem')}:"
        f" see {escape(str(written))}"
    )


def show_check(ws: Workspace) -> None:
    """Print the data-quality report."""
    console = _console()
    homes, blocks = ws.homes, ws.blocks
    _heading(console, ws, "Check")
    table = _plain_table("what", "count")
    table.add_row("homes", f"{len(homes):,}")
    for tenure, number in homes["tenure"].value_counts().items():
        table.add_row(f"  {tenure}", f"{number:,}")
    table.add_row("blocks", f"{len(blocks):,}")
    table.add_row("estates", f"{blocks['estate'].nunique():,}")
    table.add_row("officers", f"{len(ws.officers):,}, {ws.officers['fte'].sum():g} full-time")
    frames = {
        "service centres": ws.service_centres,
        "requests": ws.visits,
        "fixed sessions": ws.inputs.fixed,
        "absences": ws.inputs.absences,
        "outcomes": ws.inputs.outcomes,
    }
    for name, frame in frames.items():
        table.add_row(name, "no file" if frame is None else f"{len(frame):,}")
    for name, number in ws.inputs.stock.set_aside.items():
        table.add_row(f"set aside: {name}", f"{number:,}")
    with_codes = int(homes["patch"].notna().sum())
    table.add_row("homes with a patch code", f"{with_codes:,} of {len(homes):,}")
    table.add_row("blocks that no street reaches", f"{len(ws.unreachable_blocks):,}")
    console.print(table)
    _list(console, "Streets", ws.caveats)
    _list(console, "Blocks apart from the streets", ws.blocks_apart, most=10)
    _list(console, "Neighbours without a street", ws.adjacency_notes, most=10)
    left_out = [p for p in ws.problems if p.severity == "error"]
    _list(console, "Left out", problem_lines(left_out))
    warnings = [p for p in ws.problems if p.severity == "warning"]
    _list(console, "Warnings", problem_lines(warnings))
    what = "Nothing else stands" if left_out else "No problem stands"
    how = " with --lenient" if left_out else ""
    console.print(f"\n{what} in the way: doorstep patches and doorstep plan can run{how}.")


def show_patches(ws: Workspace, plan: PatchPlan, written: Sequence[Path]) -> None:
    """Print what a redraw is worth and which file to open."""
    console = _console()
    _heading(console, ws, "Patches")
    _patch_lines(console, ws, plan)
    _list(console, "Notes", plan.notes)
    _open_line(console, written)


def show_week(ws: Workspace, plan: VisitPlan, written: Sequence[Path]) -> None:
    """Print what a week's plan is worth, what did not fit, and which file to open."""
    console = _console()
    _heading(console, ws, f"Week from {plan.week}")
    _week_lines(console, plan)
    _list(console, "Notes", plan.notes)
    _open_line(console, written)


def show_demo(
    ws: Workspace,
    patches: PatchPlan,
    week: VisitPlan,
    patch_files: Sequence[Path],
    week_files: Sequence[Path],
) -> None:
    """Print the demo in a screenful."""
    console = _console()
    _heading(console, ws, "Demo")
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
        f" for {_count(len(plan.assignments), 'block')}:"
        f" {plan.homes_moved:,} of {len(ws.homes):,} homes change officer,"
        f" workload within {worst:.1%} of target (limit {plan.balance:.1%})"
    )
    console.print(
        f"  walking {plan.walk_minutes:,.0f} + from the service centres {plan.centre_minutes:,.0f}"
        f" + price of moves {plan.moved_minutes:,.0f} minutes a week"
    )
    console.print(f"  {_proof(plan, 'minutes a week, lower is better')}")
    for estate, parts in plan.split_estates.items():
        console.print(f"  {escape(estate)} does not fit into one patch: it lies in {parts}")


def _week_lines(console: Console, plan: VisitPlan) -> None:
    console.print(
        f"[bold]{plan.planned} of {plan.requests} requests[/bold] planned"
        f" ({plan.late} late), {plan.own_officer} with their own officer;"
        f" {_count(plan.doors, 'door')} to knock, about"
        f" {_count(round(plan.conversations), 'conversation')};"
        f" {plan.walk_hours:,.1f} hours on foot"
    )
    console.print(f"  {_proof(plan, 'points, higher is better')}")
    if not plan.unplanned:
        console.print("  Nothing was left out.")
        return
    counts = ", ".join(f"{n} {kind}" for kind, n in plan.unplanned_counts().items())
    console.print(f"  Not planned: {counts.replace('_', ' ')}")
    for item in plan.unplanned[:MOST_UNPLANNED]:
        console.print(f"    {escape(item.visit_ref)}: {escape(item.reason)}; {escape(item.remedy)}")
    if len(plan.unplanned) > MOST_UNPLANNED:
        console.print(f"    and {len(plan.unplanned) - MOST_UNPLANNED} more in unplanned.csv")


def _proof(plan: Outcome, unit: str) -> str:
    text = f"objective {plan.objective:,.1f} {unit}; bound {plan.bound:,.1f}; gap {plan.gap:.2%}"
    proven = "proven optimal" if plan.status.value == "optimal" else "valid, not proven optimal"
    return f"{text} ({proven}, {plan.seconds:.0f} s)"


def _heading(console: Console, ws: Workspace, what: str) -> None:
    console.print(f"[bold]{escape(ws.title)}[/bold]: {escape(what)}")
    if ws.synthetic:
        console.print("Synthetic data: homes, people and requests are invented.")


def _list(console: Console, title: str, lines: Iterable[str], *, most: int = MOST_PROBLEMS) -> None:
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


def _plain_table(*columns: str) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    for k, column in enumerate(columns):
        table.add_column(column, justify="left" if k == 0 else "right")
    return table


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def progress_bar(label: str, seconds: float) -> Iterator[ProgressCallback]:
    """Show stage, time, objective and gap on standard error until the block ends."""
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        console=_console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=seconds, state="")

        def report(now: Progress) -> None:
            state = now.stage
            if now.objective is not None:
                state += f"  objective {now.objective:,.0f}"
            if now.bound is not None:
                state += f"  bound {now.bound:,.0f}"
            bar.update(task, completed=min(now.seconds, seconds), state=state)

        yield report
