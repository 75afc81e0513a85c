"""Whether a document is a CAP alert, and what is wrong with it: XSD and text of the standard, rule by rule.

Not by the XSD itself: its messages name neither remedy nor the line of the fault behind the first one, and most rules
stand in the text alone. Pure: bytes in, faults out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_schemas.formats.cap.geometry import Budget, read_circle, read_polygon
from cbrn_schemas.formats.cap.grammar import GROUPS
from cbrn_schemas.formats.cap.messages import look_at_message
from cbrn_schemas.formats.cap.rules import Report
from cbrn_schemas.formats.cap.tree import Document, refuse_root
from cbrn_schemas.formats.cap.values import READERS, read_value
from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.formats.xml import read_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cbrn_schemas.formats.cap.geometry import Finding
    from cbrn_schemas.formats.cap.rules import Profile
    from cbrn_schemas.formats.cap.tree import Node
    from cbrn_schemas.formats.faults import Fault


def check(data: bytes, profile: Profile = "strict") -> list[Fault]:
    """Return every fault of a document, by line; empty where there is none.

    What is no XML is one fault: nothing raises.
    """
    try:
        root = read_xml(data)
    except FormatError as wrong:
        return list(wrong.faults)
    report = Report(profile)
    document_of(root, report)
    return sorted(report.faults, key=lambda fault: (fault.line is None, fault.line or 0))


def document_of(root: _Element, report: Report) -> Document | None:
    """Hold a document to all rules; None where it is no CAP document at all."""
    if refuse_root(root, report):
        return None
    document = Document(root, report)
    report.version = document.version
    _Valuer(document).value(document.alert)
    look_at_message(document.alert, report)
    return document


class _Valuer:
    """Reads the value of every node. Info blocks repeat each other: a text is looked at once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._report = document.report
        self._budget = Budget()
        self._seen: dict[tuple[str, str, str], tuple[Any, list[Finding]]] = {}
        self._too_large = False

    def value(self, node: Node) -> None:
        """Give a node, and all in it, their values."""
        for parts in node.parts.values():
            for part in parts:
                if part.kind in GROUPS:
                    self.value(part)
                    if not part.parts:
                        self._report.add("element-empty", part, f"<{part.name}> is empty")
                else:
                    self._read(part)

    def _read(self, node: Node) -> None:
        key = (node.kind, node.name if node.kind == "value" else "", node.text)
        if key not in self._seen:
            self._seen[key] = self._look(node)
        node.value, findings = self._seen[key]
        for rule, message in findings:
            if rule == "polygons-too-large":
                if self._too_large:
                    continue
                self._too_large = True
            self._report.add(rule, node, f"<{node.name}>: {message}")

    def _look(self, node: Node) -> tuple[Any, list[Finding]]:
        match node.kind:
            case "value":
                return read_value(node.name, node.text, self._document.version)
            case "polygon":
                return read_polygon(node.text, self._budget)
            case "circle":
                return read_circle(node.text)
            case "free":
                return node.text, []
        if not node.text.strip() and node.kind not in {"identifier", "time"}:
            return None, [("element-empty", "it is empty")]
        reader = READERS.get(node.kind)
        return (node.text, []) if reader is None else reader(node.text)
