"""A program of its own that works a week's figures out again, from files alone.

Reads plan.json and summary.json, the folder's CSV files and the visit types; imports nothing
of doorstep. `faults` says in words what does not come to what the plan says. Walks are the
one thing not found anew (that takes a street network): of them, the seconds are to follow from
the metres, and the metres are at least the straight line.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import statistics
import tomllib
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import holidays

PARTS = (("morning", 0, 12), ("afternoon", 12, 17), ("evening", 17, 24))
NEVER = dt.datetime.combine(dt.date.max, dt.time())
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def faults(folder: Path, out: Path, types: Path) -> list[str]:
    """Everything that does not come to what the plan in `out` says."""
    return list(_Sums(folder, out, types).all())


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _date(text: str) -> dt.date:
    if "/" in text:
        day, month, year = (int(part) for part in text.split("/"))
        return dt.date(year, month, day)
    return dt.date.fromisoformat(text)


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _s(start: str, end: str) -> int:
    return int((_at(end) - _at(start)).total_seconds())


def _close(one: float, other: float, by: float = 1e-6) -> bool:
    return abs(one - other) <= by * max(1.0, abs(other))


class _Sums:
    """The files side by side."""

    def __init__(self, folder: Path, out: Path, types: Path) -> None:
        self.plan: dict[str, Any] = json.loads((out / "plan.json").read_text(encoding="utf-8"))
        self.summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        self.rules: dict[str, Any] = self.plan["rules"]
        self.values: dict[str, float] = self.rules["values"]
        self.monday = _date(self.plan["week"])
        self.homes = {r["property_ref"]: r for r in _rows(folder / "homes.csv")}
        self.officers = {r["officer_ref"]: r for r in _rows(folder / "officers.csv")}
        self.visits = {r["visit_ref"]: r for r in _rows(folder / "visits.csv")}
        self.fixed = _rows(folder / "fixed.csv")
        self.away = _rows(folder / "absences.csv")
        self.outcomes = _rows(folder / "outcomes.csv")
        self.types = tomllib.loads(types.read_text(encoding="utf-8"))["types"]

    def all(self) -> Iterator[str]:
        for route in self.plan["routes"]:
            who = f"{route['officer_ref']} {route['date']}"
            for text in self._day(route):
                yield f"{who}: {text}"
        yield from self._summary()

    @cached_property
    def teams(self) -> dict[str, list[str]]:
        """Who is at each visit."""
        teams: dict[str, list[str]] = {}
        for route in self.plan["routes"]:
            for stop in route["stops"]:
                if stop["kind"] == "visit":
                    teams.setdefault(stop["visit_ref"], []).append(route["officer_ref"])
        return teams

    def _day(self, route: dict[str, Any]) -> Iterator[str]:
        officer = self.officers[route["officer_ref"]]
        day = _date(route["date"])
        if DAYS[day.weekday()] not in officer["working_days"].split(";"):
            yield "is no working day"
        for span in self.away:
            mine = span["officer_ref"] == route["officer_ref"]
            if mine and _date(span["first_day"]) <= day <= _date(span["last_day"]):
                yield "the officer is away"
        if not (self._hour(day, officer["shift_start"]) <= _at(route["start"])):
            yield "starts before the shift"
        if _at(route["end"]) > self._hour(day, officer["shift_end"]):
            yield "ends after the shift"
        if self._busy(route) > self._room(officer):
            yield "is busy for longer than the slack allows"
        held = sorted((s["start"], s["end"]) for s in route["stops"] if s["kind"] == "surgery")
        wanted = sorted(
            (f"{f['date']}T{f['start']}", f"{f['date']}T{f['end']}")
            for f in self.fixed
            if (f["officer_ref"], f["date"]) == (route["officer_ref"], route["date"])
        )
        if held != wanted:
            yield f"sessions {held}, not {wanted}"
        yield from self._stops(route)

    @staticmethod
    def _hour(day: dt.date, text: str) -> dt.datetime:
        return dt.datetime.combine(day, dt.time.fromisoformat(text))

    def _break_s(self, officer: dict[str, str]) -> int:
        start, end = officer["shift_start"], officer["shift_end"]
        hours = self._hour(self.monday, end) - self._hour(self.monday, start)
        if hours <= dt.timedelta(hours=6):
            return 0
        return 60 * int(officer["break_minutes"] or self.rules["break_minutes"])

    def _room(self, officer: dict[str, str]) -> int:
        start, end = officer["shift_start"], officer["shift_end"]
        whole = self._hour(self.monday, end) - self._hour(self.monday, start)
        return int((whole.total_seconds() - self._break_s(officer)) * (1 - self.rules["slack"]))

    def _busy(self, route: dict[str, Any]) -> int:
        total: int = route["home_walk_s"]
        for stop in route["stops"]:
            total += stop["walk_s"] + stop["access_s"] + stop["leave_s"]
            total += _s(stop["start"], stop["end"]) if stop["kind"] != "break" else 0
        return total

    def _stops(self, route: dict[str, Any]) -> Iterator[str]:
        free, leave, before, breaks = route["start"], 0, None, 0
        start = route["start_place"]
        here = (start["easting"], start["northing"])
        for stop in route["stops"]:
            name = stop["visit_ref"] or stop["round_ref"] or stop["kind"]
            if stop["kind"] == "break":
                breaks += _s(stop["start"], stop["end"])
                clock = _at(stop["start"]).time()
                first, last = (
                    dt.time.fromisoformat(self.rules[k]) for k in ("break_earliest", "break_latest")
                )
                if not first <= clock <= last:
                    yield "the break is outside its window"
                free = stop["end"]
                continue
            if _s(free, stop["arrive"]) != leave + stop["walk_s"]:
                yield f"{name}: arrives {stop['arrive']}, not {leave + stop['walk_s']} s after"
            access, leaving = self._stairs(before, stop)
            if before is not None and before["leave_s"] != leaving:
                yield f"{name}: left the stop before in {before['leave_s']} s, not {leaving}"
            if stop["access_s"] != access:
                yield f"{name}: access {stop['access_s']} s, not {access}"
            if _s(stop["arrive"], stop["start"]) < access:
                yield f"{name}: starts before it is reached"
            there = (stop["easting"], stop["northing"])
            yield from self._walk(name, stop["walk_s"], stop["walk_m"], here, there)
            yield from self._task(route, stop, name)
            here, before, leave, free = there, stop, stop["leave_s"], stop["end"]
        end = route["end_place"]
        there = (end["easting"], end["northing"])
        yield from self._walk("home", route["home_walk_s"], route["home_walk_m"], here, there)
        if _s(free, route["end"]) != leave + route["home_walk_s"]:
            yield f"is home at {route['end']}"
        if breaks != self._break_s(self.officers[route["officer_ref"]]):
            yield f"breaks of {breaks} s"

    def _walk(self, name: str, walk_s: int, walk_m: int, here: Any, there: Any) -> Iterator[str]:
        seconds = walk_m * 3.6 / self.rules["walking_kmh"]
        if abs(walk_s - seconds) > 1.5:
            yield f"{name}: {walk_m} m in {walk_s} s"
        if walk_m < math.dist(here, there) - 1:
            yield f"{name}: {walk_m} m are less than the straight line"

    def _floors(self, stop: dict[str, Any]) -> tuple[int, int]:
        """Floors of the first and the last door."""
        homes = [self.homes[ref] for ref in stop["property_refs"]]
        return (int(homes[0]["floor"]), int(homes[-1]["floor"])) if homes else (0, 0)

    def _ride(self, lift: bool, one: int, other: int) -> int:
        if one == other:
            return 0
        return int(
            self.rules["lift_seconds"]
            if lift
            else self.rules["stairs_seconds_floor"] * abs(one - other)
        )

    def _stairs(self, before: dict[str, Any] | None, stop: dict[str, Any]) -> tuple[int, int]:
        """Access to a stop, and the leave of the stop before it."""
        last = self._floors(before)[1] if before else 0
        first = self._floors(stop)[0]
        lift = any(self.homes[ref]["lift"] == "Y" for ref in stop["property_refs"][:1])
        if before and stop["block_ref"] and before["block_ref"] == stop["block_ref"]:
            return self._ride(lift, last, first), 0
        leave = 0
        if before and before["property_refs"]:
            home = self.homes[before["property_refs"][0]]
            leave = self._ride(home["lift"] == "Y", last, 0)
        if not stop["property_refs"]:
            return 0, leave
        opened = self.homes[stop["property_refs"][0]]["door_entry"] == "Y"
        entry = self.rules["entry_seconds" if opened else "entry_seconds_open"]
        return entry + self._ride(lift, 0, first), leave

    def _task(self, route: dict[str, Any], stop: dict[str, Any], name: str) -> Iterator[str]:
        length = _s(stop["start"], stop["end"])
        if stop["kind"] == "round":
            talks, _, seconds = self._round(stop)
            if not _close(stop["conversations"], talks):
                yield f"{name}: {stop['conversations']} conversations, not {talks}"
            if length != seconds:
                yield f"{name}: lasts {length} s, not {seconds}"
        if stop["kind"] != "visit":
            return
        row = self.visits[name]
        if stop["property_refs"] != [row["property_ref"]]:
            yield f"{name}: at {stop['property_refs']}"
        start = _at(stop["start"])
        if row["days"] and DAYS[start.weekday()] not in row["days"].split(";"):
            yield f"{name}: on a {DAYS[start.weekday()]}"
        if row["window"]:
            opens, closes = (dt.time.fromisoformat(t) for t in row["window"].split("-"))
            if not opens <= start.time() <= closes:
                yield f"{name}: outside {row['window']}"
        team = [self.officers[o] for o in self.teams[name]]
        two = row["two_officers"] == "Y" or self.types[row["visit_type"]].get("two_officers")
        if len(team) != (2 if two else 1):
            yield f"{name}: {len(team)} officers"
        if row["skill"] and not any(row["skill"] in o["skills"].split(";") for o in team):
            yield f"{name}: without the skill {row['skill']}"
        spoken = any(row["language"] in o["languages"].split(";") for o in team)
        interpreter = bool(row["language"]) and not spoken
        minutes = int(row["minutes"] or self.types[row["visit_type"]]["minutes"])
        factor = self.rules["interpreter_factor"] if interpreter else 1
        if length != round(minutes * 60 * factor):
            yield f"{name}: lasts {length} s"
        if bool(stop.get("interpreter")) is not interpreter:
            yield f"{name}: interpreter {stop.get('interpreter')}"
        if bool(stop.get("late")) is not (start > self._due(row)):
            yield f"{name}: late {stop.get('late')}"

    def _due(self, row: dict[str, str]) -> dt.datetime:
        last_second = dt.time(23, 59, 59)
        if row["due_by"]:
            return dt.datetime.combine(_date(row["due_by"]), last_second)
        rule = self.types[row["visit_type"]].get("deadline")
        if not rule or not row["raised_on"]:
            return NEVER
        day = _date(row["raised_on"])
        if "days" in rule:
            return dt.datetime.combine(day + dt.timedelta(days=rule["days"]), last_second)
        off = holidays.country_holidays("GB", subdiv="ENG", years=range(day.year, day.year + 2))
        for _ in range(rule["working_days"]):
            day += dt.timedelta(days=1)
            while day.weekday() >= 5 or day in off:
                day += dt.timedelta(days=1)
        return dt.datetime.combine(day, last_second)

    def _round(self, stop: dict[str, Any]) -> tuple[float, float, int]:
        """Conversations to expect, the points of them, and the seconds that the round takes."""
        rules, day = self.rules, _at(stop["start"]).date()
        talks = points = 0.0
        for ref in stop["property_refs"]:
            tries, parts, last = self._knocks(ref, day)
            part = next(p for p, lo, hi in PARTS if lo <= _at(stop["start"]).hour < hi)
            chance = rules["contact_alpha"] / (
                rules["contact_alpha"] + rules["contact_beta"] + tries
            )
            chance *= rules[f"contact_{part}"]
            chance = min(1.0, chance * (rules["contact_same_part"] if part in parts else 1))
            waited = 91 if last is None else (day - last).days
            due = 1 + (self.values["conversation_due"] - 1) * min(1.0, waited / 91)
            talks += chance
            points += chance * due * self.values["conversation"]
        homes = [self.homes[ref] for ref in stop["property_refs"]]
        between = 0
        for one, other in pairwise(homes):
            on_foot = abs(int(one["floor"]) - int(other["floor"])) * rules["stairs_seconds_floor"]
            lift = homes[0]["lift"] == "Y"
            between += min(on_foot, rules["lift_seconds"]) if lift else on_foot
        minutes = len(homes) * rules["knock_minutes"] + talks * rules["talk_minutes"]
        pace = 1.0
        if stop["with_officer"]:  # of an odd door one of the two has one more
            pace = max(rules["pair_pace"], (len(homes) + 1) // 2 / len(homes))
        return talks, points, round(minutes * 60 * pace) + between

    def _knocks(self, ref: str, day: dt.date) -> tuple[int, set[str], dt.date | None]:
        """Failed tries, their parts of the day, and the last knock of the quarter before."""
        tries, parts, last = 0, set(), None
        for row in sorted(self.outcomes, key=lambda r: r["visited_at"]):
            at = _at(row["visited_at"])
            if row["property_ref"] != ref or not 0 < (day - at.date()).days <= 91:
                continue
            last = at.date()
            if row["outcome"] == "no_answer":
                tries += 1
                parts.add(next(p for p, lo, hi in PARTS if lo <= at.hour < hi))
            else:
                tries, parts = 0, set()
        return tries, parts, last

    def _summary(self) -> Iterator[str]:
        stops = [s for r in self.plan["routes"] for s in r["stops"]]
        rounds = list({s["round_ref"]: s for s in stops if s["kind"] == "round"}.values())
        walked = sum(s["walk_s"] for s in stops) + sum(
            r["home_walk_s"] for r in self.plan["routes"]
        )
        tiers, own, late = self._tiers(rounds, walked)
        shares = self._shares()
        objective = sum(tiers.values())
        figures = {
            "requests": len(self.visits),
            "planned": len(self.teams),
            "late": late,
            "doors": sum(len(s["property_refs"]) for s in rounds),
            "conversations": sum(self._round(s)[0] for s in rounds),
            "walk_hours": walked / 3600,
            "own_officer": own,
            "busy_share": statistics.fmean(shares),
            "busy_spread": statistics.pstdev(shares),
            "objective": objective,
            "gap": (self.summary["bound"] - objective) / self.summary["bound"],
        }
        for name, value in figures.items():
            if not _close(self.summary[name], value, 1e-4):
                yield f"summary: {name} {self.summary[name]}, not {value}"
        for tier in self.summary["tiers"]:
            if not _close(tier["value"], tiers[tier["name"]], 1e-4):
                yield f"summary: tier {tier['name']} {tier['value']}, not {tiers[tier['name']]}"
            if tier["bound"] is not None and tier["bound"] < tiers[tier["name"]] - 1e-6:
                yield f"summary: tier {tier['name']} above its bound"
        left = [u["visit_ref"] for u in self.plan["unplanned"]]
        if sorted([*left, *self.teams]) != sorted(self.visits):
            yield "summary: planned and left out are not the requests"
        classes = [u["class"] for u in self.plan["unplanned"]]
        if self.summary["unplanned"] != {k: classes.count(k) for k in set(classes)}:
            yield "summary: what is left out is counted otherwise"

    def _tiers(
        self, rounds: list[dict[str, Any]], walked: int
    ) -> tuple[dict[str, float], int, int]:
        values = self.values
        names = ("statutory", "requests", "conversations", "own_officer", "walking")
        tiers = dict.fromkeys(names, 0.0)
        own_count = late_count = 0
        holder = {o["patch"]: ref for ref, o in self.officers.items() if o["patch"]}
        starts = {s["visit_ref"]: _at(s["start"]) for r in self.plan["routes"] for s in r["stops"]}
        sunday = dt.datetime.combine(self.monday + dt.timedelta(days=7), dt.time())
        for ref, team in self.teams.items():
            row = self.visits[ref]
            kind = self.types[row["visit_type"]]
            due = self._due(row)
            request = values["request"] * int(row.get("priority") or kind.get("priority", 1))
            if due < sunday:
                request *= values["due_this_week"]
            elif kind.get("statutory"):
                request += values["statutory_on_time"] * values["statutory_not_yet_due"]
            if starts[ref] > due:
                late_count += 1
                request *= 1.0 if kind.get("statutory") else values["late"]
            elif kind.get("statutory") and due < sunday:
                tiers["statutory"] += values["statutory_on_time"]
            tiers["requests"] += request
            own = holder.get(self.homes[row["property_ref"]]["patch"])
            if own in team:
                own_count += 1
                tiers["own_officer"] += values["own_officer"]
        tiers["conversations"] = sum(self._round(s)[1] for s in rounds)
        tiers["walking"] = -values["walk_minute"] * walked / 60
        return tiers, own_count, late_count

    def _shares(self) -> list[float]:
        off = holidays.country_holidays("GB", subdiv="ENG", years=self.monday.year)
        shares = []
        for ref, officer in self.officers.items():
            days = 0
            for k in range(7):
                day = self.monday + dt.timedelta(days=k)
                away = any(
                    a["officer_ref"] == ref and _date(a["first_day"]) <= day <= _date(a["last_day"])
                    for a in self.away
                )
                works = DAYS[k] in officer["working_days"].split(";")
                days += works and not away and day not in off
            busy = sum(self._busy(r) for r in self.plan["routes"] if r["officer_ref"] == ref)
            if days:
                shares.append(busy / (days * self._room(officer)))
        return shares
