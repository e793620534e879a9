"""`doorstep patches`: a redraw of the patches."""

from __future__ import annotations

from optimiser.cli.common import (
    Folder,
    Json,
    Lenient,
    Out,
    Seconds,
    Seed,
    check_target_folder,
    exit_codes,
    open_folder,
    print_json,
    save_problems,
    solve_patches,
)

__all__ = ["patches"]


def patches(
    folder: Folder,
    seconds: Seconds = 60.0,
    seed: Seed = 1,
    out: Out = None,
    lenient: Lenient = False,
    as_json: Json = False,
) -> None:
    """Redraw the patches: which officer looks after which blocks."""
    with exit_codes(as_json=as_json):
        ws = open_folder(folder, lenient=lenient)
        target = (out or ws.folder / "out") / "patches"
        check_target_folder(target)
        plan = solve_patches(ws, seconds=seconds, seed=seed)
        save_problems(ws, out, lenient=lenient)
        written = ws.save(plan, target)
        if as_json:
            from optimiser.outputs.documents import patches_summary

            print_json(patches_summary(ws, plan))
            return
        from optimiser.cli.terminal import show_patches

        show_patches(ws, plan, written)
