"""Redraws made by hand: the homes.csv of a patches output, without solving."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from optimiser import Workspace

__all__ = ["first_moved", "held_by", "redraw"]


def held_by(ws: Workspace) -> dict[str, str]:
    """Return patch -> officer of the officers file."""
    rows = ws.inputs.officers.dropna(subset=["patch"])
    return dict(zip(rows["patch"], rows["officer_ref"], strict=True))


def first_moved(ws: Workspace) -> dict[str, str]:
    """Return the first block and another patch than its own."""
    codes = ws.inputs.stock.blocks["patch"]
    return {codes.index[0]: next(code for code in sorted(set(codes)) if code != codes.iloc[0])}


def redraw(
    ws: Workspace, out: Path, moves: Mapping[str, str], officers: Mapping[str, str] | None = None
) -> Path:
    """Write the homes' codes as an output, with the blocks of `moves` in their new patches."""
    homes = ws.inputs.stock.homes
    moved = homes["block_ref"].map(dict(moves)).astype(object)
    new = moved.where(moved.notna(), homes["patch"])
    frame = pd.DataFrame(
        {
            "property_ref": homes["property_ref"],
            "block_ref": homes["block_ref"],
            "old_patch": homes["patch"],
            "new_patch": new,
            "officer_ref": new.map(dict(officers or held_by(ws))),
        }
    )
    out.mkdir(parents=True, exist_ok=True)
    frame.to_csv(out / "homes.csv", index=False)
    return out
