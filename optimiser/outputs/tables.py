"""Spreadsheets, CSV and GeoPackage, with formula injection neutralised.

A text cell that a spreadsheet could take for a formula gets an apostrophe in
front; numbers, negative ones too, stay numbers.
"""

from __future__ import annotations

import re
import textwrap
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
_WIDE: Final = 66
_FOLDED: Final = 48
"""Columns are as wide as their text up to the one, and of this width and folded beyond."""
_LINE_PT: Final = 15.0
"""What a line of a wrapped cell takes: not every program works a row's height out by itself."""


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


def write_csv(path: Path, frame: pd.DataFrame, *, synthetic: bool, bom: bool = False) -> None:
    """Write UTF-8 CSV; a last column `data` says "synthetic" on each row of synthetic data.

    With `bom` the file begins with the mark by which Excel and Word's mail merge know UTF-8.
    """
    safe = frame.copy()
    if synthetic:
        safe["data"] = "synthetic"
    for column in safe.columns:
        # A lone carriage return is left unquoted, and would end the row.
        safe[column] = [
            safe_text("\n".join(re.split(r"\r\n?", v))) if isinstance(v, str) else v
            for v in safe[column]
        ]
    safe.to_csv(path, index=False, encoding="utf-8-sig" if bom else "utf-8", lineterminator="\n")


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
        folded = longest + 3 > _WIDE
        width = _FOLDED if folded else max(_NARROW, longest + 3)
        ws.column_dimensions[get_column_letter(index)].width = width
        _format(column[1:])
        if folded:
            _fold(ws, column[1:])
    _stand_at_the_top(ws)
    for at, name in sheet.marked:
        ws.cell(at + 2, headers.index(name) + 1).fill = PatternFill("solid", fgColor="FFD9B3")
    _add_choices(ws, sheet, headers)
    _set_up_page(ws, notice)


def _format(cells: Sequence[Any]) -> None:
    """Format what is no text; among text, as in a list of rules, it stands on the left too."""
    from openpyxl.styles import Alignment

    mixed = any(isinstance(cell.value, str) for cell in cells)
    left = Alignment(horizontal="left")
    for cell in cells:
        if cell.value is None or isinstance(cell.value, str):
            continue
        cell.number_format = _number_format(cell.value, whole=mixed)
        if mixed:
            cell.alignment = left


def _number_format(value: Any, *, whole: bool) -> str:
    """Return how a value is shown; "_)" keeps it clear of the text in the next column.

    With `whole`, a small number keeps its decimals: a share of 0.05 is not 0.1.
    """
    import datetime as dt

    if isinstance(value, dt.datetime):
        return "yyyy-mm-dd hh:mm_)"
    if isinstance(value, dt.date):
        return "ddd d mmm yyyy_)"
    if isinstance(value, dt.time):
        return "h:mm AM/PM_)"
    if isinstance(value, float):
        rounded = not whole or abs(value) >= 10 or value == round(value, 1)
        return "#,##0.0_)" if rounded else "#,##0.0###_)"
    return "#,##0_)"


def _fold(ws: Worksheet, cells: Sequence[Any]) -> None:
    """Fold the cells' text and make their rows high enough."""
    from openpyxl.styles import Alignment

    fold = Alignment(wrap_text=True, vertical="top", horizontal="left")
    for cell in cells:
        cell.alignment = fold
        lines = sum(
            max(1, len(textwrap.wrap(part, _FOLDED - 3))) for part in _shown(cell.value).split("\n")
        )
        row = ws.row_dimensions[cell.row]
        if lines > 1:
            row.height = max(row.height or 0.0, _LINE_PT * lines)


def _stand_at_the_top(ws: Worksheet) -> None:
    """Move the cells beside folded text up to its first line."""
    from openpyxl.styles import Alignment

    for number, row in ws.row_dimensions.items():
        for cell in ws[number] if row.height else ():
            at = cell.alignment
            cell.alignment = Alignment(at.horizontal, "top", wrap_text=at.wrap_text)


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
    """Return about what a cell shows, for its width."""
    import datetime as dt

    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return f"{value:%a %d %b %Y}"
    if isinstance(value, dt.time):
        return f"{value:%H:%M} AM"
    return str(value)


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
