"""`doorstep replan`: a week's plan mended while the week runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimiser.cli.common import (
    EXIT_BAD_INPUT,
    Folder,
    Json,
    Lenient,
    Out,
    Seed,
    check_target_folder,
    exit_codes,
    fail,
    open_folder,
    print_json,
    progress,
    save,
    save_problems,
)
from optimiser.cli.plan import monday_of

if TYPE_CHECKING:
    import datetime as dt

    from optimiser.model import VisitPlan
    from optimiser.workspace import Workspace

__all__ = ["instant", "replan"]


def replan(
    folder: Folder,
    week: Annotated[str, typer.Option("--week", help="The week's Monday, as 2026-11-30.")],
    at: Annotated[str, typer.Option("--at", help='Local time now, as "2026-12-03 11:30".')],
    sick: Annotated[
        list[str] | None,
        typer.Option(
            "--sick",
            help="An officer who goes home now and is away all week, as HO07; or until a day, "
            "as HO07:2026-12-03. Several: once each.",
        ),
    ] = None,
    back: Annotated[
        list[str] | None,
        typer.Option("--back", help="An officer who was told to be away and is back now."),
    ] = None,
    cancel: Annotated[
        list[str] | None,
        typer.Option("--cancel", help="A request that is not wanted any more, as V0123."),
    ] = None,
    patches: Annotated[
        Path | None,
        typer.Option("--patches", help="A patches output; else those of the week's plan."),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="How long to look for places.")
    ] = 20.0,
    seed: Seed = 1,
    out: Out = None,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Mend a week's plan: what is done stays, little else changes, and the changes are listed."""
    with exit_codes(as_json=as_json):
        monday, now = monday_of(week), instant(at)
        away = _away(sick or [], now, monday)
        ws = open_folder(folder, lenient=lenient)
        target = (out or ws.folder / "out") / f"week-{monday}"
        from optimiser.workspace.saved_plan import (
            check_week_plan,
            read_week_patches,
            read_week_plan,
        )

        plan = read_week_plan(target)
        check_week_plan(ws, plan, target)
        plan = _without(plan, back or [])
        check_target_folder(target)
        problem, so_far = ws.replan_problem(
            plan,
            at=now,
            patches=patches or read_week_patches(target),
            away=away,
            cancelled=cancel or (),
        )
        from optimiser.routing import replan_visits

        with progress("Week", seconds) as report:
            result = replan_visits(
                problem,
                plan,
                at=now,
                time_limit_s=seconds,
                seed=seed,
                progress=report,
                so_far=so_far,
            )
        save_problems(ws, out, lenient=lenient)
        _tell(ws, result, save(ws, result, target), as_json=as_json)


def _tell(ws: Workspace, result: VisitPlan, written: list[Path], *, as_json: bool) -> None:
    if as_json:
        from optimiser.outputs.documents import week_summary

        print_json(week_summary(ws, result))
        return
    from optimiser.cli.replan_text import show_replanned

    show_replanned(ws, result, written)


def instant(text: str) -> dt.datetime:
    """Return the local time given with --at; leave with a message where it is none."""
    import datetime as dt

    wrong = f"--at {text!r} is no date and time; write local time as 2026-12-03 11:30"
    try:
        at = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        fail(wrong, EXIT_BAD_INPUT)
    if at.tzinfo is not None or len(text.strip()) <= len("2026-12-03"):
        fail(wrong, EXIT_BAD_INPUT)
    return at


def _without(plan: VisitPlan, back: list[str]) -> VisitPlan:
    """Return the plan without the absences of those who are back."""
    if unknown := [officer for officer in back if officer not in plan.away]:
        away = ", ".join(plan.away) or "nobody"
        fail(f"--back {unknown[0]}: told to be away: {away}", EXIT_BAD_INPUT)
    kept = {officer: day for officer, day in plan.away.items() if officer not in back}
    return plan.model_copy(update={"away": kept})


def _away(sick: list[str], at: dt.datetime, monday: str) -> dict[str, dt.date]:
    """Return officer_ref -> the last day away."""
    import datetime as dt

    away = {}
    for text in sick:
        officer, colon, day = text.rpartition(":") if ":" in text else (text, "", "")
        last = dt.date.fromisoformat(monday) + dt.timedelta(days=6)
        if colon:
            try:
                last = dt.date.fromisoformat(day.strip())
            except ValueError:
                fail(
                    f"--sick {text!r}: {day!r} is no date; write HO07:2026-12-03, or HO07 for "
                    "the rest of the week",
                    EXIT_BAD_INPUT,
                )
            if last < at.date():
                fail(f"--sick {text!r} ends before --at; give a later day", EXIT_BAD_INPUT)
        away[officer.strip()] = last
    return away
