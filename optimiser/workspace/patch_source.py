"""Which patch each block is in for a week's plan, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from optimiser.model import PatchPlan
from optimiser.workspace.current import Current
from optimiser.workspace.patch_files import homes_file, no_output, read_output

if TYPE_CHECKING:
    from optimiser.workspace.workspace import Workspace

__all__ = ["PatchSource", "patch_source"]


@dataclass(frozen=True)
class PatchSource:
    """block_ref -> patch, patch -> officer_ref, and where they are from."""

    patch_of: dict[str, str]
    officer_of: dict[str, str]
    notes: tuple[str, ...]

    def listed(self) -> list[dict[str, object]]:
        """Return a record a patch, for plan.json: the week's own, whatever is redrawn later."""
        blocks: dict[str, list[str]] = {}
        for block, patch in sorted(self.patch_of.items()):
            blocks.setdefault(patch, []).append(block)
        return [
            {"patch": patch, "officer_ref": self.officer_of.get(patch), "blocks": held}
            for patch, held in sorted(blocks.items())
        ]


def patch_source(
    ws: Workspace, patches: PatchPlan | PatchSource | str | Path | None, current: Current
) -> PatchSource:
    """Return the patches given, else those in force: adopted, or the homes' codes.

    Polygons of patches may have filled in the homes' codes.

    Raises
    ------
    DataError
        If a given file is not a patches output.
    """
    if isinstance(patches, PatchSource):
        return patches
    if isinstance(patches, PatchPlan):
        officers = {s.patch: s.officer_ref for s in patches.patches if s.officer_ref is not None}
        return PatchSource(patches.patch_of(), officers, ("Patches: the redraw just made.",))
    if patches is not None:
        return _from_output(ws, Path(patches))
    codes = current.stock.blocks["patch"].dropna()
    return PatchSource(
        {str(ref): str(code) for ref, code in codes.items()},
        current.officer_of,
        current.notes if current.adoption else (_codes_note(ws, codes), *current.notes),
    )


def _from_output(ws: Workspace, path: Path) -> PatchSource:
    file = homes_file(path)
    rows = read_output(file)
    known = set(ws.blocks.index)
    rows = rows[rows["block_ref"].isin(known)].dropna(subset=["new_patch"])
    rows = rows.drop_duplicates("block_ref")
    if rows.empty:
        raise no_output(file, "none of its blocks is in the homes file")
    notes = [f"Patches: from {file.name} of a patches output."]
    if missing := len(known) - len(rows):
        notes.append(f"{_blocks(missing)} not in that output: no patch there.")
    held = rows.dropna(subset=["officer_ref"]).drop_duplicates("new_patch")
    staff = held["officer_ref"].isin(set(ws.officers["officer_ref"]))
    if not staff.all():
        gone = ", ".join(sorted(held["officer_ref"][~staff]))
        notes.append(f"Not in the officers file, so their patches have no officer: {gone}.")
    held = held[staff]
    return PatchSource(
        dict(zip(rows["block_ref"], rows["new_patch"], strict=True)),
        dict(zip(held["new_patch"], held["officer_ref"], strict=True)),
        tuple(notes),
    )


def _blocks(number: int) -> str:
    return "1 block is" if number == 1 else f"{number:,} blocks are"


def _codes_note(ws: Workspace, codes: pd.Series) -> str:
    cases = ws.boundary_cases.frame
    filled = cases[(cases["what"] == "patch") & (cases["case"] == "filled")]
    if drawn := int(filled["given"].isna().sum()):
        of = f"all {drawn:,}" if drawn == len(codes) else f"{drawn:,} of {len(codes):,}"
        return f"Patches: {of} blocks have their code from the patch polygons."
    return "Patches: the codes in the homes file."
