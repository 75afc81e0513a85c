"""Bytes to event and back: one call into the validator, straight on the bytes. Routers read by `quickly`, and ask here.

It is closed: a member that it does not know is somebody's mistake. `read_event`, behind the router, leaves it out.

A key that stands twice in one JSON object: the last one counts, as it does by default in Python, JavaScript, Java
(Jackson) and Go, so all readers see the same event. To look for one costs more than the parse; a door at which files
written by hand come in asks `repeated_key` first.

To search every text for control characters by pattern costs 10 to 25 % of the whole. JSON lets them into a text only by
an escape, DEL apart: so bytes without a backslash and without DEL go to a validator that is the same but for those two
patterns.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from cbrn_schemas.events.base import LINE_PATTERN, PROSE_PATTERN
from cbrn_schemas.events.kinds import EVENT_TYPES, AnyEvent
from cbrn_schemas.events.refusal import refusal, refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_schemas.events.base import Event
    from cbrn_schemas.events.remedies.mistake import Refused


def _without_text_patterns(schema: Any) -> Any:
    """Copy a core schema so that lines and prose are not searched for control characters."""
    if isinstance(schema, dict):
        searched = schema.get("type") == "str" and schema.get("pattern") in {LINE_PATTERN, PROSE_PATTERN}
        return {
            key: _without_text_patterns(value) for key, value in schema.items() if not (searched and key == "pattern")
        }
    if isinstance(schema, list):
        return [_without_text_patterns(item) for item in schema]
    return schema


@cache
def adapter() -> TypeAdapter[AnyEvent]:
    """Return pydantic's validator of all kinds: 0.1 s the first time."""
    return TypeAdapter(Annotated[AnyEvent, Field(discriminator="kind")])


class Validators:
    """What validates events: for the first few their kind's own validator, then one of all kinds, by `kind`.

    A command meets one event, and would wait 0.1 s for the forty kinds that it does not meet.
    """

    def __init__(self) -> None:
        self.whole: Callable[..., AnyEvent] = self._by_kind
        self.plain: Callable[..., AnyEvent] = self._by_kind
        """For bytes in which no control character can be."""
        self._few = FEW

    def build(self) -> None:
        """Build now what an event would else wait for: a process that must not wait with the first one does so."""
        self.whole = self.plain = adapter().validator.validate_json
        # Without the switch pydantic-core would put each model's own ready-made validator, patterns included, back in.
        with suppress(TypeError):  # a pydantic-core without the switch: slower, and as right
            plain = SchemaValidator(_without_text_patterns(adapter().core_schema), _use_prebuilt=False)
            self.plain = plain.validate_json

    def _by_kind(self, data: bytes, **options: Any) -> AnyEvent:
        self._few -= 1
        if self._few >= 0:
            with suppress(ValueError, LookupError, TypeError, RecursionError):
                return EVENT_TYPES[json.loads(data)["kind"]].model_validate_json(data, **options)
        self.build()  # what is wrong with an event, only this says as it must be said
        return self.whole(data, **options)


FEW: Final = 20
VALIDATORS: Final = Validators()


def parse_event(data: bytes) -> AnyEvent:
    """Read the event that `data` holds (UTF-8 JSON). InvalidEventError says which field is wrong and what to do.

    The size is not looked at: who takes records in compares with PAYLOAD_BYTES_MAX before anything else.
    """
    try:
        plain = b"\\" not in data and b"\x7f" not in data
        return VALIDATORS.plain(data) if plain else VALIDATORS.whole(data)
    except ValidationError as error:
        raise refusal(error, data=data) from None


def read_event(data: bytes) -> AnyEvent:
    """Read the event as a body reads it that is told of it. InvalidEventError as from `parse_event`, but for one thing.

    Members that this version does not know are left out, at any depth: so a newer publisher's alert still reaches an
    older reader (docs/schema-evolution.md).
    """
    try:
        return VALIDATORS.whole(data, extra="ignore")
    except ValidationError as error:
        raise refusal(error, data=data) from None


def read_typed(data: str, kind: str) -> AnyEvent | tuple[Refused, ...]:
    """Read an event of a kind as a person filled it in; where there are mistakes, each of them, the most telling first.

    Everybody else is told of the first alone: a person sees all fields at once.
    """
    try:
        return _of_kind(kind).validate_json(data)
    except ValidationError as error:
        return refusals(error, model=EVENT_TYPES[kind])


@cache
def _of_kind(kind: str) -> TypeAdapter[AnyEvent]:
    return TypeAdapter(EVENT_TYPES[kind])


def to_bytes(event: Event) -> bytes:
    """Write compact JSON in UTF-8; times in UTC ending in `Z`; what was not given is left out.

    An empty list stays where the event must say something: a spectrum in which nothing was found is a finding. So does
    an operator of whom nothing is said: it was written, and reads back as it was.
    """
    fields = event.model_dump(mode="json", exclude_none=True)
    known = type(event).model_fields
    given = {
        name: value
        for name, value in fields.items()
        if value not in ([], {}) or getattr(event, name) or known[name].is_required()
    }
    return json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def repeated_key(data: bytes) -> str | None:
    """Find the first key that stands twice in one object of valid JSON, or None."""
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                repeated.append(key)
            seen.add(key)

    json.loads(data, object_pairs_hook=note)
    return repeated[0] if repeated else None
