"""Patch and estate polygons give homes their codes, and every doubt is listed.

The code in the homes file is the tenancy system's and always stays. Where it is
blank, a home takes its block's code, else that of the polygon around the block,
as a whole: a block is never split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.boundaries.cases import (
    COLUMNS,
    EDGE_M,
    NEAR_M,
    BoundaryCases,
    case_frame,
    case_problems,
    rule_of,
)
from geodata.errors import Problem
from geodata.findings import counted

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.stock import Stock

__all__ = ["apply_boundaries"]


def apply_boundaries(
    stock: Stock,
    *,
    patches: gpd.GeoDataFrame | None = None,
    estates: gpd.GeoDataFrame | None = None,
) -> tuple[Stock, BoundaryCases]:
    """Fill in blank patches and estates from polygons, and list where the two are at odds.

    Parameters
    ----------
    stock
        As `read_stock` returns it.
    patches, estates
        As `read_polygons` returns them with `code`, in the stock's CRS. A home in
        a gap between patches takes the nearest within `NEAR_M`; homes in no
        estate are normal. The homes of an area are spread evenly over its ground.

    Returns
    -------
    stock
        Homes and blocks with their codes filled in; no code that was there is changed.
    cases
        Every case and the rule applied to it.

    Raises
    ------
    ValueError
        If polygons are in another CRS than the stock.
    """
    frames, problems, summary = [], [], []
    for what, polygons in (("patch", patches), ("estate", estates)):
        if polygons is None:
            continue
        if polygons.crs != stock.crs:
            raise ValueError(f"the polygons are in {polygons.crs}, the homes in {stock.crs}")
        file = str(polygons.attrs.get("file") or f"{what} polygons")
        layer = _Layer(stock, polygons, what)
        if not layer.holds_homes:
            problems.append(_elsewhere(file, stock))
            continue
        frames.append(case_frame(layer.cases()))
        problems += case_problems(file, frames[-1], what)
        summary.append(layer.summary(file))
        stock = layer.filled()
    every = pd.concat(frames, ignore_index=True) if frames else case_frame([])
    return stock, BoundaryCases(every, tuple(problems), tuple(summary))


def _elsewhere(file: str, stock: Stock) -> Problem:
    return Problem(
        file=file,
        reason=f"none of the {counted(len(stock.homes), 'home')} lies in its polygons",
        remedy="check its area, and the CRS that it names",
    )


@dataclass(frozen=True)
class _Standing:
    """Where one point with homes stands: `code` as the polygons have it.

    `case` is "" inside one polygon; `codes` all those it lies in, or in the edge
    case the other too.
    """

    code: str | None
    case: str
    codes: tuple[str, ...]


class _Hit(NamedTuple):
    """A polygon at or near a point: `metres` is below 0 within it and 0 on its edge."""

    code: str | None
    metres: float
    area: float


class _Layer:
    """The polygons of patches or of estates, and the homes in them."""

    def __init__(self, stock: Stock, polygons: gpd.GeoDataFrame, what: str) -> None:
        self._stock = stock
        self._what = what
        given = stock.blocks[what]
        self._given: dict[str, str | None] = {
            str(ref): code if isinstance(code, str) and code else None
            for ref, code in given.items()
        }
        self._codes = _as_the_homes_spell(polygons[what], stock.homes[what])
        mended = polygons.get("mended")
        self._mended = np.zeros(len(polygons), dtype=bool) if mended is None else mended.to_numpy()
        self._shapes = polygons.geometry.to_numpy()
        spots = _spots(stock, self._shapes)
        self._homes: list[int] = spots["homes"].tolist()
        hits = _hits(spots, self._shapes, self._codes, max(EDGE_M, self._near_m))
        self.holds_homes = any(hit.metres <= 0 for spot in hits for hit in spot)
        self._standings = [
            self._standing(spot, self._given[ref])
            for spot, ref in zip(hits, spots["block_ref"], strict=True)
        ]
        self._spots: dict[str, list[int]] = {
            str(ref): [int(k) for k in places]
            for ref, places in spots.groupby("block_ref", sort=True).indices.items()
        }
        self._winner = {ref: self._winning(ref) for ref in self._spots}

    @property
    def _near_m(self) -> float:
        # A house beside an estate is not in it; a home between two patches is in one of them.
        return NEAR_M if self._what == "patch" else 0.0

    def _standing(self, hits: list[_Hit], given: str | None) -> _Standing:
        # The smallest first: a patch drawn over a larger one is meant to be cut out of it.
        around = sorted(
            (hit for hit in hits if hit.metres <= 0 and hit.code), key=lambda h: (h.area, h.code)
        )
        within = list(dict.fromkeys(hit.code for hit in around if hit.metres < 0))
        if around:
            own = [hit.code for hit in around if _alike(hit.code, given)]
            code = [*own, *within, around[0].code][0]
            if len(within) > 1:
                return _Standing(code, "overlap", tuple(sorted(map(str, within))))
            beside = {hit.code for hit in hits if hit.code and hit.metres <= EDGE_M}
            codes = tuple(sorted(map(str, beside)))
            return _Standing(code, "edge" if len(codes) > 1 else "", codes)
        if any(hit.metres <= 0 for hit in hits):
            return _Standing(None, "no code", ())
        near = [hit for hit in hits if hit.code and hit.metres <= self._near_m]
        if near:
            nearest = min(near, key=lambda hit: (hit.metres, hit.code))
            return _Standing(nearest.code, "near", (str(nearest.code),))
        return _Standing(None, "gap" if self._what == "patch" else "", ())

    def _winning(self, ref: str) -> str | None:
        """Return the code with most homes of the block; one nearby counts if none is around."""
        votes = self._votes(ref, near=False)
        if not votes and self._given[ref] is None:
            votes = self._votes(ref, near=True)
        tied = [code for code, homes in votes.items() if homes == max(votes.values())]
        if len(tied) > 1:
            return min(tied, key=lambda code: (self._metres(ref, code), code))
        return tied[0] if tied else None

    def _votes(self, ref: str, *, near: bool) -> Counter[str]:
        """Return how many of the block's homes lie in, or near, the polygons of each code."""
        votes: Counter[str] = Counter()
        for k in self._spots[ref]:
            standing = self._standings[k]
            if standing.code is not None and (standing.case == "near") == near:
                votes[standing.code] += self._homes[k]
        return votes

    def _metres(self, ref: str, code: str) -> float:
        """Return how far the block's point is from the code's polygons."""
        point = self._stock.blocks.geometry.loc[ref]
        shapes = [s for s, c in zip(self._shapes, self._codes, strict=True) if c == code]
        return min(float(shape.distance(point)) for shape in shapes)

    def cases(self) -> Iterator[dict[str, Any]]:
        """Yield every case, in the order of the blocks."""
        homes = self._stock.homes
        unfilled = homes["block_ref"][homes[self._what].isna()].value_counts().to_dict()
        for ref, spots in self._spots.items():
            given, winner = self._given[ref], self._winner[ref]
            yield from self._doubts(ref)
            if given is not None and self._at_odds(given, winner):
                yield self._case("disagrees", ref, spots, winner)
            blank = unfilled.get(ref, 0)
            if (given and blank) or (winner and not given):
                yield self._case("filled", ref, spots, winner) | {"homes": blank}
        yield from self._polygon_cases()

    def _at_odds(self, given: str, winner: str | None) -> bool:
        if winner is not None:
            return not _alike(winner, given)
        # Of an estate that is not drawn nothing is known; homes in a gap are listed as such.
        return self._what == "estate" and any(_alike(given, code) for code in self._codes)

    def _doubts(self, ref: str) -> Iterator[dict[str, Any]]:
        """Yield what leaves the block's polygon in doubt."""
        votes = self._votes(ref, near=False)
        if len(votes) > 1:
            parts = ", ".join(f"{code} ({n})" for code, n in sorted(votes.items()))
            yield self._case("cut", ref, self._spots[ref], parts)
        for name in ("edge", "overlap", "near", "gap", "no code"):
            spots = [k for k in self._spots[ref] if self._standings[k].case == name]
            # The code in the file leaves no doubt; a cut block is listed as such already.
            if not spots or (name == "edge" and (self._given[ref] or len(votes) > 1)):
                continue
            codes = sorted({code for k in spots for code in self._standings[k].codes})
            yield self._case(name, ref, spots, self._chosen(ref, codes, name))

    def _chosen(self, ref: str, codes: list[str], case: str) -> str | None:
        """Return "P05 (also P03)": the polygon that counts, and the others there."""
        if len(codes) < 2:
            return codes[0] if codes else None
        winner = self._winner[ref]
        first = winner if winner in codes else codes[0]
        others = ", ".join(code for code in codes if code != first)
        return f"{first} ({'beside' if case == 'edge' else 'also'} {others})"

    def _case(
        self, case: str, ref: str, spots: Sequence[int], polygon: str | None
    ) -> dict[str, Any]:
        given = self._given[ref]
        rule = rule_of(case, given=given is not None, block_coded=self._winner[ref] is not None)
        homes = sum(self._homes[k] for k in spots)
        return _row(self._what, case, ref, homes, given, polygon, rule)

    def _polygon_cases(self) -> Iterator[dict[str, Any]]:
        """Yield codes of several polygons and of mended ones, with the homes in them."""
        homes: Counter[str] = Counter()
        for standing, n in zip(self._standings, self._homes, strict=True):
            if standing.code is not None:
                homes[standing.code] += n
        named = pd.Series(self._codes, dtype=object)
        parts = named.dropna().value_counts()
        for case, codes in (
            ("parts", set(parts.index[parts > 1])),
            ("mended", set(named[self._mended].dropna())),
        ):
            for code in sorted(codes):
                rule = rule_of(case, given=False, block_coded=False)
                yield _row(self._what, case, None, homes[code], None, code, rule)

    def summary(self, file: str) -> str:
        """Return a sentence on how far file and polygons agree."""
        coded = [ref for ref, given in self._given.items() if given is not None]
        same = sum(_alike(self._winner.get(ref), self._given[ref]) for ref in coded)
        drawn = len({code for code in self._codes if code is not None})
        text = f"{file}: {counted(drawn, self._what)}"
        if not coded:
            return f"{text}; no block has one in the homes file"
        text += f"; {same:,} of {counted(len(coded), 'block')} lie where their code says"
        if 2 * same < len(coded):
            return f"{text}: few, so check that these are the polygons of the homes file's codes"
        return text

    def filled(self) -> Stock:
        """Return the stock with blank codes filled in, the block's own before the polygon's."""
        codes = {ref: given or self._winner.get(ref) for ref, given in self._given.items()}
        homes, blocks = self._stock.homes.copy(), self._stock.blocks.copy()
        own = homes[self._what]
        homes[self._what] = pd.Series(
            [
                c if isinstance(c, str) else codes.get(ref)
                for c, ref in zip(own, homes["block_ref"], strict=True)
            ],
            index=homes.index,
            dtype=object,
        )
        blocks[self._what] = pd.Series(
            [codes[str(ref)] for ref in blocks.index], index=blocks.index, dtype=object
        )
        return replace(self._stock, homes=homes, blocks=blocks)


def _row(*values: object) -> dict[str, Any]:
    return dict(zip(COLUMNS, values, strict=True))


def _alike(code: str | None, other: str | None) -> bool:
    """Return whether two codes are one, however their capitals are written."""
    return code is not None and other is not None and code.casefold() == other.casefold()


def _as_the_homes_spell(codes: pd.Series[Any], own: pd.Series[Any]) -> list[str | None]:
    """Return the polygons' codes, "P1 north" as "P1 North" where the homes have it so."""
    spelt: Mapping[str, str] = {
        str(code).casefold(): str(code) for code in reversed(own.dropna().value_counts().index)
    }
    return [spelt.get(c.casefold(), c) if isinstance(c, str) else None for c in codes]


def _spots(stock: Stock, shapes: npt.NDArray[Any]) -> pd.DataFrame:
    """Return a row for each point of each block: block_ref, easting, northing, homes."""
    if stock.areas is not None:
        from geodata.boundaries.area_shapes import area_spots

        return area_spots(stock, shapes)
    keys = ["block_ref", "easting", "northing"]
    spots = stock.homes.groupby(keys, sort=True).size().reset_index(name="homes")
    bare = stock.blocks[~stock.blocks.index.isin(spots["block_ref"])]
    if bare.empty:
        return spots
    empty = pd.DataFrame(
        {
            "block_ref": bare.index.astype(object),
            "easting": bare.geometry.x.to_numpy(),
            "northing": bare.geometry.y.to_numpy(),
            "homes": 0,
        }
    )
    return pd.concat([spots, empty], ignore_index=True)


def _hits(
    spots: pd.DataFrame, shapes: Any, codes: Sequence[str | None], within_m: float
) -> list[list[_Hit]]:
    """Return the polygons at each spot or within so many metres of it."""
    import shapely

    points = shapely.points(spots[["easting", "northing"]].to_numpy(dtype=float))
    shapely.prepare(shapes)
    spot, polygon = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=within_m)
    metres = shapely.distance(points[spot], shapes[polygon])
    metres[shapely.contains_properly(shapes[polygon], points[spot])] = -1.0
    area = shapely.area(shapes)
    found: list[list[_Hit]] = [[] for _ in points]
    for s, p, d in zip(spot.tolist(), polygon.tolist(), metres.tolist(), strict=True):
        found[s].append(_Hit(codes[p], d, float(area[p])))
    return found
