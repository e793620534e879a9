"""Small signs on the officers' sheets, drawn as shapes: a printer's fonts have none of them.

Each fits a square whose top left corner and side are given, in the drawing colours set.
None says why: two people, a telephone, a card that is not left, speech, a clock, a
plus for what is new on a sheet and a warning triangle for what is otherwise than before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fpdf import FPDF

__all__ = ["ICONS", "Icon"]

Icon = Callable[["FPDF", float, float, float], None]


def _two_people(pdf: FPDF, x: float, y: float, side: float) -> None:
    for at in (0.05, 0.55):
        left = x + at * side
        pdf.ellipse(left + 0.08 * side, y + 0.05 * side, 0.26 * side, 0.3 * side, style="F")
        pdf.rect(
            left,
            y + 0.42 * side,
            0.42 * side,
            0.53 * side,
            style="F",
            round_corners=True,
            corner_radius=0.18 * side,
        )


def _telephone(pdf: FPDF, x: float, y: float, side: float) -> None:
    width = 0.2 * side
    pdf.set_line_width(width)
    arc = [(0.22, 0.22), (0.27, 0.48), (0.48, 0.71), (0.76, 0.78)]
    pdf.polyline([(x + a * side, y + b * side) for a, b in arc])
    pdf.set_line_width(1.5 * width)
    pdf.line(x + 0.2 * side, y + 0.12 * side, x + 0.27 * side, y + 0.34 * side)
    pdf.line(x + 0.64 * side, y + 0.72 * side, x + 0.88 * side, y + 0.8 * side)


def _no_card(pdf: FPDF, x: float, y: float, side: float) -> None:
    pdf.set_line_width(0.09 * side)
    pdf.rect(x + 0.05 * side, y + 0.22 * side, 0.9 * side, 0.56 * side)
    pdf.set_line_width(0.13 * side)
    pdf.line(x + 0.05 * side, y + 0.97 * side, x + 0.95 * side, y + 0.03 * side)


def _speech(pdf: FPDF, x: float, y: float, side: float) -> None:
    pdf.rect(
        x,
        y + 0.08 * side,
        side,
        0.58 * side,
        style="F",
        round_corners=True,
        corner_radius=0.2 * side,
    )
    tail = [(0.2, 0.6), (0.55, 0.6), (0.2, 0.97)]
    pdf.polygon([(x + a * side, y + b * side) for a, b in tail], style="F")


def _clock(pdf: FPDF, x: float, y: float, side: float) -> None:
    pdf.set_line_width(0.1 * side)
    pdf.ellipse(x + 0.05 * side, y + 0.05 * side, 0.9 * side, 0.9 * side)
    hands = [(0.5, 0.22), (0.5, 0.52), (0.72, 0.62)]
    pdf.polyline([(x + a * side, y + b * side) for a, b in hands])


def _plus(pdf: FPDF, x: float, y: float, side: float) -> None:
    pdf.set_line_width(0.22 * side)
    pdf.line(x + 0.5 * side, y + 0.12 * side, x + 0.5 * side, y + 0.88 * side)
    pdf.line(x + 0.12 * side, y + 0.5 * side, x + 0.88 * side, y + 0.5 * side)


def _triangle(pdf: FPDF, x: float, y: float, side: float) -> None:
    pdf.set_line_width(0.1 * side)
    pdf.polygon([(x + a * side, y + b * side) for a, b in ((0.5, 0.15), (0.1, 0.9), (0.9, 0.9))])
    pdf.line(x + 0.5 * side, y + 0.42 * side, x + 0.5 * side, y + 0.64 * side)
    pdf.line(x + 0.5 * side, y + 0.74 * side, x + 0.5 * side, y + 0.78 * side)


ICONS: Final[dict[str, Icon]] = {
    "two officers": _two_people,
    "ring first": _telephone,
    "leave no card": _no_card,
    "interpreter": _speech,
    "by appointment": _clock,
    "new": _plus,
    "changed": _triangle,
}
"""By what is written beside it."""
