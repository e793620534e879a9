"""A Markdown table of benchmark lines: python tests/benchmarks/table.py LINES.jsonl [...]

Lines are those of districting.py and patches.py, ours and the peers'; `-` reads standard input.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

COLUMNS = "instance", "by", "status", "objective", "bound", "gap", "balance", "pieces", "s", "CPU s"


def main() -> None:
    texts = [sys.stdin.read() if name == "-" else Path(name).read_text() for name in sys.argv[1:]]
    lines = [json.loads(line) for text in texts for line in text.splitlines() if line.strip()]
    print(f"| {' | '.join(COLUMNS)} |")
    print("|" + " --- |" * len(COLUMNS))
    for line in lines:
        print(f"| {' | '.join(_row(line))} |")


def _row(line: dict[str, Any]) -> list[str]:
    seconds = line.get("seconds", line.get("stages", {}).get("solve"))
    status = line.get("status", line.get("left_out", ""))
    if broken := line.get("broken"):
        status += ": " + ", ".join(f"{rule} {times}" for rule, times in broken.items())
    return [  # as COLUMNS
        f"{Path(line['instance']).name} ({line['patches']})" if "patches" in line else "",
        line.get("peer", "doorstep"),
        status,
        _number(line.get("objective"), ",.1f"),
        _number(line.get("bound"), ",.1f"),
        _number(line.get("gap"), ".2%"),
        _number(line.get("balance"), ".2%"),
        _number(line.get("pieces"), "d"),
        _number(seconds, ".1f"),
        _number(line.get("cpu_s"), ".1f"),
    ]


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


if __name__ == "__main__":
    main()
