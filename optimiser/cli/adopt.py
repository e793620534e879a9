"""`doorstep adopt`: a redraw becomes the current patches, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimiser.cli.common import (
    EXIT_BAD_INPUT,
    Folder,
    Json,
    Lenient,
    exit_codes,
    fail,
    open_folder,
    print_json,
)

__all__ = ["adopt"]


def adopt(
    folder: Folder,
    redraw: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="The folder that doorstep patches wrote.")
    ] = None,
    from_date: Annotated[
        str | None, typer.Option("--from", help="The first day in force, as 2026-12-07; else now.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last adoption back.")] = False,
    list_all: Annotated[bool, typer.Option("--list", help="List what is adopted.")] = False,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Make a redraw the current patches, from a day on; or take that back."""
    with exit_codes(as_json=as_json):
        if sum((redraw is not None, undo, list_all)) != 1:
            fail("give a redraw's folder (OUT), or --undo, or --list", EXIT_BAD_INPUT)
        if from_date is not None and redraw is None:
            fail("--from belongs to a redraw's folder (OUT)", EXIT_BAD_INPUT)
        if undo:
            _undo(folder, as_json=as_json)
        elif list_all:
            _list(folder, as_json=as_json)
        elif redraw is not None:
            _adopt(folder, redraw, from_date, lenient=lenient, as_json=as_json)


def _adopt(folder: Path, redraw: Path, day: str | None, *, lenient: bool, as_json: bool) -> None:
    ws = open_folder(folder, lenient=lenient)
    adoption = ws.adopt(redraw, from_date=day)
    if as_json:
        print_json(adoption.model_dump(mode="json"))
        return
    from optimiser.cli.adopt_text import show_adopted

    show_adopted(ws, adoption, folder)


def _undo(folder: Path, *, as_json: bool) -> None:
    """Take the last adoption back; without reading it, in case that is what is wrong."""
    from optimiser.workspace.adopted import read_adoptions, undo_adoption
    from optimiser.workspace.settings import settings_path

    settings = settings_path(folder)
    adoption, kept = undo_adoption(settings)
    left = [a for a, _ in read_adoptions(settings)]
    if as_json:
        print_json({"undone": adoption.model_dump(mode="json"), "kept": str(kept)})
        return
    from optimiser.cli.adopt_text import show_undone

    show_undone(adoption, kept, left, folder)


def _list(folder: Path, *, as_json: bool) -> None:
    from optimiser.workspace.adopted import in_force, read_adoptions
    from optimiser.workspace.settings import settings_path

    adoptions = [a for a, _ in read_adoptions(settings_path(folder))]
    import datetime as dt

    today = dt.date.today()  # noqa: DTZ011  # whoever asks is in the right zone
    now = in_force(adoptions, today)
    if as_json:
        rows = [a.model_dump(mode="json") | {"in_force": a == now} for a in adoptions]
        print_json({"adopted": rows})
        return
    from optimiser.cli.adopt_text import show_adoptions

    show_adoptions(adoptions, now)
