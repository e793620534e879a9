"""What `doorstep adopt` prints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from geodata.findings import counted
from optimiser.workspace.current import day_in_words

if TYPE_CHECKING:
    from optimiser.workspace import Workspace
    from optimiser.workspace.adopted import Adoption

__all__ = ["show_adopted", "show_adoptions", "show_undone"]


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def show_adopted(ws: Workspace, adoption: Adoption, folder: Path) -> None:
    """Print what is the current patches now, from when, and how to take it back."""
    console = _console()
    console.print(f"[bold]{escape(ws.name)}[/bold]: Adopted")
    console.print(
        f"The redraw in {escape(adoption.source)} is the current patches {_since(adoption)}:"
        f" {counted(adoption.patches, 'patch')} for"
        f" {counted(adoption.blocks, ws.unit)} and {counted(adoption.homes, 'home')}."
    )
    change = "changes" if adoption.homes_moved == 1 else "change"
    console.print(f"{counted(adoption.homes_moved, 'home')} {change} patch by it.")
    for note in adoption.notes:
        console.print(f"  {escape(note)}")
    console.print(
        f"doorstep plan uses it for {_weeks(adoption)}, and the next doorstep patches starts"
        f" from it.\nTo take it back: doorstep adopt {escape(str(folder))} --undo"
    )


def show_undone(adoption: Adoption, kept: Path, left: Sequence[Adoption], folder: Path) -> None:
    """Print what was taken back, what counts now, and how to have it again."""
    console = _console()
    console.print(f"Taken back: {escape(_line(adoption))}")
    now = (
        f"the redraw in {_line(max(left, key=lambda a: a.rank))}"
        if left
        else "the patches of the landlord's own files"
    )
    console.print(f"What counts now: {escape(now)}")
    console.print(
        f"To have it again: doorstep adopt {escape(str(folder))} {escape(str(kept))}"
        + (f" --from {adoption.from_date}" if adoption.from_date else "")
    )


def show_adoptions(adoptions: Sequence[Adoption], now: Adoption | None) -> None:
    """Print the redraws that are adopted, the first adopted first, and the one of today."""
    console = _console()
    if not adoptions:
        console.print("No redraw is adopted: the patches are those of the landlord's own files.")
    for adoption in adoptions:
        mark = "; in force today" if adoption == now else ""
        console.print(f"{adoption.number}. {escape(_line(adoption))}{mark}")


def _line(adoption: Adoption) -> str:
    return (
        f"{adoption.source}, adopted on {day_in_words(adoption.adopted_on)}, current"
        f" {_since(adoption)} ({counted(adoption.patches, 'patch')},"
        f" {counted(adoption.homes_moved, 'home')} moved)"
    )


def _since(adoption: Adoption) -> str:
    return (
        "at once" if adoption.from_date is None else f"from {day_in_words(adoption.from_date)} on"
    )


def _weeks(adoption: Adoption) -> str:
    """Return which weeks are planned with it: those that begin on its day or later."""
    if adoption.from_date is None:
        return "every week"
    monday = adoption.from_date + dt.timedelta(days=-adoption.from_date.weekday() % 7)
    return f"weeks from {day_in_words(monday)} on"
