"""Every district and city: whom it borders, and whom its water reaches, by code and at its middle.

The table beside this file was compared with the map by hand: neighbours by code are those that a unit borders (of a
city, those within 15 km), `downstream` the countries below the places where its people live, `outlying` those that only
an empty pair of it drains to.
"""

import csv
from pathlib import Path

import pytest

from cbrn_schemas.catalogue.places import Level, crossings, districts, facilities, rivers
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events.base import Point, Where

TABLE = Path(__file__).with_suffix(".csv")
UNITS = {unit.slug: unit for unit in districts().values() if unit.level in {Level.DISTRICT, Level.CITY}}
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
CITY_BEATS_DISTRICT = {"F24": "41703410", "F27": "41703410"}
LIMITS_DRAWN_WRONGLY = {"F08": "41703211", "F10": "41708223", "F19": "41708223", "F21": "41703230", "F34": "41707220"}
"""Sites whose position falls into another district than the register's; every other one falls into its own."""
CROSSINGS_DRAWN_ABROAD = {"ak-jol", "ak-tilek", "ken-bulun", "chaldybar", "karkyra", "ken-sai", "kyzyl-bel"}
CROSSINGS_DRAWN_ELSEWHERE = {
    "tokmok": "41708400",
    "dostuk": "41721",
    "bor-dobo": "41706207",
    "manas-airport": "41708203",
    "osh-airport": "41706226",
}


def _by_code(gazetteer, unit):
    where = Where(district=unit.code) if unit.code else Where(point=Point(lat=unit.lat, lon=unit.lon))
    return gazetteer.locate(where)


def test_the_table_holds_every_district_and_city():
    """Forty districts and sixteen cities: one that is missing here is tested by nobody."""
    assert {row["unit"] for row in ROWS} == set(UNITS)
    assert len(ROWS) == 56


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["unit"])
def test_borders_and_rivers_of_a_unit(gazetteer, row):
    """By code, many reports have nothing else; and at its middle."""
    unit = UNITS[row["unit"]]
    located, centre = _by_code(gazetteer, unit), gazetteer.at(unit.lat, unit.lon)
    assert located.neighbours == set(row["neighbours"].split())
    assert located.downstream == set(row["downstream"].split())
    assert centre.neighbours == set(row["centre_neighbours"].split())
    assert centre.downstream == set(row["centre_downstream"].split())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["unit"])
def test_code_and_middle_give_the_same_jurisdiction(gazetteer, row):
    """Code and point of one place must not lead to two rooms of duty officers."""
    unit = UNITS[row["unit"]]
    by_code, by_point = _by_code(gazetteer, unit), gazetteer.at(unit.lat, unit.lon)
    assert (by_code.district, by_code.city, by_code.region, by_code.country) == (
        by_point.district,
        by_point.city,
        by_point.region,
        by_point.country,
    )
    assert by_point.neighbours <= by_code.neighbours
    assert by_point.downstream <= by_code.downstream | set(row["outlying"].split())
    if unit.code is not None:
        both = gazetteer.locate(Where(district=unit.code, point=Point(lat=unit.lat, lon=unit.lon)))
        assert Doubt.PLACE_CONTRADICTS not in both.doubts


def test_only_these_rivers_leave_and_only_issyk_kul_stays():
    """KZ, UZ, TJ and CN; a closed basin warns nobody."""
    assert set().union(*(river.downstream for river in rivers().values())) == {"KZ", "UZ", "TJ", "CN"}
    closed = {unit.slug for unit in UNITS.values() if not _downstream_at_all(unit)}
    assert closed == {"karakol"}


def _downstream_at_all(unit):
    key = unit.code or unit.slug
    draining = [river for river in rivers().values() if key in river.districts | river.partly]
    return any(river.downstream for river in draining)


def test_sites_lie_in_their_district_but_for_the_known_contradictions(gazetteer):
    """The register wins; the list shows where the open polygons err, and grows under nobody's eyes no more."""
    differing = {
        site.id: gazetteer.at(site.lat, site.lon).district
        for site in facilities().values()
        if site.lat is not None and gazetteer.at(site.lat, site.lon).district not in site.districts
    }
    assert differing == LIMITS_DRAWN_WRONGLY | CITY_BEATS_DISTRICT


def test_crossings_lie_in_their_district_but_for_the_known_contradictions(gazetteer):
    """Their positions are estimates to 5 km on a border drawn to 3 km: half of them fall across it."""
    found = {post.slug: gazetteer.at(post.lat, post.lon) for post in crossings().values()}
    assert {slug for slug, located in found.items() if located.country != "KG"} == CROSSINGS_DRAWN_ABROAD
    differing = {
        slug: located.district
        for slug, located in found.items()
        if located.country == "KG" and located.district != crossings()[slug].district
    }
    assert differing == CROSSINGS_DRAWN_ELSEWHERE


def test_contradictions_are_doubts_of_the_event_and_the_code_wins(gazetteer):
    """Each known contradiction, as an event would carry it: district by the code, and no false alarm for 10 km."""
    for identifier in (*LIMITS_DRAWN_WRONGLY, *CITY_BEATS_DISTRICT):
        site = facilities()[identifier]
        located = gazetteer.locate(Where(site=identifier, point=Point(lat=site.lat, lon=site.lon)))
        assert located.district == site.districts[0], identifier
        assert Doubt.PLACE_CONTRADICTS not in located.doubts
    far = gazetteer.locate(Where(district="41708213", point=Point(lat=40.52, lon=72.8)))
    assert (far.district, far.region) == ("41708213", "KG-C")
    assert far.doubts == (Doubt.PLACE_CONTRADICTS,)
