"""Weeks of a wanted size, made of a folder's own: copies of the borough, and patches of the last.

A folder that has 286 requests becomes one of 2,800 as ten boroughs side by side, 15 km apart and
joined by one path, each with its own officers, homes and streets; of 50 as the patches that
hold 50, with their officers and a share of those without a patch. Nothing else changes, so
that what costs more does so for its size.
"""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, get_coordinates

__all__ = ["made_week"]

APART_M = 15_000
OURS = ["property_ref", "block_ref", "estate", "officer_ref", "service_centre", "patch"]
OURS += ["visit_ref", "uprn", "name", "place"]
"""Columns whose values are told apart by copy."""


def made_week(source: Path, folder: Path, requests: int, *, seed: int = 1) -> Path:
    """Write a week of about `requests` requests into the new `folder`, out of that in `source`."""
    settings = tomllib.loads((source / "doorstep.toml").read_text(encoding="utf-8"))
    files = {name: source / path for name, path in settings["data"].items()}
    tables = {
        name: pd.read_csv(path, dtype=str, keep_default_na=False)
        for name, path in files.items()
        if path.suffix == ".csv"
    }
    count = math.ceil(requests / len(tables["visits"]))
    chosen = _chosen(tables, requests - (count - 1) * len(tables["visits"]), seed)
    made = [_copy(chosen if k == count - 1 else tables, k) for k in range(count)]
    folder.mkdir(parents=True)
    for name in tables:
        pd.concat([copy[name] for copy in made]).to_csv(folder / f"{name}.csv", index=False)
    data = {name: f"{name}.csv" for name in tables}
    if "streets" in files:
        _write_streets(files["streets"], folder / "streets.gpkg", count)
        data["streets"] = "streets.gpkg"
    text = "[data]\n" + "".join(f'{name} = "{path}"\n' for name, path in data.items())
    for name in ("patches", "visits"):
        rules = settings.get("rules", {}).get(name, {})
        text += f"\n[rules.{name}]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in rules.items())
    (folder / "doorstep.toml").write_text(text, encoding="utf-8")
    return folder


def _chosen(tables: dict[str, pd.DataFrame], requests: int, seed: int) -> dict[str, pd.DataFrame]:
    """Return the tables of as many patches as hold `requests` requests, and of no more."""
    if requests >= len(tables["visits"]):
        return tables
    homes, officers, visits = (tables[name] for name in ("homes", "officers", "visits"))
    patch_of = dict(zip(homes["property_ref"], homes["patch"], strict=True))
    patch = visits["property_ref"].map(patch_of).fillna("")
    order = np.random.default_rng(seed).permutation(sorted(set(homes["patch"])))
    within = np.cumsum([(patch == p).sum() for p in order])
    keep = set(order[: int(np.searchsorted(within, requests)) + 1])
    roving = officers.index[officers["patch"] == ""]
    roving = roving[: round(len(roving) * requests / len(visits))]
    out = dict(tables)
    out["homes"] = homes[homes["patch"].isin(keep)]
    out["visits"] = visits[patch.isin(keep).to_numpy()].head(requests)
    out["officers"] = officers[officers["patch"].isin(keep - {""}) | officers.index.isin(roving)]
    for name, key in (("fixed", "officer_ref"), ("absences", "officer_ref")):
        if name in out:
            out[name] = out[name][out[name][key].isin(out["officers"][key])]
    if "outcomes" in out:
        out["outcomes"] = tables["outcomes"][
            tables["outcomes"]["property_ref"].isin(out["homes"]["property_ref"])
        ]
    return out


def _copy(tables: dict[str, pd.DataFrame], number: int) -> dict[str, pd.DataFrame]:
    """Return the tables of the borough `number` places to the east."""
    if number == 0:
        return tables
    out = {}
    for name, table in tables.items():
        changed = table.copy()
        for column in changed.columns.intersection(OURS):
            given = changed[column]
            # A UPRN has 12 digits at most: the copy's number takes the place of the first two.
            if column == "uprn":
                changed[column] = given.str.replace(r"^..", f"{90 - number}", regex=True)
            else:
                changed[column] = given.where(given == "", given + f"-{number}")
        if "easting" in changed:
            east = changed["easting"].where(changed["easting"] != "", "nan").astype(float)
            moved = (east + number * APART_M).map("{:.1f}".format)
            changed["easting"] = moved.where(east.notna(), "")
        out[name] = changed
    return out


def _write_streets(source: Path, path: Path, count: int) -> None:
    streets = gpd.read_file(source).to_crs("EPSG:27700")[["geometry"]]
    copies = [streets.translate(k * APART_M) for k in range(count)]
    if count > 1:
        # One way from copy to copy, or all but one would be left apart.
        a = get_coordinates(streets.geometry.iloc[0])[0]
        along = a + np.arange(count)[:, None] * (APART_M, 0)
        ways = [LineString(along[k : k + 2]) for k in range(count - 1)]
        copies.append(gpd.GeoSeries(ways, crs=streets.crs))
    gpd.GeoDataFrame(geometry=pd.concat(copies, ignore_index=True), crs=streets.crs).to_file(path)


def _toml(value: Any) -> str:
    """Return a rule's value as TOML, an inner table in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value) if isinstance(value, str | bool) else str(value)
