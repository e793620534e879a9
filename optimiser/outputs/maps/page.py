"""What stands around a map: title, notices, key, tables, foot; the same for every page."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from optimiser.model import Outcome, WorkspaceView
from optimiser.model.outcome import OPTIMAL_GAP
from optimiser.outputs.colours import pattern_defs
from optimiser.outputs.wording import true_minus

if TYPE_CHECKING:
    import folium
    import jinja2

__all__ = [
    "add_page",
    "cost_proof",
    "inline_json",
    "number",
    "percent",
    "script",
    "signed_percent",
    "value_proof",
]


def add_page(
    target: folium.Map,
    view: WorkspaceView,
    *,
    heading: str,
    template: str,
    controls: str | None = None,
    values: dict[str, Any],
    script: str = "",
) -> None:
    """Put a page around a map.

    Parameters
    ----------
    target
        The map, its layers already on it.
    view
        For the notices that belong on every output.
    heading
        The page's title, shown above the map.
    template
        File name of the Jinja template of what stands beside the map; everything put
        into it is escaped.
    controls
        Likewise of what steers the map, put before it.
    values
        What the templates need.
    script
        JavaScript to run once the map is drawn; `map` is the Leaflet map.
    """
    from branca.element import Element, MacroElement
    from folium.template import Template

    root: Any = target.get_root()
    environment = _environment()
    ground = () if view.ground is None else tuple(view.ground["kind"])
    shared = {"ground": ground, "view": view, "heading": heading, "controls": controls, **values}
    style: Any = Element("<style>{{ this.text }}</style>")
    style.text = _asset("page.css")
    root.header.add_child(style, name="doorstep_style")
    head: Any = Element("{{ this.text }}")
    head.text = (
        environment.get_template("head.html").render(shared)
        + pattern_defs()
        + f"<script>{_asset('page.js')}</script>"
    )
    root.html.add_child(head, name="doorstep_head")
    macro_element: Any = MacroElement  # Folium's way to add one's own is an untyped template
    beside = macro_element()
    beside._template = Template(
        "{% macro html(this, kwargs) %}{{ this.text }}{% endmacro %}"
        "{% macro script(this, kwargs) %}"
        "doorstep.start({{ this._parent.get_name() }});"
        "(function (map) { {{ this.code }} })({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )
    beside.text = environment.get_template(template).render(shared)
    beside.code = script
    target.add_child(beside, name="doorstep_page")


def inline_json(data: Any) -> str:
    """Return JSON that is safe inside a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def number(value: float, digits: int = 0) -> str:
    """Return a number with thousands separated and a true minus sign, never "-0"."""
    return true_minus(f"{round(value, digits) + 0.0:,.{digits}f}")


def percent(share: float) -> str:
    """Return a fraction as "3.1%"; what is above 0 is never shown as 0."""
    return "less than 0.1%" if 0 < share < 0.0005 else f"{share * 100:,.1f}%"


def signed_percent(share: float) -> str:
    """Return a fraction as "+3.1%", "0.0%", or with a true minus sign."""
    rounded = round(share * 100, 1)
    sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
    return f"{sign}{abs(rounded):,.1f}%"


def cost_proof(plan: Outcome, unit: str) -> str:
    """Return what is proven of a plan that costs `objective`."""
    if plan.gap <= OPTIMAL_GAP:
        return "Proven best: no plan that keeps all the rules costs less."
    return (
        f"No plan that keeps all the rules can cost less than {number(plan.bound)} {unit}, "
        f"which is {percent(plan.gap)} below this one."
    )


def value_proof(plan: Outcome, unit: str) -> str:
    """Return what is proven of a plan that is worth `objective`."""
    if plan.gap <= OPTIMAL_GAP:
        return "Proven best: no plan that keeps all the rules is worth more."
    return (
        f"No plan that keeps all the rules can be worth more than {number(plan.bound)} {unit}; "
        f"this one is {percent(plan.gap)} below that."
    )


def script(name: str) -> str:
    """Return a packaged script."""
    return _asset(name)


def _asset(name: str) -> str:
    return files("optimiser.outputs.maps").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(number=number, percent=percent, signed_percent=signed_percent)
    return environment
