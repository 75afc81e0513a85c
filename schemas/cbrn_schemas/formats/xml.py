"""The one reader of XML from outside: bytes to a tree, with no entity, no DTD, no network, and a bound on everything.

Two parsers stand behind one another. The first (expat) only looks: it stops at a DOCTYPE before any entity is declared,
counts elements and depth, and knows lines; so the second (libxml2) sees nothing that could make it work long. Both get
the same UTF-8, decoded here by the encodings of a short list.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from xml.parsers import expat  # nosec B406 - it meets a DOCTYPE with an error before any entity is declared

from lxml import etree

from cbrn_schemas.formats.faults import FormatError, error, said


class Bounds(NamedTuple):
    """How large a document may be."""

    bytes_max: int = 8 * 1024 * 1024
    """The largest real alert that was seen has 1.7 MB (a forecast zone along a coast)."""
    depth_max: int = 64
    """A signed alert inside an envelope inside a feed has 15."""
    elements_max: int = 120_000
    """Two thousand info blocks of 30 elements have half of it; libxml2 takes 0.3 kB for each: 40 MB."""
    attributes_max: int = 64
    """Of one element."""


BOUNDS: Final = Bounds()

_CODECS: Final = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8-sig"),
    **dict.fromkeys(("us-ascii", "ascii"), "ascii"),
    **dict.fromkeys(("utf-16", "utf16", "utf-16le", "utf-16be", "iso-10646-ucs-2"), "utf-16"),
    **{f"iso-8859-{part}": f"iso-8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{f"windows-125{page}": f"cp125{page}" for page in range(9)},
    **{f"cp125{page}": f"cp125{page}" for page in range(9)},
    "latin1": "iso-8859-1",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "ibm866": "cp866",
    "cp866": "cp866",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "shift_jis": "shift_jis",
    "euc-jp": "euc-jp",
    "euc-kr": "euc-kr",
}
"""What this part of the world's alerts are written in, by the name in the XML declaration."""
_DECLARED: Final = re.compile(rb"""^<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
_UTF32: Final = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"<\x00\x00\x00", b"\x00\x00\x00<")


def read_xml(data: bytes, bounds: Bounds = BOUNDS, *, whole: bool = False) -> etree._Element:
    """Read a document and return its root. `sourceline` of an element is its line in the document.

    Comments and processing instructions are left out, so that a text is never cut in two by one; `whole` keeps them,
    for whoever computes a signature.

    Raises:
        FormatError: empty, too large, too deep, a DOCTYPE, an encoding that is none, or not well-formed.
    """
    if len(data) > bounds.bytes_max:
        raise error(
            "xml-too-large",
            f"it has more than {bounds.bytes_max:,} bytes",
            "Ask the sender for a smaller document: fewer points in its polygons, pictures by address.",
        )
    text = _as_utf8(data)
    _look(text, bounds)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=not whole,
        remove_pis=not whole,
        strip_cdata=True,
        collect_ids=False,
    )
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as wrong:
        raise _not_well_formed(str(wrong.msg), wrong.lineno) from None
    except ValueError as wrong:  # what lxml itself refuses
        raise _not_well_formed(str(wrong), None) from None


def encoding_of(data: bytes) -> str:
    """Return the Python codec of a document: by its byte order mark, else as it declares it, else UTF-8.

    Raises FormatError for an encoding that is not on the list.
    """
    if data[:4] in _UTF32:
        raise _no_such_encoding("utf-32")
    if data[:3] == _UTF8_BOM:
        return "utf-8-sig"
    if data[:2] in _UTF16:
        return _UTF16[data[:2]]
    declared = _DECLARED.match(data)
    if declared is None:
        return "utf-8-sig"
    name = declared.group(1).decode("ascii").lower()
    codec = _CODECS.get(name)
    if codec is None:
        raise _no_such_encoding(name)
    # A declaration that could be read as ASCII is not in UTF-16, whatever it says.
    return "utf-8-sig" if codec == "utf-16" else codec


def _as_utf8(data: bytes) -> bytes:
    codec = encoding_of(data)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as wrong:
        raise error(
            "xml-encoding",
            f"byte {wrong.start + 1:,} is not {codec.removesuffix('-sig')}, in which the document says it is written",
            'Write the document in UTF-8, and declare what it is written in: <?xml version="1.0" encoding="UTF-8"?>.',
            line=data[: wrong.start].count(b"\n") + 1,
        ) from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise error("xml-empty", "there is nothing in it", "Send the document itself; see how it was fetched or saved.")
    return text.encode("utf-8", "surrogatepass")


def _no_such_encoding(name: str) -> FormatError:
    return error("xml-encoding", f"the encoding {said(name)} is not read here", "Write the document in UTF-8.", line=1)


def _not_well_formed(what: str, line: int | None) -> FormatError:
    return error(
        "xml-not-well-formed",
        f"it is no well-formed XML: {what}",
        "Mend the document where it is made; a program that writes XML (no template) makes no such fault.",
        line=line,
    )


class _Looker:
    """Counts what expat meets, and stops at what is not read."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.depth = 0
        self.elements = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def doctype(self, name: str, *_: object) -> None:
        """Refuse every DOCTYPE: what entities a document declares is nobody's business here."""
        raise error(
            "xml-doctype",
            f"it has a DOCTYPE ({said(name)}): entities and external files are never read",
            "Leave the DOCTYPE out: no alert, feed or report of the standards has one.",
            line=self.parser.CurrentLineNumber,
        )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Count an element."""
        self.depth += 1
        self.elements += 1
        if self.depth > self.bounds.depth_max:
            raise self._too("deep", f"elements stand {self.depth} deep, more than {self.bounds.depth_max}")
        if self.elements > self.bounds.elements_max:
            raise self._too("many-elements", f"more than {self.bounds.elements_max:,} elements")
        if len(attributes) > self.bounds.attributes_max:
            raise self._too("many-attributes", f"<{name[:40]}> has {len(attributes):,} attributes")

    def end(self, _: str) -> None:
        """Leave an element."""
        self.depth -= 1

    def _too(self, what: str, message: str) -> FormatError:
        return error(
            f"xml-too-{what}",
            message,
            "Ask the sender what this is: no document of the standards is built like that.",
            line=self.parser.CurrentLineNumber,
        )


def _look(text: bytes, bounds: Bounds) -> None:
    looker = _Looker(bounds)
    try:
        looker.parser.Parse(text, True)  # noqa: FBT003 - positional in expat
    except expat.ExpatError as wrong:
        what = expat.errors.messages[wrong.code]
        raise _not_well_formed(f"{what}, column {wrong.offset + 1}", wrong.lineno) from None
