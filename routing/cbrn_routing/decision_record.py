"""The record on `<realm>.bus.decisions`: the one place that writes it, and reads it back.

Its contract is the model `cbrn_schemas.decision_record`. It is written as text, in two parts: the tail, which all
records of one decision share, is laid out once; the head, the event's own, is put before it for each event. It is read
whole, field by field, where one record is explained; and skimmed where a hundred thousand are compared.
"""

from __future__ import annotations

from datetime import date, datetime
from json.encoder import encode_basestring_ascii as json_string
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import msgspec
from pydantic import ValidationError

from cbrn_routing.decision import PARTNER_ROLE, Facets
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.decision_record import DecisionRecord
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_routing.decision import Decision, Recipient
    from cbrn_schemas.decision_record import DecidedBy
    from cbrn_schemas.errors import Doubt

RULES_BYTES_MAX: Final = 4_096
"""Of the ids of the rules that named one body: 63 of the longest, some 130 of usual ones. An alert has one such list; a
decision record has one for each body and partner, 130 x 4 KiB, and must fit into 1 MiB as well."""
AND_MORE: Final = "and-more"
"""Stands behind the ids where more rules named the body."""
NOBODY_EARLIER: Final = '"earlier":[]'
YEAR_MIN, YEAR_MAX = 1900, 2199
"""The years that the bus knows (`cbrn_schemas.events.time`): within them any time has a day at home."""


class DecisionRecordError(BusError, ValueError):
    """What should be a record of `<realm>.bus.decisions` is none. `hint` says what to do."""

    bad_input = True
    hint = "Give a record of the topic bus.decisions as it is, or an event."


def decision_tail(decision: Decision, delivered: tuple[Recipient, ...], place: str, doubts: tuple[Doubt, ...]) -> str:
    """Lay out the members that do not change from event to event, closing brace included.

    `delivered` are the decision's recipients as they exist today.
    """
    tail: dict[str, Any] = {
        "place": place,
        "recipients": [_named(recipient) for recipient in decision.recipients],
        "partners": [_named(partner) for partner in decision.partners],
        "acknowledge_within_s": decision.acknowledge_within_s,
        "duties": list(decision.duties),
        "doubts": list(doubts),
        "facets": _written(decision.facets),
        "rulebook": decision.rulebook,
    }
    if decision.further:
        tail["further"] = [_written(cell) for cell in decision.cells[1:]]
    if decision.as_of is not None:
        tail["as_of"] = decision.as_of
        tail["delivered"] = [each.body for each in delivered]
    return msgspec.json.encode(tail).decode()[1:]


def _written(cell: Facets) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in cell._asdict().items()
        if value not in (None, frozenset())
    }


def decision_value(  # noqa: PLR0917 - all of it is the record, and keywords cost a tenth of the time
    identifier: str,
    source: str,
    kind: str,
    key: bytes,
    topic: str,
    partition: int,
    offset: int,
    decided: str,
    earlier: Mapping[str, int],
    tail: str,
    signed_by: str | None = None,
) -> bytes:
    """Write the record of one event. `earlier`: who is told only since the situation reached it before, by role."""
    signed = "" if signed_by is None else f'"signed_by":"{signed_by}",'
    return (
        f'{{"id":{json_string(identifier)},"source":{json_string(source)},"kind":"{kind}","key":"{key.decode()}",'
        f'"topic":"{topic}","partition":{partition},"offset":{offset},"decided":"{decided}",'
        f"{_earlier(earlier) if earlier else NOBODY_EARLIER},{signed}{tail}"
    ).encode()


def listed(rules: tuple[str, ...]) -> list[str]:
    """Return ids in the book's order, as many as have room; thousands of rules of a book may all name one body."""
    if sum(map(len, rules)) + len(rules) <= RULES_BYTES_MAX:
        return list(rules)
    room, found = RULES_BYTES_MAX - len(AND_MORE), []
    for rule in rules:
        room -= len(rule) + 1
        if room < 0:
            break
        found.append(rule)
    return [*found, AND_MORE]


def _named(recipient: Recipient) -> dict[str, Any]:
    return {"body": recipient.body, "role": recipient.role.code, "rules": listed(recipient.rules)}


def _earlier(earlier: Mapping[str, int]) -> str:
    """Return the bodies at home, and those abroad where there are any."""
    home = ",".join(json_string(body) for body, role in earlier.items() if role != PARTNER_ROLE)
    abroad = ",".join(json_string(body) for body, role in earlier.items() if role == PARTNER_ROLE)
    return f'"earlier":[{home}]' + (f',"earlier_partners":[{abroad}]' if abroad else "")


def read_decision(data: bytes) -> DecisionRecord:
    """Read the whole record; members that this version does not know are left out.

    Raises:
        DecisionRecordError: it is none; the message names the field.
    """
    try:
        record = DecisionRecord.model_validate_json(data, extra="ignore")
        days_of(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "value"
        raise DecisionRecordError(f"no decision record: {where}: {first['msg']}") from None
    except ValueError as error:  # a day that no month has: the pattern of the field knows nothing of months
        raise DecisionRecordError(f"no decision record: as_of: {error}") from None
    return record


def cell_of(record: DecisionRecord) -> Facets:
    """Return the facets by which it was decided."""
    return _read(record.facets)


def further_cells_of(record: DecisionRecord) -> tuple[Facets, ...]:
    """Return the facets of the event's other places and hazards."""
    return tuple(map(_read, record.further))


def _read(facets: DecidedBy) -> Facets:
    written = (getattr(facets, name) for name in Facets._fields)
    return Facets._make(frozenset(value) if isinstance(value, tuple) else value for value in written)


def days_of(record: DecisionRecord) -> tuple[date, date | None]:
    """Return the day by whose bodies it was decided and, where that is in the past, the day on which it was."""
    decided = local_day(record.decided)
    return (decided, None) if record.as_of is None else (date.fromisoformat(record.as_of), decided)


class Skimmed(msgspec.Struct):
    """A record as far as comparing needs it; what repeats from record to record is left in JSON, to be decoded once."""

    id: str
    source: str
    topic: str
    partition: int
    offset: int
    decided: Annotated[datetime, msgspec.Meta(tz=True)]
    facets: msgspec.Raw
    recipients: msgspec.Raw
    partners: msgspec.Raw
    acknowledge_within_s: int | None = None
    duties: tuple[str, ...] | None = None
    """None in a record of a time when they were not written down."""
    as_of: date | None = None
    further: msgspec.Raw = msgspec.Raw(b"")


class _Named(msgspec.Struct):
    body: str
    role: str


_ABSENT: Final[Mapping[Any, Any]] = {frozenset[str]: frozenset(), bool | None: None, str | None: None}
"""What an absent facet means, by its type: not known, or none. A facet of another type is always there."""
_FACETS: Final = msgspec.defstruct(
    "_Facets",
    [(name, kind, _ABSENT[kind]) if kind in _ABSENT else (name, kind) for name, kind in get_type_hints(Facets).items()],
    kw_only=True,
)

_skimmed: Final = msgspec.json.Decoder(Skimmed)
_named_ones: Final = msgspec.json.Decoder(list[_Named])
_facets: Final = msgspec.json.Decoder(_FACETS)
_further: Final = msgspec.json.Decoder(list[_FACETS])  # type: ignore[valid-type] # made from `Facets` at run time


def skim(data: bytes) -> Skimmed:
    """Read what comparing needs, five times as fast as the whole.

    Raises:
        DecisionRecordError: it is none.
    """
    record: Skimmed = _decoded(_skimmed, data)
    if not YEAR_MIN <= record.decided.year <= YEAR_MAX:
        raise DecisionRecordError(f"no decision record: decided in {record.decided.year}")
    return record


def skimmed_cell(facets: bytes) -> Facets:
    """Decode the facets of a skimmed record. Raises DecisionRecordError."""
    return _cell(_decoded(_facets, facets))


def skimmed_further(further: bytes) -> tuple[Facets, ...]:
    """Decode the facets of a skimmed record's other places and hazards. Raises DecisionRecordError."""
    return tuple(map(_cell, _decoded(_further, further)))


def _cell(found: Any) -> Facets:
    return Facets(*(getattr(found, name) for name in Facets._fields))


def skimmed_roles(named: bytes) -> dict[str, str]:
    """Decode the recipients or partners of a skimmed record: body to role. Raises DecisionRecordError."""
    return {each.body: each.role for each in _decoded(_named_ones, named)}


def _decoded(decoder: msgspec.json.Decoder[Any], data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecisionRecordError(f"no decision record: {error}") from None
