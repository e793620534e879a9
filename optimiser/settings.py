"""doorstep.toml: which files, whose column names, which rules."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from geodata import DataError, Problem
from optimiser.model.base import Frozen
from optimiser.model.rules import PatchRules, VisitRules

__all__ = ["SETTINGS_NAME", "DataFiles", "Settings", "load_settings", "settings_path"]

SETTINGS_NAME = "doorstep.toml"


class About(Frozen):
    """What the data is, for the head and foot of every output."""

    title: str = ""
    synthetic: bool = False
    attribution: str = ""


class DataFiles(Frozen):
    """Paths, relative to the settings file; only homes and officers are required."""

    homes: str
    officers: str
    visits: str | None = None
    service_centres: str | None = None
    fixed: str | None = None
    absences: str | None = None
    outcomes: str | None = None
    streets: str | None = None
    boundary: str | None = None
    patches: str | None = None
    visit_rules: str | None = None
    crs: str = Field("EPSG:27700", description="of eastings and northings; metric")


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


def settings_path(path: str | Path) -> Path:
    """Return the settings file of a folder, or the file itself.

    Raises
    ------
    DataError
        If there is none.
    """
    given = Path(path)
    found = given / SETTINGS_NAME if given.is_dir() else given
    if not found.is_file():
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
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
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
        raise DataError([_problem(path, fault) for fault in error.errors()]) from error


def _problem(path: Path, fault: Any) -> Problem:
    key = ".".join(str(part) for part in fault["loc"])
    unknown = fault["type"] == "extra_forbidden"
    missing = fault["type"] == "missing"
    reason = "is missing" if missing else "is not a setting" if unknown else fault["msg"].lower()
    value = None if missing else repr(fault["input"])
    return Problem(
        file=path.name,
        column=key,
        value=value,
        reason=reason,
        remedy="add it" if missing else "correct or remove it; the README lists the settings",
    )
