"""Rows are added to a landlord's outcomes file, under its own headings, whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from geodata import DataError, Problem
from geodata.schema import OUTCOMES, spelling

if TYPE_CHECKING:
    from optimiser.workspace.workspace import Workspace

__all__ = ["COLUMNS", "append_rows"]

COLUMNS: Final = ("property_ref", "visited_at", "kind", "visit_ref", "outcome", "officer_ref")


def append_rows(ws: Workspace, path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Add the rows to the file, under its own headings and in its own spelling."""
    if path.suffix.casefold() != ".csv":
        _refuse(
            path,
            "is not a CSV, and rows are added to CSV only",
            f'save it as CSV and set outcomes = "{path.stem}.csv" under [data]',
        )
    old = path.read_bytes() if path.is_file() else b""
    try:
        text = old.decode("utf-8")
    except UnicodeDecodeError:
        _refuse(path, "is not in UTF-8", "save it as CSV UTF-8 from the spreadsheet")
    ending = "\r\n" if "\r\n" in text else "\n"
    header = _header(ws, path, text) if text.strip("\ufeff \r\n") else list(COLUMNS)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=ending)
    if not text.strip("\ufeff \r\n"):
        text = ""
        writer.writerow(header)
    elif not text.endswith("\n"):
        buffer.write(ending)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in header])
    _replace(path, (text + buffer.getvalue()).encode("utf-8"))


def _header(ws: Workspace, path: Path, text: str) -> list[str]:
    """Return our name of each of the file's columns, "" for those that are not ours."""
    first = next(csv.reader(io.StringIO(text.lstrip("\ufeff"))), [])
    header = [""] * len(first)
    for ours, position in OUTCOMES.recognise(first).items():
        header[position] = ours
    for ours, theirs in ws.settings.columns.get("outcomes", {}).items():
        for position, heading in enumerate(first):
            if spelling(heading) == spelling(theirs):
                header = ["" if name == ours else name for name in header]
                header[position] = ours
    lost = [name for name in COLUMNS if header.count(name) != 1]
    if lost:
        _refuse(path, f"has no single column for {', '.join(lost)} in its first row",
                f"start it with the columns {', '.join(COLUMNS)}")  # fmt: skip
    return header


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds" if value.second else "minutes")
    return str(value)


def _replace(path: Path, content: bytes) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        _refuse(path, f"cannot be written ({error.strerror})", "close it in other programs")


def _refuse(path: Path, reason: str, remedy: str) -> NoReturn:
    raise DataError([Problem(file=path.name, reason=reason, remedy=remedy)])
