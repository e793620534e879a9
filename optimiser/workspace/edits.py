"""A redraw changed by hand in the editor: its file is read, and its problem keeps the change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geodata import DataError, Problem
from geodata.files.kinds import checked_file
from geodata.findings import counted
from optimiser.model.base import Frozen
from optimiser.outputs.editor import EDIT_FORMAT
from optimiser.workspace.patch_files import homes_file, read_output

if TYPE_CHECKING:
    from optimiser.model import PatchProblem

__all__ = ["PatchEdit", "read_edit", "require_complete"]

MOST_BYTES: Final = 50_000_000
REMEDY: Final = "save it again from the editor.html of a redraw of this data"


class PatchEdit(Frozen):
    """Where an edit puts each block, and what of it a new redraw is to keep.

    `patch_of` is block_ref -> patch. `by_hand` are the blocks that a person moved,
    `locked` the patches that are to stay as they are. `missing` are blocks of the data
    that the file does not know, as of homes that came since: they are nobody's yet.
    """

    file: str
    patch_of: dict[str, str]
    by_hand: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_edit(path: Path, problem: PatchProblem, *, base: Path | None = None) -> PatchEdit:
    """Return an edit that the patch editor saved.

    Parameters
    ----------
    path
        The file.
    problem
        The redraw of this data; its blocks and patches are those the edit may name.
    base
        The output that was edited, for a file that does not say which blocks were
        moved; without it, those that differ from the current patches count as moved.

    Raises
    ------
    DataError
        With everything that is wrong with it.
    """
    raw = _document(path)
    patch_of: dict[str, str] = raw["assignments"]
    refs = [block.block_ref for block in problem.blocks]
    patches = [slot.patch for slot in problem.slots]
    problems = [
        *_unknown_blocks(path, patch_of, refs),
        *_unknown_patches(path, patch_of, raw["locked"], patches),
        *_unplaced(path, patch_of, raw["moved"] or ()),
    ]
    if problems:
        raise DataError(problems)
    notes: tuple[str, ...] = ()
    moved = raw["moved"]
    if moved is None:
        before = _base(problem, base)
        moved = [ref for ref in refs if ref in patch_of and patch_of[ref] != before.get(ref)]
        against = "the current patches" if base is None else f"the redraw in {base.name}"
        notes = (
            f"The edit does not say what was moved by hand: what differs from {against} counts.",
        )
    wanted = set(moved)
    return PatchEdit(
        file=path.name,
        patch_of=patch_of,
        by_hand=tuple(ref for ref in refs if ref in wanted and ref in patch_of),
        locked=tuple(patch for patch in patches if patch in set(raw["locked"])),
        missing=tuple(ref for ref in refs if ref not in patch_of),
        notes=notes,
    )


def require_complete(edit: PatchEdit) -> None:
    """Refuse an edit that leaves blocks out, where nobody solves the rest.

    Raises
    ------
    DataError
        Naming some of them.
    """
    if not edit.missing:
        return
    shown = ", ".join(edit.missing[:5]) + (", …" if len(edit.missing) > 5 else "")
    raise _refused(
        edit.file,
        f"{counted(len(edit.missing), 'block')} of the data not in it: {shown}",
        "have them placed with --solve-rest, or edit a redraw of today's data",
    )


def _document(path: Path) -> dict[str, Any]:
    """Return assignments, locked and moved (None where it is not said) of an edit file."""
    try:
        checked_file(path, most_bytes=MOST_BYTES)
    except DataError as error:
        raise _refused(str(path), error.problems[0].reason) from error
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_said_once)
    except _SaidTwiceError as error:
        raise _refused(str(path), f"it names {error} twice", "keep one of the two") from error
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(str(path), f"it is not JSON: {error}") from error
    if not isinstance(raw, dict) or raw.get("format") != EDIT_FORMAT:
        given = raw.get("format") if isinstance(raw, dict) else None
        reason = f"it is no patch edit: its format should be {EDIT_FORMAT!r}"
        raise _refused(str(path), reason + (f", not {given!r}" if given is not None else ""))
    assignments = raw.get("assignments")
    if not isinstance(assignments, dict) or not assignments or not _texts(assignments.values()):
        raise _refused(str(path), "its assignments should be a patch for each block")
    for key in ("locked", "moved"):
        given = raw.get(key, [])
        if not isinstance(given, list) or not _texts(given):
            raise _refused(str(path), f"{key} should be a list of names")
    return {
        "assignments": assignments,
        "locked": raw.get("locked", []),
        "moved": raw.get("moved"),
    }


class _SaidTwiceError(Exception):
    """A name that an object has twice, of which Python would keep the last."""


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _SaidTwiceError(next(name for name in names if names.count(name) > 1))
    return found


def _texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _unknown_blocks(path: Path, patch_of: Mapping[str, str], refs: list[str]) -> list[Problem]:
    known = set(refs)
    strange = [ref for ref in patch_of if ref not in known]
    if len(strange) == len(patch_of):
        reason = f"it is of other data: none of its {counted(len(patch_of), 'block')} is known"
        return [Problem(file=str(path), reason=reason, remedy=REMEDY)]
    return [
        Problem(
            file=str(path),
            column="assignments",
            value=ref,
            reason="is a block that no home has",
            remedy="take it out of the file, or save the edit again from a redraw of this data",
        )
        for ref in strange
    ]


def _unknown_patches(
    path: Path, patch_of: Mapping[str, str], locked: list[str], patches: list[str]
) -> list[Problem]:
    known = set(patches)
    counts: dict[str, int] = {}
    for patch in patch_of.values():
        if patch not in known:
            counts[patch] = counts.get(patch, 0) + 1
    remedy = f"there are {', '.join(patches[:60])}{', …' if len(patches) > 60 else ''}"
    problems = [
        Problem(
            file=str(path),
            column="assignments",
            value=patch,
            reason=f"is no patch of this redraw, and has {counted(number, 'block')}",
            remedy=remedy,
        )
        for patch, number in counts.items()
    ]
    problems += [
        Problem(
            file=str(path),
            column="locked",
            value=patch,
            reason="is no patch of this redraw",
            remedy=remedy,
        )
        for patch in locked
        if patch not in known and patch not in counts
    ]
    return problems


def _unplaced(path: Path, patch_of: Mapping[str, str], moved: Iterable[str]) -> list[Problem]:
    """Return what was moved, it says, and is in no patch: a slip would not be kept."""
    return [
        Problem(
            file=str(path),
            column="moved",
            value=ref,
            reason="is not among the assignments, so that there is no patch to keep it in",
            remedy="correct the name, or give it its patch under assignments",
        )
        for ref in moved
        if ref not in patch_of
    ]


def _base(problem: PatchProblem, base: Path | None) -> dict[str, str | None]:
    if base is None:
        return {block.block_ref: block.current_patch for block in problem.blocks}
    rows = read_output(homes_file(base)).drop_duplicates("block_ref")
    return dict(zip(rows["block_ref"], rows["new_patch"], strict=True))


def _refused(file: str, reason: str, remedy: str = REMEDY) -> DataError:
    return DataError([Problem(file=file, reason=reason, remedy=remedy)])
