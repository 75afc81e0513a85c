"""What is laid over a map: situations by number and severity, stations by level. Given, never looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbrn_consumers.situation import Overview
    from cbrn_schemas.events import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One situation on the map, by the number that it has in the list beside."""

    number: int
    severity: Severity
    place: str
    """Code of district, region or country; empty where nobody knows."""
    said: str
    """What it is called, in the reader's language: for who points at it, or hears it."""
    href: str
    """Where the number leads."""
    exercise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One station on the map."""

    level: int
    """Index in `shapes.LEVELS`."""
    place: str
    said: str
    href: str
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a situation is, as far as its message and the catalogue say."""

    severity: Severity
    district: str
    """SOATE code or empty."""
    lat: float | None = None
    lon: float | None = None
    """WGS 84 degrees; None: the unit's middle stands for it, and the map says so."""
    site: str | None = None
    """Id of a hazard site of the catalogue."""
    wind_from_deg: float | None = None
    """Where the wind comes from, clockwise from north."""
    wind_m_s: float | None = None

    @classmethod
    def of(cls, whole: Overview) -> Spot:
        """Take of a situation what a map shows: the latest message's place and wind, and what the gazetteer made of it.

        A wind is given by few kinds; those that have none give none.
        """
        event, place = whole.event, whole.place
        point = event.where.point
        return cls(
            severity=event.severity,
            district=place.district or place.region or "",
            lat=None if point is None else point.lat,
            lon=None if point is None else point.lon,
            site=event.where.site or place.facility,
            wind_from_deg=getattr(event, "wind_from_deg", None),
            wind_m_s=getattr(event, "wind_speed_m_s", None),
        )
