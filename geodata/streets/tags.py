"""Who may walk where, and at which level, by OpenStreetMap's own tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["STEPS_EFFORT", "carriageway", "effort", "levels", "private", "walkable"]

STEPS_EFFORT: Final = 2.0
"""A metre of steps takes as long as this many on the level; a modelling value."""

_NEVER: Final = frozenset(
    {"motorway", "motorway_link", "raceway", "bus_guideway", "busway", "escape"}
    | {"proposed", "planned", "construction", "abandoned", "disused", "razed", "demolished"}
    | {"rest_area", "services", "no"}
)
_CARRIAGEWAY: Final = frozenset(
    {"trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street"}
    | {"trunk_link", "primary_link", "secondary_link", "tertiary_link", "pedestrian", "road"}
)
_FOOT_NO: Final = frozenset({"no", "use_sidepath"})
_FOOT_YES: Final = frozenset({"yes", "designated", "permissive", "official", "destination"})
_ACCESS_NO: Final = frozenset({"no", "military"})
_PRIVATE: Final = frozenset({"private", "permit", "residents"})
_FAR_LAYER: Final = 100
"""No street has so many others below it: what says so is a slip."""
_NOT_SET: Final = frozenset({"", "no", "none", "nan", "false", "0", "f"})


def walkable(lines: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines a pedestrian may use.

    Motorways, and roads that bar walkers (`foot`, or `access` or `motorroad`
    where `foot` does not allow it), are out. So is a line that is no street
    (`highway` empty) in a file that has `highway`. Private ways stay in: the
    officers visit the people who live there.
    """
    foot, access = _tag(lines, "foot"), _tag(lines, "access")
    allowed = foot.isin(_FOOT_YES)
    barred = foot.isin(_FOOT_NO)
    barred |= access.isin(_ACCESS_NO) & ~allowed
    barred |= _tag(lines, "motorroad").eq("yes") & ~allowed
    barred |= _tag(lines, "road_classification").eq("motorway")
    if "highway" in lines:
        barred |= ~_tag(lines, "highway").map(_has_walkable_class).astype(bool)
    return np.asarray(~barred, dtype=np.bool_)


def private(lines: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines are tagged as private to someone."""
    is_private = _tag(lines, "foot").isin(_PRIVATE)
    open_to_walkers = _tag(lines, "foot").isin(_FOOT_YES)
    is_private |= _tag(lines, "access").isin(_PRIVATE) & ~open_to_walkers
    return np.asarray(is_private, dtype=np.bool_)


def carriageway(lines: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines are streets between buildings, not paths, steps or service ways.

    All of them where the file does not tell, or has no other.
    """
    if "highway" in lines:
        found = _tag(lines, "highway").map(lambda v: not _CARRIAGEWAY.isdisjoint(_classes(v)))
        if found.any():
            return np.asarray(found, dtype=np.bool_)
    return np.ones(len(lines), dtype=np.bool_)


def effort(lines: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return how many metres on the level a metre of each line takes as long as."""
    if "highway" not in lines:
        return np.ones(len(lines))
    steps = _tag(lines, "highway").map(lambda value: "steps" in _classes(value))
    return np.where(steps.astype(bool), STEPS_EFFORT, 1.0)


def levels(lines: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return each line's level: its `layer`, else 1 for a bridge and -1 for a tunnel, else 0."""
    import pandas as pd

    layer = pd.to_numeric(_tag(lines, "layer"), errors="coerce")
    layer = layer.where(layer.abs() <= _FAR_LAYER)
    bridge = ~_tag(lines, "bridge").isin(_NOT_SET)
    tunnel = ~_tag(lines, "tunnel").isin(_NOT_SET)
    default = bridge.astype(int) - (tunnel & ~bridge).astype(int)
    return np.asarray(layer.fillna(default), dtype=np.int64)


def _tag(lines: gpd.GeoDataFrame, name: str) -> pd.Series[Any]:
    """Return a tag as lower-case text, empty where the line or the file has none."""
    import pandas as pd

    if name not in lines:
        return pd.Series("", index=lines.index, dtype=object)
    column: pd.Series[Any] = lines[name].astype(object)
    return column.where(column.notna(), "").astype(str).str.strip().str.lower()


def _classes(highway: str) -> list[str]:
    """Return the classes of a line; OSMnx joins ways as "['primary', 'path']"."""
    parts = highway.strip("[]").replace("'", "").replace('"', "").split(",")
    return [part.strip() for part in parts if part.strip()]


def _has_walkable_class(highway: str) -> bool:
    return any(c not in _NEVER for c in _classes(highway))
