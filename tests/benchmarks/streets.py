"""Time a street file: graph, walking times, paths, neighbours; other tools beside it.

    python tests/benchmarks/streets.py FILE [--points HOMES.csv] [--crs EPSG:27700]
        [--peer networkx] [--peer pandana] [--peer osmnx]

Prints one JSON object a line: stage, seconds (`cpu_s`: of the processor, which other
work on the machine does not lengthen as much), peak memory in MiB of the process
that did it, and what it found. Each stage runs in a process of its own, with the
seconds that its imports took apart. The walking times are between the blocks of
HOMES.csv (columns block_ref, easting, northing), or between 1,101 places drawn
along the streets.

Peers are given the same points and say the largest difference from our walking
distances, in metres. NetworkX searches our graph, the places of the points as
nodes, from `--peer-sources` of them; its time for all is worked out from that.
Pandana snaps to nodes only, and OSMnx finds routes between nodes: they get our
nodes and edges, and are compared from node to node.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Told = dict[str, Any]


def peak_mib() -> int:
    # Linux gives kibibytes, macOS bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def timed(job: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return the result, the seconds it took, and those of the processor alone."""
    start, cpu = time.perf_counter(), time.process_time()
    result = job()
    seconds, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    return result, {"seconds": round(seconds, 3), "cpu_s": round(cpu_s, 3)}


def scaled(took: dict[str, float], times: float) -> dict[str, float]:
    return {name: round(seconds * times, 1) for name, seconds in took.items()}


def open_network(args: argparse.Namespace) -> Any:
    from geodata.streets import StreetNetwork

    return StreetNetwork.from_file(args.file, args.crs)


def block_points(args: argparse.Namespace, network: Any) -> Any:
    """Return the blocks of a homes file, or 1,101 places along the streets."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    if args.points is None:
        rng = np.random.default_rng(1)
        lines = network.lines.geometry.array
        chosen = lines[rng.choice(len(lines), 1101)]
        shapes = shapely.line_interpolate_point(chosen, rng.random(1101), normalized=True)
        return gpd.GeoSeries(shapes, index=[f"B{k:04d}" for k in range(1101)], crs=args.crs)
    homes = pd.read_csv(args.points, dtype=str)
    at = homes.groupby("block_ref")[["easting", "northing"]].first().astype(float)
    return gpd.GeoSeries.from_xy(at["easting"], at["northing"], index=at.index, crs=args.crs)


def places_of(args: argparse.Namespace) -> tuple[Any, np.ndarray]:
    network = open_network(args)
    return network, block_points(args, network).get_coordinates().to_numpy()


def graph(args: argparse.Namespace) -> Told:
    network, took = timed(lambda: open_network(args))
    report = network.report
    return {
        **took,
        "vertices": report.vertices,
        "nodes": len(network.graph.node_xy),
        "main_share": round(report.main_share, 4),
        "joined_ends": report.joined_ends,
    }


def walk_seconds(args: argparse.Namespace) -> Told:
    network, xy = places_of(args)
    found, took = timed(lambda: network.walk_seconds(xy, xy))
    return {
        **took,
        "shape": found.shape,
        "unreachable": int(np.isinf(found).sum()),
    }


def cache_first(args: argparse.Namespace) -> Told:
    from geodata.walking_cache import cached_walks

    network, xy = places_of(args)
    np.save(Path(args.cache) / "points.npy", xy)
    found, took = timed(
        lambda: cached_walks(
            args.file, xy, network=lambda: network, crs=args.crs, cache_dir=args.cache
        )
    )
    np.save(Path(args.cache) / "walks.npy", found)
    return {**took}


def cache_second(args: argparse.Namespace) -> Told:
    from geodata.walking_cache import cached_walks

    xy = np.load(Path(args.cache) / "points.npy")

    def network() -> Any:
        raise AssertionError("the cache did not have the walks")

    found, took = timed(
        lambda: cached_walks(args.file, xy, network=network, crs=args.crs, cache_dir=args.cache)
    )
    same = np.array_equal(found, np.load(Path(args.cache) / "walks.npy"))
    return {**took, "same": bool(same)}


def paths(args: argparse.Namespace) -> Told:
    network, xy = places_of(args)
    rng = np.random.default_rng(1)
    a, b = (xy[rng.integers(0, len(xy), 1500)] for _ in range(2))
    found, took = timed(lambda: network.paths(a, b))
    return {**took, "legs": len(found)}


def adjacency(args: argparse.Namespace) -> Told:
    from geodata.adjacency import block_adjacency

    network = open_network(args)
    points = block_points(args, network)
    found, took = timed(lambda: block_adjacency(points, network))
    return {**took, "edges": len(found.edges), "joined": len(found.joined)}


def polygons(args: argparse.Namespace) -> Told:
    import pandas as pd
    import shapely

    from geodata.tessellation import patch_polygons

    network = open_network(args)
    points = block_points(args, network)
    patch = pd.Series("P" + (points.x // 1200).astype(int).astype(str), index=points.index)
    found, took = timed(lambda: patch_polygons(points, patch, boundary=None, network=network))
    valid = bool(shapely.coverage_is_valid(found.geometry.array))
    return {**took, "patches": len(found), "coverage_valid": valid}


def networkx(args: argparse.Namespace) -> Told:
    import networkx as nx

    network, xy = places_of(args)
    ours, our = timed(lambda: network.walk_metres(xy, xy))
    count = min(args.peer_sources, len(xy))
    places = network.snap(xy)
    split = network.split(places)

    def build() -> Any:
        made = nx.Graph()
        lengths = (split.high - split.low).tolist()
        made.add_weighted_edges_from(
            (a, b, m) for (a, b), m in zip(split.pieces.tolist(), lengths, strict=True)
        )
        return made

    def search() -> np.ndarray:
        out = np.full((count, len(xy)), np.inf)
        for i in range(count):
            far = nx.single_source_dijkstra_path_length(made, int(split.place_node[i]))
            along = [far.get(node, np.inf) for node in split.place_node.tolist()]
            out[i] = np.array(along) + (places.leg_m + places.leg_m[i])
        out[np.arange(count), np.arange(count)] = 0.0
        return out

    made, building = timed(build)
    found, took = timed(search)
    return {
        "graph_s": building["seconds"],
        **scaled(took, len(xy) / count),
        "worked_out_from_sources": count,
        "ours_s": our["seconds"],
        "ours_cpu_s": our["cpu_s"],
        "largest_difference_m": difference(found, ours[:count]),
    }


def pandana(args: argparse.Namespace) -> Told:
    import pandana as pdna
    import pandas as pd

    network, xy = places_of(args)
    made, at = network.graph, network.graph.node_xy
    a, b = made.edge_nodes.T

    def build() -> Any:
        weights = pd.DataFrame({"metres": made.edge_m})
        return pdna.Network(at[:, 0], at[:, 1], pd.Series(a), pd.Series(b), weights)

    peer, building = timed(build)
    nodes = np.asarray(peer.get_node_ids(xy[:, 0], xy[:, 1]))
    start, end = np.repeat(nodes, len(nodes)), np.tile(nodes, len(nodes))
    found, took = timed(lambda: peer.shortest_path_lengths(start, end))
    ours, our = timed(lambda: network.walk_metres(at[nodes], at[nodes]))
    theirs = np.array(found).reshape(ours.shape)
    theirs[theirs > 1e6] = np.inf
    return {
        "graph_s": building["seconds"],
        **took,
        "ours_s": our["seconds"],
        "ours_cpu_s": our["cpu_s"],
        "largest_difference_m": difference(theirs, ours),
        "snapping_to_nodes_moves_points_m": round(
            float(np.hypot(*(at[nodes] - xy).T).mean() - network.snap(xy).leg_m.mean()), 1
        ),
    }


def osmnx(args: argparse.Namespace) -> Told:
    import networkx as nx
    import osmnx as ox

    network, xy = places_of(args)
    made, at = network.graph, network.graph.node_xy
    count = min(args.peer_sources, len(xy))

    def build() -> Any:
        peer = nx.MultiDiGraph(crs=args.crs)
        peer.add_nodes_from((k, {"x": x, "y": y}) for k, (x, y) in enumerate(at.tolist()))
        for (u, v), m in zip(made.edge_nodes.tolist(), made.edge_m.tolist(), strict=True):
            peer.add_edge(u, v, length=m)
            peer.add_edge(v, u, length=m)
        return peer

    peer, building = timed(build)
    nodes = np.asarray(ox.distance.nearest_nodes(peer, xy[:, 0], xy[:, 1])).astype(int)
    rng = np.random.default_rng(2)
    a, b = (nodes[rng.integers(0, len(nodes), count)] for _ in range(2))
    ways, took = timed(lambda: ox.shortest_path(peer, a.tolist(), b.tolist(), cpus=1))
    lengths = shortest_edges(peer)
    theirs = [nx.path_weight(lengths, way, "length") for way in ways]
    ours, our = timed(lambda: network.walk_metres(at[nodes], at[nodes]))
    place = {int(node): k for k, node in enumerate(nodes.tolist())}
    same = np.array([ours[place[int(u)], place[int(v)]] for u, v in zip(a, b, strict=True)])
    return {
        "graph_s": building["seconds"],
        **scaled(took, len(xy) ** 2 / count),
        "worked_out_from_ways": count,
        "ours_s": our["seconds"],
        "ours_cpu_s": our["cpu_s"],
        "largest_difference_m": difference(np.array(theirs), same),
    }


def shortest_edges(graph: Any) -> Any:
    """Return a graph with the shortest of the edges between two nodes."""
    import networkx as nx

    out = nx.Graph()
    for u, v, m in graph.edges(data="length"):
        if not out.has_edge(u, v) or out.edges[u, v]["length"] > m:
            out.add_edge(u, v, length=m)
    return out


def difference(theirs: np.ndarray, ours: np.ndarray) -> float | str:
    if not np.array_equal(np.isinf(theirs), np.isinf(ours)):
        return "not the same ways are there"
    known = np.isfinite(ours)
    return round(float(np.abs(theirs[known] - ours[known]).max(initial=0.0)), 6)


STAGES = (graph, walk_seconds, cache_first, cache_second, paths, adjacency, polygons)
PEERS = {job.__name__: job for job in (networkx, pandana, osmnx)}


def run(name: str, args: argparse.Namespace, answers: Any) -> None:
    """Do one stage in this process."""
    job = {job.__name__: job for job in (*STAGES, *PEERS.values())}[name]
    start = time.perf_counter()
    if name != "cache_second":
        import geodata.adjacency.adjacency
        import geodata.tessellation
    else:
        import geodata.walking_cache  # noqa: F401
    import_s = round(time.perf_counter() - start, 2)
    try:
        told = job(args)
    except ImportError as error:
        told = {"left_out": str(error)}
    answers.put({"stage": name, **told, "import_s": import_s, "peak_mib": peak_mib()})


def main() -> None:
    """Run the stages in the order of a first start, each in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--points", type=Path, help="homes.csv")
    parser.add_argument("--crs", default="EPSG:27700")
    parser.add_argument("--peer", action="append", choices=PEERS, default=[])
    parser.add_argument("--peer-sources", type=int, default=20)
    args = parser.parse_args()

    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as cache:
        args.cache = cache
        for name in (*(job.__name__ for job in STAGES), *args.peer):
            answers = fresh.SimpleQueue()
            process = fresh.Process(target=run, args=(name, args, answers))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(f"{name}: exit code {process.exitcode}")
            print(json.dumps(answers.get()), flush=True)


if __name__ == "__main__":
    main()
