"""`doorstep init`: templates to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimiser.cli.common import EXIT_BAD_INPUT, check_writable, exit_codes, fail

__all__ = ["init"]


def init(folder: Annotated[Path, typer.Argument(help="Where to put the templates.")]) -> None:
    """Put templates of the settings and the files into a folder."""
    from geodata.samples import write_templates

    with exit_codes():
        check_writable(folder, remedy="name a folder for the templates")
        try:
            written = write_templates(folder)
        except FileExistsError as error:
            fail(f"{error}; nothing was written", EXIT_BAD_INPUT)
        for path in written or ():
            typer.echo(str(path))
        typer.echo(f"Fill these in, then run: doorstep check {folder}")
