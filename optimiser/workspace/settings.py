"""doorstep.toml: which files, whose column names, which rules."""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from geodata import DataError, Problem
from geodata.files.kinds import checked_file
from geodata.files.limits import MAX_SETTINGS_BYTES
from optimiser.model.base import Frozen
from optimiser.model.rules import PatchRules, VisitRules

__all__ = [
    "SETTINGS_NAME",
    "DataFiles",
    "Settings",
    "changed_rules",
    "fault_problems",
    "load_settings",
    "settings_path",
]

SETTINGS_NAME = "doorstep.toml"

SHEETED: Final = (
    "homes", "officers", "visits", "service_centres", "fixed", "absences", "outcomes",
)  # fmt: skip
"""The files of which one sheet may be named."""
LAYERED: Final = (
    "boundary", "patches", "estates", "areas", "streets", "barriers", "water", "parks",
)  # fmt: skip
MAPPED: Final = (*SHEETED, "boundary", "patches", "estates", "areas")
"""The files whose column names may be mapped."""

_PLAINLY: Final = {
    "tuple_type": 'should be a list, such as ["B0001", "B0002"]',
    "model_type": "should be a table, such as { name = value }",
    "dict_type": "should be a table, such as { name = value }",
    "string_too_short": "is empty",
    "string_type": 'should be text, such as "P01"',
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_from_float": "should be a whole number",
    "int_parsing_size": "should be a whole number, and not so long",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
}
"""What pydantic says in Python's words."""
_FEW: Final = 5
"""So many settings of one kind are named where another was written."""


class About(Frozen):
    """What the data is, for the head and foot of every output."""

    title: str = ""
    synthetic: bool = False
    attribution: str = ""


class DataFiles(Frozen):
    """Paths, relative to the settings file; homes (or areas) and officers are required.

    A workbook's sheet or a GeoPackage's layer is named by a table instead of a
    path: `visits = { file = "export.xlsx", sheet = "Visits" }`. It lands in `sheets`.
    """

    homes: str | None = None
    officers: str
    visits: str | None = None
    service_centres: str | None = None
    fixed: str | None = None
    absences: str | None = None
    outcomes: str | None = None
    streets: str | None = None
    boundary: str | None = None
    patches: str | None = None
    estates: str | None = None
    areas: str | None = None
    barriers: str | None = None
    water: str | None = None
    parks: str | None = None
    uprn: str | None = None
    postcodes: str | None = None
    visit_rules: str | None = None
    as_of: dt.date | None = Field(None, description="the day of the export; unset, today")
    crs: str = Field("EPSG:27700", description="of eastings and northings; metric")
    sheets: dict[str, str] = Field(default_factory=dict, description="sheet or layer by file")

    @model_validator(mode="before")
    @classmethod
    def _split_sheets(cls, raw: Any) -> Any:
        """Turn `{ file, sheet }` into the path and an entry of `sheets`."""
        if not isinstance(raw, dict):
            return raw
        split: dict[str, Any] = dict(raw)
        sheets = dict(raw["sheets"]) if isinstance(raw.get("sheets"), dict) else {}
        for name, given in raw.items():
            if isinstance(given, str) and not given.strip():
                raise ValueError(f"{name} is empty; name its file, or leave it out")
            if name not in (*SHEETED, *LAYERED) or not isinstance(given, dict):
                continue
            key = "layer" if name in LAYERED else "sheet"
            if not {"file"} <= given.keys() <= {"file", "sheet", "layer"} or not all(
                isinstance(v, str) for v in given.values()
            ):
                raise ValueError(f'write {name} = {{ file = "…", {key} = "…" }}')
            split[name] = given["file"]
            if named := given.get("sheet") or given.get("layer"):
                sheets[name] = named
        return split | {"sheets": sheets} if sheets else split

    @model_validator(mode="after")
    def _homes_or_areas(self) -> Self:
        if self.homes is not None and self.areas is not None:
            remedy = "keep homes for one row a home, or areas for polygons with counts"
            raise PydanticCustomError(
                "homes_or_areas", "names both homes and areas", {"remedy": remedy}
            )
        if self.homes is None and self.areas is None:
            remedy = 'add homes = "homes.csv", or areas = "areas.gpkg" for polygons with counts'
            raise PydanticCustomError(
                "homes_or_areas", "names neither homes nor areas", {"remedy": remedy}
            )
        return self

    @field_validator("crs")
    @classmethod
    def _metric(cls, crs: str) -> str:
        if crs == "EPSG:27700":
            return crs
        from pyproj import CRS
        from pyproj.exceptions import CRSError

        try:
            known = CRS.from_user_input(crs)
        except CRSError:
            raise ValueError("is no coordinate system; write one such as EPSG:27700") from None
        if not known.is_projected or any(a.unit_name != "metre" for a in known.axis_info):
            raise ValueError("is not in metres; name the national grid, such as EPSG:27700")
        return crs


class Rules(Frozen):
    """The two solvers' rules."""

    patches: PatchRules = PatchRules()
    visits: VisitRules = VisitRules()


class Settings(Frozen):
    """A whole doorstep.toml."""

    about: About = About()
    data: DataFiles
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    rules: Rules = Rules()

    @model_validator(mode="after")
    def _columns_of_files(self) -> Self:
        unknown = [name for name in self.columns if name not in MAPPED]
        if unknown:
            names = ", ".join(f"columns.{name}" for name in unknown)
            raise ValueError(f"[{names}] is for no file; there are {', '.join(MAPPED)}")
        return self


def settings_path(path: str | Path) -> Path:
    """Return the settings file of a folder, or the file itself.

    Raises
    ------
    DataError
        If there is none.
    """
    given = Path(path)
    try:
        found = given / SETTINGS_NAME if given.is_dir() else given
        there = found.is_file()
    except OSError:  # of a name longer than any file's, or a folder that may not be entered
        found, there = given, False
    if not there:
        raise DataError(
            [
                Problem(
                    file=str(found),
                    reason="there is no such settings file",
                    remedy="give a folder that has one, or make it: doorstep init FOLDER",
                )
            ]
        )
    return found


def load_settings(path: Path) -> Settings:
    """Read and check a settings file.

    Raises
    ------
    DataError
        With every fault of the file.
    """
    checked_file(path, most_bytes=MAX_SETTINGS_BYTES)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:  # TOMLDecodeError is a ValueError
        raise DataError(
            [
                Problem(
                    file=path.name,
                    reason=f"it is not a TOML file: {error}",
                    remedy="compare it with one made by `doorstep init FOLDER`",
                )
            ]
        ) from error
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise DataError(fault_problems(path.name, error)) from error


def changed_rules(
    file: str, settings: Settings, patches: Mapping[str, object], visits: Mapping[str, object]
) -> Settings:
    """Return settings with some rules replaced, those not named as they were.

    Raises
    ------
    DataError
        With every fault of the rules given.
    """
    rules = {
        "patches": _with_changes(settings.rules.patches, patches),
        "visits": _with_changes(settings.rules.visits, visits),
    }
    same = {name: getattr(settings, name) for name in ("about", "data", "columns")}
    try:
        return Settings.model_validate({**same, "rules": rules})
    except ValidationError as error:
        raise DataError(fault_problems(file, error)) from error


def _with_changes(old: BaseModel, changes: Mapping[str, object]) -> dict[str, object]:
    """Return a table's settings as set, some replaced; a table within it likewise."""
    result: dict[str, object] = old.model_dump(exclude_unset=True)
    for name, value in changes.items():
        inner = getattr(old, name, None)
        if isinstance(inner, BaseModel) and isinstance(value, Mapping):
            result[name] = _with_changes(inner, value)
        else:
            result[name] = value
    return result


def fault_problems(file: str, error: ValidationError) -> list[Problem]:
    """Return what is wrong with a settings or rules file, a problem a key."""
    ours = error.title == Settings.__name__
    return [_problem(file, fault, ours=ours) for fault in error.errors()]


def _instead(loc: tuple[int | str, ...]) -> str | None:
    """Return which setting one at `loc`, which there is not, is likely to mean, or those there."""
    model: Any = Settings
    for part in loc[:-1]:
        field = model.model_fields.get(part)
        if field is None:  # a name of the landlord's, as of a vacant post
            continue
        kinds = (field.annotation, *get_args(field.annotation))
        model = next((kind for kind in kinds if hasattr(kind, "model_fields")), model)
    known = list(model.model_fields)
    near = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.7)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are {', '.join(known)}" if len(known) <= _FEW else None


def _problem(file: str, fault: Any, *, ours: bool) -> Problem:
    key = ".".join(str(part) for part in fault["loc"])
    kind, given = fault["type"], fault["input"]
    remedy = fault.get("ctx", {}).get(
        "remedy", "correct or remove it; the README lists the settings"
    )
    if kind == "missing":
        reason, remedy = "is missing", "add it"
    elif kind == "extra_forbidden":
        reason = "is not a setting"
        remedy = (_instead(fault["loc"]) if ours else None) or remedy
    elif kind in _PLAINLY:
        reason = _PLAINLY[kind]
    else:
        reason = fault["msg"].removeprefix("Value error, ")
        reason = reason.replace("Input should", "should", 1)
    whole = kind == "missing" or isinstance(given, (dict, list)) or not key
    return Problem(
        file=file,
        column=key or None,
        value=None if whole else str(given).lower() if isinstance(given, bool) else str(given),
        reason=reason,
        remedy=remedy,
    )
