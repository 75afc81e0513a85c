"""From an event to the record that carries it: checked, named, keyed and addressed. Pure: no broker, no clock.

What leaves this room would pass the router, as far as the event alone can tell; an agency hears of a mistake here,
before it becomes a quarantined incident, and of what the router would doubt.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pydantic_core import PydanticSerializationError, to_json

from cbrn_producers.errors import RefusedEventError, TooLargeError
from cbrn_routing.doubts import warnings_of
from cbrn_schemas.catalogue.bodies import body as body_of
from cbrn_schemas.claims import check_claims, check_source
from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX, Header, binary_headers, read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason, UnknownCodeError
from cbrn_schemas.events import AnyEvent, Event, ce_type, key_of, lane_of, parse_event, repeated_key, to_bytes
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Lane, Realm, from_topic

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.doubts import EventWarning
    from cbrn_schemas.envelope import Envelope
    from cbrn_schemas.events.base import Language

NAMESPACE: Final = uuid.UUID("5b9a3a3e-6d0f-5f0c-9a53-3f6f3b0f6c11")
"""Names events that have no id."""

Publishable = AnyEvent | bytes | Mapping[str, Any]
"""An event: a model; JSON bytes; or a dict as JSON has it, in which times may be aware datetimes, and parts models."""


class Outgoing(NamedTuple):
    """One event, ready to be sent."""

    id: str
    topic: str
    key: bytes
    value: bytes
    headers: list[Header]
    warnings: tuple[EventWarning, ...] = ()
    """What the router would doubt about it; none where it was prepared without a clock."""


class Sender(NamedTuple):
    """The body and system on whose behalf events are sent, and where."""

    body: str
    system: str | None
    realm: Realm

    @property
    def source(self) -> str:
        """The CloudEvents source: `/mes` or `/mes/minkush-post`."""
        return f"/{self.body}" if self.system is None else f"/{self.body}/{self.system}"

    def topic(self, lane: Lane) -> str:
        """Name the topic on which the body publishes events of a lane."""
        return from_topic(self.realm, self.body, lane)


def check_sender(sender: Sender) -> None:
    """Refuse a body that does not exist or does not publish, before a connection is opened in its name.

    Raises:
        RefusedEventError: unknown body, or one that publishes nothing.
    """
    try:
        body = body_of(sender.body)
    except UnknownCodeError as error:
        message = f"{sender.body!r} is no body of the catalogue"
        raise RefusedEventError(Reason.UNKNOWN_BODY, where="body", message=message, hint=error.hint) from None
    if not body.publishes:
        raise RefusedEventError(
            Reason.UNKNOWN_BODY,
            where="body",
            message=f"{sender.body} does not publish on the bus",
            hint="Publish under the code of the body that observed it.",
        )


def prepare(
    event: Publishable,
    sender: Sender,
    *,
    event_id: str | None = None,
    now: datetime | None = None,
    lang: Language = "en",
) -> Outgoing:
    """Make the record for an event; JSON bytes travel as they are.

    A mapping is written as compact JSON in its own order, so what was read from a file of such JSON has the file's
    bytes and id. A typed event is read back from its bytes, because `model_copy` and `model_construct` skip validation.
    With `now` (aware) the record has the warnings that the router would raise then, in words of `lang`.

    Raises:
        RefusedEventError: not a valid event, of another body, or its status contradicts the realm.
        TooLargeError: more than 64 KiB.
    """
    try:
        value = _bytes_of(event)
        _check_size(value)
        parsed = parse_event(value)
        if not isinstance(event, Event):
            refuse_repeated(value)
        identifier = name_of(value, sender) if event_id is None else _checked_id(event_id)
        headers = binary_headers(id=identifier, source=sender.source, type=ce_type(parsed.kind), **_defaults(parsed))
        envelope = read_envelope(headers, value)
        check_claims(envelope, parsed, sender.body, lane_of(parsed.kind), sender.realm)
    except InvalidEventError as error:
        raise RefusedEventError.of(error) from None
    return _addressed(envelope, parsed, sender, now, lang)


def prepare_enveloped(
    envelope: Envelope, sender: Sender, *, now: datetime | None = None, lang: Language = "en"
) -> Outgoing:
    """Make the record for an event that has an envelope of its own: id, source, time and extensions stay as they are.

    So it is the same event whether a program publishes it or a file.

    Raises:
        RefusedEventError: as `prepare`; the source names another body; the type is that of another kind; an attribute
            would not arrive.
        TooLargeError: more than 64 KiB.
    """
    _check_size(envelope.data)
    try:
        parsed = parse_event(envelope.data)
        refuse_repeated(envelope.data)
        _check_envelope(envelope, parsed, sender)
    except InvalidEventError as error:
        raise RefusedEventError.of(error) from None
    given = {name for name, _ in envelope.headers}
    missing = [(f"ce_{name}", text.encode()) for name, text in _defaults(parsed).items() if f"ce_{name}" not in given]
    return _addressed(envelope._replace(headers=[*envelope.headers, *missing]), parsed, sender, now, lang)


def name_of(value: bytes, sender: Sender) -> str:
    """Make the id of an event that was given none: it follows from source and bytes.

    So what is published again after a failure, or by a program and from a file, counts once.
    """
    return str(uuid.uuid5(NAMESPACE, f"{sender.source}\n{value.decode('utf-8', 'backslashreplace')}"))


def refuse_repeated(value: bytes) -> None:
    """Refuse JSON written by hand that names a field twice; readers would disagree on which one counts.

    Raises:
        InvalidEventError: one does.
    """
    repeated = repeated_key(value)
    if repeated is not None:
        raise InvalidEventError(
            Reason.INVALID_VALUE,
            where=repeated,
            message="the field stands twice in one object",
            hint="Remove the one that is wrong.",
        )


def _bytes_of(event: Publishable) -> bytes:
    if isinstance(event, bytes):
        return event
    if isinstance(event, Event):
        return to_bytes(event)
    if not isinstance(event, Mapping):
        raise InvalidEventError(
            Reason.INVALID_VALUE,
            where="value",
            message=f"an event is to be a model, a dict or JSON bytes, got {type(event).__name__}",
            hint="Of JSON as text give text.encode(); many events go to publish_many.",
        )
    try:
        # A number that is none is refused as in JSON, by its field.
        return to_json(dict(event), inf_nan_mode="constants")
    except PydanticSerializationError as error:
        raise InvalidEventError(
            Reason.INVALID_VALUE,
            where="value",
            message=f"the dict is not what JSON can hold: {error}",
            hint="Give text, numbers, true or false, lists, dicts and times.",
        ) from None


def _checked_id(event_id: str) -> str:
    """Refuse what no header can hold: a row's number, or half a character."""
    try:
        str.encode(event_id)
    except (TypeError, UnicodeEncodeError):
        raise InvalidEventError(
            Reason.INVALID_VALUE,
            where="event_id",
            message=f"an id is text, got {ascii(event_id)[:40]}",
            hint='Write it as text: event_id=f"poisoning-{number}".',
        ) from None
    return event_id


def _defaults(event: AnyEvent) -> dict[str, str]:
    """Return attributes that every event has, where nobody says otherwise."""
    return {"time": rfc3339(event.observed), "subject": key_of(event)}


def _addressed(envelope: Envelope, event: AnyEvent, sender: Sender, now: datetime | None, lang: Language) -> Outgoing:
    topic, key = sender.topic(lane_of(event.kind)), key_of(event).encode()
    warnings = () if now is None else _warnings(envelope.id, event, now, lang)
    return Outgoing(envelope.id, topic, key, envelope.data, list(envelope.headers), warnings)


def _warnings(identifier: str, event: AnyEvent, now: datetime, lang: Language) -> tuple[EventWarning, ...]:
    try:
        return warnings_of(event, now=now, lang=lang)
    except Exception:  # noqa: BLE001 - a fault of ours in a piece of advice must never hold back an alert
        import structlog  # noqa: PLC0415 - `cbrn route` waits for no log

        structlog.get_logger(__name__).exception("what is doubtful about it could not be said", id=identifier)
        return ()


def _check_size(value: bytes) -> None:
    if len(value) > PAYLOAD_BYTES_MAX:
        raise TooLargeError(
            f"the event has {len(value)} bytes, at most {PAYLOAD_BYTES_MAX} are carried",
            hint="Leave attachments out and give their address instead.",
        )


def _check_envelope(envelope: Envelope, event: AnyEvent, sender: Sender) -> None:
    try:
        check_source(envelope, sender.body)
        check_claims(envelope, event, sender.body, lane_of(event.kind), sender.realm)
    except InvalidEventError as error:
        # In a file an attribute is a member, not a header.
        where = error.where.removeprefix("header:ce_")
        raise InvalidEventError(error.reason, where=where, message=error.message, hint=error.hint) from None
    if envelope.stripped or envelope.left_out:
        raise InvalidEventError(
            Reason.INVALID_VALUE,
            where="value",
            message="an attribute beside data could not be carried",
            hint="Names have a-z and 0-9 and do not begin with cbrn; values are text, numbers, true or false; time is "
            "written as 2026-03-01T04:15:00+06:00.",
        )
