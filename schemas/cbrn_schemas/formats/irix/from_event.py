"""An event of ours as a report: what IRIX has a place for goes there, and all of it is said in words besides."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.details import details
from cbrn_schemas.events.base import Incident
from cbrn_schemas.formats.cap.from_event import DOMAIN
from cbrn_schemas.formats.faults import error
from cbrn_schemas.formats.irix import coding
from cbrn_schemas.formats.irix.measured import dose_rates, samples
from cbrn_schemas.formats.irix.model import Event, Release, Report, Source, Weather
from cbrn_schemas.formats.irix.place import location_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.parts import RadioactiveSource

HAZARDS: Final = ("radiological", "nuclear")
"""What IRIX is for."""
HOME: Final = "KG"
_CELSIUS_K: Final = 273.15


def uuid_of(event_id: str) -> str:
    """Return the UUID of an event's report: of version 4, as IRIX demands, and the same each time.

    122 bits of SHA-256 stand in the place of random ones, so that a report written twice is one report.
    """
    digest = hashlib.sha256(b"irix-1.0:" + event_id.encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


def organisation_of(body: str) -> str:
    """Return a body's `OrganisationID`: `mnrets.cbrn.kg`."""
    return f"{body}.{DOMAIN}"


def report_of(
    event: AnyEvent,
    *,
    event_id: str,
    created: datetime,
    references: Sequence[str] = (),
    addressees: tuple[str, ...] = (),
    bases: tuple[str, ...] = (),
) -> Report:
    """Make the report of an event. `references` are the ids of the events before it; IRIX names one, the last.

    Raises:
        FormatError: the event is neither radiological nor nuclear.
    """
    if not {event.hazard, *getattr(event, "further_hazards", ())} & set(HAZARDS):
        raise error(
            "irix-hazard",
            f"an event whose hazard is {event.hazard} is no matter of IRIX",
            "Send it as CAP: `cbrn cap show`.",
            where="hazard",
        )
    incident = event if isinstance(event, Incident) else None
    named = references or (() if incident is None else incident.references)
    earlier = uuid_of(named[-1]) if named else None
    cancels = incident is not None and incident.message_type == "Cancel"
    known = bodies().get(event.body)
    texts = tuple(_texts(event))
    return Report(
        uuid=uuid_of(event_id),
        organisation=organisation_of(event.body),
        organisation_name=event.body if known is None else known.name("en"),
        country=(None if known is None else known.country) or HOME,
        created=created,
        context=_context(event),
        follows=None if cancels else earlier,
        revokes=earlier if cancels else None,
        confidentiality=coding.CONFIDENTIALITY[event.tlp],
        addressees=addressees,
        bases=bases,
        events=() if incident is None else (incident.situation,),
        valid_at=event.observed,
        event=None if incident is None else _event(incident, texts),
        release=_release(event),
        weather=_weather(event),
        casualties=tuple(_casualties(event)),
        actions=tuple((coding.ACTIONS[action], coding.ORDERED) for action in getattr(event, "actions", ())),
        dose_rates=tuple(dose_rates(event)),
        samples=tuple(samples(event)),
        notes=texts if incident is None else (),
    )


def _context(event: AnyEvent) -> str:
    if event.status != "Actual":
        return event.status
    return "Emergency" if isinstance(event, Incident) else "Routine"


def _event(event: Incident, texts: tuple[tuple[str | None, str], ...]) -> Event:
    declared = getattr(event, "emergency_class", None)
    level = getattr(event, "ines_level", None)
    sources = tuple(_source(source) for source in getattr(event, "sources", ()))
    named = getattr(event, "facility", None) or _first_device(event)
    return Event(
        type=coding.type_of(event),  # type: ignore[arg-type] # an incident of the union
        type_description=word("kind", event.kind, "en"),
        time=event.observed,
        location=location_of(event),
        object=named or (word("kind", event.kind, "en") if sources else None),
        object_type="Radioactive source" if sources else "Facility",
        sources=sources,
        emergency_class=coding.CLASSES.get(declared) if declared else None,
        emergency_class_described=coding.FIFTH_CLASS if declared == "other" else None,
        ines=None if level is None else f"INES-{level}",
        texts=texts,
    )


def _first_device(event: Incident) -> str | None:
    return next((source.device for source in getattr(event, "sources", ()) if source.device), None)


def _source(source: RadioactiveSource) -> Source:
    told = [f"device: {source.device}"] if source.device else []
    told += [f"serial: {source.serial}"] if source.serial else []
    told += [] if source.category is None else [f"IAEA category {source.category}"]
    return Source(
        nuclide=source.nuclide,
        activity_bq=None if source.activity_Bq is None else repr(source.activity_Bq),
        on=None if source.activity_on is None else datetime.combine(source.activity_on, time(0), UTC),
        sealed=_yes(source.sealed),
        shielded=_yes(source.shielded),
        description="; ".join(told) or None,
    )


def _yes(known: bool | None) -> str | None:  # noqa: FBT001 - three states of a fact
    return None if known is None else ("Yes" if known else "No")


def _release(event: AnyEvent) -> Release | None:
    said = getattr(event, "release", None)
    if said is None:
        return None
    actual, future = coding.RELEASES[said]
    medium = getattr(event, "medium", None)
    return Release(actual, future, coding.COMPARTMENTS.get(medium) if medium else None)


def _weather(event: AnyEvent) -> Weather | None:
    wind, speed = getattr(event, "wind_from_deg", None), getattr(event, "wind_speed_m_s", None)
    temperature: float | None = getattr(event, "temperature_Cel", None)
    if wind is None and speed is None and temperature is None:
        return None
    return Weather(
        location=location_of(event),
        begins=event.observed,
        wind_from_deg=wind,
        wind_speed_m_s=speed,
        temperature_k=None if temperature is None else f"{temperature + _CELSIUS_K:.2f}",
        pressure_hpa=getattr(event, "pressure_hPa", None),
        humidity_percent=getattr(event, "humidity_percent", None),
        stability=getattr(event, "stability", None),
    )


def _casualties(event: AnyEvent) -> Iterator[tuple[str, int]]:
    counted: tuple[tuple[str, Any], ...] = (
        ("Dead", getattr(event, "dead", None)),
        ("injured, poisoned or ill", getattr(event, "injured", None)),
        ("Exposed", getattr(event, "persons_exposed", None)),
        ("Exposed", getattr(event, "persons", None) if event.kind == "overexposure" else None),
        ("contaminated", getattr(event, "persons_contaminated", None)),
    )
    yield from ((what, number) for what, number in counted if number is not None)


def _texts(event: AnyEvent) -> Iterator[tuple[str | None, str]]:
    """Give the publisher's own words in each language, then everything that is known, in English."""
    for lang, text in event.texts.items():
        for said in (text.headline, text.description, text.instruction):
            if said:
                yield lang, said
    for detail in details(event, "en"):
        yield "en", f"{detail.label}: {detail.text}"
