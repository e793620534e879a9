"""Time the gazetteer: homes' UPRNs out of OS Open UPRN, which has some 40 million.

    python tests/benchmarks/gazetteer.py [--rows 40000000] [--homes 21500] [--form csv]
        [--folder DIR] [--peer pyarrow --peer duckdb]

Writes a file laid out as OS Open UPRN with so many rows (40 million are 2.2 GB)
into a temporary folder in DIR, looks up the homes, and removes it. Prints one JSON
object a line: who, seconds, CPU seconds, peak memory of the process so far in MiB, how
many were found. One UPRN wanted is not in the file, so that all of it has to be read. `--form`
zip or gpkg writes these instead. Peers read the csv in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np

HIGHEST = 200_010_000_000
HEADER = "UPRN,X_COORDINATE,Y_COORDINATE,LATITUDE,LONGITUDE"
PEERS = {
    "pyarrow": """
import pyarrow as pa, pyarrow.csv as pc, pyarrow.compute as c
kinds = {"UPRN": pa.int64(), "X_COORDINATE": pa.float64(), "Y_COORDINATE": pa.float64()}
batches = pc.open_csv(
    path,
    read_options=pc.ReadOptions(block_size=2**23),
    convert_options=pc.ConvertOptions(include_columns=list(kinds), column_types=kinds),
)
wanted = pa.array(wanted)
found = sum(b.filter(c.is_in(b.column(0), value_set=wanted)).num_rows for b in batches)
""",
    "duckdb": """
import duckdb, pandas as pd
base = duckdb.connect()
base.execute("SET enable_progress_bar = false")
base.register("wanted", pd.DataFrame({"uprn": wanted}))
names = "'UPRN': 'BIGINT', 'X': 'DOUBLE', 'Y': 'DOUBLE', 'LAT': 'DOUBLE', 'LON': 'DOUBLE'"
rows = f"read_csv('{path}', header=true, delim=',', columns={{{names}}})"
query = f"SELECT r.UPRN, X, Y FROM {rows} r JOIN wanted w ON r.UPRN = w.uprn"
found = len(base.execute(query).fetchall())
""",
}


def numbers(rows: int, at: np.ndarray) -> np.ndarray:
    """Return the UPRNs in these rows of the file."""
    return at * (HIGHEST // rows) + 1


def write_csv(path: Path, rows: int) -> None:
    """Write `rows` lines; the places repeat, the UPRNs do not."""
    rng = np.random.default_rng(1)
    block = min(rows, 200_000)
    places = zip(
        rng.uniform(100_000, 650_000, block),
        rng.uniform(10_000, 900_000, block),
        rng.uniform(50, 60, block),
        rng.uniform(-6, 1.7, block),
        strict=True,
    )
    ends = [f",{x:.2f},{y:.2f},{lat:.7f},{lon:.7f}\r\n".encode() for x, y, lat, lon in places]
    with path.open("wb") as out:
        out.write(b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n")
        for first in range(0, rows, block):
            uprns = numbers(rows, np.arange(first, min(first + block, rows))).tolist()
            out.write(b"".join([b"%d%b" % pair for pair in zip(uprns, ends, strict=False)]))


def write_geopackage(path: Path, rows: int) -> None:
    """Write the layer's table and what names it, as far as it is read."""
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT)")
        base.execute("INSERT INTO gpkg_geometry_columns VALUES ('osopenuprn_address', 'geometry')")
        columns = "fid INTEGER PRIMARY KEY, geometry BLOB, UPRN INTEGER, X_COORDINATE REAL"
        base.execute(f"CREATE TABLE osopenuprn_address ({columns}, Y_COORDINATE REAL)")
        shape = b"GP" + bytes(27)
        base.executemany(
            "INSERT INTO osopenuprn_address VALUES (NULL, ?, ?, 530000.0, 180000.0)",
            ((shape, u) for u in numbers(rows, np.arange(rows)).tolist()),
        )
        base.commit()


def ours(path: Path, wanted: np.ndarray) -> dict[str, object]:
    """Return the seconds and how many were found."""
    from geodata import Gazetteer

    start, cpu = time.perf_counter(), time.process_time()
    places = Gazetteer.from_files(uprn=path).locate_uprns(wanted)
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "found": int(np.isfinite(places[:, 0]).sum()),
    }


def peer(name: str, path: Path, wanted: np.ndarray) -> dict[str, object]:
    """Run a peer on the csv in a process of its own."""
    np.save(path.with_suffix(".npy"), wanted)
    code = f"""
import json, resource, time, numpy as np
path, wanted = {str(path)!r}, np.load({str(path.with_suffix(".npy"))!r})
start, cpu = time.perf_counter(), time.process_time()
{PEERS[name]}
seconds = round(time.perf_counter() - start, 2)
cpu = round(time.process_time() - cpu, 2)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({{"seconds": seconds, "cpu_seconds": cpu, "peak_mib": peak, "found": found}}))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if run.returncode:
        return {"who": name, "error": run.stderr.strip().splitlines()[-1]}
    return {"who": name} | json.loads(run.stdout.splitlines()[-1])


def main() -> None:
    """Write the file, look the homes up, remove it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=40_000_000)
    parser.add_argument("--homes", type=int, default=21_500)
    parser.add_argument("--form", choices=("csv", "zip", "gpkg"), default="csv")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--peer", action="append", choices=sorted(PEERS), default=[])
    args = parser.parse_args()
    rng = np.random.default_rng(5)
    at = rng.choice(args.rows, min(args.homes, args.rows) - 1, replace=False)
    wanted = np.append(numbers(args.rows, at), HIGHEST * 2)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        path = Path(folder) / "osopenuprn.csv"
        if args.form == "gpkg":
            path = path.with_suffix(".gpkg")
            write_geopackage(path, args.rows)
        else:
            write_csv(path, args.rows)
        if args.form == "zip":
            with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED, True, 1) as z:
                z.write(path, path.name)
            path.unlink()
            path = path.with_suffix(".zip")
        took = ours(path, wanted)
        # Linux gives kibibytes, macOS bytes.
        unit = 2**20 if sys.platform == "darwin" else 2**10
        line = {
            "who": "geodata",
            **took,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit,
            "rows": args.rows,
            "homes": len(wanted),
            "form": args.form,
            "mib": path.stat().st_size // 2**20,
        }
        print(json.dumps(line), flush=True)
        for name in args.peer if args.form == "csv" else []:
            print(json.dumps(peer(name, path, wanted)), flush=True)


if __name__ == "__main__":
    main()
