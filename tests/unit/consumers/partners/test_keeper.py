"""The keeper of partners: nothing leaves but by an agreement or the persons that it names; all is on record."""

import json
from datetime import timedelta

import pytest
from tests.builders.partners import NOW, Desk, copy_of, outbound, topics_of, write_agreement

from cbrn_consumers.partners import State
from cbrn_schemas.events import parse_event
from cbrn_schemas.formats.cap.model import Reference
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.held_alarm import HELD_TYPE, HeldAlarm
from cbrn_schemas.partner_release import Released
from cbrn_schemas.topics import Realm


@pytest.fixture
def desk(tmp_path):
    return Desk(write_agreement(tmp_path / "agreements"))


def alarms(steps, body):
    """What was said to a body's officers."""
    said = [each for step in steps for each in step.outputs if each.topic == f"cbrn.to.{body}.alerts"]
    assert all(dict(each.headers)["ce_type"] == HELD_TYPE.encode() for each in said)
    return [HeldAlarm.model_validate_json(each.value) for each in said]


async def test_what_is_not_pre_authorised_waits_and_its_bodies_are_told(desk):
    """Nobody looks at a list in the night that has not called."""
    steps = await desk.look(outbound("e-1"))
    copy = desk.copy("e-1")
    assert (copy.state, copy.persons_missing, copy.weighed.bodies) == (State.WAITING, 1, ("mfa", "mes"))
    for body in ("mfa", "mes"):
        (alarm,) = alarms(steps, body)
        assert (alarm.matter, alarm.copy_id, alarm.partner) == ("waits", copy_of("e-1"), "kz")
        assert alarm.due == copy.held.at + timedelta(hours=24)
        assert all(copy.id in alarm.texts[lang].instruction for lang in ("en", "ru", "ky"))
    assert not any("kz" in topic for topic in topics_of(steps))
    assert await desk.look() == [], "once"


async def test_a_person_sees_what_the_partner_gets_to_the_byte(desk):
    """What was seen is what leaves: event and document."""
    await desk.look(outbound("e-1"))
    seen = desk.copy("e-1").shown
    before = len(desk.steps)
    answer = await desk.decide("A. Asanova (mfa)", "e-1")
    assert answer.outcome == "applied", answer.why
    alert, document, *_ = [each for step in desk.steps[before:] for each in step.outputs]
    assert alert.topic == "cbrn.to.kz.alerts"
    assert alert.value.decode() == seen.event
    headers = dict(alert.headers)
    assert headers["cbrn_agreement"] == b"kz/1"
    assert headers["cbrn_acknowledge_by"] == b"2026-05-01T08:10:00.000Z"
    assert document.topic == "cbrn.to.kz.documents"
    assert document.value.decode() == seen.documents[0].text
    assert dict(document.headers)["content-type"] == b"application/cap+xml"
    event = parse_event(alert.value)
    assert event.where.site is None, "the region alone, by the agreement"
    assert b"F04" not in alert.value + document.value


async def test_the_record_of_a_release_says_by_which_clause_whose_word_and_why(desk):
    """An auditor reads it years later, without the event."""
    await desk.look(outbound("e-1"))
    await desk.decide("A. Asanova (mfa)", "e-1", reason="asked for by telephone, call 17")
    end = desk.copy("e-1").end
    assert isinstance(end, Released)
    assert (end.agreement, end.automatic, end.seen) == ("kz/1", False, desk.copy("e-1").shown.digest)
    assert end.clauses["state"].startswith("fields.4")
    assert "where.site" in {each.field for each in end.withheld}
    (approval,) = end.approvals
    assert (approval.by, approval.body, approval.reason) == (
        "A. Asanova (mfa)",
        "mfa",
        "asked for by telephone, call 17",
    )
    assert approval.signature
    assert "no key" in end.unsigned


async def test_what_is_pre_authorised_leaves_by_itself_after_its_delay(tmp_path):
    """And by nobody's word: the agreement's cell stands in the record."""
    desk = Desk(write_agreement(tmp_path / "agreements", delay="15m"))
    steps = await desk.look(outbound("e-1", severity="Extreme"))
    assert topics_of(steps) == []
    assert desk.copy("e-1").leaves_at == NOW + timedelta(minutes=10), "15 minutes after the report"
    desk.later(minutes=10)
    assert topics_of(await desk.look()) == ["cbrn.to.kz.alerts", "cbrn.to.kz.documents"]
    end = desk.copy("e-1").end
    assert (end.automatic, end.cells, end.approvals) == (True, ("extreme-dams",), ())


async def test_a_word_before_the_delay_has_passed_counts_when_it_has(tmp_path):
    """The officer need not come back, and the partner does not learn of it sooner than was agreed."""
    desk = Desk(write_agreement(tmp_path / "agreements", delay="15m"))
    await desk.look(outbound("e-1"))
    assert (await desk.decide("A. Asanova (mfa)", "e-1")).outcome == "applied"
    assert desk.copy("e-1").waits
    desk.later(minutes=10)
    assert topics_of(await desk.look())[:2] == ["cbrn.to.kz.alerts", "cbrn.to.kz.documents"]
    assert [each.by for each in desk.copy("e-1").end.approvals] == ["A. Asanova (mfa)"]


@pytest.mark.parametrize("changes", [{"tlp": "RED"}, {"restricted": True}])
async def test_what_is_red_or_restricted_never_leaves_without_two_persons(tmp_path, changes):
    """Whatever the agreement pre-authorises."""
    desk = Desk(write_agreement(tmp_path / "agreements", tlp="RED"))
    steps = await desk.look(outbound("e-1", severity="Extreme", **changes))
    assert desk.copy("e-1").persons_missing == 2
    assert alarms(steps, "mfa")[0].headline is None
    assert dict(steps[-1].outputs[0].headers)["cbrn_restricted"] == b"true"
    await desk.decide("A. Asanova (mfa)", "e-1")
    again = await desk.decide("A. Asanova (mfa)", "e-1")
    assert "has released" in again.why
    assert "second, different person" in again.hint
    assert desk.copy("e-1").waits
    await desk.decide("C. Chynybaev (mes)", "e-1")
    assert [each.by for each in desk.copy("e-1").end.approvals] == ["A. Asanova (mfa)", "C. Chynybaev (mes)"]


async def test_above_the_ceiling_it_cannot_leave_and_that_is_said(desk):
    """A person telephones then, and must know at once that nothing else will."""
    steps = await desk.look(outbound("e-1", tlp="AMBER+STRICT"))
    copy = desk.copy("e-1")
    assert copy.shown is None
    assert "kz/1" in copy.why
    assert alarms(steps, "mfa")[0].matter == "cannot"
    assert "cannot leave" in (await desk.decide("A. Asanova (mfa)", "e-1", seen="0" * 64)).why


async def test_without_an_agreement_all_waits_and_the_crisis_centre_is_told_once_a_day():
    """No flood of alarms about what only lawyers can mend."""
    desk = Desk(None)
    steps = await desk.look(outbound("e-1"), outbound("e-2", situation="KG-2026-other"))
    assert len(alarms(steps, "mes")) == 1
    assert "no agreement with kz" in desk.copy("e-2").why
    desk.later(days=1, hours=1)
    assert len(alarms(await desk.look(outbound("e-3", situation="KG-2026-third")), "mes")) == 1


async def test_an_agreement_that_changes_voids_what_was_seen(desk, tmp_path):
    """A release of something else than what the person saw is refused with words."""
    await desk.look(outbound("e-1"))
    seen = desk.copy("e-1").shown.digest
    write_agreement(tmp_path / "agreements", place="exact", version=2)
    answer = await desk.decide("A. Asanova (mfa)", "e-1", seen=seen)
    assert "the agreement has changed" in answer.why
    assert "partners preview" in answer.hint
    assert desk.copy("e-1").waits
    assert (await desk.decide("A. Asanova (mfa)", "e-1")).outcome == "applied"
    assert b"F04" in desk.steps[-1].outputs[0].value


async def test_an_approval_of_what_was_before_is_void(tmp_path):
    """The first of two persons has released something else."""
    desk = Desk(write_agreement(tmp_path / "agreements", release={"persons": 2, "bodies": ["mfa"], "within": "24h"}))
    await desk.look(outbound("e-1"))
    await desk.decide("A. Asanova (mfa)", "e-1")
    write_agreement(
        tmp_path / "agreements", version=2, release={"persons": 2, "bodies": ["mfa"], "within": "12h"}, place="exact"
    )
    await desk.look()
    await desk.decide("B. Bekov (mfa)", "e-1")
    assert desk.copy("e-1").waits
    assert [each.by for each in desk.copy("e-1").approvals] == ["B. Bekov (mfa)"]


async def test_a_broken_agreement_leaves_the_former_in_force_and_is_told(desk, tmp_path, capsys):
    """A slip of the pen must not hold back what was agreed."""
    await desk.look(outbound("e-1"))
    (tmp_path / "agreements" / "kz.yaml").write_text("partner: [", encoding="utf-8")
    for _ in range(2):
        await desk.look()
    assert capsys.readouterr().out.count("agreements cannot be used") == 1
    assert (await desk.decide("A. Asanova (mfa)", "e-1")).outcome == "applied"


async def test_the_time_limit_ends_it_with_an_alarm(desk):
    """And it cannot be released any more: what it says is a day old."""
    await desk.look(outbound("e-1"))
    desk.later(hours=25)
    steps = await desk.look()
    assert [alarm.matter for alarm in alarms(steps, "mfa")] == ["expired"]
    assert desk.copy("e-1").state is State.EXPIRED
    assert "time limit" in (await desk.decide("A. Asanova (mfa)", "e-1")).why
    assert await desk.look() == []


async def test_who_refuses_keeps_it_at_home_for_good(desk):
    """With a reason, which stays."""
    await desk.look(outbound("e-1"))
    assert (
        await desk.decide("C. Chynybaev (mes)", "e-1", "refuse", reason="it is a drill of theirs")
    ).outcome == "applied"
    assert desk.copy("e-1").end.reason == "it is a drill of theirs"
    assert "was refused" in (await desk.decide("A. Asanova (mfa)", "e-1")).why


async def test_nobody_else_decides(desk):
    """Neither another ministry, nor a name without its key, nor a signature for something else."""
    await desk.look(outbound("e-1"))
    assert "persons of moh do not decide" in (await desk.decide("D. Dooronov (moh)", "e-1")).why
    desk.trust = type(desk.trust)()
    assert "no trust file" in (await desk.decide("A. Asanova (mfa)", "e-1")).why
    assert desk.copy("e-1").waits


async def test_a_cancellation_of_what_has_left_stands_at_the_top_and_names_it(desk):
    """Whoever got the original must hear that it is over, before anything else is looked at."""
    await desk.look(outbound("e-1"))
    await desk.decide("A. Asanova (mfa)", "e-1")
    desk.later(minutes=1)
    await desk.look(outbound("e-9", situation="KG-2026-other", severity="Severe"))
    steps = await desk.look(outbound("e-2", message_type="Cancel", severity="Minor", references=["e-1"]))
    assert [alarm.matter for alarm in alarms(steps, "mfa")] == ["recalls"]
    first = desk.copies.in_order()[0]
    assert (first.held.event.id, first.recalls, first.corrects) == ("e-2", True, copy_of("e-1"))
    alert = read(first.shown.documents[0].text.encode(), "strict")
    assert (alert.msg_type, alert.references) == (
        "Cancel",
        (Reference("mes@cbrn.kg", desk.copy("e-1").called_abroad.id, alert.references[0].sent),),
    )
    await desk.decide("A. Asanova (mfa)", "e-2")
    assert desk.copy("e-2").end.acknowledge_by is None, "an all-clear asks for no answer"


async def test_what_is_cancelled_before_it_left_never_leaves(desk):
    """The partner needs no cancellation of what it never got, and no alert that no longer holds."""
    await desk.look(outbound("e-1"))
    await desk.look(outbound("e-2", message_type="Cancel"))
    assert [desk.copy(name).state for name in ("e-1", "e-2")] == [State.WITHDRAWN] * 2
    assert desk.copy("e-1").end.by == copy_of("e-2")


async def test_a_later_word_that_has_left_overtakes_an_earlier_one(desk):
    """Else the partner would read the old figures last."""
    await desk.look(outbound("e-1"), outbound("e-2", message_type="Update", volume_m3=300_000))
    await desk.decide("A. Asanova (mfa)", "e-2")
    assert desk.copy("e-1").end.because == "overtaken"
    assert read(desk.copy("e-2").shown.documents[0].text.encode(), "strict").msg_type == "Alert", "its first message"


async def test_what_comes_again_changes_nothing(desk):
    """A decision that is sent twice, a copy that the router writes twice."""
    await desk.look(outbound("e-1"))
    await desk.decide("A. Asanova (mfa)", "e-1")
    (decision,) = desk.copies.answers
    written = len(desk.steps)
    desk.pending[decision] = None
    assert await desk.look(outbound("e-1")) == []
    assert len(desk.steps) == written


async def test_one_copy_that_cannot_be_shown_holds_no_other(desk, monkeypatch):
    """A fault of this program over one event must not keep the others from leaving."""
    real = desk._agreements.of
    monkeypatch.setattr(desk._agreements, "of", lambda partner: 1 / 0 if partner == "uz" else real(partner))
    await desk.look(outbound("e-1", partner="uz"), outbound("e-2", severity="Extreme"))
    assert "failed on it (ZeroDivisionError)" in desk.copies.all[copy_of("e-1", "uz")].why
    assert desk.copy("e-2").state is State.RELEASED


async def test_documents_leave_signed_or_not_at_all(tmp_path):
    """Unless the agreement says that they may leave without."""
    desk = Desk(write_agreement(tmp_path / "agreements", unsigned=None))
    await desk.look(outbound("e-1", severity="Extreme"))
    assert "CBRN_CAP_KEY" in desk.copy("e-1").why


async def test_in_an_exercise_all_goes_by_the_exercises_own_topics(tmp_path):
    """Real and exercise never meet, abroad either."""
    desk = Desk(write_agreement(tmp_path / "agreements"), realm=Realm.EXERCISE)
    steps = await desk.look(outbound("e-1", severity="Extreme", status="Exercise"))
    assert {topic.split(".")[0] for topic in topics_of(steps)} == {"cbrn-exercise"}
    assert json.loads(steps[-1].outputs[0].value)["status"] == "Exercise"
