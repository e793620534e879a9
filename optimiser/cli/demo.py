"""`doorstep demo`: a synthetic borough, from start to finish."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimiser.cli.common import (
    EXIT_BAD_INPUT,
    Json,
    Seed,
    check_writable,
    exit_codes,
    fail,
    open_folder,
    print_json,
    save,
    solve_patches,
    solve_week,
)

__all__ = ["demo"]

DEMO_WEEK = "2026-11-30"


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

    with exit_codes():
        _refuse_foreign(out)
        write_borough(out, seed=seed)
        ws = open_folder(out)
        patches = solve_patches(ws, seconds=seconds * 0.45, seed=seed)
        first = save(ws, patches, out / "out" / "patches")
        week = solve_week(ws, DEMO_WEEK, patches, seconds=seconds * 0.55, seed=seed)
        second = save(ws, week, out / "out" / f"week-{DEMO_WEEK}")
        if as_json:
            from optimiser.outputs.documents import patches_summary, week_summary

            print_json({"patches": patches_summary(ws, patches), "week": week_summary(ws, week)})
            return
        from optimiser.cli.terminal import show_demo

        show_demo(ws, patches, week, first, second)


def _refuse_foreign(folder: Path) -> None:
    """Fail unless the folder is new, empty or an earlier demo, which calls itself synthetic."""
    check_writable(folder)
    if not folder.exists() or not any(folder.iterdir()):
        return
    from geodata import DataError
    from optimiser.workspace.settings import load_settings, settings_path

    try:
        synthetic = load_settings(settings_path(folder)).about.synthetic
    except DataError:
        synthetic = False
    if not synthetic:
        fail(f"{folder} holds other files; give an empty folder with --out", EXIT_BAD_INPUT)
