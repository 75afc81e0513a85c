"""A place as coarse as the agreement says, and degrees in a text told from what only looks like them."""

import pytest

from cbrn_routing.sharing.places import reduced_where, tells_coordinates
from cbrn_schemas.events.base import Where

WITH_POINT = {"point": {"lat": 40.55, "lon": 72.81, "accuracy_m": 150}}


@pytest.mark.parametrize(
    "text",
    [
        "at 40.5512, 72.8145",
        "40.5 72.8",
        "72,81 в.д. 40,55 с.ш.",
        "lon 72.81456 / lat 40.55123",
        "40°33'04\" N",
        "40.5° N",
        "40,5° с. ш.",
        "geo:40.5,72.8",
        "https://maps.example/?q=40.55,72.81",
        "-33.865 / 151.209",
    ],
)
def test_degrees_in_a_text_are_found(text):
    """However an officer writes them."""
    assert tells_coordinates(text)


@pytest.mark.parametrize(
    "text",
    [
        "0.23 µSv/h at 1.50 m",
        "температура 8 °С, ветер 5 м/с",
        "8 °C",
        "4.2 mSv/h, 50 m",
        "telephone +996 312 40 55 12",
        "40 persons, 72 animals",
        "Act 550 of 2018, article 3.1",
    ],
)
def test_readings_temperatures_and_counts_are_no_degrees(text):
    """An instruction that is held back for nothing helps nobody."""
    assert not tells_coordinates(text)


@pytest.mark.parametrize(
    ("given", "district", "region"),
    [
        ({"district": "41703430", **WITH_POINT}, "41703430", "41703"),
        ({"site": "F04"}, "41704230", "41704"),
        ({"district": "41721", **WITH_POINT}, "41721", "41721"),
        ({"district": "41703"}, "41703", "41703"),
        ({"district": "41799999"}, "41799999", "41799"),
    ],
)
def test_a_place_is_said_by_the_code_of_its_district_or_region(given, district, region):
    """Whatever the publisher gave: code, site or point."""
    where = Where.model_validate(given)
    assert reduced_where(where, "district") == {"district": district}
    assert reduced_where(where, "region") == {"district": region}


def test_further_districts_are_coarsened_and_named_once():
    """Two districts of one region are one region."""
    where = Where.model_validate({"district": "41703430", "further_districts": ["41703220", "41706207", "41706211"]})
    assert reduced_where(where, "region") == {"district": "41703", "further_districts": ["41706"]}
