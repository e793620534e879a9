"""Whatever stands in the cells, a file is read or refused with its problems, never a traceback."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata import (
    DataError,
    Problem,
    read_absences,
    read_fixed,
    read_officers,
    read_outcomes,
    read_service_centres,
    read_stock,
    read_visits,
)
from geodata.schema import (
    ABSENCES,
    FIXED,
    HOMES,
    OFFICERS,
    OUTCOMES,
    SERVICE_CENTRES,
    VISITS,
    TableSchema,
)

READERS: list[tuple[TableSchema, Callable[..., Any]]] = [
    (HOMES, read_stock),
    (OFFICERS, read_officers),
    (VISITS, read_visits),
    (SERVICE_CENTRES, read_service_centres),
    (FIXED, read_fixed),
    (ABSENCES, read_absences),
    (OUTCOMES, read_outcomes),
]
ODD = (
    *("", "0", "-1", "1e400", "99999", "0.999999", "Mon-", "-", "Secure tenancy", "9am-", "G"),
    *("2026-02-30T25:61", "31/12/9999", "12:00-", "=1+1", "#REF!", '="007"', "1,000", "\u0663"),
    *("2026-11-25T15:40:00+99:99", "529500", "178500", "nan", "inf", "Y", "\u00b2", "5.5e3%"),
)
CELLS = st.one_of(st.sampled_from(ODD), st.text(max_size=12))


@pytest.mark.parametrize(("schema", "read"), READERS, ids=lambda x: getattr(x, "name", None))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_cell_makes_a_traceback(
    tmp_path: Path, schema: TableSchema, read: Callable[..., Any], data: st.DataObject
) -> None:
    names = list(schema.columns)
    rows = data.draw(st.lists(st.lists(CELLS, min_size=0, max_size=len(names) + 2), max_size=4))
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    path = tmp_path / "file.csv"
    path.write_bytes(text.getvalue().encode("utf-8", errors="replace"))
    found: list[Problem] = []
    try:
        read(path, problems=found)
    except DataError as error:
        found.extend(error.problems)
    assert all(p.reason and p.remedy and str(p) for p in found)
    assert all(p.row is None or 1 <= p.row <= text.getvalue().count("\n") + 1 for p in found)
