"""Team orienteering with time windows: the core of the week's search on public instances.

    python tests/benchmarks/toptw.py FILE --officers M --seconds S [--seed N] [--workers N]
        [--peer pyvrp] [--peer vroom]

prints one JSON object: instance, officers, prize, bound, gap, proven, seconds, routes (node numbers
of the file); and one more for each peer, which has the same seconds and cores: see
toptw_peers.py. A node is a visit, an officer a shift of one day, the prize its value.
Distances are rounded down to one decimal, to two for pr*, as published results are. Where
best_known.csv (instance,m,bks) is beside the file, best_known and below_best (a share of it)
are told too. Compiling and the start of processes do not count as seconds.
toptw_all.py solves all instances, toptw_table.py makes the table and check_toptw.py checks.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path

from toptw_peers import PEERS, Instance, run_peer
from toptw_problem import answer, read_instance, warm_up


def solve(path: Path, officers: int, given: argparse.Namespace) -> dict[str, object]:
    """Return our line for one instance."""
    nodes, factor = read_instance(path)
    begun, cpu = time.monotonic(), time.process_time()
    best = answer(
        nodes, factor, officers, seconds=given.seconds, seed=given.seed, workers=given.workers
    )
    prize, bound = best.prize, best.bound
    return {
        "instance": path.stem,
        "officers": officers,
        "prize": prize,
        "bound": bound,
        "gap": round((bound - prize) / bound, 6) if bound else 0.0,
        "proven": prize >= bound,
        "seconds": round(time.monotonic() - begun, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "routes": best.routes,
    }


def lines_of(
    path: Path, officers: int, given: argparse.Namespace, best: float | None
) -> Iterator[dict[str, object]]:
    """Yield our line and those of the peers, one after the other."""
    yield _beside(solve(path, officers, given), best)
    instance = Instance(*read_instance(path), officers)
    for peer in given.peer:
        told = run_peer(
            peer, instance, seconds=given.seconds, seed=given.seed, workers=given.workers
        )
        yield _beside({"instance": path.stem, "officers": officers, **told}, best)


def _beside(line: dict[str, object], best: float | None) -> dict[str, object]:
    if best is None or "prize" not in line:
        return line
    prize = float(str(line["prize"]))
    return {"best_known": best, "below_best": round(1 - prize / best, 6), **line}


def best_known(folder: Path) -> dict[tuple[str, int], float]:
    """Return the best prizes known of instances and officers, if the folder has them."""
    path = folder / "best_known.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        return {(r["instance"], int(r["m"])): float(r["bks"]) for r in csv.DictReader(file)}


def options(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Add what a run of one instance and of all have in common, and parse."""
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="cores of each engine")
    parser.add_argument("--peer", action="append", choices=sorted(PEERS), default=[])
    return parser.parse_args()


def main() -> None:
    """Parse, solve and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--officers", type=int, required=True)
    given = options(parser)
    warm_up()
    best = best_known(given.file.parent).get((given.file.stem, given.officers))
    for line in lines_of(given.file, given.officers, given, best):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
