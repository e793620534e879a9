"""Two patches outputs of a folder, or the patches in force, as sides of a comparison."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from optimiser.model import PatchPlan
from optimiser.model.comparison import CURRENT, PatchComparison, PatchSide, StatedFigures
from optimiser.workspace.patch_files import homes_file, no_output, read_output

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.workspace.workspace import Workspace

__all__ = ["compare", "comparison_name"]

_LEAST_KNOWN: Final = 0.5
"""Share of an output's blocks that must be in the homes file: below, it is of other data."""

_SUMMARY: Final = "summary.json"


def compare(ws: Workspace, a: PatchPlan | str | Path, b: PatchPlan | str | Path) -> PatchComparison:
    """Set two redraws side by side, worked out anew by the folder's files and rules.

    Parameters
    ----------
    ws
        The folder that both are of.
    a, b
        A plan; a patches output, as its folder, its homes.csv or its name in FOLDER/out;
        or "current" for the patches in force.

    Raises
    ------
    DataError
        If one is no patches output, or one of other data.
    """
    from optimiser.districting import compare_patches

    problem = ws.patch_problem()
    sides = [_side(ws, what, name) for what, name in zip((a, b), _names(ws, a, b), strict=True)]
    known = {slot.patch for slot in problem.slots}
    others = {p for side in sides for p in side.patch_of.values()} - known
    first, second = sides
    return compare_patches(problem, first, second, moved_homes=_moved_homes(ws, others))


def comparison_name(comparison: PatchComparison) -> str:
    """Return the name of the folder for a comparison, as compare-patches-patches-40."""
    import re

    def plain(name: str) -> str:
        return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "plan"

    return f"compare-{plain(comparison.a.name)}-{plain(comparison.b.name)}"


def _names(ws: Workspace, a: object, b: object) -> tuple[str, str]:
    """Return what to call the sides: the folders' names, with their parents' where equal."""
    if isinstance(a, PatchPlan) or isinstance(b, PatchPlan):
        first, second = (
            letter if isinstance(x, PatchPlan) else _names(ws, x, CURRENT)[0]
            for letter, x in (("A", a), ("B", b))
        )
        return first, second
    folders = [None if _is_current(x) else homes_file(_found(ws, x)).resolve().parent
               for x in (a, b)]  # fmt: skip
    names = [CURRENT if f is None else f.name for f in folders]
    if names[0] == names[1] and folders[0] != folders[1]:
        names = [f"{f.parent.name}-{f.name}" for f in folders if f is not None]
    if names[0] == names[1] and folders[0] != folders[1]:
        names = [f"{name}-{letter}" for name, letter in zip(names, "ab", strict=True)]
    return names[0], names[1]


def _is_current(what: object) -> bool:
    return isinstance(what, str | Path) and str(what).strip().lower() == CURRENT


def _found(ws: Workspace, what: object) -> Path:
    """Return the path as given, or that of an output of this name in FOLDER/out."""
    path = Path(str(what))
    inside = ws.folder / "out" / path
    return inside if not path.exists() and inside.exists() else path


def _side(ws: Workspace, what: PatchPlan | str | Path, name: str) -> PatchSide:
    from optimiser.districting.compare import side_of_plan

    if isinstance(what, PatchPlan):
        return side_of_plan(what, name)
    if _is_current(what):
        current = ws.current()
        codes = ws.blocks["patch"].dropna()
        return PatchSide(
            name=CURRENT,
            patch_of={str(ref): str(code) for ref, code in codes.items()},
            officer_of=dict(current.officer_of),
            notes=current.notes,
        )
    return _output(ws, _found(ws, what), name)


def _output(ws: Workspace, path: Path, name: str) -> PatchSide:
    file = homes_file(path)
    rows = read_output(file).dropna(subset=["new_patch"])
    refs = set(map(str, ws.blocks.index))
    stated_refs = set(rows["block_ref"])
    if len(stated_refs & refs) < max(1, _LEAST_KNOWN * len(stated_refs)):
        reason = (
            f"only {len(stated_refs & refs):,} of its {len(stated_refs):,} blocks are in the "
            "homes file: it is an output of other data"
        )
        raise no_output(file, reason)
    summary = _summary(file.parent / _SUMMARY)
    rows = rows[rows["block_ref"].isin(refs)]
    by_block = rows.drop_duplicates("block_ref")
    held = rows.drop_duplicates("new_patch")
    return PatchSide(
        name=name,
        patch_of=dict(zip(by_block["block_ref"], by_block["new_patch"], strict=True)),
        officer_of=dict(zip(held["new_patch"], held["officer_ref"], strict=True)),
        equal=_is_counted(summary),
        stated=_stated(summary),
        notes=_notes(name, rows, len(stated_refs - refs), len(refs - stated_refs)),
    )


def _notes(name: str, rows: pd.DataFrame, unknown: int, missing: int) -> tuple[str, ...]:
    notes = []
    if unknown:
        notes.append(f"{name}: {_blocks(unknown)} not in the homes file any more; left out.")
    if missing:
        notes.append(f"{name}: {_blocks(missing)} not in that output: no patch there.")
    several = int((rows.groupby("block_ref")["new_patch"].nunique() > 1).sum())
    if several:
        notes.append(
            f"{name}: {_blocks(several)} in more than one patch there; the first is taken, for "
            "a block is never split."
        )
    return tuple(notes)


def _blocks(number: int) -> str:
    return "1 block is" if number == 1 else f"{number:,} blocks are"


def _summary(file: Path) -> dict[str, Any]:
    """Return an output's summary; nothing where there is none, for it is only checked against."""
    try:
        summary = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return summary if isinstance(summary, dict) else {}


def _is_counted(summary: dict[str, Any]) -> bool:
    rules = summary.get("rules")
    return isinstance(rules, dict) and isinstance(rules.get("patches"), int)


def _stated(summary: dict[str, Any]) -> StatedFigures | None:
    from pydantic import ValidationError

    try:
        return StatedFigures(**{name: summary.get(name) for name in StatedFigures.model_fields})
    except ValidationError:
        return None


def _moved_homes(ws: Workspace, codes: set[str]) -> dict[str, npt.NDArray[np.int64]]:
    """Return (n,) for each code the homes of each block that have another patch today."""
    homes = ws.homes
    position = {ref: i for i, ref in enumerate(ws.blocks.index)}
    at = homes["block_ref"].map(position)
    coded = homes["patch"].notna()
    n = len(position)
    moved = {}
    for code in sorted(codes):
        leaves = coded & (homes["patch"] != code)
        moved[code] = np.bincount(at[leaves].to_numpy(dtype=np.int64), minlength=n).astype(np.int64)
    return moved
