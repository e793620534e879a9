"""The nouns: problems, plans and what they are made of, as frozen data."""

from optimiser.model.outcome import Outcome, Progress, ProgressCallback, Status, Violation
from optimiser.model.patches import (
    BlockAssignment,
    PatchBlock,
    PatchParams,
    PatchPlan,
    PatchProblem,
    PatchSlot,
    PatchSummary,
)
from optimiser.model.rules import PatchRules, VisitRules, VisitValues, WorkloadWeights
from optimiser.model.view import WorkspaceView
from optimiser.model.visits import (
    Door,
    PartOfDay,
    Place,
    Round,
    RoundOption,
    Session,
    Shift,
    TimeWindow,
    Unplanned,
    UnplannedClass,
    Visit,
    VisitOfficer,
    VisitParams,
    VisitProblem,
)
from optimiser.model.week import Route, Stop, Tier, VisitPlan

__all__ = [
    "BlockAssignment",
    "Door",
    "Outcome",
    "PartOfDay",
    "PatchBlock",
    "PatchParams",
    "PatchPlan",
    "PatchProblem",
    "PatchRules",
    "PatchSlot",
    "PatchSummary",
    "Place",
    "Progress",
    "ProgressCallback",
    "Round",
    "RoundOption",
    "Route",
    "Session",
    "Shift",
    "Status",
    "Stop",
    "Tier",
    "TimeWindow",
    "Unplanned",
    "UnplannedClass",
    "Violation",
    "Visit",
    "VisitOfficer",
    "VisitParams",
    "VisitPlan",
    "VisitProblem",
    "VisitRules",
    "VisitValues",
    "WorkloadWeights",
    "WorkspaceView",
]
