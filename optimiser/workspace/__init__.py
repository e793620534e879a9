"""A landlord's folder with a doorstep.toml: inputs, rules, problems, outputs."""

from optimiser.workspace.workspace import Workspace

__all__ = ["Workspace"]
