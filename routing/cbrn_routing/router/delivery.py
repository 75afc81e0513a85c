"""What a decision means in records, laid out once.

For each recipient that is its topic and the bus's headers; and the part of the decision record that does not change
from event to event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from cbrn_routing.shards.encoding import Block
from cbrn_schemas.records import EARLIER_RECIPIENT, PARTNER, PLACE, RESTRICTED, ROLE, RULE, RULEBOOK, WARNINGS
from cbrn_schemas.topics import Lane, Realm, to_topic

if TYPE_CHECKING:
    from cbrn_routing.decision import Decision, Recipient
    from cbrn_schemas.envelope import Header
    from cbrn_schemas.errors import Doubt


RULES_BYTES_MAX: Final = 4_096
"""Of the ids of the rules that named one body: 63 of the longest, some 130 of usual ones. An alert has one such list; a
decision record has one for each body and partner, 130 x 4 KiB, and must fit into 1 MiB as well."""
AND_MORE: Final = "and-more"
"""Stands behind the ids where more rules named the body."""


class Plan(NamedTuple):
    """Delivery of one decision."""

    decision: Decision
    deliveries: list[tuple[str, Block]]
    partners: list[Block]
    earlier: Block
    """Headers for those who are told only because they got the original."""
    record: str
    """Tail of the decision record's JSON object, closing brace included."""


def plan_delivery(  # noqa: PLR0917 - all of it is laid out
    realm: Realm,
    lane: Lane,
    alive: tuple[Recipient, ...],
    decision: Decision,
    place: str,
    doubts: tuple[Doubt, ...],
) -> Plan:
    """The plan of a decision at a place label with given doubts; `alive` are its recipients as they exist today."""
    shared: list[Header] = [(RULEBOOK, decision.rulebook[:12].encode()), (PLACE, place.encode())]
    if doubts:
        shared.append((WARNINGS, ",".join(doubts).encode()))
    restricted = any(recipient.restricted for recipient in decision.recipients)
    return Plan(
        decision,
        [
            (to_topic(realm, recipient.body, lane.delivery), Block.of(_headers(recipient, shared)))
            for recipient in alive
        ],
        [Block.of([*_headers(partner, shared), (PARTNER, partner.body.encode())]) for partner in decision.partners],
        Block.of(
            [
                (ROLE, b"inform"),
                (RULE, EARLIER_RECIPIENT.encode()),
                *shared,
                *([(RESTRICTED, b"true")] if restricted else []),
            ]
        ),
        _record_tail(decision, alive, place, doubts),
    )


def _headers(recipient: Recipient, shared: list[Header]) -> list[Header]:
    headers = [(ROLE, recipient.role.code.encode()), (RULE, ",".join(_listed(recipient.rules)).encode()), *shared]
    if recipient.restricted:
        headers.append((RESTRICTED, b"true"))
    return headers


def _record_tail(decision: Decision, alive: tuple[Recipient, ...], place: str, doubts: tuple[Doubt, ...]) -> str:
    facets = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in decision.facets._asdict().items()
        if value not in (None, frozenset())
    }
    tail: dict[str, Any] = {
        "place": place,
        "recipients": [_named(recipient) for recipient in decision.recipients],
        "partners": [_named(partner) for partner in decision.partners],
        "acknowledge_within_s": decision.acknowledge_within_s,
        "duties": list(decision.duties),
        "doubts": list(doubts),
        "facets": facets,
        "rulebook": decision.rulebook,
    }
    if decision.as_of is not None:
        tail["as_of"] = decision.as_of
        tail["delivered"] = [each.body for each in alive]
    return msgspec.json.encode(tail).decode()[1:]


def _named(recipient: Recipient) -> dict[str, Any]:
    return {"body": recipient.body, "role": recipient.role.code, "rules": _listed(recipient.rules)}


def _listed(rules: tuple[str, ...]) -> list[str]:
    """Ids in the book's order, as many as have room; a book may have thousands of rules that all name one body."""
    if sum(map(len, rules)) + len(rules) <= RULES_BYTES_MAX:
        return list(rules)
    room, found = RULES_BYTES_MAX - len(AND_MORE), []
    for rule in rules:
        room -= len(rule) + 1
        if room < 0:
            break
        found.append(rule)
    return [*found, AND_MORE]
