"""Few colours, told apart by people with colour-blindness, and never the only cue.

Fills are Paul Tol's "light" scheme, made for labelled areas under black text, each with a
hatching of its own; lines are darker, at least 3:1 against a white ground, with dashes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import geopandas as gpd

    from optimiser.model import PatchPlan, WorkspaceView

__all__ = [
    "DASHES",
    "FILLS",
    "HATCHES",
    "LINES",
    "line_style",
    "map_colours",
    "patch_colours",
    "pattern_defs",
]

FILLS: Final = (
    "#77aadd",
    "#eedd88",
    "#44bb99",
    "#ffaabb",
    "#bbcc33",
    "#99ddff",
    "#ee8866",
    "#dddddd",
)
# SVG paths in a 10 x 10 tile, one a fill; the first is plain.
HATCHES: Final = (
    "",
    "M-2,2 l4,-4 M0,10 l10,-10 M8,12 l4,-4",
    "M0,5 h10",
    "M-2,8 l4,4 M0,0 l10,10 M8,-2 l4,4",
    "M4,5 h2",
    "M5,0 v10",
    "M0,0 l10,10 M0,10 l10,-10",
    "M0,5 h10 M5,0 v10",
)
LINES: Final = (
    "#0072b2",
    "#b34700",
    "#117733",
    "#882255",
    "#332288",
    "#6b5b00",
    "#c2337f",
    "#00707a",
)
DASHES: Final = ("", "10 5", "2 5", "12 4 2 4")


def patch_colours(view: WorkspaceView, plan: PatchPlan) -> dict[str, int]:
    """Return patch -> index into `FILLS`, the same on every page of a redraw."""
    before = {a.block_ref: a.old_patch for a in plan.assignments if a.old_patch}
    shapes = [view.patch_shapes(plan.patch_of())]
    return map_colours(*shapes, *([view.patch_shapes(before)] if before else []))


def map_colours(*layers: gpd.GeoDataFrame, touch_m: float = 1.0) -> dict[str, int]:
    """Return patch -> index into `FILLS`, so that patches that touch differ.

    Parameters
    ----------
    layers
        Polygons in a metric CRS with a column patch. A patch keeps its colour over all of
        them, and neighbours of any layer differ.
    touch_m
        Polygons within this many metres count as neighbours.

    Notes
    -----
    Greedy colouring by saturation (Brélaz 1979, DSATUR). Where it needs more colours
    than there are, the surplus share some; labels and outlines still tell them apart.
    """
    import networkx as nx

    graph: nx.Graph = nx.Graph()
    for layer in layers:
        names = layer["patch"].astype(str).tolist()
        graph.add_nodes_from(names)
        shapes = layer.geometry.to_numpy()
        left, right = layer.sindex.query(shapes, predicate="dwithin", distance=touch_m)
        graph.add_edges_from(
            (names[i], names[j]) for i, j in zip(left, right, strict=True) if names[i] != names[j]
        )
    ordered: nx.Graph = nx.Graph()
    ordered.add_nodes_from(sorted(graph))
    ordered.add_edges_from(sorted(tuple(sorted(edge)) for edge in graph.edges))
    few: Mapping[str, int] = nx.greedy_color(ordered, strategy="DSATUR")
    colours = {name: colour % len(FILLS) for name, colour in sorted(few.items())}
    # The greedy order favours the first colours; evened out, a colour says less.
    used = Counter(colours.values())
    for name in colours:
        free = set(range(len(FILLS))) - {colours[other] for other in ordered[name]}
        best = min(free, key=lambda colour: (used[colour], colour), default=colours[name])
        if used[best] + 1 < used[colours[name]]:
            used[colours[name]] -= 1
            used[best] += 1
            colours[name] = best
    return colours


def pattern_defs() -> str:
    """Return an SVG element that defines the fills as patterns `fill-0`, `fill-1` and on."""
    patterns = "".join(
        f'<pattern id="fill-{k}" patternUnits="userSpaceOnUse" width="10" height="10">'
        f'<rect width="10" height="10" fill="{fill}"/>'
        f'<path d="{hatch}" stroke="#0b0c0c" stroke-opacity="0.55" stroke-width="1"/></pattern>'
        for k, (fill, hatch) in enumerate(zip(FILLS, HATCHES, strict=True))
    )
    return (
        '<svg width="0" height="0" style="position:absolute" aria-hidden="true">'
        f"<defs>{patterns}</defs></svg>"
    )


def line_style(index: int) -> tuple[str, str]:
    """Return the colour and dashes of the index-th line; they repeat after 32."""
    return LINES[index % len(LINES)], DASHES[index // len(LINES) % len(DASHES)]
