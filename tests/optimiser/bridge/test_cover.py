"""Who knocks on the community days ahead where a patch has no officer."""

from __future__ import annotations

import datetime as dt

import pytest
from knocking import THURSDAY, shift, staff

from optimiser.bridge.cover import cover_notes, days_elsewhere, find_cover

DATES = [THURSDAY + dt.timedelta(days=7 * k) for k in range(6)]
TEAM = tuple(shift(f"HO{k}") for k in (2, 3))


def cover_of(doors, knockers):
    shifts = {(ref, date) for ref in knockers.at_work for date in DATES}
    return find_cover(doors, knockers, DATES, shifts)


def vacant(*team, **changes):
    """HO2 and HO3 of one centre hold P2 and P3; P1 and P5 are nobody's."""
    return staff(*(team or TEAM), own={"P2": "HO2", "P3": "HO3"}, **changes)


@pytest.mark.parametrize(("doors", "days"), [(10, [5]), (100, [2, 5]), (200, [1, 3, 5]), (4000, 5)])
def test_a_colleague_gives_days_by_the_doors_and_keeps_one(doors, days):
    who = cover_of({"P1": doors, "P2": 200, "P3": 300}, vacant())["P1"]
    assert (who.officer_ref, who.own) == ("HO2", "P2")
    if isinstance(days, int):
        assert len(who.dates) == days
    else:
        assert list(who.dates) == [DATES[k] for k in days]


def test_on_each_day_the_officer_is_in_one_of_the_two():
    cover = cover_of({"P1": 100, "P2": 100, "P3": 300}, vacant())
    there = days_elsewhere(cover)
    assert there["P1"].keys() | there["P2"].keys() == set(DATES)
    assert not there["P1"].keys() & there["P2"].keys()
    assert set(there["P2"].values()) == {"HO2 is in P1"}
    assert "P3" not in there


def test_who_has_no_patch_goes_first_and_nobody_covers_two():
    doors = {"P1": 100, "P2": 200, "P3": 300, "P5": 50, "P6": 50}
    centre = dict.fromkeys(("HO2", "HO3", "HO9"), "soho")
    knockers = vacant(*TEAM, shift("HO9"), centre=centre)
    cover = cover_of(doors, knockers)
    assert cover["P1"].officer_ref == "HO9"
    assert list(cover["P1"].dates) == DATES
    assert "P1" not in days_elsewhere(cover)
    assert len({who.officer_ref for who in cover.values()}) == len(cover) == 3
    knockers = vacant(centre=centre)
    (note,) = [n for n in cover_notes(doors, cover_of(doors, knockers), knockers) if "turns" in n]
    assert note.startswith("P6 has no officer and no turns")


def test_without_stand_ins_nobody_covers():
    assert cover_of({"P1": 100, "P2": 200}, vacant(stand_ins=0)) == {}
