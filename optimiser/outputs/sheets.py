"""sheets.pdf: what an officer carries, a page or more for each officer and day.

Large type, black on white; no names, no reasons. Of a building only what its file
says is told: floors, lift, door entry. Notes in free words are not taken in, since
they would carry what an officer's sheet must not. A mended week's sheets are of what
is left to do, say which version they are and mark what is otherwise than before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from optimiser.model import Route, VisitPlan, WorkspaceView
from optimiser.outputs.editions import DaySheet, day_sheets
from optimiser.outputs.sheet_drawing import (
    LEFT,
    OUTCOMES,
    TEXT_WIDTH,
    TEXT_X,
    WIDTH,
    door_row,
    flag_boxes,
    latin1,
    lines_to_fill,
    tick_boxes,
    write_line,
)
from optimiser.outputs.stops import DoorLine, StopLine
from optimiser.outputs.wording import counted, long_date, time_of_day, walks_note

if TYPE_CHECKING:
    from fpdf import FPDF

__all__ = ["DESTROY_AFTER_DAYS", "sheets_pdf"]

DESTROY_AFTER_DAYS: Final = 14

_TOP: Final = 31.0
_BOTTOM: Final = 279.0
_ADDRESS_PT: Final = 14
_ADDRESS_MM: Final = 6.0
_FLAG_MM: Final = 8.5
_DOOR_MM: Final = 6.6
"""So that two rounds of an hour's doors, 14, have room on one page."""
_NOTICE_MM: Final = 5.2
_NOTICE_PT: Final = 11.5


@dataclass(frozen=True)
class _Card:
    """A stop laid out: its wrapped address, its rows of flags and its height in mm."""

    line: StopLine
    address: tuple[str, ...]
    flags: tuple[tuple[str, ...], ...]
    doors: tuple[DoorLine, ...]
    first_door: int

    @property
    def text_height(self) -> float:
        """The upper part: times on the left; task, address, access and flags on the right."""
        if self.line.stop.kind in ("break", "surgery"):
            return 14.0
        said = 8.5 + _ADDRESS_MM * len(self.address) + 6.5
        return max(20.5, said + _FLAG_MM * len(self.flags))

    @property
    def height(self) -> float:
        if self.line.stop.kind in ("break", "surgery"):
            return self.text_height + 2.0
        rows = _DOOR_MM * len(self.doors) if self.doors else 7.0
        return self.text_height + 1.0 + rows + 8.5


@dataclass(frozen=True)
class _Notice:
    """What stands above the stops, wrapped; the first line is a heading."""

    rows: tuple[str, ...]

    @property
    def height(self) -> float:
        return _NOTICE_MM * len(self.rows) + 7.0


def sheets_pdf(view: WorkspaceView, plan: VisitPlan, lines: Sequence[StopLine]) -> bytes:
    """Return the PDF: pages in order of officer and day; long days take a second page."""
    from fpdf import FPDF

    pdf = FPDF(orientation="portrait", unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(latin1(f"Visit sheets, week of {long_date(plan.week)}"))
    pdf.set_creator("doorstep")
    # The week, not the clock: the same plan gives the same file.
    pdf.set_creation_date(dt.datetime.combine(plan.week, dt.time(), tzinfo=dt.UTC))
    # Text is measured on another document, for a measure needs a page.
    ruler = FPDF()
    ruler.add_page()
    routes = {(r.officer_ref, r.date): r for r in plan.routes}
    sheets = day_sheets(plan, lines)
    for sheet in sheets:
        pages = _pages([*_notices(ruler, sheet), *_all_cards(ruler, sheet)])
        for number, cards in enumerate(pages, start=1):
            page = f"{number}/{len(pages)}, version {plan.version}"
            pdf.add_page()
            _header(pdf, sheet, routes.get((sheet.officer_ref, sheet.date)), number, len(pages))
            _footer(pdf, view, sheet, page)
            y = _TOP
            for card in cards:
                _draw(pdf, card, y)
                y += card.height
    if not sheets:
        pdf.add_page()
        nothing = "left to do" if plan.routes else "planned"
        write_line(pdf, LEFT, 20, f"No visits are {nothing} this week.", size=16, bold=True)
    return bytes(pdf.output())


def _notices(ruler: FPDF, sheet: DaySheet) -> list[_Notice]:
    ruler.set_font("Helvetica", "", _NOTICE_PT)
    rows = [row for text in sheet.notice for row in _wrapped(ruler, WIDTH - 6, text)]
    return [_Notice(tuple(rows))] if rows else []


def _all_cards(ruler: FPDF, sheet: DaySheet) -> list[_Card]:
    ruler.set_font("Helvetica", "B", _ADDRESS_PT)
    marks = sheet.marks
    return [c for line in sheet.lines for c in _cards(ruler, line, marks.get(line.position, ""))]


def _cards(ruler: FPDF, line: StopLine, mark: str) -> list[_Card]:
    """Return the stop's cards: one, or more where a round's doors need more than a page."""
    address = tuple(_wrapped(ruler, TEXT_WIDTH, line.where))
    doors = line.doors if line.stop.kind == "round" else ()
    per_page = int((_BOTTOM - _TOP - 56) / _DOOR_MM)
    parts = [doors[k : k + per_page] for k in range(0, len(doors), per_page)] or [()]
    flags = tuple(row for row in ((mark,) if mark else (), _flags(line)) if row)
    return [_Card(line, address, flags, part, k * per_page) for k, part in enumerate(parts)]


def _wrapped(ruler: FPDF, width: float, text: str) -> list[str]:
    shown = latin1(text)
    if not shown:
        return []
    return cast(list[str], ruler.multi_cell(width, 5, shown, dry_run=True, output="LINES"))


def _flags(line: StopLine) -> tuple[str, ...]:
    flags = []
    if line.stop.with_officer:
        flags.append(f"TWO OFFICERS: go with {line.stop.with_officer}")
    if line.stop.interpreter:
        flags.append(f"INTERPRETER: {line.language}" if line.language else "INTERPRETER")
    flags += [words.upper() for words in line.asks]
    return tuple(flags)


def _pages(cards: Sequence[_Card | _Notice]) -> list[list[_Card | _Notice]]:
    pages: list[list[_Card | _Notice]] = [[]]
    room = _BOTTOM - _TOP
    for card in cards:
        if pages[-1] and card.height > room:
            pages.append([])
            room = _BOTTOM - _TOP
        pages[-1].append(card)
        room -= card.height
    return pages


def _header(pdf: FPDF, sheet: DaySheet, route: Route | None, number: int, of: int) -> None:
    write_line(pdf, LEFT, 10, f"{sheet.officer_ref}   {long_date(sheet.date)}", size=19, bold=True)
    stops = [line.stop for line in sheet.lines]
    visits = sum(stop.kind == "visit" for stop in stops)
    doors = sum(len(stop.property_refs) for stop in stops if stop.kind == "round")
    parts = [
        *([counted(visits, "visit")] if visits else []),
        *([f"{counted(doors, 'door')} to knock"] if doors else []),
    ]
    if route is not None and stops:
        parts.insert(0, f"back at {route.end_place.name} {time_of_day(route.end_s)}")
        if len(stops) == len(route.stops):
            parts.insert(0, f"Leave {route.start_place.name} {time_of_day(route.start_s)}")
    more = f"   (page {number} of {of})" if of > 1 else ""
    said = "  |  ".join(parts) + more
    write_line(pdf, LEFT, 20.5, said[:1].upper() + said[1:], size=11, room=WIDTH)
    pdf.set_line_width(0.7)
    pdf.line(LEFT, 28, LEFT + WIDTH, 28)


def _footer(pdf: FPDF, view: WorkspaceView, sheet: DaySheet, number: str) -> None:
    destroy = long_date(sheet.date + dt.timedelta(days=DESTROY_AFTER_DAYS))
    page = f"Page {sheet.officer_ref} {sheet.date.isoformat()} {number}"
    write_line(pdf, LEFT, 282, f"{page} (a higher one replaces it)", size=10, bold=True, room=112)
    write_line(pdf, LEFT, 282, f"Destroy by {destroy}", size=10, bold=True, align="R")
    said = "Synthetic data: homes, people and requests are invented." if view.synthetic else ""
    write_line(pdf, LEFT, 287, said or "Keep this sheet out of sight of others.", size=9)
    write_line(pdf, LEFT, 287, walks_note(view), size=9, align="R")


def _draw_notice(pdf: FPDF, notice: _Notice, y: float) -> None:
    """Draw the notice in a thick frame, which no stop has."""
    pdf.set_line_width(0.9)
    pdf.rect(LEFT + 0.4, y, WIDTH - 0.8, notice.height - 2.5)
    for k, row in enumerate(notice.rows):
        at = y + 1.6 + _NOTICE_MM * k
        write_line(pdf, LEFT + 3, at, row, size=_NOTICE_PT, bold=k == 0, room=WIDTH - 6)


def _draw(pdf: FPDF, card: _Card | _Notice, y: float) -> None:
    if isinstance(card, _Notice):
        _draw_notice(pdf, card, y)
        return
    line, stop = card.line, card.line.stop
    pdf.set_line_width(0.3)
    pdf.rect(LEFT, y, WIDTH, card.height - 2)
    if stop.kind in ("break", "surgery"):
        _draw_pause(pdf, line, y)
        return
    write_line(pdf, LEFT + 2, y + 1.2, "Arrive by", size=9)
    write_line(pdf, LEFT + 2, y + 4.4, time_of_day(stop.start_s), size=18, bold=True)
    write_line(pdf, LEFT + 2, y + 11.4, f"to {time_of_day(stop.end_s)}", size=11)
    if stop.walk_m:
        write_line(pdf, LEFT + 2, y + 15.9, f"walk {max(1, round(stop.walk_s / 60))} min", size=10)
    more = ", continued" if card.first_door else ""
    head = f"{line.position}.  {line.task}, {counted(line.minutes, 'minute')}{more}"
    write_line(pdf, TEXT_X, y + 1.5, head, size=12)
    if stop.visit_ref:
        write_line(pdf, LEFT, y + 1.5, f"Ref {stop.visit_ref}", size=10, align="R", inset=2)
    at = y + 8.0
    for row in card.address:
        write_line(pdf, TEXT_X, at, row, size=_ADDRESS_PT, bold=True)
        at += _ADDRESS_MM
    told = "; ".join(part for part in (line.access, line.window) if part)
    write_line(pdf, TEXT_X, at, told, size=12, room=TEXT_WIDTH)
    for k, flags in enumerate(card.flags):
        flag_boxes(pdf, flags, at + 6.8 + _FLAG_MM * k)
    at = y + card.text_height + 1.0
    for number, door in enumerate(card.doors, start=card.first_door + 1):
        door_row(pdf, number, door, at)
        at += _DOOR_MM
    if not card.doors:
        tick_boxes(pdf, LEFT + 3, at, OUTCOMES, gap=2.6)
        at += 7.0
    lines_to_fill(pdf, stop.start_s, at)


def _draw_pause(pdf: FPDF, line: StopLine, y: float) -> None:
    """Draw a break or a session at a place: nothing to tick there."""
    stop = line.stop
    write_line(pdf, LEFT + 2, y + 1.2, time_of_day(stop.start_s), size=16, bold=True)
    write_line(pdf, LEFT + 2, y + 8.5, f"to {time_of_day(stop.end_s)}", size=11)
    head = f"{line.position}.  {line.task}, {counted(line.minutes, 'minute')}"
    write_line(pdf, TEXT_X, y + 1.5, head, size=12)
    where = line.where if stop.kind == "surgery" or not line.where else f"near {line.where}"
    write_line(pdf, TEXT_X, y + 8.0, where, size=12, bold=stop.kind == "surgery", room=TEXT_WIDTH)
