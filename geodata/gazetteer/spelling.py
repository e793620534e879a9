"""UPRNs and postcodes however they are written, to one form that can be compared."""

from __future__ import annotations

import re
from numbers import Integral, Real

__all__ = ["postcode_area", "spell_postcode", "uprn_number"]

_UPRN = re.compile(r"0*([0-9]{1,12})(?:\.0*)?", re.ASCII)
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


def uprn_number(value: object) -> int | None:
    """Return a UPRN as a number, None where it is none.

    Padding and leading zeros do not count. What a spreadsheet has rounded
    (1.00E+11) is no UPRN: its last digits are gone.
    """
    if isinstance(value, Integral):
        return int(value) if 0 < int(value) < 10**12 else None
    if isinstance(value, Real):
        number = float(value)
        return int(number) if number.is_integer() and 0 < number < 1e12 else None
    match = _UPRN.fullmatch(str(value).strip())
    return (int(match[1]) or None) if match else None


def spell_postcode(value: object) -> str | None:
    """Return a postcode as "W1H 2AB", None where it is not a whole one."""
    match = _POSTCODE.fullmatch(re.sub(r"\s+", "", str(value)).upper())
    return f"{match[1]} {match[2]}" if match else None


def postcode_area(postcode: str) -> str:
    """Return the letters before the first digit: "W" of "W1H 2AB"."""
    return re.split(r"[0-9]", postcode, maxsplit=1)[0]
