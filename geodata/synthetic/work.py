"""Invented officers, their fixed engagements and absences, requests and earlier door-knocking."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from geodata.synthetic.facts import CENTRES, LANGUAGES, VISIT_TYPES, VisitTypeFact
from geodata.synthetic.homes import share_out

__all__ = ["absences_of", "centres", "fixed_of", "officers_of", "outcomes_of", "visits_of"]

SKILLS: Final = ("damp", "safeguarding", "asb", "pcfra")
WINDOWS: Final = ("", "12:00-17:00", "09:00-12:00", "14:00-16:00", "10:00-16:00", "13:00-17:00")
WINDOW_SHARES: Final = (0.49, 0.19, 0.16, 0.06, 0.05, 0.05)
UNSPOKEN: Final = "Tigrinya"  # a language of no officer, so an interpreter is booked


def centres() -> pd.DataFrame:
    """Return service_centres.csv."""
    rows = [(c.ref, c.name, c.easting, c.northing) for c in CENTRES]
    return pd.DataFrame(rows, columns=["service_centre", "name", "easting", "northing"])


def officers_of(
    rng: np.random.Generator, blocks: pd.DataFrame, count: int, with_patch: int
) -> pd.DataFrame:
    """Return officers.csv: the first `with_patch` have one today, the others are newly hired."""
    spots = np.array([(c.easting, c.northing) for c in CENTRES], dtype=float)
    points = blocks[["easting", "northing"]].to_numpy(float)
    nearest = np.argmin(np.hypot(*(points[:, None] - spots[None]).transpose(2, 0, 1)), axis=1)
    load = np.bincount(nearest, weights=blocks["homes"], minlength=len(spots))
    room = 1 + share_out(count - len(spots), load)
    rows = []
    for k in range(count):
        patch = f"P{k + 1:02d}" if k < with_patch else ""
        mine = points[(blocks["patch"] == patch).to_numpy()]
        wanted = np.hypot(*(spots - mine.mean(axis=0)).T) if len(mine) else -room.astype(float)
        centre = int(np.argmin(np.where(room > 0, wanted, np.inf)))
        room[centre] -= 1
        part_time = k == count - 1 and count > 4
        spoken = [LANGUAGES[k % len(LANGUAGES)]] if rng.random() < 0.8 else []
        spoken += [str(rng.choice(LANGUAGES))] if rng.random() < 0.35 else []
        skills = {SKILLS[k % 4]} | ({str(rng.choice(SKILLS))} if rng.random() < 0.6 else set())
        rows.append(
            {
                "officer_ref": f"HO{k + 1:02d}",
                "fte": 0.8 if part_time else 1.0,
                "service_centre": CENTRES[centre].ref,
                "working_days": "Mon;Tue;Wed;Thu" if part_time else "Mon;Tue;Wed;Thu;Fri",
                "shift_start": "09:00",
                "shift_end": "17:00",
                "break_minutes": 45,
                "languages": ";".join(dict.fromkeys(spoken)),
                "skills": ";".join(sorted(skills)) if rng.random() < 0.85 or k < 4 else "",
                "patch": patch,
            }
        )
    return pd.DataFrame(rows)


def absences_of(officers: pd.DataFrame, monday: dt.date) -> pd.DataFrame:
    """Return absences.csv: leave all week, a day's training, two days' sickness."""
    refs = officers["officer_ref"].tolist()
    days = [monday + dt.timedelta(days=k) for k in range(5)]
    rows = [(refs[len(refs) // 2], days[3], days[3], "training")]
    if len(refs) > 8:
        rows.append((refs[3], days[0], days[4], "leave"))
        rows.append((refs[-3], days[0], days[1], "sick"))
    rows.sort()
    return pd.DataFrame(rows, columns=["officer_ref", "first_day", "last_day", "reason"])


def fixed_of(officers: pd.DataFrame, absences: pd.DataFrame, monday: dt.date) -> pd.DataFrame:
    """Return fixed.csv: two surgeries a week at each service centre, by officers who are in."""
    away = set(absences["officer_ref"])
    rows = []
    for centre in CENTRES:
        team = officers.loc[officers["service_centre"] == centre.ref, "officer_ref"]
        present = [ref for ref in team if ref not in away]
        for turn, (day, start, end) in enumerate(((1, "10:00", "13:00"), (3, "14:00", "16:30"))):
            if present:
                ref = present[-1 - turn % len(present)]
                when = monday + dt.timedelta(days=day)
                place = (centre.name, centre.easting, centre.northing)
                rows.append((ref, when, start, end, "surgery", *place))
    columns = ["officer_ref", "date", "start", "end", "kind", "place", "easting", "northing"]
    return pd.DataFrame(rows, columns=columns)


def visits_of(
    rng: np.random.Generator, homes: pd.DataFrame, count: int, monday: dt.date
) -> pd.DataFrame:
    """Return visits.csv: the week's requests and an emergency, which no weekly plan may hold."""
    tenanted = homes[homes["tenure"] != "Leaseholder"]
    taken: set[str] = set()
    shares = np.array([fact.share for fact in VISIT_TYPES], dtype=float)
    counts = 1 + share_out(count - len(VISIT_TYPES), shares)
    rows = []
    for fact, wanted in zip(VISIT_TYPES, counts.tolist(), strict=True):
        # Homes with the flag that the visit is about come first, then any other tenancy.
        chance = rng.permutation(len(tenanted))
        flagged = (tenanted[fact.flag] == "Y").to_numpy() if fact.flag else np.ones(len(chance))
        drawn = chance[np.argsort(flagged[chance] == 0, kind="stable")]
        picked = [ref for ref in tenanted["property_ref"].to_numpy(str)[drawn] if ref not in taken]
        picked = [str(ref) for ref in picked[:wanted]]
        taken.update(picked)
        rows += [_request(rng, fact, ref, monday) for ref in picked]
    rows += [
        _emergency(str(tenanted["property_ref"].iloc[k]), monday)
        for k in (7, 19)[: 1 + count // 100]
    ]
    order = rng.permutation(len(rows))
    frame = pd.DataFrame([rows[k] for k in order])
    frame.insert(0, "visit_ref", [f"V{k + 1:04d}" for k in range(len(frame))])
    return frame


def _request(
    rng: np.random.Generator, fact: VisitTypeFact, property_ref: str, monday: dt.date
) -> dict[str, object]:
    """Return one request, raised so long ago that it falls due on the week's Tuesday or later."""
    oldest = min(fact.due_days - 1, 28) if not fact.working else 9
    age = int(rng.integers(1, oldest + 1))
    raised = monday - dt.timedelta(days=age)
    if fact.working:
        due = np.busday_offset(raised, fact.due_days, roll="backward").item()
    else:
        due = raised + dt.timedelta(days=fact.due_days)
    tries = int(rng.choice([0, 1, 2], p=[0.74, 0.10, 0.16]))
    last = monday - dt.timedelta(days=int(rng.integers(1, age + 1)))
    hour = str(rng.choice(["10:15", "11:45", "14:30", "15:40"]))
    fussy = rng.random() < 0.41
    free = sorted(rng.choice(5, size=int(rng.integers(1, 4)), replace=False).tolist())
    days = ";".join(("Mon", "Tue", "Wed", "Thu", "Fri")[d] for d in free) if fussy else ""
    spoken = str(rng.choice([*LANGUAGES, UNSPOKEN])) if rng.random() < 0.09 else ""
    return {
        "property_ref": property_ref,
        "visit_type": fact.visit_type,
        "raised_on": f"{raised:%d/%m/%Y}",
        "due_by": f"{due:%d/%m/%Y}",
        "minutes": fact.minutes,
        "days": days,
        "window": str(rng.choice(WINDOWS, p=WINDOW_SHARES)),
        "two_officers": "Y" if rng.random() < fact.two_officers else "N",
        "language": spoken,
        "skill": fact.skill,
        "previous_attempts": tries,
        "last_attempt_at": f"{last:%d/%m/%Y} {hour}" if tries else "",
    }


def _emergency(property_ref: str, monday: dt.date) -> dict[str, object]:
    raised = monday - dt.timedelta(days=1)
    blank = dict.fromkeys(("days", "window", "language", "skill", "last_attempt_at"), "")
    return {
        "property_ref": property_ref,
        "visit_type": "emergency_hazard",
        "raised_on": f"{raised:%d/%m/%Y}",
        "due_by": f"{monday:%d/%m/%Y}",
        "minutes": 45,
        "two_officers": "N",
        "previous_attempts": 0,
        **blank,
    }


def outcomes_of(
    rng: np.random.Generator, homes: pd.DataFrame, officers: pd.DataFrame, monday: dt.date
) -> pd.DataFrame:
    """Return outcomes.csv: doors knocked on the Thursdays of the quarter before the week."""
    knocker = dict(zip(officers["patch"], officers["officer_ref"], strict=True))
    refs = rng.permutation(homes["block_ref"].unique())
    by_block = homes.groupby("block_ref", sort=False)
    rows: list[tuple[str, str, str, str, str, str]] = []
    target = round(0.088 * len(homes))
    for ref in refs:
        if len(rows) >= target:
            break
        block = by_block.get_group(ref).sort_values("floor", ascending=False, kind="stable")
        day = monday + dt.timedelta(days=3 - 7 * int(rng.integers(1, 12)))
        minute = int(rng.integers(600, 900))
        for home_ref, patch in block[["property_ref", "patch"]].head(18).to_numpy(str).tolist():
            outcome = str(rng.choice(["no_answer", "done", "refused"], p=[0.67, 0.31, 0.02]))
            at = f"{day:%Y-%m-%d}T{minute // 60:02d}:{minute % 60:02d}"
            officer = knocker.get(patch, "")
            rows.append((home_ref, at, "round", "", outcome, officer))
            minute += 1 if outcome == "no_answer" else 8
    columns = ["property_ref", "visited_at", "kind", "visit_ref", "outcome", "officer_ref"]
    return pd.DataFrame(rows, columns=columns)
