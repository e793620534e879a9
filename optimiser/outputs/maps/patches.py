"""The patch map: patches before and after, the blocks that move, and the balance table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import MoveReason, PatchPlan, WorkspaceView
from optimiser.model.outcome import OPTIMAL_GAP
from optimiser.outputs.colours import map_colours
from optimiser.outputs.maps.base import (
    WGS84,
    add_boundary,
    add_ground,
    add_service_centres,
    add_streets,
    feature_collection,
    new_map,
)
from optimiser.outputs.maps.page import add_page, cost_proof, number, percent, signed_percent
from optimiser.outputs.redraw_tables import parts_rows
from optimiser.outputs.wording import assumptions, counted, headed, in_number_order

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import pandas as pd

__all__ = ["patch_map"]

SIMPLIFY_M: Final = 1.0


def patch_map(
    view: WorkspaceView,
    plan: PatchPlan,
    reasons: Sequence[MoveReason] = (),
    *,
    basemap: bool = False,
) -> folium.Map:
    """Return a map of the patches before and after a redraw, with its tables.

    Holds block names and counts, `reasons` why blocks move, and nothing about anyone who
    lives there. With `basemap` it loads web tiles.
    """
    import folium

    blocks = _block_table(view, plan, reasons)
    after = view.patch_shapes(plan.patch_of())
    current = {str(k): str(v) for k, v in blocks["old"].items() if v}
    before = view.patch_shapes(current) if current else after.iloc[:0]
    fills = map_colours(after, before)
    result = new_map(view, basemap=basemap)
    add_ground(result, view)
    add_boundary(result, view)
    add_streets(result, view)
    add_patches(result, after, fills, name="Patches after", show=True)
    if current:
        add_patches(result, before, fills, name="Patches before", show=False)
    add_blocks(result, blocks[~blocks["moved"]], unit=view.unit, moved=False)
    add_blocks(result, blocks[blocks["moved"]], unit=view.unit, moved=True)
    add_service_centres(result, view)
    folium.LayerControl(collapsed=False).add_to(result)
    add_page(
        result,
        view,
        heading=headed("Patches", view.title),
        template="patches.html",
        controls="patches_choose.html",
        values=_page_values(plan, blocks, _bounds(after), fills)
        | _moved_values(view, plan, blocks)
        | {"notes": assumptions((*plan.notes, *after.attrs.get("notes", ())), view.caveats)},
    )
    return result


def add_patches(
    target: folium.Map,
    shapes: gpd.GeoDataFrame,
    fills: Mapping[str, int],
    *,
    name: str,
    show: bool,
) -> None:
    """Draw the patches as hatched areas with labels; one of several exclusive layers."""
    import folium
    from folium.utilities import JsCode

    group = folium.FeatureGroup(name=name, overlay=False, show=show).add_to(target)
    names = [{"patch": str(p), "fill": fills[str(p)]} for p in shapes["patch"]]
    # Patches share their edges: simplified together, no slivers open between them.
    simple = _simplified(shapes)
    folium.GeoJson(
        feature_collection(simple.to_crs(WGS84).to_numpy(), names),
        style_function=lambda f: {
            "fillColor": f"url(#fill-{f['properties']['fill']})",
            "fillOpacity": 0.7,
            "color": "#0b0c0c",
            "weight": 2,
        },
        # Only SVG can hatch; the canvas that draws everything else cannot.
        renderer=JsCode("L.svg({pane: 'patches', padding: 0.5})"),
        pane="patches",
        interactive=False,
        smooth_factor=0,
    ).add_to(group)
    # The smallest have the first choice of where their label goes.
    order = shapes.geometry.area.argsort(kind="stable").to_numpy()
    points = shapes.geometry.representative_point().to_crs(WGS84).to_numpy()
    folium.GeoJson(
        feature_collection(points[order], [names[k] for k in order]),
        point_to_layer=JsCode("function(f, at) { return doorstep.label(f.properties.patch, at); }"),
    ).add_to(group)


def _simplified(shapes: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the shapes with fewer vertices, still without gaps between neighbours."""
    import geopandas as gpd
    import shapely

    simple = shapely.coverage_simplify(shapes.geometry.to_numpy(), SIMPLIFY_M)
    return gpd.GeoSeries(simple, index=shapes.index, crs=shapes.crs)


def add_blocks(target: folium.Map, blocks: pd.DataFrame, *, unit: str, moved: bool) -> None:
    """Draw blocks as small dots, or as ringed larger ones where they change patch."""
    import folium
    from folium.utilities import JsCode

    if blocks.empty:
        return
    style = {"radius": 2.5, "stroke": False, "fillColor": "#383f43", "fillOpacity": 0.85}
    if moved:
        style = {"radius": 4.5, "color": "#0b0c0c", "weight": 2}
        style |= {"fillColor": "#ffdd00", "fillOpacity": 1}
    texts = [_block_text(row) for row in blocks.to_dict("records")]
    folium.GeoJson(
        feature_collection(blocks["point"].to_numpy(), texts),
        name=f"{unit.capitalize()}s that change patch" if moved else f"Other {unit}s",
        marker=folium.CircleMarker(fill=True),
        style_function=lambda _: style,
        on_each_feature=JsCode("doorstep.describe"),
    ).add_to(target)


def _block_table(
    view: WorkspaceView, plan: PatchPlan, reasons: Sequence[MoveReason]
) -> pd.DataFrame:
    """Return one row an assigned block: name, estate, homes, old, new, why, moved, point."""
    import pandas as pd

    frame = pd.DataFrame(
        [(a.block_ref, a.old_patch or "", a.patch) for a in plan.assignments],
        columns=["block_ref", "old", "new"],
    ).set_index("block_ref")
    blocks = view.blocks.reindex(frame.index)
    names = blocks["block_name"].astype("string").str.strip()
    frame["name"] = names.mask(names.eq("")).fillna(frame.index.to_series().astype("string"))
    frame["estate"] = blocks["estate"].astype("string").fillna("")
    frame["homes"] = blocks["homes"].fillna(0).astype(int)
    frame["point"] = blocks.geometry.to_crs(WGS84)
    sentences = {reason.block_ref: reason.shared for reason in reasons}
    frame["why"] = [sentences.get(str(ref), "") for ref in frame.index]
    frame["moved"] = frame["old"].ne("") & frame["old"].ne(frame["new"])
    placed: pd.DataFrame = frame[blocks.geometry.notna().to_numpy()]
    return placed


def _block_text(row: Mapping[Any, Any]) -> dict[str, Any]:
    homes = counted(int(row["homes"]), "home")
    where = f"{row['estate']}, {homes}" if row["estate"] else homes
    if row["moved"]:
        change = f"Moves from {row['old']} to {row['new']}"
    else:
        change = f"Patch {row['new']}" + ("" if row["old"] else ", none before")
    lines = [where, change, *([row["why"]] if row["why"] else [])]
    return {"title": str(row["name"]), "lines": lines}


def _bounds(shapes: gpd.GeoDataFrame) -> dict[str, str]:
    """Return patch -> "south,west,north,east"."""
    boxes = shapes.geometry.to_crs(WGS84).bounds
    return {
        str(patch): f"{south:.5f},{west:.5f},{north:.5f},{east:.5f}"
        for patch, (west, south, east, north) in zip(
            shapes["patch"], boxes.itertuples(index=False), strict=True
        )
    }


def _page_values(
    plan: PatchPlan, blocks: pd.DataFrame, bounds: Mapping[str, str], fills: Mapping[str, int]
) -> dict[str, Any]:
    rows = [
        {
            **patch.model_dump(),
            "officer": patch.officer_ref or "vacant",
            "difference": patch.workload / patch.target - 1 if patch.target else 0.0,
            "outside": not patch.lower - 0.005 <= patch.workload <= patch.upper + 0.005,
            "bounds": bounds.get(patch.patch, ""),
            "fill": fills.get(patch.patch, 0),
        }
        for patch in plan.patches
    ]
    moved = blocks[blocks["moved"]].to_dict("records")
    moved.sort(key=lambda row: (row["estate"], in_number_order(row["name"])))
    return {
        "plan": plan,
        "rows": rows,
        "homes": sum(p.homes for p in plan.patches),
        "blocks": len(plan.assignments),
        "moved": [{**row, "at": f"{row['point'].y:.5f},{row['point'].x:.5f}"} for row in moved],
        "balance_sentence": _balance_sentence(rows, plan.balance),
        "cost_sentence": _cost_sentence(plan),
        "proof": cost_proof(plan, "minutes a week"),
        "net_sentence": _net_sentence(plan),
        "parts": parts_rows(plan),
        "measures": list(dict.fromkeys(use.name for p in plan.patches for use in p.measures)),
    }


def _moved_values(view: WorkspaceView, plan: PatchPlan, blocks: pd.DataFrame) -> dict[str, Any]:
    return {"unit": view.unit, "moved_sentence": _moved_sentence(plan, blocks, view.unit)}


def _moved_sentence(plan: PatchPlan, blocks: pd.DataFrame, unit: str) -> str:
    if not blocks["old"].ne("").any():
        return f"No {unit} has a patch today, so nothing counts as moved."
    moved = int(blocks["moved"].sum())
    if not moved and not plan.homes_moved:
        return f"No {unit} changes patch."
    change = "changes" if moved == 1 else "change"
    return (
        f"{counted(moved, unit)} {change} patch; the officer changes for "
        f"{counted(plan.homes_moved, 'home')}."
    )


def _balance_sentence(rows: list[dict[str, Any]], tolerance: float) -> str:
    worst = max(rows, key=lambda row: abs(row["difference"]))
    return (
        f"Workload may differ from an officer's target by {percent(tolerance)}; the most is "
        f"{signed_percent(worst['difference'])}, in {worst['patch']}."
    )


def _net_sentence(plan: PatchPlan) -> str:
    if plan.net_gap is None or not plan.unavoidable or plan.gap <= OPTIMAL_GAP:
        return ""
    if plan.net_gap > 1 - OPTIMAL_GAP:
        rest = "nothing is proven of the rest"
    else:
        rest = f"of the rest, at most {percent(plan.net_gap)} could be saved"
    return (
        f"Every plan must pay at least {number(plan.unavoidable)} minutes for service centres and "
        f"residents who cannot stay; {rest}."
    )


def _cost_sentence(plan: PatchPlan) -> str:
    return (
        f"It costs {number(plan.objective)} minutes a week: {number(plan.walk_minutes)} of walking "
        f"within patches, {number(plan.centre_minutes)} between patches and service centres, and "
        f"{number(plan.moved_minutes)} as the price of residents changing officer."
    )
