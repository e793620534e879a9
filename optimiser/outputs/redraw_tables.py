"""A redraw as frames: homes, patches before and after, blocks and residents that change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimiser.model import PatchPlan, PatchRules, WorkspaceView
from optimiser.outputs.tables import Sheet
from optimiser.outputs.wording import assumptions, notices

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "changes_sheets",
    "homes_frame",
    "moved_blocks_frame",
    "patches_frame",
    "residents_frame",
    "rules_rows",
    "split_estates_frame",
]


def homes_frame(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return one row a home: property_ref, block_ref, old_patch, new_patch, officer_ref.

    `old_patch` is the home's own code, for households are counted as changing by it.
    """
    import pandas as pd

    homes = view.homes
    new = homes["block_ref"].map(plan.patch_of())
    officer = {s.patch: s.officer_ref for s in plan.patches}
    return pd.DataFrame(
        {
            "property_ref": homes["property_ref"],
            "block_ref": homes["block_ref"],
            "old_patch": homes["patch"],
            "new_patch": new,
            "officer_ref": new.map(officer),
        }
    ).reset_index(drop=True)


def patches_frame(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return one row a patch, new or given up: homes and workload before and after.

    Where the plan's rules (the default ones if it has none) do not lead to the plan's
    own workloads, the workload before is left out: nothing is shown that cannot be
    recomputed.
    """
    import pandas as pd

    homes = homes_frame(view, plan)
    after = pd.DataFrame(
        [s.model_dump(include={"patch", "officer_ref", "service_centre", "homes", "blocks",
                               "workload", "target"}) for s in plan.patches]
    ).set_index("patch")  # fmt: skip
    old = homes.dropna(subset=["old_patch"])
    gone = sorted(set(old["old_patch"]) - set(after.index))
    frame = after.reindex([*after.index, *gone])
    frame["homes_before"] = old.groupby("old_patch").size().reindex(frame.index).fillna(0)
    points = _points(view, homes, frame["workload"], plan.rules)
    if points is not None:
        before = points.loc[old.index].groupby(old["old_patch"]).sum()
        frame["workload_before"] = before.reindex(frame.index).fillna(0.0)
    moving = old[old["old_patch"] != old["new_patch"]]
    frame["homes_in"] = moving.groupby("new_patch").size().reindex(frame.index).fillna(0)
    frame["homes_out"] = moving.groupby("old_patch").size().reindex(frame.index).fillna(0)
    frame["from_target_percent"] = (100 * (frame["workload"] / frame["target"] - 1)).round(1)
    counts = ["homes", "blocks", "homes_before", "homes_in", "homes_out"]
    frame[counts] = frame[counts].fillna(0).astype(int)
    order = ["officer_ref", "service_centre", "blocks", "homes_before", "homes", "homes_in"]
    order += ["homes_out", "workload_before", "workload", "target", "from_target_percent"]
    return frame[[name for name in order if name in frame]].reset_index()


def _points(
    view: WorkspaceView, homes: pd.DataFrame, planned: pd.Series, rules: PatchRules | None
) -> pd.Series | None:
    from optimiser.bridge.patches import home_workload

    points = home_workload(view.homes, (rules or PatchRules()).workload).reset_index(drop=True)
    again = points.groupby(homes["new_patch"]).sum().reindex(planned.dropna().index)
    return points if ((again - planned.dropna()).abs() < 1.0).all() else None


def moved_blocks_frame(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return one row a block and old patch whose households change patch, by the patches."""
    homes = homes_frame(view, plan)
    moving = homes[homes["old_patch"].notna() & (homes["old_patch"] != homes["new_patch"])]
    keys = ["old_patch", "new_patch", "block_ref"]
    frame = moving.groupby(keys, sort=True).size().rename("households").reset_index()
    blocks = view.blocks
    frame["block_name"] = frame["block_ref"].map(blocks["block_name"])
    frame["estate"] = frame["block_ref"].map(blocks["estate"])
    frame["old_officer"] = frame["old_patch"].map(_officers_today(view))
    frame["new_officer"] = frame["new_patch"].map({s.patch: s.officer_ref for s in plan.patches})
    return frame[["block_ref", "block_name", "estate", "households", "old_patch", "old_officer",
                  "new_patch", "new_officer"]]  # fmt: skip


def residents_frame(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return one row a household that changes patch: references and officers, no names."""
    homes = homes_frame(view, plan)
    address = view.homes["address"].reset_index(drop=True) if "address" in view.homes else ""
    frame = homes.assign(address=address)
    frame = frame[frame["old_patch"].notna() & (frame["old_patch"] != frame["new_patch"])]
    frame = frame.assign(old_officer=frame["old_patch"].map(_officers_today(view)))
    frame = frame.rename(columns={"officer_ref": "new_officer"})
    columns = ["property_ref", "address", "block_ref", "old_patch", "old_officer", "new_patch",
               "new_officer"]  # fmt: skip
    return frame[columns].sort_values(["old_patch", "new_patch", "block_ref"], kind="stable")


def split_estates_frame(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return one row an estate that lies in more than one patch, and which ones."""
    import pandas as pd

    patch_of = plan.patch_of()
    estate = view.blocks["estate"]
    rows = []
    for name in sorted(plan.split_estates):
        refs = estate.index[estate == name]
        patches = sorted({patch_of[ref] for ref in refs if ref in patch_of})
        homes = int(view.blocks.loc[refs, "homes"].sum())
        rows.append((name, homes, len(refs), len(patches), ", ".join(patches)))
    return pd.DataFrame(rows, columns=["estate", "homes", "blocks", "parts", "patches"])


def rules_rows(rules: object, prefix: str = "") -> list[tuple[str, object, str]]:
    """Return (rule, value, meaning) of each rule, those of nested rules too."""
    from optimiser.model.base import Frozen

    rows: list[tuple[str, object, str]] = []
    if not isinstance(rules, Frozen):
        return rows
    for name, info in type(rules).model_fields.items():
        value = getattr(rules, name)
        if isinstance(value, Frozen):
            rows += rules_rows(value, f"{prefix}{name}.")
        else:
            plain = value if isinstance(value, bool | int | float | str | None) else str(value)
            rows.append((f"{prefix}{name}", plain, info.description or ""))
    return rows


def changes_sheets(view: WorkspaceView, plan: PatchPlan) -> list[Sheet]:
    """Return the sheets of changes.xlsx."""
    import pandas as pd

    known = int(view.homes["patch"].notna().sum())
    summary: list[tuple[str, object]] = [
        *(("Notice", text) for text in notices(view.synthetic, view.title)),
        ("Landlord or data set", view.title),
        ("Status", plan.status.value),
        ("Objective, walking minutes a week", plan.objective),
        ("Bound: no plan costs less than", _or_blank(plan.bound)),
        ("Gap, percent", _or_blank(100 * plan.gap)),
        ("Walking within patches, minutes a week", plan.walk_minutes),
        ("Walking to and from service centres, minutes a week", plan.centre_minutes),
        ("Price of households that change, minutes a week", plan.moved_minutes),
        ("Patches", len(plan.patches)),
        ("Homes", len(view.homes)),
        ("Homes with a patch before", known),
        ("Homes that change patch", plan.homes_moved),
        ("Estates in more than one patch", len(plan.split_estates)),
    ]
    shown = [("balance", plan.balance, "workload per FTE within +- this share")]
    assumed = pd.DataFrame(
        [
            *(rules_rows(plan.rules) if plan.rules else shown),
            *(("note", text, "") for text in assumptions(plan.notes, view.caveats)),
            *((("source", view.attribution, ""),) if view.attribution else ()),
        ],
        columns=["rule", "value", "meaning"],
    )
    return [
        Sheet("Summary", pd.DataFrame(summary, columns=["figure", "value"])),
        Sheet("Patches", patches_frame(view, plan)),
        Sheet("Moved blocks", moved_blocks_frame(view, plan)),
        Sheet("Residents", residents_frame(view, plan)),
        Sheet("Split estates", split_estates_frame(view, plan)),
        Sheet("Assumptions", assumed),
    ]


def _or_blank(value: float) -> float | None:
    import math

    return value if math.isfinite(value) else None


def _officers_today(view: WorkspaceView) -> dict[str, str]:
    officers = view.officers.dropna(subset=["patch"])
    return {
        str(patch): "; ".join(sorted(str(ref) for ref in refs))
        for patch, refs in officers.groupby("patch")["officer_ref"]
    }
