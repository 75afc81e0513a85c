"""Reading what was measured: dose rates, and activities in samples; each in a unit of IRIX, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.formats.faults import said
from cbrn_schemas.formats.irix.model import DoseRate, Sample
from cbrn_schemas.formats.irix.parts import location_in, moment_of, paragraphs, seconds_of
from cbrn_schemas.formats.irix.units import Amount, amount_of
from cbrn_schemas.formats.tree import Found, children, first, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from lxml import etree

    from cbrn_schemas.formats.irix.model import Location

_NUCLIDES = ("Nuclide", "NuclideCombination", "NuclideList", "NuclideDescription")


def measured(root: etree._Element, places: Mapping[str, Location], found: Found) -> tuple[list[DoseRate], list[Sample]]:
    """Read the section of measurements; one whose value cannot be read is left out, with a fault."""
    rates = [rate for each in children(root, "Measurements", "DoseRate") for rate in _dose_rates(each, places, found)]
    samples = [sample for each in children(root, "Measurements", "Sample") for sample in _samples(each, places, found)]
    return rates, samples


def _dose_rates(at: etree._Element, places: Mapping[str, Location], found: Found) -> Iterator[DoseRate]:
    period = _period(at, "MeasuringPeriod", found)
    if period is None:
        return
    for each in children(at, "Measurements", "Measurement"):
        value = _amount(each, "Value", found)
        if value is None:
            continue
        background = next(iter(children(each, "Background")), None)
        yield DoseRate(
            location=location_in(each, places),
            value=value,
            begins=period[0],
            ends=period[1],
            uncertainty=_uncertainty(each),
            background=None if background is None else _amount(background, "Value", found),
            average_over_s=seconds_of(first(each, "Timebase")),
            validated=first(each, "Validated"),
            apparatus=first(at, "ApparatusTypeDescription") or first(at, "ApparatusType"),
            description="; ".join(text for one in children(each, "Description") for _, text in paragraphs(one)) or None,
        )


def _samples(at: etree._Element, places: Mapping[str, Location], found: Found) -> Iterator[Sample]:
    period = _period(at, "SamplingPeriod", found)
    if period is None:
        return
    for each in children(at, "Measurements", "Measurement"):
        value = _amount(each, "Value", found)
        nuclide = next((name for kind in _NUCLIDES if (name := first(each, kind))), None)
        if nuclide is None:
            found.add("missing", "the measurement names no nuclide", "Give Nuclide or NuclideDescription.", each)
        if value is None or nuclide is None:
            continue
        yield Sample(
            location=location_in(at, places),
            nuclide=nuclide,
            value=value,
            begins=period[0],
            ends=period[1],
            type=first(at, "SampleType"),
            type_description=first(at, "SampleTypeDescription"),
            below=children(each, "Value")[0].get("Constraint") == "LT",
            uncertainty=_uncertainty(each),
            description="; ".join(text for one in children(at, "Description") for _, text in paragraphs(one)) or None,
        )


def _period(at: etree._Element, name: str, found: Found) -> tuple[datetime, datetime] | None:
    for each in children(at, name)[:1]:
        begins, ends = moment_of(each, "StartTime", found), moment_of(each, "EndTime", found)
        return None if begins is None or ends is None else (begins, ends)
    found.add("missing", f"{name} is missing", f"Give {name}: when it was measured.", at)
    return None


def _amount(parent: etree._Element, name: str, found: Found) -> Amount | None:
    text = found.wanted(parent, name)
    if not text:
        return None
    at = children(parent, name)[0]
    unit = at.get("Unit", "")
    read = amount_of(text, unit)
    if read is None:
        hint = "Write a number and one of IRIX's units: dose rates in Sv/s or Gy/s."
        found.add("amount", f"{said(text)} {said(unit)} is no amount", hint, at)
        return None
    amount, of_the_list = read
    if not of_the_list:
        hint = f"IRIX writes it as {amount.value} {amount.unit}."
        found.add("unit", f"the unit {said(unit)} is not of IRIX's list; converted", hint, at, warning=True)
    return amount


def _uncertainty(parent: etree._Element) -> Amount | None:
    """Read an uncertainty that is an amount; percentages and the like are passed over."""
    for each in children(parent, "Uncertainty")[:1]:
        read = amount_of(text_of(each), each.get("Unit", "")) if each.get("Type") in {None, "SD", "SE", "SEm"} else None
        return None if read is None else read[0]
    return None
