"""Parts that several kinds share: a measurement, a substance, an agent, a radioactive source, a vehicle."""

from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict
from pydantic.types import Strict
from pydantic_core import PydanticCustomError
from stdnum import casrn

from cbrn_schemas.catalogue.units import SCALES, DoseRateQuantity, Quantity
from cbrn_schemas.events.base import Line, at_least_one
from cbrn_schemas.events.model import Part
from cbrn_schemas.events.numbers import Whole

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2, `KZ`."""
Nuclide = Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]?-[1-9][0-9]{0,2}(m[0-9]?|n)?(/Be)?$")]
"""`Cs-137`, `Ag-110m`, `Am-241/Be`: the IAEA's way of writing, as in IRIX 1.0 and in Directive 2013/59/Euratom."""
InesLevel = Annotated[int, Field(ge=0, le=7), Whole()]
"""International Nuclear and Radiological Event Scale, 0 deviation to 7 major accident (INES User's Manual, 2008)."""
EmergencyClass = Literal["general-emergency", "site-area-emergency", "facility-emergency", "alert", "other"]
"""Emergency classes of IAEA GSR Part 7 (2015), 5.14; `other` is «other nuclear or radiological emergency»."""
ProtectiveAction = Literal[
    "sheltering",
    "evacuation",
    "stable-iodine",
    "food-restrictions",
    "water-restrictions",
    "access-restrictions",
    "decontamination",
    "registration",
]
"""Protective actions of IRIX 1.0 `TypeOfAction`."""
HsCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}([0-9]{2}([0-9]{2}([0-9]{2})?)?)?$")]
"""Harmonized System: 4 or 6 digits; 8 or 10 with the Eurasian Economic Union's own."""
BaselCode = Annotated[str, StringConstraints(pattern=r"^(Y[0-9]{1,2}|[AB][0-9]{4})$")]
"""Basel Convention: Annex I/II (`Y10`) or Annex VIII/IX (`A3180`)."""
DiseaseForm = Literal[
    "bubonic",
    "pneumonic",
    "septicaemic",
    "meningitic",
    "cutaneous",
    "inhalational",
    "gastrointestinal",
    "injection",
    "other",
]
"""Form of a disease."""
ControlList = Literal["national", "eaeu", "nuclear-suppliers", "australia-group", "wassenaar", "mtcr", "cwc"]
"""Lists of controlled goods."""
ExactMedium = Literal[
    "sewer",
    "wastewater",
    "drinking-water",
    "groundwater",
    "lake",
    "canal",
    "sediment",
    "snow",
    "dust",
    "milk",
    "feed",
    "medicine",
    "clothing",
    "waste",
    "other",
]
"""A medium that `medium` has no word for, or only a coarser one."""
Mass = Annotated[float, Field(ge=0, le=1e12)]
"""Kilograms."""
Degrees = Annotated[float, Field(ge=0, le=360)]
"""Compass degrees from true north."""


@lru_cache(maxsize=4096)  # a routine load names few substances, and the sum is dear: 4096 x about 200 bytes
def _check_digit(number: str) -> str:
    """Compute the digit that the others of a CAS number demand."""
    return str(casrn.calc_check_digit(number[:-2].replace("-", "")))


def _right_check_digit(number: str) -> str:
    digit = _check_digit(number)
    if digit != number[-1]:
        right = f"{number[:-1]}{digit}"
        raise PydanticCustomError(
            "invalid_cas",
            "the check digit of {number} would be {digit}",
            {"number": number, "digit": digit, "right": right},
        )
    return number


Cas = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{1,6}-[0-9]{2}-[0-9]$"), AfterValidator(_right_check_digit)]
"""CAS Registry Number. The last digit is a check digit: a wrong one is refused."""


def _units_in_json_schema(schema: JsonDict) -> None:
    """Say in JSON Schema what the validator says in Python: each quantity's units, and whether it may be negative."""
    rules: list[Any] = []
    for quantity, scale in SCALES.items():
        then: dict[str, Any] = {"unit": {"enum": list(scale.units)}}
        if not scale.signed:
            then["value"] = {"minimum": 0}
        of_this = {"properties": {"quantity": {"const": quantity}}, "required": ["quantity"]}
        rules.append({"if": of_this, "then": {"properties": then}})
    schema["allOf"] = rules


class Measurement(Part):
    """One number with its unit; the quantity decides which units are allowed."""

    model_config = ConfigDict(json_schema_extra=_units_in_json_schema)

    quantity: Quantity
    value: float
    """Not negative, but for a level, a displacement or a temperature."""
    unit: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    """UCUM code, case-sensitive: `uSv/h`, `Bq/kg`, `mg/m3`, `[ppm]`."""
    uncertainty: Annotated[float, Field(ge=0)] | None = None
    """Standard uncertainty (coverage factor 1), in the same unit."""
    limit_ratio: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """How many times the norm or limit that it is held against: 7 for seven times."""
    detection_limit: Annotated[float, Field(ge=0)] | None = None
    """In the same unit. A value below it means «not detected»."""
    nuclide: Nuclide | None = None
    """Of which nuclide, where it is an activity."""
    substance: Line | None = None
    """Of which substance, where it is a concentration: «cyanide, free»."""
    at: Line | None = None
    """Where exactly, in words: «at the bridge, 1 m above ground»."""

    @model_validator(mode="after")
    def _unit_of_the_quantity(self) -> Self:
        scale = SCALES[self.quantity]
        if self.unit not in scale.units:
            raise PydanticCustomError(
                "unit_mismatch",
                "{unit} is not a unit of {quantity}",
                {"field": "unit", "unit": self.unit, "quantity": self.quantity, "allowed": ", ".join(scale.units)},
            )
        if self.value < 0 and not scale.signed:
            raise PydanticCustomError(
                "negative_value", "{quantity} cannot be negative", {"field": "value", "quantity": self.quantity}
            )
        return self


class DoseRate(Measurement):
    """A dose rate, in the quantity that the instrument shows; the three are never converted into one another."""

    quantity: DoseRateQuantity = "ambient-dose-equivalent-rate"


class Substance(Part):
    """A chemical, by name, CAS number or UN number: at least one of them. Null counts as left out."""

    model_config = ConfigDict(json_schema_extra=at_least_one("name", "cas", "un_number"))

    name: Line | None = None
    cas: Cas | None = None
    un_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    """Four digits of the UN Recommendations on the Transport of Dangerous Goods: `1689`."""
    mass_kg: Mass | None = None
    """How much is released, found or declared, in kilograms."""
    volume_m3: Annotated[float, Field(ge=0, le=1e10)] | None = None
    confirmed: bool = True
    """False while it is somebody's guess: the bus then warns, and routes all the same."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.name is None and self.cas is None and self.un_number is None:
            raise PydanticCustomError("nothing_named", "give at least one of name, cas, un_number")
        return self


class Agent(Part):
    """A disease or its cause."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,63}$")]
    """Code of the catalogue, `anthrax`. An unknown one is no error: it is routed with a warning."""
    confirmed: bool
    """True when a laboratory confirmed it."""
    strain: Line | None = None
    """Strain, serotype or lineage, in the laboratory's words."""
    form: DiseaseForm | None = None
    """Clinical form, where the disease has several (ICD-10, A20 plague and A22 anthrax)."""


class RadioactiveSource(Part):
    """A source of ionizing radiation (IAEA Code of Conduct, 2004)."""

    nuclide: Nuclide
    activity_Bq: Annotated[float, Field(gt=0, le=1e20)] | None = None  # noqa: N815 - mBq is not MBq
    activity_on: date | None = None
    """The day for which the activity is stated."""
    category: Annotated[int, Field(ge=1, le=5), Whole()] | None = None
    """IAEA category 1 (most dangerous) to 5, RS-G-1.9, as the publisher states it."""
    sealed: bool | None = None
    shielded: bool | None = None
    device: Line | None = None
    """What it is or was part of: «level gauge BGI-75A»."""
    serial: Line | None = None


class Vehicle(Part):
    """A means of transport."""

    mode: Literal["road", "rail", "air", "water", "pipeline", "foot"]
    registration: Line | None = None
    """Number plate, wagon or flight number."""
    description: Line | None = None


class IhrAnnex2(Part):
    """The four questions of the decision instrument of the International Health Regulations (2005), annex 2.

    Absent: not yet assessed. Two answers of «yes» oblige to notify WHO within 24 h of the assessment (article 6).
    """

    serious: bool | None = None
    """Is the public health impact of the event serious?"""
    unusual: bool | None = None
    """Is the event unusual or unexpected?"""
    spread: bool | None = None
    """Is there a significant risk of international spread?"""
    restrictions: bool | None = None
    """Is there a significant risk of international travel or trade restrictions?"""


Measurements = Annotated[tuple[Measurement, ...], Field(max_length=100), Strict(strict=False)]
"""Up to 100 readings; a list will do."""
Substances = Annotated[tuple[Substance, ...], Field(max_length=20), Strict(strict=False)]
"""Up to 20 substances, the most dangerous first."""
Sources = Annotated[tuple[RadioactiveSource, ...], Field(max_length=20), Strict(strict=False)]
"""Up to 20 sources, the strongest first."""
Nuclides = Annotated[tuple[Nuclide, ...], Field(max_length=50), Strict(strict=False)]
"""Up to 50 nuclides."""
Lines = Annotated[tuple[Line, ...], Field(max_length=20), Strict(strict=False)]
"""Up to 20 short texts."""
