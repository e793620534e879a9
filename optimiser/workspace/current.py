"""The patches in force: an adopted redraw put in place of the codes in the landlord's files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from geodata import DataError, Stock
from geodata.findings import counted
from geodata.stock.blocks import commonest
from optimiser.workspace.adopted import HOMES, Adoption, in_force
from optimiser.workspace.patch_files import read_output

if TYPE_CHECKING:
    from optimiser.workspace.loading import Inputs

__all__ = ["Current", "current_patches", "day_in_words", "with_output"]


@dataclass(frozen=True)
class Current:
    """Homes, blocks and officers with the patches in force.

    `officer_of` is patch -> officer_ref; a patch without one is vacant. `adoption` is
    None where the codes are those of the landlord's files.
    """

    stock: Stock
    officers: pd.DataFrame
    officer_of: dict[str, str]
    adoption: Adoption | None = None
    notes: tuple[str, ...] = ()


def current_patches(
    inputs: Inputs, adoptions: Iterable[tuple[Adoption, Path]], monday: dt.date | None = None
) -> Current:
    """Return what is in force in the week from `monday`; with None, after all that is adopted.

    Raises
    ------
    DataError
        If the files of an adopted redraw cannot be read.
    """
    folder_of = dict(adoptions)
    adoption = in_force(folder_of, monday)
    later = [a for a in folder_of if adoption is None or a.rank > adoption.rank]
    follows = min(later, key=lambda a: a.rank, default=None)
    then = (
        ()
        if follows is None
        else (f"The redraw adopted from {day_in_words(follows.day)} is not in force yet.",)
    )
    if adoption is None:
        held = inputs.officers.dropna(subset=["patch"])
        officer_of = dict(zip(held["patch"], held["officer_ref"], strict=True))
        return Current(inputs.stock, inputs.officers, officer_of, notes=then)
    current = with_output(inputs, _kept_rows(folder_of[adoption]))
    since = "" if adoption.from_date is None else f", in force from {day_in_words(adoption.day)}"
    first = (
        f"Patches: the redraw adopted on {day_in_words(adoption.adopted_on)}{since}"
        f" ({adoption.source})."
    )
    return replace(current, adoption=adoption, notes=(first, *current.notes, *then))


def _kept_rows(folder: Path) -> pd.DataFrame:
    try:
        return read_output(folder / HOMES)
    except DataError as error:
        remedy = f"put it back, or move the folder {folder.name} away: that redraw counts no more"
        raise DataError([replace(p, remedy=remedy) for p in error.problems]) from error


def with_output(inputs: Inputs, rows: pd.DataFrame) -> Current:
    """Return the homes and officers with the patches of a patches output, see `read_output`.

    A home has the patch that the output gives it; one that is new since, that of its
    block; in a block that is new since, the code in the homes file.
    """
    stock = _rehomed(inputs.stock, rows)
    known = stock.blocks["patch"].notna()
    new = ~stock.homes["property_ref"].isin(set(rows["property_ref"]))
    blocks_new = stock.homes.loc[new, "block_ref"].nunique()
    notes = []
    if len(stock.homes) and new.any():
        homes = counted(int(new.sum()), "home")
        notes.append(
            f"{homes} in {counted(blocks_new, 'block')} came after that redraw: they have the"
            " patch of their block, or the code in the homes file."
        )
    if (without := int((~known).sum())) > 0:
        notes.append(f"{counted(without, 'block')} without a patch.")
    officers, officer_of, more = _staffed(inputs.officers, _holders(rows))
    return Current(stock, officers, officer_of, notes=(*notes, *more))


def _rehomed(stock: Stock, rows: pd.DataFrame) -> Stock:
    homes, blocks = stock.homes, stock.blocks
    rows = rows.dropna(subset=["new_patch"])
    of_home = rows.drop_duplicates("property_ref").set_index("property_ref")["new_patch"]
    of_block = rows.drop_duplicates("block_ref").set_index("block_ref")["new_patch"]
    at = blocks.index.get_indexer(homes["block_ref"])
    patch = homes["property_ref"].map(of_home).astype(object)
    # References of blocks may be made up from the file; those of homes are the landlord's.
    beside = pd.Series(commonest(at, patch, len(blocks)), dtype=object).iloc[at].to_numpy()
    patch = patch.where(patch.notna(), beside)
    patch = patch.where(patch.notna(), homes["block_ref"].map(of_block))
    patch = patch.where(patch.notna(), homes["patch"])
    patch = patch.where(patch.notna(), None)
    return replace(
        stock,
        homes=homes.assign(patch=patch),
        blocks=blocks.assign(patch=commonest(at, patch, len(blocks))),
    )


def _holders(rows: pd.DataFrame) -> dict[str, str | None]:
    """Return patch -> officer_ref of an output, None for a vacant patch."""
    first = rows.dropna(subset=["new_patch"]).drop_duplicates("new_patch")
    return {
        str(patch): officer if isinstance(officer, str) else None
        for patch, officer in zip(first["new_patch"], first["officer_ref"], strict=True)
    }


def _staffed(
    officers: pd.DataFrame, holders: Mapping[str, str | None]
) -> tuple[pd.DataFrame, dict[str, str], tuple[str, ...]]:
    """Return the officers with their patches, patch -> officer, and what is to be said of it.

    The officers file is newer than the redraw: who has left holds nothing, and her patch
    is whoever's the file gives it to, unless that officer has one by the redraw.
    """
    refs = officers["officer_ref"].tolist()
    own = dict(zip(refs, officers["patch"], strict=True))
    staff = set(refs)
    officer_of = {patch: ref for patch, ref in holders.items() if ref in staff and ref is not None}
    free = {code: ref for ref, code in own.items() if code and ref not in officer_of.values()}
    gone = {patch: ref for patch, ref in holders.items() if ref is not None and ref not in staff}
    notes = []
    for patch, left in gone.items():
        if patch in free:
            officer_of[patch] = free[patch]
            notes.append(
                f"{patch} has {free[patch]}, by the officers file, in which {left} is no more."
            )
    if vacant := [f"{patch} ({left})" for patch, left in gone.items() if patch not in officer_of]:
        listed = ", ".join(vacant)
        notes.append(f"Not in the officers file, so their patches have no officer: {listed}.")
    for patch, ref in free.items():  # patches that the redraw does not know, as of new homes
        if patch not in holders and ref not in officer_of.values():
            officer_of[patch] = ref
    held: dict[str, str] = {}
    for patch, ref in officer_of.items():
        held.setdefault(ref, patch)
    codes = pd.Series([held.get(ref) for ref in refs], index=officers.index, dtype=object)
    return officers.assign(patch=codes), officer_of, tuple(notes)


def day_in_words(day: dt.date) -> str:
    """Return a day as a reader writes it."""
    from optimiser.outputs.wording import long_date

    return long_date(day)
