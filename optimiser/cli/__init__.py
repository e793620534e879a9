"""The `doorstep` command: parse, call, map errors to exit codes.

One module a command; what they share is in `common`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from optimiser.cli import adopt, check, compare, demo, init, outcomes, patches, plan, replan

__all__ = ["app", "main"]

app = typer.Typer(
    name="doorstep",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo.demo,
    init.init,
    check.check,
    patches.patches,
    compare.compare,
    adopt.adopt,
    plan.plan,
    replan.replan,
    outcomes.outcomes,
):
    app.command()(command)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"doorstep {version('doorstep')}")
        raise typer.Exit


@app.callback()
def doorstep(
    version: Annotated[  # its callback answers
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say which version."),
    ] = False,
) -> None:
    """Plans the work of a landlord's housing officers: patches and weekly visits."""


def main() -> None:
    """Run the command line."""
    app()
