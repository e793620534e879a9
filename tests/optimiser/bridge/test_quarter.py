"""The community days ahead: what they hold, and the chain along which blocks stand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from knocking import staff

from optimiser.bridge.contacts import Knocks
from optimiser.bridge.quarter import chain_of, quarter_days, quarter_patch, requests_share
from optimiser.model import Door, PartOfDay, Session, Shift, VisitRules

THURSDAY = dt.date(2026, 12, 3)
MORNING, AFTERNOON = PartOfDay.MORNING, PartOfDay.AFTERNOON
HOUR = 3600


def shift(date=THURSDAY, **changes):
    known = {
        "officer_ref": "HO1",
        "date": date,
        "start_s": 9 * HOUR,
        "end_s": 17 * HOUR,
        "start_place": 0,
        "end_place": 0,
        "break_s": HOUR,
        "busy_limit_s": 6 * HOUR,
    }
    return Shift(**known | changes)


def days(*shifts, share=0.0, way_s=0, dates=(THURSDAY,), officer="HO1"):
    return quarter_days(
        dates,
        officer,
        {(s.officer_ref, s.date): s for s in shifts},
        share=share,
        way_s=way_s,
        rules=VisitRules(),
    )


def test_a_day_holds_the_shift_less_sessions_requests_and_the_way():
    (plain,) = days(shift())
    assert (plain.capacity_s, plain.closed) == (6 * HOUR, None)
    assert plain.parts == {MORNING: 3 * HOUR, AFTERNOON: 4 * HOUR}
    surgery = Session(kind="surgery", place=0, start_s=10 * HOUR, end_s=13 * HOUR)
    (busy,) = days(shift(sessions=(surgery,)), share=0.2, way_s=600)
    assert busy.capacity_s == pytest.approx(0.8 * 3 * HOUR - 600)
    assert busy.parts == {MORNING: 2880, AFTERNOON: 8640}


@pytest.mark.parametrize(
    ("date", "officer", "why"),
    [
        (THURSDAY, "HO2", "HO2 is not at work"),
        (THURSDAY, None, "no officer"),
        (dt.date(2026, 12, 25), "HO1", "bank holiday"),
    ],
)
def test_a_closed_day_says_why(date, officer, why):
    (closed,) = days(shift(), dates=(date,), officer=officer)
    assert (closed.capacity_s, closed.parts, closed.closed) == (0, {}, why)


def test_requests_that_take_all_leave_no_day():
    (full,) = days(shift(), share=0.95, way_s=2 * HOUR)
    assert full.capacity_s == 0
    assert full.closed


def test_the_share_of_requests_is_this_weeks_or_the_rules_own():
    assert requests_share((), (shift(),), VisitRules()) == 0.0
    assert requests_share((), (), VisitRules(requests_share=0.3)) == 0.3


def test_the_chain_goes_from_the_centre_outwards_and_does_not_cross_itself():
    xy = np.array([[0, 0], [30, 0], [10, 0], [20, 0]], dtype=float)
    walk = np.abs(xy[:, None, 0] - xy[None, :, 0])
    assert chain_of(walk, np.array([5.0, 35, 15, 25])) == [0, 2, 3, 1]
    assert chain_of(np.zeros((0, 0)), np.zeros(0)) == []
    rng = np.random.default_rng(4)
    xy = rng.random((30, 2))
    walk = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    chain = chain_of(walk * 1000, walk[0] * 1000)
    assert sorted(chain) == list(range(30))


def one_patch(history, *, pair=False, floors=(2, 0)):
    refs = tuple(f"H{k}" for k in range(len(floors)))
    return quarter_patch(
        "P1",
        "HO1",
        days=days(shift()),
        blocks={"B1": refs},
        met=("H8",),
        by_appointment=("H9",),
        walk_s=np.zeros((1, 1)),
        centre_walk_s=np.zeros(1),
        doors={
            ref: Door(place=0, block_ref="B1", floor=floor, entry_s=30)
            for ref, floor in zip(refs, floors, strict=True)
        },
        history=history,
        knockers=staff(all_in_pairs=pair),
        rules=VisitRules(),
    )


def test_a_first_try_takes_the_doors_the_floors_and_the_way_in():
    (turn,) = one_patch({}).rounds
    first = turn.option(1, MORNING)
    talks = 2 * 0.85 / 3
    assert first.conversations == pytest.approx(talks)
    # Two doors, two floors between them, two up to the first, the entry.
    assert first.load_s == round(60 * (2 + 7 * talks)) + 2 * 25 + 2 * 25 + 30


def test_a_second_try_is_at_the_doors_where_nobody_answered():
    (turn,) = one_patch({}).rounds
    second = turn.option(2, MORNING)
    closed = 2 * (1 - 0.95 / 3)  # the first one was in the afternoon
    assert second.conversations == pytest.approx(closed * 0.85 * 0.5 / 2.5)
    assert second.load_s < turn.option(1, MORNING).load_s


def test_homes_near_their_appointment_are_not_tried_twice():
    (turn,) = one_patch({"H0": Knocks(tries=2), "H1": Knocks(tries=2)}).rounds
    assert turn.option(1, MORNING) is not None
    assert turn.option(2, MORNING) is None


def test_a_pair_costs_the_officer_the_time_of_both():
    (alone,), (pair,) = one_patch({}).rounds, one_patch({}, pair=True).rounds
    assert pair.two_officers
    assert alone.option(1, MORNING).load_s < pair.option(1, MORNING).load_s
    assert pair.option(1, MORNING).load_s < 2 * alone.option(1, MORNING).load_s
