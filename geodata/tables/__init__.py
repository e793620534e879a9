"""A landlord's file to a table of text under our column names, and its cells to values."""

from geodata.tables.table import ObjectArray, Table, parse_column, read_table

__all__ = ["ObjectArray", "Table", "parse_column", "read_table"]
