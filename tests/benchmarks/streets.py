"""Time a street file: graph, walking times, paths, neighbours; NetworkX beside it.

    python tests/benchmarks/streets.py FILE [--points HOMES.csv] [--crs EPSG:27700]

Prints one JSON object a line: stage, seconds, peak memory of the process so far
in MiB, and what it found. The walking times are between the blocks of
HOMES.csv (columns block_ref, easting, northing), or between 1,101 places drawn
along the streets. NetworkX searches the same graph from `--peer-sources` of
the points, and its time for all of them is worked out from that.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from geodata.adjacency import block_adjacency
from geodata.streets import StreetNetwork
from geodata.tessellation import patch_polygons
from geodata.walking_cache import cached_walk_seconds


def timed(stage: str, job: Callable[[], Any], tell: Callable[[Any], dict[str, Any]]) -> Any:
    """Run a job and print what it took and what `tell` says of its result."""
    start = time.perf_counter()
    result = job()
    seconds = time.perf_counter() - start
    # Linux gives kibibytes, macOS bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    line = {"stage": stage, "seconds": round(seconds, 3), "peak_mib": round(peak)}
    print(json.dumps(line | tell(result)), flush=True)
    return result


def block_points(path: Path | None, network: StreetNetwork) -> gpd.GeoSeries:
    """Return the blocks of a homes file, or 1,101 places along the streets."""
    if path is None:
        rng = np.random.default_rng(1)
        lines = network.lines.geometry.array
        chosen = lines[rng.choice(len(lines), 1101)]
        shapes = shapely.line_interpolate_point(chosen, rng.random(1101), normalized=True)
        return gpd.GeoSeries(shapes, index=[f"B{k:04d}" for k in range(1101)], crs=network.crs)
    homes = pd.read_csv(path, dtype=str)
    at = homes.groupby("block_ref")[["easting", "northing"]].first().astype(float)
    return gpd.GeoSeries.from_xy(at["easting"], at["northing"], index=at.index, crs=network.crs)


def networkx_metres(network: StreetNetwork, points: np.ndarray, sources: int) -> np.ndarray:
    """Return the walking distances from the first points to all, by NetworkX."""
    places = network.snap(points)
    split = network.split(places)
    graph = nx.Graph()
    graph.add_nodes_from(range(split.nodes))
    lengths = (split.high - split.low).tolist()
    graph.add_weighted_edges_from(
        (a, b, m) for (a, b), m in zip(split.pieces.tolist(), lengths, strict=True)
    )
    out = np.full((sources, len(points)), np.inf)
    for i in range(sources):
        far = nx.single_source_dijkstra_path_length(graph, int(split.place_node[i]))
        along = [far.get(node, np.inf) for node in split.place_node.tolist()]
        out[i] = np.array(along) + places.leg_m + places.leg_m[i]
        out[i, i] = 0.0
    return out


def main() -> None:
    """Run the stages in the order of a first start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--points", type=Path, help="homes.csv")
    parser.add_argument("--crs", default="EPSG:27700")
    parser.add_argument("--peer-sources", type=int, default=20)
    args = parser.parse_args()

    network = timed(
        "graph",
        lambda: StreetNetwork.from_file(args.file, args.crs),
        lambda n: {
            "vertices": n.report.vertices,
            "nodes": len(n.graph.node_xy),
            "main_share": round(n.report.main_share, 4),
            "joined_ends": n.report.joined_ends,
        },
    )
    points = block_points(args.points, network)
    xy = shapely.get_coordinates(points.array)
    metres = timed(
        "walk_metres",
        lambda: network.walk_metres(xy, xy),
        lambda m: {"shape": m.shape, "unreachable": int(np.isinf(m).sum())},
    )
    with tempfile.TemporaryDirectory() as cache:

        def cached() -> np.ndarray:
            return cached_walk_seconds(
                args.file, xy, network=lambda: network, crs=args.crs, cache_dir=cache
            )

        first = timed("cache, first start", cached, lambda s: {"shape": s.shape})
        timed(
            "cache, second start",
            cached,
            lambda s: {"same": bool(np.array_equal(s, first))},
        )
    count = min(args.peer_sources, len(xy))
    timed(
        "walk_metres networkx",
        lambda: (time.perf_counter(), networkx_metres(network, xy, count)),
        lambda r: {
            "sources": count,
            "seconds_all": round((time.perf_counter() - r[0]) * len(xy) / count, 1),
            "largest_difference_m": float(np.nanmax(np.abs(r[1] - metres[:count]))),
        },
    )
    rng = np.random.default_rng(1)
    a, b = (xy[rng.integers(0, len(xy), 1500)] for _ in range(2))
    timed("paths", lambda: network.paths(a, b), lambda lines: {"legs": len(lines)})
    timed(
        "adjacency",
        lambda: block_adjacency(points, network),
        lambda found: {"edges": len(found.edges), "joined": len(found.joined)},
    )
    patch = pd.Series("P" + pd.Series(xy[:, 0] // 1200).astype(int).astype(str).to_numpy())
    patch.index = points.index
    timed(
        "polygons",
        lambda: patch_polygons(points, patch, boundary=None, network=network),
        lambda found: {
            "patches": len(found),
            "coverage_valid": bool(shapely.coverage_is_valid(found.geometry.array)),
        },
    )


if __name__ == "__main__":
    main()
