"""What a redraw is set against in its report: the patches as they are today."""

from __future__ import annotations

from typing import Any, Final

from optimiser.model import PatchPlan, PatchProblem
from optimiser.outputs.rendering import Columns, Rows, number
from optimiser.outputs.wording import counted

__all__ = ["alternatives"]

_WORDS: Final = (
    "Other redraws are made with other rules, locked patches or an edit by hand, each into a "
    "folder of its own with --out; doorstep compare sets two of them side by side."
)


def alternatives(plan: PatchPlan, problem: PatchProblem | None) -> dict[str, Any]:
    """Return the columns, rows and sentences of the report's section, by their names there.

    Both sides are worked out anew by the same rules; without the problem, or where no
    block has a patch today, there is nothing to set beside the plan.
    """
    if problem is None or not any(block.current_patch for block in problem.blocks):
        return {"other_columns": [], "other_rows": [], "others": []}
    from optimiser.districting import compare_patches

    found = compare_patches(problem, "current", plan)
    today = found.a
    proofs = ("Bound when", "Gap when")
    rows: Rows = [
        [words, number(a), number(b)]
        for words, a, b in found.figures()
        if not words.startswith(proofs)
    ]
    empty = len({slot.patch for slot in problem.slots} - {p.patch for p in today.patches})
    limits = [
        sum(abs(p.off_target) > problem.balance + 5e-4 for p in side.patches) for side in
        (found.a, found.b)
    ]  # fmt: skip
    rows.append(["Patches farther from target than the limit", *map(number, limits)])
    columns: Columns = [("Figure", ""), ("As they are today", "n"), ("These patches", "n")]
    return {
        "other_columns": columns,
        "other_rows": rows,
        "others": [_today_words(len(today.breaks), empty, limits[0], plan), _WORDS],
    }


def _today_words(broken: int, empty: int, off: int, plan: PatchPlan) -> str:
    """Return what leaving the patches as they are would mean."""
    if not broken and not empty:
        return "The patches as they are keep every rule too: leaving them is an alternative."
    said = [
        *([f"{counted(off, 'patch lies', 'patches lie')} outside the limits"] if off else []),
        *([f"{counted(empty, 'patch has', 'patches have')} no block"] if empty else []),
    ]
    why = f": {' and '.join(said)}" if said else ""
    return (
        f"Leaving the patches as they are moves nobody, but breaks the rules{why}. These "
        f"patches keep them all, for {counted(plan.homes_moved, 'household')} that "
        f"{'changes' if plan.homes_moved == 1 else 'change'}."
    )
