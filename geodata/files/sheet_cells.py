"""The cells of one sheet, as openpyxl tells them, at the pace of Python's own XML parser.

openpyxl parses through defusedxml, which takes twice as long. What defusedxml refuses,
entities, is refused here before the parser starts; and in one pass instead of two a
formula gives its saved result, or itself where none is saved. The reader below is
openpyxl's own and private, so its version is held in pyproject.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element, XMLParser, iterparse

from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser

__all__ = ["SheetCells"]

_HEAD_BYTES: Final = 4096
_BEGINS: Final = re.compile(
    rb"(\xef\xbb\xbf)?\s*(?>(<\?[^>]*>|<!--.*?-->)\s*)*<[A-Za-z]", re.DOTALL
)
"""A first element before which no document type, and so no entity, is declared."""


class SheetCells(WorkSheetParser):  # type: ignore[misc]
    """Rows of a sheet as (number, cells with "column" and "value")."""

    def parse(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Give each row; whatever else the sheet holds is left out.

        Raises
        ------
        ValueError
            If a document type could be declared.
        """
        if not _BEGINS.match(self.source.read(_HEAD_BYTES)):
            raise ValueError("a document type is declared, or no element begins")
        self.source.seek(0)
        # In another encoding the bytes would not be what they seemed above.
        parser = XMLParser(encoding="utf-8")
        for _, element in iterparse(self.source, events=["end"], parser=parser):
            if element.tag == ROW_TAG:
                yield self.parse_row(element)
                element.clear()

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Return a cell: a formula's result, and the formula where the file holds none."""
        cell: dict[str, Any] = super().parse_cell(element)
        formula = element.find(FORMULA_TAG)
        if formula is None or cell["value"] is not None:
            return cell
        # Excel saves a result of no text as an empty value of this type.
        if element.get("t") != "str" or element.find(VALUE_TAG) is None:
            cell["value"] = "=" + (formula.text or "").removeprefix("=")
        return cell
