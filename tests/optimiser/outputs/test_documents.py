import json

import pytest

from optimiser.outputs.documents import (
    SharedShapes,
    leg_paths,
    patches_summary,
    plan_document,
    routes_geojson,
    to_json,
    week_summary,
)

STOP_KEYS = {
    "kind", "visit_ref", "property_refs", "block_ref", "easting", "northing", "arrive", "start",
    "end", "walk_s", "walk_m", "with_officer", "leave_s", "access_s", "round_ref", "conversations",
}  # fmt: skip


def test_plan_json_has_the_documented_keys(view, week_plan):
    document = json.loads(to_json(plan_document(view, week_plan)))
    top = {"week", "status", "objective", "bound", "gap", "seconds", "routes", "unplanned", "rules"}
    assert top <= document.keys()
    assert document["week"] == "2026-11-30"
    assert document["status"] == "feasible"
    assert document["rules"]["slack"] == 0.15
    route = document["routes"][0]
    assert route.keys() >= {"officer_ref", "date", "start", "end", "start_place", "end_place"}
    assert route["home_walk_s"] == 160
    assert route["start_place"].keys() == {"name", "easting", "northing"}
    for stop in (stop for route in document["routes"] for stop in route["stops"]):
        assert stop.keys() >= STOP_KEYS


def test_times_are_local_iso(view, week_plan):
    routes = plan_document(view, week_plan)["routes"]
    assert routes[0]["stops"][0]["start"] == "2026-12-01T10:15"
    assert routes[1]["stops"][0]["start"] == "2026-12-01T09:30:30"


def test_late_and_interpreter_appear_only_when_true(view, week_plan):
    stops = [s for route in plan_document(view, week_plan)["routes"] for s in route["stops"]]
    assert [s["visit_ref"] for s in stops if "late" in s] == ["V3"]
    assert [s["visit_ref"] for s in stops if "interpreter" in s] == ["V3"]
    assert all(s.get("late", True) is True for s in stops)


def test_both_officers_of_a_pair_name_each_other(view, week_plan):
    document = plan_document(view, week_plan)
    pair = [
        (route["officer_ref"], stop["with_officer"], stop["start"])
        for route in document["routes"]
        for stop in route["stops"]
        if stop["visit_ref"] == "V2"
    ]
    assert pair == [("HO01", "HO02", "2026-12-01T14:00"), ("HO02", "HO01", "2026-12-01T14:00")]


def test_unplanned_requests_have_a_class(view, week_plan):
    first = plan_document(view, week_plan)["unplanned"][0]
    assert first.keys() == {"visit_ref", "class", "reason", "evidence", "remedy"}
    assert first["class"] == "crowded_out"


def test_what_is_not_finite_is_null(view, week_plan):
    unproven = week_plan.model_copy(update={"bound": float("inf"), "gap": float("nan")})
    for document in (plan_document(view, unproven), week_summary(view, unproven)):
        text = to_json(document)
        assert "Infinity" not in text
        assert "NaN" not in text
        assert json.loads(text)["bound"] is None
        assert json.loads(text)["gap"] is None


def test_synthetic_is_said_only_of_synthetic_data(view, week_plan, patch_plan):
    for write in (plan_document, week_summary, routes_geojson):
        assert write(view, week_plan)["synthetic"] is True
        assert write(view, week_plan)["title"] == "Elm Borough"
    assert patches_summary(view, patch_plan)["synthetic"] is True
    view.synthetic = False
    assert "synthetic" not in plan_document(view, week_plan)
    assert "synthetic" not in patches_summary(view, patch_plan)


def test_week_summary_has_the_documented_keys(view, week_plan):
    summary = week_summary(view, week_plan)
    assert summary.keys() >= {
        "status", "objective", "bound", "gap", "seconds", "tiers", "requests", "planned", "late",
        "unplanned", "doors", "conversations", "walk_hours", "own_officer", "violations",
    }  # fmt: skip
    assert summary["tiers"][1] == {"name": "requests", "value": 250.0, "bound": None}
    assert summary["unplanned"] == {"crowded_out": 1, "impossible": 1, "escalate": 1}
    assert summary["violations"] == []


def test_patches_summary_has_the_documented_keys(view, patch_plan):
    summary = patches_summary(view, patch_plan)
    assert summary.keys() >= {
        "status", "objective", "bound", "gap", "seconds", "walk_minutes", "homes_moved", "patches",
        "violations",
    }  # fmt: skip
    keys = {"patch", "officer_ref", "homes", "workload", "target", "blocks"}
    assert summary["patches"][0].keys() >= keys
    assert summary["homes_moved"] == 8


def test_routes_geojson_is_one_wgs84_line_a_route(view, week_plan):
    collection = json.loads(to_json(routes_geojson(view, week_plan)))
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection  # RFC 7946 knows WGS84 only
    assert len(collection["features"]) == len(week_plan.routes)
    first = collection["features"][0]
    assert first["properties"]["officer_ref"] == "HO01"
    assert first["properties"]["date"] == "2026-12-01"
    assert first["geometry"]["type"] == "LineString"
    # Pimlico, by any map: longitude first.
    longitude, latitude = first["geometry"]["coordinates"][0]
    assert longitude == pytest.approx(-0.143, abs=0.005)
    assert latitude == pytest.approx(51.486, abs=0.005)


def test_a_route_without_a_walk_is_still_a_line(view, week_plan):
    route = week_plan.routes[0]
    at_centre = route.stops[1].model_copy(
        update={"easting": route.start_place.easting, "northing": route.start_place.northing}
    )
    still = route.model_copy(update={"stops": (at_centre,)})
    week = week_plan.model_copy(update={"routes": (still,)})
    assert leg_paths(view, week) == [[]]
    assert len(routes_geojson(view, week)["features"][0]["geometry"]["coordinates"]) == 2


def test_walks_join_the_stops_in_order(view, week_plan):
    walks = leg_paths(view, week_plan)
    # HO02 on Tuesday: the centre to E, E to B, B to the centre.
    assert [walk.length for walk in walks[1]] == [200.0, 300.0, 100.0]
    assert view.walk_calls == 1


def test_walks_and_shapes_are_found_once_and_shared(view, week_plan, patch_plan):
    shared = SharedShapes(view)
    for ours, theirs in zip(leg_paths(shared, week_plan), leg_paths(view, week_plan), strict=True):
        assert [(w.coords[0], w.coords[-1]) for w in ours] == [
            (w.coords[0], w.coords[-1]) for w in theirs
        ]
    calls = view.walk_calls
    routes_geojson(shared, week_plan)
    assert view.walk_calls == calls
    first = shared.patch_shapes(patch_plan.patch_of())
    first["patch"] = "spoiled"
    assert list(shared.patch_shapes(patch_plan.patch_of())["patch"]) == ["P01", "P02"]
