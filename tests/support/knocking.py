"""Who may knock on a Thursday, in a borough of four patches in a row."""

from __future__ import annotations

import datetime as dt
from typing import Any

from optimiser.bridge.knockers import Knockers
from optimiser.model import Shift

THURSDAY = dt.date(2026, 12, 3)
NINE, FIVE = 9 * 3600, 17 * 3600
MIDDLES = {"P1": (0.0, 0.0), "P2": (100.0, 0.0), "P3": (300.0, 0.0), "P4": (50.0, 0.0)}


def shift(officer: str = "HO1", end_s: int = FIVE) -> Shift:
    """An officer's Thursday from nine o'clock."""
    return Shift(
        officer_ref=officer,
        date=THURSDAY,
        start_s=NINE,
        end_s=end_s,
        start_place=0,
        end_place=0,
        busy_limit_s=end_s - NINE,
    )


def staff(*at_work: Shift, **changes: Any) -> Knockers:
    """Knockers: HO1 to HO4 hold P1 to P4; HO4 is of another centre; those named are at work."""
    known: dict[str, Any] = {
        "own": {f"P{k}": f"HO{k}" for k in (1, 2, 3, 4)},
        "centre": {"HO1": "soho", "HO2": "soho", "HO3": "soho", "HO4": "pimlico"},
        "middle": MIDDLES,
        "at_work": {s.officer_ref: s for s in at_work or (shift(),)},
        "stand_ins": 3,
        "all_in_pairs": False,
        "pairs_at": frozenset(),
        "estate_of": {"B1": "Mozart"},
    }
    return Knockers(**known | changes)
