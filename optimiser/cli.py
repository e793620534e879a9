"""The `doorstep` command: parse, call, map errors to exit codes.

Exit codes: 0 done (warnings too), 1 a bug, 2 bad input or usage, 3 infeasible,
4 no solution in time. What a command needs is imported when it runs, so that
`doorstep --help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from geodata import DataError
    from optimiser.model import PatchPlan, ProgressCallback, VisitPlan
    from optimiser.workspace import Workspace
    from optimiser.workspace.quality import QualityReport

__all__ = ["app", "main"]

EXIT_BAD_INPUT, EXIT_INFEASIBLE, EXIT_NO_SOLUTION = 2, 3, 4
DEMO_WEEK = "2026-11-30"

app = typer.Typer(
    name="doorstep",
    help="Plans the work of a landlord's housing officers: patches and weekly visits.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Folder = Annotated[
    Path, typer.Argument(help="A folder with a doorstep.toml, or a settings file by any name.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write instead of FOLDER/out.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed starts the same search.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Lenient = Annotated[
    bool,
    typer.Option("--lenient", help="Leave bad rows out, list them in problems.xlsx, and go on."),
]
Seconds = Annotated[float, typer.Option("--seconds", min=1, help="How long to search.")]


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="A new folder for the demo.")] = Path(
        "doorstep-demo"
    ),
    seed: Seed = 1,
    seconds: Annotated[float, typer.Option("--seconds", min=2, help="To search, in all.")] = 50.0,
    as_json: Json = False,
) -> None:
    """Build a synthetic borough, draw its patches and plan its week."""
    from geodata.synthetic import write_borough

    with _exit_codes():
        _refuse_foreign(out)
        write_borough(out, seed=seed)
        ws = _open(out)
        patches = _solve_patches(ws, seconds=seconds * 0.45, seed=seed)
        first = ws.save(patches, out / "out" / "patches")
        week = _solve_week(ws, DEMO_WEEK, patches, seconds=seconds * 0.55, seed=seed)
        second = ws.save(week, out / "out" / f"week-{DEMO_WEEK}")
        if as_json:
            from optimiser.outputs.documents import patches_summary, week_summary

            _print_json({"patches": patches_summary(ws, patches), "week": week_summary(ws, week)})
            return
        from optimiser.terminal import show_demo

        show_demo(ws, patches, week, first, second)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to put the templates.")]) -> None:
    """Put templates of the settings and the files into a folder."""
    from geodata.samples import write_templates

    with _exit_codes():
        if folder.exists() and not folder.is_dir():
            _fail(f"{folder} is a file; name a folder for the templates", EXIT_BAD_INPUT)
        try:
            written = write_templates(folder)
        except FileExistsError as error:
            _fail(f"{error}; nothing was written", EXIT_BAD_INPUT)
        for path in written or ():
            typer.echo(str(path))
        typer.echo(f"Fill these in, then run: doorstep check {folder}")


@app.command()
def check(folder: Folder, lenient: Lenient = False, out: Out = None, as_json: Json = False) -> None:
    """Read every file, list every problem, and say what was assumed."""
    with _exit_codes(as_json=as_json):
        ws = _open(folder, lenient=True)  # so that the good rows can be counted beside the bad
        report = _quality(ws, lenient=lenient)
        _save_problems(ws, out, lenient=lenient)
        if as_json:
            _print_json(report.to_dict())
        else:
            from optimiser.terminal import show_check

            show_check(report)
        if report.stuck or (report.errors and not lenient):
            raise typer.Exit(EXIT_BAD_INPUT)


@app.command()
def patches(
    folder: Folder,
    seconds: Seconds = 60.0,
    seed: Seed = 1,
    out: Out = None,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Redraw the patches: which officer looks after which blocks."""
    with _exit_codes(as_json=as_json):
        ws = _open(folder, lenient=lenient)
        target = (out or ws.folder / "out") / "patches"
        _check_target(target)
        plan = _solve_patches(ws, seconds=seconds, seed=seed)
        _save_problems(ws, out, lenient=lenient)
        written = ws.save(plan, target)
        if as_json:
            from optimiser.outputs.documents import patches_summary

            _print_json(patches_summary(ws, plan))
            return
        from optimiser.terminal import show_patches

        show_patches(ws, plan, written)


@app.command()
def plan(
    folder: Folder,
    week: Annotated[str, typer.Option("--week", help="The week's Monday, as 2026-11-30.")],
    patches: Annotated[
        Path | None,
        typer.Option("--patches", help="A patches output; else the homes' own codes."),
    ] = None,
    seconds: Seconds = 60.0,
    seed: Seed = 1,
    out: Out = None,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Plan a week: who visits whom, when, and which doors to knock."""
    with _exit_codes(as_json=as_json):
        monday = _monday(week)
        ws = _open(folder, lenient=lenient)
        target = (out or ws.folder / "out") / f"week-{monday}"
        _check_target(target)
        result = _solve_week(ws, monday, patches, seconds=seconds, seed=seed)
        _save_problems(ws, out, lenient=lenient)
        written = ws.save(result, target)
        if as_json:
            from optimiser.outputs.documents import week_summary

            _print_json(week_summary(ws, result))
            return
        from optimiser.terminal import show_week

        show_week(ws, result, written)


def main() -> None:
    """Run the command line."""
    app()


# Steps that the commands share


def _open(folder: Path, *, lenient: bool = False) -> Workspace:
    from optimiser.workspace import Workspace

    return Workspace.open(folder, lenient=lenient)


def _quality(ws: Workspace, *, lenient: bool) -> QualityReport:
    from geodata import DataError
    from optimiser.workspace.quality import quality_report

    try:
        return quality_report(ws, lenient=lenient)
    except DataError as error:  # of the streets file: what is wrong with the rest comes with it
        raise DataError([*ws.problems, *error.problems]) from error


def _save_problems(ws: Workspace, out: Path | None, *, lenient: bool) -> None:
    """With --lenient, write what was found to problems.xlsx beside the outputs, and say so."""
    if not lenient:
        return
    folder = out or ws.folder / "out"
    _check_writable(folder)
    written = ws.save_problems(folder)
    from optimiser.terminal import show_left_out

    show_left_out(ws.problems, written)


def _solve_patches(ws: Workspace, *, seconds: float, seed: int) -> PatchPlan:
    from optimiser.districting import allocate_patches

    problem = ws.patch_problem()
    with _progress("Patches", seconds) as report:
        return allocate_patches(problem, time_limit_s=seconds, seed=seed, progress=report)


def _solve_week(
    ws: Workspace, week: str, patches: PatchPlan | Path | None, *, seconds: float, seed: int
) -> VisitPlan:
    from optimiser.routing import plan_visits

    problem = ws.visit_problem(week, patches=patches)
    with _progress("Week", seconds) as report:
        return plan_visits(problem, time_limit_s=seconds, seed=seed, progress=report)


def _monday(week: str) -> str:
    import datetime as dt

    try:
        day = dt.date.fromisoformat(week)
    except ValueError:
        _fail(f"--week {week!r} is no date; write the week's Monday as 2026-11-30", EXIT_BAD_INPUT)
    if day.weekday() != 0:
        monday = day - dt.timedelta(days=day.weekday())
        _fail(f"--week {week} is a {day:%A}; the week's Monday is {monday}", EXIT_BAD_INPUT)
    return day.isoformat()


@contextmanager
def _progress(label: str, seconds: float) -> Iterator[ProgressCallback | None]:
    """Show a bar with objective and gap on a terminal; nothing when piped."""
    if not sys.stderr.isatty():
        yield None
        return
    from optimiser.terminal import progress_bar

    with progress_bar(label, seconds) as report:
        yield report


# Errors


@contextmanager
def _exit_codes(*, as_json: bool = False) -> Iterator[None]:
    from geodata import DataError
    from optimiser.errors import Infeasible, InvalidProblem, NoSolutionInTime

    try:
        yield
    except DataError as error:
        _fail_data(error, as_json=as_json)
    except Infeasible as error:
        _fail(
            f"No plan can exist: {error.cause}.\nTo mend it: {error.relaxation}.", EXIT_INFEASIBLE
        )
    except InvalidProblem as error:
        _fail(f"The input contradicts itself: {error}", EXIT_BAD_INPUT)
    except NoSolutionInTime as error:
        _fail(f"{error}\nTo search longer, give more --seconds.", EXIT_NO_SOLUTION)
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}. Nothing was overwritten.", EXIT_BAD_INPUT)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _fail_data(error: DataError, *, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"problems": [p.to_dict() for p in error.problems]})
    else:
        from optimiser.terminal import show_problems

        show_problems(error.problems)
    raise typer.Exit(EXIT_BAD_INPUT)


def _refuse_foreign(folder: Path) -> None:
    """Fail unless the folder is new, empty or an earlier demo, which calls itself synthetic."""
    if folder.exists() and not folder.is_dir():
        _fail(f"{folder} is a file; give a new folder with --out", EXIT_BAD_INPUT)
    if not folder.exists() or not any(folder.iterdir()):
        return
    from geodata import DataError
    from optimiser.workspace.settings import load_settings, settings_path

    try:
        synthetic = load_settings(settings_path(folder)).about.synthetic
    except DataError:
        synthetic = False
    if not synthetic:
        _fail(f"{folder} holds other files; give an empty folder with --out", EXIT_BAD_INPUT)


def _check_target(target: Path) -> None:
    """Fail before a minute of solving rather than after it."""
    from optimiser.outputs.files import check_target

    _check_writable(target)
    check_target(target)


def _check_writable(target: Path) -> None:
    import os

    parent = target.absolute()
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        _fail(f"{parent} is a file; give a folder with --out", EXIT_BAD_INPUT)
    if not os.access(parent, os.W_OK):
        _fail(f"{parent} cannot be written to; give another folder with --out", EXIT_BAD_INPUT)


def _print_json(data: object) -> None:
    import json

    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
