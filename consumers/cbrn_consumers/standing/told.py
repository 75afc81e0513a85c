"""What a body was told by one alert, as far as its standing depends on it; and what an update has changed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.naming import place_name, words_of
from cbrn_schemas.catalogue.words import fold, word
from cbrn_schemas.events import Incident

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_consumers.alert import Alert, Origin, RoleCode
    from cbrn_schemas.events import MessageType, Severity
    from cbrn_schemas.events.base import Language

MOVED_KM: Final = 1.0
"""Two points this far apart are two places: teams drive to a point. What is nearer is a better fix of the same."""
EARTH_KM: Final = 6371.0
ARROW: Final = "→"


class Named(NamedTuple):
    """A substance, agent, source or nuclide: all identifiers that an event gives of it, and what it is called."""

    ids: frozenset[str]
    code: str

    def name(self, lang: Language) -> str:
        """Return the name in a language; a substance has only the one that its publisher wrote."""
        known = agents().get(self.code)
        return self.code if known is None else known.names.get(lang)


class Facts(NamedTuple):
    """What a body acts on: where any of it changes after an answer, the answer is asked for anew."""

    place: str
    """Code of the district, else of the region, else of the country, as the bus found it."""
    spots: tuple[str, ...]
    """Site, crossing, further districts: codes."""
    point: tuple[float, float] | None
    """Latitude, longitude."""
    hazards: tuple[str, ...]
    substances: tuple[Named, ...]
    severity: Severity
    role: RoleCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One record of `<realm>.to.<body>.alerts` about a situation. Times are aware."""

    body: str
    situation: str
    source: str
    id: str
    level: int
    origin: Origin
    """Where it stands, and when the broker took it."""
    acknowledge_by: datetime | None
    restricted: bool
    """Only named duty officers may see it; or its publisher has marked it TLP RED, which says the same."""
    message_type: MessageType
    status: str
    kind: str
    publisher: str
    facts: Facts
    headlines: Mapping[str, str]
    """By language."""

    @property
    def event(self) -> tuple[str, str]:
        """The event itself: source and id."""
        return self.source, self.id

    @property
    def at(self) -> datetime:
        """When the body was told, by the broker's clock."""
        return self.origin.timestamp

    def order(self) -> tuple[datetime, Origin]:
        """Return by what alerts are sorted: the broker's time, then their place."""
        return self.at, self.origin

    @property
    def ends(self) -> bool:
        """Whether nothing more is to be done after it."""
        return self.message_type == "Cancel"

    def headline(self, lang: Language) -> str:
        """Return the line for an officer, never empty."""
        return self.headlines.get(lang) or next(iter(self.headlines.values()), word("kind", self.kind, lang))


def told_of(body: str, alert: Alert) -> Told | None:
    """Return what an alert tells a body of a situation; None for a reading, and for what the bus itself says."""
    event = alert.event
    if not isinstance(event, Incident):
        return None
    return Told(
        body=body,
        situation=event.situation,
        source=alert.source,
        id=alert.id,
        level=alert.level,
        origin=alert.origin,
        acknowledge_by=alert.acknowledge_by,
        restricted=alert.secret,
        message_type=event.message_type,
        status=event.status,
        kind=event.kind,
        publisher=event.body,
        facts=_facts(event, alert.place, alert.role),
        headlines={lang: text.headline for lang, text in event.texts.items()},
    )


def _facts(event: Incident, place: str, role: RoleCode | None) -> Facts:
    where = event.where
    point = None if where.point is None else (where.point.lat, where.point.lon)
    spots = tuple(filter(None, (where.site, where.crossing, *sorted(where.further_districts or ()))))
    hazards = (event.hazard, *sorted({*event.further_hazards} - {event.hazard}))
    return Facts(place, spots, point, hazards, tuple(_substances(event)), event.severity, role)


def _substances(event: Any) -> list[Named]:
    agent = getattr(event, "agent", None)
    given: list[tuple[Any, ...]] = [
        *((each.name, each.cas, each.un_number) for each in getattr(event, "substances", ())),
        *((each.nuclide,) for each in getattr(event, "sources", ()) if each.nuclide),
        *((each,) for each in getattr(event, "nuclides", ())),
        *(((agent.code,),) if agent is not None else ()),
    ]
    found: dict[frozenset[str], Named] = {}
    for ids in given:
        named = [each for each in ids if each]
        key = frozenset(fold(each) for each in named)
        found.setdefault(key, Named(key, named[0]))
    return list(found.values())


class Change(NamedTuple):
    """One fact that differs: which, and both values."""

    field: str
    """`place`, `hazard`, `substances`, `severity` or `role`."""
    before: Facts
    after: Facts

    def said(self, lang: Language) -> tuple[str, str]:
        """Return what it was and what it is, in words."""
        return _value(self, self.before, lang), _value(self, self.after, lang)

    def text(self, lang: Language) -> str:
        """Write «place: Chuy → Osh»."""
        label = word(*_LABELS[self.field], lang)
        return f"{label}: {f' {ARROW} '.join(self.said(lang))}"


def changes(before: Facts, after: Facts) -> tuple[Change, ...]:
    """List what differs between what was answered and what is so now; empty: no new answer is needed."""
    differs = {
        "place": (before.place, before.spots) != (after.place, after.spots) or _far(before.point, after.point),
        "hazard": set(before.hazards) != set(after.hazards),
        "substances": not (_covers(before, after) and _covers(after, before)),
        "severity": before.severity != after.severity,
        "role": before.role != after.role,
    }
    return tuple(Change(field, before, after) for field, differing in differs.items() if differing)


def _covers(one: Facts, other: Facts) -> bool:
    """Tell whether each substance of one is named in the other, be it by its name here and its number there."""
    return all(any(mine.ids & each.ids for each in other.substances) for mine in one.substances)


def _far(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    if one is None or other is None:
        return False  # the place is as the bus found it before, and no wrong point was given
    lat, lon, to_lat, to_lon = map(radians, (*one, *other))
    half = sin((to_lat - lat) / 2) ** 2 + cos(lat) * cos(to_lat) * sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half))) > MOVED_KM


_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "place": ("ui", "place"),
    "hazard": ("ui", "hazard"),
    "substances": ("field", "substances"),
    "severity": ("ui", "severity"),
    "role": ("ui", "role"),
}


def _value(change: Change, facts: Facts, lang: Language) -> str:
    match change.field:
        case "place":
            return _place(facts, lang, exactly=change.before.place == change.after.place)
        case "hazard":
            return words_of("hazard", facts.hazards, lang)
        case "substances":
            return ", ".join(each.name(lang) for each in facts.substances) or word("ui", "unknown", lang)
        case "severity":
            return word("severity", facts.severity, lang)
    return word("role", facts.role, lang) if facts.role else word("ui", "none", lang)


def _place(facts: Facts, lang: Language, *, exactly: bool) -> str:
    """Name the place; where both are in one district, also what tells them apart."""
    name = place_name(facts.place, lang)
    if not exactly:
        return name
    spots = [place_name(spot, lang) for spot in facts.spots]
    # As maps take it: with a decimal comma nobody could tell the two numbers apart.
    point = [] if facts.point is None else [", ".join(f"{each:.3f}" for each in facts.point)]
    return f"{name} ({', '.join(spots + point)})" if spots or point else name
