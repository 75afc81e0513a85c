"""What an alert of ours says: to whom, what kind of message, which danger, where, and in whose words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.builders.cap import EARLIER, SENT
from tests.builders.golden import event

from cbrn_routing.jurisdiction.outlines import polygons, polygons_of
from cbrn_schemas.catalogue.places import districts
from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.formats.cap.checking import check
from cbrn_schemas.formats.cap.coding import codings
from cbrn_schemas.formats.cap.documents import Message, document
from cbrn_schemas.formats.cap.from_event import alert_of, sender_of
from cbrn_schemas.formats.cap.geometry import Budget, read_polygon
from cbrn_schemas.formats.cap.grammar import VALUES
from cbrn_schemas.formats.cap.model import CapAlert, Circle, Info, Pair
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.faults import FormatError

KIND = "chemical-release"


def alert(kind: str = KIND, given: dict[str, Any] | None = None, **options: Any) -> CapAlert:
    made = event(kind, **(given or {}))
    found = alert_of(made, **{"identifier": "mes.1", "sender": sender_of(made.body), "sent": SENT} | options)
    assert not [fault for fault in check(write(found)) if fault.severity == "error"]
    return found


def in_english(found: CapAlert) -> Info:
    return next(info for info in found.infos if info.language == "en-US")


@pytest.mark.parametrize(
    ("tlp", "addresses", "scope", "restriction"),
    [
        ("CLEAR", (), "Public", None),
        ("CLEAR", ("kz",), "Public", None),
        ("GREEN", (), "Restricted", "TLP:GREEN"),
        ("GREEN", ("kz",), "Restricted", "TLP:GREEN"),
        ("AMBER", ("kz",), "Private", None),
        ("AMBER", (), "Restricted", "TLP:AMBER"),
        ("AMBER+STRICT", ("kz", "Duty desk"), "Private", None),
        ("RED", ("kz",), "Private", None),
        ("RED", (), "Restricted", "TLP:RED"),
    ],
)
def test_the_traffic_light_decides_who_may_read(tlp, addresses, scope, restriction):
    """CAP's scope says it to programs that know no TLP."""
    found = alert(given={"tlp": tlp}, addresses=addresses)
    assert (found.scope, found.restriction, read(write(found)).addresses) == (scope, restriction, addresses)


def test_whoever_releases_may_say_it_otherwise():
    """An agreement has words of its own."""
    until = SENT + timedelta(days=1)
    found = alert(given={"tlp": "CLEAR"}, scope="Restricted", restriction="agreement kz-1", expires=until)
    assert (found.scope, found.restriction) == ("Restricted", "agreement kz-1")
    assert {info.expires for info in found.infos} == {until}


@pytest.mark.parametrize(("status", "notes"), [("Actual", None), ("Exercise", "Учение"), ("Test", "Проверка связи")])
def test_what_is_not_real_says_so_in_three_languages(status, notes):
    """An exercise that is taken for real closes a border."""
    found = alert(given={"status": status})
    assert found.status == status
    assert (found.note is None) if notes is None else (notes in (found.note or "") and found.note.count("/") == 2)


def test_an_update_names_every_earlier_message():
    """Readers take back what was told before, all of it."""
    earlier = (EARLIER, alert().reference)
    found = alert(given={"message_type": "Update"}, references=earlier, identifier="mes.2")
    assert found.msg_type == "Update"
    assert b"<references>mes@cbrn.kg,mes.0,2026-03-11T03:00:00-00:00 mes@cbrn.kg,mes.1,2026-03-11T03:40:00-00:00</" in (
        write(found)
    )


def test_the_first_that_a_reader_gets_is_an_alert():
    """An update of what a partner was never told updates nothing; a cancellation of it is not to be sent."""
    assert alert(given={"message_type": "Update"}).msg_type == "Alert"
    with pytest.raises(FormatError, match="references-missing"):
        alert(given={"message_type": "Cancel"})


def test_a_cancellation_gives_the_all_clear():
    """CAP's word for it; what was asked of people no longer is."""
    found = alert(given={"message_type": "Cancel"}, references=(EARLIER,))
    assert {info.response_types for info in found.infos} == {("AllClear",)}


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_kind_has_its_codes(kind):
    """From the closed lists of CAP, and from the 21 event terms about such dangers."""
    coding = codings()[kind]
    assert coding.categories[0] == "CBRNE"
    assert len(coding.categories) > 1
    assert set(coding.categories) <= set(VALUES["category"])
    assert coding.response_types
    assert set(coding.response_types) <= set(VALUES["responseType"])
    assert coding.codes(["chemical", "biological"])


def test_all_hazards_of_an_event_are_coded():
    """A lorry with poison and a source is both."""
    found = alert(given={"further_hazards": ["radiological"]})
    assert [code.value for code in found.infos[0].event_codes if code.name == "OET:v1.2"] == [
        *("OET-197", "OET-037", "OET-154"),
    ]


def test_texts_that_nobody_wrote_are_made_of_the_catalogues_words():
    """Whoever reads Kyrgyz alone knows what it is, how bad, and where; an instruction is never made up."""
    texts = {"ru": {"headline": "Утечка", "instruction": "Закройте окна"}}
    ky, ru, en = alert(given={"texts": texts}).infos
    assert (ru.headline, ru.instruction) == ("Утечка", "Закройте окна")
    assert "Chlorine, CAS 7782-50-5" in (ru.description or "")
    assert en.headline == "Chemical release: Kara-Balta, water treatment station; Jayyl district"
    assert en.instruction == "Instruction (Russian): Закройте окна"
    assert (ky.headline or "").startswith("Химиялык заттын бөлүнүп чыгышы")
    assert in_english(alert(given={"texts": {"ru": {"headline": "Утечка"}}})).instruction is None


def test_no_machine_writes_another_document_for_its_own_clock(monkeypatch):
    """What is shown before a release is, byte for byte, what is released elsewhere."""
    given = {"texts": {"ru": {"headline": "Наблюдение"}}, "until": "2026-11-28T21:30:00Z"}
    made = event("hazard-watch", **given)
    assert "29.11.2026 03:30 +06" in document(Message("mes.1", made)).decode()


@pytest.mark.parametrize(
    ("where", "zone", "circle"),
    [
        ({"point": {"lat": 42.811, "lon": 73.845}}, None, Circle(42.811, 73.845, 0.1)),
        ({"point": {"lat": 42.811, "lon": 73.845, "accuracy_m": 200}}, None, Circle(42.811, 73.845, 0.2)),
        ({"point": {"lat": 42.811, "lon": 73.845}}, {"hazard_radius_m": 1500}, Circle(42.811, 73.845, 1.5)),
        ({"point": {"lat": 42.811, "lon": 73.845}}, {"cordon_m": 300, "persons": 5}, Circle(42.811, 73.845, 0.3)),
    ],
)
def test_a_point_becomes_a_circle_in_kilometres(where, zone, circle):
    """As wide as the zone, else as the position is uncertain."""
    found = alert(given={"where": where, "zone": zone})
    assert in_english(found).areas[0].circles == (circle,)
    assert read(write(found)).infos == found.infos


def test_a_place_has_the_codes_of_its_districts_and_regions():
    """By SOATE for us, by ISO 3166-2 for everybody."""
    where = {"district": "41708209", "further_districts": ["41703430", "41799999"]}
    area = in_english(alert(given={"where": where})).areas[0]
    assert area.geocodes == (
        *(Pair("SOATE", code) for code in ("41708209", "41703430", "41799999")),
        *(Pair("ISO 3166-2", code) for code in ("KG-C", "KG-J")),
    )
    assert area.desc == f"Jayyl district; {districts()['41703430'].names.en}; 41799999"


def test_a_site_whose_position_nobody_surveyed_says_so():
    """It is never shown as if it were exact."""
    area = in_english(alert("tailings-failure", given={"where": {"site": "F16"}})).areas[0]
    assert "own estimate" in area.desc
    assert area.circles[0].radius_km >= 1
    assert area.geocodes


@pytest.mark.parametrize("code", ["41708209", "41711", "41703"])
def test_a_district_is_drawn_where_its_outline_is_at_hand(code):
    """A reader that knows no SOATE sees it on the map."""
    made = alert(given={"where": {"district": code}}, outline=polygons_of)
    area = in_english(made).areas[0]
    assert area.polygons or area.circles
    assert read(write(made)).infos[0].areas[0].polygons == area.polygons


def test_every_outline_stands_the_rules():
    """Closed, on the globe, and crossing itself nowhere: no reader refuses it."""
    assert len(polygons()) > 45
    for drawn in polygons().values():
        for polygon in drawn:
            text = " ".join(f"{lat},{lon}" for lat, lon in polygon)
            assert read_polygon(text, Budget()) == (polygon, [])


def test_what_a_document_names_was_reported_before_it():
    """In the order of time; a later report is not an earlier message."""
    made = [
        Message(f"mes.{place}", event(KIND, message_type="Update", reported=f"2026-03-11T0{place}:00:00Z"))
        for place in (4, 5, 6)
    ]
    found = read(document(made[1], made))
    assert [one.identifier for one in found.references] == ["mes.4"]
    assert found.sent == datetime(2026, 3, 11, 5, tzinfo=UTC)
    assert read(document(made[0], made)).msg_type == "Alert"


def test_times_are_in_caps_own_form():
    """No fraction, no Z; the exact time travels beside it."""
    given = {"observed": "2026-03-11T09:40:00.123456+06:00", "reported": "2026-03-11T09:52:00+06:00"}
    text = write(alert(given=given, sent=SENT + timedelta(microseconds=5))).decode()
    assert "<onset>2026-03-11T03:40:00-00:00</onset>" in text
    assert "<sent>2026-03-11T03:40:00-00:00</sent>" in text
    assert '<value>"2026-03-11T03:40:00.123456Z"</value>' in text
    assert text.count("2026-03-11T03:52:00") == 3


def test_nothing_that_a_terminal_obeys_stands_in_a_document_as_it_is():
    """`cbrn cap show` prints it byte for byte."""
    text = write(alert(given={"contact": "112 \x9b31m \u202eabc"}))
    assert "\x9b".encode() not in text
    assert b"&#155;31m &#8238;abc" in text
    assert read(text).infos[0].contact == "112 \x9b31m \u202eabc"
