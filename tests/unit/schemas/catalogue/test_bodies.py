"""The catalogue of bodies: who exists, under which names, on which day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_schemas.catalogue.bodies import BodyKind, authority, bodies, body, find_body, neighbour, publishers, receivers
from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.topics import Lane, Realm, from_topic, parse_from_topic, to_topic

TODAY = date(2026, 11, 23)
SPLIT = date(2025, 5, 12)
MEMBERS = {"mes", "mia", "mnrets", "moh", "scns", "mof", "mec", "mwrapi", "moe", "mshei", "nas"}
HAZARDS = {"chemical", "biological", "radiological", "nuclear"}
KAFKA_TOPIC_CHARACTERS_MAX = 249


def test_the_ten_members_are_there_and_told():
    """A member that is missing or deaf is the failure that the bus exists to prevent."""
    assert {each.code for each in bodies().values() if each.member} == MEMBERS
    assert set(receivers(TODAY)) >= MEMBERS


@pytest.mark.parametrize("code", bodies())
def test_every_body_has_three_names_a_source_and_a_legal_topic(code):
    """Officers read names in their own language, and Kafka refuses an illegal topic at the worst moment."""
    each = bodies()[code]
    assert all(each.names)
    assert all(each.abbreviations)
    assert each.source
    assert each.hazards <= HAZARDS
    assert parse_from_topic(from_topic(Realm.REAL, code, Lane.INCIDENTS)).body == code
    assert len(to_topic(Realm.EXERCISE, code, Lane.MONITORING.delivery)) <= KAFKA_TOPIC_CHARACTERS_MAX


@pytest.mark.parametrize("code", bodies())
def test_parents_and_successors_exist(code):
    """Escalation climbs to the parent, and alerts of a former body go to its successors."""
    each = bodies()[code]
    assert each.parent != code
    assert each.parent is None or each.parent in bodies()
    assert all(bodies()[successor].valid_to is None for successor in each.successors)
    assert (each.valid_to is None) == (not each.successors)


def test_education_and_science_was_split_without_a_day_of_silence():
    """On the day of the split exactly the two new ministries exist, the day before exactly the old one."""
    eve = date(2025, 5, 11)
    trio = ("moes", "moe", "mshei")
    assert [body(code).valid_on(eve) for code in trio] == [True, False, False]
    assert [body(code).valid_on(SPLIT) for code in trio] == [False, True, True]
    assert body("moes").successors == ("moe", "mshei")


def test_a_body_outside_its_days_neither_publishes_nor_receives():
    """Topics are provisioned from these two lists: none for what does not exist yet, or any more."""
    assert "moe" not in receivers(date(2024, 6, 1))
    assert "moe" in receivers(SPLIT)
    assert "moes" not in {*publishers(SPLIT), *receivers(SPLIT)}


def test_organisations_are_told_and_none_but_the_agency_has_something_to_say_here():
    """Its reports (IRIX) are said on the bus in its name by `cbrn run inbound`, which needs a topic of its for that."""
    organisations = {each.code for each in bodies().values() if each.kind is BodyKind.ORGANISATION}
    assert organisations == {"iaea", "who", "woah", "opcw", "ctbto", "unece", "un-1540"}
    assert organisations <= set(receivers(TODAY))
    assert organisations & set(publishers(TODAY)) == {"iaea"}


def test_subordinate_services_publish_and_are_told():
    """Posts and laboratories see the event first, and work on it afterwards."""
    services = {code for code, each in bodies().items() if each.parent is not None}
    assert len(services) == 14
    assert services <= set(publishers(TODAY)) & set(receivers(TODAY))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Кыргызгидромет", "mes-hydromet"),
        ("МЧС", "mes"),
        ("мчс кр", "mes"),
        ("ӨКМ", "mes"),
        ("ОКМ", "mes"),
        ("ИИМ", "mia"),
        ("МИНЗДРАВ", "moh"),
        ("Саламаттык  сактоо министрлиги", "moh"),
        ("Пограничная служба ГКНБ", "sbs"),
        ("Чек ара кызматы", "sbs"),
        ("Министерство сельского хозяйства", "mwrapi"),
        ("Министерство образования и науки", "moes"),
        ("State Customs Service", "customs"),
        ("ППП Жалал-Абад", "ppp-jalal-abad"),
        ("MES-CMC", "mes-cmc"),
        ("МАГАТЭ", "iaea"),
        ("OIE", "woah"),
    ],
)
def test_a_body_is_found_by_any_of_its_names(text, code):
    """People type everyday, former and foreign names, with and without Kyrgyz letters."""
    assert find_body(text).code == code


@pytest.mark.parametrize("text", ["", "   ", "министерство", "МЧС России", "nobody"])
def test_no_body_is_guessed(text):
    """A near miss must not send an alert to the wrong ministry."""
    assert find_body(text) is None


@given(st.sampled_from(sorted(bodies())), st.sampled_from(["ky", "ru", "en"]), st.booleans())
def test_every_name_leads_back_to_its_body(code, lang, upper):
    """One alias shared by two bodies would make the search a lottery."""
    for name in (body(code).name(lang), body(code).short(lang), *body(code).aliases):
        assert find_body(name.upper() if upper else name).code == code


def test_an_unknown_code_is_an_error_that_names_it():
    """`body` is for codes that must exist."""
    with pytest.raises(UnknownCodeError, match="'mchs'"):
        body("mchs")


def test_each_neighbour_and_each_region_has_its_body():
    """Symbols of the rule book (the downstream neighbour, the region's head) must resolve everywhere."""
    assert [neighbour(country).code for country in ("KZ", "UZ", "TJ", "CN")] == ["kz", "uz", "tj", "cn"]
    assert neighbour("RU") is None
    regions = ["KG-B", "KG-C", "KG-GB", "KG-GO", "KG-J", "KG-N", "KG-O", "KG-T", "KG-Y"]
    assert [authority(region).code for region in regions] == [
        "ppp-batken",
        "ppp-chuy",
        "mayor-bishkek",
        "mayor-osh",
        "ppp-jalal-abad",
        "ppp-naryn",
        "ppp-osh",
        "ppp-talas",
        "ppp-issyk-kul",
    ]
    assert authority("KZ-ALM") is None


def test_our_own_translations_say_so():
    """A name that no source confirmed is never shown as official."""
    translated = {each.code for each in bodies().values() if "translation" in each.note}
    assert translated
    assert all(body(code).confidence_ky == "low" for code in translated)
