"""`cbrn explain`, `cbrn rules test|show|diff|replay` as people and scripts meet them."""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as json_string
from typing import Any

import pytest
from tests.builders.golden import EXAMPLES, MIN_KUSH, RULES

from cbrn_consumers.decisions import needle_of
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import EVENT_TYPES

EVENT = MIN_KUSH | {
    "severity": "Severe",
    "river": "Min-Kush",
    "exposed": ["school"],
    "texts": {"en": {"headline": "Dam breached"}},
}


@pytest.fixture
def event(tmp_path):
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EVENT))
    return file


@pytest.fixture
def other_book(tmp_path):
    """The national book with one sentence changed."""
    folder = tmp_path / "book"
    folder.mkdir()
    for file in RULES.glob("*.yaml"):
        (folder / file.name).write_text(file.read_text().replace("inform: [moe]\n", "inform: [moe, nas-phys]\n"))
    return folder


def explained(answer) -> dict[str, Any]:
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_explanation_agrees_with_the_dry_run(cbrn, event):
    """The same bodies in the same roles by the same rules: two commands, one decision."""
    found, routed = explained(cbrn("explain", event, "--json")), explained(cbrn("route", event, "--json"))
    told = {each["body"]: each for each in found["told"]}
    expected = [routed["lead"], *routed["support"], *routed["inform"], *routed["partners"]]
    assert set(told) == {each["body"] for each in expected}
    for each in expected:
        in_role = [rule["rule"] for rule in told[each["body"]]["rules"] if rule["role"] == told[each["body"]]["role"]]
        assert ",".join([*in_role, *told[each["body"]]["owed_by"]]) == each["rule"]
    assert found["rulebook"] == routed["rulebook"]
    assert found["acknowledge_within_s"] == routed["lead"]["acknowledge_within_s"]
    assert {"facet": "traits", "value": "river", "field": "river", "given": "Min-Kush"} in found["origins"]


@pytest.mark.parametrize("command", ["route", "explain"])
def test_details_are_shown(cbrn, command):
    """The dry run and the explanation speak of the same event as the alert does."""
    done = cbrn(command, EXAMPLES / "foodborne-illness.json")
    assert done.exit_code == 0
    assert "+996 3748 0-00-00" in " ".join(done.output.split())


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_explanation_is_read_in_three_languages(cbrn, event, lang):
    """No code that has a word is left as a code."""
    answer = cbrn("explain", event, "--lang", lang)
    assert answer.exit_code == 0, answer.output
    rule = national_rulebook().rule("tailings-failure")
    assert getattr(rule.title, lang) in answer.stdout
    assert "{" not in answer.stdout


def test_why_not_says_what_stood_in_the_way(cbrn, event):
    """Wanted against got, for the rule that came nearest."""
    found = explained(cbrn("explain", event, "--why-not", "scns", "--json"))["why_not"]
    assert found["told"] is None
    failed = [condition for condition in found["rules"][0]["conditions"] if not condition["holds"]]
    assert failed
    assert failed[0]["got"] not in failed[0]["wanted"]
    shown = cbrn("explain", event, "--why-not", "scns").stdout
    assert "not told" in shown
    assert "✗" in shown


def test_why_not_of_a_body_that_was_told_says_why(cbrn, event):
    """The question was wrong; the answer need not be. Names are understood in any language."""
    shown = cbrn("explain", event, "--why-not", "МЧС")
    assert shown.exit_code == 0
    assert "MES (mes): told" in shown.stdout


def test_unknown_body_gets_a_suggestion(cbrn, event):
    """A typing error is the most usual reason."""
    answer = cbrn("explain", event, "--why-not", "mse")
    assert answer.exit_code == 2
    assert "Did you mean" in answer.stderr
    assert "mes" in answer.stderr


@pytest.mark.parametrize("content", ["{}", "nonsense", '{"recipients": [], "facets": {}}', "[]"])
def test_what_is_neither_event_nor_record_is_bad_input(cbrn, content):
    """With a field and a remedy, and no traceback."""
    answer = cbrn("explain", "-", stdin=content)
    assert answer.exit_code == 2, answer.output
    assert len(answer.stderr.strip().splitlines()) == 2
    assert {"error", "where", "hint"} == set(json.loads(cbrn("explain", "-", "--json", stdin=content).stdout))


def test_one_of_file_and_id_is_asked_for(cbrn, event):
    """Both would leave open which one is explained."""
    assert cbrn("explain").exit_code == 2
    assert cbrn("explain", event, "--from-bus", "x").exit_code == 2


def decision_record(rulebook: str) -> str:
    """As it lies on the bus."""
    facets = {
        "lane": "incidents", "hazard": "radiological", "kind": "tailings-failure", "severity": "Severe",
        "urgency": "Unknown", "certainty": "Unknown", "status": "Actual", "region": "KG-N", "country": "KG",
        "border": False,
    }  # fmt: skip
    return json.dumps(
        {
            "id": "e-1", "source": "/mes", "kind": "tailings-failure", "key": "KG-2026-minkush",
            "topic": "cbrn.from.mes.incidents", "partition": 0, "offset": 1, "decided": "2026-11-20T06:00:00Z",
            "earlier": ["ctbto"], "place": "", "recipients": [], "partners": [], "acknowledge_within_s": 900,
            "doubts": [], "facets": facets, "rulebook": rulebook,
        }
    )  # fmt: skip


def test_a_record_is_explained_offline(cbrn):
    """From the record and the book alone; what the record says otherwise is pointed out."""
    record = decision_record(national_rulebook().digest)
    found = explained(cbrn("explain", "-", "--json", stdin=record))
    assert found["decided"] == "2026-11-20T06:00:00.000Z"
    assert "recipients" in found["differs"]
    assert [each["body"] for each in found["told"] if each["earlier"]] == ["ctbto"]
    assert "told because it got the original" in cbrn("explain", "-", stdin=record).stdout


def test_of_a_signed_event_the_key_is_named(cbrn):
    """And of one that was not signed, nothing is said."""
    record = decision_record(national_rulebook().digest)
    signed = json.dumps({**json.loads(record), "signed_by": (kid := "k" * 43)})
    assert explained(cbrn("explain", "-", "--json", stdin=signed))["signed_by"] == kid
    assert f"{word('ui', 'signed-with', 'en')} {kid}" in cbrn("explain", "-", stdin=signed).stdout
    assert explained(cbrn("explain", "-", "--json", stdin=record))["signed_by"] is None
    assert word("ui", "signed-with", "en") not in cbrn("explain", "-", stdin=record).stdout


def test_a_record_of_another_book_names_both_digests(cbrn, other_book):
    """And how to get the right one."""
    answer = cbrn("explain", "-", "--rulebook", other_book, stdin=decision_record(national_rulebook().digest))
    assert answer.exit_code == 1
    assert national_rulebook().digest[:12] in answer.stderr
    assert "--rulebook" in answer.stderr


def test_the_national_cases_pass_and_a_wrong_one_fails(cbrn, tmp_path):
    """A failing case shows what was expected and what came, and the rules that decided."""
    assert cbrn("rules", "test").exit_code == 0
    folder = tmp_path / "wrong"
    folder.mkdir()
    for file in RULES.glob("*.yaml"):
        text = file.read_text()
        if file.name == "several-hazards.yaml":
            text = text.replace(
                "    lead: mes\n    support: [mnrets, moh]", "    lead: moh\n    support: [mnrets, mes]", 1
            )
        (folder / file.name).write_text(text)
    answer = cbrn("rules", "test", folder)
    assert answer.exit_code == 1, answer.output
    assert "- lead: expected MES (mes)" in answer.stdout
    assert "+ lead: got MoH (moh)" in answer.stdout
    found = json.loads(cbrn("rules", "test", folder, "--json").stdout)
    assert found["failed"]
    assert {"field": "lead", "expected": ["mes"], "got": ["moh"]} in found["failed"][0]["differences"]


def test_rules_are_shown_by_name_body_and_kind(cbrn):
    """«What do we stand for in this book?» is a ministry's first question."""
    one = explained(cbrn("rules", "show", "schools-near", "--json"))
    assert [rule["id"] for rule in one["rules"]] == ["schools-near"]
    of_body = explained(cbrn("rules", "show", "Минпросвещения", "--json"))
    assert {"schools-near", "extreme"} <= {rule["id"] for rule in of_body["rules"]}, "named, or as a member"
    of_kind = explained(cbrn("rules", "show", "gamma-dose-rate", "--json"))
    assert all("gamma-dose-rate" in rule["when"].get("kind", ["gamma-dose-rate"]) for rule in of_kind["rules"])
    everything = explained(cbrn("rules", "show", "--json"))
    assert len(everything["rules"]) == len(national_rulebook().rules)
    assert everything["book"] == national_rulebook().digest


def test_a_rule_of_duties_is_shown_by_its_id(cbrn):
    """What a treaty asks for is part of the book."""
    duty = national_rulebook().duties[0]
    assert duty.clock.split("/")[0] in cbrn("rules", "show", duty.id).stdout
    assert [each["id"] for each in explained(cbrn("rules", "show", duty.id, "--json"))["duties"]] == [duty.id]


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
@pytest.mark.parametrize("name", ["tailings-failure", "mes", "human-disease"])
def test_rules_are_shown_in_words(cbrn, name, lang):
    """A lawyer reads no YAML."""
    answer = cbrn("rules", "show", name, "--lang", lang)
    assert answer.exit_code == 0
    assert national_rulebook().digest[:12] in answer.stdout
    assert "{" not in answer.stdout


def test_a_name_that_is_nothing_gets_a_suggestion(cbrn):
    """Rules, bodies and kinds are looked through."""
    answer = cbrn("rules", "show", "schools-naer")
    assert answer.exit_code == 2
    assert "schools-near" in answer.stderr


def test_diff_answers_as_diff_does(cbrn, other_book):
    """0 the same, 1 different, 2 trouble: scripts rely on it."""
    assert cbrn("rules", "diff", "national", RULES).exit_code == 0
    answer = cbrn("rules", "diff", "national", other_book)
    assert answer.exit_code == 1
    assert "none → inform" in answer.stdout
    assert "nas-phys" in answer.stdout
    found = json.loads(cbrn("rules", "diff", "national", other_book, "--json").stdout)
    assert {(cell["body"], cell["before"], cell["after"]) for cell in found["cells"]} == {("nas-phys", None, "inform")}
    assert {each["kind"] for cell in found["cells"] for each in cell["events"]} < set(EVENT_TYPES)
    trouble = cbrn("rules", "diff", "national", "nowhere")
    assert trouble.exit_code == 2


def test_replay_of_an_archive_names_bodies_and_examples(cbrn, event, other_book, tmp_path):
    """The whole way: history in, a table of who is told otherwise out."""
    archive = tmp_path / "history.jsonl"
    structured = {"specversion": "1.0", "id": "e-1", "source": "/mes", "type": "t", "data": EVENT}
    archive.write_text(json.dumps(structured) + "\nnonsense\n")
    arguments = ("rules", "replay", other_book, "--against", "national", "--archive", archive)
    found = explained(cbrn(*arguments, "--json"))
    assert found["bodies"]["nas-phys"]["gained"] == {"inform": 1}
    assert found["bodies"]["nas-phys"]["examples"] == {"gained": ["e-1"]}
    assert found["unreadable"] == 1
    shown = cbrn(*arguments, "--lang", "ru").stdout
    assert "+1 для сведения" in shown
    assert "history.jsonl:2" in shown


@pytest.mark.parametrize("arguments", [("--since", "soon"), ("--archive", "x", "--save", "y")])
def test_replay_refuses_what_it_does_not_understand(cbrn, arguments):
    """Before anything is read."""
    assert cbrn("rules", "replay", *arguments).exit_code == 2


def test_a_decision_is_found_by_an_id_in_any_script():
    """The router writes ids with JSON's escapes, so the letters themselves never stand in the record."""
    record = f'{{"id":{json_string("пост-й/1")},"source":"/mes"}}'.encode()
    assert needle_of("пост-й/1") in record
    assert needle_of("a-1") not in record
