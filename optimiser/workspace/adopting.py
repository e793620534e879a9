"""Whether a redraw fits a landlord's files as they are now, and its adoption."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geodata import DataError, Problem
from geodata.findings import counted
from optimiser.workspace.adopted import RECORD, Adoption, write
from optimiser.workspace.current import day_in_words, with_output
from optimiser.workspace.patch_files import homes_file, no_output, read_output
from optimiser.workspace.problems import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from optimiser.workspace.workspace import Workspace

__all__ = ["adopt"]

FEWEST: Final = 0.5
"""A redraw that holds a smaller share of the homes was made for other homes."""


def adopt(ws: Workspace, out: Path, day: str | dt.date | None, today: dt.date) -> Adoption:
    """Keep a patches output as the current patches; see `Workspace.adopt`.

    Raises
    ------
    DataError
        If it is no patches output, or cannot be one of this data; or `day` is no day.
    """
    from_date = None if day is None else _first_day(day)
    file = homes_file(out)
    rows = read_output(file)
    problems = [*_contradictions(file, rows), *_strangers(ws, file, rows)]
    if problems:
        raise DataError(problems)
    fitted = with_output(ws.inputs, rows)
    before, after = ws.homes["patch"], fitted.stock.homes["patch"]
    moved = before.notna() & (before != after)
    about: dict[str, Any] = {"source": _place(ws, out)} | _stated(file.parent)
    adoption, _ = write(
        ws.path,
        file,
        adopted_on=today,
        from_date=from_date,
        homes=int(ws.homes["property_ref"].isin(set(rows["property_ref"])).sum()),
        blocks=int(ws.blocks.index.isin(set(rows["block_ref"])).sum()),
        patches=int(rows["new_patch"].nunique()),
        homes_moved=int(moved.sum()),
        notes=(*_gone(ws, rows), *fitted.notes, *_waiting(ws, from_date or today)),
        **about,
    )
    return adoption


def _first_day(day: str | dt.date) -> dt.date:
    """Return the day, if weeks from then on can be planned."""
    try:
        date = dt.date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        reason = "is no date"
    else:
        if FIRST_YEAR <= date.year <= LAST_YEAR:
            return date
        reason = f"is not between the years {FIRST_YEAR} and {LAST_YEAR}"
    remedy = "write the first day in force as 2026-12-07"
    raise DataError([Problem(file="--from", value=str(day), reason=reason, remedy=remedy)])


def _contradictions(file: Path, rows: pd.DataFrame) -> list[Problem]:
    """Return what no redraw of ours holds, and a hand that changed it may have put in."""
    problems: list[Problem] = []
    for key, value, what in (
        ("block_ref", "new_patch", "a block is never split"),
        ("property_ref", "new_patch", "a home has one"),
        ("new_patch", "officer_ref", "a patch has one"),
        ("officer_ref", "new_patch", "an officer has one"),
    ):
        pairs = rows.dropna(subset=[key, value]).groupby(key)[value].unique()
        for name, found in pairs[pairs.map(len) > 1].items():
            problems.append(
                Problem(
                    file=str(file),
                    column=value,
                    value=str(name),
                    reason=f"has more than one {value}: {', '.join(sorted(found))}; {what}",
                    remedy="correct the rows, or draw the patches again: doorstep patches",
                )
            )
    if rows["new_patch"].isna().all():
        problems += no_output(file, "it holds no patch").problems
    return problems


def _strangers(ws: Workspace, file: Path, rows: pd.DataFrame) -> list[Problem]:
    """Return why the output is not one of these homes and officers."""
    assigned = rows.dropna(subset=["new_patch"])
    known = ws.homes["property_ref"].isin(set(assigned["property_ref"])) | ws.homes[
        "block_ref"
    ].isin(set(assigned["block_ref"]))
    problems: list[Problem] = []
    if known.mean() < FEWEST:
        problems += no_output(
            file, f"it is of other homes: only {known.sum():,} of these {len(known):,} are in it"
        ).problems
    named = set(rows["officer_ref"].dropna())
    staff = set(ws.officers["officer_ref"])
    if named and not named & staff:
        problems += no_output(
            file, f"none of its {len(named)} officers is in the officers file"
        ).problems
    return problems


def _gone(ws: Workspace, rows: pd.DataFrame) -> tuple[str, ...]:
    homes = ~rows["property_ref"].isin(set(ws.homes["property_ref"]))
    if not homes.any() or rows["property_ref"].isna().all():
        return ()
    blocks = set(rows["block_ref"]) - set(ws.blocks.index)
    lost = f", with {counted(len(blocks), 'whole block')}" if blocks else ""
    verb = "is" if homes.sum() == 1 else "are"
    count = counted(int(homes.sum()), "home")
    return (f"{count} of the redraw {verb} not in the homes file any more{lost}.",)


def _waiting(ws: Workspace, day: dt.date) -> tuple[str, ...]:
    later = [a for a in ws.adopted if a.day > day]
    if not later:
        return ()
    first = min(later, key=lambda a: a.rank)
    return (f"From {day_in_words(first.day)} on, the redraw adopted for that day follows.",)


def _stated(folder: Path) -> dict[str, Any]:
    """Return objective, bound and gap as the output states them; nothing where it does not.

    One that was adopted before also says which output it is from.
    """
    for name in ("summary.json", RECORD):
        try:
            stated = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(stated, dict):
            figures = {key: stated.get(key) for key in ("objective", "bound", "gap")}
            known = {key: value for key, value in figures.items() if isinstance(value, float | int)}
            source = stated.get("source")
            return known | ({"source": source} if isinstance(source, str) else {})
    return {}


def _place(ws: Workspace, out: Path) -> str:
    """Return where the output is, seen from the settings file; elsewhere, its name alone.

    A path outside may hold the name of whoever adopts it.
    """
    try:
        return out.resolve().relative_to(ws.folder.resolve()).as_posix()
    except ValueError:
        return out.resolve().name
