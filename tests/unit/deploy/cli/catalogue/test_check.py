"""`cbrn bodies check` names each fault for whoever edits the tables, and commands say what is not taken."""

import json

import pytest
from tests.builders import catalogue

WRONG = {"bodies.csv": [catalogue.BODY | {"parent": "mse", "en": ""}]}


@pytest.fixture
def folder(tmp_path):
    return catalogue.write(tmp_path / "own")


def test_a_good_folder_is_counted(cbrn, folder):
    done = cbrn("bodies", "check", str(folder))
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].endswith("1 bodies, 1 sites, 1 crossings, 1 contacts added")


def test_a_point_that_the_map_sees_elsewhere_is_a_warning(cbrn, folder):
    catalogue.write(folder, {"facilities.csv": [catalogue.SITE | {"lat": "41.3", "lon": "69.3"}]})
    done = cbrn("bodies", "check", str(folder))
    assert done.exit_code == 0
    assert "by the map its point lies abroad (UZ)" in done.stdout


def test_faults_are_named_with_remedies_and_end_it_with_status_1(cbrn, folder):
    done = cbrn("bodies", "check", str(catalogue.write(folder, WRONG)))
    assert done.exit_code == 1
    assert "error: bodies.csv, line 2, parent: nothing is called 'mse'\n    Did you mean mes?" in done.stdout
    assert "warning: bodies.csv, line 2, en: the name is missing" in done.stdout
    assert "1 to be mended; nothing of it is taken" in done.stdout


def test_a_machine_gets_the_same(cbrn, folder):
    said = json.loads(cbrn("bodies", "check", str(folder), "--json").stdout)
    assert (said["taken"], said["added"]["sites"], said["added"]["contacts"]) == (True, ["GAS-01"], ["gas-service"])
    said = json.loads(cbrn("bodies", "check", str(catalogue.write(folder, WRONG)), "--json").stdout)
    assert (said["taken"], said["added"]["bodies"]) == (False, [])
    parent = next(each for each in said["faults"] if not each["warning"])
    assert (parent["file"], parent["line"], parent["column"]) == ("bodies.csv", 2, "parent")


def test_without_a_folder_it_is_asked_for_one(cbrn):
    done = cbrn("bodies", "check")
    assert done.exit_code == 2
    assert "CBRN_CATALOGUE" in done.stderr
    assert cbrn("bodies", "check", "a", "b").exit_code == 2


def test_added_rows_are_shown_as_the_installations_own_with_their_contacts(cbrn, folder, monkeypatch):
    with catalogue.in_use(folder, monkeypatch):
        shown = cbrn("bodies", "gas").stdout
        assert "added by this installation" in shown
        assert "+996 312 104104" in shown
        assert "added by this installation" in cbrn("sites", "gas").stdout
        row = json.loads(cbrn("bodies", "gas-service", "--json").stdout)
        assert (row["own"], row["contacts"][0]["email"]) == (True, "duty@gas.kg")
        assert json.loads(cbrn("bodies", "mes", "--json").stdout.splitlines()[0])["own"] is False


def test_commands_say_that_the_folder_is_not_taken_and_go_on(cbrn, folder, monkeypatch):
    """An incident is reported at night, whatever somebody has typed into a table."""
    with catalogue.in_use(catalogue.write(folder, WRONG), monkeypatch):
        done = cbrn("bodies", "mes")
        assert done.exit_code == 0
        assert "is not taken, the shipped catalogue alone is: bodies.csv, line 2, parent" in done.stderr
        done = cbrn("place", "Ош")
        assert "bodies.csv, line 2, parent" in done.stderr
