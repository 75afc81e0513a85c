"""What a partner warns of: told to those whom the same danger at home would concern, proposed to no other partner."""

import json

import pytest
from tests.builders.golden import EXAMPLES

from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import parse_event

ENGINE = Engine(Eras(national_rulebook()), Gazetteer())
ABROAD = {"point": {"lat": 42.9, "lon": 71.37}}
"""Taraz."""
HERE = {"district": "41711"}
"""Bishkek."""
FAR = {"point": {"lat": 51.39, "lon": 30.1}}
"""Chernobyl."""


def data_of(**fields):
    alert = json.loads((EXAMPLES / "foreign-alert.json").read_text()) | fields
    return json.dumps({name: value for name, value in alert.items() if value is not None}).encode()


def decided(**fields):
    return ENGINE.route(parse_event(data_of(**fields))).decision


def told(**fields):
    return {each.body for each in decided(**fields).recipients}


def test_a_telephone_call_from_abroad_needs_no_document():
    """A duty officer writes down what a colleague across the border says."""
    assert parse_event(data_of(original=None, said=None, areas=None, body="mfa")).kind == "foreign-alert"


@pytest.mark.parametrize("severity", ["Minor", "Moderate", "Severe", "Extreme", "Unknown"])
@pytest.mark.parametrize("hazard", ["chemical", "biological", "radiological", "nuclear"])
@pytest.mark.parametrize("where", [ABROAD, HERE, FAR])
def test_what_a_partner_says_is_never_proposed_to_another_nor_owed_to_anybody(hazard, severity, where):
    """Its own alert would go back to Kazakhstan, or to a third state that it did not tell."""
    decision = decided(hazard=hazard, severity=severity, where=where, deliberate=True)
    assert decision.partners == ()
    assert decision.duties == ()


def test_a_danger_that_reaches_the_country_is_answered_as_one_at_home():
    """A cloud is no less dangerous for having begun in Zhambyl."""
    decision = decided(where=HERE, severity="Moderate")
    assert {"mnrets", "moh", "mia", "mes-hydromet", "mayor-bishkek"} <= {each.body for each in decision.recipients}
    assert decision.acknowledge_within_s == 15 * 60


def test_a_small_thing_far_away_wakes_nobody():
    """Alerts of every country would be told to everybody, and then read by nobody."""
    decision = decided(where=FAR, origin="UA", severity="Minor")
    assert {each.body for each in decision.recipients} == {"mes", "mnrets", "mfa"}
    assert decision.acknowledge_within_s == 4 * 3600


def test_a_grave_nuclear_accident_concerns_us_from_any_distance():
    """In 1986 the air carried it over a continent."""
    assert {"mes", "mnrets", "moh", "mes-hydromet"} <= told(where=FAR, origin="UA", hazard="nuclear", severity="Severe")


@pytest.mark.parametrize(
    ("origin", "representative"),
    [("KZ", "ppp-talas"), ("UZ", "ppp-jalal-abad"), ("TJ", "ppp-batken"), ("CN", "ppp-naryn")],
)
def test_regions_on_the_border_of_the_country_of_origin_are_told_of_what_is_grave(origin, representative):
    """Each region has its own neighbour."""
    assert representative in told(origin=origin, severity="Severe")
    assert representative not in told(origin=origin, severity="Moderate")


def test_the_suffering_decides_who_leads_of_a_disease():
    """Cattle are the ministry of agriculture's, people the ministry of health's."""
    leads = [
        decided(hazard="biological", concerns=each).recipients[0].body
        for each in ([], ["people"], ["animals"], ["plants"])
    ]
    assert leads == ["moh", "moh", "mwrapi", "mwrapi"]


def test_where_nobody_says_which_hazard_it_is_all_are_told_whom_one_would_concern():
    """CAP's CBRNE names no letter of them."""
    assert {"mes", "moh", "mnrets-dsr", "moh-ses"} <= told(identified=False)


@pytest.mark.parametrize(
    ("fields", "where", "hint"),
    [
        ({"origin": "Kazakhstan"}, "origin", "KZ"),
        ({"areas": [{"polygons": [[{"lat": 42.0, "lon": 71.0}]]}]}, "areas.0.polygons.0", "at least"),
        ({"categories": ["CBRN"]}, "categories.0", "CBRNE"),
        ({"response_types": ["Run"]}, "response_types.0", "Shelter"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(fields, where, hint):
    """Whoever writes one by hand sees the field, and what to write instead."""
    with pytest.raises(InvalidEventError) as caught:
        parse_event(data_of(**fields))
    assert (caught.value.reason, caught.value.where) == (Reason.INVALID_VALUE, where)
    assert hint in caught.value.hint
