"""Tables of the lines of toptw.py: python tests/benchmarks/toptw_table.py LINES.jsonl [--cases]

By class of instances and number of officers, of each engine: the mean share below the best known
prize, and of ours the mean gap to our own bound, how many are proven and the seconds used.
`--cases` adds one row a case. Where a case is there twice, its last line counts.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]
Case = tuple[str, int]
OURS = "doorstep"


def table(path: Path, *, cases: bool = False) -> str:
    """Return the tables as Markdown."""
    found: dict[Case, dict[str, Line]] = {}
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if "prize" in line:
            who = line.get("peer", OURS)
            found.setdefault((line["instance"], line["officers"]), {})[who] = line
    names = sorted({who for by in found.values() for who in by} - {OURS})
    rows = list(_groups(found, [OURS, *names]))
    head = ["class", "officers", "cases", *(f"{who} below best" for who in [OURS, *names])]
    head += ["worst", "gap to bound", "proven", "seconds"]
    out = _markdown(head, rows)
    if cases:
        head = ["instance", "officers", "best known", *[OURS, *names], "bound", "gap", "seconds"]
        out += "\n\n" + _markdown(head, [_case(case, found[case], names) for case in sorted(found)])
    return out


def _groups(found: dict[Case, dict[str, Line]], names: list[str]) -> Iterator[list[str]]:
    kinds = sorted({_kind(case) for case in found})
    officers = sorted({case[1] for case in found})
    for kind in [*kinds, "all"]:
        for m in [*officers, 0]:
            if kind == "all" and m:
                continue
            chosen = [by for c, by in found.items() if kind in ("all", _kind(c)) and m in (0, c[1])]
            if chosen:
                yield [kind, str(m or "all"), str(len(chosen)), *_figures(chosen, names)]


def _kind(case: Case) -> str:
    return case[0].rstrip("0123456789")


def _figures(chosen: list[dict[str, Line]], names: list[str]) -> list[str]:
    below = [
        [by[who]["below_best"] for by in chosen if "below_best" in by.get(who, {})] for who in names
    ]
    ours = [by[OURS] for by in chosen if OURS in by]
    return [
        *(_share(_mean(values)) for values in below),
        _share(max(below[0], default=None)),
        _share(_mean([line["gap"] for line in ours])),
        str(sum(line["proven"] for line in ours)),
        f"{_mean([line['seconds'] for line in ours]) or 0:.1f}",
    ]


def _case(case: Case, by: dict[str, Line], names: list[str]) -> list[str]:
    ours = by.get(OURS, {})
    prizes = [f"{by[who]['prize']:g}" if who in by else "" for who in [OURS, *names]]
    best = next((line["best_known"] for line in by.values() if "best_known" in line), "")
    bound = f"{ours['bound']:g}" if ours else ""
    return [
        *(case[0], str(case[1]), f"{best:g}" if best else "", *prizes),
        *(bound, _share(ours.get("gap")), f"{ours.get('seconds', 0):.1f}"),
    ]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("lines", type=Path)
    parser.add_argument("--cases", action="store_true")
    given = parser.parse_args()
    print(table(given.lines, cases=given.cases))


if __name__ == "__main__":
    main()
