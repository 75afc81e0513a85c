"""Parts that several sections of a report share: times, places, texts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cbrn_schemas.formats.faults import said
from cbrn_schemas.formats.irix.model import Location
from cbrn_schemas.formats.tree import children, first, local, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from lxml import etree

    from cbrn_schemas.formats.tree import Found

_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_IN_UTC: Final = "2026-03-01T06:10:00Z"
_LATITUDE_MAX: Final = 90.0
_LONGITUDE_MAX: Final = 180.0
_PARAGRAPHS: Final = frozenset({"p", "li", "h1", "h2", "h3", "h4", "pre", "td", "th"})


def moment_of(parent: etree._Element, name: str, found: Found) -> datetime | None:
    """Read a time; one that is no UTC with `Z`, or has fractions, is taken with a warning."""
    moment = found.moment(parent, name, example=_IN_UTC)
    if moment is None:
        return None
    at = children(parent, name)[0]
    text = text_of(at)
    if not text.endswith("Z") or moment.microsecond:
        found.add("time-form", f"{name} is {said(text)}", f"IRIX writes UTC: {_IN_UTC}.", at, warning=True)
    return moment


def locations_in(root: etree._Element) -> dict[str, Location]:
    """Read the section of places by their ids."""
    return {each.get("id", ""): _location(each) for each in children(root, "Locations", "Location")}


def location_in(parent: etree._Element, places: Mapping[str, Location]) -> Location:
    """Read the place of a section, which stands there or is referred to."""
    for each in children(parent, "Location")[:1]:
        return places.get(each.get("ref", ""), Location(name=each.get("ref"))) if each.get("ref") else _location(each)
    return Location()


def _location(at: etree._Element) -> Location:
    lat = _degrees(first(at, "GeographicCoordinates", "Latitude"), _LATITUDE_MAX)
    lon = _degrees(first(at, "GeographicCoordinates", "Longitude"), _LONGITUDE_MAX)
    accuracy = first(at, "AccuracyType")
    heights = [each for each in children(at, "GeographicCoordinates", "Height") if each.get("Above") == "Land"]
    return Location(
        name=first(at, "Name") or first(at, "Municipality"),
        lat=lat if lon is not None else None,
        lon=lon if lat is not None else None,
        height_m=_degrees(text_of(heights[0]), float("inf")) if heights else None,
        region=first(at, "AdministrativeUnit"),
        country=first(at, "Country"),
        exact=None if accuracy is None else accuracy == "Exact Location",
    )


def _degrees(text: str | None, most: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) <= most else None  # NaN is not


def paragraphs(at: etree._Element) -> Iterator[tuple[str | None, str]]:
    """Give the paragraphs of a free text with their languages; text without any is one."""
    inside = [each for each in at.iter("*") if each is not at and local(each) in _PARAGRAPHS]
    whole = [each for each in inside if not any(above in inside for above in each.iterancestors())] or [at]
    for each in whole:
        text = " ".join("".join(str(part) for part in each.itertext()).split())
        if text:
            yield each.get(_LANGUAGE), text


def seconds_of(text: str | None) -> float | None:
    """Read a duration of XML Schema, of days and less: `PT10M`."""
    if not text or not text.startswith("P"):
        return None
    total, number, within = timedelta(), "", False
    units = {"D": timedelta(days=1), "H": timedelta(hours=1), "M": timedelta(minutes=1), "S": timedelta(seconds=1)}
    for sign in text[1:20]:
        if sign == "T":
            within = True
        elif sign.isdecimal() or sign == ".":
            number += sign
        elif sign not in units or (sign == "M" and not within) or not number.replace(".", "", 1).isdecimal():
            return None
        else:
            total, number = total + units[sign] * min(float(number), 1e6), ""
    return total.total_seconds()
