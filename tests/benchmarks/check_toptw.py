"""Check lines of toptw.py against the instances; shares no code with doorstep.

    python tests/benchmarks/check_toptw.py LINES.jsonl FOLDER [--best best_known.csv]

A line is right if each of its routes starts at the depot when it opens, keeps every closing time
(the latest start of service; who comes early waits) and is back by the depot's, no node is
visited twice or is the depot, there are no more routes than officers, the prize is the sum of the
nodes' prizes and the bound, where there is one, is no less than it, nor than the best known.
Arithmetic is in decimals: distances are rounded down to one place, to two for pr*.
Prints what is wrong and a last line of JSON; exit code 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

Node = tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]


def read_nodes(path: Path) -> list[Node]:
    """Return x, y, service, prize, opening and closing of each node."""
    nodes = []
    for line in path.read_text().splitlines()[2:]:
        if words := line.split():
            x, y, service, prize = map(Decimal, words[1:5])
            nodes.append((x, y, service, prize, Decimal(words[-2]), Decimal(words[-1])))
    return nodes


def distance(a: Node, b: Node, places: int) -> Decimal:
    """Return the Euclidean distance rounded down: the root of a square in whole units, exactly."""
    square = (Fraction(a[0]) - Fraction(b[0])) ** 2 + (Fraction(a[1]) - Fraction(b[1])) ** 2
    return Decimal(math.isqrt(math.floor(square * 100**places))).scaleb(-places)


def faults_of_route(route: list[int], nodes: list[Node], places: int) -> list[str]:
    """Return what is wrong with one route."""
    if strange := [k for k in route if not 0 < k < len(nodes)]:
        return [f"nodes {strange} do not exist or are the depot"]
    found = []
    clock, at = nodes[0][4], 0
    for k in [*route, 0]:
        clock += (nodes[at][2] if at else 0) + distance(nodes[at], nodes[k], places)
        if k:
            clock = max(clock, nodes[k][4])
        if clock > nodes[k][5]:
            found.append(f"at {clock} at node {k}, which closes at {nodes[k][5]}")
        at = k
    return found


def faults_of_line(line: dict[str, object], nodes: list[Node], best: float | None) -> list[str]:
    """Return what is wrong with one line."""
    routes: list[list[int]] = line["routes"]  # type: ignore[assignment]
    places = 2 if str(line["instance"]).startswith("pr") else 1
    found = [fault for route in routes for fault in faults_of_route(route, nodes, places)]
    if len(routes) > int(str(line["officers"])):
        found.append(f"{len(routes)} routes")
    met = [k for route in routes for k in route]
    if twice := sorted({k for k in met if met.count(k) > 1}):
        found.append(f"nodes {twice} are visited twice")
    prize = sum((nodes[k][3] for k in met if 0 < k < len(nodes)), Decimal(0))
    if prize != Decimal(str(line["prize"])):
        found.append(f"prize {line['prize']}, not the sum {prize}")
    bound = line.get("bound")
    for name, value in (("prize", float(prize)), ("best known", best)):
        if bound is not None and value is not None and float(str(bound)) < value - 1e-9:
            found.append(f"bound {bound} is below the {name} {value}")
    if line.get("proven") and (bound is None or float(str(bound)) > float(prize) + 1e-9):
        found.append(f"called proven with a bound of {bound} and a prize of {prize}")
    return found


def main() -> None:
    """Check every line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("lines", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--best", type=Path, help="instance,m,bks; default best_known.csv")
    given = parser.parse_args()
    best_file = given.best or given.folder / "best_known.csv"
    best: dict[tuple[str, int], float] = {}
    if best_file.exists():
        with best_file.open() as file:
            best = {(r["instance"], int(r["m"])): float(r["bks"]) for r in csv.DictReader(file)}
    checked = wrong = above = 0
    with localcontext(prec=50):
        for text in given.lines.read_text().splitlines():
            line = json.loads(text)
            if "routes" not in line:
                continue
            case = line["instance"], line["officers"]
            known = best.get(case)
            faults = faults_of_line(line, read_nodes(given.folder / f"{case[0]}.txt"), known)
            checked, wrong = checked + 1, wrong + bool(faults)
            above += known is not None and line["prize"] > known
            for fault in faults:
                print(*case, line.get("peer", "doorstep"), fault, sep=": ")
    print(json.dumps({"checked": checked, "wrong": wrong, "above_best_known": above}))
    sys.exit(1 if wrong or not checked else 0)


if __name__ == "__main__":
    main()
