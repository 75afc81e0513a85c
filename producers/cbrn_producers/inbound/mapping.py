"""A partner's alert as an event of that partner: its words, codes and areas as they are. Pure.

What is ours (a partner that runs this same bus) comes back as the kind that it was; whatever else is about our hazards
becomes a `foreign-alert`. Where a document says more than an event may hold, the event has less and the original all.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from cbrn_producers.inbound.place import line, place_of
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX
from cbrn_schemas.events import ForeignAlert, Incident, to_bytes
from cbrn_schemas.events.foreign import Category, Concerned
from cbrn_schemas.formats.cap import lexical
from cbrn_schemas.formats.cap.to_event import event_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_producers.inbound.hazards import Danger
    from cbrn_producers.inbound.memory import Memory
    from cbrn_producers.inbound.terms import Terms
    from cbrn_routing.jurisdiction import Gazetteer
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.formats.cap.model import Area, CapAlert, Info, Pair

SEVERITIES: Final = ("Unknown", "Minor", "Moderate", "Severe", "Extreme")
LANGUAGES: Final[dict[str, Language]] = {"ky": "ky", "ru": "ru", "en": "en"}
"""Primary subtags of the languages in which officers read."""
RESPONSES: Final = frozenset(
    {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}
)
CATEGORIES: Final = frozenset(get_args(Category))
LINE, LONG, PROSE = 200, 500, 4000
"""Characters that fields of an event may have."""
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
REFERENCES_MAX: Final = 50
SITUATION_MAX: Final = 128
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._:/#-]+")


def event_id(sender: str, identifier: str, sent: str) -> str:
    """Name the event of a message by what CAP names messages by: the three together."""
    if _UUID.fullmatch(identifier):
        sent = ""  # no two messages have it, and a report that follows another does not say when that was made
    return f"cap-{hashlib.sha256(chr(10).join((sender, identifier, sent)).encode()).hexdigest()[:40]}"


def id_of(alert: CapAlert) -> str:
    """Return the id of the event that an alert from elsewhere becomes."""
    return event_id(alert.sender, alert.identifier, lexical.time(alert.sent))


def situation_of(alert: CapAlert, partner: str, memory: Memory) -> str:
    """Name the situation: that of a message which it refers to, else of the first one of all, by its identifier."""
    for reference in alert.references:
        known = memory.situation(
            partner, event_id(reference.sender, reference.identifier, lexical.time(reference.sent))
        )
        if known is not None:
            return known
    first = min(alert.references, key=lambda one: one.sent, default=None)
    identifier = alert.identifier if first is None else first.identifier
    sender = alert.sender if first is None else first.sender
    digest = hashlib.sha256(f"{sender}\n{identifier}".encode()).hexdigest()[:8]
    return f"{partner}:{_UNSAFE.sub('-', identifier)[:80]}:{digest}"


def own_event(alert: CapAlert, partner: str) -> AnyEvent:
    """Make the event of a partner that runs this same bus, in that partner's name.

    Raises:
        FormatError: somebody has changed it on its way.
    """
    event = event_of(alert)
    if not isinstance(event, Incident):
        return event.model_copy(update={"body": partner})
    # Under the partner's name: by a situation of ours it could cancel what is ours.
    situation = event.situation if event.situation.startswith(f"{partner}:") else f"{partner}:{event.situation}"
    if len(situation) > SITUATION_MAX:
        situation = f"{situation[: SITUATION_MAX - 9]}:{hashlib.sha256(situation.encode()).hexdigest()[:8]}"
    return event.model_copy(update={"body": partner, "situation": situation})


class Matter(NamedTuple):
    """What an event is made of."""

    alert: CapAlert
    danger: Danger
    original: dict[str, Any]
    """What `taking` says of the document."""
    terms: Terms
    memory: Memory
    gazetteer: Gazetteer
    further: dict[str, Any]
    """Fields for which an alert has no element."""


class Room(NamedTuple):
    """How much of a document an event gets."""

    corners: int
    """Of a polygon."""
    characters: int
    """Of a text."""
    codes: int
    """Parameters, and an area's geocodes."""


ROOMS: Final = (Room(200, PROSE, 50), Room(60, 2000, 20), Room(16, 800, 5), Room(0, 300, 0))
"""Tried until the event fits 64 KiB."""
HEADROOM: Final = 2_048
"""What may still be added before it is published."""


def foreign_alert(matter: Matter) -> ForeignAlert:
    """Make the event of an alert from elsewhere.

    Raises:
        ValidationError: it cannot be said as an event; that is our own fault, and a person has to see it.
    """
    fitting = (ForeignAlert.model_validate(_fields(matter, room) | matter.further) for room in ROOMS)
    return next(event for event in fitting if len(to_bytes(event)) <= PAYLOAD_BYTES_MAX - HEADROOM)


def _fields(matter: Matter, room: Room) -> dict[str, Any]:
    alert, danger, terms = matter.alert, matter.danger, matter.terms
    info = _gravest(alert.infos)
    areas = _areas(alert.infos)
    place = place_of(areas, terms, matter.gazetteer)
    neighbour = place.country if place.country in {"CN", "KZ", "TJ", "UZ"} else None
    onset = info.onset or info.effective
    fields: dict[str, Any] = {
        "hazard": danger.hazard,
        "further_hazards": danger.further,
        "identified": None if danger.identified else False,
        "concerns": tuple(one for one in danger.concerns if one in get_args(Concerned)),
        "body": terms.partner,
        "unit": line(info.sender_name, LINE),
        "status": alert.status,
        "situation": situation_of(alert, terms.partner, matter.memory),
        "message_type": alert.msg_type,
        "references": _references(alert),
        "observed": alert.sent if onset is None or onset > alert.sent else onset,
        "reported": alert.sent,
        "where": place.where,
        "severity": info.severity,
        "urgency": info.urgency,
        "certainty": info.certainty,
        "tlp": _tlp(alert),
        "contact": line(info.contact, LINE),
        "origin": neighbour or terms.country,
        "original": matter.original | {"identifier": line(alert.identifier, LONG), "sender": line(alert.sender, LONG)},
        "said": [_words(one, room.characters) for one in _by_language(alert.infos)][:10],
        "categories": tuple(dict.fromkeys(one for one in info.categories if one in CATEGORIES)),
        "event_codes": _coded((code for one in alert.infos for code in one.event_codes), 50),
        "response_types": tuple(dict.fromkeys(one for one in info.response_types if one in RESPONSES)),
        "onset": info.onset,
        "expires": info.expires,
        "areas": [_area(area, room) for area in areas[:20]],
        "parameters": _coded(info.parameters, room.codes),
        "web": line(info.web, LONG),
        "texts": _texts(alert.infos, terms, room.characters),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _gravest(infos: tuple[Info, ...]) -> Info:
    return max(infos, key=lambda info: SEVERITIES.index(info.severity) if info.severity in SEVERITIES else 0)


def _references(alert: CapAlert) -> list[str]:
    named = (event_id(one.sender, one.identifier, lexical.time(one.sent)) for one in alert.references)
    return list(dict.fromkeys(named))[:REFERENCES_MAX]


def _tlp(alert: CapAlert) -> str:
    """Read for whose eyes it is: a restriction may name a mark, and what is restricted without one is AMBER."""
    if alert.scope == "Public":
        return "CLEAR"
    named = (alert.restriction or "").upper().replace(" ", "")
    marks = ("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR")
    return next((mark for mark in marks if f"TLP:{mark}" in named), "AMBER")


def _areas(infos: tuple[Info, ...]) -> tuple[Area, ...]:
    """Return the areas of all info blocks; a language that only names them otherwise is not heard twice."""
    found: dict[object, Area] = {}
    for area in (one for info in infos for one in info.areas):
        drawn = (area.polygons, area.circles, area.geocodes)
        found.setdefault(drawn if any(drawn) else area.desc, area)
    return tuple(found.values())


def _area(area: Area, room: Room) -> dict[str, Any]:
    rings = [_ring(polygon, room.corners) for polygon in area.polygons[:10]]
    return {
        "description": line(area.desc, LINE),
        "polygons": [ring for ring in rings if len(ring) >= 4],  # noqa: PLR2004 - a closed line
        "circles": [
            {"centre": {"lat": circle.lat, "lon": circle.lon}, "radius_km": circle.radius_km}
            for circle in area.circles[:10]
        ],
        "geocodes": _coded(area.geocodes, room.codes),
    }


def _ring(polygon: tuple[tuple[float, float], ...], corners: int) -> list[dict[str, float]]:
    """Return a closed line of so many corners at most: every n-th one. The original has all."""
    if corners < 4:  # noqa: PLR2004 - a triangle, closed
        return []
    step = -(-len(polygon) // (corners - 1))
    kept = [*polygon[:-1:step], polygon[-1]] if step > 1 else list(polygon)
    return [{"lat": round(lat, 4), "lon": round(lon, 4)} for lat, lon in kept]


def _coded(pairs: Iterable[Pair], most: int) -> list[dict[str, str]]:
    unique = dict.fromkeys((line(one.name, LINE), line(one.value, LONG)) for one in pairs)
    return [{"scheme": name, "value": value} for name, value in unique if name and value][:most]


def _by_language(infos: tuple[Info, ...]) -> Iterator[Info]:
    """Yield the first info block of each language, which says what is shown."""
    seen: set[str] = set()
    for info in infos:
        if info.language.casefold() not in seen:
            seen.add(info.language.casefold())
            yield info


def _words(info: Info, characters: int) -> dict[str, Any]:
    """Return the partner's own words; those that officers read in `texts` are not said twice."""
    words: dict[str, Any] = {"language": info.language, "event": line(info.event, LONG) or "-"}
    if _language(info) is None:
        words |= {
            "headline": line(info.headline, LONG),
            "description": _prose(info.description, characters),
            "instruction": _prose(info.instruction, characters),
        }
    return {name: text for name, text in words.items() if text is not None}


def _language(info: Info) -> Language | None:
    return LANGUAGES.get(info.language.casefold().partition("-")[0])


def _texts(infos: tuple[Info, ...], terms: Terms, characters: int) -> dict[str, dict[str, str]]:
    """Return what officers read: the partner's words in their languages; where there are none, whose words they are."""
    texts: dict[str, dict[str, str]] = {}
    for info in infos:
        lang = _language(info)
        if lang is not None and lang not in texts:
            texts[lang] = _text(line(info.headline, LINE) or line(info.event, LINE) or "-", info, characters)
    if not texts:
        for lang in LANGUAGES.values():
            head = f"{word('kind', 'foreign-alert', lang)}, {body_name(terms.partner, lang)}: {infos[0].event}"
            texts[lang] = _text(line(head, LINE) or "-", infos[0], characters)
    return texts


def _text(headline: str, info: Info, characters: int) -> dict[str, str]:
    text = {
        "headline": headline,
        "description": _prose(info.description, characters),
        "instruction": _prose(info.instruction, characters),
    }
    return {name: said for name, said in text.items() if said is not None}


def _prose(text: str | None, most: int) -> str | None:
    lines = [line(one, most) or "" for one in (text or "").splitlines()]
    whole = "\n".join(lines).strip()
    return (whole if len(whole) <= most else f"{whole[: most - 1]}…") or None
