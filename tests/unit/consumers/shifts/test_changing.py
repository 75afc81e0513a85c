"""A seat changes hands: who is named, who is refused, and whose code proves which channel. Nothing is written here."""

from types import SimpleNamespace

import pytest
from tests.builders.desk_watch import code_sent
from tests.builders.rota import BY, ROUND, entry, local, log, officers, rota, taken

from cbrn_consumers.rota import Roster
from cbrn_consumers.shifts import Refusal, RefusedError, first_post, officer_of
from cbrn_consumers.shifts.changing import handing_over, taking
from cbrn_consumers.shifts.reaching import channels_of, way_of
from cbrn_schemas.topics import Realm

SETTINGS = SimpleNamespace(realm=Realm.REAL)
ROSTER = Roster(rota(*ROUND), officers(), ())
HOLLOW = Roster(rota(entry("one", "first: duty-1", "20261101T080000", "PT1H")), officers(), ())
AT = local(10, 9)


def refusal_of(act, *given, **said):
    with pytest.raises(RefusedError) as caught:
        act(*given, **said)
    return caught.value.refusal


def test_whoever_the_rota_names_takes_the_seat():
    """Until that shift ends."""
    fact = taking(SETTINGS, ROSTER, "first", None, by=BY, at=AT)
    assert (fact.post, fact.until, fact.note) == ("duty-1", local(10, 20), None)


def test_another_may_take_it_and_a_stranger_may_not():
    """Who stands in now takes the watch in the other's place."""
    assert taking(SETTINGS, ROSTER, "first", "duty-3", by=BY, at=AT, note="ill").post == "duty-3"
    assert refusal_of(taking, SETTINGS, ROSTER, "first", "duty-9", by=BY, at=AT) is Refusal.UNKNOWN_POST
    assert refusal_of(taking, SETTINGS, HOLLOW, "first", None, by=BY, at=AT) is Refusal.NOBODY_NOW


def test_it_is_handed_to_whoever_comes_next():
    """And names who hands over, also one who had taken it in another's place."""
    said = log(taken("duty-3", AT, local(10, 20)))
    fact = handing_over(SETTINGS, ROSTER, said, "first", None, by=BY, at=local(10, 19))
    assert (fact.post, fact.former) == ("duty-2", "duty-3")
    nobody = refusal_of(handing_over, SETTINGS, HOLLOW, log(), "first", None, by=BY, at=AT)
    assert nobody is Refusal.NOBODY_NEXT


def test_whoever_is_asked_for_is_found_by_post():
    """Without a file of officers nobody is known."""
    assert first_post(ROSTER, AT) == "duty-1"
    assert officer_of(ROSTER, "duty-2").post == "duty-2"
    assert refusal_of(officer_of, ROSTER._replace(officers=None), "duty-2") is Refusal.UNKNOWN_POST
    assert refusal_of(first_post, HOLLOW, AT) is Refusal.NOBODY_NOW
    assert refusal_of(channels_of, officer_of(ROSTER, "duty-3"), None) is Refusal.NO_CHANNEL


def test_a_code_proves_the_channel_to_which_it_went_last():
    """Typed with or without the letter that an SMS is answered with."""
    sent = [code_sent("duty-2", "mail", "email", "4821", AT), code_sent("duty-1", "mobile", "sms", "4821", AT)]
    ledger = SimpleNamespace(all=lambda: sent)
    officer, channel = way_of(ROSTER, ledger, " a 4821 ")
    assert (officer.post, channel.name) == ("duty-1", "mobile")
    assert way_of(ROSTER, ledger, "4821", frozenset({"duty-2"}))[0].post == "duty-2"


def test_a_code_of_another_officer_of_none_or_of_a_channel_that_is_gone_proves_nothing():
    """Whoever may answer for oneself alone learns nothing of the others' codes."""
    ledger = SimpleNamespace(all=lambda: [code_sent("duty-1", "old", "sms", "4821", AT)])
    assert refusal_of(way_of, ROSTER, ledger, "4821", frozenset({"duty-2"})) is Refusal.UNKNOWN_CODE
    assert refusal_of(way_of, ROSTER, ledger, "0000") is Refusal.UNKNOWN_CODE
    assert refusal_of(way_of, ROSTER, ledger, "4821") is Refusal.CHANNEL_GONE
