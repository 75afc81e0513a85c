"""What a decision is laid out as has room in the topics, whatever the book."""

from __future__ import annotations

import json

from cbrn_routing.decision import Decision, Facets, Recipient, Role
from cbrn_routing.decision_record import AND_MORE, RULES_BYTES_MAX
from cbrn_routing.router.delivery import Plan, plan_delivery
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.records import RULE
from cbrn_schemas.topics import Lane, Realm

MIB = 1024 * 1024
LONGEST = tuple(f"rule-{number:04d}" + "x" * 55 for number in range(8_000))
"""More rules, with longer ids, than a book of 1 MB can have."""


def laid_out(rules: tuple[str, ...]) -> Plan:
    """Every body and partner is told by all the rules."""
    facets = Facets(**dict.fromkeys(Facets._fields))  # type: ignore[arg-type] # nothing is known
    told = tuple(Recipient(body, Role.INFORM, rules) for body in bodies())
    decision = Decision(facets, told, told, None, "0" * 64, rules[:7_000])
    return plan_delivery(Realm.REAL, Lane.INCIDENTS, told, decision, "", ())


def test_a_book_of_thousands_of_rules_for_one_body_has_room_in_header_and_record() -> None:
    """An alert that did not fit into its topic would stop the lane, and a book of that size can be signed."""
    plan = laid_out(LONGEST)
    for _, block in plan.deliveries:
        listed = dict(block.headers)[RULE]
        assert len(listed) <= RULES_BYTES_MAX
        assert listed.split(b",")[-1] == AND_MORE.encode()
    assert len(plan.record) < MIB - 10_000


def test_rules_that_have_room_are_all_named() -> None:
    """The officer asks why; a usual list is never cut."""
    usual = LONGEST[:60]
    plan = laid_out(usual)
    assert dict(plan.deliveries[0][1].headers)[RULE].decode().split(",") == list(usual)
    assert json.loads("{" + plan.record)["recipients"][0]["rules"] == list(usual)
