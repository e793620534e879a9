"""sheets.pdf: what an officer carries, a page or more for each officer and day.

Large type, black on white; no names, no reasons. Of a building only what its file
says is told: floors, lift, door entry. Notes in free words are not taken in, since
they would carry what an officer's sheet must not. fpdf2's core fonts know Latin-1
only, so other letters lose their accents or become question marks rather than fail.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

from optimiser.bridge.contacts import part_of
from optimiser.model import Route, VisitPlan, WorkspaceView
from optimiser.outputs.icons import ICONS
from optimiser.outputs.stops import DoorLine, StopLine
from optimiser.outputs.wording import counted, long_date, time_of_day, walks_note

if TYPE_CHECKING:
    from fpdf import FPDF

__all__ = ["DESTROY_AFTER_DAYS", "latin1", "sheets_pdf"]

DESTROY_AFTER_DAYS: Final = 14
OUTCOMES: Final = ("Done", "No answer", "Refused", "By appointment", "Not safe to enter",
                   "May be abandoned", "Other")  # fmt: skip
DOOR_OUTCOMES: Final = ("Talked", "No answer", "Refused", "Other")

_LEFT: Final = 12.0
_WIDTH: Final = 186.0
_TOP: Final = 31.0
_BOTTOM: Final = 279.0
_TEXT_X: Final = 46.0
_TEXT_WIDTH: Final = _LEFT + _WIDTH - _TEXT_X - 2
_ADDRESS_PT: Final = 14
_ADDRESS_MM: Final = 6.0
_FLAG_MM: Final = 8.5
_DOOR_MM: Final = 7.3
_DOOR_PT: Final = 12.0
_DOOR_NAME_MM: Final = 57.0
_SMALLEST_PT: Final = 9.0
_REPLACED: Final = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "•": "-"}  # noqa: RUF001
)


@dataclass(frozen=True)
class _Card:
    """A stop laid out: its wrapped address, its flags and its height in mm."""

    line: StopLine
    address: tuple[str, ...]
    flags: tuple[str, ...]
    doors: tuple[DoorLine, ...]
    first_door: int

    @property
    def text_height(self) -> float:
        """The upper part: times on the left; task, address, access and flags on the right."""
        if self.line.stop.kind in ("break", "surgery"):
            return 14.0
        said = 8.5 + _ADDRESS_MM * len(self.address) + 6.5
        return max(20.5, said + (_FLAG_MM if self.flags else 0.0))

    @property
    def height(self) -> float:
        if self.line.stop.kind in ("break", "surgery"):
            return self.text_height + 2.0
        rows = _DOOR_MM * len(self.doors) if self.doors else 7.0
        return self.text_height + 1.0 + rows + 8.5


def latin1(text: str) -> str:
    """Return text in Latin-1: typographic signs replaced, foreign accents dropped."""
    shown = []
    for letter in text.translate(_REPLACED):
        if ord(letter) < 256:
            shown.append(letter)
            continue
        base = unicodedata.normalize("NFKD", letter)
        kept = "".join(c for c in base if ord(c) < 256)
        shown.append(kept or "?")
    return "".join(c for c in "".join(shown) if c.isprintable() or c == " ")


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
    ruler.set_font("Helvetica", "B", _ADDRESS_PT)
    routes = {(r.officer_ref, r.date): r for r in plan.routes}
    ordered = sorted(lines, key=lambda x: (x.officer_ref, x.date, x.position))
    for key, group in groupby(ordered, key=lambda x: (x.officer_ref, x.date)):
        pages = _pages([card for line in group for card in _cards(ruler, line)])
        for number, cards in enumerate(pages, start=1):
            pdf.add_page()
            _header(pdf, routes[key], number, len(pages))
            _footer(pdf, view, routes[key], number, len(pages))
            y = _TOP
            for card in cards:
                _draw(pdf, card, y)
                y += card.height
    if not routes:
        pdf.add_page()
        _text(pdf, _LEFT, 20, "No visits are planned this week.", size=16, bold=True)
    return bytes(pdf.output())


def _cards(ruler: FPDF, line: StopLine) -> list[_Card]:
    """Return the stop's cards: one, or more where a round's doors need more than a page."""
    where = latin1(line.where)
    wrapped = ruler.multi_cell(_TEXT_WIDTH, _ADDRESS_MM, where, dry_run=True, output="LINES")
    address = tuple(cast(list[str], wrapped)) if where else ()
    doors = line.doors if line.stop.kind == "round" else ()
    per_page = int((_BOTTOM - _TOP - 48) / _DOOR_MM)
    parts = [doors[k : k + per_page] for k in range(0, len(doors), per_page)] or [()]
    return [_Card(line, address, _flags(line), part, k * per_page) for k, part in enumerate(parts)]


def _flags(line: StopLine) -> tuple[str, ...]:
    flags = []
    if line.stop.with_officer:
        flags.append(f"TWO OFFICERS: go with {line.stop.with_officer}")
    if line.stop.interpreter:
        flags.append(f"INTERPRETER: {line.language}" if line.language else "INTERPRETER")
    flags += [words.upper() for words in line.asks]
    return tuple(flags)


def _pages(cards: Sequence[_Card]) -> list[list[_Card]]:
    pages: list[list[_Card]] = [[]]
    room = _BOTTOM - _TOP
    for card in cards:
        if pages[-1] and card.height > room:
            pages.append([])
            room = _BOTTOM - _TOP
        pages[-1].append(card)
        room -= card.height
    return pages


def _header(pdf: FPDF, route: Route, number: int, of: int) -> None:
    _text(pdf, _LEFT, 10, f"{route.officer_ref}   {long_date(route.date)}", size=19, bold=True)
    visits = sum(stop.kind == "visit" for stop in route.stops)
    doors = sum(len(stop.property_refs) for stop in route.stops if stop.kind == "round")
    parts = [
        f"Leave {route.start_place.name} {time_of_day(route.start_s)}",
        f"back at {route.end_place.name} {time_of_day(route.end_s)}",
        *([counted(visits, "visit")] if visits else []),
        *([f"{counted(doors, 'door')} to knock"] if doors else []),
    ]
    more = f"   (page {number} of {of})" if of > 1 else ""
    _text(pdf, _LEFT, 20.5, "  |  ".join(parts) + more, size=11, room=_WIDTH)
    pdf.set_line_width(0.7)
    pdf.line(_LEFT, 28, _LEFT + _WIDTH, 28)


def _footer(pdf: FPDF, view: WorkspaceView, route: Route, number: int, of: int) -> None:
    destroy = long_date(route.date + dt.timedelta(days=DESTROY_AFTER_DAYS))
    page = f"Page {route.officer_ref} {route.date.isoformat()} {number}/{of}"
    _text(pdf, _LEFT, 282, page, size=10, bold=True)
    _text(pdf, _LEFT, 282, f"Destroy by {destroy}", size=10, bold=True, align="R")
    said = "Synthetic data: homes, people and requests are invented." if view.synthetic else ""
    _text(pdf, _LEFT, 287, said or "Keep this sheet out of sight of others.", size=9)
    _text(pdf, _LEFT, 287, walks_note(view), size=9, align="R")


def _draw(pdf: FPDF, card: _Card, y: float) -> None:
    line, stop = card.line, card.line.stop
    pdf.set_line_width(0.3)
    pdf.rect(_LEFT, y, _WIDTH, card.height - 2)
    if stop.kind in ("break", "surgery"):
        _draw_pause(pdf, line, y)
        return
    _text(pdf, _LEFT + 2, y + 1.2, "Arrive by", size=9)
    _text(pdf, _LEFT + 2, y + 4.4, time_of_day(stop.start_s), size=18, bold=True)
    _text(pdf, _LEFT + 2, y + 11.4, f"to {time_of_day(stop.end_s)}", size=11)
    if stop.walk_m:
        _text(pdf, _LEFT + 2, y + 15.9, f"walk {max(1, round(stop.walk_s / 60))} min", size=10)
    more = ", continued" if card.first_door else ""
    head = f"{line.position}.  {line.task}, {counted(line.minutes, 'minute')}{more}"
    _text(pdf, _TEXT_X, y + 1.5, head, size=12)
    if stop.visit_ref:
        _text(pdf, _LEFT, y + 1.5, f"Ref {stop.visit_ref}", size=10, align="R", inset=2)
    at = y + 8.0
    for row in card.address:
        _text(pdf, _TEXT_X, at, row, size=_ADDRESS_PT, bold=True)
        at += _ADDRESS_MM
    told = "; ".join(part for part in (line.access, line.window) if part)
    _text(pdf, _TEXT_X, at, told, size=12, room=_TEXT_WIDTH)
    if card.flags:
        _flag_boxes(pdf, card.flags, at + 6.8)
    at = y + card.text_height + 1.0
    for number, door in enumerate(card.doors, start=card.first_door + 1):
        _door_row(pdf, number, door, at)
        at += _DOOR_MM
    if not card.doors:
        _tick_boxes(pdf, _LEFT + 3, at, OUTCOMES, gap=2.6)
        at += 7.0
    _lines_to_fill(pdf, stop.start_s, at)


def _draw_pause(pdf: FPDF, line: StopLine, y: float) -> None:
    """Draw a break or a session at a place: nothing to tick there."""
    stop = line.stop
    _text(pdf, _LEFT + 2, y + 1.2, time_of_day(stop.start_s), size=16, bold=True)
    _text(pdf, _LEFT + 2, y + 8.5, f"to {time_of_day(stop.end_s)}", size=11)
    head = f"{line.position}.  {line.task}, {counted(line.minutes, 'minute')}"
    _text(pdf, _TEXT_X, y + 1.5, head, size=12)
    where = line.where if stop.kind == "surgery" or not line.where else f"near {line.where}"
    _text(pdf, _TEXT_X, y + 8.0, where, size=12, bold=stop.kind == "surgery", room=_TEXT_WIDTH)


def _flag_boxes(pdf: FPDF, flags: Sequence[str], y: float) -> None:
    """Draw white words on black, each after its sign; smaller where all do not fit."""
    x, size, side = _TEXT_X, 11.0, 4.8
    pdf.set_font("Helvetica", "B", size)
    room = _TEXT_WIDTH - (side + 7) * len(flags)
    if (needed := pdf.get_string_width("".join(map(latin1, flags)))) > room:
        size *= room / needed
    for flag in flags:
        pdf.set_font("Helvetica", "B", size)
        width = pdf.get_string_width(latin1(flag)) + side + 5
        pdf.set_fill_color(0)
        pdf.rect(x, y, width, 6.8, style="F")
        pdf.set_fill_color(255)
        pdf.set_draw_color(255)
        pdf.set_text_color(255)
        if icon := ICONS.get(flag.partition(":")[0].lower()):
            icon(pdf, x + 1.5, y + 1.0, side)
        _text(pdf, x + side + 3.2, y + 3.4 - 0.17 * size, flag, size=size, bold=True)
        pdf.set_draw_color(0)
        pdf.set_text_color(0)
        x += width + 2
    pdf.set_line_width(0.3)


def _lines_to_fill(pdf: FPDF, start_s: int, y: float) -> None:
    # Seen on a visit, a hazard starts a statutory clock: when is what matters.
    _text(pdf, _LEFT + 2, y + 0.6, "Hazard seen: date and time", size=10)
    pdf.line(_LEFT + 48, y + 5.0, _LEFT + 96, y + 5.0)
    # The same hour again brings less: the next try belongs in another part of the day.
    _text(pdf, _LEFT + 100, y + 0.6, f"Next try, not in the {part_of(start_s).value}:", size=10)
    pdf.line(_LEFT + 149, y + 5.0, _LEFT + _WIDTH - 4, y + 5.0)


def _door_row(pdf: FPDF, number: int, door: DoorLine, y: float) -> None:
    name, size = latin1(door.short or door.address), _DOOR_PT
    pdf.set_font("Helvetica", "B", size)
    if (width := pdf.get_string_width(name)) > _DOOR_NAME_MM:
        size = max(_SMALLEST_PT, size * _DOOR_NAME_MM / width)
        pdf.set_font("Helvetica", "B", size)
    while pdf.get_string_width(name) > _DOOR_NAME_MM and len(name) > 4:
        name = name[:-4] + "..."
    _text(pdf, _LEFT + 2, y + 0.5, f"{number}.", size=10)
    _text(pdf, _LEFT + 10, y, name, size=size, bold=True)
    _text(pdf, _LEFT + 70, y + 0.3, door.floor, size=11)
    _tick_boxes(pdf, _LEFT + 100, y, DOOR_OUTCOMES, gap=3.0)


def _tick_boxes(pdf: FPDF, x: float, y: float, labels: Sequence[str], *, gap: float) -> None:
    for label in labels:
        pdf.rect(x, y + 0.2, 4.2, 4.2)
        _text(pdf, x + 5.2, y + 0.5, label, size=10)
        x += 5.2 + gap + pdf.get_string_width(label)


def _text(
    pdf: FPDF,
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    bold: bool = False,
    align: str = "L",
    inset: float = 0.0,
    room: float | None = None,
) -> None:
    """Write one line with its top at y; align "R" ends it `inset` before the right margin.

    Text wider than `room` is written smaller, for the edge of the paper would cut it off.
    """
    shown = latin1(text)
    if not shown:
        return
    pdf.set_font("Helvetica", "B" if bold else "", size)
    if room is not None and (width := pdf.get_string_width(shown)) > room:
        size *= room / width
        pdf.set_font("Helvetica", "B" if bold else "", size)
    if align == "R":
        x = _LEFT + _WIDTH - inset - pdf.get_string_width(shown)
    # fpdf2 places text by its baseline; this one is a line's of 0.45 mm a point.
    pdf.text(x, y + 0.33 * size, shown)
