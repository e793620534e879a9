"""Reads every file that doorstep.toml names, and collects every problem."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from geodata import (
    DataError,
    Gazetteer,
    Problem,
    Stock,
    read_absences,
    read_fixed,
    read_officers,
    read_outcomes,
    read_polygons,
    read_service_centres,
    read_stock,
    read_visits,
)
from geodata.boundaries import BoundaryCases, apply_boundaries, read_areas
from geodata.files.kinds import checked_file
from geodata.files.limits import MAX_SETTINGS_BYTES
from geodata.validation import cross_check
from optimiser.model.visit_types import VisitTypes, load_visit_types
from optimiser.workspace.settings import LAYERED, fault_problems

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from optimiser.workspace.settings import Settings

__all__ = ["Inputs", "load_inputs", "read_visit_types"]


@dataclass(frozen=True)
class Inputs:
    """The landlord's files as tidy frames, see `geodata`; None where not given."""

    stock: Stock
    officers: pd.DataFrame
    visits: pd.DataFrame | None
    service_centres: gpd.GeoDataFrame | None
    fixed: pd.DataFrame | None
    absences: pd.DataFrame | None
    outcomes: pd.DataFrame | None
    boundary: gpd.GeoDataFrame | None
    patches: gpd.GeoDataFrame | None
    water: gpd.GeoDataFrame | None
    parks: gpd.GeoDataFrame | None
    boundaries: BoundaryCases
    problems: tuple[Problem, ...]
    unusable: bool = False
    """Whether a whole file could not be used, which leaving rows out does not mend."""


def load_inputs(folder: Path, settings: Settings) -> Inputs:
    """Read the files of `settings.data` below `folder`.

    Problems of single rows are collected in the result; the rows are left out.

    Raises
    ------
    DataError
        With all problems, if the homes or the officers cannot be read at all.
    """
    problems: list[Problem] = []
    unusable: list[str] = []
    data, crs = settings.data, settings.data.crs

    def read(name: str, reader: Callable[..., Any], **options: Any) -> Any:
        file = getattr(data, name)
        if file is None:
            return None
        if name in settings.columns:
            options["columns"] = settings.columns[name]
        if name in data.sheets:
            options["layer" if name in LAYERED else "sheet"] = data.sheets[name]
        try:
            return reader(folder / file, problems=problems, **options)
        except DataError as error:
            problems.extend(error.problems)
            unusable.append(name)
            return None

    boundary = read("boundary", read_polygons, crs=crs)
    as_of = data.as_of or dt.date.today()  # noqa: DTZ011  # whoever runs it is in the right zone
    places = {
        "crs": crs,
        "gazetteer": Gazetteer(
            uprns=read("uprn", lambda path, **_: Gazetteer.from_files(uprn=path).uprns),
            postcodes=read(
                "postcodes", lambda path, **_: Gazetteer.from_files(postcodes=path).postcodes
            ),
        ),
    }
    service_centres = read("service_centres", read_service_centres, **places)
    stock = read(
        "homes",
        read_stock,
        boundary=boundary,
        service_centres=service_centres,
        as_of=as_of,
        **places,
    )
    if data.areas is not None:
        stock = read("areas", read_areas, crs=crs)
    patches = read("patches", read_polygons, crs=crs, code="patch")
    estates = read("estates", read_polygons, crs=crs, code="estate")
    water, parks = (read(name, read_polygons, crs=crs) for name in ("water", "parks"))
    boundaries = BoundaryCases()
    if stock is not None:
        stock, boundaries = apply_boundaries(stock, patches=patches, estates=estates)
        problems.extend(boundaries.problems)
    officers = read("officers", read_officers)
    types, _ = read_visit_types(folder, data.visit_rules)
    tables = {
        "visits": read("visits", read_visits, visit_types=tuple(types.types)),
        "service_centres": service_centres,
        "fixed": read("fixed", read_fixed, **places),
        "absences": read("absences", read_absences),
        "outcomes": read("outcomes", read_outcomes),
    }
    if data.streets is not None:
        # The streets are read when first needed; that they are missing is said with the rest.
        try:
            checked_file(folder / data.streets)
        except DataError as error:
            unusable.append("streets")
            problems.extend(error.problems)
    if stock is None or officers is None or stock.homes.empty or officers.empty:
        if not any(p.severity == "error" for p in problems):
            problems.append(
                Problem(
                    file=Path(data.officers).name,
                    reason="holds no officer",
                    remedy="give at least one, a row each",
                )
            )
        raise DataError(_in_order(problems))
    checked, found = cross_check(
        stock=stock,
        officers=officers,
        **tables,
        file_names={
            name: Path(getattr(data, name) or "").name for name in (*tables, "homes", "officers")
        },
    )
    tables |= {name: frame for name, frame in checked.items() if name in tables}
    return Inputs(
        stock=stock,
        officers=checked.get("officers", officers),
        boundary=boundary,
        patches=patches,
        water=water,
        parks=parks,
        boundaries=boundaries,
        problems=_in_order([*problems, *found]),
        unusable=bool(unusable),
        **tables,
    )


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return the problems file by file and row by row, as one mends them."""
    first: dict[str, int] = {}
    for problem in problems:
        first.setdefault(problem.file, len(first))
    return tuple(sorted(problems, key=lambda p: (first[p.file], p.sheet or "", p.row or 0)))


def read_visit_types(folder: Path, name: str | None) -> tuple[VisitTypes, list[Problem]]:
    """Return the visit types, the packaged ones where the file's cannot be used."""
    if name is None:
        return load_visit_types(), []
    path = folder / name
    try:
        checked_file(path, most_bytes=MAX_SETTINGS_BYTES)
        return load_visit_types(path), []
    except DataError as error:
        return load_visit_types(), list(error.problems)
    except ValidationError as error:
        return load_visit_types(), fault_problems(path.name, error)
    except (OSError, ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        problem = Problem(
            file=path.name,
            reason=f"the visit rules are not a TOML file: {error}",
            remedy="correct it, or leave visit_rules out for the packaged rules",
        )
        return load_visit_types(), [problem]
