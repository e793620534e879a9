"""Do the files agree? Each test breaks one reference between two of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from geodata import (
    Problem,
    Stock,
    cross_check,
    read_absences,
    read_fixed,
    read_officers,
    read_outcomes,
    read_service_centres,
    read_stock,
    read_visits,
)


@pytest.fixture
def csv(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        return path

    return write


Write = Callable[[str, str], Path]


@pytest.fixture
def stock(csv: Write) -> Stock:
    """Three homes in patches P01, P01 and P02, on one point."""
    return read_stock(
        csv(
            "homes",
            "property_ref,tenure,block_ref,floor,easting,northing,patch\n"
            "0001,secure,B1,0,529500,178500,P01\n"
            "0002,secure,B1,0,529500,178500,P01\n"
            "X-3,secure,B2,0,529500,178500,P02\n",
        )
    )


@pytest.fixture
def officers(csv: Write) -> pd.DataFrame:
    """An officer for each patch, both at Soho."""
    return read_officers(
        csv("officers", "officer_ref,service_centre,patch\nHO1,soho,P01\nHO2,soho,P02\n"),
        problems=[],
    )


def brief(found: list[Problem]) -> list[tuple[str, str, int | None, str | None]]:
    return [(p.severity, p.file, p.row, p.value) for p in found]


def test_files_that_agree_pass_unchanged(csv: Write, stock: Stock, officers: pd.DataFrame) -> None:
    centres = read_service_centres(
        csv("centres", "service_centre,easting,northing\nsoho,529400,181100\n")
    )
    visits = read_visits(csv("visits", "visit_ref,property_ref,visit_type\nV1,0001,pcfra\n"))
    frames, found = cross_check(
        stock=stock, officers=officers, visits=visits, service_centres=centres
    )
    assert found == []
    assert list(frames) == ["officers", "visits", "service_centres"]
    pd.testing.assert_frame_equal(frames["visits"], visits)
    pd.testing.assert_frame_equal(frames["officers"], officers)


def test_a_request_for_an_unknown_home_is_an_error_with_a_hint(
    csv: Write, stock: Stock, officers: pd.DataFrame
) -> None:
    visits = read_visits(
        csv(
            "visits",
            "Ref,Property Ref,Type\nV1,1,pcfra\nV2,0002,pcfra\nV3,x-3,pcfra\nV4,9999,pcfra\n",
        )
    )
    frames, found = cross_check(
        stock=stock, officers=officers, visits=visits, file_names={"visits": "v.csv"}
    )
    assert brief(found) == [
        ("error", "v.csv", 2, "1"),
        ("error", "v.csv", 4, "x-3"),
        ("error", "v.csv", 5, "9999"),
    ]
    assert {p.column for p in found} == {"Property Ref"}
    assert "did you mean 0001? Leading zeros were lost" in found[0].remedy
    assert "did you mean X-3" in found[1].remedy
    assert found[2].remedy == "correct it, or add the home"
    assert frames["visits"]["visit_ref"].tolist() == ["V2"]


def test_a_request_for_a_home_where_nobody_lives_says_so(
    csv: Write, officers: pd.DataFrame
) -> None:
    stock = read_stock(
        csv(
            "homes",
            "property_ref,tenure,floor,easting,northing\n1,secure,0,529500,178500\n"
            "2,Void,0,529500,178500\n",
        ),
        problems=[],
    )
    visits = read_visits(csv("visits", "visit_ref,property_ref,visit_type\nV1,2,pcfra\n"))
    _, found = cross_check(stock=stock, officers=officers, visits=visits)
    assert "is set aside in the homes file, among the empty homes" in [p.reason for p in found]


def test_codes_that_look_alike_are_offered(csv: Write, stock: Stock) -> None:
    officers = read_officers(
        csv("officers", "officer_ref,service_centre,patch\nHO1,SO HO,P0 1\nHO2,soho,P02\n"),
        problems=[],
    )
    centres = read_service_centres(
        csv("centres", "service_centre,easting,northing\nsoho,529400,181100\n")
    )
    fixed = read_fixed(
        csv("fixed", "officer_ref,date,start,end,place\nHO-1,1/12/2026,10:00,11:00,soho\n")
    )
    _, found = cross_check(stock=stock, officers=officers, service_centres=centres, fixed=fixed)
    remedies = {p.value: p.remedy for p in found}
    assert remedies["SO HO"] == "did you mean soho?"
    assert remedies["P0 1"] == "did you mean P01?"
    assert remedies["HO-1"] == "did you mean HO1?"


def test_rows_of_unknown_officers_are_left_out_with_a_warning(
    csv: Write, stock: Stock, officers: pd.DataFrame
) -> None:
    fixed = read_fixed(
        csv(
            "fixed",
            "officer_ref,date,start,end,easting,northing\n"
            "HO1,1/12/2026,10:00,11:00,529500,178500\nHO9,1/12/2026,10:00,11:00,529500,178500\n",
        )
    )
    absences = read_absences(
        csv("absences", "officer_ref,first_day,last_day\nHO8,1/12/2026,1/12/2026\n")
    )
    frames, found = cross_check(stock=stock, officers=officers, fixed=fixed, absences=absences)
    assert brief(found) == [
        ("warning", "fixed.csv", 3, "HO9"),
        ("warning", "absences.csv", 2, "HO8"),
    ]
    assert frames["fixed"]["officer_ref"].tolist() == ["HO1"]
    assert frames["absences"].empty


def test_an_officer_with_a_bad_row_is_not_unknown(csv: Write, stock: Stock) -> None:
    officers = read_officers(csv("officers", "officer_ref,fte\nHO1,1\nHO2,nine\n"), problems=[])
    visits = read_visits(
        csv("visits", "visit_ref,property_ref,visit_type,excluded_officers\nV1,0001,pcfra,HO2\n")
    )
    absences = read_absences(
        csv("absences", "officer_ref,first_day,last_day\nHO2,1/12/2026,1/12/2026\n")
    )
    _, found = cross_check(stock=stock, officers=officers, visits=visits, absences=absences)
    absent = [p for p in found if p.file == "absences.csv"]
    assert [p.reason for p in absent] == [
        "is an officer who cannot be used as the officers file stands; the row is left out"
    ]
    assert not [p for p in found if p.file == "visits.csv"]


def test_engagements_take_the_place_of_a_service_centre_they_name(
    csv: Write, stock: Stock, officers: pd.DataFrame
) -> None:
    centres = read_service_centres(
        csv("centres", "service_centre,name,easting,northing\nsoho,Soho Hub,529400,181100\n")
    )
    fixed = read_fixed(
        csv(
            "fixed",
            "officer_ref,date,start,end,place,easting,northing\n"
            "HO1,1/12/2026,10:00,11:00,SOHO HUB,,\n"
            "HO1,2/12/2026,10:00,11:00,Elsewhere,,\n"
            "HO1,3/12/2026,10:00,11:00,Swapped,181100,529400\n",
        )
    )
    frames, found = cross_check(
        stock=stock, officers=officers, fixed=fixed, service_centres=centres
    )
    assert frames["fixed"][["easting", "northing"]].to_numpy().tolist() == [[529400, 181100]]
    assert [(p.severity, p.row, p.column) for p in found] == [
        ("error", 3, "place"),
        ("error", 4, "place"),
    ]


def test_engagements_that_overlap_are_an_error(
    csv: Write, stock: Stock, officers: pd.DataFrame
) -> None:
    point = "529500,178500"
    fixed = read_fixed(
        csv(
            "fixed",
            "officer_ref,date,start,end,easting,northing\n"
            f"HO1,1/12/2026,12:00,13:00,{point}\n"
            f"HO1,1/12/2026,09:00,12:30,{point}\n"
            f"HO1,1/12/2026,13:00,14:00,{point}\n"
            f"HO2,1/12/2026,09:00,12:30,{point}\n",
        )
    )
    frames, found = cross_check(stock=stock, officers=officers, fixed=fixed)
    assert brief(found) == [("error", "fixed.csv", 2, "12:00")]
    assert frames["fixed"]["row"].tolist() == [3, 4, 5]


def test_officers_patches_and_centres_are_compared(csv: Write, stock: Stock) -> None:
    officers = read_officers(
        csv(
            "officers",
            "officer_ref,service_centre,patch\nHO1,soho,P01\nHO2,mars,P01\nHO3,,P77\n",
        ),
        problems=[],
    )
    centres = read_service_centres(
        csv("centres", "service_centre,easting,northing\nsoho,529400,181100\n")
    )
    frames, found = cross_check(stock=stock, officers=officers, service_centres=centres)
    assert brief(found) == [
        ("warning", "officers.csv", None, None),
        ("warning", "officers.csv", 3, "mars"),
        ("warning", "officers.csv", 3, "P01"),
        ("warning", "officers.csv", 4, None),
        ("warning", "officers.csv", 4, "P77"),
    ]
    assert "has no officer for 1 home in 1 patch: P02" in found[0].reason
    assert "also the patch of HO1" in found[2].reason
    assert frames["officers"]["service_centre"].tolist() == ["soho", None, None]


def test_outcomes_of_unknown_homes_are_left_out(
    csv: Write, stock: Stock, officers: pd.DataFrame
) -> None:
    outcomes = read_outcomes(
        csv(
            "outcomes",
            "property_ref,visited_at,outcome\n0001,5/11/2026,done\n0009,5/11/2026,done\n",
        )
    )
    frames, found = cross_check(stock=stock, officers=officers, outcomes=outcomes)
    assert brief(found) == [("warning", "outcomes.csv", 3, "0009")]
    assert frames["outcomes"]["row"].tolist() == [2]


def test_an_unknown_excluded_officer_is_a_warning(
    csv: Write, stock: Stock, officers: pd.DataFrame
) -> None:
    visits = read_visits(
        csv(
            "visits",
            "visit_ref,property_ref,visit_type,excluded_officers\nV1,0001,pcfra,HO1;HO7\n",
        )
    )
    frames, found = cross_check(stock=stock, officers=officers, visits=visits)
    assert brief(found) == [("warning", "visits.csv", 2, "HO7")]
    assert frames["visits"]["excluded_officers"].tolist() == [("HO1", "HO7")]


def test_westminster_agrees_with_itself_and_its_messy_export_does_not(westminster: Path) -> None:
    stock = read_stock(westminster / "homes.csv")
    officers = read_officers(westminster / "officers.csv")
    _, found = cross_check(
        stock=stock,
        officers=officers,
        visits=read_visits(westminster / "visits.csv"),
        service_centres=read_service_centres(westminster / "service_centres.csv"),
        fixed=read_fixed(westminster / "fixed.csv"),
        absences=read_absences(westminster / "absences.csv"),
        outcomes=read_outcomes(westminster / "outcomes.csv"),
    )
    assert found == []
    messy = read_visits(westminster / "visits_export_messy.xlsx", problems=[])
    frames, found = cross_check(stock=stock, officers=officers, visits=messy)
    assert [(p.row, p.value, p.sheet) for p in found] == [
        (8, "113655", "Export"),
        (10, "99999999", "Export"),
    ]
    assert "did you mean 00113655?" in found[0].remedy
    assert len(frames["visits"]) == 49


def test_an_officer_who_must_go_and_is_unknown_is_named(
    csv: Write, stock: Stock, officers: pd.DataFrame
) -> None:
    visits = read_visits(
        csv(
            "visits",
            "visit_ref,property_ref,visit_type,pinned_officer\n"
            "V1,0001,pcfra,HO1\nV2,0001,pcfra,HO9\nV3,0001,pcfra,HO8\nV4,0001,pcfra,\n",
        )
    )
    officers.attrs["refused"] = ["HO8"]
    frames, found = cross_check(stock=stock, officers=officers, visits=visits)
    assert brief(found) == [
        ("warning", "visits.csv", 3, "HO9"),
        ("warning", "visits.csv", 4, "HO8"),
    ]
    assert len(frames["visits"]) == 4
    assert found[1].remedy == "correct that officer's row there"


def test_a_reason_among_the_officers_not_to_send_is_not_repeated(
    csv: Write, stock: Stock, officers: pd.DataFrame
) -> None:
    visits = read_visits(
        csv(
            "visits",
            "visit_ref,property_ref,visit_type,excluded_officers\n"
            "V1,0001,pcfra,HO1;HO9\nV2,0001,pcfra,HO1;assaulted in May\n",
        )
    )
    _, found = cross_check(stock=stock, officers=officers, visits=visits)
    assert brief(found) == [
        ("warning", "visits.csv", 2, "HO9"),
        ("warning", "visits.csv", 3, None),
    ]
