"""Headings as housing systems write them, and two that could be the same column."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata import DataError, Problem, read_officers, read_visits
from geodata.schema import HOMES, OFFICERS, VISITS


@pytest.mark.parametrize(
    ("heading", "ours"),
    [
        ("property_ref", "property_ref"),
        ("Property Ref.", "property_ref"),
        ("prop-ref", "property_ref"),
        ("PropertyReference", "property_ref"),
        ("LPRO_PROPREF", "property_ref"),
        ("Property Reference (Asset) (Asset)", "property_ref"),
        ("Property_Reference__c", "property_ref"),
        ("Asset__r.Property_Reference__c", "property_ref"),
        ("Post Code", "postcode"),
        ("PostCode", "postcode"),
        ("u_block", "block_ref"),
        ("No. of Floors", "block_floors"),
        ("arr_patch", "patch"),
        ("tenant's name", None),
        ("(Do Not Modify) Row Checksum", None),
    ],
)
def test_spellings_of_housing_systems(heading: str, ours: str | None) -> None:
    assert HOMES.candidates([heading]) == ({} if ours is None else {ours: [0]})


def test_a_unit_in_brackets_is_not_left_out() -> None:
    assert VISITS.candidates(["Duration (mins)"]) == {"minutes": [0]}
    assert VISITS.candidates(["Duration (hours)"]) == {}


def test_our_own_name_wins_over_other_spellings() -> None:
    assert VISITS.candidates(["Type", "Case Type", "Visit Type"])["visit_type"] == [2]
    assert VISITS.candidates(["Visit Type", "visit_type"])["visit_type"] == [1]
    assert VISITS.candidates(["Case Type", "Type"])["visit_type"] == [1, 0]


@pytest.mark.parametrize("schema", [HOMES, OFFICERS, VISITS], ids=lambda s: s.name)
def test_names_cut_by_a_shapefile_are_recognised(schema) -> None:
    names = list(schema.columns)
    cut = schema.candidates([name[:10] for name in names], cut=True)
    assert cut == {name: [i] for i, name in enumerate(names)}
    assert "property_ref" not in schema.candidates(["property_r"])


def visits(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "visits.csv"
    path.write_text(text)
    return path


def test_two_columns_that_differ_are_an_error_until_one_is_mapped(tmp_path: Path) -> None:
    path = visits(
        tmp_path,
        "visit_ref,property_ref,visit_type,Target Date,Deadline\n"
        "V1,1,pcfra,1/12/2026,\nV2,2,pcfra,2/12/2026,9/12/2026\n",
    )
    with pytest.raises(DataError) as raised:
        read_visits(path)
    (problem,) = raised.value.problems
    assert problem.column == "due_by"
    assert (
        problem.reason
        == "could be 'Target Date' or 'Deadline', which differ in row 3; neither is read"
    )
    assert '[columns.visits] in doorstep.toml: due_by = "Target Date"' in problem.remedy
    found: list[Problem] = []
    mapped = read_visits(path, columns={"due_by": "Deadline"}, problems=found)
    assert mapped["due_by"].dt.day.tolist()[1] == 9
    lenient = read_visits(path, problems=found)
    assert lenient["visit_ref"].tolist() == ["V1", "V2"]
    assert lenient["due_by"].isna().all()


@pytest.mark.parametrize(
    ("ours", "header", "cells"),
    [
        ("two_officers", "Double Up,Two Person", "Y,N"),
        ("excluded_officers", "Barred,Not Officers", "HO1,HO2"),
        ("property_ref", "Prop Ref,Asset Ref", "1,2"),
    ],
)
def test_columns_that_keep_people_safe_are_never_done_without(
    tmp_path: Path, ours: str, header: str, cells: str
) -> None:
    home = "" if ours == "property_ref" else ",property_ref"
    text = f"visit_ref,visit_type{home},{header}\nV1,pcfra{home and ',1'},{cells}\n"
    with pytest.raises(DataError) as raised:
        read_visits(visits(tmp_path, text), problems=[])
    (problem,) = raised.value.problems
    assert problem.column == ours
    assert f"{ours} = " in problem.remedy


def test_of_three_columns_the_two_that_differ_are_named(tmp_path: Path) -> None:
    text = (
        "visit_ref,property_ref,visit_type,Due,Deadline,Date Due\nV1,1,pcfra,,1/12/2026,2/12/2026"
    )
    found: list[Problem] = []
    read_visits(visits(tmp_path, text), problems=found)
    assert "could be 'Date Due' or 'Deadline'" in " ".join(p.reason for p in found)


def test_two_columns_that_agree_are_one_and_the_fullest_is_read(tmp_path: Path) -> None:
    path = visits(
        tmp_path,
        "visit_ref,property_ref,visit_type,Target Date,Deadline\n"
        "V1,1,pcfra,,1/12/2026\nV2,2,pcfra,2/12/2026,2/12/2026\n",
    )
    assert read_visits(path)["due_by"].dt.day.tolist() == [1, 2]


def test_where_the_fullest_of_them_is_blank_the_other_is_read(tmp_path: Path) -> None:
    text = "visit_ref,property_ref,visit_type,Two Person,Double Up\nV1,1,pcfra,,Y\nV2,2,pcfra,Y,\n"
    found: list[Problem] = []
    assert read_visits(visits(tmp_path, text), problems=found)["two_officers"].all()
    (note,) = [p for p in found if p.column == "two_officers"]
    assert note.reason == "is read from 'Two Person', and where that is blank from 'Double Up'"


def test_two_columns_of_one_name_must_be_told_apart(tmp_path: Path) -> None:
    path = visits(tmp_path, "officer_ref,fte,FTE,fte\nHO1,1,0.5,0.6\n")
    with pytest.raises(
        DataError, match=r"two columns named 'fte', which differ in row 2; neither is read; rename"
    ):
        read_officers(path)
