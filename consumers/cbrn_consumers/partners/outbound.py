"""A copy for a partner as the router has written it: the event, for whom, and by which rules. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.envelope import RESERVED_PREFIX, read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import key_of, read_event
from cbrn_schemas.partner_release import Held, copy_id, digest_of
from cbrn_schemas.receipt import SeenEvent
from cbrn_schemas.records import PARTNER, RESTRICTED, RULE, RULEBOOK, broker_time, bus_headers

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.envelope import Envelope
    from cbrn_schemas.events import AnyEvent


class Outbound(NamedTuple):
    """One copy, whole: more than the partner may see."""

    held: Held
    event: AnyEvent
    envelope: Envelope


def read_outbound(record: Bytes, now: datetime) -> Outbound:
    """Read a record of `<realm>.bus.outbound`.

    Raises:
        InvalidEventError: it is no copy for a partner that this version understands.
    """
    headers = list(record.headers)
    bus = bus_headers(headers)
    envelope = read_envelope([each for each in headers if not each[0].startswith(RESERVED_PREFIX)], record.value)
    event = read_event(envelope.data)
    partner = bus.get(PARTNER, "")
    known = bodies().get(partner)
    if known is None or not known.is_abroad:
        raise InvalidEventError(
            Reason.HEADERS_CONTRADICT,
            where=f"header:{PARTNER}",
            message=f"{partner[:40]!r} is no partner abroad",
            hint="Find out who wrote it: the router names partners of the catalogue alone.",
        )
    held = Held(
        id=copy_id(partner, envelope.source, envelope.id),
        at=broker_time(record.timestamp, record.timestamp_type, now),
        partner=partner,
        event=SeenEvent(source=envelope.source, id=envelope.id),
        situation=key_of(event),
        kind=event.kind,
        message_type=getattr(event, "message_type", "Alert"),
        status=event.status,
        severity=event.severity,
        restricted=bus.get(RESTRICTED) == "true" or event.tlp == "RED",
        headlines={lang: text.headline for lang, text in event.texts.items()},
        rulebook=bus.get(RULEBOOK, ""),
        rules=tuple(bus[RULE].split(",")) if bus.get(RULE) else (),
        digest=digest_of(envelope.data),
    )
    return Outbound(held, event, envelope)
