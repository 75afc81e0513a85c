"""What the publisher says in codes comes before geometry, and doubts where the two disagree."""

import pytest

from cbrn_schemas.catalogue.places import Level, crossings, districts, facilities
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events.base import Point, Where

BISHKEK = Point(lat=42.8746, lon=74.5698)
MIN_KUSH = Point(lat=41.69, lon=74.46)
BARSKOON = Point(lat=42.1, lon=77.6)
KORDAY = Point(lat=43.045, lon=74.72)


@pytest.mark.parametrize(
    ("code", "neighbours", "downstream"),
    [
        ("41704230", "", "UZ"),
        ("41702210", "CN", ""),
        ("41704220", "CN", "UZ CN"),
        ("41706207", "TJ CN", "UZ TJ CN"),
        ("41705258", "UZ TJ", "UZ"),
        ("41702", "KZ CN", ""),
        ("41708", "KZ", "KZ"),
        ("41721", "UZ", "UZ"),
        ("41711", "", "KZ"),
        ("41711203", "", "KZ"),
    ],
)
def test_bare_code_answers_with_borders_and_rivers(gazetteer, code, neighbours, downstream):
    """Many reports carry a district and nothing else."""
    located = gazetteer.locate(Where(district=code))
    assert located.neighbours == set(neighbours.split())
    assert located.downstream == set(downstream.split())
    assert (located.country, located.method, located.doubts) == ("KG", "code", ())


def test_every_code_resolves_without_doubt(gazetteer):
    """Whatever the catalogue offers for choice must be routable."""
    for key, unit in districts().items():
        if unit.code is not None:
            located = gazetteer.locate(Where(district=unit.code))
            assert located.region == unit.region, key
            assert located.doubts == ()
            assert located.district == (None if unit.level is Level.REGION else unit.code)


def test_every_site_resolves_to_its_district_and_operator(gazetteer):
    """A site's register entry is better than the coarse polygon around it."""
    for site in facilities().values():
        located = gazetteer.locate(Where(site=site.id))
        assert located.country == "KG"
        assert located.district == (site.districts[0] if site.districts else None), site.id
        assert (located.facility, located.operator) == (site.id, site.operator)
        assert located.doubts == ()
    assert gazetteer.locate(Where(site="F04")).downstream == {"UZ"}
    assert gazetteer.locate(Where(site="f04")) == gazetteer.locate(Where(site="F04"))


def test_every_crossing_is_at_the_border(gazetteer):
    """Border posts and customs are told by this facet, and the country opposite by the crossing's own entry."""
    for post in crossings().values():
        located = gazetteer.locate(Where(crossing=post.slug))
        assert located.border
        assert located.region == post.region, post.slug
        assert post.neighbour is None or post.neighbour in located.neighbours
        assert gazetteer.at(post.lat, post.lon).border
    assert not gazetteer.at(BISHKEK.lat, BISHKEK.lon).border


def test_code_wins_over_geometry(gazetteer):
    """The publisher knows the district; the point may be a typing error. Whoever is below either of them is named."""
    located = gazetteer.locate(Where(district="41704230", point=BISHKEK))
    assert (located.district, located.region) == ("41704230", "KG-N")
    assert located.doubts == (Doubt.PLACE_CONTRADICTS,)
    assert located.confidence == "medium"
    assert located.downstream == {"UZ", "KZ"}


def test_agreeing_point_refines_the_code(gazetteer):
    """Neighbours and water follow the point, the district follows the code."""
    located = gazetteer.locate(Where(district="41702210", point=Point(lat=41.862, lon=78.196)))
    assert (located.district, located.downstream, located.doubts) == ("41702210", {"UZ"}, ())
    region_only = gazetteer.locate(Where(district="41704", point=MIN_KUSH))
    assert (region_only.district, region_only.region) == ("41704230", "KG-N")


@pytest.mark.parametrize(
    ("where", "contradicts"),
    [
        (Where(district="41704230", point=KORDAY), True),
        (Where(district="41708203", point=KORDAY), True),
        (Where(district="41708206", point=BISHKEK), True),
        (Where(district="41703430", point=Point(lat=41.3, lon=72.49)), False),
        (Where(district="41708213", point=Point(lat=42.75, lon=75.567)), False),
        (Where(district="41708213", point=Point(lat=42.875, lon=74.57, accuracy_m=100_000)), False),
        (Where(district="41703215", point=Point(lat=41.2728, lon=72.4597)), False),
        (Where(site="F10", district="41708213"), False),
        (Where(site="F10", district="41704230"), True),
        (Where(site="F16", point=BARSKOON), False),
        (Where(site="F16", point=BISHKEK), True),
        (Where(crossing="ak-jol", point=KORDAY), False),
        (Where(crossing="torugart", point=Point(lat=41.17, lon=75.8)), True),
        (Where(crossing="ak-jol", district="41706207"), True),
    ],
)
def test_contradictions_are_noted(gazetteer, where, contradicts):
    """A real contradiction is worth a call; the polygons' own error (Orlovka lies 9 km outside) is not."""
    assert (Doubt.PLACE_CONTRADICTS in gazetteer.locate(where).doubts) is contradicts


def test_accident_on_the_way_to_a_site_drains_where_it_happened(gazetteer):
    """Barskoon 1998: the mine drains to Uzbekistan, the river that its lorry fell into to a closed lake."""
    located = gazetteer.locate(Where(site="F16", point=BARSKOON))
    assert (located.facility, located.downstream) == ("F16", frozenset())


def test_unknown_codes_are_noted_and_the_rest_is_used(gazetteer):
    """Errs towards telling: a wrong site id does not waste a good point."""
    nowhere = gazetteer.locate(Where(site="F99"))
    assert (nowhere.country, nowhere.region, nowhere.method) == (None, None, "unknown")
    assert nowhere.doubts == (Doubt.PLACE_UNKNOWN,)
    with_point = gazetteer.locate(Where(site="F99", point=MIN_KUSH))
    assert (with_point.district, with_point.doubts) == ("41704230", (Doubt.PLACE_UNKNOWN,))
    by_prefix = gazetteer.locate(Where(district="41702999"))
    assert (by_prefix.region, by_prefix.district, by_prefix.confidence) == ("KG-Y", None, "low")
    assert by_prefix.doubts == (Doubt.PLACE_UNKNOWN,)
    assert gazetteer.locate(Where(district="41799")).doubts == (Doubt.PLACE_UNKNOWN,)


def test_site_without_a_place_takes_the_point(gazetteer):
    """Anthrax foci have one entry for the whole country; the event's own point says where."""
    spread = gazetteer.locate(Where(site="F30"))
    assert (spread.country, spread.region, spread.doubts) == ("KG", None, ())
    located = gazetteer.locate(Where(site="F30", point=MIN_KUSH))
    assert (located.region, located.facility, located.operator) == ("KG-N", "F30", "vet")
