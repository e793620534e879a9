"""One self-contained HTML page of a map: nothing in it asks the network for anything.

Folium links its libraries from content networks. Here Leaflet and jQuery come from
their packages into the page, whatever else Folium links by default is left out, and
a page that would still load something from elsewhere is not written.
"""

from __future__ import annotations

import base64
import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import folium

__all__ = ["OnlineReferenceError", "online_references", "page_html", "save_page"]

# The browser enforces what `online_references` looks for: even a reference that slipped
# through is not fetched. Scripts and styles are all inline, images are data URIs.
CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
# Linked by every Folium map and needed by none of ours: icon fonts and Bootstrap.
UNUSED: Final = ("bootstrap", "awesome", "fontawesome")
LOADING_TAGS: Final = {
    ("link", "href"),
    ("use", "href"),
    ("image", "href"),
    ("object", "data"),
    ("form", "action"),
    ("base", "href"),
}
LOADING_ATTRIBUTES: Final = {"src", "srcset", "poster", "background", "xlink:href", "formaction"}
ELSEWHERE: Final = re.compile(r"^\s*(https?:|ftp:|//)", re.IGNORECASE)
IN_STYLE: Final = re.compile(
    r"(?:url\(\s*[\"']?|@import\s+[\"']?)\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE
)
# Calls and settings by which a script loads; data in a script has its quotes escaped,
# so that a web address in someone's data is no false alarm.
IN_SCRIPT: Final = re.compile(
    r"(?:(?:tileLayer(?:\.wms)?|imageOverlay|videoOverlay|fetch|import|importScripts|ajax|getJSON)"
    r"\s*\(\s*|\b(?:\w*[uU]rl|src)[\"']?\s*[:=]\s*)[\"'`]((?:https?:)?//[^\"'`]+)"
)


class OnlineReferenceError(ValueError):
    """The page would load something over the network, so it was not written."""

    def __init__(self, references: list[str]) -> None:
        self.references = references
        shown = ", ".join(references[:5])
        super().__init__(f"the page loads from the network: {shown}; leave those layers out")


def save_page(map: folium.Map, path: Path | str, *, title: str) -> None:  # noqa: A002
    """Write a map as one HTML file that opens offline.

    Raises
    ------
    OnlineReferenceError
        If a layer of the map needs the network (web tiles that were not asked for, a
        plugin's files).
    """
    Path(path).write_text(page_html(map, title=title), encoding="utf-8", newline="\n")


def page_html(map: folium.Map, *, title: str) -> str:  # noqa: A002
    """Return the page of `save_page` as text; the same map gives the same text."""
    page = _stable_names(map.get_root().render())
    page = _inline_libraries(page)
    allowed: tuple[str, ...] = getattr(map, "loads_from", ())
    policy = CONTENT_POLICY.replace("img-src", " ".join(("img-src", *allowed)))
    head = (
        f'<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">\n'
        '<link rel="icon" href="data:,">\n'
    )
    page = re.sub(r"<title>.*?</title>", "", page, count=1, flags=re.DOTALL)
    page = page.replace('<meta http-equiv="content-type" content="text/html; charset=UTF-8" />', "")
    page = page.replace("<head>", "<head>\n" + head, 1)
    page = page.replace("<html>", '<html lang="en-GB">', 1)
    # Folium forbids zooming on a phone, which people with poor sight need.
    page = re.sub(r",\s*maximum-scale=1\.0, user-scalable=no", "", page)
    # Folium closes the body before its script, which is not valid.
    page = re.sub(
        r"</body>\s*(<script>.*</script>)\s*</html>", r"\1\n</body>\n</html>", page, flags=re.S
    )
    found = [url for url in online_references(page) if not url.startswith(allowed)]
    if found:
        raise OnlineReferenceError(found)
    return page


def online_references(page: str) -> list[str]:
    """Return every address that opening the page would fetch, in order, each once."""
    reader = _ReferenceReader()
    reader.feed(page)
    reader.close()
    return list(dict.fromkeys(reader.found))


class _ReferenceReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in ("script", "style") else ""
        for name, value in attrs:
            if value is None:
                continue
            loads = name in LOADING_ATTRIBUTES or (tag, name) in LOADING_TAGS
            if loads and ELSEWHERE.search(value):
                self.found.append(value.strip())
            if name == "style":
                self.found.extend(IN_STYLE.findall(value))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (the base class's signature)
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.found.extend(IN_STYLE.findall(data))
        elif self._inside == "script":
            self.found.extend(IN_SCRIPT.findall(data))


def _stable_names(page: str) -> str:
    """Replace Folium's random element names by numbers in the order they appear."""
    names = dict.fromkeys(re.findall(r"_([0-9a-f]{32})(?![0-9a-f])", page))
    number_of = {name: str(k) for k, name in enumerate(names, start=1)}
    return re.sub(r"_([0-9a-f]{32})(?![0-9a-f])", lambda match: f"_{number_of[match[1]]}", page)


def _inline_libraries(page: str) -> str:
    leaflet, jquery = _package_folder("leaflet"), _package_folder("jquery")

    def replace_script(match: re.Match[str]) -> str:
        url = match[1]
        if "/leaflet.js" in url and "awesome" not in url:
            return _script(_leaflet_script(leaflet))
        if "jquery" in url:
            return _script((jquery / "jquery.min.js").read_text(encoding="utf-8"))
        return "" if _unused(url) else match[0]

    def replace_style(match: re.Match[str]) -> str:
        url = match[1]
        if "/leaflet.css" in url:
            return f"<style>{_leaflet_style(leaflet)}</style>"
        return "" if _unused(url) else match[0]

    page = re.sub(r'<script src="([^"]+)"></script>', replace_script, page)
    return re.sub(r'<link rel="stylesheet" href="([^"]+)"\s*/>', replace_style, page)


def _unused(url: str) -> bool:
    return ELSEWHERE.match(url) is not None and any(
        word in url.rsplit("/", 1)[-1] or f"/{word}" in url or f"@{word}" in url for word in UNUSED
    )


def _script(code: str) -> str:
    without_maps = re.sub(r"//[#@]\s*sourceMappingURL=\S+", "", code)
    return "<script>" + without_maps.replace("</script", "<\\/script") + "</script>"


def _leaflet_style(folder: Path) -> str:
    style = (folder / "leaflet.css").read_text(encoding="utf-8")
    return re.sub(
        r"url\(images/([\w.-]+)\)", lambda match: f"url({_data_uri(folder, match[1])})", style
    )


def _leaflet_script(folder: Path) -> str:
    """Return Leaflet with its plain marker's pictures inside.

    Folium's coloured icons need a web font and its plugin; the plain marker stands in.
    """
    pictures = {
        "iconUrl": "marker-icon.png",
        "iconRetinaUrl": "marker-icon-2x.png",
        "shadowUrl": "marker-shadow.png",
    }
    options = ",".join(f'{key}:"{_data_uri(folder, name)}"' for key, name in pictures.items())
    return (
        (folder / "leaflet.js").read_text(encoding="utf-8")
        + "\ndelete L.Icon.Default.prototype._getIconUrl;"
        + f"L.Icon.Default.mergeOptions({{{options}}});"
        + "L.AwesomeMarkers={icon:function(){return new L.Icon.Default()}};\n"
    )


def _data_uri(folder: Path, name: str) -> str:
    data = base64.b64encode((folder / "images" / name).read_bytes()).decode("ascii")
    return f"data:image/png;base64,{data}"


def _package_folder(name: str) -> Path:
    import importlib

    return Path(importlib.import_module(f"xstatic.pkg.{name}").BASE_DIR)
