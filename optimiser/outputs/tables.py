"""Spreadsheets, CSV and GeoPackage, with formula injection neutralised.

A text cell that a spreadsheet could take for a formula gets an apostrophe in
front; numbers, negative ones too, stay numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import PatchPlan, WorkspaceView

if TYPE_CHECKING:
    import pandas as pd
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["Sheet", "safe_text", "write_csv", "write_patches_gpkg", "write_xlsx"]

# The signs of OWASP's advice on CSV injection, full-width forms included.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
_NO_XML: Final = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""What openpyxl writes though no XML may hold it: Excel would call the workbook damaged."""
_NARROW: Final = 8
_WIDE: Final = 60


@dataclass(frozen=True)
class Sheet:
    """A worksheet: a frame under a header in row 1.

    `choices` limits a column to a list. `marked` are the cells to shade, as
    (position of the row in the frame, column).
    """

    name: str
    frame: pd.DataFrame
    choices: tuple[str, tuple[str, ...]] | None = None
    marked: frozenset[tuple[int, str]] = frozenset()


def safe_text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    shown = text.lstrip(" ")
    return f"'{text}" if shown.startswith(_FORMULA_STARTS) else text


def write_csv(path: Path, frame: pd.DataFrame, *, synthetic: bool) -> None:
    """Write UTF-8 CSV; a last column `data` says "synthetic" on each row of synthetic data."""
    safe = frame.copy()
    if synthetic:
        safe["data"] = "synthetic"
    for column in safe.columns:
        # A lone carriage return is left unquoted, and would end the row.
        safe[column] = [
            safe_text("\n".join(re.split(r"\r\n?", v))) if isinstance(v, str) else v
            for v in safe[column]
        ]
    safe.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def write_xlsx(path: Path, sheets: Sequence[Sheet], *, title: str, notice: str) -> None:
    """Write a workbook without macros; `notice` is printed at the top of every page."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    book.properties.title = title
    book.properties.creator = "doorstep"
    book.properties.description = notice
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name), sheet, notice)
    book.save(path)


def _fill(ws: Worksheet, sheet: Sheet, notice: str) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    headers = [str(column) for column in sheet.frame.columns]
    ws.append([safe_text(header) for header in headers])
    for row in sheet.frame.itertuples(index=False, name=None):
        ws.append([_cell(value) for value in row])
    for cell in ws[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1D3557")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    ws.freeze_panes = "A2"
    ws.auto_filter.ref = f"A1:{get_column_letter(max(1, len(headers)))}{max(1, ws.max_row)}"
    for index, column in enumerate(ws.iter_cols(), start=1):
        longest = max(len(_shown(cell.value)) for cell in column)
        ws.column_dimensions[get_column_letter(index)].width = _clamped(longest + 3)
        _format(column[1:], wrap=longest + 3 > _WIDE)
    for at, name in sheet.marked:
        ws.cell(at + 2, headers.index(name) + 1).fill = PatternFill("solid", fgColor="FFD9B3")
    _add_choices(ws, sheet, headers)
    _set_up_page(ws, notice)


def _format(cells: Sequence[Any], *, wrap: bool) -> None:
    import datetime as dt

    from openpyxl.styles import Alignment

    for cell in cells:
        if isinstance(cell.value, dt.datetime):
            cell.number_format = "yyyy-mm-dd hh:mm"
        elif isinstance(cell.value, dt.date):
            cell.number_format = "ddd d mmm yyyy"
        elif isinstance(cell.value, dt.time):
            cell.number_format = "h:mm AM/PM"
        elif isinstance(cell.value, float):
            cell.number_format = "#,##0.0"
        if wrap:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _add_choices(ws: Worksheet, sheet: Sheet, headers: list[str]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    if sheet.choices is None or ws.max_row < 2:
        return
    column, values = sheet.choices
    rule = DataValidation(type="list", formula1=f'"{",".join(values)}"', allow_blank=True)
    rule.error = f"Choose one of: {', '.join(values)}"
    letter = get_column_letter(headers.index(column) + 1)
    rule.add(f"{letter}2:{letter}{ws.max_row}")
    ws.add_data_validation(rule)


def _set_up_page(ws: Worksheet, notice: str) -> None:
    ws.page_setup.orientation = "landscape"
    ws.page_setup.paperSize = ws.PAPERSIZE_A4
    ws.page_setup.fitToWidth = 1
    ws.page_setup.fitToHeight = 0
    ws.sheet_properties.pageSetUpPr.fitToPage = True
    ws.print_title_rows = "1:1"
    if notice:
        # An ampersand starts a code in a header.
        ws.oddHeader.center.text = notice.replace("&", "&&")
    ws.oddFooter.center.text = "&A, page &P of &N"


def _cell(value: Any) -> Any:
    """Return a value that openpyxl can write: no NA, no control characters, no formula."""
    import numpy as np
    import pandas as pd
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, str):
        return safe_text(_NO_XML.sub("", ILLEGAL_CHARACTERS_RE.sub("", value)))
    if isinstance(value, np.generic):
        value = value.item()
    if pd.isna(value):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def _shown(value: Any) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value if value is not None else "")


def _clamped(width: int) -> int:
    return min(_WIDE, max(_NARROW, width))


def write_patches_gpkg(path: Path, view: WorkspaceView, plan: PatchPlan, *, notice: str) -> None:
    """Write layers `patches` (polygons) and `blocks` (points) in the view's CRS."""
    import geopandas as gpd
    import pandas as pd

    about = {s.patch: s for s in plan.patches}
    shapes = view.patch_shapes(plan.patch_of())
    rows = [about[patch] for patch in shapes["patch"]]
    patches = gpd.GeoDataFrame(
        {
            "patch": [s.patch for s in rows],
            "officer_ref": [s.officer_ref for s in rows],
            "homes": [s.homes for s in rows],
            "workload": [s.workload for s in rows],
        },
        geometry=list(shapes.geometry),
        crs=view.crs,
    )
    refs = [a.block_ref for a in plan.assignments]
    blocks = gpd.GeoDataFrame(
        pd.DataFrame([a.model_dump() for a in plan.assignments]),
        geometry=view.blocks.geometry.loc[refs].to_list(),
        crs=view.crs,
    )
    metadata = {"description": notice}
    for layer, frame in (("patches", patches), ("blocks", blocks)):
        frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio", layer_metadata=metadata)
