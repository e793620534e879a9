"""The patch editor: a page on which a manager moves blocks between patches by hand.

It works offline and decides nothing: it counts workload, homes and moved households as
the redraw does, shows what a change breaks, and saves the change as a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optimiser.model import PatchPlan, PatchProblem, WorkspaceView
from optimiser.outputs.colours import patch_colours
from optimiser.outputs.maps.base import (
    WGS84,
    add_boundary,
    add_ground,
    add_service_centres,
    add_streets,
    feature_collection,
    new_map,
)
from optimiser.outputs.maps.page import add_page, inline_json, script
from optimiser.outputs.wording import assumptions, headed

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

__all__ = ["EDIT_FORMAT", "editor_data", "patch_editor"]

EDIT_FORMAT: Final = "doorstep patch edit 1"
SIMPLIFY_M: Final = 4.0
TOUCH_M: Final = 0.5


def patch_editor(
    view: WorkspaceView, plan: PatchPlan, problem: PatchProblem, *, basemap: bool = False
) -> folium.Map:
    """Return the editor of a plan, as a map to be saved by `save_page`.

    Parameters
    ----------
    view
        The workspace that the plan is of.
    plan
        Where editing starts.
    problem
        What the plan solves: each block's workload, its neighbours, the limits.
    basemap
        Whether it loads web tiles.
    """
    from folium.map import CustomPane

    result = new_map(view, basemap=basemap)
    # Areas are clicked, so nothing that takes the mouse may lie above them.
    CustomPane("marks", z_index=430).add_to(result)
    add_ground(result, view)
    add_boundary(result, view)
    add_streets(result, view)
    add_service_centres(result, view)
    add_page(
        result,
        view,
        heading=headed("Patch editor", view.title),
        template="editor.html",
        controls="editor_controls.html",
        values={
            "plan": plan,
            "slots": problem.slots,
            "notes": assumptions(plan.notes, view.caveats),
        },
        script=(
            f"{script('editor_model.js')}\n{script('editor.js')}\nwindow.doorstepEditor = "
            f"doorstepEdit(map, {inline_json(editor_data(view, plan, problem))});"
        ),
    )
    return result


def editor_data(view: WorkspaceView, plan: PatchPlan, problem: PatchProblem) -> dict[str, Any]:
    """Return blocks, neighbours, patches and shapes as the editor's script reads them."""
    patches = [slot.patch for slot in problem.slots]
    position = {patch: k for k, patch in enumerate(patches)}
    patch_of = plan.patch_of()
    fills = patch_colours(view, plan)
    points = view.blocks.geometry.to_crs(WGS84)
    refs = [block.block_ref for block in problem.blocks]
    blocks = []
    for k, block in enumerate(problem.blocks):
        point = points.get(block.block_ref)
        stay = {
            patches[p]: block.homes - int(moved)
            for p, moved in enumerate(problem.moved_homes[k])
            if moved < block.homes
        }
        blocks.append(
            {
                "ref": block.block_ref,
                "name": str(view.blocks["block_name"].get(block.block_ref) or block.block_ref),
                "estate": block.estate or "",
                "homes": block.homes,
                "load": block.workload,
                "old": block.current_patch or "",
                "patch": position[patch_of[block.block_ref]],
                # Households that keep their officer, by patch; where all move, nothing is said.
                "stay": stay,
                "banned": [p for p, ok in enumerate(problem.allowed[k]) if not ok],
                "at": None if point is None else [round(point.y, 5), round(point.x, 5)],
            }
        )
    cells, borders = _cells(view, refs)
    return {
        "format": EDIT_FORMAT,
        "title": view.title,
        "unit": view.unit,
        "blocks": blocks,
        "edges": problem.edges.tolist(),
        "held": list(plan.by_hand),
        "locked": list(plan.locked),
        "patches": [
            {
                "code": slot.patch,
                "officer": slot.officer_ref or "vacant",
                "target": slot.target,
                "lower": slot.lower,
                "upper": slot.upper,
                "fill": fills.get(slot.patch, 0),
            }
            for slot in problem.slots
        ],
        "cells": cells,
        "borders": borders,
    }


def _cells(view: WorkspaceView, refs: list[str]) -> tuple[dict[str, Any], list[Any]]:
    """Return a polygon a block, and the lines between blocks: [block, block, line of lat, lon]."""
    import shapely

    # A patch of one block each: the same tessellation that draws the patches.
    shapes = view.patch_shapes({ref: ref for ref in refs})
    index = {ref: k for k, ref in enumerate(refs)}
    shapes = shapes[shapes["patch"].isin(refs)].reset_index(drop=True)
    number = [index[str(ref)] for ref in shapes["patch"]]
    shapes = shapes.set_geometry(
        shapely.coverage_simplify(shapes.geometry.to_numpy(), SIMPLIFY_M), crs=view.crs
    )
    polygons = feature_collection(
        shapes.geometry.to_crs(WGS84).to_numpy(), [{"block": k} for k in number]
    )
    return polygons, _borders(shapes, number)


def _borders(shapes: gpd.GeoDataFrame, number: list[int]) -> list[Any]:
    import geopandas as gpd
    import numpy as np
    import shapely

    geometry = shapes.geometry.to_numpy()
    left, right = shapes.sindex.query(geometry, predicate="dwithin", distance=TOUCH_M)
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.intersection(
        shapely.boundary(geometry[left]), shapely.boundary(geometry[right])
    )
    lines = gpd.GeoSeries(shapely.line_merge(shared), crs=shapes.crs).to_crs(WGS84)
    result = []
    for a, b, line in zip(left, right, lines, strict=True):
        for part in shapely.get_parts(line):
            if part.geom_type == "LineString" and not part.is_empty:
                points = np.round(shapely.get_coordinates(part)[:, ::-1], 5).tolist()
                result.append([number[a], number[b], points])
    return result
