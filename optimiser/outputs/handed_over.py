"""What one officer hands over to another: households, open cases, homes with a marker.

Counts below five, none at all among them, are not told: beside the list of who moves,
"1 home with a vulnerable resident" of two homes would tell whose it is. Nor is a count of
fewer than five households, or one that follows from the total and the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from optimiser.model import PatchPlan, WorkspaceView
from optimiser.outputs.redraw_tables import homes_frame, officers_today

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FEW", "handed_over_frame", "handed_over_total", "not_few"]

FEWEST: Final = 5
"""Counts below are suppressed."""

FEW: Final = "few"
"""What stands for a count below five, and for one that is not told."""

_CASES: Final = ("arrears", "asb", "damp")


def handed_over_frame(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return one row an old and new patch that households go between, most households first.

    Columns old_patch, old_officer, new_patch, new_officer, households, blocks, and,
    where the homes have such markers, open_cases (arrears, antisocial behaviour and damp,
    up to three a home) and flagged (homes with a vulnerable resident), "few" for a few.
    """
    homes = _marked(view, plan)
    flows = homes.groupby(["old_patch", "new_patch"], sort=True)
    frame = flows.size().rename("households").to_frame()
    frame["blocks"] = flows["block_ref"].nunique()
    for name in ("open_cases", "flagged"):
        if name in homes:
            frame[name] = not_few(flows[name].sum().tolist(), frame["households"].tolist())
    frame = frame.reset_index()
    frame.insert(1, "old_officer", frame["old_patch"].map(officers_today(view)))
    officers = {s.patch: s.officer_ref for s in plan.patches}
    frame.insert(3, "new_officer", frame["new_patch"].map(officers))
    order = frame["households"].sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def handed_over_total(view: WorkspaceView, plan: PatchPlan) -> dict[str, int | str]:
    """Return open_cases and flagged of all households that change, where homes have markers."""
    homes = _marked(view, plan)
    names = [name for name in ("open_cases", "flagged") if name in homes]
    return {name: not_few([int(homes[name].sum())], [len(homes)])[0] for name in names}


def not_few(counts: Sequence[int], households: Sequence[int]) -> list[int | str]:
    """Return the counts; "few" for those too small, of too few, or that give one away."""
    shown = [count >= FEWEST and of >= FEWEST for count, of in zip(counts, households, strict=True)]
    if shown.count(False) == 1 and any(shown):
        shown[min((i for i, told in enumerate(shown) if told), key=lambda i: counts[i])] = False
    return [int(count) if told else FEW for count, told in zip(counts, shown, strict=True)]


def _marked(view: WorkspaceView, plan: PatchPlan) -> pd.DataFrame:
    """Return the homes that change patch, with open_cases and flagged where they are marked."""
    homes = homes_frame(view, plan)
    given = view.homes.reset_index(drop=True)
    cases = [name for name in _CASES if name in given and given[name].any()]
    if cases:
        homes["open_cases"] = given[cases].astype(int).sum(axis=1)
    if "vulnerable" in given and given["vulnerable"].any():
        homes["flagged"] = given["vulnerable"].astype(int)
    return homes[homes["old_patch"].notna() & (homes["old_patch"] != homes["new_patch"])]
