"""What the commands share: options, steps, and how errors become exit codes.

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

__all__ = [
    "EXIT_BAD_INPUT",
    "EXIT_INFEASIBLE",
    "EXIT_NO_SOLUTION",
    "Basemap",
    "Folder",
    "Json",
    "Lenient",
    "Out",
    "Seconds",
    "Seed",
    "check_target_folder",
    "check_writable",
    "exit_codes",
    "fail",
    "open_folder",
    "print_json",
    "progress",
    "save",
    "save_problems",
    "solve_patches",
    "solve_week",
    "waiting",
]

EXIT_BAD_INPUT, EXIT_INFEASIBLE, EXIT_NO_SOLUTION = 2, 3, 4

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
Basemap = Annotated[
    bool,
    typer.Option("--basemap", help="Maps load OpenStreetMap's tiles from the web; else nothing."),
]
Seconds = Annotated[float, typer.Option("--seconds", min=1, help="How long to search.")]


# Steps


def open_folder(folder: Path, *, lenient: bool = False) -> Workspace:
    """Open the landlord's folder; with `lenient`, go on with the good rows."""
    from optimiser.workspace import Workspace

    with waiting("Reading the files"):
        return Workspace.open(folder, lenient=lenient)


def save(
    ws: Workspace, plan: PatchPlan | VisitPlan, target: Path, *, basemap: bool = False
) -> list[Path]:
    """Write a plan's outputs, and say so on a terminal: of a borough it takes a while."""
    with waiting("Writing maps, reports and spreadsheets"):
        return ws.save(plan, target, basemap=basemap)


def save_problems(ws: Workspace, out: Path | None, *, lenient: bool) -> None:
    """With --lenient, write what was found to problems.xlsx beside the outputs, and say so."""
    if not lenient:
        return
    folder = out or ws.folder / "out"
    check_writable(folder)
    written = ws.save_problems(folder)
    from optimiser.cli.terminal import show_left_out

    show_left_out(ws.problems, written)


def solve_patches(ws: Workspace, *, seconds: float, seed: int) -> PatchPlan:
    """Redraw the patches, with a bar on a terminal."""
    from optimiser.districting import allocate_patches

    with waiting("Working out walking times"):
        problem = ws.patch_problem()
    with progress("Patches", seconds) as report:
        return allocate_patches(problem, time_limit_s=seconds, seed=seed, progress=report)


def solve_week(
    ws: Workspace, week: str, patches: PatchPlan | Path | None, *, seconds: float, seed: int
) -> VisitPlan:
    """Plan a week, with a bar on a terminal."""
    from optimiser.routing import plan_visits
    from optimiser.routing.arrays.compile_ahead import compiled_ahead
    from optimiser.workspace.week_begun import rest_of_week

    with compiled_ahead() as compiled, waiting("Working out walking times"):
        problem = rest_of_week(ws, ws.visit_problem(week, patches=patches))
        compiled()
    with progress("Week", seconds) as report:
        return plan_visits(problem, time_limit_s=seconds, seed=seed, progress=report)


@contextmanager
def waiting(label: str) -> Iterator[None]:
    """Say on a terminal what is being done; nothing when piped."""
    if not sys.stderr.isatty():
        yield
        return
    from optimiser.cli.terminal import waiting_line

    with waiting_line(label):
        yield


@contextmanager
def progress(label: str, seconds: float) -> Iterator[ProgressCallback | None]:
    """Show a bar with objective and gap on a terminal; nothing when piped."""
    if not sys.stderr.isatty():
        yield None
        return
    from optimiser.cli.terminal import progress_bar

    with progress_bar(label, seconds) as report:
        yield report


# Errors


@contextmanager
def exit_codes(*, as_json: bool = False) -> Iterator[None]:
    """Turn what the commands raise into one clear message and an exit code."""
    from geodata import DataError
    from optimiser.errors import Infeasible, InvalidProblem, NoSolutionInTime

    try:
        yield
    except DataError as error:
        _fail_data(error, as_json=as_json)
    except Infeasible as error:
        fail(f"No plan can exist: {error.cause}.\nTo mend it: {error.relaxation}.", EXIT_INFEASIBLE)
    except InvalidProblem as error:
        fail(f"The input contradicts itself: {error}", EXIT_BAD_INPUT)
    except NoSolutionInTime as error:
        fail(f"{error}\nTo search longer, give more --seconds.", EXIT_NO_SOLUTION)
    except OSError as error:
        from optimiser.outputs.files import USER_CAN_MEND

        if not (error.errno in USER_CAN_MEND or isinstance(error, FileExistsError)):
            raise
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}. Nothing was overwritten.", EXIT_BAD_INPUT)


def fail(message: str, code: int) -> NoReturn:
    """Print the message on standard error and leave with the code."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _fail_data(error: DataError, *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"problems": [p.to_dict() for p in error.problems]})
    else:
        from optimiser.cli.terminal import show_problems

        show_problems(error.problems)
    raise typer.Exit(EXIT_BAD_INPUT)


def check_target_folder(target: Path) -> None:
    """Fail before a minute of solving rather than after it."""
    from optimiser.outputs.files import check_target

    check_writable(target)
    check_target(target)


def check_writable(target: Path, *, remedy: str = "give another folder with --out") -> None:
    """Fail unless a folder can be made or written there.

    It is tried, beside the place and with the same names: what rights say is not all.
    """
    import os
    import tempfile

    at, missing = target.absolute(), []
    while not os.path.exists(at):  # noqa: PTH110  # Path.exists raises for a name that is too long
        missing.append(at.name)
        at = at.parent
    if not at.is_dir():
        fail(f"{at} is a file; {remedy}", EXIT_BAD_INPUT)
    try:
        with tempfile.TemporaryDirectory(prefix=".doorstep-", dir=at) as probe:
            Path(probe, *reversed(missing)).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        fail(f"{target} cannot be written ({reason}); {remedy}", EXIT_BAD_INPUT)


def print_json(data: object) -> None:
    """Print a document on standard output."""
    import json

    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))
