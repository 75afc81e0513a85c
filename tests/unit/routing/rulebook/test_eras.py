"""An event is judged by the bodies and the laws of its day; whoever is told exists today."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.rules import make_book

from cbrn_routing.decide import Engine
from cbrn_routing.decision import Recipient, Role, with_successors
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Basis, Eras, Rule, Title, When, national_rulebook
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import bodies, in_office
from cbrn_schemas.events import parse_event
from cbrn_schemas.events.time import LOCAL_TIME

SPLIT = date(2025, 5, 12)
"""Education and Science became two ministries."""
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def rule(name: str, *, lead: str | None = None, inform: tuple[str, ...] = (), **basis: Any) -> Rule:
    title = Title(ky="Эреже", ru="Правило", en="Rule")
    facts = {"instrument": "law", "article": "whole", "source": "this test", "confidence": "low"}
    when = When(kind=("chemical-spill",))
    return Rule(id=name, title=title, basis=(Basis(**facts | basis),), when=when, lead=lead, inform=inform)


def spill(observed: str) -> Any:
    return parse_event(json.dumps({
        "kind": "chemical-spill", "hazard": "chemical", "situation": "s1", "body": "mes", "severity": "Minor",
        "urgency": "Past", "certainty": "Observed", "message_type": "Alert", "status": "Actual",
        "observed": observed, "reported": observed, "where": {"district": "41708203"}, "medium": "soil",
        "substances": [{"name": "chlorine", "cas": "7782-50-5"}], "texts": {"en": {"headline": "Spill"}},
    }).encode())  # fmt: skip


def told(decision: Any) -> set[str]:
    return {recipient.body for recipient in decision.recipients}


@pytest.fixture(scope="module")
def schools() -> Engine:
    eras = Eras(make_book(rule("spill", lead="mes", inform=("moe", "{members}"))))
    return Engine(eras, Gazetteer())


def test_an_event_of_2024_is_judged_by_the_bodies_of_2024(schools: Engine) -> None:
    """The Ministry of Education did not exist; Education and Science did, and held the seat in the group."""
    before = told(schools.route(spill("2024-09-02T10:00:00+06:00"), NOW).decision)
    after = told(schools.route(spill("2026-09-02T10:00:00+06:00"), NOW).decision)
    assert "moes" in before
    assert not {"moe", "mshei"} & before
    assert {"moe", "mshei"} <= after
    assert "moes" not in after


def test_a_day_begins_at_midnight_in_bishkek(schools: Engine) -> None:
    """18:00 in Greenwich on the eve is midnight there: the law of the new day holds."""
    assert "moe" in told(schools.route(spill("2025-05-11T18:00:00Z"), NOW).decision)
    assert "moes" in told(schools.route(spill("2025-05-11T17:59:59Z"), NOW).decision)


def test_who_is_told_of_an_old_event_exists_today(schools: Engine) -> None:
    """Otherwise an alert would lie in a topic that nobody reads."""
    decision = schools.route(spill("2024-09-02T10:00:00+06:00"), NOW).decision
    assert decision.as_of is not None
    assert {"moe", "mshei"} <= {each.body for each in with_successors(decision.recipients, NOW.date())}


def test_the_strongest_role_falls_to_a_successor() -> None:
    """Two bodies of the past may have one successor."""
    one = (Recipient("moe", Role.INFORM, ("a",)), Recipient("moes", Role.SUPPORT, ("b",)))
    assert {each.body: each.role for each in with_successors(one, NOW.date())} == {
        "moe": Role.SUPPORT,
        "mshei": Role.SUPPORT,
    }


def test_an_event_of_today_says_nothing_of_another_day(schools: Engine) -> None:
    """So that the usual decision record is no longer than it must be."""
    assert schools.route(spill("2026-11-23T11:00:00+06:00"), NOW).decision.as_of is None


def test_a_clock_in_the_future_is_judged_by_today() -> None:
    """A law that lapses in 2030 binds whoever hears today of an event that claims to be of 2031."""
    engine = Engine(Eras(make_book(rule("spill", lead="mes"), rule("law", inform=("moh",), until="2030"))), Gazetteer())
    assert "moh" in told(engine.route(spill("2031-01-01T00:00:00Z"), NOW).decision)
    assert "moh" not in told(engine.route(spill("2031-01-01T00:00:00Z")).decision)


def test_a_law_of_today_counts_for_an_old_event_that_is_heard_of_now() -> None:
    """The bus errs towards telling: a device that woke up in 1970 must not silence a ministry."""
    engine = Engine(Eras(make_book(rule("spill", lead="mes"), rule("law", inform=("moh",), since="2026"))), Gazetteer())
    assert "moh" in told(engine.route(spill("2024-01-01T00:00:00Z"), NOW).decision)
    assert "moh" not in told(engine.route(spill("2024-01-01T00:00:00Z")).decision)


def test_a_lapsed_law_does_not_bind(schools: Engine) -> None:
    """Without a basis in force a rule is not active."""
    eras = Eras(make_book(rule("spill", lead="mes"), rule("law", inform=("moh",), since="2020", until="2025-06")))
    days = {date(2019, 12, 31): False, date(2020, 1, 1): True, date(2025, 6, 30): True, date(2025, 7, 1): False}
    facets = schools.route(spill("2026-01-01T00:00:00Z")).decision.facets
    assert {day: "moh" in told(eras.on(day).decide(facets)) for day in days} == days


def test_changes_are_known_beforehand() -> None:
    """The check looks at every day on which something changes."""
    eras = Eras(make_book(rule("law", lead="mes", since="2020", until="2025-06")))
    assert {date(2020, 1, 1), date(2025, 7, 1), SPLIT} <= set(eras.changes())
    assert list(eras.changes()) == sorted(eras.changes())


def test_matchers_are_compiled_once_an_era() -> None:
    """A lane decides by one object as long as nothing changes: its decisions are kept."""
    eras = Eras(national_rulebook())
    today = NOW.date()
    assert eras.on(today) is eras.on(today + timedelta(days=1)) is eras.span(NOW).matcher
    assert eras.on(date(2024, 1, 1)) is not eras.on(today)


@given(st.dates(date(1991, 8, 31), date(2035, 1, 1)))
def test_a_span_holds_its_moment_and_one_matcher(day: date) -> None:
    """The engine relies on it for two comparisons instead of a look-up."""
    eras = Eras(national_rulebook())
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=LOCAL_TIME)
    span = eras.span(moment)
    assert span.since <= moment < span.until
    assert span.matcher is eras.on(local_day(moment))


@given(st.sampled_from(sorted(bodies())), st.dates(date(1991, 8, 31), date(2035, 1, 1)))
def test_whoever_is_in_office_exists(code: str, day: date) -> None:
    """Predecessors and successors, never somebody of another day."""
    assert all(bodies()[each].valid_on(day) for each in in_office(code, day))
    if bodies()[code].valid_on(day):
        assert in_office(code, day) == (code,)
