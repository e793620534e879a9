"""The problem of a redraw around what a person has decided.

With `hold`, blocks moved by hand and the blocks of locked patches may go nowhere else,
and nothing else comes into a locked patch. An estate that is kept whole and that the
edit divides is divided: the blocks that the edit sets apart become units of their own,
what is left of the estate stays together as far as it hangs together. Blocks that a rule
keeps together across estates are not divided: there the edit breaks a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geodata.findings import counted
from optimiser.errors import Infeasible

if TYPE_CHECKING:
    from optimiser.model import PatchProblem
    from optimiser.workspace.edits import PatchEdit

__all__ = ["edited_problem"]

Ints = npt.NDArray[np.int64]
SHOWN = 5
REMEDY = "move it elsewhere in the editor, or change the rule in the settings file"


def edited_problem(problem: PatchProblem, edit: PatchEdit, *, hold: bool) -> PatchProblem:
    """Return the problem that an edit leaves; see the module.

    Parameters
    ----------
    problem
        The redraw of this data, as without the edit.
    edit
        As `edits.read_edit` returns it for this problem.
    hold
        Keep what was done by hand; else only estates are divided as the edit has them.

    Raises
    ------
    Infeasible
        With `hold`, if what was done by hand breaks a rule by itself.
    """
    number = {slot.patch: k for k, slot in enumerate(problem.slots)}
    slot_of = np.array(
        [number.get(edit.patch_of.get(b.block_ref, ""), -1) for b in problem.blocks],
        dtype=np.int64,
    )
    by_hand, shut = set(edit.by_hand), {number[patch] for patch in edit.locked}
    fixed = np.array(
        [
            b.block_ref in by_hand or int(k) in shut
            for b, k in zip(problem.blocks, slot_of, strict=True)
        ]
    ) & (slot_of >= 0)
    label = np.where(fixed, slot_of, -1) if hold else slot_of
    unit, divided = _divided_units(problem, slot_of, label)
    notes = _notes(problem, edit, divided, hold=hold)
    update: dict[str, object] = {
        "unit": unit.astype(np.int32),
        "by_hand": edit.by_hand,
        "locked": edit.locked,
        "notes": (*problem.notes, *edit.notes, *notes),
    }
    if hold:
        _require_kept_together(problem, unit, slot_of, fixed)
        update["allowed"] = _held(problem, slot_of, fixed, shut)
        for k in sorted(shut):
            _require_one_piece(problem, k, np.flatnonzero(slot_of == k))
    return problem.model_copy(update=update)


def _held(
    problem: PatchProblem, slot_of: Ints, fixed: npt.NDArray[np.bool_], shut: set[int]
) -> npt.NDArray[np.bool_]:
    allowed = problem.allowed.copy()
    for k in shut:
        allowed[slot_of != k, k] = False
    at = np.flatnonzero(fixed)
    against = [int(i) for i in at if not problem.allowed[i, slot_of[i]]]
    if against:
        pairs = [
            f"{problem.blocks[i].block_ref} into {problem.slots[slot_of[i]].patch}" for i in against
        ]
        raise Infeasible(f"the edit puts {_listed(pairs)}, which the rules forbid", REMEDY)
    allowed[at] = False
    allowed[at, slot_of[at]] = True
    allowed.flags.writeable = False
    return allowed


def _divided_units(
    problem: PatchProblem, slot_of: Ints, label: Ints
) -> tuple[Ints, dict[str, int]]:
    """Return (n,) units with the estates in several slots divided, and estate -> parts.

    They are divided by `label`: a slot, or -1 for what may go anywhere.
    """
    unit = np.asarray(problem.unit, dtype=np.int64)
    neighbours = _neighbours(problem)
    keys: list[tuple[int, int]] = [(int(u), 0) for u in unit]
    divided: dict[str, int] = {}
    for u in range(int(unit.max()) + 1):
        own = np.flatnonzero(unit == u)
        apart = len(set(slot_of[own].tolist())) > 1 and len(set(label[own].tolist())) > 1
        if not apart or not _one_estate(problem, own):
            continue
        parts = [
            piece
            for k in sorted(set(label[own].tolist()))
            for piece in _pieces(own[label[own] == k].tolist(), neighbours)
        ]
        for number, piece in enumerate(parts):
            for i in piece:
                keys[i] = (u, number)
        estate = problem.blocks[int(own[0])].estate
        assert estate is not None
        divided[estate] = len(parts)
    order = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    return np.array([order[key] for key in keys], dtype=np.int64), divided


def _one_estate(problem: PatchProblem, own: Ints) -> bool:
    estates = {problem.blocks[int(i)].estate for i in own}
    return len(estates) == 1 and None not in estates


def _require_kept_together(
    problem: PatchProblem, unit: Ints, slot_of: Ints, fixed: npt.NDArray[np.bool_]
) -> None:
    """Refuse blocks put into different patches that a rule keeps together."""
    for u in range(int(unit.max()) + 1):
        own = np.flatnonzero((unit == u) & fixed)
        if len(set(slot_of[own].tolist())) > 1:
            refs = _listed([problem.blocks[int(i)].block_ref for i in own])
            raise Infeasible(
                f"the edit puts {refs} into different patches, and the rules keep them together",
                REMEDY,
            )


def _require_one_piece(problem: PatchProblem, slot: int, own: Ints) -> None:
    """Refuse a locked patch that is cut in two or outside its limits: nothing could mend it."""
    patch = problem.slots[slot]
    parts = _pieces(own.tolist(), _neighbours(problem))
    load = sum(problem.blocks[int(i)].workload for i in own)
    if not parts:
        cause = f"patch {patch.patch} is locked and has no block"
    elif len(parts) > 1:
        cut = [problem.blocks[i].block_ref for part in parts[1:] for i in part]
        cause = f"patch {patch.patch} is locked, and {_listed(cut)} cut off from the rest of it"
    elif not patch.lower <= load <= patch.upper:
        cause = (
            f"patch {patch.patch} is locked with {load / 100:,.1f} points, and its limits are"
            f" {patch.lower / 100:,.1f} to {patch.upper / 100:,.1f}"
        )
    else:
        return
    raise Infeasible(cause, "unlock it in the editor")


def _neighbours(problem: PatchProblem) -> list[list[int]]:
    neighbours: list[list[int]] = [[] for _ in problem.blocks]
    for i, j in np.asarray(problem.edges).tolist():
        neighbours[i].append(j)
        neighbours[j].append(i)
    return neighbours


def _pieces(blocks: list[int], neighbours: list[list[int]]) -> list[list[int]]:
    """Return the connected pieces of a set of blocks, the largest first."""
    left = set(blocks)
    found = []
    for start in blocks:
        if start not in left:
            continue
        left.remove(start)
        piece = [start]
        for i in piece:
            new = [j for j in neighbours[i] if j in left]
            left.difference_update(new)
            piece += new
        found.append(sorted(piece))
    return sorted(found, key=lambda piece: (-len(piece), piece[0]))


def _notes(
    problem: PatchProblem, edit: PatchEdit, divided: dict[str, int], *, hold: bool
) -> list[str]:
    homes = {b.block_ref: b.homes for b in problem.blocks}
    moved = sum(homes[ref] for ref in edit.by_hand)
    what = f"{counted(len(edit.by_hand), 'block')} ({counted(moved, 'home')}) put where they are"
    locked = f", locked patches: {', '.join(edit.locked)}" if edit.locked else ""
    notes = [f"By hand, from {edit.file}: {what}{locked}."]
    if hold:
        notes.append("The rest was drawn around that: the bound is of plans that keep it.")
    if divided:
        listed = ", ".join(f"{name} (in {n} parts)" for name, n in sorted(divided.items()))
        notes.append(f"Estates divided by hand: {listed}.")
    return notes


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - SHOWN:,} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more
