"""A redraw as frames: homes, patches before and after, blocks and residents that change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from optimiser.model import MoveReason, PatchPlan, PatchRules, WorkspaceView
from optimiser.outputs.tables import Sheet
from optimiser.outputs.wording import assumptions, notices

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MIXED_BLOCK",
    "changes_sheets",
    "homes_frame",
    "moved_blocks_frame",
    "officers_today",
    "parts_rows",
    "patches_frame",
    "residents_frame",
    "residents_list",
    "rules_rows",
    "split_estates_frame",
]

MIXED_BLOCK: Final = "Its homes have codes of several patches, and a block is never split."


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
    frame["centre_walk_m"] = pd.Series(_centre_walks(view, plan), dtype=float)
    order = ["officer_ref", "service_centre", "blocks", "homes_before", "homes", "homes_in"]
    order += ["homes_out", "workload_before", "workload", "target", "from_target_percent"]
    measured = _measured(plan)
    for name in measured.columns.difference(frame.columns, sort=False):
        frame[name] = measured[name]
    order += ["centre_walk_m", *(str(name) for name in measured if name not in order)]
    return frame[[name for name in order if name in frame]].reset_index()


def _measured(plan: PatchPlan) -> pd.DataFrame:
    """Return by patch what it holds of each further measure, with `_least` and `_most`."""
    import pandas as pd

    rows: dict[str, dict[str, int]] = {s.patch: {} for s in plan.patches}
    for s in plan.patches:
        for use in s.measures:
            name = use.name.replace(" ", "_")
            rows[s.patch] |= {
                name: use.value,
                f"{name}_least": use.lower,
                f"{name}_most": use.upper,
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def _centre_walks(view: WorkspaceView, plan: PatchPlan) -> dict[str, float]:
    """Return patch -> metres on foot from its service centre to its centre block."""
    centres, blocks = view.service_centres, view.blocks
    if centres is None or centres.empty:
        return {}
    known = [
        s
        for s in plan.patches
        if s.service_centre in centres.index and s.centre_block in blocks.index
    ]
    legs = [
        ((a.x, a.y), (b.x, b.y))
        for a, b in (
            (centres.geometry[s.service_centre], blocks.geometry[s.centre_block]) for s in known
        )
    ]
    return {
        s.patch: round(walk.length) for s, walk in zip(known, view.walk_paths(legs), strict=True)
    }


def _points(
    view: WorkspaceView, homes: pd.DataFrame, planned: pd.Series, rules: PatchRules | None
) -> pd.Series | None:
    from optimiser.bridge.patches import home_workload

    points = home_workload(view.homes, (rules or PatchRules()).workload).reset_index(drop=True)
    again = points.groupby(homes["new_patch"]).sum().reindex(planned.dropna().index)
    return points if ((again - planned.dropna()).abs() < 1.0).all() else None


def moved_blocks_frame(
    view: WorkspaceView, plan: PatchPlan, reasons: Sequence[MoveReason] = ()
) -> pd.DataFrame:
    """Return one row a block and old patch whose households change patch, by the patches.

    With reasons, a column `reason` says why in a sentence, and `shared_reason` in one for
    pages that others than officers see; a home that is coded otherwise than most of its
    block moves because a block is never split.
    """
    homes = homes_frame(view, plan)
    moving = homes[homes["old_patch"].notna() & (homes["old_patch"] != homes["new_patch"])]
    keys = ["old_patch", "new_patch", "block_ref"]
    frame = moving.groupby(keys, sort=True).size().rename("households").reset_index()
    blocks = view.blocks
    frame["block_name"] = frame["block_ref"].map(blocks["block_name"])
    frame["estate"] = frame["block_ref"].map(blocks["estate"])
    frame["old_officer"] = frame["old_patch"].map(officers_today(view))
    frame["new_officer"] = frame["new_patch"].map({s.patch: s.officer_ref for s in plan.patches})
    columns = ["block_ref", "block_name", "estate", "households", "old_patch", "old_officer",
               "new_patch", "new_officer"]  # fmt: skip
    if reasons:
        why = {(reason.block_ref, reason.old): reason for reason in reasons}
        pairs = zip(frame["block_ref"], frame["old_patch"], strict=True)
        found = [why.get(pair) for pair in pairs]
        frame["reason"] = [MIXED_BLOCK if why is None else why.sentence for why in found]
        frame["shared_reason"] = [MIXED_BLOCK if why is None else why.shared for why in found]
        columns += ["reason", "shared_reason"]
    return frame[columns]


def residents_frame(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return one row a household that changes patch: references and officers, no names."""
    homes = homes_frame(view, plan)
    address = view.homes["address"].reset_index(drop=True) if "address" in view.homes else ""
    frame = homes.assign(address=address)
    frame = frame[frame["old_patch"].notna() & (frame["old_patch"] != frame["new_patch"])]
    frame = frame.assign(old_officer=frame["old_patch"].map(officers_today(view)))
    frame = frame.rename(columns={"officer_ref": "new_officer"})
    columns = ["property_ref", "address", "block_ref", "old_patch", "old_officer", "new_patch",
               "new_officer"]  # fmt: skip
    return frame[columns].sort_values(["old_patch", "new_patch", "block_ref"], kind="stable")


def residents_list(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return what a mail merge needs of each household that changes patch, by officer."""
    frame = residents_frame(view, plan)
    if "postcode" in view.homes:
        frame["postcode"] = view.homes["postcode"].reset_index(drop=True).reindex(frame.index)
    columns = ["property_ref", "address", "postcode", "old_patch", "old_officer", "new_patch",
               "new_officer"]  # fmt: skip
    order = ["old_officer", "new_officer", "old_patch", "new_patch", "block_ref"]
    ordered = frame.sort_values(order, kind="stable")
    return ordered[[name for name in columns if name in ordered]]


def parts_rows(plan: PatchPlan) -> list[tuple[str, float, float | None]]:
    """Return (part of the cost, minutes a week, what no plan can do with less than)."""
    return [
        ("Walking within the patches", plan.walk_minutes, plan.walk_bound),
        ("Walking to and from service centres", plan.centre_minutes, plan.centre_bound),
        ("Price of households that change", plan.moved_minutes, plan.moved_bound),
        ("All together", plan.objective, _or_blank(plan.bound)),
    ]


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
            rows.append((f"{prefix}{name}", _plain(value), info.description or ""))
    return rows


def _plain(value: object) -> object:
    """Return a rule's value as a cell: a number stays one, a list or table becomes words."""
    if isinstance(value, Mapping):
        value = [f"{key}: {_plain(held)}" for key, held in value.items()]
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if value is None:
        return "not set"
    return value if isinstance(value, bool | int | float) else str(value)


def changes_sheets(
    view: WorkspaceView, plan: PatchPlan, reasons: Sequence[MoveReason] = ()
) -> list[Sheet]:
    """Return the sheets of changes.xlsx."""
    import pandas as pd

    from optimiser.outputs.handed_over import handed_over_frame

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
        Sheet("Summary", pd.DataFrame(_summary_rows(view, plan), columns=["figure", "value"])),
        Sheet("Patches", patches_frame(view, plan)),
        Sheet(
            "Moved blocks",
            moved_blocks_frame(view, plan, reasons).drop(columns="shared_reason", errors="ignore"),
        ),
        Sheet("Handed over", handed_over_frame(view, plan)),
        Sheet("Residents", residents_frame(view, plan)),
        Sheet("Split estates", split_estates_frame(view, plan)),
        Sheet("Assumptions", assumed),
    ]


def _summary_rows(view: WorkspaceView, plan: PatchPlan) -> list[tuple[str, object]]:
    known = int(view.homes["patch"].notna().sum())
    parts: list[tuple[str, object]] = []
    for part, value, bound in parts_rows(plan)[:-1]:
        parts += [(f"{part}, minutes a week", value), (f"{part}: no plan has less than", bound)]
    return [
        *(("Notice", text) for text in notices(view.synthetic, view.title)),
        ("Landlord or data set", view.title or "not named"),
        ("Status", plan.status.value),
        ("Objective, walking minutes a week", plan.objective),
        ("Bound: no plan costs less than", _or_blank(plan.bound)),
        ("Gap, percent", _or_blank(100 * plan.gap)),
        ("Every plan must pay at least", plan.unavoidable),
        ("Gap of what is left, percent", None if plan.net_gap is None else 100 * plan.net_gap),
        *parts,
        ("Patches", len(plan.patches)),
        ("Homes", len(view.homes)),
        ("Homes with a patch before", known),
        ("Homes that change patch", plan.homes_moved),
        ("Estates in more than one patch", len(plan.split_estates)),
        ("Locked patches", ", ".join(plan.locked) or "none"),
        ("Blocks put by hand", ", ".join(plan.by_hand) or "none"),
    ]


def _or_blank(value: float) -> float | None:
    import math

    return value if math.isfinite(value) else None


def officers_today(view: WorkspaceView) -> dict[str, str]:
    """Return patch -> who holds it today."""
    officers = view.officers.dropna(subset=["patch"])
    return {
        str(patch): "; ".join(sorted(str(ref) for ref in refs))
        for patch, refs in officers.groupby("patch")["officer_ref"]
    }
