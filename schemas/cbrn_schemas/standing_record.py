"""Where everybody stands who was told of a situation, for each of them: a ministry may read no topic of another's.

The watch, which reads all alerts and receipts anyway, writes it to everybody told, on `<realm>.to.<body>.standing`,
keyed by the situation: the latest of a key is all that counts. It says which bodies stand where, never which persons:
no post or name, no note, and nothing at all of what is for named duty officers alone. Pure: the model, and a record to
and fro.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal

from pydantic import Field, Strict, StringConstraints, ValidationError

from cbrn_schemas.envelope import Header, binary_headers, read_envelope
from cbrn_schemas.errors import FieldError, InvalidEventError
from cbrn_schemas.events.base import Code, Count, Identifier
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time, to_wire
from cbrn_schemas.own_record import refused
from cbrn_schemas.receipt import SeenEvent
from cbrn_schemas.topics import Realm, to_topic
from cbrn_schemas.unanswered import WATCH_SOURCE

STREAM: Final = "standing"
STANDING_TYPE: Final = "kg.cbrn.situation.standing.v1"
"""CloudEvents type of it."""
PARTIES_MAX: Final = 500
"""More than there are bodies."""
ID_DIGITS: Final = 40

Reached = Literal["addressed", "delivered", "seen", "acknowledged", "accepted", "en-route", "declined", "closed"]
"""The most that a body has said. The watch knows of answers alone: it says neither `delivered` nor `seen`."""
_IGNORED: Final = "It is left out; the next one that the watch writes says all of it again."


class StandingRecordError(FieldError):
    """A record that does not say where anybody stands. `where` is the field."""

    whole = "standing"


class PartyStands(Model):
    """Where one body stands."""

    body: Code
    role: Literal["lead", "support", "inform"]
    """What is expected of it now."""
    state: Reached
    """What it has said. It is missing where `due` has passed: no record is written only because time goes by."""
    since: Time
    """Since when it stands so, by the broker's clock: when it said so first; before that, when it was told."""
    due: Time | None = None
    """By when an answer is wanted of it; absent: none is waited for."""
    level: Count = 0
    """How often the lack of its answer was passed on."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """Why it has declined, so that the others know what is not done by it."""


class SituationStands(Model):
    """Everybody who was told of a situation, and where each stands. The latest of a situation says all of it."""

    situation: Identifier
    event: SeenEvent
    """The latest event of the situation of which anybody was told."""
    at: Time
    """When the watch has put this together."""
    ended: bool = False
    """It was cancelled: nobody has anything more to do about it."""
    parties: Annotated[tuple[PartyStands, ...], Strict(strict=False), Field(max_length=PARTIES_MAX)]
    """Who leads first, then who supports, then who is informed; by code."""


def standing_topic(realm: Realm, body: str) -> str:
    """Name the topic on which a body is told where the others stand."""
    return to_topic(realm, body, STREAM)


def standing_record(stands: SituationStands) -> tuple[list[Header], bytes]:
    """Return headers and value, the same for everybody told."""
    value = stands.model_dump_json(exclude_none=True).encode()
    identifier = f"standing-{hashlib.sha256(value).hexdigest()[:ID_DIGITS]}"
    headers = binary_headers(
        id=identifier, source=WATCH_SOURCE, type=STANDING_TYPE, time=to_wire(stands.at), subject=stands.situation
    )
    return headers, value


def read_standing(headers: list[Header], value: bytes | None) -> SituationStands:
    """Read a record; what a newer watch says besides is passed over.

    Raises:
        StandingRecordError: it is none.
    """
    try:
        envelope = read_envelope(headers, value)
        if envelope.type != STANDING_TYPE:
            raise StandingRecordError(
                f"{envelope.type[:60]!r} says not where anybody stands", where="header:ce_type", hint=_IGNORED
            )
        return SituationStands.model_validate_json(envelope.data, extra="ignore")
    except InvalidEventError as error:
        raise StandingRecordError(error.message, where=error.where, hint=_IGNORED) from None
    except ValidationError as error:
        raise refused(error, StandingRecordError, _IGNORED) from None
