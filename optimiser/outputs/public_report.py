"""The redraw for residents, public.html: patches, blocks and estates, and nothing about a home.

No count below five is shown, nor one from which such a count follows: a block has no count
of its own, and households going from patch to patch are told by `not_few`. Workloads, cases,
markers, officers and reasons stay in the report for managers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import PatchPlan, WorkspaceView
from optimiser.outputs.colours import patch_colours, pattern_defs
from optimiser.outputs.handed_over import FEW, FEWEST, not_few
from optimiser.outputs.redraw_tables import moved_blocks_frame, split_estates_frame
from optimiser.outputs.rendering import Columns, Rows, blank, render
from optimiser.outputs.wording import counted, in_number_order

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["public_report"]

WIDTH: Final = 1000.0
SIMPLIFY_M: Final = 8.0
SMALL: Final = 14.0
"""A patch in which no circle of this radius finds room has a smaller label."""
FEW_SHOWN: Final = f"fewer than {FEWEST}"


def public_report(view: WorkspaceView, plan: PatchPlan) -> str:
    """Return a page that may be put on a website or a notice board."""
    moved = moved_blocks_frame(view, plan)
    units = f"{view.unit}s"
    return render(
        "public.html",
        view,
        title="Housing officers' patches: what changes",
        subtitle=view.title,
        assumptions=(),
        intro=_intro(view, plan),
        picture=_picture(view.patch_shapes(plan.patch_of()), patch_colours(view, plan)),
        patch_columns=_PATCHES,
        patch_rows=_patch_rows(view, plan),
        flow_columns=[("From patch", ""), ("To patch", ""), ("Households", "n")],
        flow_rows=_flow_rows(moved),
        block_columns=[("Estate", ""), (units.capitalize(), "prose"), ("From patch", ""),
                       ("To patch", "")],
        block_rows=_block_rows(moved),
        units=units,
        estate_columns=[("Estate", ""), ("Patches", "")],
        estate_rows=split_estates_frame(view, plan)[["estate", "patches"]].to_numpy().tolist(),
    )  # fmt: skip


_PATCHES: Final[Columns] = [("Patch", ""), ("Service centre", ""), ("Homes", "n")]


def _intro(view: WorkspaceView, plan: PatchPlan) -> str:
    homes = len(view.homes)
    said = f"{counted(homes, 'home')} in {counted(len(plan.patches), 'patch', 'patches')}. "
    if not plan.homes_moved:
        return said + "No household changes patch."
    changing = FEW_SHOWN if plan.homes_moved < FEWEST else f"{plan.homes_moved:,}"
    return (
        f"{said}{changing.capitalize()} households get another housing officer; everyone "
        "else who has one today keeps theirs."
    )


def _patch_rows(view: WorkspaceView, plan: PatchPlan) -> Rows:
    """Return a row a patch: its service centre and homes."""
    officers = view.officers.set_index("officer_ref")["service_centre"]
    centres = view.service_centres
    names = {} if centres is None else centres["name"].to_dict()
    rows = []
    for patch in plan.patches:
        centre = officers.get(patch.officer_ref) if patch.officer_ref else None
        homes = f"{patch.homes:,}" if patch.homes >= FEWEST else FEW_SHOWN
        rows.append([patch.patch, blank(names.get(centre, centre)), homes])
    return rows


def _flow_rows(moved: Any) -> Rows:
    flows = moved.groupby(["old_patch", "new_patch"], sort=True)["households"].sum()
    counts = not_few(flows.tolist(), flows.tolist())
    return [
        [old, new, FEW_SHOWN if count == FEW else f"{count:,}"]
        for (old, new), count in zip(flows.index, counts, strict=True)
    ]


def _block_rows(moved: Any) -> Rows:
    """Return a row an estate and pair of patches, with the blocks' names and no counts."""
    frame = moved.assign(
        estate=moved["estate"].fillna(""),
        block=moved["block_name"].fillna(moved["block_ref"]).astype(str),
    )
    groups = frame.groupby(["estate", "old_patch", "new_patch"], sort=True)["block"]
    return [
        [
            estate or "Not on an estate",
            ", ".join(sorted(set(blocks), key=in_number_order)),
            old,
            new,
        ]
        for (estate, old, new), blocks in groups
    ]


def _picture(shapes: gpd.GeoDataFrame, fills: Mapping[str, int]) -> Any:
    """Return the patches as a drawing with their codes, as safe SVG."""
    import shapely
    from markupsafe import Markup, escape

    if shapes.empty:
        return ""
    west, south, east, north = shapes.total_bounds
    scale = WIDTH / max(east - west, 1.0)

    def placed(xy: Any) -> Any:
        return ((xy - (west, north)) * (scale, -scale)).round(1)

    drawn = shapely.transform(shapely.coverage_simplify(shapes.geometry.array, SIMPLIFY_M), placed)
    parts = []
    for patch, shape in zip(shapes["patch"], drawn, strict=True):
        rings = [
            ring
            for polygon in shapely.get_parts(shape)
            for ring in (polygon.exterior, *polygon.interiors)
        ]
        lines = ("L".join(f"{x:g} {y:g}" for x, y in ring.coords) for ring in rings)
        path = "".join(f"M{line}Z" for line in lines)
        parts.append(
            f'<path d="{path}" fill="url(#fill-{fills.get(str(patch), 0)})" fill-rule="evenodd"/>'
        )
    for patch, shape in zip(shapes["patch"], drawn, strict=True):
        largest = max(shapely.get_parts(shape), key=lambda polygon: polygon.area)
        radius = shapely.maximum_inscribed_circle(largest, tolerance=2.0)
        x, y = radius.coords[0]
        small = ' class="small"' if radius.length < SMALL else ""
        parts.append(f'<text{small} x="{x:g}" y="{y:g}">{escape(patch)}</text>')
    height = (north - south) * scale
    return Markup(
        f'{pattern_defs()}<svg class="patches" viewBox="-5 -5 {WIDTH + 10:g} {height + 10:g}" '
        f'role="img" aria-label="Map of the patches; the tables below say the same in words">'
        f"{''.join(parts)}</svg>"
    )
