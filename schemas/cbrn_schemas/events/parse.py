"""Bytes to event and back. `parse_event` is the router's hot path: one call into the validator, straight on the bytes.

A key that stands twice in one JSON object: the last one counts, as in Python, JavaScript, Java (Jackson) and Go; looking
for it would cost as much as the parse. Doors at which files written by hand come in ask `repeated_key` first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from cbrn_schemas.events.kinds import ADAPTER, AnyEvent
from cbrn_schemas.events.refusal import refusal

if TYPE_CHECKING:
    from cbrn_schemas.events.base import Event

PAYLOAD_BYTES_MAX: Final = 65_536
"""64 KiB: what every CloudEvents intermediary must carry (CloudEvents 1.0.2, «Size Limits»)."""

_validate = ADAPTER.validator.validate_json


def parse_event(data: bytes) -> AnyEvent:
    """The event that `data` holds (UTF-8 JSON). InvalidEventError says which field is wrong and what to do.

    The size is not looked at: who takes records in compares with PAYLOAD_BYTES_MAX before anything else.
    """
    try:
        event: AnyEvent = _validate(data)
    except ValidationError as error:
        raise refusal(data, error) from None
    return event


def to_bytes(event: Event) -> bytes:
    """Compact JSON in UTF-8; times in UTC ending in `Z`; what was not given is left out."""
    fields = event.model_dump(mode="json", exclude_none=True)
    given = {name: value for name, value in fields.items() if value not in ([], {})}
    return json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def repeated_key(data: bytes) -> str | None:
    """The first key that stands twice in one object of valid JSON, or None."""
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                repeated.append(key)
            seen.add(key)

    json.loads(data, object_pairs_hook=note)
    return repeated[0] if repeated else None
