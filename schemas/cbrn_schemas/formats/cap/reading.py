"""A CAP document as data. What has an error in the asked profile is not read; FormatError then has all faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_schemas.formats.cap.checking import document_of
from cbrn_schemas.formats.cap.model import Area, CapAlert, Info, Pair, Resource
from cbrn_schemas.formats.cap.rules import Report
from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.formats.xml import read_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cbrn_schemas.formats.cap.rules import Profile
    from cbrn_schemas.formats.cap.tree import Document, Node
    from cbrn_schemas.formats.faults import Fault


def read(data: bytes, profile: Profile = "strict") -> CapAlert:
    """Read an alert of CAP 1.1 or 1.2.

    Raises:
        FormatError: no XML, no alert, or an error by the profile; `faults` has all of them.
    """
    return read_element(read_xml(data), profile)


def read_element(root: _Element, profile: Profile = "strict") -> CapAlert:
    """Read an alert that stands in another document, whose root has been read with `read_xml`."""
    alert, faults = read_with_faults(root, profile)
    if alert is None:
        errors = [fault for fault in faults if fault.severity == "error"]
        raise FormatError([*errors, *(fault for fault in faults if fault.severity != "error")])
    return alert


def read_with_faults(root: _Element, profile: Profile) -> tuple[CapAlert | None, list[Fault]]:
    """Read an alert with what is wrong with it; None where one of the faults is an error."""
    report = Report(profile)
    document = document_of(root, report)
    if document is None or report.errors():
        return None, report.faults
    return _alert(document), report.faults


def _alert(document: Document) -> CapAlert:
    node = document.alert
    return CapAlert(
        identifier=_value(node, "identifier"),
        sender=_value(node, "sender"),
        sent=_value(node, "sent"),
        status=_value(node, "status"),
        msg_type=_value(node, "msgType"),
        source=node.said("source"),
        scope=_value(node, "scope"),
        restriction=node.said("restriction"),
        addresses=_value(node, "addresses") or (),
        codes=_texts(node, "code"),
        note=node.said("note"),
        references=_value(node, "references") or (),
        incidents=_value(node, "incidents") or (),
        infos=tuple(map(_info, node.all("info"))),
        version="1.1" if document.version == "1.1" else "1.2",
        signatures=document.signatures,
    )


def _info(node: Node) -> Info:
    return Info(
        language=node.said("language") or "en-US",
        categories=_values(node, "category") or ("Other",),
        event=node.said("event") or "",
        response_types=_values(node, "responseType"),
        urgency=_value(node, "urgency") or "Unknown",
        severity=_value(node, "severity") or "Unknown",
        certainty=_value(node, "certainty") or "Unknown",
        audience=node.said("audience"),
        event_codes=_pairs(node, "eventCode"),
        effective=_value(node, "effective"),
        onset=_value(node, "onset"),
        expires=_value(node, "expires"),
        sender_name=node.said("senderName"),
        headline=node.said("headline"),
        description=node.said("description"),
        instruction=node.said("instruction"),
        web=node.said("web"),
        contact=node.said("contact"),
        parameters=_pairs(node, "parameter"),
        resources=tuple(map(_resource, node.all("resource"))),
        areas=tuple(map(_area, node.all("area"))),
    )


def _resource(node: Node) -> Resource:
    return Resource(
        desc=node.said("resourceDesc") or "",
        mime_type=node.said("mimeType"),
        size=_value(node, "size"),
        uri=node.said("uri"),
        deref_uri=_value(node, "derefUri"),
        digest=node.said("digest"),
    )


def _area(node: Node) -> Area:
    return Area(
        desc=node.said("areaDesc") or "",
        polygons=_values(node, "polygon"),
        circles=_values(node, "circle"),
        geocodes=_pairs(node, "geocode"),
        altitude_ft=_value(node, "altitude"),
        ceiling_ft=_value(node, "ceiling"),
    )


def _pairs(node: Node, name: str) -> tuple[Pair, ...]:
    return tuple(Pair(one.said("valueName") or "", one.said("value") or "") for one in node.all(name))


def _value(node: Node, name: str) -> Any:
    """Return what the first element of a name says, as its kind is read: checked before, hence of that kind."""
    found = node.first(name)
    return None if found is None else found.value


def _values(node: Node, name: str) -> tuple[Any, ...]:
    """Return what the elements of a name say, without those that say nothing that is understood."""
    return tuple(one.value for one in node.all(name) if one.value is not None)


def _texts(node: Node, name: str) -> tuple[str, ...]:
    return tuple(one.text.strip() for one in node.all(name) if one.text.strip())
