"""`cbrn new`: every kind can be begun with, in three languages."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders.golden import example

from cbrn_deploy.cli.events.route import read_one
from cbrn_producers.files import read_events
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_schemas.contracts import event_document
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.events.time import LOCAL_TIME
from cbrn_schemas.topics import Realm

ENGINE = Engine(Eras(national_rulebook()), Gazetteer())
UNAVOIDABLE = {Doubt.SUBSTANCE_UNCONFIRMED, Doubt.PLACE_ABROAD, Doubt.BORDER_ESTIMATED}
"""A first report often knows no better: to say otherwise by default would be a lie that somebody forgets to mend."""


def event(text, name="-"):
    (found,) = read_events(name, text.encode())
    return parse_event(found.data)


def freed(text):
    """Take the marks away from the fields, and from what stands beneath them; comments have a blank behind theirs."""
    lines, beneath = [], False
    for line in text.splitlines():
        if not line.startswith("#  "):
            beneath = re.match(r"#[a-z]", line) is not None
        lines.append(line[1:] if beneath else line)
    return "\n".join(lines)


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """Hold the clock, lest a minute ends between two calls."""
    moment = datetime.now(UTC)
    monkeypatch.setattr("cbrn_deploy.cli.events.new.now_here", lambda: moment.astimezone(LOCAL_TIME))
    return moment


@pytest.mark.parametrize("lang", ["en", "ru", "ky"])
@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_a_new_event_is_good_as_it_stands_in_either_form(cbrn, now, kind, lang):
    """Who changes nothing but the data cannot get it wrong; JSON and YAML are one event."""
    printed = {
        (form, full): cbrn("--lang", lang, "new", kind, *form, *full).stdout
        for form in ((), ("--yaml",))
        for full in ((), ("--full",))
    }
    short, whole = event(printed[(), ()]), event(printed[(), ("--full",)])
    for text in (printed[("--yaml",), ()], printed[("--yaml",), ("--full",)]):
        comments = [line for line in text.splitlines() if line.lstrip().startswith("# ") and "cbrn" not in line]
        assert max(map(len, comments)) <= 80
        assert event(text) == short
    assert short.body == whole.body == example(kind)["body"]
    assert list(short.texts) == list(whole.texts) == [lang]
    assert now - short.reported < timedelta(minutes=1)
    assert short.reported.utcoffset() == timedelta(hours=6)
    told = []
    for text in (printed[(), ()], printed[(), ("--full",)]):
        routed = ENGINE.route(read_one("-", text.encode(), Realm.REAL).event, now)
        assert set(routed.doubts) <= UNAVOIDABLE
        told.append(routed.decision.recipients)
    assert told[0] == told[1]


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_what_stands_behind_a_mark_is_the_rest_of_the_fields(cbrn, kind):
    """Without the marks it is the event with every field that the example has."""
    text = cbrn("new", kind, "--yaml", "--full").stdout
    offered = {line[1:].partition(":")[0] for line in text.splitlines() if re.match(r"#[a-z]", line)}
    given = {line.partition(":")[0] for line in text.splitlines() if re.match(r"[a-z]", line)}
    assert offered | given == set(event_document(kind).schema["properties"])
    assert not offered & given
    assert event(freed(text)) == event(cbrn("new", kind, "--full").stdout)


def test_a_new_event_begs_for_a_name_of_its_own(cbrn):
    """Two reports under the name of the example would be one situation."""
    said = json.loads(cbrn("new", "tailings-failure").stdout)
    assert re.fullmatch(r"KG-20\d\d-\d\d-\d\d-tailings-failure", said["situation"])
    assert json.loads(cbrn("new", "gamma-dose-rate").stdout)["station"] == "my-gamma-dose-rate"


def test_another_body_and_an_exercise_are_written_as_such(cbrn):
    """What belongs to the example's body alone is left out."""
    said = json.loads(cbrn("new", "tailings-failure", "--as", "МЧС", "--full", "--realm", "cbrn-exercise").stdout)
    assert (said["body"], said["unit"], said["status"]) == ("mes", None, "Exercise")


def test_it_is_published_as_it_was_printed(cbrn):
    """The first ten minutes: `cbrn new | cbrn publish --dry-run -`."""
    for form in ([], ["--yaml"]):
        text = cbrn("new", "tailings-failure", *form).stdout
        done = cbrn("publish", "--dry-run", "-", "--as", "mes-tailings", stdin=text)
        assert (done.exit_code, "(stdin)" in done.stdout) == (0, True)
        assert cbrn("route", "-", "--json", stdin=text).exit_code == 0
        assert cbrn("explain", "-", "--json", stdin=text).exit_code == 0


@pytest.mark.parametrize("named", ["tailings-failure", "Tailings failure", "авария на хвостохранилище"])
def test_a_kind_is_known_by_code_and_by_name(cbrn, named):
    """People remember names."""
    assert json.loads(cbrn("new", named).stdout)["kind"] == "tailings-failure"


@pytest.mark.parametrize(
    ("given", "meant"), [("tailing-failur", "tailings-failure"), ("отравление", "poisoning-cluster"), ("qq", "kinds")]
)
def test_a_kind_that_is_not_known_is_guessed(cbrn, given, meant):
    """Nobody knows forty codes."""
    done = cbrn("new", given)
    assert done.exit_code == 2
    assert meant in done.stderr


def test_schema_of_any_type_is_shown_and_written(cbrn, tmp_path):
    """Where the first line of the YAML looks for it."""
    assert json.loads(cbrn("schema", "show", "decision-record").stdout)["$id"].endswith("decision-record:v1")
    first = cbrn("new", "portal-alarm", "--yaml").stdout.splitlines()[0]
    assert cbrn("schema", "show", "Portal alarm", "--out", ".").exit_code == 0
    assert json.loads((tmp_path / first.partition("$schema=")[2]).read_text()) == event_document("portal-alarm").schema
    for name, meant in (("decision-recor", "decision-record"), ("tailing-failure", "tailings-failure")):
        done = cbrn("schema", "show", name)
        assert (done.exit_code, meant in done.stderr) == (2, True)
