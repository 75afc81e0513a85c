"""Decision records as they are read back: the cell, the day, and whether the book at hand is the one that decided."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import ValidationError

from cbrn_routing.decision import Facets
from cbrn_routing.explain.errors import DecisionRecordError, RulebookMismatchError
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.decision_record import DecisionRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.decision import Decision
    from cbrn_routing.rulebook.book import RuleBook


def read_decision(data: bytes) -> DecisionRecord:
    """The record in JSON; members that this version does not know are left out.

    Raises:
        DecisionRecordError: it is none; the message names the field.
    """
    try:
        record = DecisionRecord.model_validate_json(data, extra="ignore")
        days_of(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "value"
        raise DecisionRecordError(
            f"no decision record: {where}: {first['msg']}",
            hint="Give a record of the topic bus.decisions as it is, or an event.",
        ) from None
    except ValueError as error:  # a day that no month has: the pattern of the field knows nothing of months
        raise DecisionRecordError(
            f"no decision record: as_of: {error}",
            hint="Give a record of the topic bus.decisions as it is, or an event.",
        ) from None
    return record


def cell_of(record: DecisionRecord) -> Facets:
    """The facets by which it was decided."""
    by = record.facets
    return Facets(
        by.lane,
        by.hazard,
        by.kind,
        by.severity,
        by.urgency,
        by.certainty,
        by.deliberate,
        by.status,
        by.region,
        by.country,
        frozenset(by.neighbours),
        frozenset(by.downstream),
        by.border,
        frozenset(by.exposed),
        frozenset(by.traits),
    )


def days_of(record: DecisionRecord) -> tuple[date, date | None]:
    """The day by whose bodies it was decided and, where that is in the past, the day on which it was."""
    decided = local_day(record.decided)
    return (decided, None) if record.as_of is None else (date.fromisoformat(record.as_of), decided)


def check_book(record: DecisionRecord, book: RuleBook) -> None:
    """Refuse to explain a decision by another book than its own.

    Raises:
        RulebookMismatchError: names both digests.
    """
    if record.rulebook != book.digest:
        raise RulebookMismatchError(record.rulebook, book.digest)


def differences(record: DecisionRecord, decision: Decision) -> Iterator[str]:
    """The fields of the record that would now be filled otherwise.

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
