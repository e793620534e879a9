"""Which blocks are neighbours on foot, and what cannot be walked across."""

from geodata.adjacency.adjacency import Adjacency, Join, block_adjacency
from geodata.adjacency.barriers import read_barriers

__all__ = ["Adjacency", "Join", "block_adjacency", "read_barriers"]
