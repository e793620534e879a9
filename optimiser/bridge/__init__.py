"""The only place where frames become problems: all scaling and rounding is here."""

from optimiser.bridge.ahead import build_quarter_problem
from optimiser.bridge.patches import build_patch_problem
from optimiser.bridge.rule_names import RuleFault, RuleFaults
from optimiser.bridge.visits import build_visit_problem

__all__ = [
    "RuleFault",
    "RuleFaults",
    "build_patch_problem",
    "build_quarter_problem",
    "build_visit_problem",
]
