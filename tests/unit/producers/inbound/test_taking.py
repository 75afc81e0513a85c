"""A partner's document taken in: an event, left alone, or refused, each with its reason."""

from datetime import timedelta

import pytest
from tests.builders.golden import EXAMPLES
from tests.builders.partner_documents import (
    AMMONIA,
    NOW,
    SENT,
    TARAZ,
    alert,
    arrived,
    event,
    identity,
    info,
    intake,
    signed,
    taken,
)

from cbrn_producers.inbound.hazards import Meaning
from cbrn_producers.inbound.mapping import event_id
from cbrn_producers.inbound.taking import Kept, Refused, Said, take
from cbrn_schemas.errors import Reason
from cbrn_schemas.events import parse_event
from cbrn_schemas.formats import edxl
from cbrn_schemas.formats.cap.from_event import alert_of
from cbrn_schemas.formats.cap.model import Area, Circle, Info, Pair, Reference
from cbrn_schemas.formats.cap.writing import write
from cbrn_schemas.formats.signature import Trusted
from cbrn_schemas.topics import Realm


def refusal(*given, **terms):
    outcome = taken(*given, **terms)
    assert isinstance(outcome, Refused), outcome
    return outcome.error


def test_an_alert_becomes_an_event_of_the_partner_in_its_own_words():
    """The officer reads what Kazakhstan wrote, and sees that it was Kazakhstan."""
    said = event(alert())
    assert (said["body"], said["kind"], said["hazard"], said["severity"]) == (
        "kz",
        "foreign-alert",
        "chemical",
        "Severe",
    )
    assert said["texts"]["ru"]["headline"] == "Выброс аммиака в Таразе"
    assert said["where"]["point"] == {"lat": 42.9, "lon": 71.37, "accuracy_m": 6000.0}
    assert (said["origin"], said["tlp"]) == ("KZ", "CLEAR")
    assert said["original"]["sender"] == "alerts@emer.example"
    assert said["original"]["signature"] == {"state": "absent"}


def test_the_same_message_has_the_same_id_however_often_it_comes():
    """Two feeds carry one alert."""
    outcomes = [taken(alert()), taken(write(alert()).replace(b"\n", b"\n\n", 1))]
    assert {each.record.id for each in outcomes} == {outcomes[0].record.id}
    again = intake()
    again.memory.said("kz", outcomes[0].record.id, "kz:x")
    assert taken(alert(), again).why == "known"


def test_an_update_belongs_to_the_situation_of_the_message_that_it_names():
    """Whoever was told of the leak is told of its end, in one line of the inbox."""
    first = taken(alert())
    reference = Reference("alerts@emer.example", "urn:oid:2.49.0.0.398.0.1", SENT)
    known = intake()
    known.memory.said("kz", first.record.id, first.situation)
    update = alert(identifier="2", msg_type="Update", references=(reference,), sent=SENT + timedelta(minutes=5))
    told = taken(update, known)
    assert told.situation == first.situation
    assert f'"{first.record.id}"'.encode() in told.record.value
    # The first one was never heard of: its name is the same all the same.
    assert taken(update).situation == first.situation


def test_each_partner_has_situations_of_its_own():
    """An alert that two partners hand on, or one that names its messages as another does, cancels nothing of that."""
    kz, uz = intake(), intake(partner="uz")
    told = [take(arrived(write(alert()), partner=each), at, NOW)[0] for each, at in (("kz", kz), ("uz", uz))]
    assert [each.situation.partition(":")[0] for each in told] == ["kz", "uz"]


def test_a_chain_of_updates_stays_one_situation_though_each_names_the_last_alone():
    """Real feeds seldom name all former messages."""
    at, situations, before = intake(), set(), None
    for number in range(4):
        sent = SENT + timedelta(minutes=number)
        references = () if before is None else (before,)
        kind = "Alert" if before is None else "Update"
        told = taken(alert(identifier=f"n{number}", msg_type=kind, references=references, sent=sent), at)
        at.memory.said("kz", told.record.id, told.situation)
        situations.add(told.situation)
        before = Reference("alerts@emer.example", f"n{number}", sent)
    assert len(situations) == 1


def test_weather_is_kept_and_not_routed():
    """Partners' feeds are mostly rain and wind."""
    outcome = taken(alert(info(categories=("Met",), event="Дождь", event_codes=(Pair("OET:v1.2", "OET-179"),))))
    assert isinstance(outcome, Kept)
    assert outcome.why == "not-cbrn"
    assert "Дождь" in outcome.message


def test_what_is_said_to_be_cbrne_and_no_more_is_told_to_all_whom_one_of_them_concerns():
    """A category names no letter of it."""
    said = event(alert(info(event_codes=())))
    assert said["identified"] is False


def test_a_partners_own_code_is_learnt_from_the_file():
    """KZSTD and its like are in no list of the standard."""
    own = (Meaning("HMCEVE", "B7", "biological", concerns=("animals",)),)
    strange = alert(info(categories=("Health",), event_codes=(Pair("HMCEVE", "B7"),)))
    assert isinstance(taken(strange), Kept)
    said = event(strange, meanings=own)
    assert (said["hazard"], said["concerns"]) == ("biological", ["animals"])


@pytest.mark.parametrize(
    ("status", "realm", "why"),
    [
        ("Exercise", Realm.REAL, "other-realm"),
        ("Actual", Realm.EXERCISE, "other-realm"),
        ("Test", Realm.REAL, "status-test"),
        ("System", Realm.REAL, "status-system"),
        ("Draft", Realm.REAL, "status-draft"),
    ],
)
def test_exercises_and_tests_never_meet_what_is_real(status, realm, why):
    """An exercise abroad must not wake a ministry here."""
    note = {"note": "УЧЕНИЕ"} if status == "Exercise" else {}
    assert taken(alert(status=status, **note), intake(realm=realm)).why == why


def test_an_exercise_is_an_exercise_in_its_own_realm():
    """There it is routed like everything else."""
    outcome = taken(alert(status="Exercise", note="УЧЕНИЕ"), intake(realm=Realm.EXERCISE))
    assert parse_event(outcome.record.value).status == "Exercise"
    assert outcome.record.topic == "cbrn-exercise.from.kz.incidents"


def test_an_area_that_covers_ground_of_ours_is_a_place_of_ours_with_its_districts():
    """From there on it is routed as what happens at home."""
    talas = Area(desc="Талас", polygons=(((42.4, 71.9), (42.4, 72.6), (42.7, 72.6), (42.7, 71.9), (42.4, 71.9)),))
    said = event(alert(info(areas=(talas,))))
    assert said["where"]["point"]["lat"] == pytest.approx(42.5, abs=0.2)
    assert any(code.startswith("41707") for code in said["where"]["further_districts"])
    assert said["origin"] == "KZ"


def test_districts_of_ours_are_known_by_their_codes():
    """A partner that knows SOATE says exactly whom it means."""
    area = Area(desc="Талас", geocodes=(Pair("SOATE", "41707215"), Pair("ISO 3166-2", "KG-T")))
    where = event(alert(info(areas=(area,))))["where"]
    assert where["district"] == "41707215"


def test_a_place_that_nobody_can_draw_is_not_invented():
    """It is routed by its origin, with the doubt that its place is not known."""
    said = event(alert(info(areas=(Area(desc="Жамбылская область", geocodes=(Pair("KZSTD", "31"),)),))))
    assert said["where"] == {"site": "KZ", "description": "Жамбылская область"}
    assert said["origin"] == "KZ"


def test_one_that_has_ended_is_told_and_said():
    """A late alarm is an alarm; whoever reads the log knows why nothing is done."""
    outcome = taken(alert(info(expires=NOW - timedelta(hours=1))))
    assert isinstance(outcome, Said)
    assert any("it ended at" in each for each in outcome.remarks)


def test_words_in_a_language_that_officers_do_not_read_stand_beside_a_headline_that_says_whose_they_are():
    """Kazakh, Uzbek, Tajik and Chinese are not translated by a machine here."""
    said = event(alert(info(language="kk-KZ", headline="Аммиак", description="Бұлт")))
    assert set(said["texts"]) == {"ky", "ru", "en"}
    assert "Kazakhstan" in said["texts"]["en"]["headline"]
    assert said["said"][0]["headline"] == "Аммиак"


def test_what_is_larger_than_an_event_is_made_simpler_and_the_original_named():
    """450 kB of polygons do not fit 64 KiB."""
    ring = tuple((42.0 + number / 1000, 70.0 + (number % 7) / 100) for number in range(400))
    areas = tuple(Area(desc=f"a{number}", polygons=((*ring, ring[0]),)) for number in range(40))
    outcome = taken(alert(info(areas=areas, description="слово " * 2000)))
    assert isinstance(outcome, Said)
    assert len(outcome.record.value) < 65_536


def test_a_partner_that_runs_this_same_bus_sends_the_event_itself():
    """Nothing is lost between two of ours; only whose it is changes, and under whose name it stands."""
    ours = parse_event((EXAMPLES / "chemical-release.json").read_bytes())
    document = alert_of(ours, identifier="0197-ab", sender="mes@cbrn.kz", sent=SENT)
    outcome = taken(document)
    back = parse_event(outcome.record.value)
    assert outcome.record.id == event_id("mes@cbrn.kz", "0197-ab", "2026-05-11T02:31:00-00:00")
    assert back == ours.model_copy(update={"body": "kz", "situation": f"kz:{ours.situation}"})


def test_an_unsigned_document_of_a_partner_who_signs_is_set_aside_until_a_person_lets_it_through():
    """And the person's name stands in the event."""
    _, certificate = identity()
    terms = {"signature": "required", "trusted": Trusted.from_pem(certificate)}
    assert refusal(alert(), **terms).reason is Reason.SIGNATURE_MISSING
    outcome = taken(alert(), released_by="Duty officer Asanov", **terms)
    said = parse_event(outcome.record.value)
    assert said.original.signature.let_through_by == "Duty officer Asanov"
    assert said.original.signature.state == "absent"


def test_a_valid_signature_is_said_with_the_time_at_which_it_was():
    """Certificates of such alerts live for months, and events for years."""
    secret, certificate = identity()
    terms = {"signature": "required", "trusted": Trusted.from_pem(certificate)}
    said = event(signed(alert(), secret, certificate), **terms)["original"]["signature"]
    assert (said["state"], said["algorithm"]) == ("valid", "ecdsa-sha256")
    assert said["signer"] == "CN=alerts.emer.example"
    assert said["verified"].startswith("2026-05-11T03:00:00")


def test_an_altered_document_is_set_aside_whatever_a_person_says():
    """No word makes it right."""
    secret, certificate = identity()
    document = signed(alert(), secret, certificate).replace(b"Severe", b"Minor")
    for terms in ({"signature": "required"}, {}):
        trusted = terms | {"trusted": Trusted.from_pem(certificate)}
        assert refusal(document, **trusted).reason is Reason.SIGNATURE_WRONG
        outcome = taken(document, released_by="Duty officer Asanov", **trusted)
        assert outcome.error.reason is Reason.SIGNATURE_WRONG


def test_a_stranger_s_or_ended_signature_counts_for_nothing_where_one_is_demanded():
    """Each is said by its own name."""
    secret, certificate = identity()
    _, other = identity("somebody.example")
    old_secret, old = identity(ends=NOW - timedelta(days=1))
    stranger = refusal(signed(alert(), secret, certificate), signature="required", trusted=Trusted.from_pem(other))
    ended = refusal(signed(alert(), old_secret, old), signature="required", trusted=Trusted.from_pem(old))
    assert (stranger.reason, ended.reason) == (Reason.SIGNATURE_UNKNOWN, Reason.SIGNATURE_STALE)
    said = event(signed(alert(), secret, certificate), trusted=Trusted.from_pem(other))
    assert said["original"]["signature"]["state"] == "untrusted"


def test_a_sender_that_does_not_speak_for_the_partner_waits_for_a_person():
    """A feed may carry others' alerts."""
    error = refusal(alert(), senders=("emergency@emer.example",))
    assert error.reason is Reason.FOREIGN_SOURCE
    assert isinstance(taken(alert(), released_by="Duty officer Asanov", senders=("x@y",)), Said)


def test_faults_that_leave_the_meaning_plain_wait_for_a_person_where_the_terms_are_strict():
    """A lenient partner's are taken as they are."""
    faulty = write(alert()).replace(b"-00:00", b"+00:00").replace(b"<scope>", b"<references></references><scope>", 0)
    faulty = faulty.replace(b"2026-05-11T02:31:00+00:00", b"2026-05-11T02:31:00Z")
    assert isinstance(taken(faulty), Said)
    error = refusal(faulty, profile="strict")
    assert error.reason is Reason.DOCUMENT_FAULTY
    assert "line" in error.where
    assert isinstance(taken(faulty, released_by="Duty officer Asanov", profile="strict"), Said)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<alert/>",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "ee">]><a>&e;</a>',
        b"<a>" * 200 + b"</a>" * 200,
    ],
    ids=["empty", "no-xml", "no-namespace", "entities", "deep"],
)
def test_what_cannot_be_read_is_set_aside_with_what_is_wrong(data):
    """And no person's release changes that."""
    for released_by in (None, "Duty officer Asanov"):
        outcome = taken(data, released_by=released_by)
        assert outcome.error.reason is Reason.DOCUMENT_UNREADABLE
        assert outcome.error.hint


def test_a_partner_without_terms_is_not_taken_in():
    """Nobody has said whose signatures count."""
    (outcome,) = take(arrived(write(alert()), partner="uz"), intake(), NOW)
    assert outcome.error.reason is Reason.UNKNOWN_BODY


def test_an_envelope_is_opened_and_its_status_holds_for_what_lies_in_it():
    """An exercise is one, whatever lies in it."""
    inner = alert()
    wrapped = edxl.write(edxl.envelope_of(inner, write(inner), tlp="CLEAR"))
    assert isinstance(taken(wrapped), Said)
    exercise = wrapped.replace(b"<distributionStatus>Actual", b"<distributionStatus>Exercise")
    assert exercise != wrapped
    assert taken(exercise).why == "other-realm"


def test_a_signed_alert_in_an_envelope_keeps_its_signature():
    """What was signed is the alert, and the envelope is paper."""
    secret, certificate = identity()
    inner = signed(alert(), secret, certificate)
    wrapped = edxl.write(edxl.envelope_of(alert(), inner, tlp="CLEAR"))
    terms = {"signature": "required", "trusted": Trusted.from_pem(certificate)}
    assert event(wrapped, **terms)["original"]["signature"]["state"] == "valid"
    bare = edxl.write(edxl.envelope_of(alert(), write(alert()), tlp="CLEAR"))
    assert refusal(bare, **terms).reason is Reason.SIGNATURE_MISSING


def test_ids_of_messages_do_not_collide_by_how_they_are_cut():
    """«a,b» + «c» is not «a» + «b,c»."""
    assert event_id("a", "b", "c") != event_id("a\nb", "", "c")


def test_codes_of_animals_and_plants_say_who_suffers():
    """It decides which ministry leads."""
    assert event(alert(info(event_codes=(Pair("OET:v1.2", "OET-013"),))))["concerns"] == ["animals"]
    assert event(alert(info(event_codes=(*AMMONIA, Pair("OET:v1.2", "OET-154")))))["further_hazards"] == [
        "radiological"
    ]


def test_the_gravest_block_speaks_and_areas_of_all_count():
    """A document may hold two dangers."""
    far = Area(desc="Шымкент", circles=(Circle(42.3, 69.6, 3.0),))
    blocks: tuple[Info, ...] = (info(severity="Minor", areas=(TARAZ,)), info(severity="Extreme", areas=(far,)))
    said = event(alert(*blocks))
    assert said["severity"] == "Extreme"
    assert [area["description"] for area in said["areas"]] == ["Тараз", "Шымкент"]
