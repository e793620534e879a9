"""The weeks ahead as frames and as plain data: turns, community days, patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimiser.model import WorkspaceView
from optimiser.model.quarter import PatchQuarter, QuarterPlan, Turn
from optimiser.outputs.tables import Sheet

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "days_frame",
    "patches_frame",
    "quarter_document",
    "quarter_sheets",
    "too_large",
    "turns_frame",
]


def turns_frame(view: WorkspaceView, plan: QuarterPlan) -> pd.DataFrame:
    """Return one row a turn, by patch, day and order along the patch's chain of blocks."""
    import pandas as pd

    names = _block_names(view)
    rows = [
        {
            "patch": turn.patch,
            "officer_ref": turn.officer_ref,
            "date": turn.date,
            "part_of_day": turn.part.value,
            "round_ref": turn.round_ref,
            "block_ref": turn.block_ref,
            "block": names.get(turn.block_ref, turn.block_ref),
            "try": turn.try_number,
            "doors": turn.doors,
            "minutes": round(turn.load_s / 60),
            "conversations": round(turn.conversations, 1),
        }
        for turn in plan.turns
    ]
    columns = ["patch", "officer_ref", "date", "part_of_day", "round_ref", "block_ref", "block",
               "try", "doors", "minutes", "conversations"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def days_frame(plan: QuarterPlan) -> pd.DataFrame:
    """Return one row a community day on which somebody knocks."""
    import pandas as pd

    by_day: dict[Any, list[Turn]] = {}
    for turn in plan.turns:
        by_day.setdefault(turn.date, []).append(turn)
    rows = [
        {
            "date": date,
            "officers": len({t.officer_ref for t in turns}),
            "rounds": len(turns),
            "first_doors": sum(t.doors for t in turns if t.try_number == 1),
            "second_rounds": sum(t.try_number == 2 for t in turns),
            "hours": sum(t.load_s for t in turns) / 3600,
            "conversations": sum(t.conversations for t in turns),
        }
        for date, turns in sorted(by_day.items())
    ]
    columns = ["date", "officers", "rounds", "first_doors", "second_rounds", "hours",
               "conversations"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def patches_frame(plan: QuarterPlan) -> pd.DataFrame:
    """Return one row a patch."""
    import pandas as pd

    return pd.DataFrame(
        [row.model_dump() for row in plan.patches], columns=list(PatchQuarter.model_fields)
    )


def too_large(plan: QuarterPlan) -> list[PatchQuarter]:
    """Return the patches that leave homes without a turn, the most first."""
    return sorted((p for p in plan.patches if p.without_turn), key=lambda p: -p.without_turn)


def quarter_sheets(view: WorkspaceView, plan: QuarterPlan) -> list[Sheet]:
    """Return the worksheets of quarter.xlsx."""
    import pandas as pd

    waiting = pd.DataFrame({"property_ref": list(plan.by_appointment)}, dtype=object)
    return [
        Sheet("Rounds", turns_frame(view, plan)),
        Sheet("Community days", days_frame(plan)),
        Sheet("Patches", patches_frame(plan)),
        Sheet("By appointment", waiting),
    ]


def quarter_document(view: WorkspaceView, plan: QuarterPlan) -> dict[str, Any]:
    """Return quarter.json: figures, patches, turns, and the rules that they keep to."""
    document = plan.model_dump(mode="json", exclude={"violations", "rules"})
    return {
        **({"synthetic": True, "title": view.title} if view.synthetic else {}),
        **document,
        "rules": plan.rules.model_dump(mode="json"),
        "violations": [v.model_dump() for v in plan.violations],
    }


def _block_names(view: WorkspaceView) -> dict[str, str]:
    names = zip(view.blocks.index, view.blocks["block_name"], strict=True)
    return {str(ref): name if isinstance(name, str) and name else str(ref) for ref, name in names}
