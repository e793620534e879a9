"""The landlord's files on people and visits to tidy frames; homes are in `geodata.stock`."""

from geodata.readers.diary import read_absences, read_fixed
from geodata.readers.officers import read_officers
from geodata.readers.outcomes import read_outcomes
from geodata.readers.service_centres import read_service_centres
from geodata.readers.visits import read_visits

__all__ = [
    "read_absences",
    "read_fixed",
    "read_officers",
    "read_outcomes",
    "read_service_centres",
    "read_visits",
]
