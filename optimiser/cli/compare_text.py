"""What `doorstep compare` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from optimiser.cli.terminal import new_console, show_heading, show_list
from optimiser.outputs.compare_report import difference_words
from optimiser.outputs.compare_tables import comparison_notes, split_estates_rows
from optimiser.outputs.rendering import number
from optimiser.outputs.wording import counted

if TYPE_CHECKING:
    from optimiser.model.comparison import PatchComparison
    from optimiser.workspace import Workspace

__all__ = ["show_comparison"]

MOST_BLOCKS, MOST_BROKEN = 10, 8


def show_comparison(ws: Workspace, found: PatchComparison, written: Sequence[Path]) -> None:
    """Print the figures of both, the blocks that differ, and which file to open."""
    console = new_console()
    show_heading(console, ws, "Patches compared")
    console.print(f"A: {escape(found.a.name)}\nB: {escape(found.b.name)}\n")
    rows = [("", "A", "B", "A to B")]
    rows += [(words, number(a), number(b), difference_words(a, b)) for words, a, b in
             found.figures()]  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for i, row in enumerate(rows):
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:],
                                                                       strict=True))]  # fmt: skip
        line = "  ".join(cells).rstrip()
        console.print(f"[bold]{line}[/bold]" if i == 0 else escape(line))
    if found.changed:
        console.print(
            f"\n[bold]{counted(len(found.changed), ws.unit)}[/bold] with"
            f" {counted(found.homes_changed, 'home')} in another patch in B than in A"
        )
    else:
        console.print(f"\nNo {ws.unit} is in another patch: A and B are the same.")
    for c in found.changed[:MOST_BLOCKS]:
        console.print(
            escape(f"  {c.block_ref}: {c.a or 'none'} to {c.b or 'none'}, {c.homes:,} homes")
        )
    if len(found.changed) > MOST_BLOCKS:
        console.print(f"  and {len(found.changed) - MOST_BLOCKS} more in compare.xlsx")
    estates = [f"{name}: {a} in A, {b} in B" for name, a, b in split_estates_rows(found)]
    show_list(console, "Estates in more than one patch", estates, most=MOST_BROKEN)
    for letter, side in (("A", found.a), ("B", found.b)):
        show_list(console, f"Rules that {letter} breaks", side.breaks, most=MOST_BROKEN)
    show_list(console, "Notes", comparison_notes(found))
    page = next(path for path in written if path.suffix == ".html")
    console.print(f"\nOpen [bold]{escape(str(page))}[/bold]")
