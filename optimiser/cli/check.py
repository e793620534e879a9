"""`doorstep check`: the data-quality report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from optimiser.cli.common import (
    EXIT_BAD_INPUT,
    Folder,
    Json,
    Lenient,
    Out,
    exit_codes,
    open_folder,
    print_json,
    save_problems,
)

if TYPE_CHECKING:
    from optimiser.workspace import Workspace
    from optimiser.workspace.quality import QualityReport

__all__ = ["check"]


def check(folder: Folder, lenient: Lenient = False, out: Out = None, as_json: Json = False) -> None:
    """Read every file, list every problem, and say what was assumed."""
    with exit_codes(as_json=as_json):
        # Lenient, so that the good rows can be counted beside the bad.
        ws = open_folder(folder, lenient=True)
        report = _quality(ws, lenient=lenient)
        save_problems(ws, out, lenient=lenient)
        if as_json:
            print_json(report.to_dict())
        else:
            from optimiser.cli.terminal import show_check

            show_check(report)
        if report.stuck or (report.errors and not lenient):
            raise typer.Exit(EXIT_BAD_INPUT)


def _quality(ws: Workspace, *, lenient: bool) -> QualityReport:
    from geodata import DataError
    from optimiser.workspace.quality import quality_report

    try:
        return quality_report(ws, lenient=lenient)
    except DataError as error:  # of the streets file: what is wrong with the rest comes with it
        raise DataError([*ws.problems, *error.problems]) from error
