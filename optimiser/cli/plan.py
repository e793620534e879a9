"""`doorstep plan`: a week's visits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimiser.cli.ahead import save_ahead, show_ahead, solve_ahead
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
    save,
    save_problems,
    solve_week,
)
from optimiser.cli.offer import offer as list_offers

__all__ = ["monday_of", "plan"]


def plan(
    folder: Folder,
    week: Annotated[str, typer.Option("--week", help="The week's Monday, as 2026-11-30.")],
    patches: Annotated[
        Path | None,
        typer.Option("--patches", help="A patches output; else the adopted, else the codes."),
    ] = None,
    weeks: Annotated[
        int,
        typer.Option("--weeks", min=1, help="Plan the community days of so many weeks ahead."),
    ] = 1,
    offer: Annotated[
        str | None,
        typer.Option("--offer", help="List the best slots to offer for a request, as V0123."),
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
        if offer is not None and weeks > 1:
            fail("--offer lists slots of one week; leave --weeks out", EXIT_BAD_INPUT)
        if offer is not None:
            list_offers(ws, target, offer, patches, seconds=seconds, seed=seed, as_json=as_json)
            return
        ahead = target.with_name(f"quarter-{monday}")
        check_target_folder(target)
        from optimiser.workspace.week_begun import refuse_planned

        refuse_planned(ws, monday, target)
        before = _starts(target)
        quarter = None
        if weeks > 1:
            check_target_folder(ahead)
            quarter, result = solve_ahead(ws, monday, weeks, patches, seconds=seconds, seed=seed)
        else:
            result = solve_week(ws, monday, patches, seconds=seconds, seed=seed)
        save_problems(ws, out, lenient=lenient)
        written = save(ws, result, target, basemap=basemap)
        pages = [] if quarter is None else save_ahead(ws, quarter, ahead)
        if as_json:
            from optimiser.outputs.documents import week_summary

            more = {} if quarter is None else {"ahead": quarter.model_dump(mode="json")}
            print_json(week_summary(ws, result) | more)
            return
        from optimiser.cli.terminal import show_week

        show_week(ws, result, written)
        if before:
            kept = len(before & _starts(target))
            typer.echo(
                f"The plan that was here before is replaced: {kept:,} of its {len(before):,} "
                "visits keep officer and start. To add or cancel requests and leave the rest as "
                "it is: doorstep replan."
            )
        if quarter is not None:
            show_ahead(quarter, pages)


def _starts(target: Path) -> set[tuple[str, str, str]]:
    """Return who starts which visit when, in the plan that is saved there, if any is."""
    import json

    try:
        routes = json.loads((target / "plan.json").read_text(encoding="utf-8"))["routes"]
        return {
            (stop["visit_ref"], route["officer_ref"], stop["start"])
            for route in routes
            for stop in route["stops"]
            if stop["kind"] == "visit"
        }
    except (OSError, ValueError, KeyError, TypeError):
        return set()  # it is about to be replaced, whatever is wrong with it


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
