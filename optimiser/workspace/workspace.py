"""A landlord's folder: its files and rules, the problems they make, the outputs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from geodata import DataError
from optimiser.model import PatchPlan, PatchProblem, VisitPlan, VisitProblem
from optimiser.workspace.adopted import Adoption, undo_adoption
from optimiser.workspace.contents import Contents
from optimiser.workspace.cut_off import cut_off
from optimiser.workspace.drawn import PatchShapes
from optimiser.workspace.edits import PatchEdit, read_edit
from optimiser.workspace.loading import load_inputs, read_visit_types
from optimiser.workspace.on_foot import (
    between_blocks,
    neighbours,
    read_ground,
    read_network,
    read_ws_barriers,
)
from optimiser.workspace.problems import patch_problem, visit_problem
from optimiser.workspace.settings import changed_rules, load_settings, settings_path

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely import LineString

    from geodata.adjacency import Adjacency
    from geodata.walking import WalkingNetwork, Walks
    from optimiser.model.comparison import PatchComparison
    from optimiser.model.view import Point
    from optimiser.routing import WeekSoFar
    from optimiser.workspace.patch_source import PatchSource

__all__ = ["Workspace"]

# What a workspace has worked out already, and other rules do not change; the second at one speed.
_OF_FILES: Final = ("barriers", "ground", "block_xy", "_adoptions", "_current")
_ON_FOOT: Final = ("network", "block_walks", "unreachable_blocks", "adjacency")
AREAS_CAVEAT = "Homes are counts of areas: each area is one unit, walked to at a point inside it."


class Workspace(Contents):
    """A folder with a doorstep.toml, read and checked.

    Use `Workspace.open`. Streets and walking times are read when first needed.
    It is also what the outputs draw from, see `optimiser.model.view`.
    """

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
        ws = cls(file, settings, inputs, types)
        ws.current()  # what is adopted must be readable before anything builds on it
        return ws

    @cached_property
    def ground(self) -> gpd.GeoDataFrame | None:
        """Water and parks to draw under a map; None where no file has any."""
        return read_ground(self)

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

    def with_rules(
        self,
        *,
        patches: Mapping[str, object] | None = None,
        visits: Mapping[str, object] | None = None,
    ) -> Workspace:
        """Return the folder with other rules, to try them out: no file is changed.

        Parameters
        ----------
        patches, visits
            Settings of [rules.patches] and [rules.visits] to replace, as {"slack": 0.1};
            those not named stay as they are, within inner tables too.

        Raises
        ------
        DataError
            With every rule that is not there or cannot have its value.
        """
        settings = changed_rules(self.path.name, self.settings, patches or {}, visits or {})
        result = Workspace(self.path, settings, self.inputs, self.visit_types)
        same_speed = settings.rules.visits.walking_kmh == self.settings.rules.visits.walking_kmh
        for name in (*_OF_FILES, *(_ON_FOOT if same_speed else ())):
            if name in self.__dict__:
                result.__dict__[name] = self.__dict__[name]
        return result

    # The patches in force

    def adopt(self, out: str | Path, *, from_date: str | dt.date | None = None) -> Adoption:
        """Make a redraw the current patches: for weeks' plans, and for the next redraw.

        It is kept beside the settings file; the landlord's own files stay as they are.

        Parameters
        ----------
        out
            A patches output: its folder or its homes.csv.
        from_date
            The first day it is in force, as a date or "2026-12-07"; None: at once.

        Raises
        ------
        DataError
            If it is no patches output, or one of other homes, or cannot be kept; or
            `from_date` is no day that weeks can be planned from.
        """
        from optimiser.workspace.adopting import adopt

        today = dt.date.today()  # noqa: DTZ011  # whoever adopts it is in the right zone
        adoption = adopt(self, Path(out), from_date, today)
        self._forget()
        return adoption

    def undo_adoption(self) -> tuple[Adoption, Path]:
        """Take the last adoption back; return it, and the folder in which it is put aside.

        Raises
        ------
        DataError
            If nothing is adopted.
        """
        undone = undo_adoption(self.path)
        self._forget()
        return undone

    # Walking

    @cached_property
    def network(self) -> WalkingNetwork:
        """The walking network of the streets file, else straight lines with a detour."""
        return read_network(self)

    @cached_property
    def barriers(self) -> gpd.GeoDataFrame | None:
        """What is crossed on foot only at crossings: `[data] barriers`, else the streets file's."""
        return read_ws_barriers(self)

    @cached_property
    def block_xy(self) -> npt.NDArray[np.float64]:
        """The blocks' coordinates, (n, 2), in their order."""
        xy: npt.NDArray[np.float64] = self.blocks.get_coordinates().to_numpy()
        return xy

    @cached_property
    def block_walks(self) -> Walks:
        """The walks between the n blocks, (n, n) seconds and metres, in their order."""
        return between_blocks(self)

    @cached_property
    def unreachable_blocks(self) -> tuple[str, ...]:
        """Blocks outside the largest group that can walk to each other."""
        return tuple(map(str, self.blocks.index[cut_off(self.network, self.block_xy)]))

    @cached_property
    def adjacency(self) -> Adjacency:
        """Which blocks are neighbours on foot."""
        return neighbours(self)

    @property
    def blocks_apart(self) -> tuple[str, ...]:
        """Which blocks stand at streets without a way to the rest, in sentences."""
        from geodata.streets.pieces import blocks_apart

        return tuple(str(piece) for piece in blocks_apart(self.blocks.geometry, self.network))

    @property
    def adjacency_notes(self) -> tuple[str, ...]:
        """Which blocks no street joins to their neighbours, and how they were attached."""
        return tuple(str(note) for note in self.adjacency.joined)

    def walk_paths(self, legs: Sequence[tuple[Point, Point]]) -> list[LineString]:
        """Return the way on foot of each leg."""
        if not legs:
            return []
        ends = np.array(legs, dtype=float)
        return self.network.paths(ends[:, 0], ends[:, 1])

    def patch_shapes(self, patch_of: Mapping[str, str]) -> gpd.GeoDataFrame:
        """Return the polygons of the patches of block_ref -> patch."""
        return self._patch_shapes.of(patch_of)

    @cached_property
    def _patch_shapes(self) -> PatchShapes:
        return PatchShapes(self)

    # Problems

    def patch_problem(
        self, *, edit: PatchEdit | str | Path | None = None, hold: bool = True
    ) -> PatchProblem:
        """Return the redraw of the patches as a problem.

        Parameters
        ----------
        edit
            What a person changed in the patch editor, or its file: blocks moved by
            hand and locked patches stay exactly so, and an estate that the edit
            divides may be divided.
        hold
            False: the edit divides estates and holds nothing, to see what the edit
            as it stands is worth among all plans.

        Raises
        ------
        DataError
            If a pin names a block or patch that is not there, the streets leave a
            block without a way to the others, or the edit is not one of this data.
        Infeasible
            If what was done by hand breaks a rule by itself.
        """
        if edit is None:
            return self._patch_problem
        from optimiser.workspace.held import edited_problem

        known = edit if isinstance(edit, PatchEdit) else self.read_edit(edit)
        return edited_problem(self._patch_problem, known, hold=hold)

    def read_edit(self, path: str | Path, *, base: str | Path | None = None) -> PatchEdit:
        """Return an edit that the patch editor saved.

        Parameters
        ----------
        path
            The file.
        base
            The output that was edited, for files that do not say what was moved by
            hand; None: the redraw in the folder's out/patches, if there is one.

        Raises
        ------
        DataError
            With everything in it that is not of this data.
        """
        usual = self.folder / "out" / "patches"
        there = (usual / "homes.csv").is_file()
        start = Path(base) if base is not None else usual if there else None
        return read_edit(Path(path), self._patch_problem, base=start)

    @cached_property
    def _patch_problem(self) -> PatchProblem:
        """Kept, since saving a redraw needs it again; it is frozen."""
        return patch_problem(self)

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
            redraw adopted for that week, else the homes' own codes, and the
            polygons of `[data] patches` for homes without one.

        Raises
        ------
        DataError
            If there are no visits, the week does not start on a Monday, or the
            patches cannot be read.
        """
        return visit_problem(self, week, patches)

    def replan_problem(
        self,
        plan: VisitPlan,
        *,
        at: dt.datetime,
        patches: PatchPlan | PatchSource | str | Path | None = None,
        away: Mapping[str, dt.date] | None = None,
        cancelled: Collection[str] = (),
    ) -> tuple[VisitProblem, WeekSoFar]:
        """Return a week under way as a problem; see `optimiser.workspace.replanning`.

        Raises
        ------
        DataError
            If `at` is after the week, or an officer or request is not known.
        """
        from optimiser.workspace.replanning import replan_problem

        return replan_problem(self, plan, at, patches, away or {}, cancelled)

    def compare(self, a: PatchPlan | str | Path, b: PatchPlan | str | Path) -> PatchComparison:
        """Set two redraws side by side, worked out anew by this folder's files and rules.

        Parameters
        ----------
        a, b
            A plan; a patches output, as its folder, its homes.csv or its name in
            FOLDER/out; or "current" for the patches in force.

        Raises
        ------
        DataError
            If one is no patches output, or one of other data.
        """
        from optimiser.workspace.comparing import compare

        return compare(self, a, b)

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

        title = f"Problems: {self.name}"
        return write_problems(Path(folder), self.problems, title=title, rows=bad_rows(self))

    def save(
        self, plan: PatchPlan | VisitPlan, folder: str | Path, *, basemap: bool = False
    ) -> list[Path]:
        """Write all outputs of a plan into `folder`, whole or not at all.

        With `basemap` the maps load web tiles; else no page loads anything.

        Raises
        ------
        RuntimeError
            If the plan has violations: the checker found a bug.
        DataError
            If `folder` holds something that doorstep did not write.
        """
        from optimiser.outputs.files import write_patches, write_week

        if isinstance(plan, PatchPlan):
            problem = self._problem_of(plan)
            try:
                return write_patches(self, plan, folder, problem=problem, basemap=basemap)
            finally:
                self.__dict__.pop("_patch_shapes", None)  # its cells are large
        source = self.week_sources.get(plan.week)
        listed = source.listed() if source else ()
        return write_week(self, plan, Path(folder), patches=listed, basemap=basemap)

    def _problem_of(self, plan: PatchPlan) -> PatchProblem | None:
        """Return this workspace's patch problem, if that is what the plan solves."""
        problem = self.patch_problem()
        same_blocks = [b.block_ref for b in problem.blocks] == [
            a.block_ref for a in plan.assignments
        ]
        same_patches = {s.patch for s in problem.slots} == {s.patch for s in plan.patches}
        return problem if same_blocks and same_patches else None
