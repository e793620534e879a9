"""A seeded borough for the demo, tests and notebooks: real estates' facts, invented people."""

from geodata.synthetic.borough import TITLE, write_borough

__all__ = ["TITLE", "write_borough"]
