"""A rule book is swapped at every offset of a trace: no alert is lost by it, none is extra, each has one book.

What must be written is worked out here by hand-made arithmetic over what each book decides alone, and compared with
what the dispatcher writes, header by header.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.golden import chlorine
from tests.builders.router import NOW, Arrived, Written
from tests.builders.thorough import cases

from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook import Basis, Eras, Rule, RuleBook, Title, When
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type, parse_event
from cbrn_schemas.topics import Lane, Realm

SITUATIONS = ("s1", "s2")
KINDS = ("chemical-release", "chemical-spill")
SEVERITIES = ("Minor", "Severe")
HOME = ("mes", "moh", "mia", "scns")
ABROAD = ("who", "iaea")
GAZETTEER = Gazetteer()
Alert = tuple[str, str, str, str, str]
"""Topic (and partner), id of the event, role, rule, first digits of the book's digest."""


class Judged(Written):
    """A sink that tells alerts and what is held for partners from decisions."""

    @property
    def alerts(self) -> Counter[Alert]:
        found: Counter[Alert] = Counter()
        for topic, _, _, own in self.sent:
            if ".to." in topic or topic == "cbrn.bus.outbound":
                headers = {name: content.decode() for name, content in own}
                name = f"{topic} {headers.get('cbrn_partner', '')}".strip()
                facts = headers["ce_id"], headers["cbrn_role"], headers["cbrn_rule"], headers["cbrn_rulebook"]
                found[(name, *facts)] += 1
        return found

    @property
    def decisions(self) -> list[dict[str, Any]]:
        return [json.loads(each.value or b"") for each in self.sent if each.topic == "cbrn.bus.decisions"]

    @property
    def others(self) -> list[str]:
        known = (".to.", ".state-", "cbrn.bus.outbound", "cbrn.bus.decisions")
        return [each.topic for each in self.sent if not any(part in each.topic for part in known)]


@st.composite
def books(draw: st.DrawFn) -> RuleBook:
    """A book over the few cells of the trace: a lead for all, and some rules that add others."""
    basis = (Basis(instrument="law", article="whole", source="this test", confidence="low"),)
    title = Title(ky="Эреже", ru="Правило", en="Rule")
    lead = draw(st.sampled_from(HOME))
    rules = [Rule(id="lead", title=title, basis=basis, when=When(hazard=("chemical",)), lead=lead)]
    for number in range(draw(st.integers(0, 3))):
        when = draw(
            st.sampled_from([When(kind=(kind,)) for kind in KINDS] + [When(severity=(one,)) for one in SEVERITIES])
        )
        told = draw(st.lists(st.sampled_from(HOME), unique=True, max_size=2))
        partners = draw(st.lists(st.sampled_from(ABROAD), unique=True, max_size=1, min_size=0 if told else 1))
        role = draw(st.sampled_from(("support", "inform")))
        more = {role: tuple(told), "partners": tuple(partners)}
        rules.append(Rule(id=f"more-{number}", title=title, basis=basis, when=when, **more))
    return RuleBook.from_groups([rules])


@st.composite
def traces(draw: st.DrawFn) -> list[Arrived]:
    """Events of several situations, first reports, updates and cancellations, some of them sent again."""
    records: list[Arrived] = []
    for offset in range(draw(st.integers(1, 10))):
        if records and draw(st.integers(0, 4)) == 0:
            again = draw(st.sampled_from(records))
            records.append(Arrived(again.value, again.headers, key=b"", offset=offset))
            continue
        kind = draw(st.sampled_from(KINDS))
        message_type = draw(st.sampled_from(("Alert", "Alert", "Update", "Cancel")))
        data = chlorine(
            kind=kind,
            situation=draw(st.sampled_from(SITUATIONS)),
            severity=draw(st.sampled_from(SEVERITIES)),
            message_type=message_type,
        )
        if kind == "chemical-spill":
            data["medium"] = "soil"
        headers = binary_headers(id=f"e{offset}", source="/mes", type=ce_type(kind), time="2026-11-23T05:55:00Z")
        records.append(Arrived(json.dumps(data).encode(), tuple(headers), key=b"", offset=offset))
    return records


def judged(records: list[Arrived], first: Engine, second: Engine, swap_at: int, cuts: set[int]) -> Judged:
    """The dispatcher over the trace in batches that end at `cuts`, with the second engine from `swap_at` on."""
    dispatcher, state, written = Dispatcher(Realm.REAL, Lane.INCIDENTS, first), ShardState(), Judged()
    batch: list[Arrived] = []
    for record in records:
        if batch and (record.offset in cuts or record.offset == swap_at):
            dispatcher.dispatch(batch, state, written, NOW, Tally())
            batch = []
        if record.offset == swap_at:
            dispatcher.use(second)
        batch.append(record)
    dispatcher.dispatch(batch, state, written, NOW, Tally())
    return written


def decided(record: Arrived, engine: Engine) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """What one book says of an event alone: role and rules by body, rules by partner."""
    decision = engine.route(parse_event(record.value or b""), NOW).decision
    home = {each.body: (each.role.code, ",".join(each.rules)) for each in decision.recipients}
    return home, {each.body: ",".join(each.rules) for each in decision.partners}


def expected(records: list[Arrived], first: Engine, second: Engine, swap_at: int) -> Counter[Alert]:
    """Before the swap as the first book alone, after it as the second; corrections also reach whom the situation had.

    Nothing here knows of the judge's memory: the situation's earlier recipients are counted from the events alone.
    """
    alerts: Counter[Alert] = Counter()
    seen: set[str] = set()
    reached: dict[str, tuple[set[str], set[str]]] = {}
    for record in records:
        identifier = dict(record.headers)["ce_id"].decode()
        if identifier in seen:
            continue
        seen.add(identifier)
        engine = first if record.offset < swap_at else second
        digest = engine.rulebook[:12]
        home, abroad = decided(record, engine)
        data = json.loads(record.value or b"")
        had_home, had_abroad = reached.setdefault(data["situation"], (set(), set()))
        for body, (role, rules) in home.items():
            alerts[(f"cbrn.to.{body}.alerts", identifier, role, rules, digest)] += 1
        for body, rules in abroad.items():
            alerts[(f"cbrn.bus.outbound {body}", identifier, "inform", rules, digest)] += 1
        if data["message_type"] != "Alert":
            for body in had_home - set(home):
                alerts[(f"cbrn.to.{body}.alerts", identifier, "inform", "earlier-recipient", digest)] += 1
            for body in had_abroad - set(abroad):
                alerts[(f"cbrn.bus.outbound {body}", identifier, "inform", "earlier-recipient", digest)] += 1
        had_home |= set(home)
        had_abroad |= set(abroad)
    return alerts


@settings(max_examples=cases(200), deadline=None)
@given(traces(), books(), books(), st.sets(st.integers(0, 10)))
def test_a_swap_at_any_offset_costs_no_alert_and_adds_none(
    records: list[Arrived], one: RuleBook, other: RuleBook, cuts: set[int]
) -> None:
    """For every offset: the union of what each book decides for its own events, and one digest in every decision."""
    first, second = Engine(Eras(one), GAZETTEER), Engine(Eras(other), GAZETTEER)
    for swap_at in range(len(records) + 1):
        written = judged(records, first, second, swap_at, cuts)
        assert written.alerts == expected(records, first, second, swap_at)
        assert not written.others, "nothing is quarantined"
        digests = {decision["offset"]: decision["rulebook"] for decision in written.decisions}
        assert len(digests) == len(written.decisions) == len({dict(record.headers)["ce_id"] for record in records})
        assert all(digest == (first if offset < swap_at else second).rulebook for offset, digest in digests.items()), (
            "each event by the book that was in force when it was judged"
        )


@settings(max_examples=cases(100), deadline=None)
@given(traces(), books(), books())
def test_swapping_there_and_back_is_as_if_nothing_had_been(
    records: list[Arrived], one: RuleBook, other: RuleBook
) -> None:
    """Going back to the former book brings back its very decisions; nothing of the other one sticks."""
    first, second = Engine(Eras(one), GAZETTEER), Engine(Eras(other), GAZETTEER)
    plain = judged(records, first, first, -1, set())
    dispatcher, state, written = Dispatcher(Realm.REAL, Lane.INCIDENTS, first), ShardState(), Judged()
    for record in records:
        dispatcher.use(second)
        dispatcher.use(first)
        dispatcher.dispatch([record], state, written, NOW, Tally())
    assert (written.alerts, written.decisions) == (plain.alerts, plain.decisions)
