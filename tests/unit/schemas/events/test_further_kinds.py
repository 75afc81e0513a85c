"""Kinds and fields that grew: what is wrong in them is said as clearly as in their neighbours, and routed as meant."""

import json

import pytest
from tests.builders.golden import EXAMPLES

from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import parse_event, to_bytes

ENGINE = Engine(Eras(national_rulebook()), Gazetteer())


def data_of(kind, **fields):
    return json.dumps(json.loads((EXAMPLES / f"{kind}.json").read_text()) | fields).encode()


def routed(kind, **fields):
    return ENGINE.route(parse_event(data_of(kind, **fields))).decision


@pytest.mark.parametrize(
    ("kind", "fields", "reason", "where", "hint"),
    [
        ("import-ban", {"origin": "Kazakhstan"}, Reason.INVALID_VALUE, "origin", "KZ"),
        ("animal-disease", {"destination": "kz"}, Reason.INVALID_VALUE, "destination", "KZ"),
        ("hazmat-movement", {"origin_country": "China"}, Reason.INVALID_VALUE, "origin_country", "CN"),
        ("import-ban", {"hs_codes": ["poultry"]}, Reason.INVALID_VALUE, "hs_codes.0", "digits"),
        ("tailings-failure", {"further_hazards": ["chemistry"]}, Reason.INVALID_VALUE, "further_hazards.0", "chemical"),
        ("hazard-watch", {"every_min": 0}, Reason.INVALID_VALUE, "every_min", "check the number"),
        ("tailings-failure", {"zone": {"cordon": 200}}, Reason.EXTRA_FIELD, "zone.cordon", "cordon_m"),
        ("tailings-failure", {"zone": {"persons": -1}}, Reason.INVALID_VALUE, "zone.persons", "check the number"),
        ("tailings-failure", {"emergency": {"degree": "2"}}, Reason.INVALID_VALUE, "emergency.degree", "II"),
        ("foodborne-illness", {"identified": "no"}, Reason.INVALID_VALUE, "identified", "true or false"),
        ("foodborne-illness", {"patients": [{"condition": "mild"}]}, Reason.MISSING_FIELD, "patients.0.persons", "add"),
        ("vaccine-reaction", {"cases": 0}, Reason.INVALID_VALUE, "cases", "check the number"),
        ("animal-poisoning", {"species": []}, Reason.INVALID_VALUE, "species", "at least one"),
        (
            "abandoned-stock",
            {"substances": [{"name": "DDT", "cas": "50-29-4"}]},
            Reason.INVALID_CAS,
            "substances.0.cas",
            "50-29-3",
        ),
    ],
)
def test_a_mistake_is_named_with_its_remedy(kind, fields, reason, where, hint):
    """At three in the morning the officer sees the field, and what to write instead."""
    with pytest.raises(InvalidEventError) as caught:
        parse_event(data_of(kind, **fields))
    assert (caught.value.reason, caught.value.where) == (reason, where)
    assert hint in caught.value.hint


def test_a_further_district_with_a_letter_is_named():
    """A code list copied by hand has O for 0."""
    where = {"district": "41704220", "further_districts": ["4170422O"]}
    with pytest.raises(InvalidEventError) as caught:
        parse_event(data_of("tailings-failure", where=where))
    assert caught.value.where == "where.further_districts.0"
    assert 'write "41704220"' in caught.value.hint


@pytest.mark.parametrize(("field", "trait"), [("origin", "origin-kz"), ("destination", "destination-kz")])
@pytest.mark.parametrize("kind", ["animal-disease", "contamination", "transport-accident", "portal-alarm"])
def test_the_country_that_goods_come_from_or_go_to_has_its_file(kind, field, trait):
    """Far from every border: a copy is held for that neighbour, and the ministry of foreign affairs knows."""
    where = {"district": "41704210"}
    decision = routed(kind, severity="Moderate", where=where, **{field: "KZ"})
    assert trait in decision.facets.traits
    assert "kz" in {each.body for each in decision.partners}
    assert "mfa" in {each.body for each in decision.recipients}


def test_a_country_that_is_no_neighbour_is_told_through_the_ministry():
    """There is nobody for whom a copy could be held; home is no other country."""
    assert "other-country" in routed("animal-disease", origin="DE").facets.traits
    assert "mfa" in {each.body for each in routed("animal-disease", origin="DE").recipients}
    assert "other-country" not in routed("animal-disease", origin="KG").facets.traits
    assert "vehicle" in routed("chemical-release", origin="vehicle").facets.traits


def test_a_place_by_name_counts_as_exposed():
    """«School No. 5, 620 pupils» is a school within reach, whoever forgot to tick the other box."""
    decision = routed("tailings-failure", exposed=[], exposed_places=[{"what": "school", "name": "No. 5"}])
    assert decision.facets.exposed == {"school"}
    assert "moe" in {each.body for each in decision.recipients}


def test_a_cordon_is_a_cordon_wherever_it_is_said():
    """In the zone of any incident as in the field of a found source."""
    assert "cordon" in routed("toxic-fire", zone={"cordon_m": 200.0}).facets.traits
    assert "cordon" not in routed("toxic-fire", zone={"persons": 5}).facets.traits


def test_a_medium_that_the_list_lacks_is_said_exactly():
    """A sewer is none of the old words; a canal is a river to those below it."""
    sewer = parse_event(data_of("contamination", medium="water", medium_exact="sewer"))
    assert sewer.medium_exact == "sewer"
    assert "river" in routed("contamination", medium="water", medium_exact="canal", reached_river=None).facets.traits


def test_a_watch_says_that_nothing_has_happened():
    """Future and Possible where the publisher says nothing else; few are told, and at leisure."""
    data = json.loads(data_of("hazard-watch"))
    del data["urgency"], data["certainty"]
    event = parse_event(json.dumps(data).encode())
    assert (event.urgency, event.certainty, event.every_min) == ("Future", "Possible", 60)
    assert json.loads(to_bytes(event))["urgency"] == "Future"
    assert ENGINE.route(event).decision.acknowledge_within_s == 4 * 3600


def test_pneumonic_plague_wants_an_answer_at_once():
    """It passes by breath; bubonic plague does not."""
    agent = {"code": "plague", "confirmed": False}
    pneumonic = routed("human-disease", severity="Moderate", agent=agent | {"form": "pneumonic"})
    bubonic = routed("human-disease", severity="Moderate", agent=agent | {"form": "bubonic"})
    assert pneumonic.acknowledge_within_s == 900 < bubonic.acknowledge_within_s
    assert "mes" in {each.body for each in pneumonic.recipients}


def test_a_claim_that_nobody_has_verified_is_routed_with_a_warning():
    """Told to the same bodies at once, and never taken for a fact."""
    claim = ENGINE.route(parse_event(data_of("tailings-failure", verified=False)))
    assert "claim-unverified" in claim.doubts
    assert claim.decision == routed("tailings-failure")
    assert "claim-unverified" not in ENGINE.route(parse_event(data_of("tailings-failure", verified=True))).doubts
