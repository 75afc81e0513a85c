"""Reading a report: who, when, what and where it happened, and what was measured, in units that are exact.

Sections that no event here has a place for (requests, medical and media information, plumes) are passed over. Where
others' programs break the standard in ways that leave no doubt (hours instead of seconds, a time with another zone), the
report is taken and the fault said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cbrn_schemas.formats.faults import error, said
from cbrn_schemas.formats.irix.measurements import measured
from cbrn_schemas.formats.irix.model import CONFIDENTIALITIES, CONTEXTS, ROOT, Event, Release, Report, Source, Weather
from cbrn_schemas.formats.irix.parts import location_in, locations_in, moment_of, paragraphs
from cbrn_schemas.formats.tree import Found, children, first, local, text_of, texts
from cbrn_schemas.formats.xml import read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml import etree

    from cbrn_schemas.formats.irix.model import Location

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_VERSION_4: Final = re.compile(r".{14}4.{4}[89abAB].*")
_ORGANISATION: Final = re.compile(r"[a-zA-Z][.\-a-zA-Z0-9]*[a-zA-Z0-9]")


def read(data: bytes) -> Report:
    """Read a report.

    Raises:
        FormatError: it is no XML, no report, or misses what a report must say; all faults are in it.
    """
    root = read_xml(data)
    if root.tag != f"{{{ROOT}}}Report":
        raise error(
            "irix-root",
            f"the document is {said(str(root.tag))}, no report of IRIX 1.0",
            f"The root is Report in {ROOT}.",
            where=local(root),
            line=root.sourceline,
        )
    found = Found("irix")
    if root.get("version") != "1.0":
        hint = "Write version='1.0'; only that is read."
        found.add("version", f"the version is {said(root.get('version') or '')}", hint, root, warning=True)
    identified = children(root, "Identification")
    if len(identified) != 1:
        found.add("missing", "there is no Identification", "Give it once: it says who reports, and when.", root)
        found.refuse()
    report = _report(root, identified[0], found)
    found.refuse()
    assert report is not None  # without a time of creation there is a fault
    return report


def _report(root: etree._Element, head: etree._Element, found: Found) -> Report | None:
    organisation = found.wanted(head, "OrganisationReporting")
    if organisation and _ORGANISATION.fullmatch(organisation) is None:
        at = children(head, "OrganisationReporting")[0]
        found.add("organisation", f"{said(organisation)} is no identifier", "Write it as example.kg.", at, warning=True)
    created = moment_of(head, "DateAndTimeOfCreation", found)
    context = found.one_of(head, "ReportContext", CONTEXTS)
    uuid = _uuid(head, "ReportUUID", found, wanted=True)
    follows, revokes = _uuid(head, "Follows", found), _uuid(head, "Revokes", found)
    confidentiality = (
        found.one_of(head, "Confidentiality", CONFIDENTIALITIES) if children(head, "Confidentiality") else ""
    )
    places = locations_in(root)
    dose_rates, samples = measured(root, places, found)
    event = _event(root, places, found)
    if created is None:
        return None
    contact = next(iter(children(head, "Identifications", "OrganisationContactInfo")), head)
    return Report(
        uuid=(uuid or "").lower(),
        organisation=organisation,
        organisation_name=first(contact, "Name") or organisation,
        country=first(contact, "Country") or "",
        created=created,
        context=context,
        follows=follows and follows.lower(),
        revokes=revokes and revokes.lower(),
        confidentiality=confidentiality or None,
        addressees=texts(head, "Addressees", "Addressee"),
        bases=texts(head, "ReportingBases", "ReportingBasis"),
        events=texts(head, "EventIdentifications", "EventIdentification"),
        event=event,
        release=_release(root),
        weather=_weather(root, places, found),
        casualties=tuple(_casualties(root)),
        actions=tuple(_actions(root)),
        dose_rates=tuple(dose_rates),
        samples=tuple(samples),
        notes=tuple(
            paragraph for each in children(root, "Annexes", "Annotation", "Text") for paragraph in paragraphs(each)
        ),
        faults=tuple(found.faults),
    )


def _uuid(head: etree._Element, name: str, found: Found, *, wanted: bool = False) -> str | None:
    if not children(head, name) and not wanted:
        return None
    text = found.wanted(head, name)
    if text and _UUID.fullmatch(text) is None:
        hint = "Write it as 3b241101-e2bb-4255-8caf-4136c566a962."
        found.add("uuid", f"{name} is {said(text)}, no UUID", hint, children(head, name)[0])
    elif text and _VERSION_4.fullmatch(text) is None:
        hint = "IRIX asks for version 4; it is taken all the same."
        found.add("uuid-version", f"{name} is no UUID of version 4", hint, children(head, name)[0], warning=True)
    return text or None


def _event(root: etree._Element, places: Mapping[str, Location], found: Found) -> Event | None:
    for at in children(root, "EventInformation")[:1]:
        happened = moment_of(at, "DateAndTimeOfEvent", found)
        kind = found.wanted(at, "TypeOfEvent")
        if happened is None:
            return None
        thing = next(iter(children(at, "ObjectInvolved")), at)
        described = "TypeOfObjectOrActivityDescription"
        return Event(
            type=kind,
            time=happened,
            location=location_in(at, places),
            type_description=first(at, "TypeOfEventDescription"),
            object=first(thing, "Name"),
            object_type=first(thing, "TypeOfObjectOrActivity") or first(thing, described),
            sources=tuple(_sources(thing, found)),
            emergency_class=first(at, "EmergencyClassification", "EmergencyClass"),
            emergency_class_described=first(at, "EmergencyClassification", "EmergencyClassDescription"),
            ines=first(at, "INESClassification", "INESLevel"),
            texts=tuple(paragraph for each in children(at, "EventDescription") for paragraph in paragraphs(each)),
        )
    return None


def _sources(thing: etree._Element, found: Found) -> Iterator[Source]:
    for each in children(thing, "SourceCharacteristics", "Source"):
        for nuclide in children(each, "Nuclides", "Nuclide"):
            optional = children(nuclide, "ReferenceDateAndTime")
            told = [text for one in children(each, "Description") for _, text in paragraphs(one)]
            yield Source(
                nuclide=first(nuclide, "Nuclide") or first(nuclide, "NuclideDescription") or "",
                activity_bq=first(nuclide, "Activity"),
                on=moment_of(nuclide, "ReferenceDateAndTime", found) if optional else None,
                sealed=first(each, "Sealed"),
                shielded=first(each, "Shielded"),
                description="; ".join(told) or None,
            )


def _release(root: etree._Element) -> Release | None:
    for at in children(root, "Release", "ReleaseOccurrence")[:1]:
        actual, future = first(at, "ActualRelease", "Occurrence"), first(at, "FutureRelease", "Occurrence")
        compartment = first(at, "ActualRelease", "Compartment") or first(at, "FutureRelease", "Compartment")
        return Release(actual or "Unknown", future, compartment)
    return None


def _weather(root: etree._Element, places: Mapping[str, Location], found: Found) -> Weather | None:
    for at in children(root, "Meteorology", "MeteoRecord")[:1]:
        period = next(iter(children(at, "ValidForPeriod")), at)
        begins = moment_of(period, "StartTime", found)
        if begins is None:
            return None
        return Weather(
            location=location_in(at, places),
            begins=begins,
            wind_from_deg=_float(at, "WindDirection"),
            wind_speed_m_s=_float(at, "WindSpeed"),
            temperature_k=first(at, "Temperature"),
            pressure_hpa=_float(at, "Pressure"),
            humidity_percent=_float(at, "RelativeHumidity"),
            stability=first(at, "PasquillStabilityClass"),
        )
    return None


def _float(at: etree._Element, name: str) -> float | None:
    try:
        return float(first(at, name) or "")
    except ValueError:
        return None


def _casualties(root: etree._Element) -> Iterator[tuple[str, int]]:
    for each in children(root, "Consequences", "NumbersOfCasualties", "NumberOfCasualties"):
        what, count = first(each, "CasualtyType") or first(each, "CasualtyTypeDescription"), first(each, "Number")
        if what and count and count.isdecimal() and count.isascii() and len(count) < 10:  # noqa: PLR2004 - people on Earth
            yield what, int(count)


def _actions(root: etree._Element) -> Iterator[tuple[str, str]]:
    for each in children(root, "ResponseActions", "ProtectiveActions", "ProtectiveAction"):
        what = first(each, "TypeOfAction") or first(each, "TypeOfActionDescription")
        if what:
            yield what, next(map(text_of, children(each, "Status")), "")
