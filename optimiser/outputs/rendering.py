"""What every printed page needs: its template, its foot, and numbers for people."""

from __future__ import annotations

import math
from typing import Any

from optimiser.model import WorkspaceView
from optimiser.outputs.wording import notices, true_minus

__all__ = ["Columns", "Rows", "blank", "decimal", "number", "render", "signed_percent"]

Columns = list[tuple[str, str]]
"""Name and class of each column: "n" (numbers), "prose" (sentences), "nowrap", "chart" or ""."""

Rows = list[list[Any]]


def render(template: str, view: WorkspaceView, **values: Any) -> str:
    """Return a page from a packaged template; everything put into it is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("optimiser.outputs", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    foot = " ".join(part for part in ("Made with doorstep.", view.attribution) if part)
    return environment.get_template(template).render(
        notices=notices(view.synthetic, view.title), foot=foot, **values
    )


def number(value: float | None) -> str:
    """Return a number for people: one decimal, none from 1,000 on, "not known" if not finite."""
    if value is None or not math.isfinite(value):
        return "not known"
    whole = abs(value) >= 1000 or value == int(value)
    return true_minus(f"{value:,.0f}" if whole else f"{value:,.1f}")


def decimal(value: float) -> str:
    """Return a number of a column: one decimal, so that the points stand under each other."""
    return true_minus(f"{round(value, 1) + 0.0:,.1f}") if math.isfinite(value) else ""


def signed_percent(value: float) -> str:
    """Return percent with their sign and one decimal: "+4.0%", "0.0%"; nothing if not finite."""
    if not math.isfinite(value):
        return ""
    return true_minus(f"{value:+.1f}%") if round(value, 1) else "0.0%"


def blank(value: Any) -> str:
    """Return text, or nothing for what is no text."""
    return value if isinstance(value, str) else ""
