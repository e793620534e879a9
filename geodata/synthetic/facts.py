"""Facts that the synthetic borough is built on, and the words its inventions are made of.

Names, positions and numbers of homes and blocks of Westminster's larger estates are
public facts, restated here from the page named beside each. Where no source gives a
figure it is an assumption and its source says so. Nothing else of the borough is real.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "BLOCK_KINDS",
    "BOUNDARY",
    "BRIDGES",
    "CANAL",
    "CENTRES",
    "ESTATES",
    "LANGUAGES",
    "PARKS",
    "STREET_KINDS",
    "VISIT_TYPES",
    "WORDS",
    "CentreFact",
    "EstateFact",
    "VisitTypeFact",
]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class EstateFact:
    """A real estate: where it is (WGS84) and how large."""

    name: str
    latitude: float
    longitude: float
    homes: int
    blocks: int
    source: str


ESTATES: Final = (
    EstateFact(
        "Churchill Gardens", 51.4870, -0.1407, 1600, 32, "Open House; openbuildings.com, 32 blocks"
    ),
    EstateFact(
        "Lillington & Longmoore Gardens", 51.4910, -0.1370, 850, 14, "DMA architects; WST057"
    ),
    EstateFact(
        "Ebury Bridge", 51.4889, -0.1496, 336, 9, "estatewatch.london, homes; blocks assumed"
    ),
    EstateFact(
        "Church Street", 51.5233, -0.1707, 358, 10, "estatewatch.london, homes; blocks assumed"
    ),
    EstateFact(
        "Lisson Green", 51.5260, -0.1677, 1000, 29, "estatewatch.london, homes; blocks assumed"
    ),
    EstateFact("Lilestone", 51.5247, -0.1744, 150, 4, "estatewatch.london, homes; blocks assumed"),
    EstateFact("Hall Place", 51.5234, -0.1755, 330, 7, "position only; homes, blocks assumed"),
    EstateFact(
        "Hallfield", 51.5157, -0.1854, 650, 15, "Wikipedia, Hallfield Estate; homes assumed"
    ),
    EstateFact("Mozart", 51.5285, -0.2065, 737, 29, "locallocalhistory.co.uk, as built by 1977"),
    EstateFact("Brunel", 51.5215, -0.1985, 418, 12, "London Gardens Trust WST009; blocks assumed"),
    EstateFact("Elgin", 51.5240, -0.1985, 298, 8, "locallocalhistory.co.uk; blocks assumed"),
    EstateFact("Millbank", 51.4915, -0.1290, 560, 17, "laymanslondon.com, blocks; homes assumed"),
)


@dataclass(frozen=True, slots=True)
class CentreFact:
    """A service centre that the council named; Pimlico and Bayswater are placed roughly."""

    ref: str
    name: str
    easting: int
    northing: int


CENTRES: Final = (
    CentreFact("bruckner", "Bruckner Street", 524486, 182723),
    CentreFact("soho", "Soho", 529400, 181100),
    CentreFact("pimlico", "Pimlico", 529500, 178420),
    CentreFact("bayswater", "Bayswater", 525950, 181000),
)

# Invented outline in EPSG:27700; its south-east side keeps clear of the Thames.
BOUNDARY: Final[tuple[Point, ...]] = (
    (523800, 182100),
    (524700, 181500),
    (525300, 180650),
    (526300, 180450),
    (527500, 180050),
    (527950, 179200),
    (528050, 178000),
    (528700, 177860),
    (529480, 177830),
    (530020, 178180),
    (530270, 178900),
    (530330, 180050),
    (530700, 180600),
    (530500, 181150),
    (529800, 181650),
    (528700, 182450),
    (528250, 183150),
    (526300, 183250),
    (524900, 183150),
    (523850, 182950),
)
PARKS: Final[tuple[tuple[Point, ...], ...]] = (
    ((526500, 180560), (527900, 180250), (528050, 180850), (526650, 181050)),
    ((528600, 179550), (529600, 179700), (529500, 180000), (528650, 180000)),
)
CANAL: Final[tuple[Point, ...]] = (
    (523600, 182260),
    (524600, 182130),
    (525200, 181965),
    (526000, 181880),
    (526430, 181930),
    (526560, 182430),
    (527400, 182760),
    (528500, 182900),
)
BRIDGES: Final[tuple[Point, ...]] = (
    (524300, 182170),
    (525120, 181990),
    (525800, 181900),
    (526470, 182100),
    (527000, 182600),
    (527800, 182810),
)


@dataclass(frozen=True, slots=True)
class VisitTypeFact:
    """How often a visit is asked for, how long it takes, when it falls due.

    `share` is in requests of 286; `due_days` are calendar days from the request,
    working days where `working` is set; `two_officers` is a share of the requests.
    """

    visit_type: str
    share: int
    minutes: int
    due_days: int
    two_officers: float = 0.0
    working: bool = False
    skill: str = ""
    flag: str = ""


VISIT_TYPES: Final = (
    VisitTypeFact("resident_request", 60, 20, 21, 0.02),
    VisitTypeFact("rent_arrears", 50, 25, 14, 0.06, flag="arrears"),
    VisitTypeFact("tenancy_audit", 36, 30, 60),
    VisitTypeFact("welfare_visit", 35, 40, 28, 0.03, flag="vulnerable"),
    VisitTypeFact("asb_follow_up", 30, 30, 10, flag="asb"),
    VisitTypeFact("damp_mould", 25, 50, 10, working=True, skill="damp", flag="damp"),
    VisitTypeFact("introductory_review", 20, 30, 30, 0.05, flag="introductory"),
    VisitTypeFact("settling_in", 8, 45, 42, flag="introductory"),
    VisitTypeFact("asb_new", 8, 45, 3, 0.6),
    VisitTypeFact("abandonment_check", 6, 15, 10, 0.5),
    VisitTypeFact("pcfra", 5, 60, 40, 0.2, skill="pcfra"),
    VisitTypeFact("mutual_exchange", 3, 60, 30),
)

LANGUAGES: Final = (
    "Arabic",
    "Bengali",
    "Portuguese",
    "French",
    "Farsi",
    "Spanish",
    "Somali",
    "Albanian",
)

WORDS: Final = tuple(
    """
    Agrimony Bellwort Betony Bistort Bryony Burdock Campion Caraway Catmint Celandine
    Chervil Chicory Cicely Clary Comfrey Cowslip Cudweed Dittany Dogwood Elecampane
    Eyebright Fennel Fescue Feverfew Fleabane Foxtail Fritillary Fumitory Galingale Gentian
    Germander Goldilocks Groundsel Harebell Hawkbit Henbit Hornwort Hyssop Kingcup Knapweed
    Ladysmock Larkspur Loosestrife Lovage Lungwort Madder Mallow Marjoram Meadowsweet Medick
    Melilot Milkwort Moschatel Mullein Orpine Oxlip Pennywort Pimpernel Purslane Quillwort
    Ragwort Rampion Sainfoin Samphire Sanicle Saxifrage Scabious Selfheal Skullcap Soapwort
    Speedwell Spurrey Squill Stitchwort Sundew Tansy Teasel Toadflax Tormentil Trefoil
    Valerian Vervain Vetchling Woodruff Woundwort Yarrow
    """.split()  # noqa: SIM905 - eighty words read better than eighty strings
)
BLOCK_KINDS: Final = ("House", "Court", "Point", "Lodge", "Mansions", "Close")
STREET_KINDS: Final = ("Street", "Road", "Terrace", "Place", "Row", "Grove", "Walk", "Lane")
