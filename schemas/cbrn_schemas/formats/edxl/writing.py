"""Writing an envelope: EDXL-DE 1.0, UTF-8, elements in the order of its schema. XML inside keeps its bytes."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape  # nosec B406 - it writes, and reads nothing

from cbrn_schemas.formats.cap.lexical import writable
from cbrn_schemas.formats.edxl.model import NAMESPACE, STATUSES, TYPES
from cbrn_schemas.formats.faults import error
from cbrn_schemas.formats.xml import encoding_of, read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cbrn_schemas.formats.edxl.model import Content, Distribution, Keyword, TargetArea

_HEAD: Final = f'<?xml version="1.0" encoding="UTF-8"?>\n<EDXLDistribution xmlns="{NAMESPACE}">\n'
_DECLARATION: Final = re.compile(r"^\s*<\?xml\s[^>]*\?>\s*")
_ASKS: Final = "Mend it where the envelope is made."


def write(envelope: Distribution) -> bytes:
    """Write the document.

    Raises:
        FormatError: a status or type that 1.0 does not have, or content that is no XML and says that it is.
    """
    if envelope.status not in STATUSES or envelope.type not in TYPES:
        raise error("edxl-value", f"DE 1.0 has no {envelope.status!r} or {envelope.type!r}", _ASKS)
    return f"{_HEAD}{''.join(_parts(envelope))}</EDXLDistribution>\n".encode()


def _parts(envelope: Distribution) -> Iterator[str]:
    yield _line("distributionID", envelope.id)
    yield _line("senderID", envelope.sender)
    yield _line("dateTimeSent", _time(envelope.sent))
    yield _line("distributionStatus", envelope.status)
    yield _line("distributionType", envelope.type)
    yield _line("combinedConfidentiality", envelope.confidentiality)
    yield _given("language", envelope.language)
    yield from (_keyword("keyword", one) for one in envelope.keywords)
    yield from (_line("distributionReference", one) for one in envelope.references)
    for address in envelope.addresses:
        values = "".join(_line("explicitAddressValue", value) for value in address.values)
        scheme = _line("explicitAddressScheme", address.scheme)
        yield f"<explicitAddress>\n{scheme}{values}</explicitAddress>\n"
    yield from map(_area, envelope.areas)
    yield from map(_content, envelope.contents)


def _keyword(name: str, keyword: Keyword) -> str:
    values = "".join(_line("value", value) for value in keyword.values)
    return f"<{name}>\n{_line('valueListUrn', keyword.list)}{values}</{name}>\n"


def _area(area: TargetArea) -> str:
    parts = (
        *(_line("circle", one) for one in area.circles),
        *(_line("polygon", one) for one in area.polygons),
        *(_line("country", one) for one in area.countries),
        *(_line("subdivision", one) for one in area.subdivisions),
        *(_line("locCodeUN", one) for one in area.locodes),
    )
    return f"<targetArea>\n{''.join(parts)}</targetArea>\n"


def _content(content: Content) -> str:
    told = (
        _given("contentDescription", content.description),
        *(_keyword("contentKeyword", one) for one in content.keywords),
        _given("incidentID", content.incident),
        _given("confidentiality", content.confidentiality),
        _embedded(content) if content.xml and content.data is not None else _other(content),
    )
    return f"<contentObject>\n{''.join(told)}</contentObject>\n"


def _embedded(content: Content) -> str:
    """Put a document in as it stands: whoever signed it signed these bytes, or a form of them."""
    assert content.data is not None
    if (read_xml(content.data).tag or "").startswith(f"{{{NAMESPACE}}}"):
        raise error("edxl-nested", "an envelope cannot hold an envelope of its own kind as XML", _ASKS)
    text = content.data.decode(encoding_of(content.data)).removeprefix("\ufeff")
    inner = _DECLARATION.sub("", text).strip()
    return f"<xmlContent>\n<embeddedXMLContent>{inner}</embeddedXMLContent>\n</xmlContent>\n"


def _other(content: Content) -> str:
    data = None if content.data is None else b64encode(content.data).decode()
    told = (
        _line("mimeType", content.mime_type or "application/octet-stream"),
        "" if content.data is None else _line("size", str(len(content.data))),
        _given("uri", content.uri),
        _given("contentData", data),
    )
    return f"<nonXMLContent>\n{''.join(told)}</nonXMLContent>\n"


def _line(name: str, value: str) -> str:
    return f"<{name}>{escape(writable(value))}</{name}>\n"


def _given(name: str, value: str | None) -> str:
    return _line(name, value) if value else ""


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).isoformat()[:19]}-00:00"
