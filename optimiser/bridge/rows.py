"""Rows of a frame as plain Python values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["rows_of"]


def rows_of(frame: pd.DataFrame | None) -> list[dict[Any, Any]]:
    """Return the rows, with None for what is absent; no frame has no rows."""
    if frame is None:
        return []
    return frame.astype(object).where(frame.notna(), None).to_dict("records")
