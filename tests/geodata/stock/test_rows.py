"""Rows to homes: one row a tenant or charge, rows where nobody lives, merged cells, spellings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata import Problem, Stock, read_stock

COLUMNS = (
    "property_ref,address,postcode,block_ref,block_name,estate,tenure,property_type,"
    "tenancy_status,tenancy_end,floor,block_floors,lift,door_entry,easting,northing,patch,"
    "arrears,asb"
)
AS_OF = dt.date(2026, 11, 27)


def home(number: int, **cells: object) -> dict[str, object]:
    """A tidy tenanted home on block B1's point, with some cells changed."""
    row: dict[str, object] = dict.fromkeys(COLUMNS.split(","), "")
    row |= {
        "property_ref": f"{number:06d}",
        "address": f"Flat {number} Elm Court",
        "postcode": "SW1V 3DJ",
        "block_ref": "B1",
        "block_name": "Elm Court",
        "estate": "Elms",
        "tenure": "Secure tenancy",
        "floor": 1,
        "block_floors": 4,
        "lift": "Y",
        "door_entry": "N",
        "easting": 529_500,
        "northing": 178_500,
        "patch": "P01",
    }
    return row | cells


Read = Callable[..., tuple[Stock, list[Problem]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read homes from a CSV of the rows given; the problems come beside the stock."""

    def read_homes(
        *rows: dict[str, object], as_of: dt.date | None = AS_OF
    ) -> tuple[Stock, list[Problem]]:
        path = tmp_path / "homes.csv"
        lines = [",".join(f'"{v}"' for v in row.values()) for row in rows]
        path.write_text("\n".join([COLUMNS, *lines]) + "\n", encoding="utf-8")
        found: list[Problem] = []
        return read_stock(path, problems=found, as_of=as_of), found

    return read_homes


def brief(found: list[Problem]) -> list[tuple[str, int | None, str | None]]:
    return [(p.severity, p.row, p.column) for p in found]


# One row a tenant or a charge


def test_rows_of_a_home_become_one_with_any_flag_of_them(read: Read) -> None:
    stock, found = read(
        home(1),
        home(2, arrears="N", floor=""),
        home(2, arrears="Y"),
        home(2, asb="Y", address=""),
        home(3),
    )
    assert stock.homes["property_ref"].tolist() == ["000001", "000002", "000003"]
    assert stock.homes["row"].tolist() == [2, 3, 6]
    second = stock.homes.iloc[1]
    assert (second["arrears"], second["asb"], second["floor"]) == (True, True, 1)
    assert second["address"] == "Flat 2 Elm Court"
    assert stock.collapsed == 2
    assert stock.blocks["homes"].tolist() == [3]
    assert brief(found) == [("warning", None, "property_ref")]
    assert "more than one row for 1 home: 2 rows put together" in found[0].reason
    assert "row 4" in found[0].reason


def test_absent_cells_stay_none_after_rows_are_put_together(read: Read) -> None:
    stock, _ = read(home(1, estate="", patch=""), home(1, estate="", patch=""))
    first = stock.homes.iloc[0]
    assert first["estate"] is first["patch"] is first["uprn"] is None


@pytest.mark.parametrize(
    ("cells", "column", "first"),
    [
        ({"tenure": "Leaseholder"}, "tenure", "'tenanted' in row 2"),
        ({"block_ref": "B2"}, "block_ref", "'B1' in row 2"),
        ({"easting": 529_600}, "easting, northing", "'529500, 178500' in row 2"),
    ],
)
def test_rows_that_disagree_on_what_a_home_is_are_an_error(
    read: Read, cells: dict[str, object], column: str, first: str
) -> None:
    stock, found = read(home(1), home(1, **cells))
    assert ("error", 3, column) in brief(found)
    error = next(p for p in found if p.severity == "error")
    assert f"is {first} of the same home, 000001" in error.reason
    assert stock.homes["tenure"].tolist() == ["tenanted"]
    assert stock.homes["block_ref"].tolist() == ["B1"]


def test_rows_that_disagree_on_a_detail_are_a_warning(read: Read) -> None:
    stock, found = read(home(1), home(1, floor=2, patch="P02"))
    assert brief(found)[1:] == [("warning", 3, "floor"), ("warning", 3, "patch")]
    assert found[1].value == "2"
    assert "is '1' in row 2 of the same home, 000001; row 2 is used" in found[1].reason
    assert stock.homes[["floor", "patch"]].to_numpy().tolist() == [[1, "P01"]]


def test_a_bad_first_row_leaves_the_home_to_its_second(read: Read) -> None:
    stock, found = read(home(1, tenure="houseboat"), home(1))
    assert [p.row for p in found if p.severity == "error"] == [2]
    assert stock.homes["row"].tolist() == [3]
    assert stock.collapsed == 0


# Rows where nobody lives


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"tenure": "Garage"}, "garages"),
        ({"tenure": "", "property_type": "LOCK-UP GARAGE"}, "garages"),
        ({"tenure": "Pram store"}, "sheds and stores"),
        ({"property_type": "Shed"}, "sheds and stores"),
        ({"tenure": "Parking space"}, "parking"),
        ({"property_type": "Shop"}, "shops and commercial"),
        ({"tenancy_status": "Former tenant"}, "ended tenancies"),
        ({"tenancy_status": "ENDED"}, "ended tenancies"),
        ({"tenancy_status": "Terminated"}, "ended tenancies"),
        ({"tenancy_end": "26/11/2026"}, "ended tenancies"),
        ({"tenancy_end": "46352"}, "ended tenancies"),
        ({"tenancy_status": "Void"}, "empty homes"),
        ({"tenure": "Vacant"}, "empty homes"),
    ],
)
def test_rows_without_a_resident_are_set_aside_by_kind(
    read: Read, cells: dict[str, object], kind: str
) -> None:
    stock, found = read(home(1), home(2, floor="what", **cells))
    assert stock.set_aside == {kind: 1}
    assert stock.homes["property_ref"].tolist() == ["000001"]
    assert stock.homes.attrs["set_aside"] == {"000002": kind}
    assert {p.severity for p in found} == {"warning"}
    assert f"1 row where nobody lives, set aside: 1 {kind}" in " ".join(p.reason for p in found)


@pytest.mark.parametrize(
    "cells",
    [
        {"property_type": "Flat above shop"},
        {"property_type": "House with garage"},
        {"tenancy_status": "Current"},
        {"tenancy_end": "27/11/2026"},
        {"tenancy_end": "31/12/2027"},
        {"tenancy_end": "1900-01-01"},
        {"tenancy_end": "01/01/1900 00:00:00"},
        {"tenancy_end": "9999-12-31"},
    ],
)
def test_homes_that_only_look_empty_are_kept(read: Read, cells: dict[str, object]) -> None:
    stock, found = read(home(1, **cells))
    assert stock.set_aside == {}
    assert len(stock.homes) == 1
    assert found == []


def test_the_row_of_a_former_tenant_leaves_the_home_to_the_next(read: Read) -> None:
    stock, _ = read(home(1, tenancy_end="1/2/2025", arrears="Y"), home(1))
    assert stock.set_aside == {"ended tenancies": 1}
    assert stock.homes["row"].tolist() == [3]
    assert not stock.homes["arrears"].any()
    assert stock.homes.attrs["set_aside"] == {}


def test_an_end_date_that_cannot_be_read_is_a_warning(read: Read) -> None:
    stock, found = read(home(1, tenancy_end="31/02/2026"), home(2))
    assert brief(found) == [("warning", 2, "tenancy_end")]
    assert len(stock.homes) == 2


def test_without_a_day_no_tenancy_has_ended(read: Read) -> None:
    stock, found = read(home(1, tenancy_end="1/2/2025"), as_of=None)
    assert brief(found) == [("warning", None, "tenancy_end")]
    assert len(stock.homes) == 1


# Blocks


MERGED = {"block_ref": "", "block_name": "", "address": "", "estate": "", "postcode": ""}


def test_homes_below_a_merged_cell_are_of_the_block_above(read: Read) -> None:
    there = {"easting": 529_900}
    stock, found = read(
        home(1, address="Elm Court, Elm Street"),
        home(2, **MERGED),
        home(3, **MERGED),
        home(4, block_ref="B2", block_name="Oak", address="Flat 1, Oak", **there),
        home(5, **MERGED, **there),
    )
    assert stock.homes["block_ref"].tolist() == ["B1", "B1", "B1", "B2", "B2"]
    assert stock.homes["estate"].tolist() == ["Elms"] * 5
    assert stock.homes["postcode"].tolist() == ["SW1V 3DJ"] * 5
    assert stock.homes["address"].tolist() == [*["Elm Court, Elm Street"] * 3, "Flat 1, Oak", ""]
    assert brief(found) == [("warning", None, "block_ref")]
    assert "for 3 homes on the very point of the row above" in found[0].reason
    assert "first in row 3" in found[0].reason


def test_a_home_elsewhere_is_not_below_a_merged_cell(read: Read) -> None:
    stock, found = read(home(1), home(2, **MERGED | {"easting": 529_510}))
    assert stock.homes["block_ref"].tolist() == ["B1", "H-000002"]
    assert "made into 1 block" in found[0].reason


def test_a_home_without_a_block_joins_the_one_at_its_address_and_point(read: Read) -> None:
    stock, found = read(home(1), home(2, block_ref=""), home(3, address="9 Elm Row", block_ref=""))
    assert stock.homes["block_ref"].tolist() == ["B1", "B1", "H-000003"]
    assert "blank for 2 homes, made into 1 block by address and point; 1 home" in found[0].reason


def test_a_blank_estate_is_the_blocks_where_that_has_one(read: Read) -> None:
    stock, found = read(
        home(1), home(2, estate=""), home(3, block_ref="B2", estate="", block_name="")
    )
    assert stock.homes["estate"].tolist() == ["Elms", "Elms", None]
    assert brief(found) == [("warning", None, "estate")]


def test_houses_in_a_street_are_blocks_of_their_own(read: Read) -> None:
    street = {"block_ref": "", "block_name": "", "estate": ""}
    stock, _ = read(
        *(
            home(i, address=f"{i} Elm Road", easting=529_500 + 8 * i, **street)
            for i in range(12, 17)
        )
    )
    assert stock.blocks["homes"].tolist() == [1] * 5


@pytest.mark.parametrize(
    ("column", "usual", "odd"),
    [("patch", "HN10", "HN1 0"), ("estate", "Elm Park", "ELM PARK"), ("patch", "P-1", "P1")],
)
def test_a_code_spelt_in_two_ways_is_named(read: Read, column: str, usual: str, odd: str) -> None:
    _, found = read(
        *(home(i, block_ref=f"B{i}", **{column: usual}) for i in range(1, 4)),
        home(4, block_ref="B4", **{column: odd}),
    )
    assert brief(found) == [("warning", None, column)]
    assert found[0].value == odd
    assert f"in 1 home, where 3 homes have {usual!r}" in found[0].reason
