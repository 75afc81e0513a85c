"""How CAP writes a time, a number, an identifier and a list: the lexical rules of CAP 1.2, sections 1.5 and 3.3.

Times have no fraction and no `Z`: UTC is `-00:00`. Identifiers have no blank, comma, `<` or `&`: an event's id that has
one is percent-encoded, and decoded where it comes back.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_schemas.formats.cap.model import Reference

_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (section 2.2, `Char`)."""
_UNSAFE: Final = re.compile(r"[\s,<&%\x00-\x1f\x7f\"']")
"""Of an identifier; `%`, since it begins an escape; quotes, since lists put them around names with blanks."""


def time(moment: datetime) -> str:
    """Write a moment in UTC, to the second: `2026-03-11T03:40:00-00:00`."""
    return f"{moment.astimezone(UTC).isoformat()[:19]}-00:00"


def number(value: float) -> str:
    """Write a number without exponent, to a millionth (0.1 m of a degree): `42.811`, `-0.5`, `3`."""
    written = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def identifier(event_id: str) -> str:
    """Write an event's id as an identifier; nearly every id is one as it stands."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), event_id)


def event_id(identifier: str) -> str:
    """Return the event's id of an identifier of ours."""
    return unquote(identifier)


def reference(to: Reference) -> str:
    """Write one earlier message: `mes@cbrn.kg,id,2026-03-11T03:40:00-00:00`."""
    return f"{to.sender},{to.identifier},{time(to.sent)}"


def listing(names: Iterable[str]) -> str:
    """Write names into one element: blanks between them, quotes around a name that has one."""
    return " ".join(f'"{name}"' if _has_blank(name) else name for name in names)


def writable(text: str) -> str:
    """Return a text as an element can hold it: what XML has no way to write is replaced, blanks around are left out."""
    return _NO_XML.sub("\ufffd", text).strip()


def escaped_json(text: str) -> str:
    """Return JSON that XML can hold: the same value, with escapes for what XML has no way to write."""
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _has_blank(name: str) -> bool:
    return any(sign.isspace() for sign in name)
