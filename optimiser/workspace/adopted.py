"""Redraws that were adopted: kept beside the settings file, listed, and taken back.

`adopted/doorstep/2026-12-07/` beside doorstep.toml holds one of them: `homes.csv` as the
redraw wrote it, and `adopted.json` (from which day, when, from which output, what it is
worth). The folder is named after the settings file, so that two of them in one folder
keep their patches apart. The landlord's own files are never written to; each is written
whole or not at all. One that is taken back is put aside as `undone-…`, not deleted.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError

from geodata import DataError, Problem
from optimiser.model.base import Frozen

__all__ = ["Adoption", "adopted_folder", "in_force", "read_adoptions", "undo_adoption", "write"]

RECORD: Final = "adopted.json"
HOMES: Final = "homes.csv"
UNDONE: Final = "undone-"


class Adoption(Frozen):
    """A redraw that became the current patches.

    Without `from_date` it is in force at once, for every week; with it, for the weeks
    that begin on that day or later. Where several are in force, the one with the latest
    day counts, and of one day the last adopted.
    """

    format: Literal["doorstep adopted 1"] = "doorstep adopted 1"
    number: int = Field(ge=1, description="in order of adoption")
    adopted_on: dt.date
    from_date: dt.date | None = None
    source: str = Field(description="the output that it is from")
    settings: str = Field(description="the settings file that it was adopted for")
    homes: int
    blocks: int
    patches: int
    homes_moved: int = Field(description="households that changed patch by it")
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    notes: tuple[str, ...] = Field((), description="what of it did not fit the data then")

    @property
    def day(self) -> dt.date:
        """The day it is in force from."""
        return self.from_date or self.adopted_on

    @property
    def rank(self) -> tuple[dt.date, int]:
        """What decides between several."""
        return self.day, self.number


def adopted_folder(settings: Path) -> Path:
    """Return where a settings file's adopted redraws are, whether there are any or not."""
    return settings.parent / "adopted" / settings.name.removesuffix(".toml")


def read_adoptions(settings: Path) -> tuple[tuple[Adoption, Path], ...]:
    """Return the adopted redraws of a settings file and their folders, first adopted first.

    Raises
    ------
    DataError
        If the record of one cannot be read.
    """
    folder = adopted_folder(settings)
    if not folder.is_dir():
        return ()
    found = [
        (_read(path / RECORD), path)
        for path in sorted(folder.iterdir())
        if not path.name.startswith((".", UNDONE))
        and any((path / name).exists() for name in (RECORD, HOMES))
    ]
    return _numbered(sorted(found, key=lambda item: item[0].number))


def _numbered(found: list[tuple[Adoption, Path]]) -> tuple[tuple[Adoption, Path], ...]:
    """Tell apart those of one number, as two that were adopted at the same moment."""
    numbered: list[tuple[Adoption, Path]] = []
    for adoption, path in found:
        number = max(adoption.number, numbered[-1][0].number + 1 if numbered else 1)
        numbered.append((adoption.model_copy(update={"number": number}), path))
    return tuple(numbered)


def _read(record: Path) -> Adoption:
    try:
        return Adoption.model_validate(json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        problem = Problem(
            file=str(record),
            reason="is no record of an adopted redraw",
            remedy=f"move the folder {record.parent.name} away, then adopt the redraw again",
        )
        raise DataError([problem]) from error


def in_force(adoptions: Iterable[Adoption], monday: dt.date | None) -> Adoption | None:
    """Return the one that a week is planned with; with None, the last there is; or none."""
    open_then = [
        a for a in adoptions if monday is None or a.from_date is None or a.from_date <= monday
    ]
    return max(open_then, key=lambda a: a.rank, default=None)


def write(settings: Path, file: Path, **about: Any) -> tuple[Adoption, Path]:
    """Keep a redraw's homes.csv as the adopted one; `about` as the fields of `Adoption`.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    known = read_adoptions(settings)
    adoption = Adoption(
        number=max((a.number for a, _ in known), default=0) + 1, settings=settings.name, **about
    )
    folder = adopted_folder(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
        try:
            holder.chmod(0o755)
            shutil.copyfile(file, holder / HOMES)
            text = adoption.model_dump_json(indent=1) + "\n"
            (holder / RECORD).write_text(text, encoding="utf-8", newline="\n")
            target = _moved(holder, folder, adoption.day.isoformat())
        finally:
            shutil.rmtree(holder, ignore_errors=True)
            _drop_empty(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return adoption, target


def undo_adoption(settings: Path) -> tuple[Adoption, Path]:
    """Take the last adopted redraw back; return it and where it is put aside.

    Raises
    ------
    DataError
        If there is none, or it cannot be moved.
    """
    known = read_adoptions(settings)
    if not known:
        problem = Problem(
            file=str(adopted_folder(settings)),
            reason="no redraw is adopted, so that there is none to take back",
            remedy="adopt one with: doorstep adopt FOLDER OUT",
        )
        raise DataError([problem])
    adoption, path = known[-1]
    try:
        target = _moved(path, path.parent, UNDONE + path.name)
    except OSError as error:
        raise _unwritable(path, error) from error
    return adoption, target


def _moved(path: Path, folder: Path, name: str) -> Path:
    """Move a folder to the first name that is free, and return where it is."""
    number, target = 1, folder / name
    while True:
        if not target.exists():
            try:
                path.rename(target)
            except OSError:
                if not target.exists():  # else someone took the name just now
                    raise
            else:
                return target
        number += 1
        target = folder / f"{name}-{number}"


def _drop_empty(folder: Path) -> None:
    """Leave nothing behind where nothing could be written."""
    for path in (folder, folder.parent):
        with suppress(OSError):
            path.rmdir()


def _unwritable(path: Path, error: OSError) -> DataError:
    problem = Problem(
        file=str(path),
        reason=f"cannot be written ({error.strerror})",
        remedy="allow writing beside the settings file, or close its files in other programs",
    )
    return DataError([problem])
