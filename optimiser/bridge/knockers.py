"""Who knocks at a patch's doors on a community day: its officer, a stand-in, or a pair.

The patch's own officer, where at work. Where not, or where the patch has no officer, up to
`stand_ins` colleagues of the same service centre, so that the doors do not wait: those who
have no patch of their own first, then those of the nearest patches. In pairs, the first of
those and one of the colleagues.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimiser.bridge.rows import rows_of
from optimiser.bridge.rule_names import RuleFault, RuleFaults, likely
from optimiser.model.visits import Shift

if TYPE_CHECKING:
    import pandas as pd

    from geodata import Stock
    from optimiser.model.rules import VisitRules

__all__ = ["Knockers", "find_knockers", "patch_middles"]

Point = tuple[float, float]


@dataclass(frozen=True)
class Knockers:
    """Who may knock on one day.

    `own` maps a patch to its officer, `centre` an officer to the service centre, `middle` a
    patch to the mean of its blocks, `at_work` an officer to the day's shift. `pairs_at` are
    patches, estates and blocks that are knocked in pairs, `estate_of` a block's estate.
    """

    own: Mapping[str, str]
    centre: Mapping[str, str | None]
    middle: Mapping[str, Point]
    at_work: Mapping[str, Shift]
    stand_ins: int
    all_in_pairs: bool
    pairs_at: frozenset[str]
    estate_of: Mapping[str, str | None]

    def in_pairs(self, block: str, patch: str) -> bool:
        """Whether a block's doors are knocked by two."""
        names = {block, patch, self.estate_of.get(block)}
        return self.all_in_pairs or not self.pairs_at.isdisjoint(names)

    def of_patch(self, patch: str, *, pair: bool) -> tuple[Shift, ...]:
        """Return the shifts that may take a patch's rounds, the first choice first.

        Of a pair, the first is always one of the two. Empty where nobody may, or fewer
        than two.
        """
        own = self.own.get(patch)
        there = own if own in self.at_work else None
        if there is not None and not pair:
            return (self.at_work[there],)
        others = self._nearest(patch, own)
        if there is not None:
            team = [there, *others[: max(self.stand_ins, 1)]]
        else:
            team = others[: self.stand_ins + int(pair and self.stand_ins > 0)]
        return () if pair and len(team) < 2 else tuple(self.at_work[ref] for ref in team)

    def without_patch(self, patch: str) -> list[str]:
        """Return who of the same centre is at work and has no patch, the likeliest first."""
        holders = set(self.own.values())
        return [ref for ref in self._nearest(patch, self.own.get(patch)) if ref not in holders]

    def _nearest(self, patch: str, own: str | None) -> list[str]:
        """Return who else is at work for the service centre, the likeliest first."""
        here = self.middle.get(patch)
        patch_of = {officer: p for p, officer in self.own.items()}

        def distance(officer: str) -> float:
            there = self.middle.get(patch_of.get(officer, ""))
            return math.inf if here is None or there is None else math.dist(here, there)

        found = sorted((o for o in self.at_work if o != own), key=lambda o: (distance(o), o))
        centre = self.centre.get(own) if own is not None else None
        if own is None and found:
            # A vacant post's centre is not known here: that of the nearest patch's officer.
            centre = self.centre.get(found[0])
        found.sort(key=lambda o: patch_of.get(o) in self.middle)  # stable: by distance in each
        return [o for o in found if self.centre.get(o) == centre]


def find_knockers(
    *,
    officers: pd.DataFrame,
    stock: Stock,
    patch_of: Mapping[str, str],
    officer_of: Mapping[str, str],
    shifts: Sequence[Shift],
    day: dt.date,
    rules: VisitRules,
) -> Knockers:
    """Return who may knock on `day`.

    `patch_of` maps block to patch, `officer_of` patch to officer.

    Raises
    ------
    RuleFaults
        If `pairs_at` names what is no patch, estate or block.
    """
    estates = dict(zip(map(str, stock.blocks.index), stock.blocks["estate"], strict=True))
    estate_of = {b: e if isinstance(e, str) and e else None for b, e in estates.items()}
    known = {*estate_of, *patch_of.values(), *officer_of, *estate_of.values()} - {None}
    _require_known(rules.pairs_at, {str(name) for name in known})
    return Knockers(
        own=dict(officer_of),
        centre={row["officer_ref"]: row["service_centre"] for row in rows_of(officers)},
        middle=patch_middles(stock, patch_of),
        at_work={s.officer_ref: s for s in shifts if s.date == day},
        stand_ins=rules.stand_ins,
        all_in_pairs=rules.knock_in_pairs,
        pairs_at=frozenset(rules.pairs_at),
        estate_of=estate_of,
    )


def patch_middles(stock: Stock, patch_of: Mapping[str, str]) -> dict[str, Point]:
    """Return the mean of the coordinates of each patch's blocks."""
    points: dict[str, list[Point]] = {}
    for ref, point in zip(map(str, stock.blocks.index), stock.blocks.geometry, strict=True):
        if ref in patch_of:
            points.setdefault(patch_of[ref], []).append((point.x, point.y))
    return {
        patch: (sum(x for x, _ in xy) / len(xy), sum(y for _, y in xy) / len(xy))
        for patch, xy in points.items()
    }


def _require_known(names: Sequence[str], known: Collection[str]) -> None:
    faults = [
        RuleFault(
            key="pairs_at",
            value=name,
            reason="is no patch, estate or block that a home has",
            remedy=likely(name, known) or "give a patch, an estate or a block_ref",
        )
        for name in names
        if name not in known
    ]
    if faults:
        raise RuleFaults(faults)
