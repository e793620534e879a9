"""Which patch each block is in for a week's plan, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geodata import DataError, Problem
from optimiser.model import PatchPlan

if TYPE_CHECKING:
    from optimiser.workspace.workspace import Workspace

__all__ = ["PatchSource", "patch_source"]

COLUMNS: Final = ("block_ref", "new_patch", "officer_ref")


@dataclass(frozen=True)
class PatchSource:
    """block_ref -> patch, patch -> officer_ref, and where they are from."""

    patch_of: dict[str, str]
    officer_of: dict[str, str]
    notes: tuple[str, ...]


def patch_source(ws: Workspace, patches: PatchPlan | str | Path | None) -> PatchSource:
    """Return the patches given, else the homes' codes, which polygons may have filled in.

    Raises
    ------
    DataError
        If a given file is not a patches output.
    """
    if isinstance(patches, PatchPlan):
        officers = {s.patch: s.officer_ref for s in patches.patches if s.officer_ref is not None}
        return PatchSource(patches.patch_of(), officers, ("Patches: the redraw just made.",))
    if patches is not None:
        return _from_output(ws, Path(patches))
    return _from_codes(ws)


def _from_output(ws: Workspace, path: Path) -> PatchSource:
    file = path / "homes.csv" if path.is_dir() else path
    try:
        frame = pd.read_csv(file, dtype=str, encoding="utf-8-sig")
        rows = frame[list(COLUMNS)].dropna(subset=["block_ref"]).drop_duplicates("block_ref")
    except FileNotFoundError as error:
        raise _no_output(file, "the file is not there") from error
    except (OSError, ValueError, KeyError) as error:
        reason = f"it is no patches output: a homes.csv with {', '.join(COLUMNS)}"
        raise _no_output(file, reason) from error
    known = set(ws.blocks.index)
    rows = rows.map(_as_before)
    rows = rows[rows["block_ref"].isin(known)].dropna(subset=["new_patch"])
    if rows.empty:
        raise _no_output(file, "none of its blocks is in the homes file")
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


def _as_before(value: Any) -> Any:
    """Return a cell without the apostrophe that kept it from being a formula."""
    from optimiser.outputs.tables import safe_text

    if isinstance(value, str) and value.startswith("'") and safe_text(value[1:]) == value:
        return value[1:]
    return value


def _blocks(number: int) -> str:
    return "1 block is" if number == 1 else f"{number:,} blocks are"


def _no_output(file: Path, reason: str) -> DataError:
    remedy = "give the folder that `doorstep patches` wrote for this data"
    return DataError([Problem(file=str(file), reason=reason, remedy=remedy)])


def _from_codes(ws: Workspace) -> PatchSource:
    blocks = ws.blocks
    codes = blocks["patch"].dropna()
    notes = ["Patches: the codes in the homes file."]
    cases = ws.boundary_cases.frame
    filled = cases[(cases["what"] == "patch") & (cases["case"] == "filled")]
    if drawn := int(filled["given"].isna().sum()):
        of = f"all {drawn:,}" if drawn == len(codes) else f"{drawn:,} of {len(codes):,}"
        notes = [f"Patches: {of} blocks have their code from the patch polygons."]
    held = ws.officers.dropna(subset=["patch"])
    return PatchSource(
        {str(ref): str(code) for ref, code in codes.items()},
        dict(zip(held["patch"], held["officer_ref"], strict=True)),
        tuple(notes),
    )
