"""Units of IRIX: a closed list in which a dose rate is per second, converted exactly.

Conversions are fractions of whole numbers; a value is rounded once, to 17 significant digits, more than an instrument
or a double has. So what was written comes back as it was, to 15. Nothing converts between
quantities: exposure (R) has no unit in IRIX, and stays words.
"""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.catalogue.units import Quantity

_WRITTEN: Final = Context(prec=17)
_CHARS_MAX: Final = 64
_MAGNITUDE_MAX: Final = 60
"""Powers of ten: a number of three characters can have a billion digits (`1E999999999`)."""
_HOUR: Final = 3600


class Target(NamedTuple):
    """IRIX's unit for one of ours: a value here, times `factor`, is a value there."""

    unit: str
    factor: Fraction


def _si(unit: str, powers: Mapping[str, int], over: int = 1) -> dict[str, Target]:
    return {name: Target(unit, Fraction(10) ** power / over) for name, power in powers.items()}


_TARGETS: Final[Mapping[Quantity, Mapping[str, Target]]] = MappingProxyType(
    {
        "ambient-dose-equivalent-rate": _si("Sv/s", {"Sv/h": 0, "mSv/h": -3, "uSv/h": -6, "nSv/h": -9}, _HOUR)
        | _si("Sv/s", {"Sv/s": 0}),
        "absorbed-dose-rate": _si("Gy/s", {"Gy/h": 0, "mGy/h": -3, "uGy/h": -6, "nGy/h": -9}, _HOUR)
        | _si("Gy/s", {"Gy/s": 0}),
        "activity": _si("Bq", {"mBq": -3, "Bq": 0, "kBq": 3, "MBq": 6, "GBq": 9, "TBq": 12, "PBq": 15})
        | {
            name: Target("Bq", Fraction(37) * Fraction(10) ** power)  # 1 Ci = 3.7e10 Bq exactly
            for name, power in {"uCi": 3, "mCi": 6, "Ci": 9}.items()
        },
        "activity-per-volume": _si("Bq/m3", {"uBq/m3": -6, "mBq/m3": -3, "Bq/m3": 0, "kBq/m3": 3})
        | _si("Bq/l", {"mBq/L": -3, "Bq/L": 0, "kBq/L": 3}),
        "activity-per-mass": _si("Bq/kg", {"mBq/kg": -3, "Bq/kg": 0, "kBq/kg": 3, "MBq/kg": 6, "Bq/g": 3, "kBq/g": 6}),
        "activity-per-area": _si("Bq/m2", {"Bq/m2": 0, "kBq/m2": 3, "MBq/m2": 6, "Bq/cm2": 4, "kBq/cm2": 7}),
    }
)
"""What IRIX has a unit for. Doses, in Sv and Gy, have units there and no element that an event of ours could fill."""

_LENIENT: Final = MappingProxyType(
    {name: target for name, target in _TARGETS["ambient-dose-equivalent-rate"].items() if name != "Sv/s"}
    | {name: target for name, target in _TARGETS["absorbed-dose-rate"].items() if name != "Gy/s"}
    | {"µSv/h": Target("Sv/s", Fraction(1, 10**6 * _HOUR)), "μSv/h": Target("Sv/s", Fraction(1, 10**6 * _HOUR))}
)
"""What is not of the list, and is written all the same by two generators of reports."""

UNITS: Final = frozenset(
    {
        "Bq",
        "Bq/kg",
        "Bq/m3",
        "Bq/l",
        "Bq/m2",
        "Bq/s",
        "Bq/m2/s",
        "Bq/s/CAP",
        "Bqs/m3",
        "Sv",
        "Gy",
        "Sv/s",
        "Gy/s",
        "cps",
    }
)
"""Those of IRIX's list that are of radiation."""


class Amount(NamedTuple):
    """A value in a unit of IRIX."""

    value: Decimal
    unit: str


def carried(quantity: Quantity, unit: str) -> bool:
    """Tell whether IRIX has a unit for this one."""
    return unit in _TARGETS.get(quantity, {})


def to_irix(value: float, quantity: Quantity, unit: str) -> Amount | None:
    """Convert a value of ours; None where IRIX has no unit for it."""
    target = _TARGETS.get(quantity, {}).get(unit)
    if target is None:
        return None
    return Amount(_rounded(Fraction(Decimal(repr(value))) * target.factor), target.unit)


def amount_of(text: str, unit: str) -> tuple[Amount, bool] | None:
    """Read a value as a report writes it, and say whether its unit is of the list; None for what is no amount."""
    if len(text) > _CHARS_MAX:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or (value and abs(value.adjusted()) > _MAGNITUDE_MAX):
        return None
    if unit in UNITS:
        return Amount(value, unit), True
    target = _LENIENT.get(unit)
    return None if target is None else (Amount(_rounded(Fraction(value) * target.factor), target.unit), False)


def written(value: Decimal) -> str:
    """Write a value as XML Schema's float: `3.3333333333333333E-11`, `0.84`."""
    return str(value.normalize()) if value else "0"


def _rounded(value: Fraction) -> Decimal:
    return _WRITTEN.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(_WRITTEN)
