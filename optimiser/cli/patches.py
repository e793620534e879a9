"""`doorstep patches`: a redraw of the patches, anew or from an edit by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from optimiser.cli.common import (
    EXIT_BAD_INPUT,
    EXIT_INFEASIBLE,
    Basemap,
    Folder,
    Json,
    Lenient,
    Out,
    Seconds,
    Seed,
    check_target_folder,
    exit_codes,
    fail,
    open_folder,
    print_json,
    progress,
    save,
    save_problems,
    solve_patches,
)

if TYPE_CHECKING:
    from optimiser.model import PatchPlan
    from optimiser.workspace import Workspace

__all__ = ["patches"]

BOUND_S = 10.0
"""Seconds, at most, for the bound beside an edit that nobody solves."""


def patches(
    folder: Folder,
    edit: Annotated[
        Path | None,
        typer.Option("--edit", help="Take over what the patch editor saved, without solving."),
    ] = None,
    solve_rest: Annotated[
        bool,
        typer.Option(
            "--solve-rest", help="With --edit: keep what was done by hand, draw the rest anew."
        ),
    ] = False,
    seconds: Seconds = 60.0,
    seed: Seed = 1,
    out: Out = None,
    basemap: Basemap = False,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Redraw the patches: which officer looks after which blocks."""
    with exit_codes(as_json=as_json):
        if solve_rest and edit is None:
            fail("--solve-rest draws the rest around an edit; name it with --edit", EXIT_BAD_INPUT)
        ws = open_folder(folder, lenient=lenient)
        target = (out or ws.folder / "out") / "patches"
        check_target_folder(target)
        if edit is None:
            plan = solve_patches(ws, seconds=seconds, seed=seed)
        elif solve_rest:
            plan = _solve_rest(ws, edit, target, seconds=seconds, seed=seed)
        else:
            plan = _take_over(ws, edit, target, seconds=seconds, seed=seed)
            if plan.violations:
                _refuse(ws, plan, folder, edit, as_json=as_json)
        save_problems(ws, out, lenient=lenient)
        written = save(ws, plan, target, basemap=basemap)
        if as_json:
            from optimiser.outputs.documents import patches_summary

            print_json(patches_summary(ws, plan))
            return
        from optimiser.cli.terminal import show_patches

        show_patches(ws, plan, written)


def _take_over(ws: Workspace, file: Path, target: Path, *, seconds: float, seed: int) -> PatchPlan:
    """Return the edit as a plan, with the rules that it breaks."""
    from optimiser.districting import evaluate_patches
    from optimiser.workspace.edits import require_complete

    edit = ws.read_edit(file, base=_edited(target))
    require_complete(edit)
    problem = ws.patch_problem(edit=edit, hold=False)
    return evaluate_patches(problem, edit.patch_of, time_limit_s=min(seconds, BOUND_S), seed=seed)


def _solve_rest(ws: Workspace, file: Path, target: Path, *, seconds: float, seed: int) -> PatchPlan:
    from optimiser.districting import allocate_patches

    edit = ws.read_edit(file, base=_edited(target))
    problem = ws.patch_problem(edit=edit)
    with progress("Patches", seconds) as report:
        return allocate_patches(
            problem, time_limit_s=seconds, seed=seed, progress=report, start=edit.patch_of
        )


def _edited(target: Path) -> Path | None:
    """Return the output that stands there: the one whose editor saved the edit, most likely."""
    return target if (target / "homes.csv").is_file() else None


def _refuse(ws: Workspace, plan: PatchPlan, folder: Path, file: Path, *, as_json: bool) -> NoReturn:
    """List what an edit breaks, and say what can be done."""
    if as_json:
        from optimiser.outputs.documents import patches_summary

        print_json(patches_summary(ws, plan))
    else:
        from optimiser.cli.terminal import show_broken

        show_broken(plan, f"doorstep patches {folder} --edit {file} --solve-rest")
    raise typer.Exit(EXIT_INFEASIBLE)
