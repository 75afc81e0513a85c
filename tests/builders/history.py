"""Events of the past, and what the router wrote about each."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st
from tests.builders.golden import EXAMPLES
from tests.builders.rules import changed

from cbrn_routing.compare import (
    Evaluator,
    Past,
    PastReader,
    event_line,
)
from cbrn_routing.decide import Engine, Routed
from cbrn_routing.decision import told_on
from cbrn_routing.decision_record import decision_tail, decision_value
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router.delivery import plan_delivery
from cbrn_routing.rulebook import Eras, RuleBook, national_rulebook
from cbrn_schemas.events import EVENT_TYPES, ce_type, key_of, lane_of, parse_event
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Realm, from_topic

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
GAZETTEER = Gazetteer()
NATIONAL = national_rulebook()


OTHER = changed(NATIONAL, "schools-near", inform=["moe", "mod"], acknowledge_within="7m")
BOOKS = {book.digest: book for book in (NATIONAL, OTHER)}


@cache
def _engine(digest: str) -> Engine:
    return Engine(Eras(BOOKS[digest]), GAZETTEER)


@cache
def _evaluator(digest: str) -> Evaluator:
    return Evaluator(BOOKS[digest], GAZETTEER)


def engine(book: RuleBook) -> Engine:
    return _engine(book.digest)


def evaluator(book: RuleBook) -> Evaluator:
    return _evaluator(book.digest)


class Happened:
    """One event, and the record that the router wrote about it."""

    def __init__(self, number: int, kind: str, *, book: RuleBook = NATIONAL, **fields: Any) -> None:
        example = json.loads((EXAMPLES / f"{kind}.json").read_bytes())
        self.at = NOW - timedelta(minutes=number)
        times = {"observed": rfc3339(fields.pop("observed", self.at)), "reported": rfc3339(self.at)}
        self.data = json.dumps(example | times | fields, ensure_ascii=False).encode()
        self.event = event = parse_event(self.data)
        self.id, self.number, self.book = f"e-{number}", number, book
        self.decision = engine(book).route(event, self.at).decision
        heirs = told_on(self.decision, NOW.date())
        plan = plan_delivery(Realm.REAL, lane_of(kind), heirs, self.decision, "", ())
        head = {
            "id": self.id, "source": f"/{event.body}", "kind": kind, "key": key_of(event),
            "topic": from_topic(Realm.REAL, event.body, str(lane_of(kind))), "partition": 0, "offset": number,
            "decided": rfc3339(self.at), "earlier": ["secretariat"],
        }  # fmt: skip
        self.record = json.dumps({**head, **json.loads("{" + plan.record)}).encode()

    @property
    def past(self) -> Past:
        return PastReader().read(self.record)

    @property
    def lines(self) -> list[bytes]:
        event = event_line(f"/{self.event.body}", self.id, ce_type(self.event.kind), self.data)
        return [event, self.record + b"\n"]


HAPPENED = st.builds(
    lambda number, kind, severity, exposed: Happened(
        number, kind, severity=severity, **({"exposed": exposed} if lane_of(kind) == "incidents" else {})
    ),
    st.integers(0, 10_000),
    st.sampled_from(sorted(EVENT_TYPES)),
    st.sampled_from(["Extreme", "Severe", "Moderate", "Minor"]),
    st.sampled_from([[], ["school"], ["hospital", "school"]]),
)
HISTORY = st.lists(HAPPENED, max_size=6, unique_by=lambda one: one.id)
DEEP = b'{"id": "a", "source": "b", "facets": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def record_of(routed: Routed) -> bytes:
    """The record of a decision, as the router writes it."""
    tail = decision_tail(routed.decision, routed.decision.recipients, "41704220", ())
    return decision_value("id-1", "/mes", "x", b"k", "t", 0, 1, "2026-11-02T06:00:00.000Z", {}, tail)
