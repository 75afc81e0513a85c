"""The envelope of a CAP alert: what the alert says of itself, again for those who only carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_schemas.formats.cap import lexical
from cbrn_schemas.formats.cap.area import ISO
from cbrn_schemas.formats.cap.model import CONTENT_TYPE as CAP
from cbrn_schemas.formats.edxl.model import UNCLASSIFIED, Address, Content, Distribution, Keyword, TargetArea
from cbrn_schemas.formats.faults import error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_schemas.events.base import Tlp
    from cbrn_schemas.formats.cap.model import Area, CapAlert

CATEGORIES: Final = "urn:oasis:names:tc:emergency:cap:1.2:category"
_TYPES: Final = {"Alert": "Report"}
"""CAP's msgType by DE's distributionType; the others have the same name."""


def envelope_of(alert: CapAlert, document: bytes, *, tlp: Tlp, addresses: tuple[Address, ...] = ()) -> Distribution:
    """Put an alert into an envelope. `document` is the alert as it was written and signed: its bytes stay.

    Raises:
        FormatError: the alert is a draft, which nobody sends.
    """
    if alert.status == "Draft":
        raise error("edxl-draft", "a draft is not sent", "Give the alert another status.", where="alert/status")
    info = alert.infos[0] if alert.infos else None
    confidentiality = confidentiality_of(tlp)
    content = Content(
        data=document,
        xml=True,
        mime_type=CAP,
        description=None if info is None else info.headline or info.event,
        incident=alert.incidents[0] if alert.incidents else None,
        confidentiality=confidentiality,
    )
    return Distribution(
        id=alert.identifier,
        sender=alert.sender,
        sent=alert.sent,
        status=alert.status,
        type=_TYPES.get(alert.msg_type, alert.msg_type),
        confidentiality=confidentiality,
        language=None if info is None else info.language,
        keywords=tuple(_keywords(alert)),
        references=tuple(lexical.reference(one) for one in alert.references),
        addresses=addresses,
        areas=() if info is None else tuple(_area(area) for area in info.areas),
        contents=(content,),
    )


def confidentiality_of(tlp: Tlp) -> str:
    """Write the Traffic Light Protocol, for which DE has no list of its own."""
    return UNCLASSIFIED if tlp == "CLEAR" else f"TLP:{tlp}"


def _keywords(alert: CapAlert) -> Iterator[Keyword]:
    """Give categories and event codes of all languages, each once."""
    categories = dict.fromkeys(category for info in alert.infos for category in info.categories)
    if categories:
        yield Keyword(CATEGORIES, tuple(categories))
    codes: dict[str, dict[str, None]] = {}
    for code in (code for info in alert.infos for code in info.event_codes):
        codes.setdefault(code.name, {})[code.value] = None
    yield from (Keyword(name, tuple(values)) for name, values in codes.items())


def _area(area: Area) -> TargetArea:
    subdivisions = tuple(code.value for code in area.geocodes if code.name == ISO)
    return TargetArea(
        circles=tuple(
            f"{lexical.number(one.lat)},{lexical.number(one.lon)} {lexical.number(one.radius_km)}"
            for one in area.circles
        ),
        polygons=tuple(
            " ".join(f"{lexical.number(lat)},{lexical.number(lon)}" for lat, lon in polygon)
            for polygon in area.polygons
        ),
        countries=tuple(dict.fromkeys(code.partition("-")[0] for code in subdivisions)),
        subdivisions=subdivisions,
    )
