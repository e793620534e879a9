"""What officers' sheets are drawn with: lines of text, flags, boxes to tick, lines to fill in.

fpdf2's core fonts know Latin-1 only, so other letters lose their accents or become
question marks rather than fail.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from optimiser.bridge.contacts import part_of
from optimiser.outputs.icons import ICONS
from optimiser.outputs.stops import DoorLine

if TYPE_CHECKING:
    from fpdf import FPDF

__all__ = [
    "LEFT",
    "OUTCOMES",
    "TEXT_WIDTH",
    "TEXT_X",
    "WIDTH",
    "door_row",
    "flag_boxes",
    "latin1",
    "lines_to_fill",
    "tick_boxes",
    "write_line",
]

OUTCOMES: Final = ("Done", "No answer", "Refused", "By appointment", "Not safe to enter",
                   "May be abandoned", "Other")  # fmt: skip
DOOR_OUTCOMES: Final = ("Talked", "No answer", "Refused", "Other")

LEFT: Final = 12.0
WIDTH: Final = 186.0
"""Millimetres from the paper's left edge, and between the margins."""
TEXT_X: Final = 46.0
TEXT_WIDTH: Final = LEFT + WIDTH - TEXT_X - 2
_DOOR_PT: Final = 12.0
_DOOR_NAME_MM: Final = 57.0
_SMALLEST_PT: Final = 9.0
_REPLACED: Final = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "•": "-"}  # noqa: RUF001
)


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


def flag_boxes(pdf: FPDF, flags: Sequence[str], y: float) -> None:
    """Draw white words on black, each after its sign; smaller where all do not fit."""
    x, size, side = TEXT_X, 11.0, 4.8
    pdf.set_font("Helvetica", "B", size)
    room = TEXT_WIDTH - (side + 7) * len(flags)
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
        write_line(pdf, x + side + 3.2, y + 3.4 - 0.17 * size, flag, size=size, bold=True)
        pdf.set_draw_color(0)
        pdf.set_text_color(0)
        x += width + 2
    pdf.set_line_width(0.3)


def lines_to_fill(pdf: FPDF, start_s: int, y: float) -> None:
    """Draw where to write that a hazard was seen, and when to try again."""
    # Seen on a visit, a hazard starts a statutory clock: when is what matters.
    write_line(pdf, LEFT + 2, y + 0.6, "Hazard seen: date and time", size=10)
    pdf.line(LEFT + 48, y + 5.0, LEFT + 96, y + 5.0)
    # The same hour again brings less: the next try belongs in another part of the day.
    write_line(pdf, LEFT + 100, y + 0.6, f"Next try, not in the {part_of(start_s).value}:", size=10)
    pdf.line(LEFT + 149, y + 5.0, LEFT + WIDTH - 4, y + 5.0)


def door_row(pdf: FPDF, number: int, door: DoorLine, y: float) -> None:
    """Draw one door of a round: its number and floor, and a box for each outcome."""
    name, size = latin1(door.short or door.address), _DOOR_PT
    pdf.set_font("Helvetica", "B", size)
    if (width := pdf.get_string_width(name)) > _DOOR_NAME_MM:
        size = max(_SMALLEST_PT, size * _DOOR_NAME_MM / width)
        pdf.set_font("Helvetica", "B", size)
    while pdf.get_string_width(name) > _DOOR_NAME_MM and len(name) > 4:
        name = name[:-4] + "..."
    write_line(pdf, LEFT + 2, y + 0.5, f"{number}.", size=10)
    write_line(pdf, LEFT + 10, y, name, size=size, bold=True)
    write_line(pdf, LEFT + 70, y + 0.3, door.floor, size=11)
    tick_boxes(pdf, LEFT + 100, y, DOOR_OUTCOMES, gap=3.0)


def tick_boxes(pdf: FPDF, x: float, y: float, labels: Sequence[str], *, gap: float) -> None:
    """Draw empty boxes, each before its words."""
    for label in labels:
        pdf.rect(x, y + 0.2, 4.2, 4.2)
        write_line(pdf, x + 5.2, y + 0.5, label, size=10)
        x += 5.2 + gap + pdf.get_string_width(label)


def write_line(
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
        x = LEFT + WIDTH - inset - pdf.get_string_width(shown)
    # fpdf2 places text by its baseline; this one is a line's of 0.45 mm a point.
    pdf.text(x, y + 0.33 * size, shown)
