"""Which patch each block is in for a week's plan, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from geodata import DataError, Problem
from optimiser.model import PatchPlan

if TYPE_CHECKING:
    from optimiser.workspace import Workspace

__all__ = ["PatchSource", "patch_source"]


@dataclass(frozen=True)
class PatchSource:
    """block_ref -> patch, patch -> officer_ref, and where they are from."""

    patch_of: dict[str, str]
    officer_of: dict[str, str]
    notes: tuple[str, ...]


def patch_source(ws: Workspace, patches: PatchPlan | str | Path | None) -> PatchSource:
    """Return the patches given, else the homes' own codes, else the polygons.

    Raises
    ------
    DataError
        If a given file is not a patches output.
    """
    if isinstance(patches, PatchPlan):
        officers = {s.patch: s.officer_ref for s in patches.patches if s.officer_ref is not None}
        return PatchSource(patches.patch_of(), officers, ("Patches: the redraw just made.",))
    if patches is not None:
        return _from_output(Path(patches))
    return _from_codes(ws)


def _from_output(path: Path) -> PatchSource:
    file = path / "homes.csv" if path.is_dir() else path
    try:
        frame = pd.read_csv(file, dtype=str, encoding="utf-8-sig")
        rows = frame[["block_ref", "new_patch", "officer_ref"]].drop_duplicates("block_ref")
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            [
                Problem(
                    file=str(file),
                    reason=f"it is not the homes.csv of a patches output: {error}",
                    remedy="give the folder that `doorstep patches` wrote",
                )
            ]
        ) from error
    held = rows.dropna(subset=["new_patch", "officer_ref"])
    return PatchSource(
        dict(zip(rows["block_ref"], rows["new_patch"], strict=True)),
        dict(zip(held["new_patch"], held["officer_ref"], strict=True)),
        (f"Patches: from {file.name} of a patches output.",),
    )


def _from_codes(ws: Workspace) -> PatchSource:
    blocks = ws.blocks
    codes = blocks["patch"].dropna()
    notes = ["Patches: the codes in the homes file."]
    polygons = ws.inputs.patches
    missing = blocks.index.difference(codes.index)
    if polygons is not None and "patch" in polygons and len(missing):
        inside = blocks.loc[missing, ["geometry"]].sjoin(polygons[["patch", "geometry"]])
        found = inside[~inside.index.duplicated()]["patch"]
        codes = pd.concat([codes, found])
        notes.append(f"Patches: {len(found)} blocks without a code took the polygon around them.")
    held = ws.officers.dropna(subset=["patch"])
    return PatchSource(
        {str(ref): str(code) for ref, code in codes.items()},
        dict(zip(held["patch"], held["officer_ref"], strict=True)),
        tuple(notes),
    )
