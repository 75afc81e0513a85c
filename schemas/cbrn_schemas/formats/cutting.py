"""Cutting documents out of an envelope or feed with their own bytes, so that their signatures stay what they are.

libxml2 tells no positions in bytes, expat does. What was cut is read again by itself and must be the same document; a
document that leans on namespaces of the envelope is not, and is written anew with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat  # nosec B406 - the document has been read: it has no DOCTYPE

from lxml import etree

from cbrn_schemas.formats.faults import FormatError
from cbrn_schemas.formats.xml import encoding_of, read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def cut_out(data: bytes, elements: Sequence[etree._Element]) -> Iterator[tuple[bytes, bool]]:
    """Give the bytes of each element of the document in `data`, and whether they are those that stand there.

    The elements are in the document's order. In another encoding than UTF-8 they are cut from the text in UTF-8.
    """
    if not elements:
        return
    codec = encoding_of(data)
    text = data.decode(codec).removeprefix("\ufeff").encode()
    utf8 = codec == "utf-8-sig"
    places = _Places(text, _numbers(elements))
    for element, (begin, end) in zip(elements, places.found, strict=True):
        cut = text[begin:end]
        if _same(cut, element):
            yield cut, utf8
        else:
            yield etree.tostring(element, encoding="UTF-8", with_tail=False), False


def _numbers(elements: Sequence[etree._Element]) -> list[int]:
    """Return which elements of the document they are, counted in its order."""
    wanted = {id(element) for element in elements}
    everything = elements[0].getroottree().getroot().iter("*")
    return [number for number, each in enumerate(everything) if id(each) in wanted]


def _same(cut: bytes, element: etree._Element) -> bool:
    try:
        alone = read_xml(cut)
    except FormatError:  # a prefix that only the envelope declares
        return False
    if alone.tag != element.tag:
        return False
    # Without the whole surroundings: lxml would take the namespaces of the envelope along, and leave out none.
    again = read_xml(etree.tostring(element, encoding="UTF-8", with_tail=False))
    return _canonical(alone) == _canonical(again)


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


class _Places:
    """Where in the bytes the elements of these numbers begin and end."""

    def __init__(self, text: bytes, numbers: Sequence[int]) -> None:
        self.found: list[tuple[int, int]] = []
        self._wanted = set(numbers)
        self._count = -1
        self._open: list[int] = []
        self._ended: int | None = None
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.DefaultHandler = self._between
        self._parser.Parse(text, True)  # noqa: FBT003 - positional in expat
        self.found.sort()

    def _between(self, _: str = "") -> None:
        """End what has ended: it reaches as far as the next thing begins."""
        if self._ended is not None:
            self.found.append((self._ended, self._parser.CurrentByteIndex))
            self._ended = None

    def _start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._between()
        self._count += 1
        self._open.append(self._parser.CurrentByteIndex if self._count in self._wanted else -1)

    def _end(self, _name: str) -> None:
        self._between()
        begin = self._open.pop()
        if begin >= 0:
            self._ended = begin
