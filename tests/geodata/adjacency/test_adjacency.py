"""Neighbours on foot."""

from __future__ import annotations

import doctest
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from geodata.adjacency import Adjacency, adjacency, block_adjacency
from geodata.streets import StreetNetwork
from geodata.walking import StraightLines


def network(*lines: list[tuple[float, float]]) -> StreetNetwork:
    return StreetNetwork.from_lines(
        gpd.GeoDataFrame(geometry=[LineString(line) for line in lines], crs="EPSG:27700")
    )


def blocks(**at: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([Point(xy) for xy in at.values()], index=list(at), crs="EPSG:27700")


def pairs(points: gpd.GeoSeries, adjacency: Adjacency) -> set[str]:
    return {"".join(points.index[edge]) for edge in adjacency.edges}


# A long street, and a lane that leaves it at x = 500 and runs back beside it, 30 m away.
#
#   F---------E---------+     y = 30
#                       |
#   A-----B-------C-----+--D  y = 0
LANE = network([(0, 0), (500, 0), (700, 0)], [(500, 0), (500, 30), (0, 30)])


def test_neighbours_are_those_whose_stretches_of_street_meet() -> None:
    points = blocks(A=(0, 5), B=(150, 5), C=(355, 5), D=(650, 5), E=(300, 33), F=(0, 33))
    found = block_adjacency(points, LANE)
    # F is 28 m from A as the crow flies, but a kilometre on foot.
    assert pairs(points, found) == {"AB", "BC", "CD", "CE", "EF"}
    assert found.joined == ()


def test_blocks_at_one_place_share_its_neighbours() -> None:
    points = blocks(A=(0, 5), B=(150, 5), X=(150, 9), Y=(150, 14), C=(350, 5))
    found = block_adjacency(points, LANE)
    assert pairs(points, found) == {"AB", "AX", "AY", "BX", "BY", "XY", "BC", "XC", "YC"}


def test_blocks_of_an_estate_are_neighbours_over_its_own_grounds() -> None:
    points = blocks(A=(0, 5), B=(150, 5), C=(350, 5), F=(0, 25))
    estates = pd.Series(["Fir", None, None, "Fir"], index=points.index)
    found = block_adjacency(points, LANE, estates=estates)
    assert "AF" in pairs(points, found)
    assert found.joined == ()
    assert "AF" not in pairs(points, block_adjacency(points, LANE))
    wall = gpd.GeoDataFrame(geometry=[LineString([(-9, 15), (99, 15)])], crs="EPSG:27700")
    (join,) = block_adjacency(points, LANE, estates=estates, barriers=wall).joined
    assert (join.block_ref, join.other_ref, join.why) == ("A", "F", "estate")


@pytest.mark.parametrize(
    ("y", "lane", "apart"),
    [(45, 0, True), (-5, 60, True), (-5, 0, False)],
    ids=["its way to the street", "its street", "nothing of it"],
)
def test_what_belongs_to_others_parts_an_estate(y: float, lane: float, apart: bool) -> None:
    # D is of another estate, and its stretch of street lies between A and F. A lane may
    # lead on from it, between A and F.
    #
    #   A     |     F     y = 16
    #   +-----+-----+     y = 0
    #         D
    streets = [[(0.0, 0.0), (120.0, 0.0)]] + [[(60.0, 0.0), (60.0, lane)]] * (lane > 0)
    points = blocks(A=(20, 16), D=(60, y), F=(100, 16))
    estates = pd.Series(["Fir", "Elm", "Fir"], index=points.index)
    found = block_adjacency(points, network(*streets), estates=estates)
    assert pairs(points, found) == {"AD", "DF", "AF"}
    assert [join.why for join in found.joined] == ["estate"] * apart


def test_an_estate_in_pieces_is_joined_by_rule() -> None:
    points = blocks(A=(0, 5), B=(150, 5), C=(350, 5), F=(300, 5))
    estates = pd.Series(["Fir", None, "Elm", "Fir"], index=points.index)
    (join,) = block_adjacency(points, LANE, estates=estates).joined
    assert (join.block_ref, join.other_ref, join.why) == ("A", "F", "estate")
    assert join.metres == pytest.approx(300)
    assert str(join) == "A is joined to F within their estate, 300 m as the crow flies"


def test_a_piece_with_no_way_to_the_rest_is_attached_and_reported() -> None:
    two = network([(0, 0), (300, 0)], [(0, 200), (300, 200)])
    points = blocks(A=(50, 0), B=(250, 0), C=(250, 200), D=(150, 200), Z=(250, 9000))
    found = block_adjacency(points, two)
    assert pairs(points, found) == {"AB", "CD", "BC", "CZ"}
    assert [(j.why, round(j.metres)) for j in found.joined] == [("apart", 8800), ("apart", 200)]
    assert "Z is joined to C" in str(found.joined[0])


def test_without_streets_neighbours_are_delaunay() -> None:
    # C in the middle of a square is a neighbour of all; opposite corners are not neighbours.
    points = blocks(A=(0, 0), B=(100, 0), D=(100, 90), E=(0, 90), C=(50, 45), F=(50, 45))
    found = block_adjacency(points, StraightLines())
    assert {"AC", "BC", "DC", "EC", "CF", "AF"} <= pairs(points, found)
    assert not {"AD", "BE"} & pairs(points, found)


@pytest.mark.parametrize(
    "points",
    [
        blocks(A=(0, 0)),
        blocks(A=(0, 0), B=(0, 0)),
        blocks(A=(0, 0), B=(9, 9)),
        blocks(A=(0, 0), B=(10, 0), C=(30, 0), D=(20, 0)),
    ],
    ids=["one", "same place", "two", "in a line"],
)
def test_few_blocks_are_connected_too(points: gpd.GeoSeries) -> None:
    for on in (StraightLines(), LANE):
        graph = nx.Graph(block_adjacency(points, on).edges.tolist())
        graph.add_nodes_from(range(len(points)))
        assert nx.is_connected(graph)


def test_another_coordinate_system_or_index_is_refused() -> None:
    points = blocks(A=(0, 5), B=(150, 5))
    with pytest.raises(ValueError, match="points are in"):
        block_adjacency(points.set_crs(4326, allow_override=True), LANE)
    with pytest.raises(ValueError, match="different indexes"):
        block_adjacency(points, LANE, estates=pd.Series(["x"], index=["B"]))


def test_westminster_is_connected_with_whole_estates(westminster: Path) -> None:
    homes = pd.read_csv(westminster / "homes.csv", dtype=str)
    first = homes.groupby("block_ref")[["easting", "northing", "estate"]].first()
    points = gpd.GeoSeries.from_xy(
        first["easting"].astype(float), first["northing"].astype(float), crs="EPSG:27700"
    )
    points.index = first.index
    streets = StreetNetwork.from_file(westminster / "streets" / "walk_merged.gpkg")
    found = block_adjacency(points, streets, estates=first["estate"])
    graph = nx.Graph(found.edges.tolist())
    assert sorted(graph) == list(range(len(points)))
    assert nx.is_connected(graph)
    assert (found.edges[:, 0] < found.edges[:, 1]).all()
    assert len(np.unique(found.edges, axis=0)) == len(found.edges)
    for members in first["estate"].groupby(first["estate"]).indices.values():
        assert nx.is_connected(graph.subgraph(np.asarray(members).tolist()))
    assert all(join.why == "estate" for join in found.joined)


def test_the_example_runs() -> None:
    tried = doctest.testmod(adjacency)
    assert tried.attempted > 5
    assert not tried.failed


def test_neighbours_among_some_blocks_are_numbered_anew() -> None:
    found = Adjacency(np.array([[0, 1], [1, 3], [2, 3]]), ())
    among = found.among(np.array([False, True, True, True]))
    assert among.edges.tolist() == [[0, 2], [1, 2]]
