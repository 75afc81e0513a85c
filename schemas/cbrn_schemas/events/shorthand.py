"""Short ways to write the parts of an event that people know by other words: a place by name, a reading as shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from cbrn_schemas.catalogue.places import FIELDS, District, called, code_of, find_place, similar
from cbrn_schemas.catalogue.units import DoseRateQuantity, quantities_of, ucum_code
from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.events.base import Where
from cbrn_schemas.events.parts import DoseRate, Measurement

if TYPE_CHECKING:
    from cbrn_schemas.catalogue.places import Place
    from cbrn_schemas.catalogue.units import Quantity

CANDIDATES_MAX: Final = 6
"""Places named in an error; more would not be read."""


class PlaceNameError(UnknownCodeError):
    """A name that fits several places, or none. `candidates`: codes and names of those that it may mean."""

    def __init__(self, message: str, hint: str, candidates: tuple[tuple[str, str], ...]) -> None:
        super().__init__(message, lambda: hint)
        self.candidates = candidates


def place(name: str, **further: Any) -> Where:
    """Find the district, city, site or crossing that is called so, in any language, or has this code.

    `further` are other fields of `Where`, such as `description`. Nothing is guessed: a part of a name is no name.

    Raises:
        PlaceNameError: the name fits several places (Naryn: region, district, city) or none; with those it may mean.
        InvalidEventError: `further` is wrong.
    """
    found = called(name)
    if len(found) == 1:
        return where_of(found[0], **further)
    offered = (found or find_place(name) or similar(name))[:CANDIDATES_MAX]
    candidates = tuple((code_of(one), one.names.en) for one in offered)
    listed = ", ".join(f"{code} ({english})" for code, english in candidates)
    raise PlaceNameError(
        f"{name!r} is the name of several places" if found else f"no place of the catalogue is called {name!r}",
        f"Give the code of the one that is meant: {listed}." if listed else "Give a code, or Where.at(lat, lon).",
        candidates,
    )


def where_of(found: Place, **further: Any) -> Where:
    """Return what an event says of a place of the catalogue: its code, or the point of a city that has none yet.

    Raises:
        InvalidEventError: `further` is wrong.
    """
    if not isinstance(found, District) or found.code is not None:
        return Where.model_validate({FIELDS[type(found)]: code_of(found), **further})
    point = {"lat": found.lat, "lon": found.lon, "accuracy_m": cast("float", found.radius_km) * 1000}
    return Where.model_validate({"point": point, **further})


def dose_rate(value: float, unit: str, **further: Any) -> DoseRate:
    """Make a dose rate as the instrument shows it: `dose_rate(0.31, "µSv/h")`, `"мкЗв/ч"`, `"uR/h"`.

    The unit says which of the three quantities it is; nothing is converted.

    Raises:
        InvalidEventError: no unit of a dose rate, or another mistake in the reading.
    """
    code = ucum_code(unit)
    known = [quantity for quantity in quantities_of(code) if quantity in get_args(DoseRateQuantity)]
    quantity = {"quantity": known[0]} if known else {}
    return DoseRate.model_validate({**quantity, "value": value, "unit": code, **further})


def measured(quantity: Quantity, value: float, unit: str, **further: Any) -> Measurement:
    """Make a reading whose unit is written as people write it: `measured("mass-per-volume", 0.2, "мг/л")`.

    Raises:
        InvalidEventError: no unit of the quantity, or another mistake in the reading.
    """
    return Measurement.model_validate({"quantity": quantity, "value": value, "unit": ucum_code(unit), **further})
