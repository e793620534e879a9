"""A comparison of two patch plans as frames, sheets and plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimiser.model import WorkspaceView
from optimiser.model.comparison import PatchComparison, PatchFigures
from optimiser.outputs.tables import Sheet
from optimiser.outputs.wording import notices

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "changed_blocks_frame",
    "comparison_notes",
    "comparison_sheets",
    "comparison_summary",
    "split_estates_rows",
]


def changed_blocks_frame(view: WorkspaceView, found: PatchComparison) -> pd.DataFrame:
    """Return one row a block that differs: names, homes, its patch today, in A and in B."""
    import pandas as pd

    name = view.blocks["block_name"]
    officer_a, officer_b = (
        {p.patch: p.officer_ref for p in side.patches} for side in (found.a, found.b)
    )
    rows = [
        (c.block_ref, name.get(c.block_ref), c.estate, c.homes, c.today, c.a,
         officer_a.get(c.a or ""), c.b, officer_b.get(c.b or ""))
        for c in sorted(found.changed, key=lambda c: (c.a or "", c.b or "", c.block_ref))
    ]  # fmt: skip
    columns = ["block_ref", "block_name", "estate", "homes", "today", "patch_a", "officer_a",
               "patch_b", "officer_b"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def split_estates_rows(found: PatchComparison) -> list[tuple[str, int, int]]:
    """Return (estate, parts in A, parts in B) of each estate that one of them splits."""
    a, b = found.a.split_estates, found.b.split_estates
    return [(name, a.get(name, 1), b.get(name, 1)) for name in sorted(a.keys() | b.keys())]


def comparison_notes(found: PatchComparison) -> list[str]:
    """Return what was assumed or has changed since, each once."""
    return list(dict.fromkeys((*found.a.notes, *found.b.notes, *found.notes)))


def comparison_sheets(view: WorkspaceView, found: PatchComparison) -> list[Sheet]:
    """Return the sheets of compare.xlsx."""
    import pandas as pd

    columns = ["figure", f"A: {found.a.name}", f"B: {found.b.name}", "difference"]
    summary: list[tuple[object, ...]] = [
        *(("Notice", text, "", "") for text in notices(view.synthetic, view.title)),
        ("Landlord or data set", view.title or "not named", "", ""),
        *((words, a, b, _difference(a, b)) for words, a, b in found.figures()),
        ("Homes in another patch in B than in A", None, None, found.homes_changed),
        ("Blocks in another patch in B than in A", None, None, len(found.changed)),
    ]
    broken = [(letter, text) for letter, side in (("A", found.a), ("B", found.b))
              for text in side.breaks]  # fmt: skip
    notes = [*comparison_notes(found), *([view.attribution] if view.attribution else [])]
    return [
        Sheet("Summary", pd.DataFrame(summary, columns=columns)),
        Sheet("Patches", found.to_frame()),
        Sheet("Changed blocks", changed_blocks_frame(view, found)),
        Sheet(
            "Split estates",
            pd.DataFrame(split_estates_rows(found), columns=["estate", "parts_a", "parts_b"]),
        ),
        Sheet("Rules broken", pd.DataFrame(broken, columns=["side", "what"])),
        Sheet("Assumptions", pd.DataFrame({"note": notes})),
    ]


def comparison_summary(view: WorkspaceView, found: PatchComparison) -> dict[str, Any]:
    """Return summary.json of a comparison; of each pair A is first, B second."""
    sides = (found.a, found.b)
    return {
        "names": [side.name for side in sides],
        "status": [side.status for side in sides],
        "objective": [side.objective for side in sides],
        "bound": [side.bound for side in sides],
        "gap": [side.gap for side in sides],
        "walk_minutes": [side.walk_minutes for side in sides],
        "centre_minutes": [side.centre_minutes for side in sides],
        "moved_minutes": [side.moved_minutes for side in sides],
        "homes_moved": [side.homes_moved for side in sides],
        "farthest": [side.farthest for side in sides],
        "split_estates": [side.split_estates for side in sides],
        "blocks_without_patch": [side.blocks_without_patch for side in sides],
        "violations": [list(side.breaks) for side in sides],
        "homes_changed": found.homes_changed,
        "changed": [block.model_dump() for block in found.changed],
        "patches": [[_patch(p) for p in side.patches] for side in sides],
        "title": view.title,
        "synthetic": view.synthetic,
        "notes": comparison_notes(found),
    }


def _patch(patch: PatchFigures) -> dict[str, Any]:
    return {**patch.model_dump(), "off_target": patch.off_target}


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else b - a
