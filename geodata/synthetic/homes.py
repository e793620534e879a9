"""Invented homes in blocks, and the landlord's patches of today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.synthetic.facts import BLOCK_KINDS, CENTRES, ESTATES, WORDS
from geodata.synthetic.streets import Network, Site, street_points

__all__ = ["blocks_of", "current_patches", "homes_of", "share_out", "site_plan"]

TENANTED: Final = 0.575
# Shares of tenanted homes with a flag, as in a borough of 12,000 tenancies.
FLAGS: Final = {
    "introductory": 0.038,
    "arrears": 0.215,
    "asb": 0.019,
    "vulnerable": 0.148,
    "damp": 0.03,
}
GROUPS: Final = 8
STREET_BLOCKS: Final = 85
LARGE_ESTATE_HOMES: Final = 600
YES_NO: Final = np.array(["N", "Y"])


def share_out(total: int, weights: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Split `total` in proportion to `weights` into whole numbers that add up to it."""
    share = np.asarray(weights, dtype=float)
    exact = total * share / share.sum()
    whole: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    short = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:short]] += 1
    return whole


def site_plan(
    rng: np.random.Generator, scale: float
) -> list[tuple[str, tuple[float, float], int, int]]:
    """Return (name, centre, blocks, homes) of the estates and of a few invented groups."""
    from pyproj import Transformer

    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    plan = []
    for fact in ESTATES:
        x, y = to_grid.transform(fact.longitude, fact.latitude)
        blocks = max(1, round(fact.blocks * scale))
        plan.append((fact.name, (float(x), float(y)), blocks, max(8, round(fact.homes * scale))))
    # Groups stand where the estates leave room: around Soho, Bayswater and Victoria.
    hearts = [(c.easting, c.northing) for c in CENTRES[1:]] + [(529350, 180700), (529100, 179000)]
    words = rng.permutation(np.array(WORDS))
    for k in range(max(2, round(GROUPS * scale))):
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(150, 520)
        x, y = hearts[k % len(hearts)]
        centre = (x + far * float(np.cos(angle)), y + far * float(np.sin(angle)))
        blocks = int(rng.integers(2, 6))
        again = f" {k // len(words) + 1}" if k >= len(words) else ""
        plan.append(
            (
                f"{words[k % len(words)]} Group{again}",
                centre,
                blocks,
                blocks * int(rng.integers(9, 19)),
            )
        )
    return plan


def blocks_of(
    rng: np.random.Generator,
    sites: Sequence[Site],
    homes: Sequence[int],
    network: Network,
    scale: float,
) -> pd.DataFrame:
    """Return one row a block: names, estate, homes, floors, lift, entry, position."""
    rows: list[tuple[str, str, int, float, float]] = []
    pool = [f"{word} {kind}" for word in WORDS for kind in BLOCK_KINDS]
    names = [pool[k] for k in rng.permutation(len(pool))]
    for site, count in zip(sites, homes, strict=True):
        sizes = share_out(count, rng.uniform(0.6, 1.4, len(site.doors)))
        aside = rng.uniform(0, 2 * np.pi, len(sizes))
        points = site.doors + 11 * np.column_stack([np.cos(aside), np.sin(aside)])
        for size, (x, y) in zip(sizes.tolist(), points, strict=True):
            rows.append((names[len(rows) % len(names)], site.name, size, x, y))
    centres = np.array([(c.easting, c.northing) for c in CENTRES], dtype=float)
    anchors = np.vstack([centres, centres[1:], [(529100, 179000)], [s.centre for s in sites]])
    count = min(max(8, round(STREET_BLOCKS * scale)), len(network.edges) // 2)
    for street, x, y in street_points(rng, network, anchors, count):
        number = int(rng.integers(1, 120))
        rows.append((f"{number} {street}", "", int(rng.integers(2, 8)), x, y))
    blocks = pd.DataFrame(rows, columns=["block_name", "estate", "homes", "easting", "northing"])
    return _with_floors(rng, blocks)


def _with_floors(rng: np.random.Generator, blocks: pd.DataFrame) -> pd.DataFrame:
    size, on_estate = blocks["homes"].to_numpy(), blocks["estate"].to_numpy() != ""
    tall = np.clip(np.round(size / rng.uniform(4, 9, len(blocks))), 2, 14)
    floors = np.where(on_estate, tall, np.minimum(size, 4)).astype(int)
    lift = on_estate & ((floors > 4) | (rng.random(len(blocks)) < 0.2))
    entry = rng.random(len(blocks)) < np.where(on_estate, 0.85, 0.45)
    refs = [f"B{k:04d}" for k in range(1, len(blocks) + 1)]
    coordinates = blocks[["easting", "northing"]].round().astype(int)
    return blocks.assign(
        block_ref=refs,
        block_floors=floors,
        lift=YES_NO[lift.astype(int)],
        door_entry=YES_NO[entry.astype(int)],
        # An invented area code: no real postcode begins with ZZ.
        postcode=[
            f"ZZ{1 + k // 100 % 9} {k // 10 % 10}{'ABDEFGHJLN'[k % 10]}X"
            for k in range(len(blocks))
        ],
        **{c: coordinates[c] for c in ("easting", "northing")},
    )


def current_patches(blocks: pd.DataFrame, rng: np.random.Generator, count: int) -> list[str]:
    """Return each block's patch of today: by nearness, estates mostly whole, unbalanced."""
    points = blocks[["easting", "northing"]].to_numpy(float)
    estate, homes = blocks["estate"].to_numpy(), blocks["homes"].to_numpy(float)
    for name in np.unique(estate[estate != ""]):
        mine = estate == name
        if homes[mine].sum() <= LARGE_ESTATE_HOMES:
            points[mine] = np.average(points[mine], axis=0, weights=homes[mine])
    away = _stretched_distances(points, homes, count)
    order = np.argsort(away, axis=1, kind="stable")
    # Codes drift: one block in 25 still has the neighbouring patch's code.
    strays = (rng.random(len(blocks)) < 0.04) & (count > 1)
    chosen = order[np.arange(len(blocks)), strays.astype(int)]
    return [f"P{k + 1:02d}" for k in chosen]


def _stretched_distances(
    points: npt.NDArray[np.float64], homes: npt.NDArray[np.float64], count: int
) -> npt.NDArray[np.float64]:
    """Return (blocks, patches) distances at the evenest of k-means steps that stretch crowded ones.

    Patches come out compact and some 30 % off balance, as patches grow over the years.
    """
    crowd = np.array([homes[np.hypot(*(points - p).T) < 250].sum() for p in points])
    seeds = [int(np.argmax(crowd))]
    while len(seeds) < count:
        gap = np.min([np.hypot(*(points - points[s]).T) for s in seeds], axis=0)
        seeds.append(int(np.argmax(gap * crowd**0.6)))
    middles, stretch = points[seeds].copy(), np.ones(count)
    evenest, kept = np.inf, (np.zeros((len(points), count)), middles.copy())
    for _ in range(40):
        away = np.hypot(*(points[:, None] - middles[None]).transpose(2, 0, 1)) * stretch
        nearest = np.argmin(away, axis=1)
        load = np.bincount(nearest, weights=homes, minlength=count)
        if load.std() < evenest:
            evenest, kept = load.std(), (away, middles.copy())
        stretch *= np.clip(load / load.mean(), 0.5, 2) ** 0.3
        for k in np.flatnonzero(load):
            mine = nearest == k
            middles[k] = np.average(points[mine], axis=0, weights=homes[mine])
    away, middles = kept
    nearness: npt.NDArray[np.float64] = away[:, np.lexsort((middles[:, 1], middles[:, 0]))]
    return nearness


def homes_of(rng: np.random.Generator, blocks: pd.DataFrame) -> pd.DataFrame:
    """Return one row a home, in the columns of homes.csv."""
    size = blocks["homes"].to_numpy()
    frame = blocks.loc[np.repeat(blocks.index, size)].reset_index(drop=True)
    door = np.concatenate([np.arange(n) for n in size])
    a_floor = -(-frame["homes"].to_numpy(int) // frame["block_floors"].to_numpy(int))
    leaning = np.clip(rng.normal(TENANTED, 0.12, len(blocks)), 0.2, 0.95)
    tenanted = rng.random(len(frame)) < np.repeat(leaning, size)
    flags = {
        flag: YES_NO[(tenanted & (rng.random(len(frame)) < share)).astype(int)]
        for flag, share in FLAGS.items()
    }
    columns = {
        "property_ref": [f"{100000 + k:08d}" for k in range(len(frame))],
        "uprn": [f"999{k:09d}" for k in range(1, len(frame) + 1)],
        "address": [
            f"Flat {d + 1}, {name}" for d, name in zip(door, frame["block_name"], strict=True)
        ],
        "postcode": frame["postcode"],
        "block_ref": frame["block_ref"],
        "block_name": frame["block_name"],
        "estate": frame["estate"],
        "tenure": np.where(tenanted, "Secure tenancy", "Leaseholder"),
        "floor": np.minimum(door // a_floor, frame["block_floors"].to_numpy() - 1),
    }
    rest = ["block_floors", "lift", "door_entry", "easting", "northing", "patch"]
    return pd.DataFrame({**columns, **{c: frame[c] for c in rest}, **flags})
