"""`cbrn place` as officers and scripts meet it."""

import json
from pathlib import Path

import pytest
from tests.builders.command_line import CliRunner
from tests.builders.golden import EXAMPLES

from cbrn_deploy.cli.main import app
from cbrn_schemas.catalogue.places import facilities


@pytest.fixture
def place(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CBRN_LANG", raising=False)
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    return lambda *arguments: CliRunner().invoke(app, ["place", *arguments])


def test_machines_get_json(place):
    """The names are a contract; `country` is null where the map ends, and a western longitude is no option."""
    answer = json.loads(place("41.69", "74.46", "--json").output)
    assert answer["district"] == "41704230"
    assert (answer["region"], answer["country"], answer["neighbours"]) == ("KG-N", "KG", [])
    assert (answer["downstream"], answer["confidence"]) == (["UZ"], "high")
    assert json.loads(place("38.9", "-77.03", "--json").output)["country"] is None


@pytest.mark.parametrize(("lang", "district"), [("ky", "Жумгал району"), ("ru", "Жумгальский район"), ("en", "Jumgal")])
def test_people_get_their_language(place, lang, district):
    """Names, labels and the way it was found, in the officer's language."""
    assert district in place("41.69", "74.46", "--lang", lang).output


def test_estimated_site_is_shown_as_estimated(place):
    """Kumtor's position is nobody's survey; the officer must see that."""
    assert "own estimate" in place("41.862", "78.196", "--lang", "en").output
    assert "own estimate" not in place("41.6886", "74.4744", "--lang", "en").output


@pytest.mark.parametrize("lat", ["42", "42.87461", "-42.5"])
def test_latitude_alone_is_not_taken_for_a_name(place, lat):
    """«42» is in many codes; the officer forgot the longitude."""
    result = place(lat, "--json")
    assert result.exit_code == 2
    assert json.loads(result.output)["where"] == "lon"


@pytest.mark.parametrize(("lat", "lon", "where"), [("95", "74", "lat"), ("42", "200", "lon"), ("nan", "74", "lat")])
def test_impossible_point_is_refused(place, lat, lon, where):
    """Exit status 2, the field and the remedy: a script can tell a typing error from a place abroad."""
    result = place(lat, lon, "--json")
    assert result.exit_code == 2
    assert json.loads(result.output)["where"] == where


@pytest.mark.parametrize(
    "words",
    [
        ("42.75", "75.57"),
        ("42.75,75.57",),
        ("42.75, 75.57",),
        ("42.75 75.57",),
        ("42,75", "75,57"),
        ("42.75°", "75.57°"),
    ],
)
def test_point_is_read_in_every_form_that_people_paste(place, words):
    """From a map, from a telephone, with a decimal comma: one and the same point."""
    assert json.loads(place(*words, "--json").output)["district"] == "41708213"


@pytest.mark.parametrize(
    ("words", "district"),
    [
        (("Mailuu-Suu",), "41703430"),
        (("майлуу", "суу"), "41703430"),
        (("41703430",), "41703430"),
        (("41703430000000",), "41703430"),
        (("41704000000010",), "41704400"),
        (("Жалал-Абад", "шаары"), "41703410"),
        (("Манасский", "район"), "41707225"),
        (("Kara-Buura",), "41707215"),
        (("Тоң",), "41702220"),
        (("F04",), "41704230"),
        (("Торугарт",), "41704220"),
        (("Кант",), "41708206"),
        (("kara-balta",), "41708209"),
    ],
)
def test_place_is_found_by_name_or_code(place, words, district):
    """Whoever telephones says a name, in one of three languages and in the spelling of the day."""
    answer = json.loads(place(*words, "--json").output)
    assert answer["district"] == district
    assert answer["asked"]["name"]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Манас", {"41703410", "41707225"}),
        ("Джалал-Абад", {"41703", "41703410"}),
        ("Талас", {"41707", "41707232", "41707400"}),
    ],
)
def test_ambiguous_name_gives_a_list(place, name, codes):
    """Manas is a city in Jalal-Abad and a district in Talas: to guess would send the alert 300 km away."""
    result = place(name, "--json")
    assert result.exit_code == 1
    assert {one["code"] for one in json.loads(result.output)["candidates"]} == codes
    assert all(code in place(name).output for code in codes)


def test_misspelt_name_gives_what_it_resembles(place):
    """One slip of the finger at night is not the end of the search."""
    result = place("Аравн", "--json")
    assert result.exit_code == 1
    assert [one["code"] for one in json.loads(result.output)["candidates"]] == ["41706211"]
    assert json.loads(place("Атлантида", "--json").output)["candidates"] == []


def test_distance_to_a_site_comes_with_the_error_of_its_position(place):
    """4 km from a position that is known to 3 km: the officer must see both numbers."""
    near = place("41.9", "78.2", "--lang", "en").output
    assert "F16; 4.2 km" in near
    assert "own estimate" in near
    assert "± 3 km" in " ".join(near.split())
    answer = json.loads(place("41.9", "78.2", "--json").output)
    assert answer["nearest_facility"] == {
        "facility": "F16",
        "operator": "Kumtor Gold Company (state)",
        "distance_km": 4.2,
        "surveyed": False,
        "accuracy_km": 3.0,
    }
    assert json.loads(place("41.862", "78.196", "--json").output)["facility_surveyed"] is False
    assert json.loads(place("41.6886", "74.4744", "--json").output)["facility_surveyed"] is True


def test_every_estimated_site_is_shown_as_such_by_its_code(place):
    """All of them, in every language: an estimate that looks surveyed sends a team into the wrong valley."""
    for lang, remark in (("en", "own estimate"), ("ru", "приблизительно"), ("ky", "болжолдуу")):
        for site in facilities().values():
            shown = " ".join(place(site.id, "--lang", lang).output.split())
            assert (remark in shown) is not site.surveyed, site.id


def test_route_says_how_well_the_place_is_known(tmp_path, monkeypatch):
    """Who acts on a route reads where the site's position comes from, and how the district was found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    example = EXAMPLES / "tailings-failure.json"
    event = json.loads(example.read_text(encoding="utf-8")) | {"where": {"site": "F13"}}
    Path("event.json").write_text(json.dumps(event), encoding="utf-8")
    shown = " ".join(CliRunner().invoke(app, ["route", "event.json", "--lang", "en"]).output.split())
    assert "own estimate, ± 3 km" in shown
    assert "confidence: high (the site that was named)" in shown
