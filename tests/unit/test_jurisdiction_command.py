"""`cbrn place` as officers and scripts meet it."""

import json

import pytest
from typer.testing import CliRunner

from cbrn_deploy.cli import app


@pytest.fixture
def place(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CBRN_LANG", raising=False)
    monkeypatch.setattr("cbrn_deploy.logs.configure_logs", lambda *_, **__: None)
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


@pytest.mark.parametrize(("lat", "lon", "where"), [("95", "74", "lat"), ("42", "200", "lon"), ("nan", "74", "lat")])
def test_impossible_point_is_refused(place, lat, lon, where):
    """Exit status 2, the field and the remedy: a script can tell a typing error from a place abroad."""
    result = place(lat, lon, "--json")
    assert result.exit_code == 2
    assert json.loads(result.output)["where"] == where
