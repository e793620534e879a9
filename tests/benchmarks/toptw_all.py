"""All instances of a folder with 1 to 4 officers, ours and the peers', into a file of lines.

    python tests/benchmarks/toptw_all.py FOLDER OUT.jsonl --seconds S [--workers N]
        [--peer pyvrp] [--peer vroom] [--officers 1 2 3 4] [--every N]

Lines are those of toptw.py. Cases in OUT already are left out, so that the same command goes
on where it was stopped; a case with all its peers is written at once. `--every 10` takes every
tenth case only. At the end each route is checked by check_toptw.py and the table printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from toptw import best_known, lines_of, options
from toptw_problem import warm_up
from toptw_table import table


def done(path: Path, peers: list[str]) -> set[tuple[str, int]]:
    """Return the cases that have our line and each peer's."""
    met: dict[tuple[str, int], set[str]] = {}
    if path.exists():
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            met.setdefault((line["instance"], line["officers"]), set()).add(line.get("peer", ""))
    return {case for case, who in met.items() if who >= {"", *peers}}


def main() -> None:
    """Solve what is not solved yet, check everything and print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--officers", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--every", type=int, default=1)
    given = options(parser)
    cases = [(path, m) for path in sorted(given.folder.glob("*.txt")) for m in given.officers]
    cases = cases[:: given.every]
    left = [c for c in cases if (c[0].stem, c[1]) not in done(given.out, given.peer)]
    if left:
        warm_up()
    best, begun = best_known(given.folder), time.monotonic()
    for k, (path, m) in enumerate(left, start=1):
        lines = list(lines_of(path, m, given, best.get((path.stem, m))))
        with given.out.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))
        told = ", ".join(f"{x.get('peer', 'ours')} {x.get('prize', '-')}" for x in lines)
        spent = time.monotonic() - begun
        print(f"{k}/{len(left)} {path.stem} {m}: {told}; {spent:.0f} s", file=sys.stderr)
    print(table(given.out))
    checker = Path(__file__).with_name("check_toptw.py")
    sys.exit(subprocess.run([sys.executable, checker, given.out, given.folder]).returncode)


if __name__ == "__main__":
    main()
