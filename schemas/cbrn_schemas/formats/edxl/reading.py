"""Reading an envelope of either version: head and contents, each content with its own bytes."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from lxml import etree

from cbrn_schemas.formats.cutting import cut_out
from cbrn_schemas.formats.edxl.model import (
    NAMESPACE,
    NAMESPACE_20,
    OF_20,
    STATUSES,
    TYPES,
    UNCLASSIFIED,
    Address,
    Content,
    Distribution,
    Keyword,
    TargetArea,
)
from cbrn_schemas.formats.faults import error, said
from cbrn_schemas.formats.tree import Found, children, first, local, text_of, texts
from cbrn_schemas.formats.xml import read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

ROOTS: Final = {
    f"{{{NAMESPACE}}}EDXLDistribution": "1.0",
    f"{{{NAMESPACE_20}}}EDXLDistribution": "2.0",
    f"{{{NAMESPACE_20}}}edxlDistribution": "2.0",
}
"""Both spellings of 2.0 are in use: OASIS' schema and what was made from its working drafts."""
_SENDER: Final = re.compile(r"[^@\s]+@[^@\s]+")
_EMBEDDED: Final = {"1.0": ("xmlContent", "embeddedXMLContent"), "2.0": ("contentXML", "embeddedXMLContent")}
_OTHER: Final = {"1.0": "nonXMLContent", "2.0": "otherContent"}


def read(data: bytes) -> Distribution:
    """Read an envelope.

    Raises:
        FormatError: it is no XML, no envelope, or misses what an envelope must say; all faults are in it.
    """
    root = read_xml(data)
    version = ROOTS.get(str(root.tag))
    if version is None:
        raise error(
            "edxl-root",
            f"the document is {said(str(root.tag))}, no envelope of EDXL-DE 1.0 or 2.0",
            f"The root is EDXLDistribution in {NAMESPACE}.",
            where=local(root),
            line=root.sourceline,
        )
    found = Found("edxl")
    envelope = _read_20(root, data, found) if version == "2.0" else _read_10(root, data, found)
    found.refuse()
    assert envelope is not None  # without a time of sending there is a fault
    return envelope


def _read_10(root: etree._Element, data: bytes, found: Found) -> Distribution | None:
    found.wanted(root, "combinedConfidentiality")
    head = _head(root, found, "distributionType", ())
    return _made(root, root, data, found, head, "1.0", children(root, "contentObject"))


def _read_20(root: etree._Element, data: bytes, found: Found) -> Distribution | None:
    described = next(iter(children(root, "descriptor")), None)
    head = _head(root, found, "distributionKind", OF_20)
    found.moment(root, "dateTimeExpires")
    return _made(root, described, data, found, head, "2.0", children(root, "content", "contentObject"))


def _head(
    root: etree._Element, found: Found, kind: str, besides: tuple[str, ...]
) -> tuple[str, str, datetime | None, str, str]:
    sender = found.wanted(root, "senderID")
    if sender and _SENDER.fullmatch(sender) is None:
        at = children(root, "senderID")[0]
        found.add("sender", f"senderID is {said(sender)}", "Write it as user@domain.", at, warning=True)
    return (
        found.wanted(root, "distributionID"),
        sender,
        found.moment(root, "dateTimeSent"),
        found.one_of(root, "distributionStatus", (*STATUSES, *besides)),
        found.one_of(root, kind, (*TYPES, *besides)),
    )


def _made(  # noqa: PLR0917 - what the two versions have found, in one place
    root: etree._Element,
    described: etree._Element | None,
    data: bytes,
    found: Found,
    head: tuple[str, str, datetime | None, str, str],
    version: str,
    objects: list[etree._Element],
) -> Distribution | None:
    identifier, sender, sent, status, kind = head
    contents = tuple(_contents(objects, data, version, found))
    if sent is None:
        return None
    about = root if described is None else described
    return Distribution(
        id=identifier,
        sender=sender,
        sent=sent,
        status=status,
        type=kind,
        confidentiality=first(about, "combinedConfidentiality") or UNCLASSIFIED,
        language=first(about, "language"),
        keywords=tuple(_keywords(about, "keyword")),
        references=texts(root, "distributionReference"),
        addresses=tuple(_addresses(about)),
        areas=tuple(_areas(about)),
        contents=contents,
        expires=found.moment(root, "dateTimeExpires", optional=True) if version == "2.0" else None,
        version="2.0" if version == "2.0" else "1.0",
        faults=tuple(found.faults),
    )


def _keywords(about: etree._Element, name: str) -> Iterator[Keyword]:
    for each in children(about, name):
        urn = first(each, "valueListUrn") or first(each, "valueListURI") or ""
        if values := texts(each, "value"):
            yield Keyword(urn, values)


def _addresses(about: etree._Element) -> Iterator[Address]:
    for each in children(about, "explicitAddress"):
        yield Address(first(each, "explicitAddressScheme") or "", texts(each, "explicitAddressValue"))


def _areas(about: etree._Element) -> Iterator[TargetArea]:
    """Read 1.0's areas; of 2.0's, which are in GML and in other standards' types, the codes of countries alone."""
    for each in (*children(about, "targetArea"), *children(about, "targetAreas", "targetArea")):
        political = (*children(each, "geoPoliticalLocation", "geoCode"), *children(each, "geoPoliticalLocation"))
        codes = tuple(code for one in political for code in texts(one, "value"))
        yield TargetArea(
            circles=texts(each, "circle"),
            polygons=texts(each, "polygon"),
            countries=(*texts(each, "country"), *(code for code in codes if "-" not in code)),
            subdivisions=(*texts(each, "subdivision"), *(code for code in codes if "-" in code)),
            locodes=texts(each, "locCodeUN"),
        )


def _contents(objects: list[etree._Element], data: bytes, version: str, found: Found) -> Iterator[Content]:
    embedded = [
        (each, inner)
        for each in objects
        for holder in children(each, *_EMBEDDED[version])
        for inner in holder.iterchildren("*")
    ]
    cuts = iter(cut_out(data, [inner for _, inner in embedded]))
    for each in objects:
        others = children(each, _OTHER[version])
        inside = [inner for holder, inner in embedded if holder is each]
        if bool(others) is bool(inside) or len(others) > 1:
            hint = f"Give either {_EMBEDDED[version][0]} or {_OTHER[version]}."
            found.add("content", "the object holds no content, or two sorts of it", hint, each)
        for inner in inside:
            content, exact = next(cuts)
            yield _content(each, version, content, xml=True, exact=exact, mime_type=_type_of(inner))
        for other in others[:1]:
            content_data = _decoded(other, found)
            mime_type = found.wanted(other, "mimeType")
            yield _content(each, version, content_data, xml=False, exact=True, mime_type=mime_type, other=other)


def _content(
    each: etree._Element,
    version: str,
    data: bytes | None,
    *,
    xml: bool,
    exact: bool,
    mime_type: str | None,
    other: etree._Element | None = None,
) -> Content:
    described = next(iter(children(each, "contentDescriptor")), each) if version == "2.0" else each
    return Content(
        data=data,
        xml=xml,
        mime_type=mime_type,
        exact=exact,
        description=first(described, "contentDescription"),
        incident=first(described, "incidentID"),
        confidentiality=first(described, "confidentiality"),
        uri=None if other is None else first(other, "uri"),
        keywords=tuple(_keywords(described, "contentKeyword")),
    )


def _type_of(inner: etree._Element) -> str:
    namespace = etree.QName(inner).namespace or ""
    return "application/cap+xml" if namespace.startswith("urn:oasis:names:tc:emergency:cap:") else "application/xml"


def _decoded(other: etree._Element, found: Found) -> bytes | None:
    data = next(iter(children(other, "contentData")), None)
    if data is None:
        if first(other, "uri") is None:
            found.add("content", "neither data nor an address is given", "Give contentData or uri.", other)
        return None
    try:
        return b64decode("".join(text_of(data).split()), validate=True)
    except (binascii.Error, ValueError):
        found.add("base64", "contentData is no base64", "Encode the content as base64 (RFC 4648).", data)
        return None
