"""Any table from any layer: with shapes or without, cut names, several layers, lists."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import Point

from geodata import DataError, Problem, read_fixed, read_officers, read_service_centres, read_visits

VISITS = pd.DataFrame(
    {
        "visit_ref": ["V1", "V2"],
        "property_ref": ["0042", "0043"],
        "visit_type": ["pcfra", "pcfra"],
        "previous_attempts": [1, 2],
        "appointment_only": ["Y", "N"],
    }
)


def test_a_geopackage_with_several_layers_gives_the_one_that_fits(tmp_path: Path) -> None:
    path = tmp_path / "office.gpkg"
    officers = pd.DataFrame({"Officer Ref": ["HO1"], "FTE": [0.6]})
    pyogrio.write_dataframe(officers, path, layer="staff")
    pyogrio.write_dataframe(VISITS, path, layer="work", append=True)
    assert read_visits(path)["property_ref"].tolist() == ["0042", "0043"]
    assert read_officers(path)["fte"].tolist() == [0.6]
    with pytest.raises(DataError, match=r"no layer 'plans'; name one of staff, work"):
        read_visits(path, sheet="plans")
    with pytest.raises(DataError, match=r"office\.gpkg \[staff\]: visit_ref is a column that"):
        read_visits(path, sheet="staff")


@pytest.mark.parametrize("suffix", [".shp", ".dbf"])
def test_names_cut_by_a_shapefile_are_read_and_said(tmp_path: Path, suffix: str) -> None:
    frame = gpd.GeoDataFrame(VISITS, geometry=[Point(1, 2), Point(3, 4)], crs="EPSG:27700")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the names are cut
        frame.to_file(tmp_path / "visits.shp")
    if suffix == ".dbf":
        (tmp_path / "visits.shp").unlink()
    found: list[Problem] = []
    visits = read_visits(tmp_path / f"visits{suffix}", problems=found)
    assert visits["previous_attempts"].tolist() == [1, 2]
    assert visits["appointment_only"].tolist() == [True, False]
    assert visits["row"].tolist() == [1, 2]
    assert "'property_r' as property_ref" in found[0].reason
    assert found[0].row is None


def test_a_file_with_shapes_places_the_engagements(tmp_path: Path) -> None:
    path = tmp_path / "fixed.geojson"
    row = {"officer_ref": "HO1", "date": "01/12/2026", "start": "10:00", "end": "13:00"}
    point = Point(529_400, 181_100)
    frame = gpd.GeoDataFrame([row], geometry=[point], crs="EPSG:27700")
    frame.to_crs("EPSG:4326").to_file(path)
    fixed = read_fixed(path)
    assert Point(fixed.loc[0, "easting"], fixed.loc[0, "northing"]).distance(point) < 0.1


def test_features_without_shapes_fall_back_on_their_columns(tmp_path: Path) -> None:
    properties = {"service_centre": "soho", "easting": 529_400, "northing": 181_100}
    features = [{"type": "Feature", "geometry": None, "properties": properties}]
    path = tmp_path / "centres.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    centres = read_service_centres(path)
    assert centres.geometry["soho"] == Point(529_400, 181_100)


def test_a_list_in_one_field_is_a_list(tmp_path: Path) -> None:
    properties = {"officer_ref": "HO1", "working_days": ["Mon", "Wed"], "languages": ["Farsi"]}
    features = [{"type": "Feature", "geometry": None, "properties": properties}]
    path = tmp_path / "officers.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    officers = read_officers(path, problems=[])
    assert officers["working_days"].tolist() == [(0, 2)]
    assert officers["languages"].tolist() == [("Farsi",)]
