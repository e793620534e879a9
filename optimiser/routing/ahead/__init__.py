"""Community days planned ahead: every home of a patch gets its turn within the weeks."""

from optimiser.routing.ahead.checks import check_quarter
from optimiser.routing.ahead.plan import plan_quarter

__all__ = ["check_quarter", "plan_quarter"]
