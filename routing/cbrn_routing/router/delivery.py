"""What a decision means in records, laid out once.

For each recipient that is its topic and the bus's headers; and the part of the decision record that does not change
from event to event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbrn_routing.decision_record import decision_tail, listed
from cbrn_routing.shards.encoding import Block
from cbrn_schemas.records import EARLIER_RECIPIENT, PARTNER, PLACE, RESTRICTED, ROLE, RULE, RULEBOOK, WARNINGS
from cbrn_schemas.topics import Lane, Realm, to_topic

if TYPE_CHECKING:
    from cbrn_routing.decision import Decision, Recipient
    from cbrn_schemas.envelope import Header
    from cbrn_schemas.errors import Doubt


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
    delivered: tuple[Recipient, ...],
    decision: Decision,
    place: str,
    doubts: tuple[Doubt, ...],
) -> Plan:
    """Make the plan of a decision at a place label with given doubts; `delivered` are its recipients as of today."""
    shared: list[Header] = [(RULEBOOK, decision.rulebook[:12].encode()), (PLACE, place.encode())]
    if doubts:
        shared.append((WARNINGS, ",".join(doubts).encode()))
    restricted = any(recipient.restricted for recipient in decision.recipients)
    return Plan(
        decision,
        [
            (to_topic(realm, recipient.body, lane.delivery), Block.of(_headers(recipient, shared)))
            for recipient in delivered
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
        decision_tail(decision, delivered, place, doubts),
    )


def _headers(recipient: Recipient, shared: list[Header]) -> list[Header]:
    headers = [(ROLE, recipient.role.code.encode()), (RULE, ",".join(listed(recipient.rules)).encode()), *shared]
    if recipient.restricted:
        headers.append((RESTRICTED, b"true"))
    return headers
