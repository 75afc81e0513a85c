"""CAP documents made to hurt whoever reads them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tests.builders.cap import GOOD, INFO, area, changed

from cbrn_schemas.formats.cap.model import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def star(points: int) -> str:
    """A polygon of so many points each side of which crosses half of the others: the dearest one there is."""
    step = points // 2 - 1
    corners = [step * place % points * 2 * math.pi / points for place in range(points)]
    pairs = [f"{math.sin(turn) * 80:.6f},{math.cos(turn) * 80:.6f}" for turn in corners]
    return " ".join([*pairs, pairs[0]])


def comb(points: int) -> str:
    """A polygon of needles side by side: right, and each lies in the rectangle around every other."""
    needles = [
        f"{(end * 40 - place * 1e-4):.6f},{(end * 40 + place * 1e-4):.6f}"
        for place in range(points // 2)
        for end in (0, 1)
    ]
    return " ".join([*needles, "-80,60", "-80,-60", needles[0]])


def round_polygon(points: int) -> str:
    """A right polygon of so many points."""
    turns = [place * 2 * math.pi / points for place in range(points)]
    pairs = [f"{41 + math.sin(turn):.6f},{74 + math.cos(turn):.6f}" for turn in turns]
    return " ".join([*pairs, pairs[0]])


ENTITY = '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
BOMB = "".join(f'<!ENTITY e{level} "' + f"&e{level - 1};" * 10 + '">' for level in range(1, 10))
LINES = GOOD.split("\n", 1)
DEEP = "<a>" * 100_000 + "</a>" * 100_000


def infos(severity: str = "Severe") -> str:
    """Two thousand info blocks, each in a language of its own."""
    return "".join(INFO.replace("en-US", f"x-{place}").replace("Severe", severity) for place in range(2_000))


HOSTILE: Final[Mapping[str, tuple[Callable[[], bytes], str]]] = {
    "external-entity": (f"{LINES[0]}{ENTITY}{LINES[1].replace('mes.1', '&x;')}".encode, "xml-doctype"),
    "entity-bomb": (
        f'<!DOCTYPE alert [<!ENTITY e0 "lol">{BOMB}]>{LINES[1].replace("mes.1", "&e9;")}'.encode,
        "xml-doctype",
    ),
    "external-dtd": (f'<!DOCTYPE alert SYSTEM "http://192.0.2.1/x.dtd">{LINES[1]}'.encode, "xml-doctype"),
    "doctype-in-utf-16": (lambda: f"{ENTITY}{LINES[1]}".encode("utf-16"), "xml-doctype"),
    "undeclared-entity": (lambda: changed(("mes.1", "&unknown;")), "xml-not-well-formed"),
    "huge-file": (lambda: GOOD.encode() + b" " * 9 * 1024 * 1024, "xml-too-large"),
    "huge-text": (lambda: changed(("A cylinder", "A" * 8_000_000)), ""),
    "deep-nesting": (DEEP.encode, "xml-too-deep"),
    "deep-in-an-alert": (lambda: changed((INFO, DEEP)), "xml-too-deep"),
    "many-elements": (lambda: changed((INFO, "<code>x</code>" * 500_000)), "xml-too-many-elements"),
    "many-attributes": (
        lambda: changed(("<info>", "<info " + " ".join(f'a{place}="1"' for place in range(300_000)) + ">")),
        "xml-too-many-attributes",
    ),
    "wrong-namespace": (lambda: changed((NAMESPACE, "urn:example:cap")), "namespace-wrong"),
    "no-namespace": (lambda: changed((f' xmlns="{NAMESPACE}"', "")), "namespace-wrong"),
    "cap-1.0": (lambda: changed((NAMESPACE, "http://www.incident.com/cap/1.0")), "namespace-old"),
    "edxl-wrapper": (
        f'<EDXLDistribution xmlns="urn:example:EDXL">{LINES[1]}</EDXLDistribution>'.encode,
        "root-wrapper",
    ),
    "own-wrapper": (f"<message>{LINES[1]}</message>".encode, "root-wrapper"),
    "schema": (
        lambda: b'<schema xmlns="http://www.w3.org/2001/XMLSchema"><element name="alert"/></schema>',
        "root-schema",
    ),
    "web-page": (lambda: b"<html><body>503</body></html>", "root-wrapper"),
    "something-else": (lambda: b"<note>hello</note>", "root-unknown"),
    "empty-file": (lambda: b"", "xml-empty"),
    "blank-file": (lambda: b"\xef\xbb\xbf \n", "xml-empty"),
    "no-xml": (lambda: b'{"kind": "chemical-release"}', "xml-not-well-formed"),
    "random-bytes": (lambda: bytes(range(256)) * 4, "xml-encoding"),
    "cut-off": (lambda: GOOD.encode()[:700], "xml-not-well-formed"),
    "utf-32": (lambda: GOOD.encode("utf-32"), "xml-encoding"),
    "comma-in-identifier": (lambda: changed(("mes.1", "mes,1")), "identifier-characters"),
    "comma-in-reference": (
        lambda: changed(
            (
                "<scope>Public</scope>",
                "<scope>Public</scope><references>a,b,c,2026-03-11T09:00:00+06:00</references>",
            )
        ),
        "references-comma",
    ),
    "empty-references": (
        lambda: changed(("<scope>Public</scope>", "<scope>Public</scope><references/>")),
        "element-empty",
    ),
    "polygon-empty": (lambda: area("<polygon> </polygon>"), "polygon-empty"),
    "polygon-crossing-itself": (lambda: area("<polygon>1,1 2,2 1,2 2,1 1,1</polygon>"), "polygon-crossing"),
    "polygon-over-the-meridian": (
        lambda: area("<polygon>10,170 10,-170 20,-170 20,170 10,170</polygon>"),
        "polygon-meridian",
    ),
    "polygon-around-the-pole": (lambda: area("<polygon>80,0 80,90 80,180 80,-90 80,0</polygon>"), "polygon-pole"),
    "polygon-with-tabs": (lambda: area("<polygon>1,1\t1,2\t2,2\t1,1</polygon>"), "polygon-blanks"),
    "polygon-of-100000": (lambda: area(f"<polygon>{round_polygon(100_000)}</polygon>"), "polygon-large"),
    "star-of-1001": (lambda: area(f"<polygon>{star(1_001)}</polygon>"), "polygon-crossing"),
    "star-of-100001": (lambda: area(f"<polygon>{star(100_001)}</polygon>"), "polygon-tangled"),
    "comb-of-100000": (lambda: area(f"<polygon>{comb(100_000)}</polygon>"), "polygon-tangled"),
    "polygons-of-a-million": (
        lambda: area("".join(f"<polygon>{round_polygon(place)}</polygon>" for place in range(40_000, 40_009))),
        "polygons-too-large",
    ),
    "many-polygons": (
        lambda: area("".join(f"<polygon>1,1 1,2 2,{2 + place / 1e6:.6f} 1,1</polygon>" for place in range(100_000))),
        "polygons-too-large",
    ),
    "two-thousand-infos": (lambda: changed((INFO, infos())), ""),
    "two-thousand-bad-infos": (lambda: changed((INFO, infos("Bad"))), "faults-many"),
    "long-list-of-references": (
        lambda: changed(
            (
                "<scope>Public</scope>",
                f"<scope>Public</scope><references>{'a,b,2026-03-11T09:00:00+06:00 ' * 200_000}</references>",
            )
        ),
        "",
    ),
    "quotes-without-end": (
        lambda: changed(
            ("<scope>Public</scope>", "<scope>Public</scope><addresses>" + '" ' * 1_000_001 + "</addresses>")
        ),
        "list-quotes",
    ),
    "markup-without-end": (lambda: changed(("A cylinder", "&lt;a " * 500_000)), ""),
    "megabyte-identifier": (lambda: changed(("mes.1", "m, " * 1_000_000)), "identifier-characters"),
    "megabyte-time": (lambda: changed(("2026-03-11T09:40:00+06:00", "2" * 3_000_000)), "time-value"),
}
"""Each with the rule by which it is answered; empty where it is only large. Made when asked for: some are megabytes."""
