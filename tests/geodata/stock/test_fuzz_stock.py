"""Any cells at all in a homes file: a stock that holds together, or a DataError."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import DataError, Problem, read_stock

CELLS = {
    "property_ref": ["1", "001", "2", "3", "1.0", "1E5", "", "x y"],
    "uprn": ["", "1.00E+11", "999000000001", "abc", "1"],
    "address": ["", "Flat 1 Elm Court", "Elm Court", "12A Elm Road", "=1+1"],
    "postcode": ["", "sw1v3dj", "SW1V 3DJ", "HN1 0"],
    "block_ref": ["", "B1", "b 1", "B2", "H-1", "H-001"],
    "block_name": ["", "Elm Court", " Elm  Court "],
    "estate": ["", "Elms", "ELMS", "Oaks"],
    "tenure": ["Secure", "Leaseholder", "Garage", "", "houseboat", "Void"],
    "tenancy_status": ["", "Current", "Former tenant"],
    "tenancy_end": ["", "31/03/2024", "1900-01-01", "31/02/2026", "45382", "soon"],
    "floor": ["", "G", "3rd", "-1", "200", "x"],
    "block_floors": ["", "4", "0", "2.5"],
    "lift": ["", "Y", "N", "maybe"],
    "easting": ["529500", "529500.0", "529900", "178500", "", "0", "-0.14", "nan", "inf"],
    "northing": ["178500", "178500", "529500", "", "0", "51.5", "1e300"],
    "patch": ["", "P01", "P 01", "P02"],
    "arrears": ["", "Y", "N", "?"],
}
cells = st.fixed_dictionaries(
    {
        name: st.one_of(st.just(usual[0]), st.sampled_from(usual), st.text(max_size=6))
        for name, usual in CELLS.items()
    }
)


@given(rows=st.lists(cells, min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_any_cells_give_a_sound_stock_or_a_data_error(rows: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "homes.csv"
        with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
            writer = csv.DictWriter(file, list(CELLS))
            writer.writeheader()
            writer.writerows(rows)
        found: list[Problem] = []
        try:
            stock = read_stock(path, as_of=dt.date(2026, 11, 27), problems=found)
        except DataError:
            return
    homes, blocks = stock.homes, stock.blocks
    assert homes["property_ref"].is_unique
    assert homes["row"].is_unique
    assert list(homes.index) == list(range(len(homes)))
    assert set(homes["block_ref"]) == set(blocks.index)
    assert blocks["homes"].sum() == len(homes)
    assert homes[["easting", "northing"]].notna().all(axis=None)
    assert (homes["block_floors"] >= 1).all()
    bad = {p.row for p in found if p.severity == "error"}
    assert not bad & set(homes["row"])
    assert all(p.reason and p.remedy and str(p) for p in found)
    columns = ["address", "tenure", "lift", "door_entry", "arrears"]
    assert homes[columns].notna().all(axis=None)
    assert sum(stock.set_aside.values()) + stock.collapsed + len(homes) <= len(rows)
