"""What a landlord's folder holds: its files as they were read, and the patches in force."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from geodata import Problem
from optimiser.model.visit_types import VisitTypes
from optimiser.workspace.adopted import Adoption, read_adoptions
from optimiser.workspace.current import Current, current_patches
from optimiser.workspace.loading import Inputs
from optimiser.workspace.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geodata.boundaries import BoundaryCases
    from optimiser.workspace.patch_source import PatchSource

__all__ = ["Contents"]


class Contents:
    """The files and settings of a folder, read."""

    def __init__(self, path: Path, settings: Settings, inputs: Inputs, types: VisitTypes) -> None:
        self.path = path
        self.settings = settings
        self.inputs = inputs
        self.visit_types = types
        self.week_sources: dict[dt.date, PatchSource] = {}

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
        """The landlord's or data set's name; empty where the settings give none."""
        return self.settings.about.title

    @property
    def name(self) -> str:
        """What a terminal calls it: its title, else the folder's name."""
        return self.title or self.folder.resolve().name

    @property
    def synthetic(self) -> bool:
        """True where the data set says that it is invented."""
        return self.settings.about.synthetic

    @property
    def attribution(self) -> str:
        """Who the data is from."""
        return self.settings.about.attribution

    @property
    def unit(self) -> str:
        """What a redraw deals out: "block", or "area" where homes are counts of areas."""
        return "block" if self.inputs.stock.areas is None else "area"

    @property
    def crs(self) -> str:
        """The metric CRS of every geometry."""
        return self.settings.data.crs

    @property
    def homes(self) -> pd.DataFrame:
        """One row a home, with the patch in force."""
        return self.current().stock.homes

    @property
    def blocks(self) -> gpd.GeoDataFrame:
        """One row a block, by block_ref, with the patch in force."""
        return self.current().stock.blocks

    @property
    def officers(self) -> pd.DataFrame:
        """One row an officer, with the patch in force."""
        return self.current().officers

    @property
    def visits(self) -> pd.DataFrame | None:
        """One row a request; None without a visits file."""
        return self.inputs.visits

    @property
    def fixed(self) -> pd.DataFrame | None:
        """One row a surgery, duty desk or other fixed session; None without a file."""
        return self.inputs.fixed

    @property
    def service_centres(self) -> gpd.GeoDataFrame | None:
        """The service centres, by reference; None without a file."""
        return self.inputs.service_centres

    @property
    def boundary(self) -> gpd.GeoDataFrame | None:
        """The area's outline; None without a file."""
        return self.inputs.boundary

    @property
    def boundary_cases(self) -> BoundaryCases:
        """Where polygons of patches and estates and the homes' codes are at odds."""
        return self.inputs.boundaries

    # The patches in force

    @property
    def adopted(self) -> tuple[Adoption, ...]:
        """The redraws adopted for this settings file, first adopted first."""
        return tuple(adoption for adoption, _ in self._adoptions)

    def current(self, monday: dt.date | None = None) -> Current:
        """Return homes, blocks and officers with the patches in force.

        Parameters
        ----------
        monday
            Of the week asked for; None: after everything that is adopted, from
            which the next redraw starts.
        """
        return self._current if monday is None else self._in_force(monday)

    @cached_property
    def _adoptions(self) -> tuple[tuple[Adoption, Path], ...]:
        return read_adoptions(self.path)

    @cached_property
    def _current(self) -> Current:
        return self._in_force(None)

    def _in_force(self, monday: dt.date | None) -> Current:
        return current_patches(self.inputs, self._adoptions, monday)

    def _forget(self) -> None:
        """Have everything that the current patches decide worked out again."""
        for name in ("_adoptions", "_current", "_patch_problem"):
            self.__dict__.pop(name, None)
