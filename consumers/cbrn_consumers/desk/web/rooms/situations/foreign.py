"""What came from abroad, and the documents in which it came: kept byte for byte, shown as text, never run. Pure."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from cbrn_consumers.desk.web.render import situation_path
from cbrn_schemas.events import ForeignAlert

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.standing.reader import Read
    from cbrn_schemas.events.foreign import Original

SHOWN_MAX: Final = 200_000
"""Characters of a document that a page shows; all of it is in the file."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_READ: Final = frozenset(
    {"utf-8", "utf-8-sig", "utf-16", "ascii", "koi8-r", "koi8-u", "cp1250", "cp1251", "cp1252", "cp1254"}
    | {"iso8859-1", "iso8859-5", "iso8859-9", "iso8859-15", "gb2312", "gbk", "gb18030"}
)
"""Encodings that are read: a document may name any that Python knows, and some of those unpack what they are given."""
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")


class Arrived(NamedTuple):
    """One document from abroad, and the event that was made of it."""

    event: str
    """Id of the event."""
    partner: str
    at: datetime
    document: Original
    path: str
    """Of the page that shows it."""
    file: str


def cap_path(name: str) -> str:
    """Return the address of a situation's CAP document; a name that no path can hold stands behind a question mark."""
    path = situation_path(name)
    return f"/cap.xml?name={quote(name, safe='')}" if "?" in path else f"{path}/cap.xml"


def arrived(read: Read, situation: str) -> list[Arrived]:
    """List the documents of a situation that came from abroad, the newest first."""
    found = []
    for alert in read.events.values():
        event = alert.event
        if isinstance(event, ForeignAlert) and event.original is not None:
            asked = f"name={quote(situation, safe='')}&event={quote(alert.id, safe='')}"
            paths = (f"/original?{asked}", f"/original/file?{asked}")
            found.append(Arrived(alert.id, event.body, event.original.received, event.original, *paths))
    return sorted(found, key=lambda one: one.at, reverse=True)


def as_text(content: bytes) -> tuple[str, bool]:
    """Read a document as text, in whatever encoding it says it is; and whether all of it is there to be shown.

    What cannot be read so is shown with marks in its place: a page is to be looked at, the file is what counts.
    """
    text = content.decode(_encoding(content), "replace").replace("\0", "\ufffd")
    return text[:SHOWN_MAX], len(text) <= SHOWN_MAX


def _encoding(content: bytes) -> str:
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    declared = _DECLARED.match(content)
    name = marked or (declared[1].decode("ascii") if declared else "utf-8")
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return "utf-8"
    return found if found in _READ else "utf-8"
