"""The landlord's own cells of the rows that were left out, so that they can be mended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from geodata import DataError, schema
from geodata.files.layers import LAYER_SUFFIXES, read_layer
from geodata.tables.headers import Header, find_header
from optimiser.outputs.problems import BadRows

if TYPE_CHECKING:
    from optimiser.workspace.workspace import Workspace

__all__ = ["bad_rows"]

SCHEMAS: Final = {
    "homes": schema.HOMES,
    "officers": schema.OFFICERS,
    "visits": schema.VISITS,
    "service_centres": schema.SERVICE_CENTRES,
    "fixed": schema.FIXED,
    "absences": schema.ABSENCES,
    "outcomes": schema.OUTCOMES,
}


def bad_rows(ws: Workspace) -> list[BadRows]:
    """Return the rows with an error of each table, as they stand in the file.

    The files are read once more, for few runs need this. A file that has gone
    since is left out.
    """
    found = []
    for name, columns in SCHEMAS.items():
        file = getattr(ws.settings.data, name)
        if file is None:
            continue
        path = ws.folder / file
        rows = {
            p.row
            for p in ws.problems
            if p.file == Path(file).name and p.severity == "error" and p.row is not None
        }
        if not rows:
            continue
        try:
            header = _header(ws, path, name, columns)
        except DataError:
            continue
        body = header.sheet.rows[header.at + 1 :]
        cells = {
            row: tuple(body[row - header.first_row])
            for row in sorted(rows)
            if 0 <= row - header.first_row < len(body)
        }
        if cells:
            found.append(BadRows(path.name, header.sheet.name, tuple(header.texts), cells))
    return found


def _header(ws: Workspace, path: Path, name: str, columns: schema.TableSchema) -> Header:
    mapped = ws.settings.columns.get(name, {})
    sheet = ws.settings.data.sheets.get(name)
    if path.suffix.casefold() in LAYER_SUFFIXES:
        return read_layer(path, columns, mapped, layer=sheet)
    return find_header(path, columns, mapped, sheet)
