"""A partner abroad that does not answer is missed as a ministry is, and is told nothing that nobody has released."""

from __future__ import annotations

import pytest
from tests.builders.standing import answer, told
from tests.builders.watch import TODAY, Night, asked

from cbrn_consumers.watch.member import Watch
from cbrn_consumers.watch.policy import Policies, PolicyError
from cbrn_routing.shards import MemberOptions
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import to_topic

ABROAD = {"body": "kz", "role": "support"}


def test_a_partner_that_does_not_answer_is_passed_on_to_the_crisis_centre_at_once():
    """Who let the alert go telephones then; neither the partner's deputies nor another partner hears of it."""
    night = Night()
    night.hear(told(0, body="mes"), answer(1, "accepted", body="mes"), told(0, within=120, **ABROAD))
    assert night.until(119) == []
    said = night.until(500)
    assert asked(said) == [("crisis-centre", "mes-cmc", 1)]
    assert {(each.body, each.role) for each in said} == {("mes-cmc", "lead"), ("mes", "inform")}
    assert said[0].alarm.body == "kz"


def test_its_acknowledgement_is_all_that_is_asked_of_it():
    """What it does about it is its own business: CAP's Ack says no more."""
    night = Night()
    night.hear(told(0, within=120, **ABROAD))
    night.hear(answer(10, "acknowledged", body="kz"))
    assert night.until(2000) == []


def test_it_stands_among_the_others_for_bodies_at_home():
    """As a ministry does: `cbrn standing` and the desk show it."""
    night = Night()
    night.hear(told(0, body="mes"), told(0, within=120, **ABROAD))
    night.until(121)
    last = [each for each in night.written.standings if each.body == "mes"][-1]
    assert {party.body: party.due is not None for party in last.stands.parties} == {"mes": True, "kz": True}


def test_the_watch_writes_nothing_to_a_partner():
    """Who was told here, who has answered, what is silent: none of it is in any agreement."""
    watch = Watch(MemberOptions(Settings(), "watch-0"), bodies=("mes", "kz"))
    counts: dict[str, int] = {}
    for body in ("mes", "kz"):
        counts |= dict.fromkeys((to_topic(watch.realm, body, each) for each in ("alerts", "standing")), 4)
        counts[f"cbrn.from.{body}.receipts"] = 4
    counts |= dict.fromkeys(("cbrn.bus.state-watch", "cbrn.bus.misplaced-watch", "cbrn.bus.standing"), 4)
    topics = watch.topics(counts)
    assert "cbrn.to.kz.alerts" in topics.read
    assert not [topic for topic in topics.written if ".kz." in topic]
    assert "cbrn.to.mes.standing" in topics.written


def test_no_policy_passes_anything_on_abroad():
    """An alert would reach a neighbour that nobody has released."""
    text = (
        "crisis_centre: mes-cmc\npolicies:\n  - name: all\n    about: All.\n    steps:\n"
        "      - {to: kz}\n      - {to: crisis-centre, after: 1m}\n"
    )
    with pytest.raises(PolicyError, match="kz is abroad"):
        Policies.read(text, on=TODAY)
