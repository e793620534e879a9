"""The landlord's homes, the blocks that they make up, and what in the file is no home."""

from geodata.stock.stock import Stock, read_stock

__all__ = ["Stock", "read_stock"]
