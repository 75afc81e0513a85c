"""A CAP alert as bytes: CAP 1.2, UTF-8, elements in the order of the XSD, one a line.

Nothing is checked here: `checking.check` says whether an alert is right, and ours are by how they are made.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cbrn_schemas.formats.cap import lexical
from cbrn_schemas.formats.cap.model import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.formats.cap.model import Area, CapAlert, Info, Pair, Polygon, Resource

_HEAD: Final = f'<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="{NAMESPACE}">\n'
_TO_ESCAPE: Final = re.compile(
    "[&<>\r\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff\x00-\x08\x0b\x0c\x0e-\x1f]"
)
"""What XML demands to be escaped or cannot hold, and what a terminal that shows the document would obey."""
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NO_XML: Final = re.compile("[\ufffe\uffff\x00-\x08\x0b\x0c\x0e-\x1f]")


def write(alert: CapAlert) -> bytes:
    """Write the document."""
    body = [*_head(alert), *(_info(info) for info in alert.infos)]
    return f"{_HEAD}{''.join(body)}</alert>\n".encode()


def _line(name: str, value: str) -> str:
    return f"<{name}>{_escaped(value)}</{name}>\n"


def _given(name: str, value: str | None) -> str:
    return _line(name, value) if value else ""


def _escaped(text: str) -> str:
    if _TO_ESCAPE.search(text) is None:
        return text
    return _TO_ESCAPE.sub(_escape, _NO_XML.sub("\ufffd", text))


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"&#{ord(found[0])};"


def _head(alert: CapAlert) -> Iterable[str]:
    yield _line("identifier", alert.identifier)
    yield _line("sender", alert.sender)
    yield _line("sent", lexical.time(alert.sent))
    yield _line("status", alert.status)
    yield _line("msgType", alert.msg_type)
    yield _given("source", alert.source)
    yield _line("scope", alert.scope)
    yield _given("restriction", alert.restriction)
    yield _given("addresses", lexical.listing(alert.addresses))
    yield from (_line("code", code) for code in alert.codes)
    yield _given("note", alert.note)
    yield _given("references", " ".join(map(lexical.reference, alert.references)))
    yield _given("incidents", lexical.listing(alert.incidents))


def _info(info: Info) -> str:
    parts = (
        *_coded(info),
        *_told(info),
        *(_pair("parameter", one) for one in info.parameters),
        *map(_resource, info.resources),
        *map(_area, info.areas),
    )
    return f"<info>\n{''.join(parts)}</info>\n"


def _coded(info: Info) -> Iterable[str]:
    yield _line("language", info.language)
    yield from (_line("category", category) for category in info.categories)
    yield _line("event", info.event)
    yield from (_line("responseType", response) for response in info.response_types)
    yield _line("urgency", info.urgency)
    yield _line("severity", info.severity)
    yield _line("certainty", info.certainty)
    yield _given("audience", info.audience)
    yield from (_pair("eventCode", one) for one in info.event_codes)


def _told(info: Info) -> Iterable[str]:
    times = (("effective", info.effective), ("onset", info.onset), ("expires", info.expires))
    yield from (_line(name, lexical.time(moment)) for name, moment in times if moment is not None)
    yield _given("senderName", info.sender_name)
    yield _given("headline", info.headline)
    yield _given("description", info.description)
    yield _given("instruction", info.instruction)
    yield _given("web", info.web)
    yield _given("contact", info.contact)


def _resource(resource: Resource) -> str:
    size = None if resource.size is None else str(resource.size)
    found = (
        ("resourceDesc", resource.desc),
        ("mimeType", resource.mime_type or "application/octet-stream"),
        ("size", size),
        ("uri", resource.uri),
        ("derefUri", resource.deref_uri),
        ("digest", resource.digest),
    )
    return f"<resource>\n{''.join(_line(name, value) for name, value in found if value is not None)}</resource>\n"


def _area(area: Area) -> str:
    lines = [_line("areaDesc", area.desc)]
    lines += [_line("polygon", _pairs(polygon)) for polygon in area.polygons]
    lines += [_line("circle", f"{_position(one.lat, one.lon)} {lexical.number(one.radius_km)}") for one in area.circles]
    lines += [_pair("geocode", one) for one in area.geocodes]
    if area.altitude_ft is not None:
        lines.append(_line("altitude", lexical.number(area.altitude_ft)))
    if area.ceiling_ft is not None:
        lines.append(_line("ceiling", lexical.number(area.ceiling_ft)))
    return f"<area>\n{''.join(lines)}</area>\n"


@lru_cache(maxsize=256)  # the blocks of all languages have it, and few districts are written often
def _pairs(polygon: Polygon) -> str:
    return " ".join(_position(*pair) for pair in polygon)


def _position(lat: float, lon: float) -> str:
    return f"{lexical.number(lat)},{lexical.number(lon)}"


def _pair(name: str, pair: Pair) -> str:
    return f"<{name}>\n{_line('valueName', pair.name)}{_line('value', pair.value)}</{name}>\n"
