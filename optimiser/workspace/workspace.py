"""A landlord's folder: its files and rules, the problems they make, the outputs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from geodata import DataError, Problem
from optimiser.model import PatchPlan, PatchProblem, VisitPlan, VisitProblem
from optimiser.model.visit_types import VisitTypes
from optimiser.workspace.cut_off import cut_off, cut_off_note, require_blocks, require_starts
from optimiser.workspace.loading import Inputs, load_inputs, read_visit_types
from optimiser.workspace.patch_source import PatchSource, patch_source
from optimiser.workspace.refused import refused_requests
from optimiser.workspace.settings import Settings, fault_problems, load_settings, settings_path
from optimiser.workspace.walks import walk_seconds

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely import LineString

    from geodata.adjacency import Adjacency
    from geodata.boundaries import BoundaryCases
    from geodata.walking import WalkingNetwork
    from optimiser.model.view import Point

__all__ = ["Workspace"]

AREAS_CAVEAT = "Homes are counts of areas: each area is one unit, walked to at a point inside it."
WEEK_REMEDY = "give the Monday of the week to plan, such as 2026-11-30"


class Workspace:
    """A folder with a doorstep.toml, read and checked.

    Use `Workspace.open`. Streets and walking times are read when first needed.
    It is also what the outputs draw from, see `optimiser.model.view`.
    """

    def __init__(self, path: Path, settings: Settings, inputs: Inputs, types: VisitTypes) -> None:
        self.path = path
        self.settings = settings
        self.inputs = inputs
        self.visit_types = types

    @classmethod
    def open(cls, path: str | Path, *, lenient: bool = False) -> Workspace:
        """Read a folder with a doorstep.toml, or a settings file by any name.

        Parameters
        ----------
        path
            The folder, or the settings file.
        lenient
            Go on with the good rows; what was wrong is in `problems`.

        Raises
        ------
        DataError
            With every problem of every file; with `lenient` only if a whole file
            cannot be used.
        """
        file = settings_path(path)
        settings = load_settings(file)
        inputs = load_inputs(file.parent, settings)
        types, wrong = read_visit_types(file.parent, settings.data.visit_rules)
        problems = [*inputs.problems, *wrong]
        fatal = inputs.unusable or wrong
        if fatal or (not lenient and any(p.severity == "error" for p in problems)):
            raise DataError(problems)
        return cls(file, settings, inputs, types)

    # What was read

    @property
    def folder(self) -> Path:
        """The settings file's folder."""
        return self.path.parent

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything found in the files; only warnings, unless opened with `lenient`."""
        return self.inputs.problems

    @property
    def title(self) -> str:
        """The data set's name."""
        return self.settings.about.title or self.folder.resolve().name

    @property
    def synthetic(self) -> bool:
        """True where the data set says that it is invented."""
        return self.settings.about.synthetic

    @property
    def attribution(self) -> str:
        """Who the data is from."""
        return self.settings.about.attribution

    @property
    def crs(self) -> str:
        """The metric CRS of every geometry."""
        return self.settings.data.crs

    @property
    def homes(self) -> pd.DataFrame:
        """One row a home."""
        return self.inputs.stock.homes

    @property
    def blocks(self) -> gpd.GeoDataFrame:
        """One row a block, by block_ref."""
        return self.inputs.stock.blocks

    @property
    def officers(self) -> pd.DataFrame:
        """One row an officer."""
        return self.inputs.officers

    @property
    def visits(self) -> pd.DataFrame | None:
        """One row a request; None without a visits file."""
        return self.inputs.visits

    @property
    def service_centres(self) -> gpd.GeoDataFrame | None:
        """The service centres, by reference; None without a file."""
        return self.inputs.service_centres

    @property
    def boundary(self) -> gpd.GeoDataFrame | None:
        """The area's outline; None without a file."""
        return self.inputs.boundary

    @property
    def street_lines(self) -> gpd.GeoDataFrame | None:
        """Streets for a base map; None without a streets file."""
        lines = self.network.lines
        return None if lines.empty else lines

    @property
    def caveats(self) -> tuple[str, ...]:
        """What was assumed about the input."""
        if self.inputs.stock.areas is None:
            return (self.network.report.summary(),)
        return (self.network.report.summary(), AREAS_CAVEAT)

    @property
    def boundary_cases(self) -> BoundaryCases:
        """Where polygons of patches and estates and the homes' codes are at odds."""
        return self.inputs.boundaries

    # Walking

    @cached_property
    def network(self) -> WalkingNetwork:
        """The walking network of the streets file, else straight lines with a detour."""
        from geodata import StreetNetwork
        from geodata.walking import StraightLines

        streets = self.settings.data.streets
        kmh = self.settings.rules.visits.walking_kmh
        if streets is None:
            return StraightLines(crs=self.crs, walking_kmh=kmh)
        return StreetNetwork.from_file(
            self.folder / streets,
            crs=self.crs,
            walking_kmh=kmh,
            layer=self.settings.data.sheets.get("streets"),
        )

    @cached_property
    def _block_xy(self) -> npt.NDArray[np.float64]:
        xy: npt.NDArray[np.float64] = self.blocks.get_coordinates().to_numpy()
        return xy

    @cached_property
    def block_walk_s(self) -> npt.NDArray[np.float64]:
        """Walking seconds between the n blocks, as (n, n), in their order."""
        from platformdirs import user_cache_path

        from geodata.walking_cache import cached_walk_seconds

        streets = self.settings.data.streets
        if streets is None:
            return self.network.walk_seconds(self._block_xy, self._block_xy)
        return cached_walk_seconds(
            self.folder / streets,
            self._block_xy,
            network=lambda: self.network,
            crs=self.crs,
            walking_kmh=self.settings.rules.visits.walking_kmh,
            layer=self.settings.data.sheets.get("streets"),
            cache_dir=user_cache_path("doorstep"),
        )

    @cached_property
    def unreachable_blocks(self) -> tuple[str, ...]:
        """Blocks outside the largest group that can walk to each other."""
        return tuple(map(str, self.blocks.index[cut_off(self.network, self._block_xy)]))

    @cached_property
    def adjacency(self) -> Adjacency:
        """Which blocks are neighbours on foot."""
        from geodata.adjacency import block_adjacency
        from geodata.boundaries.area_shapes import area_adjacency

        areas = self.inputs.stock.areas
        if areas is not None:
            return area_adjacency(
                areas, self.network, estates=self.blocks["estate"], barriers=self.barriers
            )
        return block_adjacency(
            self.blocks.geometry,
            self.network,
            estates=self.blocks["estate"],
            barriers=self.barriers,
        )

    @cached_property
    def barriers(self) -> gpd.GeoDataFrame | None:
        """What is crossed on foot only at crossings: `[data] barriers`, else the streets file's."""
        from geodata.adjacency.barriers import holds_barriers, read_barriers

        data = self.settings.data
        if data.barriers is not None:
            return read_barriers(
                self.folder / data.barriers, self.crs, layer=data.sheets.get("barriers")
            )
        if data.streets is None or not holds_barriers(self.folder / data.streets):
            return None
        return read_barriers(self.folder / data.streets, self.crs)

    @property
    def blocks_apart(self) -> tuple[str, ...]:
        """Which blocks stand at streets without a way to the rest, in sentences."""
        from geodata.streets.pieces import blocks_apart

        return tuple(str(piece) for piece in blocks_apart(self.blocks.geometry, self.network))

    @property
    def adjacency_notes(self) -> tuple[str, ...]:
        """Which blocks no street joins to their neighbours, and how they were attached."""
        return tuple(str(note) for note in self.adjacency.joined)

    def _adjacency_caveat(self) -> tuple[str, ...]:
        count = len(self.adjacency_notes)
        if not count:
            return ()
        pairs = "1 pair of blocks was" if count == 1 else f"{count} pairs of blocks were"
        return (f"{pairs} made neighbours without a street; doorstep check lists them.",)

    def walk_paths(self, legs: Sequence[tuple[Point, Point]]) -> list[LineString]:
        """Return the way on foot of each leg."""
        if not legs:
            return []
        ends = np.array(legs, dtype=float)
        return self.network.paths(ends[:, 0], ends[:, 1])

    def patch_shapes(self, patch_of: Mapping[str, str]) -> gpd.GeoDataFrame:
        """Return the polygons of the patches of block_ref -> patch."""
        import pandas as pd

        from geodata.boundaries.area_shapes import dissolve_areas
        from geodata.tessellation import patch_polygons

        patch = pd.Series(dict(patch_of), dtype=object).reindex(self.blocks.index).dropna()
        areas = self.inputs.stock.areas
        if areas is not None:
            return dissolve_areas(areas.loc[patch.index], patch)
        return patch_polygons(
            self.blocks.geometry.loc[patch.index],
            patch,
            boundary=self.boundary,
            network=self.network,
            barriers=self.barriers,
        )

    # Problems

    def patch_problem(self) -> PatchProblem:
        """Return the redraw of the patches as a problem.

        Raises
        ------
        DataError
            If a pin names a block or patch that is not there, or the streets
            leave a block without a way to the others.
        """
        return self._patch_problem

    @cached_property
    def _patch_problem(self) -> PatchProblem:
        """Kept, since saving a redraw needs it again; it is frozen."""
        from optimiser.bridge import build_patch_problem

        require_blocks(self)
        require_starts(self, sessions=False)
        centres = self.service_centres
        centre_xy = np.zeros((0, 2)) if centres is None else centres.get_coordinates().to_numpy()
        rules = self.settings.rules
        # The network walks at the visits' speed; a redraw may be asked for at another.
        pace = rules.visits.walking_kmh / rules.patches.walking_kmh
        try:
            return build_patch_problem(
                stock=self.inputs.stock,
                officers=self.officers,
                centres=[] if centres is None else [str(ref) for ref in centres.index],
                centre_walk_s=self.network.walk_seconds(centre_xy, self._block_xy) * pace,
                walk_s=self.block_walk_s * pace,
                edges=self.adjacency.edges,
                rules=rules.patches,
                notes=(*self.caveats, *self._adjacency_caveat(), *self._left_out()),
            )
        except ValueError as error:
            raise self._settings_error("rules.patches", error) from error

    def visit_problem(
        self, week: str | dt.date, *, patches: PatchPlan | str | Path | None = None
    ) -> VisitProblem:
        """Return a week's visits as a problem.

        Parameters
        ----------
        week
            The Monday, as a date or "2026-11-30".
        patches
            A plan, or a patches output (its folder or its homes.csv); else the
            homes' own codes, and the polygons of `[data] patches` for homes
            without one.

        Raises
        ------
        DataError
            If there are no visits, the week does not start on a Monday, or the
            patches cannot be read.
        """
        import pandas as pd

        from optimiser.bridge import build_visit_problem

        if self.visits is None:
            raise DataError(
                [
                    Problem(
                        file=self.path.name,
                        column="data.visits",
                        reason="there is no visits file to plan",
                        remedy='add visits = "visits.csv" under [data]',
                    )
                ]
            )
        source: PatchSource = patch_source(self, patches)
        require_starts(self, sessions=True)
        try:
            monday = pd.Timestamp(week).date()
            if not 1990 <= monday.year <= 2100:
                raise ValueError(f"{monday} is too far away to plan")
            problem = build_visit_problem(
                monday=monday,
                stock=self.inputs.stock,
                officers=self.officers,
                visits=self.visits,
                service_centres=self.service_centres,
                fixed=self.inputs.fixed,
                absences=self.inputs.absences,
                outcomes=self.inputs.outcomes,
                patch_of=source.patch_of,
                officer_of=source.officer_of,
                walk_seconds=partial(walk_seconds, self),
                types=self.visit_types,
                rules=self.settings.rules.visits,
                notes=(*self.caveats, *source.notes, *cut_off_note(self), *self._left_out()),
            )
        except ValueError as error:
            if isinstance(error, ValidationError):
                raise self._settings_error("rules.visits", error) from error
            raise DataError(
                [Problem(file="--week", reason=str(error), remedy=WEEK_REMEDY)]
            ) from error
        refused = refused_requests(self.visits, self.problems)
        return problem.model_copy(update={"set_aside": (*problem.set_aside, *refused)})

    def _left_out(self) -> tuple[str, ...]:
        rows = {(p.file, p.sheet, p.row) for p in self.problems if p.severity == "error"}
        if not rows:
            return ()
        count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
        return (f"{count} of the files could not be used and were left out.",)

    def _settings_error(self, key: str, error: ValueError) -> DataError:
        if isinstance(error, ValidationError):
            return DataError(fault_problems(self.path.name, error))
        return DataError(
            [
                Problem(
                    file=self.path.name,
                    column=key,
                    reason=str(error),
                    remedy="correct it and run again",
                )
            ]
        )

    # Outputs

    def save_problems(self, folder: str | Path) -> Path:
        """Write `problems` as problems.xlsx into `folder`.

        Raises
        ------
        DataError
            If it cannot be written, or a file of that name is not ours.
        """
        from optimiser.outputs.problems import write_problems
        from optimiser.workspace.bad_rows import bad_rows

        title = f"Problems: {self.title}"
        return write_problems(Path(folder), self.problems, title=title, rows=bad_rows(self))

    def save(self, plan: PatchPlan | VisitPlan, folder: str | Path) -> list[Path]:
        """Write all outputs of a plan into `folder`, whole or not at all.

        Raises
        ------
        RuntimeError
            If the plan has violations: the checker found a bug.
        DataError
            If `folder` holds something that doorstep did not write.
        """
        from optimiser.outputs.files import write_patches, write_week

        if isinstance(plan, PatchPlan):
            return write_patches(self, plan, Path(folder), problem=self._problem_of(plan))
        return write_week(self, plan, Path(folder))

    def _problem_of(self, plan: PatchPlan) -> PatchProblem | None:
        """Return this workspace's patch problem, if that is what the plan solves."""
        problem = self.patch_problem()
        same_blocks = [b.block_ref for b in problem.blocks] == [
            a.block_ref for a in plan.assignments
        ]
        same_patches = {s.patch for s in problem.slots} == {s.patch for s in plan.patches}
        return problem if same_blocks and same_patches else None
