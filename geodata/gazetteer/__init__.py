"""UPRN and postcode to coordinates, from the Ordnance Survey's open files."""

from geodata.gazetteer.lookup import Gazetteer
from geodata.gazetteer.spelling import spell_postcode, uprn_number

__all__ = ["Gazetteer", "spell_postcode", "uprn_number"]
