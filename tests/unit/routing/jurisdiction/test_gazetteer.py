"""Whose business a place is: codes before geometry, doubts where they disagree, an answer for every point on earth."""

import json
import threading
from functools import cached_property

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.thorough import cases

from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_routing.jurisdiction.shapes import Shapes, shapes
from cbrn_schemas.catalogue.places import Level, crossings, districts, facilities
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events.base import Point, Where

COUNTRIES = {"KZ", "UZ", "TJ", "CN"}
BISHKEK = Point(lat=42.8746, lon=74.5698)
MIN_KUSH = Point(lat=41.69, lon=74.46)
BARSKOON = Point(lat=42.1, lon=77.6)


@pytest.mark.parametrize(
    ("lat", "lon", "region", "district", "city"),
    [
        (42.8746, 74.5698, "KG-GB", "41711", "bishkek"),
        (40.5283, 72.7985, "KG-GO", "41721", "osh"),
        (42.4907, 78.3936, "KG-Y", "41702410", "karakol"),
        (40.9333, 73.0, "KG-J", "41703410", "manas"),
        (42.8911, 74.8508, "KG-C", "41708206", "kant"),
        (42.8142, 73.8481, "KG-C", "41708209", "kara-balta"),
        (41.69, 74.46, "KG-N", "41704230", None),
        (42.1, 77.6, "KG-Y", "41702210", None),
        (39.733, 73.25, "KG-O", "41706207", None),
        (42.184, 73.975, "KG-C", "41708209", None),
        (42.75, 75.57, "KG-C", "41708213", None),
        (40.632, 73.592, "KG-O", "41706246", None),
    ],
)
def test_points_at_home(gazetteer, lat, lon, region, district, city):  # noqa: PLR0917 - a row of the table
    """Cities before districts; settlements that the district polygons misplace (the last three) before those."""
    located = gazetteer.at(lat, lon)
    assert (located.country, located.region, located.district, located.city) == ("KG", region, district, city)
    assert located.doubts == ()


def test_every_unit_contains_its_own_middle(gazetteer):
    """Codes, names and polygons come from three sources; a mix-up of two districts shows here."""
    for unit in districts().values():
        if unit.lat is None or unit.lon is None:
            continue
        located = gazetteer.at(unit.lat, unit.lon)
        assert located.region == unit.region, unit.slug
        if unit.level is not Level.REGION:
            assert located.district == (unit.code or unit.parent), unit.slug


@pytest.mark.parametrize(
    ("lat", "lon", "country"),
    [
        (39.963, 71.131, "UZ"),
        (39.86, 70.59, "TJ"),
        (39.983, 71.805, "UZ"),
        (40.238, 70.992, "UZ"),
        (40.297, 71.98, "UZ"),
    ],
    ids=["Sokh", "Vorukh", "Shohimardon", "Chong-Kara", "Quvasoy"],
)
def test_foreign_enclaves_are_abroad(gazetteer, lat, lon, country):
    """Inside the country's outline, and yet another state's territory."""
    located = gazetteer.at(lat, lon)
    assert located.country == country
    assert country in located.neighbours
    assert (located.region, located.district, located.downstream) == (None, None, frozenset())
    assert located.doubts == (Doubt.PLACE_ABROAD,)


def test_lake_belongs_to_its_region(gazetteer):
    """A drum afloat on Issyk-Kul is the region's business, though no district owns the water."""
    located = gazetteer.at(42.4, 77.2)
    assert (located.country, located.region, located.district) == ("KG", "KG-Y", None)
    assert located.downstream == frozenset()


def test_far_abroad_has_no_country(gazetteer):
    """The map ends 200 km beyond the border; the answer then says that it cannot say."""
    located = gazetteer.at(55.75, 37.62)
    assert located.as_json()["country"] is None
    assert located.doubts == (Doubt.PLACE_ABROAD,)


@pytest.mark.parametrize(
    ("lat", "lon", "neighbours"),
    [
        (42.8746, 74.5698, ""),
        (42.894, 74.59, ""),
        (41.69, 74.46, ""),
        (40.5283, 72.7985, "UZ"),
        (40.0626, 70.8194, "TJ UZ"),
        (42.2, 80.1, "CN KZ"),
        (39.49, 71.8, "TJ"),
        (39.68, 73.85, "CN"),
        (42.6, 71.3, "KZ"),
    ],
    ids=["Bishkek", "15.5 km", "Min-Kush", "Osh", "Batken", "Khan-Tengri", "Karamyk", "Irkeshtam", "Aitmatov district"],
)
def test_neighbours_of_a_point_are_those_within_15_km(gazetteer, lat, lon, neighbours):
    """A cloud crosses a border without asking; the capital, 17 km inland, does not alarm a neighbour by itself."""
    assert gazetteer.at(lat, lon).neighbours == set(neighbours.split())


@pytest.mark.parametrize(
    ("name", "lat", "lon", "downstream"),
    [
        ("Min-Kush", 41.69, 74.46, "UZ"),
        ("Suusamyr", 42.184, 73.975, "UZ"),
        ("Song-Kol", 41.85, 75.13, "UZ"),
        ("Kumtor", 41.862, 78.196, "UZ"),
        ("Mailuu-Suu", 41.2728, 72.4597, "UZ"),
        ("At-Bashy", 41.172, 75.806, "UZ"),
        ("Gulcha", 40.315, 73.443, "UZ"),
        ("Kochkor", 42.216, 75.757, "KZ"),
        ("Ak-Tyuz", 42.875, 76.13, "KZ"),
        ("Kara-Balta", 42.83, 73.88, "KZ"),
        ("Karkyra valley", 42.72, 79.1, "KZ"),
        ("Sary-Tash", 39.733, 73.25, "TJ"),
        ("Batken", 40.0626, 70.8194, "TJ"),
        ("Isfana", 39.839, 69.527, "TJ"),
        ("Nura", 39.65, 73.86, "CN"),
        ("Enylchek", 42.03, 79.08, "CN"),
        ("Ak-Shyirak", 41.83, 78.73, "CN"),
        ("Ak-Sai", 40.85, 76.3, "CN"),
        ("Barskoon", 42.1, 77.6, ""),
        ("Barskoon village", 42.152, 77.6, ""),
        ("Kadji-Sai", 42.141, 77.178, ""),
        ("Karakol", 42.49, 78.39, ""),
        ("Tup", 42.727, 78.365, ""),
        ("Balykchy", 42.46, 76.187, ""),
    ],
)
def test_water_flows_to_the_right_country(gazetteer, name, lat, lon, downstream):
    """One district has up to four basins; the neighbour below is warned, and nobody about a closed basin."""
    assert gazetteer.at(lat, lon).downstream == set(downstream.split()), name


def test_uncertain_crossing_is_found_along_the_border(gazetteer):
    """Positions of crossings are estimates to 5 km: the post may stand elsewhere, but on the border it stands."""
    on_the_border, inland = (43.02, 74.68), (42.99, 74.68)
    assert gazetteer.at(*on_the_border).border
    assert not gazetteer.at(*inland).border


def test_point_at_a_site_names_the_site(gazetteer):
    """The operator is told, even if the reporter did not know what stands there; vague sites claim no point."""
    located = gazetteer.at(MIN_KUSH.lat, MIN_KUSH.lon)
    assert (located.facility, located.operator) == ("F04", "mes")
    assert gazetteer.at(39.65, 72.9).facility is None


def test_vague_point_has_low_confidence(gazetteer):
    """A radius of 20 km may hold three districts."""
    sharp, coarse, vague = (
        gazetteer.locate(Where(point=Point(lat=41.69, lon=74.46, accuracy_m=metres))) for metres in (50, 5_000, 20_000)
    )
    assert [sharp.confidence, coarse.confidence, vague.confidence] == ["high", "medium", "low"]


def test_answer_is_plain_json(gazetteer):
    """`cbrn place --json` and `cbrn route --json` print this; lists are sorted, so that two runs compare equal."""
    answer = json.loads(json.dumps(gazetteer.locate(Where(district="41705258")).as_json()))
    assert answer["neighbours"] == ["TJ", "UZ"]
    assert {"district", "region", "country", "neighbours", "downstream", "confidence"} <= set(answer)


@settings(max_examples=cases(300), deadline=None)
@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_every_point_on_earth_has_an_answer(lat, lon):
    """A strange coordinate must not stop a shard."""
    _check(Gazetteer(16).at(lat, lon))


@settings(max_examples=cases(300), deadline=None)
@given(
    site=st.none() | st.sampled_from([*facilities(), "F99"]),
    district=st.none() | st.sampled_from([*(code for code in districts() if code.isdigit()), "41799", "41702999"]),
    crossing=st.none() | st.sampled_from([*crossings(), "nowhere"]),
    point=st.none()
    | st.builds(Point, lat=st.floats(39, 43.5), lon=st.floats(69, 81), accuracy_m=st.none() | st.just(9e4)),
)
def test_every_mixture_of_codes_and_points_has_an_answer(gazetteer, site, district, crossing, point):
    """Publishers combine what they know; a doubt is an answer, an exception is not."""
    if site is district is crossing is point is None:
        return
    located = gazetteer.locate(Where(site=site, district=district, crossing=crossing, point=point))
    _check(located)
    if district in districts():
        assert located.region == districts()[district].region
    if (site, district, crossing) == (None, None, None):
        assert located == gazetteer.at(point.lat, point.lon) or point.accuracy_m is not None


def _check(located):
    assert located.country in {None, "KG", *COUNTRIES}
    assert located.neighbours <= COUNTRIES
    assert located.downstream <= COUNTRIES
    assert (located.region is None) <= (located.district is None)
    assert (located.country is None or located.country in COUNTRIES) <= bool(located.doubts)


def test_answers_are_kept_and_bounded():
    """A station that reports every minute costs one look-up; a flood of points costs no memory."""
    gazetteer = Gazetteer(cached_places=8)
    where = Where(point=BARSKOON)
    answers = {id(gazetteer.locate(where)) for _ in range(10)}
    gazetteer.at(BARSKOON.lat + 0.00001, BARSKOON.lon)  # within the rounding, so the same place
    assert len(answers) == 1
    assert gazetteer.cache_info()[:2] == (10, 1)
    for step in range(20):
        gazetteer.at(42 + step / 100, 75)
    assert gazetteer.cache_info().currsize == 8


def test_geometry_is_asked_once_per_new_place(monkeypatch):
    """Speed without a clock: a repeated site, code or point touches no polygon."""
    asked = []
    find = shapes().find
    monkeypatch.setattr(shapes(), "find", lambda at: asked.append(at) or find(at))
    gazetteer = Gazetteer()
    for _ in range(50):
        gazetteer.at(MIN_KUSH.lat, MIN_KUSH.lon)
        gazetteer.locate(Where(point=MIN_KUSH))
        gazetteer.locate(Where(site="F04"))
        gazetteer.locate(Where(district="41704230"))
    assert len(asked) == 1


def test_a_code_needs_no_polygon_and_a_process_reads_all_at_its_start():
    """A command must not pay for what it never asks, nor an alert wait for what could have been read before."""
    shapes.cache_clear()
    gazetteer = Gazetteer()
    gazetteer.locate(Where(district="41704230"))
    layers = {name for name, layer in vars(Shapes).items() if isinstance(layer, cached_property)}
    assert layers
    assert not layers & vars(shapes()).keys()
    gazetteer.build()
    assert layers <= vars(shapes()).keys()


def test_threads_share_one_gazetteer():
    """What one thread is still reading, another does not take for all there is."""
    points = [(39.5 + step / 60, 70 + step / 24) for step in range(200)]
    expected = [Gazetteer().at(*point) for point in points]
    shapes.cache_clear()
    gazetteer, results = Gazetteer(), []

    def work():
        results.append([gazetteer.at(*point) for point in points])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [expected] * 4


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [
        ((42.8746, 74.5698), (40.5283, 72.7985), 299.47),
        ((42.4907, 78.3936), (39.9365, 69.5678), 790.52),
        ((42.0, 75.0), (43.0, 75.0), 111.20),
    ],
)
def test_plane_keeps_distances(one, other, kilometres):
    """15 km to a border must be 15 km in every pair of the country (great-circle distances as reference)."""
    (x, y), (east, north) = to_plane(*one), to_plane(*other)
    assert ((x - east) ** 2 + (y - north) ** 2) ** 0.5 == pytest.approx(kilometres, rel=0.002)
