"""The country and its places as drawings: whole, small, escaped, and with marks where they belong."""

import gzip
import re
from xml.etree import ElementTree as ET

import pytest

from cbrn_consumers.desk.picture import Mark, Post, Spot, country_map, place_map, place_words, placed
from cbrn_consumers.desk.picture.ground import COUNTRY
from cbrn_routing.jurisdiction.outlines import outlines
from cbrn_routing.jurisdiction.plane import Shape
from cbrn_schemas.catalogue.naming import place_name

SVG = "{http://www.w3.org/2000/svg}"
LANGUAGES = ("ky", "ru", "en")
HOSTILE = "</title><script>alert(1)</script>&\"'<style>\0\x0b"


def mark(number=1, place="41708203", severity="Severe", said="Chlorine", **more):
    return Mark(number=number, severity=severity, place=place, said=said, href=f"/situations/{number}", **more)


def parsed(drawn):
    return ET.fromstring(drawn)  # noqa: S314 - our own drawing


def corners(element):
    """The first point of a mark's shape, or its middle."""
    circle = element.find(f".//{SVG}circle")
    if circle is not None:
        return float(circle.get("cx")), float(circle.get("cy"))
    xs, ys = zip(
        *(map(float, point.split(",")) for point in element.find(f".//{SVG}polygon").get("points").split()), strict=True
    )
    return sum(xs) / len(xs), sum(ys) / len(ys)


def links(drawn, name="mark"):
    return [each for each in parsed(drawn).iter(f"{SVG}a") if name in each.get("class").split()]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_district_is_drawn_once_and_named(lang):
    """A district that is missing would have no alert."""
    names = [
        unit.find(f"{SVG}title").text for unit in parsed(country_map([], lang)).iter() if unit.get("class") == "unit"
    ]
    assert names == [place_name(code, lang) for code in outlines().units]
    assert len(set(outlines().units)) == 42


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_country_is_small_enough_for_a_weak_line(lang):
    """28 KB were measured; what grows past this is not looked at on a phone."""
    drawn = country_map([mark(number) for number in range(20)], lang).encode()
    assert len(drawn) < 44_000
    assert len(gzip.compress(drawn)) < 13_000


@pytest.mark.parametrize("severity", ["Extreme", "Severe", "Moderate", "Minor", "Unknown"])
@pytest.mark.parametrize("code", ["41708203", "41702205", "41705214", "41711"])
def test_a_mark_stands_inside_its_district(code, severity):
    """On the map of a night shift nobody checks where a mark belongs."""
    (drawn,) = links(country_map([mark(place=code, severity=severity)], "en"))
    x, y = corners(drawn)
    assert Shape(outlines().units[code]).holds(COUNTRY.west + x, COUNTRY.north - y)


def test_marks_of_one_place_do_not_hide_each_other_and_stay_on_the_sheet():
    """Twenty alerts of one district are twenty numbers."""
    drawn = links(country_map([mark(number, "41702205") for number in range(1, 21)], "en"))
    places = [corners(each) for each in drawn]
    assert len({(round(x), round(y)) for x, y in places}) == 20
    assert all(0 < x < COUNTRY.width and 0 < y < COUNTRY.height for x, y in places)


@pytest.mark.parametrize("place", ["", "nowhere", "99999999", "KG-Q"])
def test_a_mark_without_a_known_place_is_left_to_the_list(place):
    """The list beside says that it is not on the map."""
    assert not placed(mark(place=place))
    assert links(country_map([mark(place=place)], "en")) == []


@pytest.mark.parametrize("place", ["KG-T", "41702", "UZ", "41703430", "41711201"])
def test_regions_cities_and_neighbours_have_a_place_too(place):
    """An alert that names its region only is on the map, in the region's middle."""
    assert len(links(country_map([mark(place=place)], "en"))) == 1


def test_each_mark_leads_to_its_situation_and_says_what_it_is():
    """No dead ends: each number opens what is behind it."""
    (drawn,) = links(country_map([mark(7)], "en"))
    assert drawn.get("href") == "/situations/7"
    assert drawn.find(f"{SVG}title").text == "7. ◆ Chlorine"
    assert "7" in "".join(drawn.itertext())


def test_hostile_names_are_text_and_nothing_else():
    """A publisher's headline is written into an SVG: it must not end the title it stands in."""
    posts = [Post(level=2, place="41711", said=HOSTILE, href='"><script>', lat=42.8, lon=74.6)]
    drawn = country_map([mark(said=HOSTILE)], "en", posts=posts)
    assert "<script" not in drawn
    assert "<style" not in drawn
    whole = parsed(drawn)
    assert not [each for each in whole.iter() if each.tag in {f"{SVG}script", f"{SVG}style"}]
    assert "alert(1)" in "".join(whole.itertext())


def test_no_drawing_has_a_style_of_its_own():
    """The content policy would refuse it, and the page would be black."""
    drawings = [country_map([mark()], "ky"), place_map(Spot(severity="Severe", district="41708203"), "ky")]
    for drawn in drawings:
        assert not [each for each in parsed(drawn).iter() if "style" in each.attrib or each.tag == f"{SVG}style"]
        assert not re.search(r"\son\w+=", drawn)


def test_stations_have_a_shape_a_level():
    """Half filled and full squares are told apart without colour."""
    posts = [Post(level=level, place="41711", said="p", href="/p") for level in range(3)]
    drawn = links(country_map([], "en", posts=posts), "post")
    shapes = [sorted(each.get("class") for each in one.iter() if "level" in each.get("class", "")) for one in drawn]
    assert shapes == [["level-normal"], ["level-attention", "level-half"], ["level-danger"]]
    assert [one.find(f"{SVG}title").text for one in drawn] == ["p: normal", "p: attention level", "p: danger level"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_place_says_in_words_what_its_map_shows(lang):
    """Whoever does not see the map has the same facts."""
    spot = Spot(severity="Extreme", district="41708213", lat=42.81, lon=73.85, wind_from_deg=225, wind_m_s=3.24)
    words = place_words(spot, lang)
    drawn = parsed(place_map(spot, lang))
    assert place_name("41708213", lang) in words
    assert "; ".join(words) == drawn.find(f"{SVG}desc").text
    assert any("225°" in each and "45°" in each and ("3.2" in each or "3,2" in each) for each in words)


def test_the_wind_arrow_points_where_the_wind_carries():
    """From the west means to the east: told wrongly it sends people into the cloud."""
    for degrees, east, south in ((270, 1, 0), (180, 0, -1), (0, 0, 1), (90, -1, 0)):
        spot = Spot(severity="Severe", district="41711", lat=42.87, lon=74.6, wind_from_deg=degrees)
        (shaft,) = (each for each in parsed(place_map(spot, "en")).iter() if each.get("class") == "wind")
        x1, y1, x2, y2 = (float(shaft.get(name)) for name in ("x1", "y1", "x2", "y2"))
        assert (round((x2 - x1) / 150), round((y2 - y1) / 150)) == (east, south)


@pytest.mark.parametrize("code", [*outlines().units, "41703430", "KG-O"])
def test_every_unit_has_a_map(code):
    """The situation's page asks for any of them."""
    drawn = place_map(Spot(severity="Minor", district=code), "ru")
    assert len(gzip.compress(drawn.encode())) < 6_000
    parsed(drawn)


def test_a_site_that_was_not_surveyed_says_so():
    """Its position is an estimate: nobody drives there by it."""
    said = "; ".join(place_words(Spot(severity="Severe", district="41703430", site="F03"), "en"))
    assert "own estimate" in said


def test_where_nobody_knows_there_is_no_map():
    """The page then has the words alone."""
    assert place_map(Spot(severity="Severe", district=""), "en") is None
    assert place_words(Spot(severity="Severe", district=""), "en") == ()


def test_the_border_is_no_shore_and_leaves_no_district_out():
    """Issyk-Kul is drawn as water, not as another country."""
    border = Shape(outlines().border)
    middle_of_lake = sum(x for x, _ in outlines().lake) / 4, sum(y for _, y in outlines().lake) / 4
    assert border.edge_km(*middle_of_lake) > 30
    assert len(outlines().border) > 10
