"""`doorstep plan`: a week's visits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimiser.cli.common import (
    EXIT_BAD_INPUT,
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
    save_problems,
    solve_week,
)

__all__ = ["monday_of", "plan"]


def plan(
    folder: Folder,
    week: Annotated[str, typer.Option("--week", help="The week's Monday, as 2026-11-30.")],
    patches: Annotated[
        Path | None,
        typer.Option("--patches", help="A patches output; else the adopted, else the codes."),
    ] = None,
    seconds: Seconds = 60.0,
    seed: Seed = 1,
    out: Out = None,
    basemap: Basemap = False,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Plan a week: who visits whom, when, and which doors to knock."""
    with exit_codes(as_json=as_json):
        monday = monday_of(week)
        ws = open_folder(folder, lenient=lenient)
        target = (out or ws.folder / "out") / f"week-{monday}"
        check_target_folder(target)
        result = solve_week(ws, monday, patches, seconds=seconds, seed=seed)
        save_problems(ws, out, lenient=lenient)
        written = ws.save(result, target, basemap=basemap)
        if as_json:
            from optimiser.outputs.documents import week_summary

            print_json(week_summary(ws, result))
            return
        from optimiser.cli.terminal import show_week

        show_week(ws, result, written)


def monday_of(week: str) -> str:
    """Return the week's Monday as it was given; leave with a message where it is none."""
    import datetime as dt

    try:
        day = dt.date.fromisoformat(week)
    except ValueError:
        fail(f"--week {week!r} is no date; write the week's Monday as 2026-11-30", EXIT_BAD_INPUT)
    if day.weekday() != 0:
        monday = day - dt.timedelta(days=day.weekday())
        fail(f"--week {week} is a {day:%A}; the week's Monday is {monday}", EXIT_BAD_INPUT)
    return day.isoformat()
