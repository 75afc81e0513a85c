"""How many alerts a book makes, against a count by hand; and whom it tells without a task."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.builders.command_line import CliRunner
from tests.builders.golden import EXAMPLES
from tests.builders.history import record_of

from cbrn_deploy.cli.main import app
from cbrn_routing.compare import ArchiveReplay, Evaluator, Load, PastReader, event_line, untasked
from cbrn_routing.decide import Engine
from cbrn_routing.decision import with_successors
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, RuleBook, case_facets, national_rulebook
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.events import parse_event

if TYPE_CHECKING:
    from cbrn_schemas.events.base import Language

FILES = sorted(EXAMPLES.glob("*.json"))
TODAY = date(2026, 11, 27)
GAZETTEER = Gazetteer()
RULE = """
bases:
  mine: {instrument: mandate-mes, article: all, source: a test, confidence: low}
rules:
  - id: fires
    title: {ky: Өрт, ru: Пожар, en: Fire}
    basis: [mine]
    when: {kind: toxic-fire}
    lead: mes
    support: [mes-112, mia]
    inform: ["{region}", mec]
    cases:
      - title: A store burns
        facets: {kind: toxic-fire, severity: Minor}
      - title: A plant burns
        facets: {kind: toxic-fire, severity: Severe, region: KG-C}
"""


def loaded(book: RuleBook) -> Load:
    return Load(Evaluator(book, GAZETTEER, TODAY))


def test_cases_are_counted_by_severity_and_role() -> None:
    """Two fires: the ministry leads both, the region is there for the one whose place is known."""
    book = RuleBook.from_texts({"a.yaml": RULE})
    load = loaded(book)
    load.take_cases(book, TODAY)
    shown = load.as_json()
    assert shown["events"] == 2
    assert shown["severities"]["Minor"] == {"events": 1, "mean_told": 4.0, "most_told": 4}
    assert shown["severities"]["Severe"] == {"events": 1, "mean_told": 5.0, "most_told": 5}
    assert shown["bodies"]["mes"] == {"alerts": 2, "roles": {"lead": 2}, "severities": {"Minor": 1, "Severe": 1}}
    assert shown["bodies"]["ppp-chuy"] == {"alerts": 1, "roles": {"inform": 1}, "severities": {"Severe": 1}}
    assert list(shown["bodies"])[-1] == "ppp-chuy"


def test_whom_a_rule_tells_without_a_task_is_named() -> None:
    """112 belongs to the ministry whose mandate the rule has; the police and the economy have none there."""
    found = untasked(RuleBook.from_texts({"a.yaml": RULE}))
    assert [tuple(each) for each in found] == [("fires", "support", "mia"), ("fires", "inform", "mec")]
    assert not untasked(RuleBook.from_texts({"a.yaml": RULE.replace("[mes-112, mia]", "[]").replace(", mec", "")}))


def test_examples_are_counted_as_the_router_would_tell_them() -> None:
    """By brute force, body by body."""
    load = loaded(national_rulebook())
    engine = Engine(Eras(national_rulebook()), GAZETTEER)
    roles: Counter[tuple[str, str]] = Counter()
    told: dict[str, list[int]] = {}
    for file in FILES:
        data = file.read_bytes()
        load.take_event(file.stem, data, file.name)
        event = parse_event(data)
        decision = engine.route(event, event.reported).decision
        recipients = with_successors(decision.recipients, TODAY)
        roles.update((each.body, each.role.code) for each in recipients)
        told.setdefault(decision.facets.severity, []).append(len(recipients))
    assert {(body, role): n for body, counted in load.roles.items() for role, n in counted.items()} == roles
    for severity, counts in told.items():
        assert load.mean(severity) == pytest.approx(sum(counts) / len(counts))
    assert load.events == len(FILES)


def test_every_case_beside_a_rule_is_counted_once() -> None:
    """Else the mean would be that of something else."""
    book = national_rulebook()
    load = loaded(book)
    load.take_cases(book, TODAY)
    severities = Counter(case_facets(case).severity for rule in book.rules for case in rule.cases)
    assert {severity: counted.total() for severity, counted in load.told.items()} == severities


def test_an_archive_is_read_as_a_replay_reads_it() -> None:
    """Events, decided or not; what is neither is counted and named."""
    load = loaded(national_rulebook())
    archive = ArchiveReplay(load)
    lines = [
        event_line(f"/{json.loads(file.read_bytes())['body']}", file.stem, "kg.cbrn.x.v1", file.read_bytes())
        for file in FILES[:5]
    ]
    archive.take([*lines, b'{"id": "x", "source": "/mes"}\n', b"nonsense\n"], "history.jsonl")
    archive.finish()
    assert (load.events, load.unread) == (5, 2)
    assert load.named_unread[0].where == "history.jsonl:6"


def cbrn(*arguments: Any) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})


def test_the_command_answers_in_json(tmp_path: Path) -> None:
    """Stable names, and the rules that tell somebody without a task beside the counts."""
    (tmp_path / "a.yaml").write_text(RULE, encoding="utf-8")
    answer = cbrn("rules", "load", tmp_path, "--json")
    assert answer.exit_code == 0, answer.output
    shown = json.loads(answer.stdout)
    assert shown["without_task"] == [
        {"rule": "fires", "role": "support", "body": "mia"},
        {"rule": "fires", "role": "inform", "body": "mec"},
    ]
    assert shown["rulebook"] == RuleBook.from_texts({"a.yaml": RULE}).digest


def test_the_command_reads_an_archive(tmp_path: Path) -> None:
    """Only that: no case is counted beside it."""
    file = tmp_path / "history.jsonl"
    file.write_bytes(event_line("/mes", "e-1", "kg.cbrn.x.v1", FILES[0].read_bytes()))
    assert json.loads(cbrn("rules", "load", "--archive", file, "--json").stdout)["events"] == 1
    missing = cbrn("rules", "load", "--archive", tmp_path / "none.jsonl")
    assert missing.exit_code != 0


@pytest.mark.parametrize(("lang", "words"), [("en", "told without"), ("ru", "в среднем"), ("ky", "орточо")])
def test_people_read_it_in_their_language(lang: Language, words: str, tmp_path: Path) -> None:
    """Bodies by name, the mean of each severity, and who has no task."""
    (tmp_path / "a.yaml").write_text(RULE, encoding="utf-8")
    answer = cbrn("rules", "load", tmp_path, "--lang", lang)
    assert answer.exit_code == 0, answer.output
    assert words in answer.output
    assert bodies()["mes"].short(lang) in answer.output
    assert "fires" in answer.output


def test_an_event_counts_alike_with_its_bytes_and_by_its_facets_alone() -> None:
    """Six dead, and nobody filled in how bad: a history whose bytes are gone must not give another mean."""
    fire = json.loads((EXAMPLES / "toxic-fire.json").read_text(encoding="utf-8")) | {"severity": "Unknown", "dead": 6}
    data = json.dumps(fire).encode()
    event = parse_event(data)
    routed = Engine(Eras(national_rulebook()), GAZETTEER).route(event, event.reported)
    past = PastReader().read(record_of(routed))
    with_bytes, without = loaded(national_rulebook()), loaded(national_rulebook())
    with_bytes.take(past, data)
    without.take(past, None)
    assert with_bytes.as_json() == without.as_json()
    assert list(with_bytes.told) == ["Severe"]


def test_one_event_that_cannot_be_judged_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A history of a year is not thrown away for it."""
    load = loaded(national_rulebook())
    one = FILES[0].read_bytes()
    monkeypatch.setattr(load._evaluator, "evaluate", lambda *_: 1 / 0)
    load.take_event("bad", one, "line 1")
    monkeypatch.undo()
    load.take_event("good", one, "line 2")
    assert (load.events, load.unread) == (1, 1)
    assert load.named_unread[0].where == "line 1"


def test_who_is_gone_is_counted_as_whoever_has_the_task_today() -> None:
    """A history of 2020 must not load a ministry that was split in 2025."""
    load = loaded(national_rulebook())
    old = {"observed": "2020-09-02T10:00:00+06:00", "reported": "2020-09-02T10:05:00+06:00", "exposed": ["school"]}
    release = json.loads((EXAMPLES / "chemical-release.json").read_text(encoding="utf-8")) | old
    load.take_event("old", json.dumps(release).encode(), "line 1")
    assert {"moe", "mshei"} & load.roles.keys()
    assert "moes" not in load.roles
