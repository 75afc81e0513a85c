"""Looking into the tree of a document from outside by the elements' own names, and noting what is wrong on the way.

Namespaces are looked at once, at the root: real documents spread names over more of them than their standard does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from lxml import etree

from cbrn_schemas.formats.faults import Fault, FaultSeverity, FormatError, said

if TYPE_CHECKING:
    from collections.abc import Iterator

WITH_ZONE: Final = "2026-03-11T09:40:00+06:00"
FAULTS_MAX: Final = 100
"""Of one document; who has that many reads no further."""


class Found:
    """The faults that are found on the way. `standard` begins the names of its rules: `edxl-missing`."""

    def __init__(self, standard: str) -> None:
        self.standard = standard
        self.faults: list[Fault] = []

    def add(self, rule: str, message: str, hint: str, at: etree._Element, *, warning: bool = False) -> None:
        """Note a fault at an element."""
        if len(self.faults) < FAULTS_MAX:
            line = at.sourceline if isinstance(at.sourceline, int) else None
            severity: FaultSeverity = "warning" if warning else "error"
            self.faults.append(Fault(severity, line, path_of(at), f"{self.standard}-{rule}", message, hint))

    def refuse(self) -> None:
        """Refuse the document if there is an error among them, with all of them, errors first.

        Raises:
            FormatError: there is.
        """
        if any(fault.severity == "error" for fault in self.faults):
            raise FormatError(sorted(self.faults, key=lambda fault: fault.severity != "error"))

    def wanted(self, parent: etree._Element, name: str) -> str:
        """Return the text of a child that must be there once; empty, and a fault, where it is not."""
        found = children(parent, name)
        text = "" if not found else text_of(found[0])
        if len(found) != 1 or not text:
            what = "is missing" if not found else "stands there more than once" if len(found) > 1 else "is empty"
            self.add("missing", f"{name} {what}", f"Give {name} once, with its value.", parent)
        return text

    def one_of(self, parent: etree._Element, name: str, allowed: tuple[str, ...]) -> str:
        """Return the text of a child that must be one of a list."""
        text = self.wanted(parent, name)
        if text and text not in allowed:
            hint = f"Write one of {', '.join(allowed)}."
            self.add("value", f"{name} is {said(text)}", hint, children(parent, name)[0])
        return text

    def moment(
        self, parent: etree._Element, name: str, *, optional: bool = False, example: str = WITH_ZONE
    ) -> datetime | None:
        """Return the time of a child, which is written as `example`; without a zone it is taken for UTC, and said."""
        if optional and not children(parent, name):
            return None
        text = self.wanted(parent, name)
        if not text:
            return None
        at = children(parent, name)[0]
        try:
            moment = datetime.fromisoformat(text)
            moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.add("time", f"{name} is {said(text)}, no time", f"Write it as {example}.", at)
            return None
        if moment.tzinfo is not None:
            return moment
        self.add("zone", f"{name} has no zone; taken for UTC", f"Write the zone: {example}.", at, warning=True)
        return moment.replace(tzinfo=UTC)


def children(parent: etree._Element, *path: str) -> list[etree._Element]:
    """Return the elements at a path of names, whatever their namespace."""
    found = [parent]
    for name in path:
        found = [child for each in found for child in each if local(child) == name]
    return found


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return etree.QName(element).localname


def text_of(element: etree._Element) -> str:
    """Return an element's text, without blanks around it."""
    return (element.text or "").strip()


def texts(parent: etree._Element, *path: str) -> tuple[str, ...]:
    """Return the texts at a path, the empty ones left out."""
    return tuple(text for text in map(text_of, children(parent, *path)) if text)


def first(parent: etree._Element, *path: str) -> str | None:
    """Return the first text at a path."""
    return next(iter(texts(parent, *path)), None)


def path_of(element: etree._Element) -> str:
    """Write where an element stands: `EDXLDistribution/contentObject[2]/xmlContent`."""
    return "/".join(reversed([*_steps(element)]))


def _steps(element: etree._Element) -> Iterator[str]:
    at: etree._Element | None = element
    while at is not None:
        tag = str(at.tag)
        same = len(list(at.itersiblings(tag, preceding=True)))
        parent = at.getparent()
        alone = parent is None or (not same and next(at.itersiblings(tag), None) is None)
        yield local(at) if alone else f"{local(at)}[{same + 1}]"
        at = parent
