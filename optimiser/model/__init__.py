"""The nouns: problems, plans and what they are made of, as frozen data."""

from optimiser.model.comparison import PatchComparison
from optimiser.model.front import Front, FrontPoint
from optimiser.model.outcome import Outcome, Progress, ProgressCallback, Status, Violation
from optimiser.model.patches import (
    BlockAssignment,
    MeasureUse,
    MoveReason,
    PatchBlock,
    PatchMeasure,
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
from optimiser.model.what_if import WhatIf

__all__ = [
    "BlockAssignment",
    "Door",
    "Front",
    "FrontPoint",
    "MeasureUse",
    "MoveReason",
    "Outcome",
    "PartOfDay",
    "PatchBlock",
    "PatchComparison",
    "PatchMeasure",
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
    "WhatIf",
    "WorkloadWeights",
    "WorkspaceView",
]
