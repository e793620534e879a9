"""Patches as polygons, drawn several times over the same blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geodata.tessellation import Ground
    from optimiser.workspace.workspace import Workspace

__all__ = ["PatchShapes"]


class PatchShapes:
    """Draws patches; the cells of the last blocks asked for are kept for the next patches.

    The ways before and after a redraw and the editor's blocks all lie in the same cells.
    """

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._blocks: pd.Index[str] | None = None
        self._ground: Ground | None = None

    def of(self, patch_of: Mapping[str, str]) -> gpd.GeoDataFrame:
        """Return the polygons of the patches of block_ref -> patch."""
        import pandas as pd

        from geodata.boundaries.area_shapes import dissolve_areas
        from geodata.tessellation import patch_polygons

        ws = self._ws
        patch = pd.Series(dict(patch_of), dtype=object).reindex(ws.blocks.index).dropna()
        areas = ws.inputs.stock.areas
        if areas is not None:
            return dissolve_areas(areas.loc[patch.index], patch)
        points = ws.blocks.geometry.loc[patch.index]
        return patch_polygons(
            points,
            patch,
            boundary=ws.boundary,
            network=ws.network,
            barriers=ws.barriers,
            adjacency=ws.adjacency.among(ws.blocks.index.isin(patch.index)),
            ground=self._ground_of(points),
        )

    def _ground_of(self, points: gpd.GeoSeries) -> Ground | None:
        from geodata.tessellation import Ground

        if points.empty:
            return None
        if self._blocks is None or not self._blocks.equals(points.index):
            ws = self._ws
            self._ground = Ground.of(
                points,
                boundary=ws.boundary,
                network=ws.network,
                barriers=ws.barriers,
                around=True,
            )
            self._blocks = points.index
        return self._ground
