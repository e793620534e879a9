"""A plan's stops joined with the homes they are at, in the words that every document uses."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import Stop, VisitPlan, WorkspaceView
from optimiser.model.tries import request_of
from optimiser.outputs.wording import counted, sentence, stop_label, time_of_day

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DoorLine", "StopLine", "stop_lines", "text_of"]


@dataclass(frozen=True)
class DoorLine:
    """One door of a stop: where it is, and nothing about who lives there.

    `short` is what tells it from the round's other doors, "" where that takes the whole address.
    """

    property_ref: str
    address: str
    floor: str
    short: str = ""


@dataclass(frozen=True)
class StopLine:
    """One stop as a person reads it. `where` is the whole address, `building` the block's.

    `asks` is what to do about the resident beside the visit itself: "Ring first".
    `window` is when the resident expects somebody: "between 9am and midday".
    """

    officer_ref: str
    date: dt.date
    position: int
    stop: Stop
    task: str
    where: str
    building: str
    access: str
    doors: tuple[DoorLine, ...]
    language: str
    due_by: dt.datetime | None
    asks: tuple[str, ...] = ()
    window: str = ""

    @property
    def minutes(self) -> int:
        """The time at the door."""
        return round((self.stop.end_s - self.stop.start_s) / 60)


_ASKS: Final = (("contact_first", "Ring first"), ("no_card_left", "Leave no card"),
                ("appointment_only", "By appointment"))  # fmt: skip
"""Columns of the requests that say how to go about a visit, in neutral words."""


def stop_lines(view: WorkspaceView, plan: VisitPlan) -> list[StopLine]:
    """Return every stop of the plan, route by route, in order."""
    return list(_Book(view, plan).lines(plan))


def text_of(value: Any) -> str:
    """Return a cell's text, "" for None and NA."""
    import pandas as pd

    return "" if pd.isna(value) else str(value).strip()


class _Book:
    """The homes, blocks and requests of a plan by reference."""

    def __init__(self, view: WorkspaceView, plan: VisitPlan) -> None:
        refs = {ref for route in plan.routes for s in route.stops for ref in s.property_refs}
        homes = view.homes[view.homes["property_ref"].isin(refs)]
        self.homes = _by_ref(homes, "property_ref")
        self.visits = {} if view.visits is None else _by_ref(view.visits, "visit_ref")
        self.places = {} if view.fixed is None else _session_places(view.fixed)
        self.blocks = _by_ref(view.blocks.drop(columns="geometry").reset_index(), "block_ref")

    def lines(self, plan: VisitPlan) -> Iterator[StopLine]:
        for route in plan.routes:
            before = ""
            for position, stop in enumerate(route.stops, start=1):
                visit = self.visits.get(request_of(stop.visit_ref or ""), {})
                doors = self._doors(stop)
                due = visit.get("due_by")
                place = self.places.get((route.officer_ref, route.date, stop.end_s), "")
                where = self._where(stop, doors, place, before)
                before = where
                yield StopLine(
                    officer_ref=route.officer_ref,
                    date=route.date,
                    position=position,
                    stop=stop,
                    task=_task(stop, visit.get("visit_type")),
                    where=where,
                    building=self._building(stop, place),
                    access=self._access(stop),
                    doors=doors,
                    language=text_of(visit.get("language")),
                    due_by=due.to_pydatetime() if due is not None and text_of(due) else None,
                    asks=tuple(words for name, words in _ASKS if visit.get(name) is True),
                    window=_window(visit),
                )

    def _doors(self, stop: Stop) -> tuple[DoorLine, ...]:
        """Return the stop's doors; in a round each by what is before the building's name."""
        doors = [self._door(ref) for ref in stop.property_refs]
        name = text_of(self.blocks.get(stop.block_ref or "", {}).get("block_name"))
        short = [door.address.partition(name)[0].rstrip(" ,") if name else "" for door in doors]
        if stop.kind == "round" and all(short) and len(set(short)) == len(short):
            doors = [replace(door, short=text) for door, text in zip(doors, short, strict=True)]
        return tuple(doors)

    def _door(self, ref: str) -> DoorLine:
        home = self.homes.get(ref, {})
        address = text_of(home.get("address")) or f"Property {ref}"
        postcode = text_of(home.get("postcode"))
        full = f"{address}, {postcode}" if postcode and postcode not in address else address
        return DoorLine(ref, full, _floor(home.get("floor"), home.get("block_floors")))

    def _where(self, stop: Stop, doors: tuple[DoorLine, ...], place: str, before: str) -> str:
        """Return where a stop is; a break in a block without a name is where the last stop is."""
        if stop.kind == "visit" and doors:
            return doors[0].address
        named = text_of(self.blocks.get(stop.block_ref or "", {}).get("block_name"))
        if stop.kind == "round" and not named:
            # A block's reference is on no door: the first and last address are.
            ends = sorted((door.address for door in doors), key=_natural)
            return ends[0] if len(ends) == 1 else f"{ends[0]} to {ends[-1]}"
        if stop.kind == "break" and not named:
            return before
        return self._building(stop, place)

    def _building(self, stop: Stop, place: str) -> str:
        """Return the block's name and postcode; of a session its place, as its file has it."""
        if stop.kind == "surgery":
            return place or stop.name or ""
        block = self.blocks.get(stop.block_ref or "", {})
        home = self.homes.get(stop.property_refs[0], {}) if stop.property_refs else {}
        parts = (text_of(block.get("block_name")), text_of(home.get("postcode")))
        # A reference is on no door: it is told where nothing else is known.
        return ", ".join(part for part in parts if part) or stop.block_ref or ""

    def _access(self, stop: Stop) -> str:
        if not stop.property_refs:
            return ""
        home = self.homes.get(stop.property_refs[0], {})
        floors = [text_of(self.homes.get(ref, {}).get("floor")) for ref in stop.property_refs]
        known = [int(float(floor)) for floor in floors if floor]
        parts = []
        if stop.kind == "round" and known and max(known) != min(known):
            lowest = f"floor {min(known)}" if min(known) > 0 else "the ground floor"
            parts.append(f"floor {max(known)} down to {lowest}")
        elif known:
            floor = _floor(known[0], home.get("block_floors"))
            parts.append(floor if stop.kind == "visit" else floor[:1].lower() + floor[1:])
        if known and max(known) > 0 and text_of(home.get("lift")):
            parts.append("lift" if home["lift"] else "no lift")
        if text_of(home.get("door_entry")) and home["door_entry"]:
            parts.append("door entry")
        if stop.kind == "round":
            parts.insert(0, counted(len(stop.property_refs), "door"))
        return ", ".join(parts)


def _session_places(fixed: pd.DataFrame) -> dict[tuple[str, dt.date, int], str]:
    """Return (officer, date, end) -> the place of a fixed session."""
    return {
        (row["officer_ref"], row["date"], int(row["end_s"])): text_of(row["place"])
        for row in fixed.to_dict("records")
    }


def _task(stop: Stop, visit_type: str | None) -> str:
    """Return what is done; a session that is no surgery by its own name, as "Duty desk"."""
    if stop.kind == "surgery" and stop.name:
        return sentence(stop.name)
    return stop_label(stop.kind, visit_type)


def _by_ref(frame: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    records = frame.drop_duplicates(key).to_dict("records")
    return {str(record[key]): {str(k): v for k, v in record.items()} for record in records}


def _window(visit: dict[str, Any]) -> str:
    """Return when the resident expects somebody, of a request that says so."""
    first, last = (visit.get(name) for name in ("window_start_s", "window_end_s"))
    start, end = (time_of_day(int(text)) if (text := text_of(at)) else "" for at in (first, last))
    if start and end:
        return f"expected between {start} and {end}"
    return f"expected from {start}" if start else f"expected by {end}" if end else ""


def _natural(address: str) -> list[tuple[int, str]]:
    """Return what sorts Flat 9 before Flat 10."""
    return [(int(part or 0), text) for part, text in re.findall(r"(\d*)(\D*)", address)]


def _floor(floor: Any, floors: Any) -> str:
    if not text_of(floor):
        return ""
    if int(floor) == 0:
        return "Ground floor"
    if int(floor) < 0:
        return "Basement"
    # A ten-storey block has floors 0 to 9, so "of" would mislead; the top one is worth telling.
    top = text_of(floors) and int(floor) == int(floors) - 1 and int(floor) > 1
    return f"Floor {int(floor)}{' (top)' if top else ''}"
