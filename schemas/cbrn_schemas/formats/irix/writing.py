"""Writing a report: IRIX 1.0, UTF-8, sections and elements in the order of its schema; times in UTC, to the second."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from lxml import etree

from cbrn_schemas.formats.cap.lexical import number, writable
from cbrn_schemas.formats.irix import coding
from cbrn_schemas.formats.irix.model import ROOT
from cbrn_schemas.formats.irix.units import written

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.formats.irix.model import DoseRate, Event, Location, Report, Sample, Source, Weather
    from cbrn_schemas.formats.irix.units import Amount

_PREFIXES: Final = {
    "id": "Identification",
    "base": "Base",
    "event": "EventInformation",
    "release": "ReleaseInformation",
    "meteo": "Meteorology",
    "cons": "ConsequenceInformation",
    "resp": "ResponseActions",
    "meas": "Measurements",
    "loc": "Locations",
    "annex": "Annexes",
}
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_NAMESPACES: Final = {"irix": ROOT, "html": _XHTML} | {
    prefix: f"{ROOT}/{section}" for prefix, section in _PREFIXES.items()
}
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_SHORT_MAX: Final = 255
"""Characters of a `ShortStringType`."""
_CASUALTIES: Final = ("Exposed", "Hospitalised", "Wounded", "Dead")


def write(report: Report) -> bytes:
    """Write the document."""
    root = etree.Element(f"{{{ROOT}}}Report", nsmap=_NAMESPACES, version="1.0")
    _identification(_add(root, "id:Identification"), report)
    if report.event is not None:
        _event(_section(root, "event:EventInformation", report), report.event)
    _release(root, report)
    if report.weather is not None:
        _weather(_add(_section(root, "meteo:Meteorology", report), "meteo:MeteoRecord"), report.weather)
    _consequences(root, report)
    _actions(root, report)
    _measurements(root, report)
    if report.notes:
        note = _add(_add(root, "annex:Annexes"), "annex:Annotation")
        _free(note, "annex:Text", report.notes)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["irix"])
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _identification(at: etree._Element, report: Report) -> None:
    _add(at, "id:OrganisationReporting", report.organisation)
    _add(at, "id:DateAndTimeOfCreation", _time(report.created))
    _add(at, "id:ReportContext", report.context)
    _add(at, "id:ReportUUID", report.uuid)
    _given(at, "id:Follows", report.follows)
    _given(at, "id:Revokes", report.revokes)
    _given(at, "id:Confidentiality", report.confidentiality)
    for holder, name, several in (
        ("id:Addressees", "id:Addressee", report.addressees),
        ("id:ReportingBases", "id:ReportingBasis", report.bases),
        ("id:EventIdentifications", "id:EventIdentification", report.events),
    ):
        inside = _add(at, holder) if several else at
        for one in several:
            _add(inside, name, one[:_SHORT_MAX])
    contact = _add(_add(at, "id:Identifications"), "base:OrganisationContactInfo")
    _add(contact, "base:Name", report.organisation_name)
    _add(contact, "base:OrganisationID", report.organisation)
    _add(contact, "base:Country", report.country)


def _event(at: etree._Element, event: Event) -> None:
    _add(at, "event:TypeOfEvent", event.type)
    _given(at, "event:TypeOfEventDescription", event.type_description and event.type_description[:_SHORT_MAX])
    _add(at, "event:DateAndTimeOfEvent", _time(event.time))
    _location(at, event.location)
    if event.object is not None:
        thing = _add(at, "event:ObjectInvolved")
        _add(thing, "event:TypeOfObjectOrActivityDescription", event.object_type or coding.OTHER)
        _add(thing, "event:Name", event.object)
        _sources(thing, event.sources)
    if event.emergency_class or event.emergency_class_described:
        declared = _add(at, "event:EmergencyClassification")
        _given(declared, "event:EmergencyClass", event.emergency_class)
        _given(declared, "event:EmergencyClassDescription", event.emergency_class_described)
    if event.ines is not None:
        ines = _add(at, "event:INESClassification")
        _add(ines, "event:INESLevel", event.ines)
        _add(ines, "event:StatusOfClassification", "Provisional")
    _free(at, "event:EventDescription", event.texts)


def _sources(thing: etree._Element, sources: tuple[Source, ...]) -> None:
    inside = _add(thing, "event:SourceCharacteristics") if sources else thing
    for source in sources:
        one = _add(inside, "event:Source")
        _given(one, "event:Sealed", source.sealed)
        _given(one, "event:Shielded", source.shielded)
        nuclide = _add(_add(one, "event:Nuclides"), "event:Nuclide")
        _nuclide(nuclide, "event", source.nuclide)
        if source.activity_bq is not None:
            _add(nuclide, "event:Activity", source.activity_bq, Unit="Bq")
        _given(nuclide, "event:ReferenceDateAndTime", None if source.on is None else _time(source.on))
        if source.description:
            _free(one, "event:Description", ((None, source.description),))


def _nuclide(at: etree._Element, prefix: str, nuclide: str) -> None:
    listed = nuclide in coding.nuclides()
    _add(at, f"{prefix}:{'Nuclide' if listed else 'NuclideDescription'}", nuclide)


def _release(root: etree._Element, report: Report) -> None:
    if report.release is None:
        return
    occurrence = _add(_section(root, "release:Release", report), "release:ReleaseOccurrence")
    actual = _add(occurrence, "release:ActualRelease")
    _add(actual, "release:Occurrence", report.release.actual)
    if report.release.future is None:
        _given(actual, "release:Compartment", report.release.compartment)
        return
    future = _add(occurrence, "release:FutureRelease")
    _add(future, "release:Occurrence", report.release.future)
    _given(future, "release:Compartment", report.release.compartment)


def _weather(at: etree._Element, weather: Weather) -> None:
    _location(at, weather.location)
    _add(_add(at, "meteo:ValidForPeriod"), "meteo:StartTime", _time(weather.begins))
    for name, value, unit in (
        ("Temperature", weather.temperature_k, "Kelvin"),
        ("WindSpeed", weather.wind_speed_m_s, "m/s"),
        ("WindDirection", weather.wind_from_deg, "DegreesFromNorth"),
        ("Pressure", weather.pressure_hpa, "hPa"),
        ("RelativeHumidity", weather.humidity_percent, "%"),
    ):
        if value is not None:
            _add(at, f"meteo:{name}", value if isinstance(value, str) else number(value), Unit=unit)
    _given(at, "meteo:PasquillStabilityClass", weather.stability)


def _consequences(root: etree._Element, report: Report) -> None:
    if not report.casualties:
        return
    numbers = _add(_section(root, "cons:Consequences", report), "cons:NumbersOfCasualties")
    for what, count in report.casualties:
        one = _add(numbers, "cons:NumberOfCasualties")
        _add(one, "cons:CasualtyType" if what in _CASUALTIES else "cons:CasualtyTypeDescription", what)
        _add(one, "cons:Number", str(count))


def _actions(root: etree._Element, report: Report) -> None:
    if not report.actions:
        return
    actions = _add(_section(root, "resp:ResponseActions", report), "resp:ProtectiveActions")
    _add(actions, "resp:ProtectiveActionsTakenOrPlanned", "Yes")
    for what, status in report.actions:
        one = _add(actions, "resp:ProtectiveAction")
        _add(one, "resp:TypeOfAction", what)
        _add(one, "resp:Status", status)


def _measurements(root: etree._Element, report: Report) -> None:
    if not report.samples and not report.dose_rates:
        return
    at = _section(root, "meas:Measurements", report)
    for sample in report.samples:
        _sample(_add(at, "meas:Sample"), sample)
    for rate in report.dose_rates:
        _dose_rate(_add(at, "meas:DoseRate"), rate)


def _sample(at: etree._Element, sample: Sample) -> None:
    _given(at, "meas:SampleType", sample.type)
    if sample.type is None:
        _add(at, "meas:SampleTypeDescription", sample.type_description or "not stated")
    _period(at, "meas:SamplingPeriod", sample.begins, sample.ends)
    _location(at, sample.location)
    if sample.description:
        _free(at, "meas:Description", ((None, sample.description),))
    one = _add(_add(at, "meas:Measurements"), "meas:Measurement")
    _nuclide(one, "meas", sample.nuclide)
    value = _amount(one, "meas:Value", sample.value)
    if sample.below:
        value.set("Constraint", "LT")
    _uncertainty(one, sample.uncertainty)
    _add(one, "meas:ApparatusType", "Unknown")


def _dose_rate(at: etree._Element, rate: DoseRate) -> None:
    _add(at, "meas:DoseRateType", "Gamma")
    _period(at, "meas:MeasuringPeriod", rate.begins, rate.ends)
    _add(at, "meas:ApparatusTypeDescription" if rate.apparatus else "meas:ApparatusType", rate.apparatus or "Unknown")
    one = _add(_add(at, "meas:Measurements"), "meas:Measurement")
    _location(one, rate.location)
    _amount(one, "meas:Value", rate.value)
    _uncertainty(one, rate.uncertainty)
    if rate.average_over_s is not None:
        _add(one, "meas:Timebase", f"PT{number(rate.average_over_s)}S")
    if rate.background is not None:
        _amount(_add(one, "meas:Background"), "meas:Value", rate.background)
    _given(one, "meas:Validated", rate.validated)
    if rate.description:
        _free(one, "meas:Description", ((None, rate.description),))


def _uncertainty(at: etree._Element, amount: Amount | None) -> None:
    if amount is not None:
        _amount(at, "meas:Uncertainty", amount).set("Type", "SD")


def _amount(at: etree._Element, name: str, amount: Amount) -> etree._Element:
    return _add(at, name, written(amount.value), Unit=amount.unit)


def _period(at: etree._Element, name: str, begins: datetime, ends: datetime) -> None:
    period = _add(at, name)
    _add(period, "meas:StartTime", _time(begins))
    _add(period, "meas:EndTime", _time(ends))


def _location(at: etree._Element, location: Location) -> None:
    here = _add(at, "loc:Location")
    _given(here, "loc:Name", location.name)
    if location.lat is not None and location.lon is not None:
        point = _add(here, "loc:GeographicCoordinates")
        _add(point, "loc:Latitude", number(location.lat))
        _add(point, "loc:Longitude", number(location.lon))
        if location.height_m is not None:
            _add(point, "loc:Height", number(location.height_m), Above="Land", Unit="m")
    _given(here, "loc:AdministrativeUnit", location.region)
    _given(here, "loc:Country", location.country)
    if location.exact is not None:
        _add(here, "loc:AccuracyType", "Exact Location" if location.exact else "Reference of Region")


def _free(at: etree._Element, name: str, texts: tuple[tuple[str | None, str], ...]) -> None:
    """Write text with its languages, a paragraph of XHTML each."""
    inside = _add(at, name) if texts else at
    for lang, text in texts:
        paragraph = etree.SubElement(inside, f"{{{_XHTML}}}p")
        paragraph.text = writable(text)
        if lang is not None:
            paragraph.set(_LANGUAGE, lang)


def _section(root: etree._Element, name: str, report: Report) -> etree._Element:
    return _add(root, name, ValidAt=_time(report.valid_at or report.created))


def _given(at: etree._Element, name: str, text: str | None) -> None:
    if text:
        _add(at, name, text)


def _add(at: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    prefix, _, local = name.partition(":")
    made = etree.SubElement(at, f"{{{_NAMESPACES[prefix]}}}{local}", attributes)
    if text is not None:
        made.text = writable(text)
    return made


def _time(moment: datetime) -> str:
    """Write a time as IRIX alone allows it: UTC with `Z`, no fraction."""
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"
