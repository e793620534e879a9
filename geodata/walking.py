"""Walking times and paths: what any walking network offers, and the one without streets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely

__all__ = [
    "DETOUR",
    "WALKING_KMH",
    "NetworkReport",
    "StraightLines",
    "StraightLinesReport",
    "WalkingNetwork",
    "Walks",
]

FloatArray = npt.NDArray[np.float64]

WALKING_KMH: Final = 4.5
"""A modelling value."""
DETOUR: Final = 1.3
"""How much longer the way on foot is than the straight line in a town; a modelling value."""


class Walks(NamedTuple):
    """The quickest ways between n and m points: (n, m) each, infinite where there is none."""

    seconds: FloatArray
    metres: FloatArray


class NetworkReport(Protocol):
    """What a network says about itself."""

    def summary(self) -> str:
        """Return the report in a sentence or two."""
        ...


class WalkingNetwork(Protocol):
    """Walking times and paths between points of one metric coordinate system."""

    @property
    def crs(self) -> str:
        """The coordinate system of every point given and returned."""
        ...

    @property
    def walking_kmh(self) -> float:
        """The speed that turns metres into seconds."""
        ...

    @property
    def report(self) -> NetworkReport:
        """What was joined, dropped or assumed."""
        ...

    @property
    def lines(self) -> gpd.GeoDataFrame:
        """The streets, for base maps; empty where there are none."""
        ...

    def walk_seconds(self, origins: npt.ArrayLike, destinations: npt.ArrayLike) -> FloatArray:
        """Return (n, m) seconds from each of (n, 2) origins to each of (m, 2) destinations."""
        ...

    def walk_metres(self, origins: npt.ArrayLike, destinations: npt.ArrayLike) -> FloatArray:
        """Return (n, m) metres; infinite where there is no way."""
        ...

    def walks(
        self,
        origins: npt.ArrayLike,
        destinations: npt.ArrayLike,
        *,
        within_m: float = math.inf,
    ) -> Walks:
        """Return `walk_seconds` and `walk_metres` of the same ways; longer ones are infinite."""
        ...

    def path(self, origin: npt.ArrayLike, destination: npt.ArrayLike) -> shapely.LineString:
        """Return the way from one point to another; empty where there is none."""
        ...

    def paths(
        self, origins: npt.ArrayLike, destinations: npt.ArrayLike
    ) -> list[shapely.LineString]:
        """Return the way of every leg: origin i to destination i."""
        ...


@dataclass(frozen=True, slots=True)
class StraightLinesReport:
    """Says that walking times are estimates."""

    detour: float

    def summary(self) -> str:
        """Return the sentence that every output must show."""
        return (
            "No streets file: walking times are estimated from straight lines, "
            f"made {self.detour:g} times as long."
        )


@dataclass(frozen=True, slots=True)
class StraightLines:
    """A network without streets: straight lines, `detour` times as long.

    Paths are drawn straight, so that they are shorter than `walk_metres` says.
    """

    detour: float = DETOUR
    walking_kmh: float = WALKING_KMH
    crs: str = "EPSG:27700"

    def __post_init__(self) -> None:
        if not self.detour >= 1:
            raise ValueError(f"detour must be at least 1, not {self.detour}")
        if not self.walking_kmh > 0:
            raise ValueError(f"walking_kmh must be above 0, not {self.walking_kmh}")

    @property
    def report(self) -> StraightLinesReport:
        """Say that these are estimates."""
        return StraightLinesReport(self.detour)

    @property
    def lines(self) -> gpd.GeoDataFrame:
        """Return no streets."""
        import geopandas as gpd

        return gpd.GeoDataFrame({"highway": [], "name": []}, geometry=[], crs=self.crs)

    def walk_metres(self, origins: npt.ArrayLike, destinations: npt.ArrayLike) -> FloatArray:
        """Return (n, m) metres; infinite from or to a point without coordinates."""
        from scipy.spatial.distance import cdist

        metres = self.detour * cdist(as_points(origins), as_points(destinations))
        return np.where(np.isfinite(metres), metres, np.inf)

    def walk_seconds(self, origins: npt.ArrayLike, destinations: npt.ArrayLike) -> FloatArray:
        """Return (n, m) seconds at `walking_kmh`."""
        return self.walks(origins, destinations).seconds

    def walks(
        self,
        origins: npt.ArrayLike,
        destinations: npt.ArrayLike,
        *,
        within_m: float = math.inf,
    ) -> Walks:
        """Return `walk_seconds` and `walk_metres`; infinite where longer than `within_m`."""
        metres = self.walk_metres(origins, destinations)
        metres = np.where(metres <= within_m, metres, np.inf)
        return Walks(to_seconds(metres, self.walking_kmh), metres)

    def path(self, origin: npt.ArrayLike, destination: npt.ArrayLike) -> shapely.LineString:
        """Return the straight line."""
        return self.paths(as_points([origin]), as_points([destination]))[0]

    def paths(
        self, origins: npt.ArrayLike, destinations: npt.ArrayLike
    ) -> list[shapely.LineString]:
        """Return the straight line of every leg."""
        import shapely

        legs = np.stack(as_legs(origins, destinations), axis=1)
        known = np.isfinite(legs).all(axis=(1, 2))
        lines: list[Any] = [shapely.LineString()] * len(legs)
        for k in np.flatnonzero(known).tolist():
            lines[k] = shapely.LineString(legs[k])
        return lines


def to_seconds(metres: FloatArray, walking_kmh: float) -> FloatArray:
    """Return the time to walk so far."""
    return metres * (3.6 / walking_kmh)


def as_points(points: npt.ArrayLike | list[npt.ArrayLike]) -> FloatArray:
    """Return points as an (n, 2) array."""
    array = np.asarray(points, dtype=np.float64)
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"points must be an (n, 2) array, not of shape {array.shape}")
    return array


def as_legs(origins: npt.ArrayLike, destinations: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return both ends of every leg as (n, 2) arrays of the same length."""
    start, end = as_points(origins), as_points(destinations)
    if len(start) != len(end):
        raise ValueError(f"{len(start)} origins but {len(end)} destinations")
    return start, end
