"""Which headers of a record from outside go on, under which names, and how much of them is carried.

A CloudEvents reader in another language must be able to read every alert that the bus writes, and the record must fit
into the topic that it goes to. What stands in the way of the one and says nothing of the event is left out, with a
warning; what stands in the way of the other is refused.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.errors import InvalidEventError, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

Header = tuple[str, bytes]

PREFIX: Final = "ce_"
CONTENT_TYPE: Final = "content-type"
RESERVED_PREFIX: Final = "cbrn_"
SIGNATURE: Final = "cbrn_signature"
"""Detached JWS of the record's publisher, so the one header with our prefix that comes in from outside. No part of the
event: whoever verifies takes it from the record itself."""
HEADER_BYTES_MAX: Final = 16_384
"""Of the names and values of all headers that go on: ten times what a traced CloudEvent has.

An alert is then 64 KiB of event, 16 KiB of the publisher's headers, 1 KiB of their lengths (`HEADERS_MAX` times 8), a
key of 128 bytes and 6 KiB of the bus's own headers (`decision_record.RULES_BYTES_MAX` and what is of fixed length):
88 KiB of the 1,024 that its topic takes."""
HEADERS_MAX: Final = 100
"""Headers that go on; each costs every reader an object, however short it is."""
NAME_CHARS_SHOWN: Final = 60

_ATTRIBUTE: Final = re.compile(r"[a-z0-9]+")
"""CloudEvents 1.0.2, naming conventions: lower-case letters and digits."""
_TAKEN: Final = frozenset({"data", "datacontenttype"})
"""No attributes of their own in the Kafka binding: the record's value, and `content-type`."""
_NOT_EMPTY: Final = frozenset({"ce_time", "ce_subject", "ce_dataschema"})
"""Empty is no value of these: it stands for «not given»."""
_NEEDED: Final = frozenset({"ce_id", "ce_source", "ce_type", "ce_specversion"})
"""Left as they are, so that who reads them says what is wrong."""
_TIME: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
"""RFC 3339, the calendar apart."""
_SURE_TIME: Final = re.compile(
    rb"[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z"
)
"""UTC, on a day that every month has: nearly always, and told without asking the calendar."""


class Carried(NamedTuple):
    """The headers that go on."""

    headers: list[Header]
    """Attributes in lower case, each once, and the publisher's own; without the content type."""
    stripped: bool
    """Headers of the bus were among them."""
    left_out: bool
    """Headers were among them that no CloudEvents reader could read."""


def carry(headers: Sequence[Header]) -> Carried:
    """Sort out a record's headers.

    Raises:
        InvalidEventError: an attribute is there twice, or they are too many or too large.
    """
    own: list[Header] = []
    seen: dict[str, bytes] = {}
    stripped = left_out = False
    for given, value in headers:
        name = given.lower()
        if given == SIGNATURE:
            continue
        if is_reserved(name):
            stripped = True
        elif value is None:  # Kafka lets others write it: not given
            continue
        elif name == CONTENT_TYPE or name.startswith(PREFIX):
            if name in seen:
                raise _repeated(name)
            seen[name] = value
        elif _is_text(value):
            own.append((given, value))
        else:
            left_out = True
    seen.pop(CONTENT_TYPE, None)
    attributes = [(name, _tidy(name, value)) for name, value in seen.items()]
    left_out = left_out or any(value is None for _, value in attributes)
    kept = [(name, value) for name, value in attributes if value is not None and (value or name not in _NOT_EMPTY)]
    kept += own
    _check_size(kept)
    return Carried(kept, stripped, left_out)


def is_reserved(name: str) -> bool:
    """Tell whether a header is the bus's own, or a reader in another language might take it for one."""
    return name.lower().removeprefix(PREFIX).startswith(RESERVED_PREFIX)


def is_time(value: bytes) -> bool:
    """Tell whether it is a moment as RFC 3339 writes it and every reader knows it (so no leap second)."""
    if _SURE_TIME.fullmatch(value) is not None:
        return True
    if _TIME.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value.decode())
    except ValueError:
        return False
    return True


def _tidy(name: str, value: bytes) -> bytes | None:
    """Write an attribute's value as it goes on; None where no reader could make anything of it."""
    if name in _NEEDED:
        return value
    attribute = name.removeprefix(PREFIX)
    if attribute in _TAKEN or _ATTRIBUTE.fullmatch(attribute) is None or not _is_text(value):
        return None
    if name == "ce_time" and value:  # a small t or z is as good (RFC 3339, 5.6), and fewer readers take it
        return next((written for written in (value, value.upper()) if is_time(written)), None)
    return value


def _is_text(value: bytes) -> bool:
    """Tell whether a value is text without control characters, as CloudEvents strings are (type system, String)."""
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _check_size(headers: list[Header]) -> None:
    sizes = [len(name.encode()) + len(value) for name, value in headers]
    if len(sizes) > HEADERS_MAX:
        where, said = "header", f"the record has {len(sizes)} headers, at most {HEADERS_MAX} are carried"
    elif sum(sizes) > HEADER_BYTES_MAX:
        largest, _ = headers[sizes.index(max(sizes))]
        where = f"header:{shown(largest)}"
        said = f"the headers have {sum(sizes)} bytes, names and values, at most {HEADER_BYTES_MAX} are carried"
    else:
        return
    hint = "Put what belongs to the event into its data; headers name and trace it."
    raise InvalidEventError(Reason.TOO_LARGE, where=where, message=said, hint=hint)


def _repeated(name: str) -> InvalidEventError:
    """Refuse a header of which there are two, as a reader might take either: an attribute stands once."""
    return InvalidEventError(
        Reason.HEADERS_CONTRADICT,
        where=f"header:{shown(name)}",
        message="the header is there twice (capitals do not count)",
        hint="Give each CloudEvents attribute once.",
    )


def shown(text: str) -> str:
    """Write a text from outside as it goes into a message: short and printable."""
    cut = text if len(text) <= NAME_CHARS_SHOWN else f"{text[: NAME_CHARS_SHOWN - 1]}…"
    return "".join(character if character.isprintable() else "?" for character in cut)


def encode_key(key: bytes | None) -> bytes:
    """Write a record's key as a header may carry it: base64; empty for no key.

    Whole, however long: 1 MiB of record becomes 4/3 MiB at the most, and the quarantine's topic takes 2 MiB.
    """
    return base64.b64encode(key) if key is not None else b""


def decode_key(header: bytes) -> bytes | None:
    """Read the key that `encode_key` wrote.

    Raises:
        ValueError: it wrote no such header.
    """
    return base64.b64decode(header, validate=True) if header else None
