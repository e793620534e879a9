"""A street file to a walking network: lines, tags, joined ends, graph, snapping, search."""

from geodata.streets.network import StreetNetwork, StreetReport

__all__ = ["StreetNetwork", "StreetReport"]
