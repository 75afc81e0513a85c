"""Records of the places that the catalogue knows by a code, and how they are read from its tables.

Each carries its source and confidence; a coordinate that nobody surveyed says so and must be shown so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cbrn_schemas.catalogue.tables import Row, flag, listed
from cbrn_schemas.catalogue.words import Names

if TYPE_CHECKING:
    from cbrn_schemas.events.base import Language


class Level(StrEnum):
    """Rank of an administrative unit."""

    REGION = "region"
    DISTRICT = "district"
    CITY = "city"
    CITY_DISTRICT = "city-district"


@dataclass(frozen=True, slots=True)
class District:
    """A region, district or city, or a city's district."""

    code: str | None
    """SOATE code as text: 5 digits for a region, Bishkek and Osh, else 8. None for Kant and Kara-Balta, which became
    cities of oblast significance in 2024-25 and whose new codes no source gives."""
    also_written: tuple[str, ...]
    """Other codes under which tables in circulation have it, in full: Naryn city has two of 14 digits."""
    slug: str
    level: Level
    region: str
    """ISO 3166-2 of the region it lies in, `KG-J`."""
    parent: str | None
    """SOATE code of the unit around it, where that is not the region."""
    names: Names
    former_names: Names | None
    renamed: date | None
    """First day of the present name. 1 January where the source gives the year only."""
    aliases: tuple[str, ...]
    neighbours: frozenset[str]
    """Countries that it borders, alpha-2. Empty for the cities: theirs follow from their position."""
    lat: float | None
    lon: float | None
    radius_km: float | None
    """Radius of the circle that stands for a city without a polygon."""
    note: str
    source: str
    confidence: str

    def name(self, lang: Language, on: date | None = None) -> str:
        """Return its name in `lang`; the former one where `on` lies before the renaming."""
        if on is not None and self.renamed is not None and self.former_names is not None and on < self.renamed:
            return self.former_names.get(lang)
        return self.names.get(lang)


@dataclass(frozen=True, slots=True)
class River:
    """A river basin and the country that its water reaches."""

    slug: str
    names: Names
    flows_into: str | None
    """Slug of the river of this catalogue that takes it up."""
    downstream: frozenset[str]
    """Countries that it reaches, alpha-2; empty for a closed basin."""
    districts: frozenset[str]
    """Codes (or slugs, of cities without a code) whose people live in this basin."""
    partly: frozenset[str]
    """Codes of which only an outlying part drains here: counts for a point in that part, not for the bare code."""
    courses: tuple[tuple[tuple[float, float], ...], ...]
    """Main stem and large tributaries as (lat, lon) waypoints, drawn by hand to about 5 km: good for telling the
    basins of a district apart, not for a map."""
    border_point: tuple[float, float] | None
    """(lat, lon) where it leaves the country, an estimate to about 5 km."""
    first_places_downstream: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Facility:
    """A hazard site of the catalogue."""

    id: str
    """As in the register, `F04`."""
    names: Names
    kind: str
    hazards: frozenset[str]
    """Letters of CBRN."""
    lat: float | None
    lon: float | None
    accuracy_km: float | None
    """Radius within which the true position lies, as far as is known."""
    surveyed: bool
    """False for an estimate or a town's point: never to be shown as the site's position without saying so."""
    coord_source: str
    districts: tuple[str, ...]
    """SOATE codes; several where sources differ or the site lies across a limit, the likeliest first."""
    rivers: tuple[str, ...]
    """Slugs of the rivers that it drains into."""
    operator_body: str | None
    """Code of the body that runs it, where a body of the catalogue does."""
    operator_name: str | None
    quantity: str
    state: str
    source: str
    confidence: str
    own: bool = False
    """Added by this installation."""

    @property
    def operator(self) -> str | None:
        """Who runs it: a body's code, else a name, else None."""
        return self.operator_body or self.operator_name


@dataclass(frozen=True, slots=True)
class Crossing:
    """A border crossing or an airport with border control."""

    slug: str
    names: Names
    neighbour: str | None
    """Country on the other side, alpha-2; None for an airport."""
    opposite: str
    mode: str
    region: str
    district: str | None
    lat: float
    lon: float
    accuracy_km: float
    """Radius within which the true position lies: all are estimates at present."""
    note: str
    coord_source: str
    source: str
    confidence: str
    own: bool = False
    """Added by this installation."""


def _names(row: Row, prefix: str = "name") -> Names:
    return Names(row[f"{prefix}_ky"], row[f"{prefix}_ru"], row[f"{prefix}_en"])


def _number(text: str) -> float | None:
    return float(text) if text else None


def _day(text: str) -> date | None:
    if not text:
        return None
    return date.fromisoformat(text) if "-" in text else date(int(text), 1, 1)


def _plain(row: Row, *columns: str) -> dict[str, Any]:
    """Read the columns that are taken over as text."""
    return {column: row[column] for column in columns}


def district_of(row: Row) -> District:
    """Read a row of the table of districts."""
    return District(
        code=row["code"] or None,
        also_written=listed(row["also_written"]),
        level=Level(row["level"]),
        parent=row["parent"] or None,
        names=_names(row),
        former_names=_names(row, "former") if row["former_ru"] else None,
        renamed=_day(row["renamed"]),
        aliases=listed(row["aliases"]),
        neighbours=frozenset(listed(row["neighbours"])),
        lat=_number(row["lat"]),
        lon=_number(row["lon"]),
        radius_km=_number(row["radius_km"]),
        **_plain(row, "slug", "region", "note", "source", "confidence"),
    )


def river_of(row: Row) -> River:
    """Read a row of the table of rivers."""
    lines = [[point.split() for point in line.split(",")] for line in listed(row["course"])]
    return River(
        names=_names(row),
        flows_into=row["flows_into"] or None,
        downstream=frozenset(listed(row["downstream"])),
        districts=frozenset(listed(row["districts"])),
        partly=frozenset(listed(row["partly"])),
        courses=tuple(tuple((float(lat), float(lon)) for lat, lon in line) for line in lines),
        border_point=(float(row["border_lat"]), float(row["border_lon"])) if row["border_lat"] else None,
        **_plain(row, "slug", "first_places_downstream", "source", "confidence"),
    )


def facility_of(row: Row) -> Facility:
    """Read a row of the table of facilities."""
    return Facility(
        names=_names(row),
        hazards=frozenset(listed(row["hazards"])),
        lat=_number(row["lat"]),
        lon=_number(row["lon"]),
        accuracy_km=_number(row["accuracy_km"]),
        surveyed=flag(row["surveyed"]),
        districts=listed(row["districts"]),
        rivers=listed(row["rivers"]),
        operator_body=row["operator_body"] or None,
        operator_name=row["operator"] or None,
        own=row.get("own") == "yes",
        **_plain(row, "id", "kind", "coord_source", "quantity", "state", "source", "confidence"),
    )


def crossing_of(row: Row) -> Crossing:
    """Read a row of the table of crossings."""
    return Crossing(
        names=_names(row),
        neighbour=row["neighbour"] or None,
        district=row["district"] or None,
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        accuracy_km=float(row["accuracy_km"]),
        own=row.get("own") == "yes",
        **_plain(row, "slug", "opposite", "mode", "region", "note", "coord_source", "source", "confidence"),
    )
