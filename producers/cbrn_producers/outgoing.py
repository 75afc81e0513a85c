"""From an event to the record that carries it: checked, named, keyed and addressed. Pure: no broker, no clock.

What leaves this room would pass the router, as far as the event alone can tell; an agency hears of a mistake here,
before it becomes a quarantined incident.
"""

from __future__ import annotations

import uuid
from typing import NamedTuple

from cbrn_producers.errors import RefusedEventError, TooLargeError
from cbrn_schemas.bodies import body as body_of
from cbrn_schemas.claims import check_claims
from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX, Header, binary_headers, read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason, UnknownCodeError
from cbrn_schemas.events import AnyEvent, ce_type, key_of, lane_of, parse_event, repeated_key, to_bytes
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Lane, Realm, from_topic


class Outgoing(NamedTuple):
    """One event, ready to be sent."""

    id: str
    topic: str
    key: bytes
    value: bytes
    headers: list[Header]


class Sender(NamedTuple):
    """On whose behalf events are sent, and where."""

    body: str
    system: str | None
    realm: Realm

    @property
    def source(self) -> str:
        """The CloudEvents source: `/mes` or `/mes/minkush-post`."""
        return f"/{self.body}" if self.system is None else f"/{self.body}/{self.system}"

    def topic(self, lane: Lane) -> str:
        """Where the body publishes events of a lane."""
        return from_topic(self.realm, self.body, lane)


def check_sender(sender: Sender) -> None:
    """Refuse a body that does not exist or does not publish, before a connection is opened in its name.

    Raises:
        RefusedEventError: unknown body, or one that publishes nothing.
    """
    try:
        body = body_of(sender.body)
    except UnknownCodeError:
        raise RefusedEventError(
            Reason.UNKNOWN_BODY,
            where="body",
            message=f"{sender.body!r} is no body of the catalogue",
            hint="Use the body's code, such as mes, moh or mnrets.",
        ) from None
    if not body.publishes:
        raise RefusedEventError(
            Reason.UNKNOWN_BODY,
            where="body",
            message=f"{sender.body} does not publish on the bus",
            hint="Publish under the code of the body that observed it.",
        )


def prepare(event: AnyEvent | bytes, sender: Sender, *, event_id: str | None = None) -> Outgoing:
    """The record for an event; JSON bytes travel as they are.

    A typed event is read back from its bytes, because `model_copy` and `model_construct` skip validation.

    Raises:
        RefusedEventError: not a valid event, of another body, or its status contradicts the realm.
        TooLargeError: more than 64 KiB.
    """
    value = event if isinstance(event, bytes) else to_bytes(event)
    if len(value) > PAYLOAD_BYTES_MAX:
        raise TooLargeError(
            f"the event has {len(value)} bytes, at most {PAYLOAD_BYTES_MAX} are carried",
            hint="Leave attachments out and give their address instead.",
        )
    try:
        parsed = parse_event(value)
        if isinstance(event, bytes):
            _check_keys(value)
        identifier = str(uuid.uuid4()) if event_id is None else event_id
        key = key_of(parsed)
        headers = binary_headers(
            id=identifier,
            source=sender.source,
            type=ce_type(parsed.kind),
            time=rfc3339(parsed.observed),
            subject=key,
        )
        lane = lane_of(parsed.kind)
        check_claims(read_envelope(headers, value), parsed, sender.body, lane, sender.realm)
    except InvalidEventError as error:
        raise RefusedEventError.of(error) from None
    return Outgoing(identifier, sender.topic(lane), key.encode(), value, headers)


def _check_keys(value: bytes) -> None:
    """JSON written by hand may name a field twice; readers would disagree on which one counts."""
    repeated = repeated_key(value)
    if repeated is not None:
        raise InvalidEventError(
            Reason.INVALID_VALUE,
            where=repeated,
            message="the field stands twice in one object",
            hint="Remove the one that is wrong.",
        )
