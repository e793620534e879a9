"""Templates: readable as they are, and nobody's file is ever overwritten."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from geodata import (
    cross_check,
    read_officers,
    read_service_centres,
    read_stock,
    read_visits,
)
from geodata.samples import TEMPLATES, write_templates


def test_templates_are_written_and_named(tmp_path: Path) -> None:
    written = write_templates(tmp_path / "new" / "folder")
    assert [path.name for path in written] == list(TEMPLATES)
    assert all(path.is_file() for path in written)


def test_templates_have_no_problem_of_any_kind(tmp_path: Path) -> None:
    write_templates(tmp_path)
    stock = read_stock(tmp_path / "homes.csv")
    officers = read_officers(tmp_path / "officers.csv")
    visits = read_visits(tmp_path / "visits.csv")
    centres = read_service_centres(tmp_path / "service_centres.csv")
    assert stock.problems == ()
    assert [len(frame) for frame in (stock.homes, officers, visits, centres)] == [2, 2, 2, 2]
    _, problems = cross_check(
        stock=stock, officers=officers, visits=visits, service_centres=centres
    )
    assert problems == []


def test_settings_name_the_files_beside_them(tmp_path: Path) -> None:
    write_templates(tmp_path)
    settings = tomllib.loads((tmp_path / "doorstep.toml").read_text(encoding="utf-8"))
    assert {*settings["data"].values(), "doorstep.toml"} == set(TEMPLATES)


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_written_where_a_file_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(FileExistsError, match=name):
        write_templates(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"
