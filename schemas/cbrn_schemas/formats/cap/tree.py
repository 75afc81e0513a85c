"""A CAP document as nodes: what is there, line by line, held to the order and number that the XSD demands.

What the XSD does not know is left out of the nodes and reported; all else goes on, so that one pass finds all faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lxml.etree import QName

from cbrn_schemas.formats.cap.grammar import GROUPS, ORDER
from cbrn_schemas.formats.cap.model import NAMESPACE, NAMESPACE_11
from cbrn_schemas.formats.faults import said

if TYPE_CHECKING:
    from lxml.etree import _Element

    from cbrn_schemas.formats.cap.grammar import Element
    from cbrn_schemas.formats.cap.rules import Report

NAMESPACE_10: Final = "http://www.incident.com/cap/1.0"
SIGNATURES: Final = "http://www.w3.org/2000/09/xmldsig#"
_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_WRAPPERS: Final = {
    "EDXLDistribution": "an EDXL-DE message",
    "edxlDistribution": "an EDXL-DE message",
    "feed": "an Atom feed",
    "entry": "an entry of an Atom feed",
    "rss": "an RSS feed",
    "Envelope": "a SOAP message",
    "alerts": "a list of alerts",
    "html": "a web page",
    "HTML": "a web page",
}


class Node:
    """One element, and what stands in it by name."""

    __slots__ = ("kind", "line", "name", "parts", "text", "value", "where")

    def __init__(self, element: _Element, name: str, kind: str, where: str) -> None:
        self.name = name
        self.kind = kind
        self.where = where
        self.line: int | None = element.sourceline
        self.text: str = element.text or ""
        self.parts: dict[str, list[Node]] = {}
        self.value: Any = None
        """What its text means, once it has been read (`checking`)."""

    def all(self, name: str) -> list[Node]:
        """Return the elements of a name."""
        return self.parts.get(name, [])

    def first(self, name: str) -> Node | None:
        """Return the first element of a name that says something."""
        return next((node for node in self.all(name) if node.parts or node.text.strip()), None)

    def said(self, name: str) -> str | None:
        """Return what the first element of a name says, without blanks around; None where nothing is said."""
        node = self.first(name)
        return None if node is None else node.text.strip()


class Document:
    """The nodes of one document, and what is beside them."""

    def __init__(self, root: _Element, report: Report) -> None:
        self.report = report
        self.version = "1.2" if QName(root).namespace == NAMESPACE else "1.1"
        self._namespace = QName(root).namespace
        self.signatures = 0
        self.alert = self._node(root, "alert", "alert", "alert")

    def _node(self, element: _Element, name: str, kind: str, where: str) -> Node:
        node = Node(element, name, kind, where)
        if element.attrib:
            self._look_at_attributes(element, node)
        group = GROUPS.get(kind)
        if group is not None:
            self._fill(element, node, group)
        elif len(element):
            self.report.add("element-nested", node, f"<{name}> has the element <{_local(element[0])}> in it")
            node.text = "".join(element.itertext())
        return node

    def _fill(self, element: _Element, node: Node, group: tuple[Element, ...]) -> None:
        order = ORDER[node.kind]
        reached = 0
        self._look_for_stray_text(element, node)
        for child in element:
            name = _local(child)
            place = order.get(name) if QName(child).namespace == self._namespace else None
            if place is None:
                reached = max(reached, self._take_other(child, node))
                continue
            if place < reached:
                self.report.at(
                    "element-order",
                    f"{node.where}/{name}",
                    child.sourceline,
                    f"<{name}> stands behind <{group[reached].name if reached < len(group) else 'Signature'}>",
                )
            reached = max(place, reached)
            self._take(child, node, group[place])
        for one in group:
            if one.least and one.name not in node.parts:
                self.report.add("element-missing", node, f"<{node.name}> has no <{one.name}>")

    def _take(self, child: _Element, node: Node, element: Element) -> None:
        found = node.parts.setdefault(element.name, [])
        where = f"{node.where}/{element.name}"
        if element.most is None:
            where = f"{where}[{len(found) + 1}]"
        if found and element.most == 1:
            self.report.at(
                "element-repeated", where, child.sourceline, f"<{element.name}> stands twice in <{node.name}>"
            )
        found.append(self._node(child, element.name, element.kind, where))

    def _take_other(self, child: _Element, node: Node) -> int:
        """Count a signature, report all else; return the place in the order that is reached with it."""
        qualified = QName(child)
        if node.kind == "alert" and qualified.namespace == SIGNATURES:
            self.signatures += qualified.localname == "Signature"
            return len(ORDER["alert"])
        where = f"{node.where}/{qualified.localname}"
        if qualified.namespace != self._namespace:
            message = f"<{qualified.localname}> is of the namespace {said(qualified.namespace or 'none')}"
        else:
            message = f"<{node.name}> has no element <{qualified.localname}>"
        self.report.at("element-unknown", where, child.sourceline, message, _hint(qualified.localname))
        return 0

    def _look_at_attributes(self, element: _Element, node: Node) -> None:
        for name in element.attrib:
            if QName(str(name)).namespace != _INSTANCE:
                self.report.add("attribute-unknown", node, f"<{node.name}> has the attribute {said(str(name))}")

    def _look_for_stray_text(self, element: _Element, node: Node) -> None:
        stray = "".join((element.text or "", *(child.tail or "" for child in element))).strip()
        if stray:
            self.report.add("text-stray", node, f"text stands between the elements of <{node.name}>: {said(stray)}")


def refuse_root(root: _Element, report: Report) -> bool:
    """Tell whether the root is that of no CAP document that is read here, and say in the report what it is."""
    name, namespace = _local(root), QName(root).namespace
    if name == "alert" and namespace in {NAMESPACE, NAMESPACE_11}:
        if namespace == NAMESPACE_11:
            report.at("version-old", "alert", root.sourceline, "it is CAP 1.1")
        return False
    if namespace == _SCHEMA:
        rule, message = "root-schema", "it is an XML schema, no alert"
    elif name == "alert" and namespace == NAMESPACE_10:
        rule, message = "namespace-old", "it is CAP 1.0, which is not read here"
    elif name == "alert":
        rule, message = "namespace-wrong", f"the namespace is {said(namespace or 'none')}, which is none of CAP's"
    elif name in _WRAPPERS:
        rule, message = "root-wrapper", f"it is {_WRAPPERS[name]}, no alert"
    elif any(isinstance(one.tag, str) and _local(one) == "alert" for one in root.iter()):
        rule, message = "root-wrapper", f"the alert is wrapped in <{name}>"
    else:
        rule, message = "root-unknown", f"the root is <{name}>, no <alert>"
    report.at(rule, name, root.sourceline, message)
    return True


def _hint(name: str) -> str | None:
    if name == "password":
        return "Leave it out: CAP 1.1 took it away, and a password in an alert is one no longer."
    return None


def _local(element: _Element) -> str:
    return QName(element).localname
