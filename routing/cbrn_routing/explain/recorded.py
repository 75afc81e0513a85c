"""Whether the book at hand is the one that decided, and whether it would decide so again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.explain.errors import RulebookMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.decision import Decision
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.decision_record import DecisionRecord


def check_book(record: DecisionRecord, book: RuleBook) -> None:
    """Refuse to explain a decision by another book than its own.

    Raises:
        RulebookMismatchError: names both digests.
    """
    if record.rulebook != book.digest:
        raise RulebookMismatchError(record.rulebook, book.digest)


def differences(record: DecisionRecord, decision: Decision) -> Iterator[str]:
    """Yield the fields of the record that would now be filled otherwise.

    With the same digest only the catalogue of bodies can have changed.
    """
    for name, told in (("recipients", decision.recipients), ("partners", decision.partners)):
        recorded = [(each.body, each.role, tuple(each.rules)) for each in getattr(record, name)]
        if recorded != [(each.body, each.role.code, each.rules) for each in told]:
            yield name
    if record.acknowledge_within_s != decision.acknowledge_within_s:
        yield "acknowledge_within_s"
    if "duties" in record.model_fields_set and record.duties != decision.duties:  # older records do not have them
        yield "duties"
