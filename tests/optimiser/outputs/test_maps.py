"""The two maps: what they say, what they must never say, and that a browser runs them."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import folium
import geopandas as gpd
import pytest
from shapely import LineString, box

from optimiser.model import Appointment, Change, PatchPlan, Status
from optimiser.outputs import patch_map, save_page, week_map
from optimiser.outputs.colours import DASHES, FILLS, HATCHES, LINES, line_style, map_colours
from optimiser.outputs.maps.page import cost_proof, number, percent, signed_percent, value_proof
from optimiser.outputs.maps.week_data import unplanned_places, week_data
from optimiser.outputs.offline import OnlineReferenceError, online_references, page_html

SECRET = "Zebedee Quill"
NASTY = '<script>window.hacked = 1</script><img src=x onerror="window.hacked=1"> {{ 7 * 7 }} \'`'


class Words(HTMLParser):
    """What a reader sees: the text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if not self.inside:
            self.text.append(data)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", "".join(Words(page).text))


def patch_page(view, plan):
    return page_html(patch_map(view, plan), title="Patches")


def week_page(view, plan):
    return page_html(week_map(view, plan), title="Week")


@pytest.fixture
def both(view, patch_plan, week_plan):
    return {"patches": patch_page(view, patch_plan), "week": week_page(view, week_plan)}


def test_nothing_is_fetched(both):
    for page in both.values():
        assert online_references(page) == []


def test_synthetic_data_says_so_and_real_data_does_not(view, patch_plan, week_plan, both):
    label = "Synthetic data: invented homes and people"
    for page in both.values():
        assert label in words(page)
    view.synthetic = False
    assert label not in words(patch_page(view, patch_plan))
    assert label not in words(week_page(view, week_plan))


def test_caveats_and_attribution_are_on_every_page(both):
    for page in both.values():
        assert "Streets are straight lines." in words(page)
        assert "Contains invented data" in words(page)


def test_no_page_gives_a_name_or_a_reason_away(both):
    for page in both.values():
        own = page[page.index('class="page-head"') :]
        for word in (SECRET, "arrears", "asb", "leasehold", "vulnerab", "00A1"):
            assert word.lower() not in own.lower()


def test_data_never_becomes_markup(view, patch_plan, week_plan):
    view.blocks["block_name"] = NASTY
    view.blocks["estate"] = NASTY
    view.title = NASTY
    view.caveats = (NASTY,)
    for page in (patch_page(view, patch_plan), week_page(view, week_plan)):
        assert "<script>window.hacked" not in page
        assert "<img" not in page
        assert "49" not in re.findall(r"<h1>(.*?)</h1>", page, flags=re.DOTALL)[0]


def test_patch_page_has_every_patch_officer_and_moved_block(both):
    text = words(both["patches"])
    for word in ("P01", "P02", "HO01", "HO02", "C House", "D House", "Oak: 2 patches"):
        assert word in text
    assert "2 blocks change patch; the officer changes for 8 homes." in text
    assert "A House" not in text  # it stays, so it is not on the list
    assert "It costs 40 minutes a week" in text
    assert "can cost less than 38 minutes a week, which is 5.0% below this one" in text


def test_patch_page_has_both_layers_with_labels(both):
    page = both["patches"]
    assert '"Patches after"' in page
    assert '"Patches before"' in page
    assert page.count('"patch": "P01"') == 4  # an area and a label, after and before


def test_without_current_patches_there_is_no_before(view, patch_plan):
    view.blocks["patch"] = None
    assignments = tuple(a.model_copy(update={"old_patch": None}) for a in patch_plan.assignments)
    page = patch_page(view, patch_plan.model_copy(update={"assignments": assignments}))
    assert "Patches before" not in page
    assert "No block has a patch today" in words(page)
    assert "Blocks that change patch" not in words(page)


def test_a_vacant_patch_and_one_outside_its_limit_say_so(view, patch_plan: PatchPlan):
    first = patch_plan.patches[0].model_copy(update={"officer_ref": None, "workload": 30.0})
    text = words(
        patch_page(view, patch_plan.model_copy(update={"patches": (first, patch_plan.patches[1])}))
    )
    assert "vacant" in text
    assert "+20.0% outside limit" in text


def test_pages_draw_without_streets_outline_or_centres(view, patch_plan, week_plan):
    class Bare:
        boundary = street_lines = service_centres = ground = None

        def __getattr__(self, name):
            return getattr(view, name)

    assert "P01" in words(patch_page(Bare(), patch_plan))
    assert "HO01" in words(week_page(Bare(), week_plan))
    assert "Water" not in words(patch_page(Bare(), patch_plan))


def test_web_tiles_are_loaded_only_where_asked_for(view, patch_plan, week_plan):
    for drawn in (
        patch_map(view, patch_plan, basemap=True),
        week_map(view, week_plan, basemap=True),
    ):
        page = page_html(drawn, title="A map")
        assert "https://tile.openstreetmap.org/{z}/{x}/{y}.png" in page
        assert "https://www.openstreetmap.org/copyright" in page
        assert "img-src https://tile.openstreetmap.org data:" in page
        assert "default-src &#x27;none&#x27;" in page
        assert '"kind": "park"' not in page
    assert "tile.openstreetmap.org" not in page_html(week_map(view, week_plan), title="A map")


def test_other_web_addresses_are_refused_beside_the_tiles(view, patch_plan):
    drawn = patch_map(view, patch_plan, basemap=True)
    folium.TileLayer("https://elsewhere.example/{z}/{x}/{y}.png", attr="?").add_to(drawn)
    with pytest.raises(OnlineReferenceError, match="elsewhere"):
        page_html(drawn, title="A map")


def test_water_and_parks_lie_under_the_patches_and_are_in_the_key(both):
    for page in both.values():
        assert '"kind": "park"' in page
        assert '"kind": "water"' in page
        assert "Park" in words(page)
        assert "Water" in words(page)


def test_main_roads_are_told_from_others(view, patch_plan):
    lines = [LineString([(529_000, 178_000), (529_100, y)]) for y in (178_000, 178_100, 178_200)]
    classes = ["primary", "['trunk_link', 'tertiary']", None]
    frame = gpd.GeoDataFrame({"highway": classes}, geometry=lines, crs=view.crs)

    class Roads:
        street_lines = frame

        def __getattr__(self, name):
            return getattr(view, name)

    page = patch_page(Roads(), patch_plan)
    assert page.count('"color": "#444444"') == 1
    assert page.count('"color": "#555555"') == 1


def test_week_page_has_officers_days_and_what_is_left_out(both):
    text = words(both["week"])
    for word in ("HO01", "HO02", "Tue 1 Dec", "community day", "V4", "V6"):
        assert word in text
    assert "3 requests of 6 planned, 1 of them after their due date" in text
    assert "Free 20 minutes of HO02 on Wednesday." in text
    assert "Without a place on the map: 1." in text
    assert "4 doors to knock, about 1 conversation expected" in text
    assert "can be worth more than 1,300 points; this one is 3.8% below that" in text


def test_week_table_adds_up(both):
    table = re.search(r'<table data-day="-1".*?</table>', both["week"], flags=re.DOTALL)
    assert table is not None
    rows = re.findall(r"<td class=\"n\">(\d+)</td>", table[0])
    # visits, rounds, doors, walking minutes of HO01, HO02 and all, where a pair counts once
    assert rows == ["2", "1", "4", "11", "2", "0", "0", "5", "3", "1", "4", "16"]


def test_week_opens_on_the_first_day_with_a_route(both):
    assert 'value="1" checked' in both["week"]


def test_routes_follow_the_streets_and_share_their_legs(view, week_plan):
    data = week_data(view, week_plan)
    assert view.walk_calls == 1
    json.dumps(data, allow_nan=False)
    walked = [abs(n) for route in data["routes"] for n in route["legs"] if n]
    assert len(data["legs"]) == len(set(walked)) < len(walked)
    assert {route["officer"] for route in data["routes"]} == {0, 1}
    # HO02 on Tuesday: centre to E, E to B, B to centre, along the fake's right angles.
    tuesday = data["routes"][1]
    assert len(tuesday["legs"]) == 3
    for number_, following in zip(tuesday["legs"], tuesday["legs"][1:], strict=False):
        assert ends(data, number_)[1] == pytest.approx(ends(data, following)[0])


def ends(data, number_):
    flat = data["legs"][abs(number_) - 1]
    last = [sum(flat[0::2]), sum(flat[1::2])]
    return (flat[:2], last) if number_ > 0 else (last, flat[:2])


def test_timeline_says_when_what_and_with_whom(view, week_plan):
    first, second, thursday = week_data(view, week_plan)["routes"]
    visit, rest, pair = first["stops"]
    assert (visit["time"], visit["title"]) == ("10:15am to 10:40am", "Tenancy visit")
    assert "Request V1" in visit["lines"]
    assert rest["title"] == "Break"
    assert "sign" not in rest
    assert (visit["number"], pair["number"]) == (1, 2)
    assert "Two officers: with HO02" in pair["lines"]
    assert pair["pair"]
    assert "pair" not in visit
    assert "After its due date" in second["stops"][0]["lines"]
    assert "Book an interpreter" in second["stops"][0]["lines"]
    assert thursday["stops"][1]["title"] == "Door-knocking, 4 doors"
    floors = "4 doors, floor 3 down to the ground floor, no lift, door entry"
    assert floors in thursday["stops"][1]["lines"]
    assert "About 1.3 conversations expected" in thursday["stops"][1]["lines"]


def mended(plan):
    """V1 done, V2 moved to where it is by HO02's illness, the round new; as of 11:30 on Tuesday."""
    before = Appointment(date=dt.date(2026, 12, 2), start_s=36_000, officers=("HO01", "HO03"))
    after = Appointment(date=dt.date(2026, 12, 1), start_s=50_400, officers=("HO01", "HO02"))
    changes = (
        Change(ref="V2", kind="moved", before=before, after=after, why="HO03 is ill"),
        Change(ref="R1", kind="added", what="round", after=after),
        Change(ref="V4", kind="dropped", before=before, why="no room"),
    )
    at = dt.datetime(2026, 12, 1, 11, 30)  # noqa: DTZ001
    return plan.model_copy(update={"replanned_at": at, "changes": changes})


def test_a_mended_week_says_what_is_done_and_what_moved(view, week_plan):
    first, second, thursday = week_data(view, mended(week_plan))["routes"]
    visit, rest, pair = first["stops"]
    assert visit["state"] == "done"
    assert "Done or under way when the plan was mended" in visit["lines"]
    assert "state" not in rest
    assert pair["state"] == "moved"
    assert "Was on Wed 2 Dec at 10am with HO01 and HO03. HO03 is ill" in pair["lines"]
    assert [stop.get("state") for stop in second["stops"]] == ["done", "moved"]
    assert [stop.get("state") for stop in thursday["stops"]] == [None, "new"]
    text = words(week_page(view, mended(week_plan)))
    assert "Mended on Tuesday 1 December 2026 at 11:30am. 3 changes" in text
    assert "Wed 2 Dec, 10am, HO01 and HO03" in text
    assert "Round R1" in text
    assert "No place any more" in text
    assert [stop.get("lines", [""])[-1] for stop in thursday["stops"]][1] == "New"
    assert "What changed" not in words(week_page(view, week_plan))


def test_a_mended_week_opens_on_its_day(view, week_plan):
    late = mended(week_plan).model_copy(update={"replanned_at": dt.datetime(2026, 12, 2, 9)})  # noqa: DTZ001
    assert 'value="3" checked' in week_page(view, late)


def test_a_page_without_a_title_names_no_folder(view, patch_plan, week_plan):
    view.title = ""
    patches, week = patch_page(view, patch_plan), week_page(view, week_plan)
    assert "<h1>Patches</h1>" in patches
    assert "<h1>Visits, week of Monday 30 November 2026</h1>" in week
    assert all("Synthetic data: homes" in words(page) for page in (patches, week))


def test_notes_that_input_and_plan_share_are_said_once(view, week_plan):
    said = week_plan.model_copy(update={"notes": ("Walks are estimates.", *view.caveats)})
    text = words(week_page(view, said))
    assert all(text.count(note) == 1 for note in said.notes)


def test_the_week_shows_each_officers_line_in_the_table(view, week_plan):
    page = week_page(view, week_plan)
    for k, officer in enumerate(("HO01", "HO02")):
        colour, dash = line_style(k)
        assert re.search(
            rf'data-officer="{officer}"><svg [^>]*><line [^>]*stroke="{colour}"[^>]*'
            rf'stroke-dasharray="{dash}"/>',
            page,
        )


def test_what_is_left_out_can_be_shown_on_the_map(view, week_plan):
    page = week_page(view, week_plan)
    at = week_data(view, week_plan)["unplanned"][0]["at"]
    assert f'data-at="{at[0]},{at[1]}">V4<' in page


def test_the_key_leaves_out_what_the_map_has_not(view, week_plan):
    everything = week_page(view, week_plan)
    routes = tuple(
        route.model_copy(update={"stops": tuple(s for s in route.stops if s.kind == "visit")})
        for route in week_plan.routes
    )
    visits = week_page(view, week_plan.model_copy(update={"routes": routes, "unplanned": ()}))
    for sign in ("</span> Door-knocking", "</span> Not planned", 'id="left-out"'):
        assert sign in everything
        assert sign not in visits


def test_tiers_are_told_in_order_with_what_is_proven(view, week_plan):
    text = words(week_page(view, week_plan))
    assert "Statutory on time: 1,000 points. No plan could do better." in text
    assert "Requests, by priority: 250.0 points. How much better" in text


def test_stops_at_one_place_share_a_sign(view, week_plan):
    route = week_plan.routes[0]
    again = route.stops[0].model_copy(update={"visit_ref": "V9"})
    route = route.model_copy(update={"stops": (route.stops[0], again, *route.stops[1:])})
    drawn = week_data(view, week_plan.model_copy(update={"routes": (route,)}))["routes"][0]
    assert [stop.get("sign") for stop in drawn["stops"]] == [0, 0, None, 1]
    assert drawn["legs"][1] == 0
    assert len(drawn["signs"]) == 2


def test_unplanned_requests_at_one_block_share_a_place(view, week_plan):
    items = [u.model_copy(update={"visit_ref": ref}) for u, ref in zip(
        week_plan.unplanned, ("V1", "V1", "V6"), strict=True)]  # fmt: skip
    places = unplanned_places(view, items)
    assert [len(place["items"]) for place in places] == [2]  # V6's home is not known
    assert places[0]["name"] == "A House"
    assert places[0]["items"][0]["lines"] == [
        "No room left on any day.",
        "What would help: Free 20 minutes of HO02 on Wednesday.",
    ]
    view.visits = None
    assert unplanned_places(view, items) == []


def test_a_week_without_any_route_still_opens(view, week_plan):
    empty = week_plan.model_copy(update={"routes": (), "planned": 0, "unplanned": ()})
    text = words(week_page(view, empty))
    assert "No route on this day." in text
    assert "Every request is planned." in text


def test_neighbours_differ_and_a_patch_keeps_its_colour():
    cells = [(f"P{x}{y}", box(x, y, x + 1, y + 1)) for x in range(5) for y in range(5)]
    after = gpd.GeoDataFrame(
        {"patch": [name for name, _ in cells]}, geometry=[c for _, c in cells], crs="EPSG:27700"
    )
    before = gpd.GeoDataFrame(
        {"patch": ["P00", "P44"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:27700"
    )
    colours = map_colours(after, before, touch_m=0.1)
    assert set(colours) == {name for name, _ in cells}
    assert set(colours.values()) <= set(range(len(FILLS)))
    shapes = dict(cells)
    for a, shape in shapes.items():
        for b, other in shapes.items():
            if a < b and shape.dwithin(other, 0.1):
                assert colours[a] != colours[b]
    assert colours["P00"] != colours["P44"]  # neighbours only before


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_colours_have_contrast_and_a_second_cue():
    for colour in LINES:
        assert (luminance("#fafafa") + 0.05) / (luminance(colour) + 0.05) >= 3
    for colour in FILLS:  # under labels and hatching in near-black
        assert (luminance(colour) + 0.05) / (luminance("#0b0c0c") + 0.05) >= 4.5
    assert len(set(HATCHES)) == len(FILLS) == len(HATCHES)
    styles = {line_style(k) for k in range(len(LINES) * len(DASHES))}
    assert len(styles) == len(LINES) * len(DASHES)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (number(1234.5), "1,234"),
        (number(-0.2), "0"),
        (percent(0.0312), "3.1%"),
        (percent(0.00001), "less than 0.1%"),
        (percent(0.0), "0.0%"),
        (signed_percent(0.0312), "+3.1%"),
        (signed_percent(-0.0312), "\N{MINUS SIGN}3.1%"),
        (signed_percent(-0.0001), "0.0%"),
    ],
)
def test_numbers_in_words(said, expected):
    assert said == expected


def test_a_proven_plan_says_proven(patch_plan):
    best = patch_plan.model_copy(update={"gap": 0.0, "status": Status.OPTIMAL})
    for words_of in (cost_proof, value_proof):
        assert words_of(best, "minutes").startswith("Proven best")


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on the PATH")

    def run(page):
        command = [
            path, "--headless", "--no-sandbox", "--disable-gpu", "--force-prefers-reduced-motion",
            "--disable-background-networking", "--virtual-time-budget=4000",
            "--window-size=1280,800", "--enable-logging=stderr", "--dump-dom", page.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    return run


def with_steps(path, steps):
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("</body>", f"<script>{steps}</script></body>"), encoding="utf-8")


def test_the_browser_fixture_sees_errors(browser, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<script>nothing.here()</script>", encoding="utf-8")
    assert browser(page)[1]


def test_patch_page_runs_in_a_browser(browser, tmp_path, view, patch_plan):
    view.blocks["block_name"] = NASTY
    page = tmp_path / "map.html"
    save_page(patch_map(view, patch_plan), page, title="Patches")
    with_steps(
        page,
        """var seen = [document.querySelectorAll('path.leaflet-interactive, path').length];
        function labels() { return document.querySelectorAll('.patch-mark').length; }
        seen.push(labels());
        document.querySelectorAll('.leaflet-control-layers input[type=radio]')[1].click();
        seen.push(labels());
        document.querySelector('button[data-bounds]').click();
        seen.push(doorstep.map.getZoom() >= 15, window.hacked === undefined);
        document.title = JSON.stringify(seen.slice(1));""",
    )
    dom, errors = browser(page)
    assert errors == []
    assert "<title>[2,2,true,true]</title>" in dom


def test_labels_never_cover_each_other(browser, tmp_path, view, patch_plan):
    page = tmp_path / "map.html"
    save_page(patch_map(view, patch_plan), page, title="Patches")
    with_steps(
        page,
        """doorstep.map.setZoom(9, { animate: false });
        var signs = Array.from(document.querySelectorAll('.patch-mark span'));
        var hint = document.getElementById('labels-hint');
        var seen = [signs.filter(function (s) { return s.style.visibility !== 'hidden'; }).length,
                    hint.hidden];
        doorstep.map.setZoom(18, { animate: false });
        seen.push(signs.filter(function (s) { return s.style.visibility !== 'hidden'; }).length,
                  hint.hidden);
        document.title = JSON.stringify(seen);""",
    )
    dom, errors = browser(page)
    assert errors == []
    # From afar both patches and the service centre are one dot.
    assert "<title>[0,false,2,true]</title>" in dom or "<title>[1,false,2,true]</title>" in dom


def test_week_page_runs_in_a_browser(browser, tmp_path, view, week_plan):
    view.blocks["block_name"] = NASTY
    page = tmp_path / "map.html"
    save_page(week_map(view, week_plan), page, title="Week")
    with_steps(
        page,
        """var form = document.getElementById('choose'), seen = [];
        function signs() { return document.querySelectorAll('.stop-mark .stop-sign').length; }
        function left() { return document.querySelectorAll('.stop-mark .left-out').length; }
        seen.push(signs(), left());
        form.elements.officer.value = '0';
        form.dispatchEvent(new Event('change', {bubbles: true}));
        seen.push(signs(), document.querySelectorAll('.timeline li').length);
        document.querySelector('.timeline button').click();
        seen.push(document.querySelector('.leaflet-popup').textContent.includes('10:15am'));
        form.elements.day.value = '-1';
        form.dispatchEvent(new Event('change', {bubbles: true}));
        seen.push(signs(), document.querySelectorAll('table[data-day]:not([hidden])').length);
        document.getElementById('left-out').click();
        seen.push(left(), window.hacked === undefined);
        document.title = JSON.stringify(seen);""",
    )
    dom, errors = browser(page)
    assert errors == []
    assert "<title>[4,2,2,3,true,4,1,0,true]</title>" in dom
