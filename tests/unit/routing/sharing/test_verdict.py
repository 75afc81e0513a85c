"""Who must release what, from when until when, and why: the verdict of an agreement on an event."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.builders.golden import event
from tests.builders.sharing import NOW, agreement, allowing, filled

from cbrn_routing.sharing import TLP_ORDER, Agreements, opaque, reduce, share
from cbrn_schemas.catalogue.words import words

SPILL = [{"id": "grave", "when": [{"kind": "chemical-spill", "severity": ["Extreme", "Severe"]}]}]
TWO = {"persons": 2, "bodies": ["mfa", "mes"], "within": "24h"}


def verdict(of, agreed, *, restricted=False, now=NOW, **more):
    """Share with nothing special about it."""
    return share(agreed, of, restricted=restricted, now=now, **more)


def test_what_is_not_pre_authorised_waits_for_as_many_persons_as_the_agreement_says():
    """The rule: a person lets it go."""
    spill = event("chemical-spill", severity="Minor")
    one = verdict(spill, allowing("chemical-spill", pre_authorised=SPILL))
    two = verdict(spill, allowing("chemical-spill", pre_authorised=SPILL, release=TWO))
    assert (one.persons, one.why, one.cells) == (1, ("one-person",), ())
    assert (two.persons, two.why, two.bodies) == (2, ("two-persons",), ("mfa", "mes"))


def test_a_pre_authorised_cell_lets_go_by_its_name():
    """The record says which."""
    sharing = verdict(event("chemical-spill", severity="Extreme"), allowing("chemical-spill", pre_authorised=SPILL))
    assert (sharing.persons, sharing.cells, sharing.why) == (0, ("grave",), ("pre-authorised",))


@pytest.mark.parametrize(("restricted", "tlp"), [(True, "GREEN"), (False, "RED"), (True, "RED")])
def test_what_is_closed_never_leaves_without_two_persons(restricted, tlp):
    """Whatever the agreement says: neither pre-authorised, nor public, nor by one."""
    spill = event("chemical-spill", severity="Extreme", tlp=tlp)
    agreed = allowing("chemical-spill", pre_authorised=SPILL, tlp="RED", public={"when": [{"lane": "incidents"}]})
    sharing = verdict(spill, agreed, restricted=restricted)
    assert (sharing.persons, sharing.cells, sharing.public) == (2, (), False)
    assert sharing.why == ("closed-two-persons",)


@pytest.mark.parametrize("ceiling", TLP_ORDER)
@pytest.mark.parametrize("tlp", TLP_ORDER)
def test_above_the_ceiling_nothing_can_leave(ceiling, tlp):
    """By the order of TLP 2.0."""
    sharing = verdict(event("chemical-spill", tlp=tlp), allowing("chemical-spill", tlp=ceiling))
    assert sharing.releasable == (TLP_ORDER.index(tlp) <= TLP_ORDER.index(ceiling))
    if not sharing.releasable:
        assert (sharing.data, sharing.passed, sharing.why) == (None, (), ("above-tlp",))


def test_what_the_agreement_does_not_name_cannot_leave():
    """Neither another kind, nor another hazard, nor anything outside its days; every reason is told."""
    agreed = allowing("chemical-spill", hazards=["radiological"], valid_to="2026-01-01")
    sharing = verdict(event("gamma-dose-rate"), agreed)
    assert sharing.why == ("not-in-force", "kind-not-named")
    assert verdict(event("chemical-spill"), agreed, now=datetime(2025, 5, 1, tzinfo=UTC)).why == ("hazard-not-named",)


def test_an_agreement_whose_basis_has_lapsed_is_not_in_force():
    """Its own dates do not carry it."""
    lapsed = {
        "instrument": "example",
        "article": "Article 1",
        "until": "2024",
        "source": "a test",
        "confidence": "low",
    }
    agreed = agreement(basis=[lapsed])
    assert agreed.in_force(date(2024, 12, 31))
    assert not agreed.in_force(date(2025, 1, 1))
    assert verdict(event("gamma-dose-rate"), agreed).why == ("not-in-force",)


def test_the_delay_runs_from_the_report_and_the_limit_from_when_the_copy_was_held():
    """So a preview that is looked at twice says the same."""
    spill = event("chemical-spill")
    agreed = allowing("chemical-spill", delay="2h", release={"persons": 1, "bodies": ["mfa"], "within": "6h"})
    sharing = verdict(spill, agreed, held=NOW - timedelta(hours=1))
    assert sharing.not_before == spill.reported + timedelta(hours=2)
    assert sharing.not_after == NOW + timedelta(hours=5)


def test_all_places_and_hazards_of_an_event_must_be_pre_authorised():
    """Else a second hazard would slip out under the first one's cell."""
    cells = [{"id": "chemical", "when": [{"hazard": "chemical"}]}]
    agreed = allowing("chemical-spill", "further_hazards", pre_authorised=cells)
    assert verdict(event("chemical-spill"), agreed).persons == 0
    assert verdict(event("chemical-spill", further_hazards=["radiological"]), agreed).persons == 1


def test_further_hazards_that_are_not_named_stay():
    """A hazard of which nothing may be told is not told of beside another."""
    agreed = allowing("chemical-spill", "further_hazards", hazards=["chemical"])
    sharing = verdict(event("chemical-spill", further_hazards=["radiological"]), agreed)
    assert "further_hazards" not in json.loads(sharing.data)
    assert ("further_hazards", "hazard-not-named") in {tuple(each) for each in sharing.withheld}


def test_a_place_abroad_cannot_leave_by_district():
    """Nothing coarser than its point is known of it, and the point may not go."""
    abroad = event("chemical-spill", where={"point": {"lat": 43.25, "lon": 76.95}})
    assert verdict(abroad, allowing("chemical-spill")).why == ("place-unstated",)
    assert verdict(abroad, allowing("chemical-spill", place="exact")).releasable


def test_where_a_text_that_must_go_along_tells_coordinates_nothing_goes():
    """Better a telephone call than a leak, or a text with a hole in it."""
    telling = event("toxic-fire", burning="tyres at 40.5512, 72.8145")
    assert verdict(telling, allowing("toxic-fire")).why == ("not-reducible",)
    assert verdict(telling, allowing("toxic-fire", place="exact")).releasable


def test_words_of_the_catalogue_stand_for_a_headline_that_is_not_named():
    """In three languages, with the district and no more."""
    spill = event("chemical-spill", where={"district": "41702210", "description": "bridge"})
    texts = json.loads(verdict(spill, allowing("chemical-spill")).data)["texts"]
    assert set(texts) == {"ky", "ru", "en"}
    assert texts["en"] == {"headline": "Chemical spill: Jeti-Oguz district"}


def test_a_situation_has_one_opaque_name_for_each_partner():
    """Updates of it come together at the partner, and two partners cannot compare."""
    names = {opaque("KG-2026-x", partner, salt) for partner in ("kz", "uz") for salt in (b"", b"a secret")}
    assert len(names) == 4
    assert opaque("KG-2026-x", "kz") == opaque("KG-2026-x", "kz")
    assert opaque(opaque("KG-2026-x", "kz"), "kz") == opaque("KG-2026-x", "kz")


def test_a_group_does_not_bring_the_exact_place_of_its_parts_along():
    """`measurements` without «at the gate of School No. 5»; it must be named itself."""
    spill = filled("chemical-spill")
    coarse = reduce(allowing("chemical-spill", "measurements", "exposed_places", "vehicle"), spill)
    named = reduce(allowing("chemical-spill", "measurements", "measurements.at"), spill)
    exact = reduce(allowing("chemical-spill", "measurements", place="exact"), spill)
    assert [b'"at"' in each.data for each in (coarse, named, exact)] == [False, True, True]
    assert b"School" not in coarse.data
    assert b"gate" not in coarse.data


def test_a_verdict_says_which_clause_let_each_field_through():
    """With the article, where the agreement has one."""
    agreed = agreement(fields=["certainty", {"name": "reading", "article": "Article 2"}])
    found = verdict(event("gamma-dose-rate"), agreed)
    by_field = {each.field: each for each in found.passed}
    assert (by_field["reading"].clause, by_field["reading"].article) == ("fields.1", "Article 2")
    assert by_field["where"].clause == "place"
    assert (found.agreement, found.agreement_digest) == ("kz/1", agreed.digest)
    assert ("station", "replaced") in [(each.field, each.why) for each in found.withheld]


def test_every_reason_has_words_in_three_languages():
    """A person reads it before the release."""
    for group in ("sharing", "withheld", "clause"):
        told = [names for (of, _), names in words().items() if of == group]
        assert told
        assert all(getattr(names, lang) for names in told for lang in ("ky", "ru", "en"))


def test_what_is_public_is_clear_and_named():
    """Nothing is for everybody by silence."""
    public = {"when": [{"severity": "Extreme"}]}
    clear = event("chemical-spill", severity="Extreme", tlp="CLEAR")
    assert verdict(clear, allowing("chemical-spill", public=public)).public
    assert not verdict(clear, allowing("chemical-spill")).public
    green = event("chemical-spill", severity="Extreme", tlp="GREEN")
    assert not verdict(green, allowing("chemical-spill", public=public)).public


def test_no_agreement_is_in_force_before_or_after_its_days():
    """And none at all without a file."""
    assert Agreements().in_force("kz", NOW.date()) is None
