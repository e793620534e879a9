"""Who may walk where, and at which level, by OpenStreetMap's own tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["STEPS_EFFORT", "carriageway", "effort", "levels", "private", "steps", "walkable"]

STEPS_EFFORT: Final = 2.0
"""A metre of steps takes as long as this many on the level; a modelling value. At 4.5 km/h it
gives 0.63 m/s along the ground, between the 0.5 up and 0.7 down that Fruin measured on stairs
(Pedestrian Planning and Design, 1971)."""

_NEVER: Final = frozenset(
    {"motorway", "motorway_link", "raceway", "escape", "via_ferrata"}
    | {"proposed", "planned", "construction", "abandoned", "disused", "razed", "demolished"}
    | {"rest_area", "services", "no"}
)
_BUSES_ONLY: Final = frozenset({"bus_guideway", "busway"})
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
_AT_GROUND: Final = frozenset({"building_passage", "covered"})
"""Tunnels through a building, which stay on the level of the street."""
_RESTRICTED: Final = frozenset({"restricted local access road", "restricted secondary access road"})
_OS_BRIDGE: Final = frozenset({"road on bridge"})
_OS_TUNNEL: Final = frozenset({"road in tunnel"})
"""OS Open Roads' words."""


def walkable(lines: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines a pedestrian may use.

    Motorways, ferries, ways not built yet or no more, and roads that bar
    walkers (`foot`, or `access`, `motorroad` or a bus road where `foot` does
    not allow it), are out. So is a line that is no street (`highway` empty) in a
    file that has `highway`. Private ways stay in: the officers visit the people
    who live there. Cycleways and bridleways are open to walkers in Britain, and
    so is a road with a footway mapped beside it (`sidewalk=separate`), which one
    has to cross somewhere. A line made of several ways, as OSMnx makes them, is
    out where one of them is.
    """
    barred = _has(lines, "foot", _FOOT_NO)
    allowed = _has(lines, "foot", _FOOT_YES) & ~barred
    at_home = _has(lines, "foot", _PRIVATE)
    barred |= _has(lines, "access", _ACCESS_NO) & ~allowed & ~at_home
    barred |= _has(lines, "motorroad", {"yes"}) & ~allowed
    barred |= _has(lines, "highway", _BUSES_ONLY) & ~allowed
    barred |= _has(lines, "highway", _NEVER) | _has(lines, "route", {"ferry"})
    barred |= _has(lines, "road_classification", {"motorway"})
    barred |= _has(lines, "road_function", {"motorway"})
    barred |= _has(lines, "form_of_way", {"guided busway"})
    if "highway" in lines:
        barred |= np.asarray(_tag(lines, "highway").eq(""), dtype=np.bool_)
    return ~barred


def private(lines: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines are tagged as private to someone."""
    open_to_walkers = _has(lines, "foot", _FOOT_YES)
    is_private = _has(lines, "access", _PRIVATE) & ~open_to_walkers
    is_private |= _has(lines, "foot", _PRIVATE)
    return is_private | _has(lines, "road_function", _RESTRICTED)


def carriageway(lines: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines are streets between buildings, not paths, steps or service ways.

    All of them where the file does not tell, or has no other.
    """
    if "highway" in lines:
        found = _has(lines, "highway", _CARRIAGEWAY)
        if found.any():
            return found
    return np.ones(len(lines), dtype=np.bool_)


def steps(lines: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which lines are steps."""
    return _has(lines, "highway", {"steps"})


def effort(lines: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return how many metres on the level a metre of each line takes as long as."""
    return np.where(steps(lines), STEPS_EFFORT, 1.0)


def levels(lines: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return each line's level: its `layer`, else 1 for a bridge and -1 for a tunnel, else 0.

    A passage through a building is on the level of the street, whatever its `layer`.
    """
    import pandas as pd

    layer = pd.to_numeric(_tag(lines, "layer"), errors="coerce")
    layer = layer.where(layer.abs() <= _FAR_LAYER)
    bridge = ~_tag(lines, "bridge").isin(_NOT_SET) | _has(lines, "road_structure", _OS_BRIDGE)
    tunnel = ~_tag(lines, "tunnel").isin(_NOT_SET) | _has(lines, "road_structure", _OS_TUNNEL)
    default = bridge.astype(int) - (tunnel & ~bridge).astype(int)
    passage = _has(lines, "tunnel", _AT_GROUND)
    return np.where(passage, 0, layer.fillna(default)).astype(np.int64)


def _tag(lines: gpd.GeoDataFrame, name: str) -> pd.Series[Any]:
    """Return a tag as lower-case text, empty where the line or the file has none."""
    import pandas as pd

    if name not in lines:
        return pd.Series("", index=lines.index, dtype=object)
    column: pd.Series[Any] = lines[name].astype(object)
    return column.where(column.notna(), "").astype(str).str.strip().str.lower()


def _has(
    lines: gpd.GeoDataFrame, name: str, wanted: frozenset[str] | set[str]
) -> npt.NDArray[np.bool_]:
    """Return which lines have one of the values; a line of several ways has those of each."""
    text = _tag(lines, name)
    found = [value for value in text.unique() if not wanted.isdisjoint(_values(value))]
    return np.array(text.isin(found), dtype=np.bool_)


def _values(text: str) -> list[str]:
    """Return the values of a tag: OSMnx joins ways as "['primary', 'path']", mappers by ";"."""
    return [part.strip(" []'\"") for part in re.split("[,;]", text)]
