"""Who knocks on the community days ahead where a patch has no officer.

Of the same service centre, someone without a patch; else a colleague, who goes there
instead of into the own patch on so many of the community days as the vacant patch has of
the doors of both, evenly spread. Everyone covers one patch at most.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from optimiser.bridge.knockers import Knockers

__all__ = ["Cover", "cover_notes", "days_elsewhere", "find_cover"]


class Cover(NamedTuple):
    """Who knocks for a vacant patch on which of the days at work, and in which patch else."""

    officer_ref: str
    dates: tuple[dt.date, ...]
    at_work: tuple[dt.date, ...]
    own: str | None


def find_cover(
    doors: Mapping[str, int],
    knockers: Knockers,
    dates: Sequence[dt.date],
    shifts: Collection[tuple[str, dt.date]],
) -> dict[str, Cover]:
    """Return who covers which vacant patch, by patch; nobody where `stand_ins` is 0.

    Parameters
    ----------
    doors
        Those left to knock at, by patch.
    knockers
        Whose the patches are, and who may stand in.
    dates
        The community days.
    shifts
        Who is at work when.
    """
    patch_of = {officer: patch for patch, officer in knockers.own.items()}
    cover: dict[str, Cover] = {}
    taken: set[str] = set()
    for patch in sorted(doors.keys() - knockers.own.keys()):
        if not (knockers.stand_ins and doors[patch]):
            continue
        colleagues = (s.officer_ref for s in knockers.of_patch(patch, pair=False))
        team = [*knockers.without_patch(patch), *colleagues]
        officer = next((ref for ref in team if ref not in taken), None)
        if officer is not None:
            own = patch_of.get(officer)
            share = doors[patch] / (doors[patch] + doors.get(own or "", 0))
            at_work = tuple(date for date in dates if (officer, date) in shifts)
            cover[patch] = Cover(officer, _spread(at_work, share), at_work, own)
            taken.add(officer)
    return cover


def _spread(dates: Sequence[dt.date], share: float) -> tuple[dt.date, ...]:
    """Return so many of the dates, evenly; where there are two or more, at least one is left."""
    n = len(dates)
    count = n if share == 1 else min(max(round(share * n), 1), n - 1)
    return tuple(d for k, d in enumerate(dates) if (k + 1) * count // n > k * count // n)


def days_elsewhere(cover: Mapping[str, Cover]) -> dict[str, dict[dt.date, str]]:
    """Return the dates on which a patch's officer is in the other patch, by patch, and why."""
    found: dict[str, dict[dt.date, str]] = {}
    for patch, who in cover.items():
        for date in who.at_work:
            here, there = (patch, who.own) if date in who.dates else (who.own, patch)
            if there is not None:
                found.setdefault(there, {})[date] = f"{who.officer_ref} is in {here}"
    return found


def cover_notes(
    doors: Mapping[str, int], cover: Mapping[str, Cover], knockers: Knockers
) -> tuple[str, ...]:
    """Return what a reader should know of the vacant patches, in sentences."""
    notes = [
        f"{patch} has no officer: "
        + (
            f"{who.officer_ref}, who has no patch, knocks there."
            if who.own is None
            else f"{who.officer_ref} of {who.own} knocks there on {len(who.dates):,} of "
            f"{len(who.at_work):,} community days."
        )
        for patch, who in cover.items()
    ]
    left = sorted(doors.keys() - knockers.own.keys() - cover.keys())
    if left:
        have = "has" if len(left) == 1 else "have"
        notes.append(
            f"{', '.join(left)} {have} no officer and no turns: nobody else of the same service "
            "centre is free to knock there."
        )
    return tuple(notes)
