"""Constraints of a visit: the vocabulary, and that a reason never gets any further."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import Problem, read_absences, read_officers, read_visits
from geodata.readers.constraints import parse_constraints, parse_gender
from geodata.readers.visit_types import VISIT_TYPES, nearest_visit_type, visit_type
from geodata.readers.visits import NOT_SHOWN
from geodata.tables.parsing import BadCell, parse_priority

HEADER = "visit_ref,property_ref,visit_type"


def read(tmp_path: Path, columns: str, *cells: str) -> tuple[pd.DataFrame, list[Problem]]:
    path = tmp_path / "visits.csv"
    rows = "".join(f"V{i},{i},pcfra,{text}\n" for i, text in enumerate(cells))
    path.write_text(f"{HEADER},{columns}\n{rows}")
    found: list[Problem] = []
    return read_visits(path, problems=found), found


def test_a_list_and_columns_of_their_own_say_the_same(tmp_path: Path) -> None:
    listed, found = read(
        tmp_path,
        "constraints",
        "Joint visit; appointment only;contact-first | interpreter: bengali ; no_card_left;"
        "officer_gender=F;review_by:30/11/2026",
        "",
    )
    assert found == []
    apart, _ = read(
        tmp_path,
        "two_officers,by_appointment,call_first,language,no_card,officer_gender,review_by",
        "Y,Y,Y,Bengali,Y,woman,2026-11-30",
        ",,,,,,",
    )
    pd.testing.assert_frame_equal(listed, apart)
    assert listed["language"].tolist() == ["Bengali", None]
    assert listed["officer_gender"].tolist() == ["female", ""]
    assert listed["two_officers"].tolist() == [True, False]
    assert listed["review_by"].tolist() == [pd.Timestamp("2026-11-30"), pd.NaT]


@pytest.mark.parametrize(
    ("columns", "cell"),
    [
        ("constraints", "two_officers; husband threatened staff"),
        ("constraints", "threatened staff"),
        ("constraints", "contact_first:threatened staff"),
        ("two_officers", "threatened staff"),
        ("contact_first", "threatened"),
        ("officer_gender", "threatened by men"),
        ("review_by", "when she is not threatened"),
    ],
)
def test_a_reason_is_refused_and_not_repeated(tmp_path: Path, columns: str, cell: str) -> None:
    visits, (problem,) = read(tmp_path, columns, cell)
    assert visits.empty
    assert (problem.row, problem.column, problem.value) == (2, columns, None)
    assert "threatened" not in str(problem)
    assert "never the reason for it" in problem.remedy
    assert "threatened" not in str(visits.attrs)


def test_a_harmless_word_is_shown(tmp_path: Path) -> None:
    _, (problem,) = read(tmp_path, "two_officers", "maybe")
    assert problem.value == "maybe"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_whatever_is_in_a_list_no_message_repeats_it(text: str) -> None:
    with pytest.raises(BadCell) as refused:
        parse_constraints(f"contact_first; threatened {text}")
    assert "threatened" not in str(refused.value)


@pytest.mark.parametrize(
    ("column", "cell", "shown"),
    [
        ("visit_type", "violent partner", None),
        ("visit_type", "tenancy adit", "tenancy adit"),
        ("visit_type", "TA2", "TA2"),
        ("language", "Farsi, since he threatened staff", None),
        ("language", "violent partner, 2 dogs", None),
        ("priority", "urgnet", "urgnet"),
        ("priority", "P9", "P9"),
        ("priority", "high because he drinks", None),
        ("skill", "=1+1", "=1+1"),
        ("days", "Mon, when his violent son is out", None),
        ("window", "12:00-09:00", "12:00-09:00"),
        ("window", "not before 10, she drinks", None),
        ("skill", "=he threatened", None),
    ],
)
def test_a_column_of_codes_shows_only_what_looks_like_one(
    tmp_path: Path, column: str, cell: str, shown: str | None
) -> None:
    path = tmp_path / "visits.csv"
    row = {"visit_ref": "V1", "property_ref": "1", "visit_type": "pcfra", column: cell}
    pd.DataFrame([row]).to_csv(path, index=False)
    found: list[Problem] = []
    visits = read_visits(path, visit_types=tuple(VISIT_TYPES), problems=found)
    assert [(p.column, p.value) for p in found] == [(column, shown)]
    assert shown or not any(word in str(found[0]) for word in cell.split() if len(word) > 5)
    if column == "visit_type":
        assert visits["visit_type"].tolist() == [
            shown.replace(" ", "_").lower() if shown else NOT_SHOWN
        ]


def test_the_reason_of_an_absence_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "absences.csv"
    path.write_text("officer_ref,first_day,last_day,reason\nHO1,1/12/2026,1/12/2026,=illness\n")
    found: list[Problem] = []
    read_absences(path, problems=found)
    assert [(p.column, p.value) for p in found] == [("reason", None)]


def test_a_column_against_the_list_is_named(tmp_path: Path) -> None:
    _, (problem,) = read(tmp_path, "language,constraints", "Farsi,interpreter:Bengali")
    assert (problem.column, problem.value) == ("language", None)
    assert "contradicts" in problem.reason


def test_an_agreed_time_needs_a_time(tmp_path: Path) -> None:
    visits, found = read(
        tmp_path, "must_be_officer,appointment_at", "HO7,02/12/2026 2:30pm", "HO7,02/12/2026"
    )
    assert visits["pinned_officer"].tolist() == ["HO7"]
    assert visits["pinned_at"].tolist() == [pd.Timestamp("2026-12-02 14:30")]
    assert [p.reason for p in found if p.severity == "error"] == ["has no time of day"]


@pytest.mark.parametrize("heading", ["officer_ref", "Housing Officer", "Case Owner", "Assigned to"])
def test_whose_case_it_is_does_not_decide_who_goes(tmp_path: Path, heading: str) -> None:
    visits, found = read(tmp_path, heading, "HO7")
    assert visits["pinned_officer"].tolist() == [None]
    (note,) = [p for p in found if "does not decide who goes" in p.reason]
    assert (note.column, note.severity) == (heading, "warning")
    assert "pinned_officer" in note.remedy


def test_officers_genders(tmp_path: Path) -> None:
    path = tmp_path / "officers.csv"
    path.write_text("officer_ref,Sex\nHO1,F\nHO2,\nHO3,Male\n")
    assert read_officers(path)["gender"].tolist() == ["female", "", "male"]
    with pytest.raises(BadCell):
        parse_gender("f/m")


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        *((str(n), n) for n in range(1, 6)),
        *(("P1", 5), ("p4", 2), ("Priority 3", 3), ("P2 - High", 4)),
        *(("Urgent", 5), ("HIGH", 4), ("Medium priority", 3), ("routine", 2), ("Low", 1)),
    ],
)
def test_priorities(text: str, priority: int) -> None:
    assert parse_priority(text) == priority


@pytest.mark.parametrize("text", ["0", "6", "2.5", "P0", "P6", "soonish", "nan", "\u0663\u0663"])
def test_what_is_no_priority(text: str) -> None:
    with pytest.raises(BadCell, match="5 \\(most urgent\\)"):
        parse_priority(text)


def test_numbered_priorities_of_a_landlord_say_which_end_is_up(tmp_path: Path) -> None:
    assert "5 is taken as the most urgent" in " ".join(
        p.reason for p in read(tmp_path, "Priority", "1")[1]
    )
    assert read(tmp_path, "priority", "1")[1] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("damp_mould", "damp_mould"),
        ("Damp and Mould", "damp_mould"),
        ("Damp & Mould", "damp_mould"),
        ("DM inspection", "damp_mould"),
        ("Tenancy Audit", "tenancy_audit"),
        ("TENANCY AUDIT VISIT", "tenancy_audit"),
        ("Arrears", "rent_arrears"),
        ("ASB follow up", "asb_follow_up"),
        ("ASB follow-up visit", "asb_follow_up"),
        ("ASB", "asb_new"),
        ("Welfare check", "welfare_visit"),
        ("Tea party", "tea_party"),
    ],
)
def test_visit_types(text: str, name: str) -> None:
    assert visit_type(text) == name


def test_a_name_of_the_rules_wins_over_another_spelling() -> None:
    assert visit_type("Damp", known=("damp", "damp_mould")) == "damp"
    assert visit_type("Damp", known=("asbestos",)) == "damp"
    assert visit_type("Arrears", known=("asbestos",)) == "arrears"


def test_no_spelling_means_two_visit_types() -> None:
    for name, others in VISIT_TYPES.items():
        assert {visit_type(spelt) for spelt in (name, *others.split())} == {name}


def test_the_nearest_visit_type() -> None:
    assert nearest_visit_type("tenancy_adit", VISIT_TYPES) == "tenancy_audit"
    assert nearest_visit_type("mutual exhange", VISIT_TYPES) == "mutual_exchange"
    assert nearest_visit_type("tea_party", VISIT_TYPES) is None


def test_spellings_that_were_read_and_types_that_are_unknown_are_said(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(f"{HEADER}\nV1,1,Arrears\nV2,2,Tenancy Adit\nV3,3,Fire door\n")
    found: list[Problem] = []
    read_visits(path, visit_types=tuple(VISIT_TYPES), problems=found)
    assert [(p.row, p.severity) for p in found] == [(None, "warning"), (3, "warning")]
    assert "'Arrears' as rent_arrears" in found[0].reason
    assert "Fire door" not in found[0].reason
    assert found[1].remedy.startswith("did you mean tenancy_audit? the rules have emergency_hazard")
