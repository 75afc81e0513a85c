"""What one event has to be written as: alerts, copies held for partners, duties and the decision record.

As one would write it without a router at hand: validated and decided event in, one record after another out, each made
from the product's models. The peers write with it, the table of Kafka Streams is made of it, and what every contestant
has written is compared with it, the router's records too, none of whose code it shares beyond deciding.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from tests.bench.setting import DECISIONS, DUTIES, OUTBOUND

from cbrn_routing.duties import duties_of
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Realm, to_topic

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.decide import Engine
    from cbrn_routing.decision import Decision, Facets
    from cbrn_schemas.envelope import Header
    from cbrn_schemas.events import AnyEvent


class Written(NamedTuple):
    """A record to write."""

    topic: str
    key: bytes
    value: bytes
    headers: list[Header]


class Origin(NamedTuple):
    """An event's record: its identity, where it lay, and what came with it."""

    id: str
    source: str
    key: bytes
    topic: str
    partition: int
    offset: int
    data: bytes
    headers: list[Header]


def lay_out(event: AnyEvent, origin: Origin, engine: Engine, now: datetime) -> list[Written]:
    """Decide, and lay out every record.

    Counting an event once and following its situation, which the router does too, are left out in the peers' favour.
    """
    routed = engine.route(event, now)
    decision, place = routed.decision, routed.place
    label = place.district or place.region or place.country or ""
    shared: list[Header] = [("cbrn_rulebook", decision.rulebook[:12].encode()), ("cbrn_place", label.encode())]
    if routed.doubts:
        shared.append(("cbrn_warnings", ",".join(routed.doubts).encode()))
    deadline: list[Header] = []
    if decision.acknowledge_within_s is not None:
        by = now + timedelta(seconds=decision.acknowledge_within_s)
        deadline.append(("cbrn_acknowledge_by", rfc3339(by).encode()))
    written = []
    for told, partner in [(one, False) for one in decision.recipients] + [(one, True) for one in decision.partners]:
        own: list[Header] = [("cbrn_role", told.role.code.encode()), ("cbrn_rule", ",".join(told.rules).encode())]
        if told.restricted:
            own.append(("cbrn_restricted", b"true"))
        last = [("cbrn_partner", told.body.encode())] if partner else deadline
        topic = OUTBOUND if partner else to_topic(Realm.REAL, told.body, "alerts")
        written.append(Written(topic, origin.key, origin.data, [*origin.headers, *own, *shared, *last]))
    for duty in duties_of(event, routed, engine.book, now, identity=(origin.id, origin.source)):
        head = f'{{"type":"raised","at":"{rfc3339(now)}","duty":{duty.model_dump_json()},"event":'
        written.append(Written(DUTIES, duty.id.encode(), head.encode() + origin.data + b"}", []))
    note = {
        "id": origin.id,
        "source": origin.source,
        "kind": event.kind,
        "key": origin.key.decode(),
        "topic": origin.topic,
        "partition": origin.partition,
        "offset": origin.offset,
        "decided": rfc3339(now),
        "earlier": [],
        **_decided(decision, label, routed.doubts),
    }
    written.append(Written(DECISIONS, origin.key, msgspec.json.encode(note), []))
    return written


def _decided(decision: Decision, label: str, doubts: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "place": label,
        "recipients": [_named(one) for one in decision.recipients],
        "partners": [_named(one) for one in decision.partners],
        "acknowledge_within_s": decision.acknowledge_within_s,
        "duties": list(decision.duties),
        "doubts": list(doubts),
        "facets": _facets(decision.facets),
        "rulebook": decision.rulebook,
    }


def _named(one: Any) -> dict[str, Any]:
    return {"body": one.body, "role": one.role.code, "rules": list(one.rules)}


def _facets(cell: Facets) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in cell._asdict().items()
        if value not in (None, frozenset())
    }
