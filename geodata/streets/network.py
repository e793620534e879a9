"""The walking network of a street file: walking times, paths, and what was done to the file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import numpy.typing as npt

from geodata.errors import DataError, Problem
from geodata.files.features import reprojected
from geodata.streets.files import read_street_lines
from geodata.streets.graph import StreetGraph, component_labels, contract, join_vertices
from geodata.streets.loose_ends import join_loose_ends
from geodata.streets.routing import SplitGraph, points_along, split_at
from geodata.streets.snapping import Snapped, Snapper
from geodata.streets.tags import effort, levels, private, steps, walkable
from geodata.walking import WALKING_KMH, Walks, as_legs, as_points, to_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import shapely

__all__ = ["StreetNetwork", "StreetReport"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

KEPT_SHARE: Final = 0.05
"""A piece with at least this share of the largest piece's vertices is a network of its own."""
SNAP_LIMIT_M: Final = 1000.0
"""A point farther than this from every street has no way to it."""


@dataclass(frozen=True, slots=True)
class StreetReport:
    """What was read, joined, dropped and left apart.

    `main_share` is the largest component's share of all vertices; `kept` are the
    components that can be walked, each by itself; `dropped` the smaller ones,
    with `dropped_vertices` vertices, which no point snaps to.
    """

    source: str
    lines_read: int
    not_walkable: int
    private: int
    vertices: int
    edges: int
    joined_ends: int
    components: int
    main_share: float
    kept: int
    dropped: int
    dropped_vertices: int

    def summary(self) -> str:
        """Return what a manager should know about the streets file."""
        told = [f"Streets: {_count(self.lines_read, 'line')} of {self.source}"]
        if self.not_walkable:
            told[0] += f", {self.not_walkable:,} of them not for walking"
        if self.private:
            told[0] += f", {self.private:,} private and used"
        told[0] += f"; {self.vertices:,} points, {self.main_share:.1%} in one connected network"
        if self.joined_ends:
            told[0] += f" after joining {_count(self.joined_ends, 'loose end')}"
        told[0] += "."
        if self.kept > 1:
            told.append(f"There are {self.kept} networks with no way on foot between them.")
        if self.dropped:
            told.append(
                f"Left out: {_count(self.dropped, 'small piece')} apart from it "
                f"({self.dropped_vertices:,} points)."
            )
        return " ".join(told)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class StreetNetwork:
    """Streets that can be walked, as a connected graph.

    Points snap to the nearest place along a street within `SNAP_LIMIT_M`, on
    their own side of the `barriers`; the straight leg there is walked too. Made by
    `from_file` or `from_lines`.

    What was done to the file can be drawn: `lines` is every walkable line with its
    `component` (0 is the largest), whether it is `kept`, `private` or `steps`, and
    its `level`; `joins` is every loose end's tie with its `gap_m`; `legs` the way
    from points to the street.
    """

    def __init__(
        self,
        graph: StreetGraph,
        lines: gpd.GeoDataFrame,
        joins: gpd.GeoDataFrame,
        report: StreetReport,
        *,
        crs: str,
        walking_kmh: float = WALKING_KMH,
        barriers: gpd.GeoDataFrame | None = None,
    ) -> None:
        if not walking_kmh > 0:
            raise ValueError(f"walking_kmh must be above 0, not {walking_kmh}")
        if barriers is not None and barriers.crs != crs:
            raise ValueError(f"barriers are in {barriers.crs}, the streets in {crs}")
        self.graph = graph
        self.barriers = barriers
        self.lines = lines
        self.joins = joins
        self.report = report
        self.crs = crs
        self.walking_kmh = walking_kmh
        self._snapper = Snapper(graph, SNAP_LIMIT_M)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        crs: str = "EPSG:27700",
        *,
        walking_kmh: float = WALKING_KMH,
        layer: str | None = None,
        barriers: gpd.GeoDataFrame | None = None,
    ) -> Self:
        """Read a street file: .osm, .osm.pbf, OSMnx .graphml, .gpkg, .geojson, .shp.

        Parameters
        ----------
        path
            The file.
        crs
            The metric coordinate system of every point that will be asked for.
        walking_kmh
            Walking speed.
        layer
            The layer of a file with several; by default the one that holds lines.
        barriers
            What nobody walks across between a point and its street, in `crs`; see
            `geodata.read_barriers`.

        Raises
        ------
        DataError
            The file cannot be used; says why and what to do.
        """
        lines = read_street_lines(path, layer=layer)
        return cls.from_lines(
            lines, crs, walking_kmh=walking_kmh, source=Path(path).name, barriers=barriers
        )

    @classmethod
    def from_lines(
        cls,
        lines: gpd.GeoDataFrame,
        crs: str = "EPSG:27700",
        *,
        walking_kmh: float = WALKING_KMH,
        source: str = "streets",
        barriers: gpd.GeoDataFrame | None = None,
    ) -> Self:
        """Build the network from lines in any coordinate system; see `from_file`."""
        projected = _project(lines, crs, source)
        may_walk = walkable(projected)
        if not may_walk.any():
            raise _unusable(source, "holds no street that can be walked", "give another file")
        streets = projected[may_walk].reset_index(drop=True)
        level, hard = levels(streets), effort(streets)
        shared, first_vertex = join_vertices(
            streets.geometry.array, level, hard, ends_only=_joins_at_ends(streets)
        )
        joined, ties = join_loose_ends(shared)
        if not len(joined.segments):
            raise _unusable(source, "holds no street of any length", "give another file")
        label = component_labels(joined)
        size = np.bincount(label)
        kept = size >= max(2.0, KEPT_SHARE * size[0])
        graph = contract(joined, kept[label])
        shown = streets[[*(c for c in ("highway", "name") if c in streets), "geometry"]].copy()
        shown["component"] = label[first_vertex]
        shown["kept"] = kept[shown["component"]]
        shown["private"], shown["steps"], shown["level"] = private(streets), steps(streets), level
        report = StreetReport(
            source=source,
            lines_read=len(projected),
            not_walkable=int((~may_walk).sum()),
            private=int(shown["private"].sum()),
            vertices=len(joined.xy),
            edges=len(joined.segments),
            joined_ends=len(ties),
            components=len(size),
            main_share=float(size[0] / size.sum()),
            kept=int(kept.sum()),
            dropped=int((~kept).sum()),
            dropped_vertices=int(size[~kept].sum()),
        )
        joins = _ties(ties, crs)
        return cls(graph, shown, joins, report, crs=crs, walking_kmh=walking_kmh, barriers=barriers)

    def walk_metres(self, origins: npt.ArrayLike, destinations: npt.ArrayLike) -> FloatArray:
        """Return the (n, m) metres of the quickest ways from (n, 2) origins to (m, 2) destinations.

        The straight legs to the street and from it are included; a point to
        itself is 0. Infinite where there is no way, or a point is without
        coordinates or too far from every street.
        """
        return self.walks(origins, destinations).metres

    def walk_seconds(self, origins: npt.ArrayLike, destinations: npt.ArrayLike) -> FloatArray:
        """Return (n, m) seconds as `walk_metres` at `walking_kmh`, on steps more slowly."""
        (effort_m,) = self._with_legs(
            origins, destinations, lambda split, start, end: (split.effort(start, end),)
        )
        return to_seconds(effort_m, self.walking_kmh)

    def walks(
        self,
        origins: npt.ArrayLike,
        destinations: npt.ArrayLike,
        *,
        within_m: float = math.inf,
    ) -> Walks:
        """Return `walk_seconds` and `walk_metres` of the same ways.

        Infinite where the way along the streets is longer than `within_m` (steps count as
        more): on large networks it takes much less time then.
        """
        effort_m, metres = self._with_legs(
            origins, destinations, lambda split, *ends: split.walks(*ends, within_m)
        )
        return Walks(to_seconds(effort_m, self.walking_kmh), metres)

    def _with_legs(
        self,
        origins: npt.ArrayLike,
        destinations: npt.ArrayLike,
        measure: Callable[[SplitGraph, IntArray, IntArray], tuple[FloatArray, ...]],
    ) -> tuple[FloatArray, ...]:
        start, end = as_points(origins), as_points(destinations)
        places = self.snap(np.concatenate([start, end]))
        n = len(start)
        along = measure(self.split(places), np.arange(n), np.arange(n, len(places)))
        # The legs are added first, so that there and back are the same sum.
        legs = places.leg_m[:n, None] + places.leg_m[None, n:]
        same = (start[:, None, 0] == end[None, :, 0]) & (start[:, None, 1] == end[None, :, 1])
        return tuple(
            np.where(same & np.isfinite(metres), 0.0, metres)
            for metres in (a + legs for a in along)
        )

    def path(self, origin: npt.ArrayLike, destination: npt.ArrayLike) -> shapely.LineString:
        """Return the quickest way from one point to another; empty where there is none."""
        return self.paths(as_points([origin]), as_points([destination]))[0]

    def paths(
        self, origins: npt.ArrayLike, destinations: npt.ArrayLike
    ) -> list[shapely.LineString]:
        """Return the quickest way of every leg: origin i to destination i.

        A way's length is `walk_metres`; it is empty where there is none.
        """
        import shapely

        start, end = as_legs(origins, destinations)
        n = len(start)
        split = self.split(self.snap(np.concatenate([start, end])))
        ways = split.ways(np.arange(n), np.arange(n, 2 * n))
        lines = []
        for a, b, way in zip(start, end, ways, strict=True):
            if way is None:
                lines.append(shapely.LineString())
            elif np.array_equal(a, b):
                lines.append(shapely.LineString([a, b]))
            else:
                lines.append(shapely.LineString(np.concatenate([[a], way, [b]])))
        return lines

    def snap(self, points: npt.ArrayLike, *, barriers: gpd.GeoDataFrame | None = None) -> Snapped:
        """Return each point's nearest place along a street, on its own side of the barriers.

        Of the network's `barriers`, unless others are given. Where no street on
        the point's side is within `OWN_SIDE_M`, it is the nearest on any side.
        """
        return self._snapper.snap(
            as_points(points), self.barriers if barriers is None else barriers
        )

    def legs(self, points: gpd.GeoSeries) -> gpd.GeoDataFrame:
        """Return the straight leg of each point to its street, on the same index.

        Columns `leg_m` and `geometry`: infinite and empty for a point without a street.
        """
        import geopandas as gpd
        import shapely

        if points.crs is None or points.crs != self.crs:
            raise ValueError(f"the points are in {points.crs}, the streets in {self.crs}")
        xy = np.column_stack([points.x, points.y])
        places = self.snap(xy)
        known = np.flatnonzero(places.edge >= 0)
        street = points_along(self.graph, places.edge[known], places.at_m[known])
        shapes = np.full(len(xy), shapely.LineString(), dtype=object)
        shapes[known] = shapely.linestrings(np.stack([xy[known], street], axis=1))
        return gpd.GeoDataFrame(
            {"leg_m": places.leg_m}, geometry=shapes, index=points.index, crs=self.crs
        )

    def split(self, places: Snapped) -> SplitGraph:
        """Return the street graph with the places as nodes."""
        return split_at(self.graph, places)


def _joins_at_ends(streets: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines say between which nodes they run: bends of theirs are no junctions."""
    if not {"start_node", "end_node"} <= set(streets.columns):
        return np.zeros(len(streets), dtype=bool)
    return np.asarray(streets[["start_node", "end_node"]].notna().all(axis=1), dtype=np.bool_)


def _ties(ties: FloatArray, crs: str) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    gap = np.hypot(*(ties[:, 1] - ties[:, 0]).T)
    return gpd.GeoDataFrame({"gap_m": gap}, geometry=shapely.linestrings(ties), crs=crs)


def _unusable(source: str, reason: str, remedy: str) -> DataError:
    return DataError([Problem(file=source, reason=reason, remedy=remedy)])


def _project(lines: gpd.GeoDataFrame, crs: str, source: str) -> gpd.GeoDataFrame:
    """Return the lines in the metric `crs`, without what lies outside its reach."""
    import pyproj

    target = pyproj.CRS.from_user_input(crs)
    if not target.is_projected or target.axis_info[0].unit_conversion_factor != 1.0:
        raise ValueError(f"{crs} is not a projected coordinate system in metres")
    if lines.crs is None:
        raise _unusable(source, "does not say its coordinate system", "set its .crs")
    projected = reprojected(lines, target, file=source)
    inside = np.isfinite(projected.bounds.to_numpy()).all(axis=1)
    if not inside.any():
        raise _unusable(
            source, f"lies outside the area of {crs}", "give streets of the same area as the homes"
        )
    return projected[inside].reset_index(drop=True)
