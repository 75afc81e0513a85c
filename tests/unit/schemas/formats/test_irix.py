"""Reports say of an event what IRIX has a place for, exactly; and read those of others."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.signatories import AT

from cbrn_schemas.catalogue.units import SCALES
from cbrn_schemas.contracts.template import example
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.formats import irix
from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.formats.irix.units import amount_of, carried, to_irix, written

if TYPE_CHECKING:
    from cbrn_schemas.catalogue.units import Quantity

CARRIED = [(quantity, unit) for quantity, scale in SCALES.items() for unit in scale.units if carried(quantity, unit)]


def report(kind: str, **changed: Any) -> irix.Report:
    """The report of a kind's example."""
    event = parse_event(msgspec.json.encode(example(kind) | changed))
    return irix.report_of(event, event_id=f"id-{kind}", created=AT)


@given(st.sampled_from(CARRIED), st.just(0.0) | st.floats(min_value=1e-40, max_value=1e12))
def test_a_value_comes_back_as_it_was(unit: tuple[Quantity, str], value: float) -> None:
    """To 15 digits, which is more than any instrument shows, through the text of a document."""
    value = float(f"{value:.12g}")
    amount = to_irix(value, *unit)
    assert amount is not None
    read = amount_of(written(amount.value), amount.unit)
    assert read == (amount, True)
    assert float(f"{amount.value / to_irix(1.0, *unit).value:.12g}") == value  # type: ignore[union-attr] # it is carried


@pytest.mark.parametrize(("quantity", "unit"), CARRIED)
def test_factors_are_those_of_the_catalogue(quantity: Quantity, unit: str) -> None:
    """Two tables of one thing: they must not part."""
    base = SCALES[quantity].base
    one, of_base = to_irix(1.0, quantity, unit), to_irix(1.0, quantity, base)
    assert one is not None
    assert of_base is not None
    per_litre = 1000 if one.unit == "Bq/l" else 1
    ratio = float(one.value / of_base.value) * per_litre
    assert ratio == pytest.approx(SCALES[quantity].units[unit].factor, rel=1e-12)


def test_a_dose_rate_is_per_second() -> None:
    """IRIX refuses Sv/h: 0.12 uSv/h is 3.33E-11 Sv/s, and 0.12 again for whoever multiplies."""
    amount = to_irix(0.12, "ambient-dose-equivalent-rate", "uSv/h")
    assert amount is not None
    assert (written(amount.value), amount.unit) == ("3.3333333333333333E-11", "Sv/s")
    assert round(amount.value * 3600 * 10**6, 15) == Decimal("0.12")
    assert to_irix(20.0, "exposure-rate", "uR/h") is None


@pytest.mark.parametrize("text", ["", "NaN", "INF", "1E999999999", "1" * 65, "0x1", "1,5"])
def test_what_is_no_amount_is_none(text: str) -> None:
    """Three characters can be a number of a billion digits."""
    assert amount_of(text, "Sv/s") is None


def test_the_uuid_is_valid_and_always_the_same() -> None:
    """Of version 4, which IRIX demands; a report that is written twice is one report."""
    assert UUID(irix.uuid_of("a")).version == 4
    assert UUID(irix.uuid_of("a")).variant == "specified in RFC 4122"
    assert irix.uuid_of("a") == irix.uuid_of("a") != irix.uuid_of("b")


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_each_report_comes_back(kind: str) -> None:
    """For every kind that may be radiological or nuclear; others are refused with the way that there is."""
    data = example(kind)
    if data["hazard"] not in irix.HAZARDS:
        with pytest.raises(FormatError, match="no matter of IRIX"):
            report(kind)
        return
    made = report(kind)
    document = irix.write(made)
    back = irix.read(document)
    assert not back.faults
    for name in ("uuid", "organisation", "created", "context", "confidentiality", "events", "dose_rates", "release"):
        assert getattr(back, name) == getattr(made, name), name
    assert [(one.nuclide, one.value) for one in back.samples] == [(one.nuclide, one.value) for one in made.samples]
    assert re.search(rb"T\d\d:\d\d:\d\d(?!Z)", document) is None


def test_what_happened_stands_in_its_elements() -> None:
    """Codes, not words, where IRIX has them."""
    back = irix.read(irix.write(report("lost-source")))
    assert back.event is not None
    assert (back.event.type, back.event.ines) == ("Missing Dangerous Source", "INES-2")
    (source,) = back.event.sources
    assert (source.nuclide, source.activity_bq, source.sealed) == ("Ir-192", "1500000000000.0", "Yes")
    assert ("ru", "Пропал дефектоскоп с источником излучения") in back.event.texts


def test_an_emergency_at_a_facility_says_class_release_wind_and_actions() -> None:
    """The fifth class of GSR Part 7 has no code there, and stands in words."""
    back = irix.read(irix.write(report("facility-emergency", hazard="nuclear", release="likely")))
    assert back.event is not None
    assert (back.event.type, back.event.emergency_class) == ("Nuclear Installation Event", "Facility Emergency")
    assert back.release is not None
    assert (back.release.actual, back.release.future) == ("Unknown", "Likely to Occur")
    assert back.release.compartment == "Water"
    assert back.weather is not None
    assert (back.weather.wind_from_deg, back.weather.wind_speed_m_s) == (310, 3.1)
    assert ("Access Restrictions", "Ordered") in back.actions
    fifth = irix.read(irix.write(report("facility-emergency", hazard="nuclear", emergency_class="other"))).event
    assert fifth is not None
    assert (fifth.emergency_class, fifth.emergency_class_described is not None) == (None, True)


def test_updates_follow_and_cancellations_revoke() -> None:
    """By the UUID that the earlier event's report has."""
    update = report("orphan-source", message_type="Update", references=["first", "second"])
    cancel = report("orphan-source", message_type="Cancel", references=["first"])
    assert (update.follows, update.revokes) == (irix.uuid_of("second"), None)
    assert (cancel.follows, cancel.revokes) == (None, irix.uuid_of("first"))


def test_status_and_tlp_decide_context_and_confidentiality() -> None:
    """An exercise says so, and RED is for those alone to whom it is addressed."""
    found = report("orphan-source", status="Exercise", tlp="RED")
    assert (found.context, found.confidentiality) == ("Exercise", "For Addressees Use Only")
    assert report("gamma-dose-rate", tlp="CLEAR").context == "Routine"


def test_what_was_not_detected_is_below_its_limit() -> None:
    """A value below the limit is no value."""
    low = {
        "quantity": "activity-per-volume",
        "value": 0.01,
        "unit": "Bq/L",
        "nuclide": "Cs-137",
        "detection_limit": 0.05,
    }
    (sample,) = irix.read(irix.write(report("activity-concentration", measurements=[low]))).samples
    assert (sample.below, sample.value, sample.type) == (True, (Decimal("0.05"), "Bq/l"), "A211")


def test_hours_are_taken_with_a_warning() -> None:
    """Both public generators of reports write Sv/h."""
    document = irix.write(report("gamma-dose-rate"))
    hours = re.sub(rb'<meas:Value Unit="Sv/s">[^<]*', b'<meas:Value Unit="uSv/h">0.23', document, count=1)
    back = irix.read(hours)
    assert [fault.rule for fault in back.faults] == ["irix-unit"]
    assert back.dose_rates[0].value == to_irix(0.23, "ambient-dose-equivalent-rate", "uSv/h")


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (rb"<id:ReportUUID>[^<]*", b"<id:ReportUUID>7", "irix-uuid"),
        (rb"<id:ReportContext>[^<]*", b"<id:ReportContext>Drill", "irix-value"),
        (rb"<id:DateAndTimeOfCreation>[^<]*", b"<id:DateAndTimeOfCreation>now", "irix-time"),
        (rb'Unit="Sv/s"', b'Unit="mrem"', "irix-amount"),
        (rb"2012/IRIX/Format\"", b'2011/IRIX"', "irix-root"),
        (rb"(?s)<id:Identification>.*</id:Identification>", b"", "irix-missing"),
    ],
)
def test_each_fault_has_its_line_and_remedy(old: bytes, new: bytes, rule: str) -> None:
    """The engineer at the other end is told where, and what to do."""
    with pytest.raises(FormatError) as caught:
        irix.read(re.sub(old, new, irix.write(report("gamma-dose-rate"))))
    assert rule in {fault.rule for fault in caught.value.faults}
    assert all(fault.line and fault.hint for fault in caught.value.faults)


def test_places_may_stand_in_their_own_section() -> None:
    """Many stations are named once, and referred to."""
    document = irix.write(report("gamma-dose-rate"))
    place = re.search(rb"(?s)<loc:Location>.*?</loc:Location>", document)
    assert place is not None
    named = place[0].replace(b"<loc:Location>", b'<loc:Location id="s1">')
    apart = document.replace(place[0], b'<loc:Location ref="s1"/>')
    apart = apart.replace(
        b"</meas:Measurements>\n  <annex",
        b"</meas:Measurements><loc:Locations>" + named + b"</loc:Locations>\n  <annex",
    )
    assert irix.read(apart).dose_rates[0].location == irix.read(document).dose_rates[0].location
