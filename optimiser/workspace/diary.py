"""What is asked for, who is away and what came of visits: the files that change by the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Diary", "without_closed"]

_CLOSING: Final = ("done", "refused")
"""Outcomes after which a request is not visited again."""


@dataclass(frozen=True)
class Diary:
    """Requests, absences and outcomes as geodata reads them; None where there is no file."""

    visits: pd.DataFrame
    absences: pd.DataFrame | None
    outcomes: pd.DataFrame | None


def without_closed(
    visits: pd.DataFrame, outcomes: pd.DataFrame | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the requests without those that the outcomes say are done or refused, and a note.

    A request raised after that outcome is another one under the same reference, and stays.
    """
    if outcomes is None or outcomes.empty:
        return visits, ()
    closing = outcomes[outcomes["outcome"].isin(_CLOSING) & outcomes["visit_ref"].notna()]
    last = dict(closing.sort_values("visited_at")[["visit_ref", "visited_at"]].to_numpy())
    closed = [
        ref in last and not raised > last[ref]
        for ref, raised in zip(visits["visit_ref"], visits["raised_on"], strict=True)
    ]
    if not any(closed):
        return visits, ()
    count = sum(closed)
    requests = "1 request is" if count == 1 else f"{count:,} requests are"
    refs = visits.loc[closed, "visit_ref"].tolist()
    shown = ", ".join(refs[:8]) + (", …" if count > 8 else "")
    kept = visits[[not shut for shut in closed]]
    kept.attrs = dict(visits.attrs)
    return kept, (f"{requests} done or refused by the outcomes file, and left out: {shown}.",)
