"""compare.html: two patch plans side by side, printable, without anything from the web."""

from __future__ import annotations

from optimiser.model import WorkspaceView
from optimiser.model.comparison import PatchComparison, PatchFigures, SideFigures
from optimiser.outputs.compare_tables import (
    changed_blocks_frame,
    comparison_notes,
    split_estates_rows,
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

__all__ = ["comparison_report", "difference_words"]


def comparison_report(view: WorkspaceView, found: PatchComparison) -> str:
    """Return the page: figures, patch by patch, the blocks that differ, what does not hold."""
    units = f"{view.unit.capitalize()}s"
    return render(
        "compare.html",
        view,
        title="Two ways to draw the patches",
        subtitle=f"{view.title + '. ' if view.title else ''}A: {found.a.name}. B: {found.b.name}.",
        assumptions=assumptions(comparison_notes(found), view.caveats),
        figures=_heads(view, found),
        proof=[_proof("A", found.a), _proof("B", found.b)],
        figure_columns=[("Figure", ""), ("A", "n"), ("B", "n"), ("Change from A to B", "n")],
        figure_rows=[
            [words, number(a), number(b), difference_words(a, b)]
            for words, a, b in found.figures()
        ],
        broken=[(letter, _broken(side)) for letter, side in (("A", found.a), ("B", found.b))],
        patch_columns=_PATCH_COLUMNS,
        patch_rows=_patch_rows(found),
        changed=_changed_words(view, found),
        block_columns=[(units[:-1], ""), ("Estate", ""), ("Homes", "n"), ("Today", ""), ("A", ""),
                       ("B", "")],
        block_rows=_block_rows(view, found),
        units=units,
        estate_columns=[("Estate", ""), ("Patches in A", "n"), ("Patches in B", "n")],
        estate_rows=[list(row) for row in split_estates_rows(found)],
    )  # fmt: skip


_MOST_NAMES, _MOST_BROKEN = 6, 12

_PATCH_COLUMNS: Columns = [
    ("Patch", ""),
    ("Officer in A", ""),
    ("Officer in B", ""),
    ("Homes in A", "n"),
    ("Homes in B", "n"),
    ("Workload in A", "n"),
    ("Workload in B", "n"),
    ("Off target in A", "n"),
    ("Off target in B", "n"),
]


def _heads(view: WorkspaceView, found: PatchComparison) -> list[tuple[str, str]]:
    return [
        ("Homes that differ", f"{found.homes_changed:,}"),
        (f"{view.unit.capitalize()}s that differ", f"{len(found.changed):,}"),
        ("Homes that change from today in A", f"{found.a.homes_moved:,}"),
        ("Homes that change from today in B", f"{found.b.homes_moved:,}"),
        ("Minutes a week in A", number(found.a.objective)),
        ("Minutes a week in B", number(found.b.objective)),
    ]


def _proof(letter: str, side: SideFigures) -> str:
    cost = (
        f"{letter} ({side.name}) costs {number(side.objective)} walking minutes a week by today's "
        "files and rules"
    )
    if side.gap is None or side.bound is None:
        return f"{cost}. How much better other patches could be is not known for it."
    if side.status == "optimal":
        return f"{cost}. When it was made it was proven that no patches cost less."
    return (
        f"{cost}. When it was made it was proven that no patches cost less than "
        f"{number(side.bound)}, a gap of {number(100 * side.gap)}%."
    )


def _broken(side: SideFigures) -> list[str]:
    """Return the rules that a side breaks, the first of many."""
    shown = list(side.breaks[:_MOST_BROKEN])
    if more := len(side.breaks) - len(shown):
        shown.append(f"and {more} more, in compare.xlsx")
    return shown


def _patch_rows(found: PatchComparison) -> Rows:
    sides = [{p.patch: p for p in side.patches} for side in (found.a, found.b)]
    rows: Rows = []
    for patch in sorted(sides[0].keys() | sides[1].keys()):
        a, b = (side.get(patch) for side in sides)
        pairs = [(_officer(p), _whole(p), _workload(p), _off(p)) for p in (a, b)]
        rows.append([patch, *(cell for pair in zip(*pairs, strict=True) for cell in pair)])
    return rows


def _officer(p: PatchFigures | None) -> str:
    return "no such patch" if p is None else p.officer_ref or "vacant"


def _whole(p: PatchFigures | None) -> str:
    return "" if p is None else f"{p.homes:,}"


def _workload(p: PatchFigures | None) -> str:
    return "" if p is None else decimal(p.workload)


def _off(p: PatchFigures | None) -> str:
    return "" if p is None else signed_percent(100 * p.off_target)


def _changed_words(view: WorkspaceView, found: PatchComparison) -> str:
    if not found.changed:
        return f"No {view.unit} is in another patch: A and B are the same."
    return (
        f"{counted(len(found.changed), view.unit)} with {counted(found.homes_changed, 'home')} "
        f"{'is' if len(found.changed) == 1 else 'are'} in another patch in B than in A. "
        "compare.xlsx lists them one by one."
    )


def _block_rows(view: WorkspaceView, found: PatchComparison) -> Rows:
    """Return a row a block, or one for the blocks of an estate that differ alike."""
    alike: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for row in changed_blocks_frame(view, found).to_dict("records"):
        name = blank(row["block_name"]) or row["block_ref"]
        places = [blank(row[column]) or "none" for column in ("today", "patch_a", "patch_b")]
        alone = "" if blank(row["estate"]) else row["block_ref"]
        key = (alone, blank(row["estate"]), *places)
        alike.setdefault(key, []).append((name, row["homes"]))
    rows: Rows = []
    for (_, estate, *places), blocks in alike.items():
        names = [name for name, _ in blocks]
        if len(names) > _MOST_NAMES:
            more = counted(len(names) - _MOST_NAMES + 1, f"more {view.unit}")
            names = [*names[: _MOST_NAMES - 1], more]
        rows.append([", ".join(names), estate, f"{sum(homes for _, homes in blocks):,}", *places])
    return rows


def difference_words(a: float | None, b: float | None) -> str:
    """Return the change with its sign, "same" for none, nothing where one is not known."""
    if a is None or b is None:
        return ""
    change = b - a
    if abs(change) < 0.05:
        return "same"
    shown = number(abs(change))
    return f"+{shown}" if change > 0 else f"\N{MINUS SIGN}{shown}"
