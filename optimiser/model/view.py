"""What the outputs need of a workspace, so that they need not import it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely import LineString

__all__ = ["WorkspaceView"]

Point = tuple[float, float]


class WorkspaceView(Protocol):
    """Frames and shapes to draw; every geometry is in `crs`."""

    @property
    def title(self) -> str:
        """The landlord's or data set's name; may be empty."""
        ...

    @property
    def synthetic(self) -> bool:
        """True where homes, people and requests are invented; every output then says so."""
        ...

    @property
    def attribution(self) -> str:
        """Who the data is from, for the foot of each output; may be empty."""
        ...

    @property
    def problems(self) -> Sequence[Any]:
        """What is wrong with the files, as geodata's problems, which the model does not import."""
        ...

    @property
    def caveats(self) -> Sequence[str]:
        """What was assumed about the input and belongs on every output."""
        ...

    @property
    def crs(self) -> str:
        """The metric CRS, as "EPSG:27700"."""
        ...

    @property
    def unit(self) -> str:
        """What a redraw deals out: "block", or "area" where homes are counts of areas."""
        ...

    @property
    def homes(self) -> pd.DataFrame:
        """One row a home: property_ref, block_ref, address, tenure, floor, patch and more."""
        ...

    @property
    def blocks(self) -> gpd.GeoDataFrame:
        """Index block_ref; block_name, estate, homes, patch (current), geometry (points)."""
        ...

    @property
    def officers(self) -> pd.DataFrame:
        """One row an officer: officer_ref, fte, service_centre, patch and more."""
        ...

    @property
    def visits(self) -> pd.DataFrame | None:
        """One row a request: visit_ref, property_ref, visit_type, due_by and more."""
        ...

    @property
    def fixed(self) -> pd.DataFrame | None:
        """One row a surgery or duty desk: officer_ref, date, end_s, kind, place and more."""
        ...

    @property
    def service_centres(self) -> gpd.GeoDataFrame | None:
        """Index service_centre; name, geometry (points)."""
        ...

    @property
    def boundary(self) -> gpd.GeoDataFrame | None:
        """The area's outline."""
        ...

    @property
    def street_lines(self) -> gpd.GeoDataFrame | None:
        """Streets for the base map, as lines."""
        ...

    @property
    def ground(self) -> gpd.GeoDataFrame | None:
        """Water and parks for the base map: kind ("park", "water"), polygons; parks first."""
        ...

    def patch_shapes(self, patch_of: Mapping[str, str]) -> gpd.GeoDataFrame:
        """Return columns patch, geometry: polygons of the patches of block_ref -> patch."""
        ...

    def walk_paths(self, legs: Sequence[tuple[Point, Point]]) -> list[LineString]:
        """Return the way on foot of each leg, as (easting, northing) lines."""
        ...
