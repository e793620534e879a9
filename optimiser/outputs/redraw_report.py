"""The redraw pack, report.html: who changes and why, balance, and how good it is proven to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optimiser.model import MoveReason, PatchPlan, PatchProblem, WorkspaceView
from optimiser.model.outcome import OPTIMAL_GAP
from optimiser.outputs.alternatives import alternatives
from optimiser.outputs.handed_over import FEW, handed_over_frame, handed_over_total
from optimiser.outputs.redraw_tables import (
    moved_blocks_frame,
    parts_rows,
    patches_frame,
    split_estates_frame,
)
from optimiser.outputs.rendering import (
    Columns,
    Rows,
    blank,
    decimal,
    number,
    render,
    signed_percent,
)
from optimiser.outputs.wording import assumptions, counted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["patches_report"]

_MOST_NAMES = 3
"""Blocks of one estate that move for one reason are named up to so many."""


def patches_report(
    view: WorkspaceView,
    plan: PatchPlan,
    reasons: Sequence[MoveReason] = (),
    problem: PatchProblem | None = None,
) -> str:
    """Return the redraw pack: the proof, balance before and after, who changes and why.

    With the problem, the patches of today stand beside the plan as an alternative.
    """
    frame = patches_frame(view, plan)
    moved = moved_blocks_frame(view, plan, reasons)
    handed = handed_over_frame(view, plan)
    estates = split_estates_frame(view, plan)
    columns, rows = _patch_table(frame)
    units = f"{view.unit.capitalize()}s"
    drawn = view.patch_shapes(plan.patch_of()).attrs.get("notes", ())
    return render(
        "patches.html",
        view,
        title="Housing officers' patches: the redraw",
        subtitle=view.title,
        assumptions=assumptions((*plan.notes, *drawn), view.caveats),
        figures=_patch_figures(view, plan),
        proof=_cost_proof(plan),
        part_columns=[("Minutes a week", ""), ("These patches", "n"),
                      ("No plan can do with less than", "n")],
        part_rows=[[part, number(value), number(bound)] for part, value, bound in parts_rows(plan)],
        net=_net_words(plan),
        balance=_balance_words(plan),
        patch_columns=columns,
        patch_rows=rows,
        measure_columns=[("Patch", ""), *((name, "n") for name in _measure_names(plan))],
        measure_rows=_measure_rows(plan),
        kept=_kept_words(view, plan),
        **alternatives(plan, problem),
        moved=_moved_words(view, plan, moved),
        handed=_handed_words(view, plan),
        flow_columns=_flow_columns(handed, units),
        flow_rows=_flows(handed),
        block_columns=[(units[:-1], ""), ("Estate", ""), ("Households", "n"), ("From", ""),
                       ("To", ""), *((("Why", "prose"),) if reasons else ())],
        block_rows=_moved_rows(moved, view.unit),
        units=units,
        estates=_estate_words(view, plan),
        estate_columns=[("Estate", ""), ("Homes", "n"), (units, "n"), ("Parts", "n"),
                        ("Patches", "")],
        estate_rows=[[f"{x:,}" if isinstance(x, int) else x for x in row]
                     for row in estates.to_numpy().tolist()],
    )  # fmt: skip


def _patch_figures(view: WorkspaceView, plan: PatchPlan) -> list[tuple[str, str]]:
    return [
        ("Patches", f"{len(plan.patches):,}"),
        ("Homes", f"{len(view.homes):,}"),
        ("Homes that change patch", f"{plan.homes_moved:,}"),
        ("Walking a week", f"{number((plan.walk_minutes + plan.centre_minutes) / 60)} hours"),
        ("Farthest from target", f"{number(_farthest(plan))}%"),
        ("Estates split", f"{len(plan.split_estates):,}"),
    ]


def _farthest(plan: PatchPlan) -> float:
    return max((100 * abs(s.workload / s.target - 1) for s in plan.patches if s.target), default=0)


def _cost_proof(plan: PatchPlan) -> list[str]:
    cost = (
        f"These patches cost {number(plan.objective)} walking minutes a week: "
        f"{number(plan.walk_minutes)} within the patches, {number(plan.centre_minutes)} to and "
        f"from the service centres, and {number(plan.moved_minutes)} as the price of the "
        "households that change patch."
    )
    if not math.isfinite(plan.bound):
        return [cost, "How much better other patches could be is not proven."]
    if plan.status == "optimal":
        return [cost, "Proven: no patches that keep all the rules cost less."]
    return [
        cost,
        f"Proven: no patches that keep all the rules cost less than {number(plan.bound)} minutes, "
        f"so at most {number(100 * plan.gap)}% could still be saved. Whether such patches exist "
        "is not known.",
    ]


def _net_words(plan: PatchPlan) -> str:
    """Return the gap after taking off what every plan must pay."""
    if plan.net_gap is None or not math.isfinite(plan.bound) or not plan.unavoidable:
        return ""
    paid = (
        f"Of this, every plan must pay at least {number(plan.unavoidable)} minutes, for the ways "
        "to service centres and for households that cannot stay. "
    )
    if plan.status == "optimal":
        return paid + "These patches are the best there are with or without it."
    if plan.net_gap > 1 - OPTIMAL_GAP:
        return paid + "How much of the rest could be saved is not proven."
    return (
        f"{paid}Of the other {number(plan.objective - plan.unavoidable)} minutes, at most "
        f"{number(100 * plan.net_gap)}% could still be saved."
    )


def _balance_words(plan: PatchPlan) -> str:
    outside = [s.patch for s in plan.patches if not s.lower <= s.workload <= s.upper]
    if outside:
        return f"Outside the limits of their workload: {', '.join(outside)}."
    return (
        f"Every patch is within {number(100 * plan.balance)}% of its target workload, which "
        "goes by its officer's hours."
    )


def _patch_table(frame: pd.DataFrame) -> tuple[Columns, Rows]:
    before = "workload_before" in frame
    columns: Columns = [("Patch", ""), ("Officer", ""), ("Homes before", "n"), ("Homes after", "n"),
                        ("Workload before", "n"), ("Workload after", "n"), ("Target", "n"),
                        ("Off target", "n"), ("Chart", "chart")]  # fmt: skip
    centre = frame["centre_walk_m"].notna().any()
    if centre:
        columns.insert(-1, ("Metres to its service centre", "n"))
    widest = float(frame[["workload", "target"]].max().max())
    rows = []
    for row in frame.to_dict("records"):
        cells = [
            row["patch"],
            row["officer_ref"] if isinstance(row["officer_ref"], str) else "vacant",
            f"{row['homes_before']:,}",
            f"{row['homes']:,}",
            decimal(row["workload_before"]) if before else None,
            decimal(row["workload"]),
            decimal(row["target"]),
            signed_percent(row["from_target_percent"]),
            *((_metres(row["centre_walk_m"]),) if centre else ()),
            _bar(row["workload"], row["target"], widest),
        ]
        rows.append(cells if before else [*cells[:4], *cells[5:]])
    return (columns if before else [*columns[:4], *columns[5:]]), rows


def _metres(metres: float) -> str:
    return f"{metres:,.0f}" if math.isfinite(metres) else ""


def _bar(workload: float, target: float, widest: float) -> str:
    """Return a bar of the workload with a line at the target, as safe SVG."""
    from markupsafe import Markup

    if not math.isfinite(workload) or widest <= 0:
        return "given up"
    bar, line = 160 * workload / widest, 160 * target / widest
    return Markup(
        '<svg viewBox="0 0 170 18" aria-hidden="true">'
        f'<rect x="0" y="4" width="{bar:.1f}" height="10" fill="#1d5a96"/>'
        f'<rect x="{line - 1:.1f}" y="0" width="2.5" height="18" fill="#0b0c0c"/></svg>'
    )


def _moved_words(view: WorkspaceView, plan: PatchPlan, moved: pd.DataFrame) -> str:
    if not plan.homes_moved:
        return "No household changes patch."
    known = int(view.homes["patch"].notna().sum())
    share = f"{number(100 * plan.homes_moved / known)}% of " if known else "of "
    return (
        f"{counted(plan.homes_moved, 'household changes', 'households change')} patch, {share}"
        f"the {counted(known, 'household')} with a patch today, in "
        f"{counted(moved['block_ref'].nunique(), view.unit)}. Their references are in "
        "changes.xlsx; residents.csv is for letters to them."
    )


def _flow_columns(handed: pd.DataFrame, units: str) -> Columns:
    columns: Columns = [("From", ""), ("To", ""), ("Households", "n"), (units, "n")]
    columns += [("Open cases", "n")] if "open_cases" in handed else []
    columns += [("Flagged homes", "n")] if "flagged" in handed else []
    return columns


def _flows(handed: pd.DataFrame) -> Rows:
    counts = [c for c in ("households", "blocks", "open_cases", "flagged") if c in handed]
    return [
        [
            _patch(row["old_patch"], row["old_officer"]),
            _patch(row["new_patch"], row["new_officer"]),
            *(row[c] if row[c] == FEW else f"{row[c]:,}" for c in counts),
        ]
        for row in handed.to_dict("records")
    ]


def _moved_rows(moved: pd.DataFrame, unit: str) -> Rows:
    """Return a row a block, or one for the blocks of an estate that move alike."""
    rows: Rows = []
    alike = [c for c in ("old_patch", "new_patch", "estate", "shared_reason") if c in moved]
    together = moved["estate"].notna() if "reason" in moved else moved["estate"].isna() & False
    key = moved.index.to_series().astype(object)
    key[together] = moved.loc[together, alike].apply(tuple, axis=1)
    for _, group in moved.groupby(key.map(str), sort=False):
        first = group.iloc[0]
        names = group["block_name"].fillna(group["block_ref"]).astype(str).tolist()
        if len(names) > _MOST_NAMES:
            more = counted(len(names) - _MOST_NAMES + 1, f"more {unit}", f"more {unit}s")
            names = [*names[: _MOST_NAMES - 1], more]
        cells = [", ".join(names), blank(first["estate"]), f"{group['households'].sum():,}"]
        cells += [first["old_patch"], first["new_patch"]]
        rows.append([*cells, first["shared_reason"]] if "reason" in moved else cells)
    return rows


def _handed_words(view: WorkspaceView, plan: PatchPlan) -> str:
    """Return what is handed over beside the households, without small counts."""
    total = handed_over_total(view, plan)
    said = []
    if "open_cases" in total:
        said.append("open cases: " + _count(total["open_cases"]))
    if "flagged" in total:
        said.append("homes with a vulnerable resident: " + _count(total["flagged"]))
    if not said:
        return ""
    return (
        f"Handed over with them: {'; '.join(said)}. Counts below 5, and any that would give "
        "them away, are shown as few."
    )


def _count(count: int | str) -> str:
    return "fewer than 5" if isinstance(count, str) else f"{count:,}"


def _measure_names(plan: PatchPlan) -> list[str]:
    return list(dict.fromkeys(_capital(use.name) for s in plan.patches for use in s.measures))


def _measure_rows(plan: PatchPlan) -> Rows:
    names = _measure_names(plan)
    rows: Rows = []
    for s in plan.patches:
        uses = {_capital(use.name): use for use in s.measures}
        cells = [s.patch]
        for name in names:
            use = uses.get(name)
            cells.append("" if use is None else f"{use.value:,} ({use.lower:,} to {use.upper:,})")
        rows.append(cells)
    return rows if names else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _kept_words(view: WorkspaceView, plan: PatchPlan) -> list[str]:
    """Return what a person had fixed before the redraw."""
    said = []
    if plan.locked:
        said.append(f"Locked, and so kept as they were: {', '.join(plan.locked)}.")
    if plan.by_hand:
        blocks = view.blocks["block_name"]
        names = [str(blocks.get(ref) or ref) for ref in plan.by_hand]
        said.append(f"Kept where a person put them: {', '.join(names)}.")
    if plan.rules is not None and plan.rules.pins:
        pins = [f"{what} in {patch}" for what, patch in sorted(plan.rules.pins.items())]
        said.append(f"Pinned by the rules: {', '.join(pins)}.")
    return said


def _patch(patch: str, officer: Any) -> str:
    return f"{patch} ({officer})" if isinstance(officer, str) and officer else f"{patch} (vacant)"


def _estate_words(view: WorkspaceView, plan: PatchPlan) -> str:
    return (
        f"{counted(len(plan.split_estates), 'estate lies', 'estates lie')} in more than one patch. "
        f"{'An area' if view.unit == 'area' else 'A block'} is never split."
    )
