"""The place of an event as IRIX has it: a name, a point, a region, a country."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.naming import place_name
from cbrn_schemas.formats.cap.area import Places
from cbrn_schemas.formats.irix.model import Location

if TYPE_CHECKING:
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Event

_COUNTRY = "KG"
_EAST_END = 180


def location_of(event: AnyEvent | Event) -> Location:
    """Return where an event is; where only a site, crossing or city is known, its point, said not to be exact."""
    where = event.where
    places = Places(where, None)
    circle = next(iter(places.circles), None)
    districts = [code.value for code in places.geocodes if code.name == "SOATE"]
    height: float | None = getattr(event, "height_m", None)
    return Location(
        name=places.name("en"),
        lat=None if circle is None else circle.lat,
        lon=None if circle is None else (-circle.lon if circle.lon == _EAST_END else circle.lon),
        height_m=height if circle is not None else None,
        region=place_name(districts[0], "en") if districts else None,
        country=_COUNTRY if districts or where.crossing is not None else None,
        exact=None if circle is None else where.point is not None,
    )
