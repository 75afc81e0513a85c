"""`cbrn partners agreements` and `cbrn rules check --agreements`, as they are typed."""

import json
from pathlib import Path

import pytest
from tests.builders.command_line import CliRunner

from cbrn_deploy.cli.main import app

EXAMPLES = Path(__file__).parents[5] / "deploy" / "examples" / "agreements"
BOOK = """
bases: {b: {instrument: mandate-mes, article: general mandate, source: a test, confidence: low}}
rules:
  - id: everything
    title: {ky: баары, ru: всё, en: everything}
    basis: [b]
    when: {lane: [incidents, monitoring]}
    lead: mes
    partners: [kz]
"""


@pytest.fixture
def run():
    """Run `cbrn` with these words."""
    return lambda *words: CliRunner().invoke(app, list(map(str, words)))


@pytest.mark.parametrize(("lang", "place"), [("en", "district"), ("ru", "район"), ("ky", "район")])
def test_the_table_says_what_reaches_whom(run, lang, place):
    """In the reader's language."""
    answer = run("partners", "agreements", EXAMPLES, "--on", "2026-11-23", "--lang", lang)
    assert answer.exit_code == 0
    for shown in ("kz/1", "AMBER", "texts.headline", place, "tailings-into-a-shared-river"):
        assert shown in answer.stdout


def test_json_holds_the_agreement_and_whether_it_is_in_force(run):
    """For a ministry's engineer."""
    answer = json.loads(run("partners", "agreements", EXAMPLES, "--on", "2031-01-01", "--json").stdout)
    assert answer["problems"] == []
    [one] = answer["agreements"]
    assert (one["partner"], one["in_force"], one["file"]) == ("kz", False, "kz.yaml")
    assert "texts.headline" in one["cautions"]


@pytest.mark.parametrize(("secret", "warned"), [(None, True), (b"short", True), (b"x" * 16, False)])
def test_without_a_secret_it_is_said_that_names_can_be_guessed(run, tmp_path, secret, warned):
    """Agencies name their events after places, and a partner that knows the places tries them."""
    (tmp_path / "kz.yaml").write_text((EXAMPLES / "kz.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    if secret is not None:
        (tmp_path / "names.salt").write_bytes(secret)
    answer = run("partners", "agreements", tmp_path)
    assert answer.exit_code == 0
    assert ("names.salt" in answer.stderr) is warned
    assert ("/dev/urandom" in answer.stderr) is warned


def test_the_example_says_of_itself_that_it_is_one():
    """Nobody takes it for a treaty."""
    text = (EXAMPLES / "kz.yaml").read_text(encoding="utf-8")
    assert "No such agreement exists" in text
    assert "EXAMPLE" in text


def test_mistakes_are_told_by_file_and_line(run, tmp_path):
    """With exit status 2, also in JSON."""
    text = (EXAMPLES / "kz.yaml").read_text(encoding="utf-8")
    (tmp_path / "kz.yaml").write_text(text.replace("tlp: AMBER ", "tlp: PURPLE "), encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if each.startswith("tlp:"))
    plain = run("partners", "agreements", tmp_path)
    assert plain.exit_code == 2
    assert f"kz.yaml:{line}: tlp" in " ".join(plain.stderr.split())
    machine = run("partners", "agreements", tmp_path, "--json")
    assert machine.exit_code == 2
    assert [(each["line"], each["field"]) for each in json.loads(machine.stdout)["problems"]] == [(line, "tlp")]


def test_without_a_folder_the_remedy_names_the_setting(run, monkeypatch):
    """Nothing is looked for where nobody said."""
    monkeypatch.delenv("CBRN_AGREEMENTS", raising=False)
    answer = run("partners", "agreements")
    assert answer.exit_code == 2
    assert "CBRN_AGREEMENTS" in answer.stderr


def test_the_setting_makes_rules_check_prove_partners_too(run, monkeypatch, tmp_path):
    """And so does the option; without either, nothing is said of partners."""
    book = tmp_path / "book.yaml"
    book.write_text(BOOK, encoding="utf-8")
    asked = ("rules", "check", book, "--on", "2026-11-23", "--json")
    monkeypatch.delenv("CBRN_AGREEMENTS", raising=False)
    without = {each["code"] for each in json.loads(run(*asked).stdout)["findings"]}
    by_option = json.loads(run(*asked, "--agreements", EXAMPLES).stdout)
    monkeypatch.setenv("CBRN_AGREEMENTS", str(EXAMPLES))
    by_setting = json.loads(run(*asked).stdout)
    assert not {code for code in without if code.startswith("partner")}
    assert by_option == by_setting
    assert {"partner-waits", "partner-never"} <= {each["code"] for each in by_option["findings"]}
    assert by_option["notes"] >= 1


def test_the_names_of_a_kind_are_listed_with_those_that_it_needs(run):
    """Whoever writes an agreement need not read the models."""
    listed = {
        each["name"]: each
        for each in json.loads(run("partners", "agreements", "--fields", "chemical-spill", "--json").stdout)["fields"]
    }
    assert listed["substances"]["needed"]
    assert listed["measurements.unit"]["needed"]
    assert not listed["zone"]["needed"]
    assert listed["texts.description"]["free_text"]
    assert "tlp" not in listed
    assert "substances.cas" in run("partners", "agreements", "--fields", "chemical-spill").stdout
