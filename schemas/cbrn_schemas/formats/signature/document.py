"""The document that is signed, as a tree: read without entities, document types and the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lxml import etree

from cbrn_schemas.formats.signature.errors import SignatureError, SignatureFault

if TYPE_CHECKING:
    from collections.abc import Iterator

DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
SIGNATURE: Final = f"{{{DSIG}}}Signature"
_IRIX: Final = "http://www.iaea.org/2012/IRIX/Format"
HOMES: Final = {f"{{{_IRIX}}}Report": f"{{{_IRIX}/Annexes}}Annexes"}
"""By root, its child in which a standard has room for signatures over the whole; else they stand in the root."""
_INHERITED: Final = tuple(f"{{http://www.w3.org/XML/1998/namespace}}{name}" for name in ("lang", "space"))


def parsed(document: bytes, *, without_blanks: bool = False) -> etree._Element:
    """Read the document, where it is said without the blanks between elements.

    Raises:
        SignatureError: it is not well-formed, or names a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_blank_text=without_blanks
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SignatureError(SignatureFault.UNREADABLE, f"the document is no XML that can be read: {error}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise SignatureError(SignatureFault.UNREADABLE, "the document names a document type (DTD)")
    return root


def vouches_for(root: etree._Element, signature: etree._Element) -> bool:
    """Tell whether a signature stands where one over the whole document does."""
    parent = signature.getparent()
    home = HOMES.get(str(root.tag))
    return parent is root or (parent is not None and parent.tag == home and parent.getparent() is root)


def removed(signature: etree._Element) -> None:
    """Take a signature out as its standard has it: the text behind it stays (6.6.4)."""
    parent, before = signature.getparent(), signature.getprevious()
    if parent is None:
        return
    if signature.tail:
        if before is None:
            parent.text = (parent.text or "") + signature.tail
        else:
            before.tail = (before.tail or "") + signature.tail
    parent.remove(signature)


def canonical(root: etree._Element, *, exclusive: bool, prefixes: tuple[str, ...] = ()) -> bytes:
    """Return the canonical form of a whole document, without comments (Canonical XML 1.0, exclusive or not)."""
    return etree.tostring(
        root.getroottree(),
        method="c14n",
        exclusive=exclusive,
        with_comments=False,
        inclusive_ns_prefixes=list(prefixes) or None,
    )


def alone(element: etree._Element) -> etree._Element:
    """Return an element as a document of its own, with the namespaces that it has from its parents."""
    return parsed(etree.tostring(element, with_tail=False))


def canonical_part(element: etree._Element, *, exclusive: bool, prefixes: tuple[str, ...] = ()) -> bytes:
    """Return the canonical form of a part, which inherits `xml:lang` and `xml:space` unless the form is exclusive."""
    part = alone(element)
    for name in () if exclusive else _INHERITED:
        said = next((each.get(name) for each in element.iterancestors() if each.get(name) is not None), None)
        if said is not None and part.get(name) is None:
            part.set(name, said)
    return canonical(part, exclusive=exclusive, prefixes=prefixes)


def outside(root: etree._Element) -> bool:
    """Tell whether instructions to programs stand before or behind the root."""
    found = root.xpath("preceding-sibling::processing-instruction() | following-sibling::processing-instruction()")
    return bool(found)


def signatures(root: etree._Element) -> Iterator[etree._Element]:
    """Give every signature in the document, wherever it stands."""
    return root.iter(SIGNATURE)
