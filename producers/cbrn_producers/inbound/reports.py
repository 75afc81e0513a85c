"""A report of IRIX as an alert, so that both are mapped in one way. Pure.

IRIX knows no severity: INES and the emergency class say it, where a report has one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cbrn_producers.inbound.hazards import Danger
from cbrn_schemas.formats.cap.model import Area, CapAlert, Circle, Info, Pair, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_schemas.formats.cap.model import CapMessageType, CapStatus, Scope
    from cbrn_schemas.formats.irix import Location, Report

FORMAT: Final = "irix-1.0"
_STATUS: Final[dict[str, CapStatus]] = {"Emergency": "Actual", "Exercise": "Exercise", "Test": "Test"}
_BY_INES: Final = ("Minor", "Minor", "Moderate", "Moderate", "Severe", "Severe", "Extreme", "Extreme")
"""INES 0 to 7: from 4 on there are consequences outside (INES User's Manual, 2008)."""
_BY_CLASS: Final = {"general": "Severe", "site": "Severe", "facility": "Moderate", "alert": "Minor"}
"""Emergency classes of GSR Part 7 by their first word."""
_SCOPES: Final[dict[str, Scope]] = {"Free for Public Use": "Public"}
_NUCLEAR: Final = frozenset({"nuclear", "reactor", "npp", "fuel"})
NUCLIDES_MAX: Final = 50


def is_routine(report: Report) -> bool:
    """Tell whether it is a routine report: measurements of a day on which nothing has happened."""
    return bool(report.context == "Routine")


def alert_of(report: Report) -> CapAlert:
    """Return the report as an alert; a message that it follows is named by its UUID alone."""
    status = _STATUS.get(report.context, "Actual")
    earlier = report.revokes or report.follows
    kind: CapMessageType = "Cancel" if report.revokes else "Update" if report.follows else "Alert"
    return CapAlert(
        identifier=report.uuid,
        sender=report.organisation,
        sent=report.created,
        status=status,
        msg_type=kind,
        scope=_SCOPES.get(report.confidentiality or "", "Restricted"),
        restriction=report.confidentiality,
        references=() if earlier is None else (Reference(report.organisation, earlier, report.created),),
        incidents=report.events,
        infos=tuple(_infos(report)),
    )


def danger_of_report(report: Report) -> Danger:
    """Return what it is about: an event at a nuclear installation, or any other radiation."""
    event = report.event
    said = "" if event is None else f"{event.type} {event.object_type or ''}".casefold()
    nuclear = any(each in said for each in _NUCLEAR)
    return Danger("nuclear" if nuclear else "radiological", (), identified=True, concerns=())


def further_fields(report: Report) -> dict[str, Any]:
    """Return what an event has a field for and an alert none."""
    sources = () if report.event is None else report.event.sources
    named = dict.fromkeys((*(one.nuclide for one in sources), *(one.nuclide for one in report.samples)))
    nuclides = tuple(one for one in named if one)[:NUCLIDES_MAX]
    return {"nuclides": nuclides} if nuclides else {}


def _infos(report: Report) -> Iterator[Info]:
    event = report.event
    texts = (*(() if event is None else event.texts), *report.notes)
    by_language: dict[str, list[str]] = {}
    for language, text in texts:
        by_language.setdefault(language or "en", []).append(text)
    head = "Radiological report" if event is None else event.type_description or event.type
    name = None if event is None else event.object
    for language, said in (by_language or {"en": []}).items():
        yield Info(
            language=language,
            categories=("CBRNE",),
            event=head,
            urgency="Immediate" if report.context == "Emergency" else "Unknown",
            severity=_severity(report),
            certainty="Observed",
            event_codes=() if event is None else (Pair("IRIX:TypeOfEvent", event.type),),
            onset=None if event is None else event.time,
            sender_name=report.organisation_name,
            headline=head if name is None else f"{head}: {name}",
            description="\n".join(said) or None,
            parameters=tuple(_parameters(report)),
            areas=() if event is None else (_area(event.location),),
        )


def _severity(report: Report) -> str:
    event = report.event
    if event is None:
        return "Unknown"
    level = (event.ines or "").rpartition("-")[2]
    if level.isdecimal() and int(level) < len(_BY_INES):
        return _BY_INES[int(level)]
    said = (event.emergency_class or "").casefold()
    return next((severity for word, severity in _BY_CLASS.items() if said.startswith(word)), "Unknown")


def _area(location: Location) -> Area:
    known = location.lat is not None and location.lon is not None
    circles = (Circle(location.lat, location.lon, 0.0),) if known else ()
    codes = tuple(
        Pair(name, value) for name, value in (("region", location.region), ("country", location.country)) if value
    )
    named = location.name or location.region or location.country or "-"
    return Area(desc=named, circles=circles, geocodes=codes)


def _parameters(report: Report) -> Iterator[Pair]:
    event = report.event
    if event is not None:
        given = {"INES": event.ines, "EmergencyClass": event.emergency_class_described or event.emergency_class}
        yield from (Pair(name, value) for name, value in given.items() if value)
    if report.release is not None:
        yield Pair("ReleaseOccurrence", report.release.actual)
    yield from (Pair(f"casualties: {what}", str(number)) for what, number in report.casualties)
    yield from (Pair(f"action: {what}", status) for what, status in report.actions)
    yield from (Pair("basis", basis) for basis in report.bases)
