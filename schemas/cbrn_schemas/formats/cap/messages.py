"""The rules that hold between elements: of the message, of its info blocks, and of resources and areas."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.formats.cap.values import relative
from cbrn_schemas.formats.faults import said

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.formats.cap.rules import Report
    from cbrn_schemas.formats.cap.tree import Node

_NEED_REFERENCES: Final = frozenset({"Update", "Cancel", "Ack", "Error"})
_TEXTS: Final = ("event", "audience", "senderName", "headline", "description", "instruction", "contact")
_TAGS: Final = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,20}(?:\s[^<>]{0,400})?/?>")
_ENTITIES: Final = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_WANTED: Final = (
    ("headline", "headline-missing"),
    ("description", "description-missing"),
    ("instruction", "instruction-missing"),
    ("senderName", "sender-name-missing"),
    ("contact", "contact-missing"),
    ("responseType", "response-missing"),
    ("expires", "expires-missing"),
    ("area", "area-missing"),
    ("language", "language-missing"),
)
_WITHOUT_ADVICE: Final = frozenset({"Ack", "Error"})
_HEADLINE_MAX: Final = 160
_LETTERS_THAT_SAY: Final = 40
"""A text that is the same in two languages and longer than this is no name or number."""


def look_at_message(alert: Node, report: Report) -> None:
    """Hold the head to the text of section 3.2.1."""
    kind, status, scope = (_value(alert, name) for name in ("msgType", "status", "scope"))
    _look_at_scope(alert, scope, report)
    if (status == "Exercise" or kind == "Error") and alert.first("note") is None:
        report.add("note-missing", alert, f"{'status' if kind != 'Error' else 'msgType'} asks for a <note>")
    _look_at_references(alert, kind, report)
    if not alert.all("info") and kind in {"Alert", "Update"}:
        report.add("info-missing", alert, "the message has no <info>")
    infos = alert.all("info")
    for info in infos:
        look_at_info(info, _value(alert, "sent"), report, advice=kind not in _WITHOUT_ADVICE)
    _compare(infos, report)


def _look_at_scope(alert: Node, scope: str | None, report: Report) -> None:
    if scope == "Restricted" and alert.first("restriction") is None:
        report.add("restriction-missing", alert, "the scope is Restricted, and <restriction> does not say to whom")
    if scope in {"Public", "Private"} and (node := alert.first("restriction")) is not None:
        report.add("restriction-scope", node, f"a <restriction> stands in a message of scope {scope}")
    if scope == "Private" and alert.first("addresses") is None:
        report.add("addresses-missing", alert, "the scope is Private, and <addresses> names nobody")


def _look_at_references(alert: Node, kind: str | None, report: Report) -> None:
    node = alert.first("references")
    if node is None:
        if kind in _NEED_REFERENCES:
            report.add("references-missing", alert, f"a message of type {kind} names no earlier one")
        return
    sent, own = _value(alert, "sent"), (_value(alert, "sender"), _value(alert, "identifier"))
    for one in node.value or ():
        if (one.sender, one.identifier) == own:
            report.add("references-self", node, "the message names itself as an earlier one")
        elif sent is not None and one.sent > sent:
            report.add("references-later", node, f"{said(one.identifier)} was sent after this message")


def look_at_info(info: Node, sent: datetime | None, report: Report, *, advice: bool) -> None:
    """Hold an info block to the text of section 3.2.2, and say what would make it better."""
    if advice:
        for name, rule in _WANTED:
            if not any(node.parts or node.text.strip() for node in info.all(name)):
                report.add(rule, info, f"there is no <{name}>")
    for name in ("urgency", "severity", "certainty"):
        node = info.first(name)
        if node is not None and node.value == "Unknown":
            report.add("unknown-value", node, f"{name} is Unknown")
    _look_at_texts(info, report)
    _look_at_times(info, sent, report)
    for resource in info.all("resource"):
        _look_at_resource(resource, report)
    for area in info.all("area"):
        _look_at_area(area, report)


def _look_at_texts(info: Node, report: Report) -> None:
    for node in chain.from_iterable(info.all(name) for name in _TEXTS):
        if (tag := _TAGS.search(node.text)) is not None:
            report.add("text-html-tags", node, f"the text has markup: {said(tag[0])}")
        if (entity := _ENTITIES.search(node.text)) is not None:
            report.add("text-html-entities", node, f"the text has {said(entity[0])}")
    headline = info.first("headline")
    if headline is None:
        return
    if len(headline.text.strip()) > _HEADLINE_MAX:
        report.add("headline-long", headline, f"the headline has {len(headline.text.strip())} characters")
    if headline.text.strip() == info.said("description"):
        report.add("description-repeats", headline, "the description says just what the headline says")


def _look_at_times(info: Node, sent: datetime | None, report: Report) -> None:
    expires = info.first("expires")
    end = None if expires is None else expires.value
    if expires is None or end is None:
        return
    begins = {"it takes effect": _value(info, "effective"), "it begins": _value(info, "onset"), "it was sent": sent}
    for what, begin in begins.items():
        if begin is not None and end < begin:
            report.add("expires-before", expires, f"it expires before {what}")
            return


def _look_at_resource(resource: Node, report: Report) -> None:
    if resource.first("mimeType") is None:
        report.add("mime-missing", resource, "the resource has no <mimeType>")
    uri = resource.first("uri")
    if uri is not None and resource.first("derefUri") is None and relative(uri.text.strip()):
        report.add("uri-relative", uri, f"{said(uri.text.strip())} is relative, and there is no <derefUri>")


def _look_at_area(area: Node, report: Report) -> None:
    if not any(area.all(name) for name in ("polygon", "circle", "geocode")):
        report.add("area-shape-missing", area, "the area is a name alone")
    ceiling, altitude = area.first("ceiling"), area.first("altitude")
    if ceiling is None:
        return
    if altitude is None:
        report.add("ceiling-alone", ceiling, "there is a <ceiling>, and no <altitude>")
    elif ceiling.value is not None and altitude.value is not None and ceiling.value <= altitude.value:
        report.add("ceiling-below", ceiling, f"the ceiling {ceiling.value:g} is not above {altitude.value:g}")


def _compare(infos: list[Node], report: Report) -> None:
    """Hold the info blocks to one another: they say the same in several languages."""
    if not infos:
        return
    categories, codes = _categories(infos[0]), _codes(infos[0])
    seen: dict[str, str] = {}
    for info in infos:
        if _categories(info) != categories:
            report.add("info-categories", info, "its categories are not those of the first info block")
        if _codes(info) != codes:
            report.add("info-codes", info, "its event codes are not those of the first info block")
        language = (info.said("language") or "en-US").lower()
        for name in ("headline", "description", "instruction"):
            text = info.said(name) or ""
            if len(text) > _LETTERS_THAT_SAY and seen.setdefault(text, language) != language:
                report.add("info-same-text", info, f"the <{name}> is that of the block in {said(seen[text])}")


def _categories(info: Node) -> frozenset[str]:
    return frozenset(node.text.strip() for node in info.all("category"))


def _codes(info: Node) -> frozenset[tuple[str | None, str | None]]:
    return frozenset((node.said("valueName"), node.said("value")) for node in info.all("eventCode"))


def _value(node: Node, name: str) -> Any:
    """Return what an element says, as its kind is read."""
    found = node.first(name)
    return None if found is None else found.value
