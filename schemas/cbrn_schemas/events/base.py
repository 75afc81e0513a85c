"""What every event has, whoever publishes it: who, when, where, how bad, for whose eyes.

Kinds build on it in the modules beside this one; nothing here knows one kind from another.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict
from pydantic.types import Strict
from pydantic_core import PydanticCustomError

from cbrn_schemas.events.model import Part
from cbrn_schemas.events.numbers import Whole
from cbrn_schemas.events.time import Time

Hazard = Literal["chemical", "biological", "radiological", "nuclear"]
"""The four letters of CBRN."""
Severity = Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
"""CAP 1.2 `severity`."""
Urgency = Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
"""CAP 1.2 `urgency`."""
Certainty = Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]
"""CAP 1.2 `certainty`."""
Status = Literal["Actual", "Exercise", "Test"]
"""CAP 1.2 `status`, without the values that no agency may put on the bus (System, Draft)."""
MessageType = Literal["Alert", "Update", "Cancel"]
"""CAP 1.2 `msgType`, without the values that a receipt carries (Ack, Error)."""
Tlp = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
"""Traffic Light Protocol 2.0 (FIRST, 2022)."""
Language = Literal["ky", "ru", "en"]
"""The languages of a text: Kyrgyz, Russian, English."""
Exposed = Literal["school", "hospital", "drinking-water", "irrigation", "livestock", "dwellings", "border-crossing"]
"""What lies within reach of the hazard, as the publisher knows it."""

Near = Literal["diplomatic-mission"]
"""What else may lie within reach. A closed list never grows, so what came later has a list of its own."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,31}$")]
"""A body's code."""
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:/#-]+$")]
"""A name that machines compare: situation, station, reference."""
District = Annotated[str, StringConstraints(pattern=r"^417[0-9]{2}([0-9]{3})?$")]
"""A SOATE code: 5 digits for a region or a city of republican significance, 8 for a district or city."""
LINE_PATTERN = r"^[^\x00-\x1f\x7f]+$"
PROSE_PATTERN = r"^[^\x00-\x08\x0b-\x1f\x7f]+$"
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=LINE_PATTERN)]
"""One line of text without control characters."""
ProtectiveEquipment = Literal[
    "breathing-apparatus",
    "filter-respirator",
    "medical-mask",
    "gas-tight-suit",
    "splash-suit",
    "biological-suit",
    "gloves",
    "dosimeter",
]
"""What protects a person: self-contained air, filter, mask; suits against gas, liquid, germs; gloves; a dosimeter."""
Age = Annotated[int, Field(ge=0, le=130), Whole()]
"""Whole years."""
Count = Annotated[int, Field(ge=0, le=100_000_000), Whole()]
"""A number of persons, animals or things."""
Prose = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=PROSE_PATTERN)]
"""Text of several lines."""


class Point(Part):
    """A position in WGS 84."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    """Latitude, degrees north."""
    lon: Annotated[float, Field(ge=-180, le=180)]
    """Longitude, degrees east."""
    accuracy_m: Annotated[float, Field(gt=0, le=100_000)] | None = None
    """Radius in metres within which the true position lies."""


def at_least_one(*names: str) -> JsonDict:
    """Return JSON Schema's words for «give at least one of these fields»."""
    return {"anyOf": [{"required": [name]} for name in names]}


class Where(Part):
    """The place, in as many ways as the publisher knows; at least one of site, point, district and crossing.

    A publisher's own code wins over geometry. Null counts as left out.
    """

    model_config = ConfigDict(json_schema_extra=at_least_one("site", "point", "district", "crossing"))

    site: Identifier | None = None
    """Facility of the catalogue, such as `F04`."""
    point: Point | None = None
    district: District | None = None
    """SOATE code: 5 digits for a region or a city of republican significance, 8 for a district or city."""
    crossing: Identifier | None = None
    """Border crossing of the catalogue, such as `ak-jol`."""
    further_districts: (
        Annotated[tuple[District, ...], Field(min_length=1, max_length=60), Strict(strict=False)] | None
    ) = None
    """SOATE codes of other districts that are affected: each is told of as if the event had happened there alone."""
    description: Line | None = None
    """The place in words: «bridge over the Min-Kush, km 2»."""

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.site is None and self.point is None and self.district is None and self.crossing is None:
            raise PydanticCustomError("place_missing", "give at least one of site, point, district, crossing")
        return self

    @classmethod
    def at(cls, lat: float, lon: float, accuracy_m: float | None = None, **further: Any) -> Self:
        """Make a place of degrees north and east (WGS 84); `further` are other fields, such as `description`."""
        return cls.model_validate({"point": {"lat": lat, "lon": lon, "accuracy_m": accuracy_m}, **further})


class Zone(Part):
    """The ground that is dangerous or closed, and what to wear in it."""

    persons: Count | None = None
    """People who live, work or learn in it."""
    hazard_radius_m: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    """Radius of the zone of danger in metres, as measured or forecast."""
    cordon_m: Annotated[float, Field(gt=0, le=100_000)] | None = None
    """Radius of the cordon in metres (the inner cordoned area of IAEA EPR-First Responders)."""
    protective_equipment: (
        Annotated[tuple[ProtectiveEquipment, ...], Field(min_length=1, max_length=10), Strict(strict=False)] | None
    ) = None
    """What nobody may enter it without."""


class Operator(Part):
    """Who runs the site, owns the goods or holds the source."""

    name: Line | None = None
    licence: Line | None = None
    """Number of the licence or permit."""
    contact: Line | None = None
    """Telephone or address of the person on duty there."""


class Emergency(Part):
    """What the state has declared, where the publisher knows it (act 550 of 2018)."""

    degree: Literal["I", "II", "III", "IV", "V"] | None = None
    """Degree of the emergency, as the act numbers them."""
    regime: Literal["daily", "heightened-readiness", "emergency"] | None = None
    """Regime of the civil protection system."""


class ExposedPlace(Part):
    """One place within reach of the hazard, by name."""

    what: Exposed
    name: Line | None = None
    """«School No. 5», «intake of Orto-Alysh»."""
    persons: Count | None = None
    """Pupils, patients, people who drink of it."""


class PatientGroup(Part):
    """Patients of one state and age."""

    persons: Annotated[int, Field(ge=1, le=100_000_000), Whole()]
    condition: Literal["critical", "severe", "moderate", "mild", "recovered"] | None = None
    """State as the hospital gives it."""
    age_from: Age | None = None
    """Age of the youngest in whole years."""
    age_to: Age | None = None
    """Age of the oldest in whole years."""


class Text(Part):
    """What an officer reads, in one language."""

    headline: Line
    description: Prose | None = None
    instruction: Prose | None = None


class Event(Part):
    """What every event has. Times are aware; on the wire they are UTC."""

    kind: str
    hazard: Hazard
    body: Code
    """Who says so: the body under whose topic the event is published."""
    unit: Line | None = None
    """The part of the body, post or laboratory that observed it."""
    reporter: Line | None = None
    """Post of the person who reports; a name is not needed and not wanted."""
    status: Status = "Actual"
    observed: Time
    """When it was seen or measured."""
    reported: Time
    """When the body passed it on."""
    where: Where
    severity: Severity = "Unknown"
    urgency: Urgency = "Unknown"
    certainty: Certainty = "Unknown"
    deliberate: bool | None = None
    """True for an act, false for an accident or nature, absent where nobody knows."""
    tlp: Tlp = "GREEN"
    texts: Annotated[dict[Language, Text], Field(min_length=1)]


class Incident(Event):
    """Something happened. Keyed by `situation`, so that everything about one situation stays in order."""

    situation: Identifier
    """Name of the situation, the same in every report about it: `KG-2024-minkush-truck`."""
    message_type: MessageType = "Alert"
    references: Annotated[tuple[Identifier, ...], Field(max_length=50), Strict(strict=False)] = ()
    """Ids of the events that this one updates or cancels."""
    further_hazards: Annotated[tuple[Hazard, ...], Field(max_length=3), Strict(strict=False)] = ()
    """Other hazards of the same event, or that it may have while nobody knows: those are told whom each concerns."""
    exposed: Annotated[tuple[Exposed, ...], Field(max_length=10), Strict(strict=False)] = ()
    near: Annotated[tuple[Near, ...], Field(max_length=10), Strict(strict=False)] = ()
    """What else lies within reach."""
    dead: Count | None = None
    """Persons killed, as known now."""
    injured: Count | None = None
    """Persons injured, poisoned or ill, as known now."""
    contact: Line | None = None
    """Whom to call back: telephone, channel (CAP `contact`)."""
    verified: bool | None = None
    """False for a claim that nobody has verified yet; true once somebody has."""
    zone: Zone | None = None
    operator: Operator | None = None
    emergency: Emergency | None = None
    exposed_places: Annotated[tuple[ExposedPlace, ...], Field(max_length=50), Strict(strict=False)] = ()
    """Places within reach by name; each counts as named in `exposed`, too."""
    patients: Annotated[tuple[PatientGroup, ...], Field(max_length=20), Strict(strict=False)] = ()
    """State and age of those who are ill or injured, group by group."""


class Monitoring(Event):
    """Something was measured or counted. Keyed by `station`."""

    station: Identifier
    """Measuring post, laboratory series or portal: `minkush-gamma-1`."""
    certainty: Certainty = "Observed"
    texts: dict[Language, Text] = Field(default_factory=dict)
    """A reading needs no words."""


CLOCK_TOLERANCE = timedelta(minutes=5)
"""An event from further ahead than this is routed with a warning that a clock is off."""
