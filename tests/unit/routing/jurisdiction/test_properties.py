"""What holds of every place: an answer, a region at home, neighbours within 15 km, codes before points."""

import json
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.builders.thorough import cases

from cbrn_routing.jurisdiction import Gazetteer
from cbrn_schemas.catalogue.places import Level, called, districts, facilities, find_place, normal_code
from cbrn_schemas.catalogue.tables import read_table
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events.base import Point, Where

PACKAGE = "cbrn_routing.jurisdiction"
EARTH_RADIUS_KM = 6371.0088
WITHIN_KM, TOLERANCE_KM = 15.0, 0.2
"""Plane and sphere agree to 0.3 %, and points are rounded to 11 m."""
LANGUAGES = ("ky", "ru", "en")

nearby = st.tuples(st.floats(39.0, 43.5), st.floats(69.0, 80.6))
anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def _haversine_km(one, other):
    lat, lon, north, east = map(radians, (*one, *other))
    half = sin((north - lat) / 2) ** 2 + cos(lat) * cos(north) * sin((east - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


@cache
def _rings():
    """Rings of (lat, lon) of every neighbour, read from the data file without the library that is under test."""
    text = files(PACKAGE).joinpath("data", "neighbours.geojson").read_text(encoding="utf-8")
    rings = {}
    for feature in json.loads(text)["features"]:
        geometry = feature["geometry"]
        parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        rings[feature["properties"]["country"]] = [[(lat, lon) for lon, lat in ring] for part in parts for ring in part]
    return rings


@cache
def _circles():
    return [
        (row["country"], (float(row["lat"]), float(row["lon"])), float(row["radius_km"]))
        for row in read_table("foreign_circles.csv", PACKAGE)
    ]


def _distance_km(point, country):
    """To a country's polygons and circles: 0 inside (even-odd rule), else by segments on a plane around the point."""
    distances = [
        max(0.0, _haversine_km(point, middle) - radius) for key, middle, radius in _circles() if key == country
    ]
    crossings = 0
    per_lat, per_lon = radians(1) * EARTH_RADIUS_KM, radians(1) * EARTH_RADIUS_KM * cos(radians(point[0]))
    for ring in _rings()[country]:
        plane = [((lon - point[1]) * per_lon, (lat - point[0]) * per_lat) for lat, lon in ring]
        for (x, y), (east, north) in pairwise(plane):
            if (y > 0) != (north > 0) and x + (east - x) * (-y) / (north - y) > 0:
                crossings += 1
            if min(abs(x), abs(east)) < 500 and min(abs(y), abs(north)) < 500:
                distances.append(_to_segment_km(x, y, east, north))
    return 0.0 if crossings % 2 else min(distances, default=1000.0)


def _to_segment_km(x, y, east, north):
    length = (east - x) ** 2 + (north - y) ** 2
    share = 0.0 if length == 0 else max(0.0, min(1.0, -(x * (east - x) + y * (north - y)) / length))
    return hypot(x + share * (east - x), y + share * (north - y))


@settings(max_examples=cases(150), deadline=None)
@given(point=nearby)
@example(point=(42.8746, 74.5698))
@example(point=(39.963, 71.131))
@example(point=(42.2, 80.1))
def test_neighbours_are_those_within_15_km_by_another_formula(point):
    """15 km is a promise to people on both sides; a mistake in one projection must not hide one of them."""
    found = Gazetteer(1).at(*point).neighbours
    for country in _rings():
        distance_km = _distance_km((round(point[0], 4), round(point[1], 4)), country)
        if distance_km < WITHIN_KM - TOLERANCE_KM:
            assert country in found, distance_km
        elif distance_km > WITHIN_KM + TOLERANCE_KM:
            assert country not in found, distance_km


@settings(max_examples=cases(300), deadline=None)
@given(point=nearby | anywhere, accuracy=st.none() | st.floats(1, 100_000))
def test_any_legal_point_is_answered_and_home_has_a_region(point, accuracy):
    """No coordinate stops a shard, and no event at home is without the region whose plenipotentiary answers for it."""
    located = Gazetteer(1).locate(Where(point=Point(lat=point[0], lon=point[1], accuracy_m=accuracy)))
    if located.country == "KG":
        assert located.region is not None
    else:
        assert located.region is None
        assert Doubt.PLACE_ABROAD in located.doubts
    if located.district is not None:
        assert districts()[located.district].region == located.region
    if located.region is None or located.city is not None:
        assert located.confidence != "high" or located.method in {"city-polygon", "neighbour-polygon"}


def test_a_site_at_home_without_region_says_why(gazetteer):
    """The only home answers without a region: sites that are spread over the country, and those have low confidence."""
    spread = [site.id for site in facilities().values() if not site.districts]
    assert spread == ["F30"]
    located = gazetteer.locate(Where(site="F30"))
    assert (located.country, located.region, located.confidence, located.method) == ("KG", None, "low", "site")


@settings(max_examples=cases(300), deadline=None)
@given(
    unit=st.sampled_from([unit for unit in districts().values() if unit.code is not None]),
    point=nearby | anywhere,
    site=st.none() | st.sampled_from(list(facilities())),
)
def test_the_publishers_code_wins_over_every_point_and_site(gazetteer, unit, point, site):
    """The publisher stands there; a point is a number that somebody typed."""
    located = gazetteer.locate(Where(district=unit.code, point=Point(lat=point[0], lon=point[1]), site=site))
    assert (located.country, located.region, located.method) == ("KG", unit.region, "code")
    if unit.level is not Level.REGION:
        assert located.district == unit.code
    elif located.district is not None:
        assert districts()[located.district].region == unit.region


@settings(max_examples=cases(300), deadline=None)
@given(unit=st.sampled_from([unit for unit in districts().values() if unit.code is not None]), point=nearby)
def test_a_point_in_another_region_beyond_doubt_is_noted(gazetteer, unit, point):
    """A contradiction is worth a call: silence there would mean that nobody compares the two."""
    at_point = gazetteer.at(*point)
    assume(at_point.confidence == "high" and at_point.region != unit.region)
    assume(unit.lat is not None and _haversine_km(point, (unit.lat, unit.lon)) > 300)
    located = gazetteer.locate(Where(district=unit.code, point=Point(lat=point[0], lon=point[1])))
    assert Doubt.PLACE_CONTRADICTS in located.doubts
    assert at_point.downstream <= located.downstream


@pytest.mark.parametrize("slug", [unit.slug for unit in districts().values()])
def test_every_name_of_every_unit_is_found_in_any_spelling(slug):
    """Capitals, missing Kyrgyz letters, blanks for hyphens; in Kyrgyz, Russian and English; present and former."""
    unit = next(unit for unit in districts().values() if unit.slug == slug)
    names = [unit.names.get(lang) for lang in LANGUAGES] + [unit.name(lang) for lang in LANGUAGES]
    names += [*(unit.former_names or ()), *unit.aliases, unit.slug]
    plain = str.maketrans("ңөүёÜüÖöŇň", "ноуеUuOoNn")
    for name in names:
        for spelling in (name, name.upper(), name.lower(), name.replace("-", " "), name.translate(plain), f"  {name} "):
            assert unit in called(spelling), spelling


def test_jalal_abad_is_found_under_all_its_names():
    """The city that was renamed in 2025: whoever grew up with a name finds it, and Manas in Talas stays another."""
    city = districts()["41703410"]
    for name in ("Джалал-Абад", "Жалал-Абад", "жалалабад", "Манас", "Jalal-Abad", "Жалал-Абад шаары", "г. Джалал-Абад"):
        assert city in called(name) or city in find_place(name), name
    assert {unit.code for unit in called("Манас")} == {"41703410", "41707225"}


@settings(max_examples=cases(300), deadline=None)
@given(text=st.text(max_size=30) | st.sampled_from([name for unit in districts().values() for name in unit.names]))
def test_search_does_not_depend_on_how_often_a_text_was_cleaned(text):
    """Whole names are among all matches and come first; a code made normal stays as it is."""
    exact, found = called(text), find_place(text)
    assert found[: len(exact)] == exact
    assert find_place(f" {text} ") == found
    assert normal_code(normal_code(text)) == normal_code(text)
