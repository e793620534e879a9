"""`doorstep compare`: two patch plans side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from optimiser.cli.common import (
    Folder,
    Json,
    Lenient,
    Out,
    check_target_folder,
    exit_codes,
    open_folder,
    print_json,
    save_problems,
)

__all__ = ["compare"]

_WHAT = 'A folder that doorstep patches wrote, or its name in FOLDER/out, or "current".'


def compare(
    folder: Folder,
    a: Annotated[str, typer.Argument(metavar="A", help=_WHAT)],
    b: Annotated[str, typer.Argument(metavar="B", help="The same, to set beside it.")],
    out: Out = None,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Set two patch plans side by side: what each costs, who changes, which blocks differ."""
    from optimiser.outputs.files import write_comparison
    from optimiser.workspace.comparing import comparison_name

    with exit_codes(as_json=as_json):
        ws = open_folder(folder, lenient=lenient)
        found = ws.compare(a, b)
        target = (out or ws.folder / "out") / comparison_name(found)
        check_target_folder(target)
        save_problems(ws, out, lenient=lenient)
        written = write_comparison(ws, found, target)
        if as_json:
            from optimiser.outputs.compare_tables import comparison_summary

            print_json(comparison_summary(ws, found))
            return
        from optimiser.cli.compare_text import show_comparison

        show_comparison(ws, found, written)
