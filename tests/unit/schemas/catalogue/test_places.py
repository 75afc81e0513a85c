"""The catalogue of places: codes, names, borders, rivers, sites and crossings."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.places import (
    CODE_DIGITS,
    Level,
    city,
    crossing,
    crossings,
    district,
    districts,
    facilities,
    facility,
    find_place,
    normal_code,
    region,
    rivers,
)
from cbrn_schemas.errors import UnknownCodeError

COUNTRIES = {"KZ", "UZ", "TJ", "CN"}
BORDERS = {
    "ak-suu-district": "KZ CN",
    "jeti-oguz-district": "CN",
    "issyk-kul-district": "KZ",
    "tong-district": "",
    "tup-district": "KZ",
    "ala-buka-district": "UZ",
    "bazar-korgon-district": "UZ",
    "aksy-district": "UZ",
    "nooken-district": "UZ",
    "suzak-district": "UZ",
    "toguz-toro-district": "",
    "toktogul-district": "",
    "chatkal-district": "UZ",
    "ak-talaa-district": "",
    "at-bashy-district": "CN",
    "jumgal-district": "",
    "kochkor-district": "",
    "naryn-district": "",
    "batken-district": "TJ UZ",
    "leilek-district": "TJ",
    "kadamjay-district": "UZ TJ",
    "alay-district": "TJ CN",
    "aravan-district": "UZ",
    "kara-suu-district": "UZ",
    "nookat-district": "UZ",
    "kara-kulja-district": "CN",
    "uzgen-district": "UZ",
    "chong-alay-district": "TJ",
    "aitmatov-district": "KZ UZ",
    "bakay-ata-district": "",
    "manas-district": "KZ",
    "talas-district": "KZ",
    "alamudun-district": "KZ",
    "ysyk-ata-district": "KZ",
    "jayyl-district": "KZ",
    "kemin-district": "KZ",
    "moskva-district": "KZ",
    "panfilov-district": "KZ",
    "sokuluk-district": "KZ",
    "chuy-district": "KZ",
}
WATERSHEDS = {
    "UZ": "F01 F02 F03 F04 F06 F07 F08 F12 F13 F14 F15 F16 F17 F20 F21 F22 F23 F24 F25 F26 F27 F28 F29 F32 F37",
    "KZ": "F09 F10 F11 F18 F19 F34 F35",
    "CN": "F31 F32",
    "TJ": "F33",
}
CROSSINGS = (
    "ak-jol ak-tilek ken-bulun tokmok chaldybar kaiyndy chon-kapka karkyra dostuk ken-sai madaniyat kyzyl-kyya "
    "kairagach kulundu kyzyl-bel karamyk bor-dobo torugart irkeshtam bedel manas-airport osh-airport"
)
CITIES = (
    "bishkek osh karakol balykchy manas tash-kumyr mailuu-suu kara-kul naryn batken sulukta kyzyl-kiya talas tokmok "
    "kant kara-balta"
)
CYRILLIC_WORD_WITH_LATIN = re.compile(r"[а-яёңөү][a-z]|[a-z][а-яёңөү]", re.IGNORECASE)


def _units(level):
    return {unit.slug: unit for unit in districts().values() if unit.level is level}


def test_country_is_complete():
    """40 districts, 7 regions, 16 cities of republican and oblast significance and Bishkek's four: no more, no less."""
    assert len(_units(Level.DISTRICT)) == 40
    assert len(_units(Level.REGION)) == 7
    assert set(_units(Level.CITY)) == set(CITIES.split())
    assert len(_units(Level.CITY_DISTRICT)) == 4


def test_codes_lie_in_their_regions():
    """A SOATE code begins with its region's; two codes that disagree would route by one and show the other."""
    iso = {unit.code: unit.region for unit in districts().values() if unit.code and len(unit.code) == 5}
    assert len(iso) == 9
    for unit in districts().values():
        if unit.code is not None:
            assert len(unit.code) in {5, CODE_DIGITS}
            assert iso[unit.code[:5]] == unit.region


def test_cities_without_published_code_say_so():
    """Kant and Kara-Balta became cities in 2024-25; inventing a code for them would be worse than having none."""
    assert [slug for slug, unit in _units(Level.CITY).items() if unit.code is None] == ["kant", "kara-balta"]
    assert city("kant").parent == "41708206"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("41704230", "41704230"),
        ("41704230000000", "41704230"),
        (" 41707 225 ", "41707225"),
        ("41711000000000", "41711"),
        ("41711000", "41711"),
        ("41706211800000", "41706211"),
        ("41704400000010", "41704400"),
        ("41704000000010", "41704400"),
        ("41704000000000", "41704"),
        ("kant", "kant"),
    ],
)
def test_codes_are_text_of_eight_digits(written, code):
    """The tables in circulation write 14 digits, stray blanks and two codes for Aravan and for the city of Naryn."""
    assert normal_code(written) == code
    assert (district(written).code or district(written).slug) == code


@pytest.mark.parametrize("look_up", [district, facility, crossing, region, city])
def test_unknown_code_is_an_error(look_up):
    """A typing error must not become another place."""
    with pytest.raises(UnknownCodeError):
        look_up("41709999")


@given(st.text(max_size=20))
def test_look_up_and_search_take_any_text(text):
    """What a person types never breaks the search."""
    normal_code(text)
    assert isinstance(find_place(text), tuple)


def test_everything_has_names_in_three_languages():
    """An officer reads Kyrgyz, Russian or English."""
    for table in (districts(), facilities(), crossings(), rivers()):
        for key, place in table.items():
            assert all(place.names), key


def test_no_latin_letters_hide_in_cyrillic_names():
    """Official tables have a Latin «c» inside Cyrillic names, which no search would find."""
    for unit in districts().values():
        for name in (unit.names.ky, unit.names.ru, *(unit.former_names or ())[:2], *unit.aliases):
            assert not CYRILLIC_WORD_WITH_LATIN.search(name), name


def test_names_follow_the_date():
    """An event of 2024 happened in Jalal-Abad, one of today in Manas; the code is the same."""
    manas = district("41703410")
    assert manas.name("ru", date(2025, 9, 26)) == "г. Джалал-Абад"
    assert manas.name("ru", date(2025, 9, 27)) == "г. Манас"
    assert manas.name("ky") == "Манас шаары"
    assert district("41707215").name("en", date(2019, 5, 1)) == "Kara-Buura district"
    assert district("41707215").name("en", date(2026, 5, 1)) == "Aitmatov district"


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("Джалал-Абад", {"manas", "jalal-abad-region"}),
        ("жалал абад", {"manas", "jalal-abad-region"}),
        ("Jalal-Abad", {"manas", "jalal-abad-region"}),
        ("МАНАС", {"manas", "manas-district"}),
        ("Кара-Буура", {"aitmatov-district"}),
        ("Ысык-Кол", {"issyk-kul-region", "issyk-kul-district"}),
        ("Ысык-Көл", {"issyk-kul-region", "issyk-kul-district"}),
        ("Озгон", {"uzgen-district"}),
        ("Узген", {"uzgen-district"}),
        ("г. Ош", {"osh"}),
        ("41704230", {"jumgal-district"}),
        ("Токмак", {"tokmok"}),
        ("Рыбачье", {"balykchy"}),
    ],
)
def test_search_folds_spelling_and_knows_former_names(text, slugs):
    """People write as their keyboard lets them, and use the names they grew up with."""
    found = find_place(text)
    assert slugs <= {place.slug for place in found[: len(slugs) + 1] if hasattr(place, "slug")}


def test_search_finds_sites_and_crossings_too():
    """One box for everything that has a code; whole names first, nothing for nothing."""
    assert facility("F04") in find_place("Мин-Куш")
    assert facility("F04") in find_place("f04")
    assert find_place("торугарт")[0] == crossing("torugart")
    assert find_place("Чуйская область")[0] == region("KG-C")
    assert find_place("  ") == ()
    assert find_place("Атлантида") == ()


@pytest.mark.parametrize(("slug", "countries"), BORDERS.items())
def test_every_district_knows_whom_it_borders(slug, countries):
    """The border list decides which neighbour is told when only a district code came."""
    assert district(_units(Level.DISTRICT)[slug].code).neighbours == set(countries.split())


def test_border_lists_are_complete():
    """The table above covers all districts, and a region borders at least what its districts border."""
    assert set(BORDERS) == set(_units(Level.DISTRICT))
    for unit in _units(Level.DISTRICT).values():
        assert unit.neighbours <= region(unit.region).neighbours


def test_every_unit_lies_on_a_river():
    """A district that no river drains would never warn anybody downstream."""
    drained = set().union(*(river.districts for river in rivers().values()))
    wanted = {unit.code or unit.slug for unit in districts().values() if unit.level in {Level.DISTRICT, Level.CITY}}
    assert drained == wanted
    assert set().union(*(river.partly for river in rivers().values())) <= wanted


def test_rivers_flow_on_to_where_their_river_flows():
    """Kokomeren reaches Uzbekistan because the Naryn does."""
    for river in rivers().values():
        assert river.downstream <= COUNTRIES
        if river.flows_into is not None:
            assert river.downstream == rivers()[river.flows_into].downstream
    assert [river.slug for river in rivers().values() if not river.downstream] == ["issyk-kul"]


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_site_drains_to_the_right_country(country):
    """The tailings above a border are the reason for the bus; Issyk-Kul's (F05) concern no neighbour."""
    below = [
        site.id for site in facilities().values() if any(country in rivers()[slug].downstream for slug in site.rivers)
    ]
    assert below == WATERSHEDS[country].split()


def test_estimated_positions_are_never_surveyed():
    """An own estimate shown as surveyed would send a team to the wrong valley."""
    for site in facilities().values():
        assert site.coord_source
        if re.search(r"own|town point|GeoNames|none public", site.coord_source):
            assert not site.surveyed, site.id
        assert (site.lat is None) == (site.lon is None) == (site.accuracy_km is None), site.id
        assert site.surveyed <= (site.lat is not None)
    assert not any("estimate" not in post.coord_source for post in crossings().values())


def test_sites_refer_to_what_exists():
    """A dangling code would silently lose the district or the operator of a site."""
    assert len(facilities()) == 37
    for site in facilities().values():
        assert all(district(code).level is not Level.REGION for code in site.districts)
        assert site.operator_body is None or site.operator_body in bodies()
        assert site.hazards <= set("CBRN")
        assert site.hazards
    assert facility("f04").operator == "mes"
    assert facility("F16").operator == "Kumtor Gold Company (state)"


def test_crossings_have_stable_slugs():
    """Agencies write these slugs into their systems: they may grow in number, never change."""
    assert set(crossings()) >= set(CROSSINGS.split())
    for post in crossings().values():
        assert post.neighbour is None or post.neighbour in COUNTRIES
        assert (post.neighbour is None) == (post.mode == "air")
        assert post.district is None or district(post.district).region == post.region, post.slug
