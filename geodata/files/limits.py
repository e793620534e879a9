"""The most that a file may hold: far above any landlord's, far below what stops a laptop.

Two million homes as CSV are 274 MB, 2,008,150 rows and 40 million cells, and take 2 GB of memory;
300,000 homes as a workbook unpack to 250 MB, with 6 million cells. Whatever is larger than these
limits is refused in words, before it is read where its size can be told beforehand.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "MAX_CELLS",
    "MAX_CELL_CHARS",
    "MAX_COLUMNS",
    "MAX_FEATURES",
    "MAX_FIELDS",
    "MAX_GEO_BYTES",
    "MAX_LINE_BYTES",
    "MAX_PART_BYTES",
    "MAX_ROWS",
    "MAX_SETTINGS_BYTES",
    "MAX_SHEETS",
    "MAX_SHEET_ROWS",
    "MAX_STRING_TAGS",
    "MAX_TEXT_BYTES",
    "MAX_UNPACKED_BYTES",
    "MAX_WORKBOOK_BYTES",
]

MAX_TEXT_BYTES: Final = 2**30
"""Of a CSV."""
MAX_LINE_BYTES: Final = 2**20
"""Between two line ends of a CSV; 300 columns of Excel's longest cells are no export."""
MAX_ROWS: Final = 5_000_000
"""Of a CSV."""
MAX_COLUMNS: Final = 16_384
"""Excel's own limit."""
MAX_CELLS: Final = 100_000_000
"""Of a CSV, or of all the sheets of a workbook that are read."""
MAX_CELL_CHARS: Final = 32_767
"""Excel's own limit."""

MAX_WORKBOOK_BYTES: Final = 2**28
"""Of a workbook as it is packed."""
MAX_UNPACKED_BYTES: Final = 2**30
"""Of a workbook's sheets and texts unpacked, each and together."""
MAX_PART_BYTES: Final = 2**24
"""Of a workbook's styles, properties and the like, each, and of one row of a sheet: these are
held in memory as a tree, which takes twenty times as much."""
MAX_STRING_TAGS: Final = 12_000_000
"""Marks in a workbook's table of shared texts, four for each text."""
MAX_SHEETS: Final = 255
MAX_SHEET_ROWS: Final = 1_048_576
"""Excel's own limit."""

MAX_GEO_BYTES: Final = 2**32
"""Of a geographic or street file; all of Britain's streets are half of this."""
MAX_FEATURES: Final = 10_000_000
MAX_FIELDS: Final = 2_000
"""Columns of a geographic file; its features hold a value in each."""

MAX_SETTINGS_BYTES: Final = 2**20
"""Of a doorstep.toml or a file of visit rules."""
