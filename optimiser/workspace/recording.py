"""The filled-in outcomes sheet of a week joins the folder's outcomes.

Every row is checked before anything is written, and the file is replaced whole: it
holds all the new rows or none. A row that it holds already is not added again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geodata import DataError, Problem, read_outcomes
from geodata.findings import counted
from optimiser.model.tries import request_of
from optimiser.workspace.hazards import Hazard, hazards_seen
from optimiser.workspace.outcomes_file import COLUMNS, append_rows

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.workspace.workspace import Workspace

__all__ = ["Recorded", "record_outcomes", "summary_words"]

FILE_NAME: Final = "outcomes.csv"
NO_ANSWER: Final = "no_answer"


@dataclass(frozen=True)
class Recorded:
    """What a sheet came to.

    `rows` are those added, as read; `already` counts those that the folder had. With
    `to_set`, the settings do not name the file yet.
    """

    path: Path
    rows: tuple[dict[str, Any], ...]
    already: int
    hazards: tuple[Hazard, ...]
    warnings: tuple[Problem, ...]
    to_set: str | None

    def visits(self) -> dict[str, int]:
        """Return how many visits came to each outcome."""
        return self._counts("visit")

    def doors(self) -> dict[str, int]:
        """Return how many doors knocked came to each outcome."""
        return self._counts("round")

    def _counts(self, kind: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for row in self.rows:
            if row["kind"] == kind:
                counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
        return counts


def record_outcomes(
    ws: Workspace, sheet: Path, *, out: Path | None = None, at: dt.datetime | None = None
) -> Recorded:
    """Add a filled-in outcomes sheet to the folder's outcomes.

    Parameters
    ----------
    ws
        The folder.
    sheet
        The visits.xlsx of a week, filled in, or a CSV with the columns of outcomes.csv.
    out
        Where the weeks' plans are; None: the folder's own out.
    at
        Local time now, if known: nothing can have happened after it.

    Raises
    ------
    DataError
        With everything that is wrong; nothing is added then.
    """
    if not sheet.is_file():
        raise DataError([Problem(file=str(sheet), reason="is no file",
                         remedy="give the filled-in visits.xlsx, with its folder")])  # fmt: skip
    found: list[Problem] = []
    frame = read_outcomes(sheet, problems=found)
    plans = list(_plans(out or ws.folder / "out"))
    checks = _Checks(ws, frame, sheet, plans, at)
    found += checks.problems()
    hazards, wrong = hazards_seen(sheet, ws.visit_types)
    found += wrong
    path = ws.folder / (ws.settings.data.outcomes or FILE_NAME)
    known, bad = _known(ws, path, frame)
    found += [p for p in bad if p.severity == "error"]
    if any(p.severity == "error" for p in found):
        raise DataError(found)
    clock = dt.datetime.now()  # noqa: DTZ005  # whoever fills it in is in the right zone
    found += _in_future(frame, clock, severity="warning") if at is None else []
    rows, already = _new_rows(frame, known)
    if rows:
        append_rows(ws, path, rows)
    return Recorded(
        path=path,
        rows=tuple(rows),
        already=already,
        hazards=hazards,
        warnings=tuple(found),
        to_set=None if ws.settings.data.outcomes else path.name,
    )


# Checks


def _plans(out: Path) -> Iterator[tuple[Path, dt.date, set[str]]]:
    """Yield each week's folder, its Monday and its requests; what is no plan is passed over."""
    for file in sorted(out.glob("week-*/plan.json")):
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            refs = {
                request_of(stop["visit_ref"])
                for route in document["routes"]
                for stop in route["stops"]
                if stop["visit_ref"]
            }
            yield file.parent, dt.date.fromisoformat(document["week"]), refs
        except (OSError, ValueError, KeyError, TypeError):
            continue


class _Checks:
    """Every rule that a row of the sheet must keep to."""

    def __init__(
        self,
        ws: Workspace,
        frame: pd.DataFrame,
        sheet: Path,
        plans: Sequence[tuple[Path, dt.date, set[str]]],
        at: dt.datetime | None,
    ) -> None:
        self.frame = frame
        self.at = at
        self.homes = set(ws.homes["property_ref"])
        self.officers = set(ws.officers["officer_ref"])
        visits = ws.visits
        self.home_of = (
            {}
            if visits is None
            else dict(zip(visits["visit_ref"], visits["property_ref"], strict=True))
        )
        self.raised_on = (
            {}
            if visits is None
            else dict(zip(visits["visit_ref"], visits["raised_on"], strict=True))
        )
        self.refs = self.home_of.keys() | {ref for _, _, refs in plans for ref in refs}
        self.monday = next(
            (monday for folder, monday, _ in plans if folder.resolve() == sheet.resolve().parent),
            None,
        )

    def problems(self) -> list[Problem]:
        """Return everything that is wrong, in the order of the rows."""
        found = [p for row in self.frame.to_dict("records") for p in self._of(row)]
        if self.at is not None:
            found += _in_future(self.frame, self.at)
        found += _twice(self.frame)
        return sorted(found, key=lambda p: p.row or 0)

    def _of(self, row: dict[Any, Any]) -> Iterator[Problem]:
        home, ref, officer = row["property_ref"], row["visit_ref"], row["officer_ref"]
        if home not in self.homes:
            yield _problem(self.frame, row, "property_ref", home, "is not in the homes file",
                           "correct it as it stands on the sheet")  # fmt: skip
        if ref is not None and request_of(ref) not in self.refs:
            yield _problem(self.frame, row, "visit_ref", ref,
                           "is neither in the visits file nor in a week's plan",
                           "correct it as it stands on the sheet")  # fmt: skip
        elif ref is not None and self.home_of.get(request_of(ref), home) != home:
            own = self.home_of[request_of(ref)]
            yield _problem(self.frame, row, "property_ref", home,
                           f"is not where {ref} is, which is {own}",
                           "correct the visit or the home")  # fmt: skip
        if officer is not None and officer not in self.officers:
            yield _problem(self.frame, row, "officer_ref", officer, "is not in the officers file",
                           "correct it as it stands on the sheet")  # fmt: skip
        when = row["visited_at"]
        if self.monday is not None and not 0 <= (when.date() - self.monday).days < 7:
            yield _problem(self.frame, row, "visited_at", f"{when:%Y-%m-%d %H:%M}",
                           f"is not in the sheet's week from {self.monday}",
                           "correct the date; it is read day first")  # fmt: skip
        raised = None if ref is None else self.raised_on.get(request_of(ref))
        if raised is not None and when.date() < raised.date():
            yield _problem(self.frame, row, "visited_at", f"{when:%Y-%m-%d %H:%M}",
                           f"is before {ref} was raised, on {raised:%Y-%m-%d}",
                           "correct the date, or raised_on in the visits file")  # fmt: skip


def _problem(
    frame: pd.DataFrame, row: dict[Any, Any], column: str, value: str, reason: str, remedy: str,
    severity: Any = "error",
) -> Problem:  # fmt: skip
    return Problem(
        file=str(frame.attrs.get("file") or ""),
        sheet=frame.attrs.get("sheet"),
        row=int(row["row"]),
        column=column,
        value=value,
        reason=reason,
        remedy=remedy,
        severity=severity,
    )


def _in_future(frame: pd.DataFrame, now: dt.datetime, severity: str = "error") -> list[Problem]:
    reason = f"is later than now, {now:%Y-%m-%d %H:%M}"
    return [
        _problem(
            frame,
            row,
            "visited_at",
            f"{row['visited_at']:%Y-%m-%d %H:%M}",
            reason,
            "check the date; it is read day first",
            severity,
        )
        for row in frame.to_dict("records")
        if row["visited_at"] > now
    ]


def _twice(frame: pd.DataFrame) -> list[Problem]:
    """Return rows that say something else of a visit or door than an earlier row of the sheet."""
    first: dict[tuple[Any, ...], dict[Any, Any]] = {}
    found = []
    for row in frame.to_dict("records"):
        before = first.setdefault(_key(row), row)
        if before["outcome"] != row["outcome"]:
            found.append(
                _problem(
                    frame,
                    row,
                    "outcome",
                    row["outcome"],
                    f"differs from row {before['row']}, which is of the same visit and time "
                    f"({before['outcome']})",
                    "keep one of the two rows",
                )
            )
    return found


def _key(row: dict[Any, Any]) -> tuple[Any, ...]:
    ref = row["visit_ref"]
    minute = row["visited_at"].replace(second=0, microsecond=0)
    return row["property_ref"], minute, row["kind"], None if ref is None else request_of(ref)


def _known(
    ws: Workspace, path: Path, frame: pd.DataFrame
) -> tuple[dict[tuple[Any, ...], str], list[Problem]]:
    """Return what the folder has recorded, and rows of the sheet that contradict it."""
    if not path.is_file():
        return {}, []
    found: list[Problem] = []
    data = ws.settings.data
    columns = ws.settings.columns.get("outcomes")
    held = read_outcomes(
        path, columns=columns, sheet=data.sheets.get("outcomes"), problems=found
    ).to_dict("records")
    known = {_key(row): row["outcome"] for row in held}
    contrary = [
        _problem(
            frame,
            row,
            "outcome",
            row["outcome"],
            f"differs from what {path.name} has for the same visit and time ({known[_key(row)]})",
            f"correct it here, or there in {path.name}",
        )
        for row in frame.to_dict("records")
        if known.get(_key(row), row["outcome"]) != row["outcome"]
    ]
    return known, contrary


def _new_rows(
    frame: pd.DataFrame, known: dict[tuple[Any, ...], str]
) -> tuple[list[dict[str, Any]], int]:
    seen = set(known)
    rows = []
    for record in frame.to_dict("records"):
        row = {name: record[name] for name in COLUMNS}
        if (key := _key(row)) not in seen:
            seen.add(key)
            rows.append(row)
    return rows, len(frame) - len(rows)


def summary_words(recorded: Recorded) -> str:
    """Return what was added, as "12 visits (9 done, 3 no answer) and 40 doors (14 answered)"."""
    parts = []
    visits, doors = recorded.visits(), recorded.doors()
    if visits:
        each = ", ".join(f"{n} {code.replace('_', ' ')}" for code, n in sorted(visits.items()))
        parts.append(f"{counted(sum(visits.values()), 'visit')} ({each})")
    if doors:
        answered = sum(doors.values()) - doors.get(NO_ANSWER, 0)
        knocked = counted(sum(doors.values()), "door")
        parts.append(f"{knocked} knocked ({answered} answered)")
    return " and ".join(parts) or "nothing new"
