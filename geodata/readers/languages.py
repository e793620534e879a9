"""Languages as words that match between files; English needs no one in particular."""

from __future__ import annotations

import re
from typing import Final

from geodata.tables.parsing import BadCell, parse_text, split_list

__all__ = ["parse_language", "parse_languages"]


_LONGEST: Final = 40
_MOST_WORDS: Final = 3
"""Such as "British Sign Language"; more words are a reason or a note."""
_NO_LANGUAGE = re.compile(r"[\d;,:|]")


def _one(text: str) -> str:
    """Return one spelling whatever the case: "french" and "FRENCH" as "French", BSL as it is."""
    text = parse_text(text)
    return text if text.isupper() and len(text) <= 4 else text.casefold().capitalize()


def parse_language(text: str) -> str | None:
    """Return the language of a request; None for English."""
    if len(text) > _LONGEST or len(text.split()) > _MOST_WORDS or _NO_LANGUAGE.search(text):
        raise BadCell("is not one language", "write its name alone, such as Bengali or BSL")
    language = _one(text)
    return None if language == "English" else language


def parse_languages(text: str) -> tuple[str, ...]:
    """Return the languages of an officer, each once; English is left out."""
    names = dict.fromkeys(_one(part) for part in split_list(text))
    return tuple(name for name in names if name != "English")
