"""Units of measurement: for each quantity a closed set of UCUM codes, each with its factor to the quantity's base unit.

Nothing converts between quantities. Dose equivalent (Sv), absorbed dose (Gy) and exposure (R) are three quantities: the
factor between them depends on the radiation and on the tissue, so a machine that turned one into another would invent a
number. Codes follow UCUM 2.1 (case-sensitive: `mBq` is a thousandth of a becquerel, `MBq` a million).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Mapping

Quantity = Literal[
    "ambient-dose-equivalent-rate",
    "absorbed-dose-rate",
    "exposure-rate",
    "dose-equivalent",
    "absorbed-dose",
    "count-rate",
    "activity",
    "activity-per-volume",
    "activity-per-mass",
    "activity-per-area",
    "mass-per-volume",
    "mass-per-mass",
    "volume-fraction",
    "mass",
    "volume",
    "area",
    "level",
    "displacement",
    "pressure",
    "flow",
    "temperature",
    "speed",
    "acidity",
    "turbidity",
    "conductivity",
]
"""What is measured. Ambient dose equivalent is H*(10) of ICRU reports 39 and 51."""

DoseRateQuantity = Literal["ambient-dose-equivalent-rate", "absorbed-dose-rate", "exposure-rate"]
"""What a dose rate meter may show: Sv/h, Gy/h (in air) or R/h."""


class Unit(NamedTuple):
    """One code: `value_in_base = value * factor + offset`."""

    factor: float
    offset: float = 0.0


class Scale(NamedTuple):
    """The units of one quantity. The unit whose factor is 1 and offset 0 is the base."""

    base: str
    units: Mapping[str, Unit]
    signed: bool = False
    """Whether a value below zero means something (a level below datum, a temperature in degrees Celsius)."""


class UnitError(BusError, ValueError):
    """A unit that is not one of the quantity's."""


def _of(base: str, others: dict[str, float], *, signed: bool = False) -> Scale:
    units = {base: Unit(1.0)} | {code: Unit(factor) for code, factor in others.items()}
    return Scale(base, MappingProxyType(units), signed)


_CURIE_BQ = 3.7e10  # BIPM, SI Brochure, 8th edition, table 8: 1 Ci = 3.7e10 Bq exactly

SCALES: Final[Mapping[Quantity, Scale]] = MappingProxyType(
    {
        "ambient-dose-equivalent-rate": _of("Sv/h", {"nSv/h": 1e-9, "uSv/h": 1e-6, "mSv/h": 1e-3, "Sv/s": 3600.0}),
        "absorbed-dose-rate": _of("Gy/h", {"nGy/h": 1e-9, "uGy/h": 1e-6, "mGy/h": 1e-3, "Gy/s": 3600.0}),
        "exposure-rate": _of("R/h", {"uR/h": 1e-6, "mR/h": 1e-3}),
        "dose-equivalent": _of("Sv", {"nSv": 1e-9, "uSv": 1e-6, "mSv": 1e-3}),
        "absorbed-dose": _of("Gy", {"nGy": 1e-9, "uGy": 1e-6, "mGy": 1e-3}),
        "count-rate": _of("/s", {"/min": 1 / 60}),
        "activity": _of(
            "Bq",
            {"mBq": 1e-3, "kBq": 1e3, "MBq": 1e6, "GBq": 1e9, "TBq": 1e12, "PBq": 1e15}
            | {"uCi": _CURIE_BQ * 1e-6, "mCi": _CURIE_BQ * 1e-3, "Ci": _CURIE_BQ},
        ),
        "activity-per-volume": _of(
            "Bq/m3", {"uBq/m3": 1e-6, "mBq/m3": 1e-3, "kBq/m3": 1e3, "mBq/L": 1.0, "Bq/L": 1e3, "kBq/L": 1e6}
        ),
        "activity-per-mass": _of("Bq/kg", {"mBq/kg": 1e-3, "kBq/kg": 1e3, "MBq/kg": 1e6, "Bq/g": 1e3, "kBq/g": 1e6}),
        "activity-per-area": _of("Bq/m2", {"kBq/m2": 1e3, "MBq/m2": 1e6, "Bq/cm2": 1e4, "kBq/cm2": 1e7}),
        "mass-per-volume": _of(
            "kg/m3",
            {"g/m3": 1e-3, "mg/m3": 1e-6, "ug/m3": 1e-9, "ng/m3": 1e-12}
            | {"g/L": 1.0, "mg/L": 1e-3, "ug/L": 1e-6, "ng/L": 1e-9},
        ),
        "mass-per-mass": _of("kg/kg", {"g/kg": 1e-3, "mg/kg": 1e-6, "ug/kg": 1e-9, "ng/kg": 1e-12, "mg/g": 1e-3}),
        "volume-fraction": _of("1", {"%": 1e-2, "[ppm]": 1e-6, "[ppb]": 1e-9}),
        "mass": _of("kg", {"mg": 1e-6, "g": 1e-3, "t": 1e3}),
        "volume": _of("m3", {"mL": 1e-6, "L": 1e-3}),
        "area": _of("m2", {"cm2": 1e-4, "har": 1e4, "km2": 1e6}),
        "level": _of("m", {"mm": 1e-3, "cm": 1e-2}, signed=True),
        "displacement": _of("m", {"mm": 1e-3, "cm": 1e-2}, signed=True),
        "pressure": _of("Pa", {"hPa": 1e2, "kPa": 1e3, "MPa": 1e6, "bar": 1e5}),
        "flow": _of("m3/s", {"L/s": 1e-3, "m3/h": 1 / 3600, "m3/d": 1 / 86400}),
        "temperature": Scale("K", MappingProxyType({"K": Unit(1.0), "Cel": Unit(1.0, 273.15)}), signed=True),
        "speed": _of("m/s", {"km/h": 1 / 3.6}),
        "acidity": _of("[pH]", {}),
        "turbidity": _of("{NTU}", {}),
        "conductivity": _of("S/m", {"uS/cm": 1e-4, "mS/cm": 1e-1}),
    }
)
"""Units of every quantity. Prefix factors are those of the SI; `har` is UCUM's hectare."""


_SIGNS: Final = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3"})
_AS_WRITTEN: Final = {
    "ppm": "[ppm]",
    "ppb": "[ppb]",
    "ph": "[pH]",
    "ntu": "{NTU}",
    "cps": "/s",
    "cpm": "/min",
    "°c": "Cel",
    "c": "Cel",
    "ha": "har",
    "nsv/h": "nSv/h",
    "usv/h": "uSv/h",
    "usv/hr": "uSv/h",
    "msv/h": "mSv/h",
    "msv/hr": "mSv/h",
    "ur/h": "uR/h",
    "мкзв/ч": "uSv/h",
    "мзв/ч": "mSv/h",
    "нзв/ч": "nSv/h",
    "зв/ч": "Sv/h",
    "мкр/ч": "uR/h",
    "мкр/час": "uR/h",
    "мр/ч": "mR/h",
    "мкзв/час": "uSv/h",
    "мгр/ч": "mGy/h",
    "мкгр/ч": "uGy/h",
    "mksv/h": "uSv/h",
    "mkr/h": "uR/h",
    "бк": "Bq",
    "кбк": "kBq",
    "гбк": "GBq",
    "тбк": "TBq",
    "ки": "Ci",
    "мки": "mCi",
    "мкки": "uCi",
    "бк/кг": "Bq/kg",
    "бк/л": "Bq/L",
    "бк/м3": "Bq/m3",
    "мг/м3": "mg/m3",
    "мг/л": "mg/L",
    "мг/кг": "mg/kg",
    "мг": "mg",
    "г": "g",
    "кг": "kg",
    "т": "t",
    "мл": "mL",
    "л": "L",
    "м3": "m3",
}
"""UCUM code of what instruments and people write, in small letters."""


_OF_FIELDS: Final = {
    "Bq": "Bq",
    "Cel": "Cel",
    "cps": "/s",
    "deg": "deg",
    "h": "h",
    "ha": "har",
    "hPa": "hPa",
    "kg": "kg",
    "km": "km",
    "kt": "kt",
    "m": "m",
    "m2": "m2",
    "m3": "m3",
    "min": "min",
    "mm_h": "mm/h",
    "m_s": "m/s",
    "percent": "%",
    "ratio": "1",
    "s": "s",
}
"""UCUM code by the ending of a field's name."""


def to_base(value: float, quantity: Quantity, unit: str) -> float:
    """Convert `value` to the base unit of `quantity`; UnitError where the unit is not one of the quantity's."""
    code = _unit(quantity, unit)
    return value * code.factor + code.offset


def convert(value: float, quantity: Quantity, unit: str, to: str) -> float:
    """Convert `value` from one unit of `quantity` to another of it; UnitError for a unit of any other quantity."""
    target = _unit(quantity, to)
    return (to_base(value, quantity, unit) - target.offset) / target.factor


def quantities_of(unit: str) -> tuple[Quantity, ...]:
    """Return every quantity that has this unit, in the order of the table."""
    return tuple(quantity for quantity in get_args(Quantity) if unit in SCALES[quantity].units)


def unit_of(field: str) -> str | None:
    """Return the UCUM code that the ending of a field's name stands for: `volume_m3` is in `m3`."""
    parts = field.split("_")
    return _OF_FIELDS.get("_".join(parts[-2:])) or _OF_FIELDS.get(parts[-1]) if len(parts) > 1 else None


def ucum_code(text: str) -> str:
    """Return the UCUM code that somebody means who writes `µSv/h`, `мкЗв/ч` or `ppm`; the text itself if unknown."""
    plain = text.strip().translate(_SIGNS)
    return _AS_WRITTEN.get(plain.casefold(), plain)


def _unit(quantity: Quantity, unit: str) -> Unit:
    try:
        return SCALES[quantity].units[unit]
    except KeyError:
        allowed = ", ".join(SCALES[quantity].units)
        raise UnitError(f"{unit!r} is not a unit of {quantity}: use one of {allowed}") from None
