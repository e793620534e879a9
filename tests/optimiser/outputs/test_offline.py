"""A page must open with the network off, or not be written at all."""

from __future__ import annotations

import folium
import pytest
from folium.plugins import MiniMap

from optimiser.outputs.offline import (
    OnlineReferenceError,
    online_references,
    page_html,
    save_page,
)

HERE = [51.5, -0.15]


def bare_map(**options):
    return folium.Map(location=HERE, tiles=None, **options)


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://x.org/a.png">',
        '<img srcset="https://x.org/a.png 2x">',
        '<script src="//x.org/a.js"></script>',
        '<link rel="stylesheet" href="http://x.org/a.css"/>',
        '<iframe src="https://x.org"></iframe>',
        '<svg><image xlink:href="https://x.org/a.png"/></svg>',
        '<style>@import "https://x.org/a.css";</style>',
        "<style>@font-face { src: url('https://x.org/a.woff2') }</style>",
        '<p style="background: url(https://x.org/a.png)">',
        '<script>L.tileLayer(\n "https://{s}.x.org/{z}/{x}/{y}.png", {})</script>',
        "<script>fetch('https://x.org/data.json')</script>",
        '<script>var icon = {"iconUrl": "https://x.org/a.png"}</script>',
    ],
)
def test_finds_whatever_a_browser_would_fetch(markup):
    assert len(online_references(f"<html><body>{markup}</body></html>")) == 1


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="https://x.org">who the data is from</a>',
        "<p>https://x.org</p>",
        '<img src="data:image/png;base64,AAAA">',
        '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(#fill-0)"/></svg>',
        '<script>var data = {"name": "see https://x.org"}</script>',
        '<script>var data = {"name": "src=\\"https://x.org\\""}</script>',
    ],
)
def test_leaves_links_and_data_alone(markup):
    assert online_references(f"<html><body>{markup}</body></html>") == []


def test_web_tiles_are_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "map.html"
    with pytest.raises(OnlineReferenceError, match="tile"):
        save_page(folium.Map(location=HERE), path, title="Tiles")
    assert not path.exists()


def test_a_plugin_with_files_elsewhere_is_refused(tmp_path):
    page = bare_map()
    folium.TileLayer("OpenStreetMap").add_to(page)
    MiniMap().add_to(page)
    with pytest.raises(OnlineReferenceError) as caught:
        page_html(page, title="Plugin")
    assert any("MiniMap" in reference for reference in caught.value.references)


def test_the_libraries_are_inside_once_and_the_others_gone():
    page = page_html(bare_map(), title="Libraries")
    assert page.count("Leaflet 1.9") == 1
    assert page.count("jQuery v3") == 1
    assert online_references(page) == []
    assert "bootstrap" not in page.lower()
    assert "sourceMappingURL" not in page
    assert "url(images/" not in page


def test_plain_markers_have_their_pictures_inside():
    page = bare_map()
    folium.Marker(HERE, popup="Here").add_to(page)
    html = page_html(page, title="Marker")
    assert 'iconUrl:"data:image/png;base64,' in html
    assert online_references(html) == []


def test_title_is_escaped_and_language_said():
    html = page_html(bare_map(), title="Elm & <Oak>")
    assert "<title>Elm &amp; &lt;Oak&gt;</title>" in html
    assert '<html lang="en-GB">' in html
    assert "user-scalable" not in html


def test_the_browser_is_told_to_fetch_nothing():
    html = page_html(bare_map(), title="Policy")
    assert "default-src &#x27;none&#x27;" in html
    # A policy counts only for what comes after it.
    assert html.index("Content-Security-Policy") < html.index("<script")


def test_the_same_map_gives_the_same_page(tmp_path):
    def build():
        page = bare_map()
        folium.GeoJson({"type": "Point", "coordinates": [-0.15, 51.5]}).add_to(page)
        return page_html(page, title="Same")

    assert build() == build()
