"""Each doubt about an event in words: the field, what is odd, what to do, in the reader's language.

The words are rows of `words.csv` with places for what the event says. Nothing here decides whether there is a doubt:
that is `cbrn_routing.doubts`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.facets import unconfirmed
from cbrn_routing.jurisdiction import claims
from cbrn_routing.severity import raised_by
from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.naming import place_name
from cbrn_schemas.catalogue.places import FIELDS, called, code_of, similar
from cbrn_schemas.catalogue.spelling import OFFERED_MAX, nearest
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import local_time
from cbrn_schemas.details import details
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events.base import CLOCK_TOLERANCE, Point, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from cbrn_routing.jurisdiction import Gazetteer, Located
    from cbrn_schemas.catalogue.places import Place
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language

SOUGHT_MAX: Final = 12
"""Names that resemble it and are looked at: some are of places of another sort."""
POINT_DECIMALS: Final = 4

Said = tuple[str, str, str]
"""Field, message, remedy."""


class Finding(NamedTuple):
    """An event and what was found out about it."""

    event: AnyEvent
    severity: str
    """By which it is decided."""
    places: Sequence[Located]
    gazetteer: Gazetteer
    now: datetime
    lang: Language

    def say(self, where: str, doubt: str, sort: str = "", **values: Any) -> Said:
        """Return the words for a doubt about a field; `sort` where a doubt has several messages."""
        message = word("doubt_message", f"{doubt}/{sort}" if sort else doubt, self.lang)
        return where, message.format(**values), word("doubt_hint", doubt, self.lang)

    def named(self, place: Located) -> str:
        """Name a place by the smallest unit that is known."""
        code = place.district or place.region or place.country
        return place_name(code, self.lang) if code else word("place_method", place.method, self.lang)

    def moment(self, time: datetime) -> str:
        """Write a time of the event beside that of the clock."""
        return local_time(time.astimezone(self.now.tzinfo))


def worded(doubt: Doubt, finding: Finding) -> Iterator[Said]:
    """Yield what is to be said of a doubt that the event has, once for each field."""
    yield from _WORDED[doubt](finding)


def _abroad(finding: Finding) -> Iterator[Said]:
    point, place = finding.event.where.point, finding.places[0]
    assert point is not None
    yield finding.say("where.point", Doubt.PLACE_ABROAD, point=_written(point), place=finding.named(place))


def _swapped(finding: Finding) -> Iterator[Said]:
    point = finding.event.where.point
    assert point is not None
    right = Point(lat=point.lon, lon=point.lat)
    place = finding.named(finding.gazetteer.at(right.lat, right.lon))
    yield finding.say("where.point", Doubt.PLACE_SWAPPED, point=_written(right), place=place)


def _unknown(finding: Finding) -> Iterator[Said]:
    where = finding.event.where
    given = [("site", where.site), ("district", where.district), ("crossing", where.crossing)]
    fields = [(name, name, code) for name, code in given if code is not None]
    further = enumerate(where.further_districts or ())
    fields += [(f"further_districts.{index}", "district", code) for index, code in further]
    for field, sort, code in fields:
        if claims.claim(**{"site": None, "district": None, "crossing": None, sort: code}).unresolved:
            found = finding.say(f"where.{field}", Doubt.PLACE_UNKNOWN, sort, code=code)
            yield _with_offer(found, [_offered(place, sort, finding.lang) for place in _meant(code, sort)], finding)


def _contradicts(finding: Finding) -> Iterator[Said]:
    where = finding.event.where
    parts: dict[str, Any] = {"district": where.district, "site": where.site, "crossing": where.crossing}
    said = [
        f"where.{name} {code}: {finding.named(finding.gazetteer.locate(Where(**{name: code})))}"
        for name, code in parts.items()
        if code is not None
    ]
    if where.point is not None:
        at = finding.gazetteer.at(where.point.lat, where.point.lon)
        said.append(f"where.point {_written(where.point)}: {finding.named(at)}")
    field = "where.district" if where.point is None else "where.point"
    yield finding.say(field, Doubt.PLACE_CONTRADICTS, places="; ".join(said))


def _estimated(finding: Finding) -> Iterator[Said]:
    near = sorted({country for place in finding.places if place.estimated for country in place.neighbours})
    countries = ", ".join(place_name(code, finding.lang) for code in near)
    yield finding.say("where.point", Doubt.BORDER_ESTIMATED, countries=countries)


def _unconfirmed(finding: Finding) -> Iterator[Said]:
    for field in unconfirmed(finding.event):
        name, _, index = field.partition(".")
        value = getattr(finding.event, name)
        if name != "agent":
            substance = value[int(index)] if index else value
            named = substance.name or substance.cas or f"UN {substance.un_number}"
            yield finding.say(field, Doubt.SUBSTANCE_UNCONFIRMED, name=named)
            continue
        known = agents().get(value.code)
        if known is None:
            where, message, _ = finding.say(field, Doubt.SUBSTANCE_UNCONFIRMED, "agent", name=value.code)
            offers = [f"{code} ({agents()[code].names.get(finding.lang)})" for code in nearest(value.code, agents())]
            hint = word("doubt_hint", "substance-unconfirmed/agent", finding.lang)
            yield _with_offer((f"{where}.code", message, hint), offers, finding)
        if not value.confirmed:
            named = value.code if known is None else known.names.get(finding.lang)
            yield finding.say(field, Doubt.SUBSTANCE_UNCONFIRMED, name=named)


def _raised(finding: Finding) -> Iterator[Said]:
    fields = raised_by(finding.event)
    data = "; ".join(str(each) for each in details(finding.event, finding.lang) if each.field in fields)
    counted, stated = (word("severity", each, finding.lang) for each in (finding.severity, finding.event.severity))
    yield finding.say("severity", Doubt.SEVERITY_RAISED, severity=counted, stated=stated, data=data)


def _ahead(finding: Finding) -> Iterator[Said]:
    for field in ("observed", "reported"):
        time = getattr(finding.event, field)
        if time - finding.now > CLOCK_TOLERANCE:
            now = finding.moment(finding.now)
            yield finding.say(field, Doubt.CLOCK_AHEAD, time=finding.moment(time), now=now)


def _late(finding: Finding) -> Iterator[Said]:
    time = finding.moment(finding.event.reported)
    yield finding.say("reported", Doubt.REPORTED_LATE, time=time, now=finding.moment(finding.now))


_WORDED: Final[dict[Doubt, Callable[[Finding], Iterator[Said]]]] = {
    Doubt.PLACE_ABROAD: _abroad,
    Doubt.PLACE_SWAPPED: _swapped,
    Doubt.PLACE_UNKNOWN: _unknown,
    Doubt.PLACE_CONTRADICTS: _contradicts,
    Doubt.BORDER_ESTIMATED: _estimated,
    Doubt.SUBSTANCE_UNCONFIRMED: _unconfirmed,
    Doubt.CLAIM_UNVERIFIED: lambda finding: iter((finding.say("verified", Doubt.CLAIM_UNVERIFIED),)),
    Doubt.SEVERITY_MISSING: lambda finding: iter((finding.say("severity", Doubt.SEVERITY_MISSING),)),
    Doubt.SEVERITY_RAISED: _raised,
    Doubt.CLOCK_AHEAD: _ahead,
    Doubt.REPORTED_LATE: _late,
}


def _written(point: Point) -> str:
    """Write a point as the event has it: a decimal comma would not be read."""
    return f"lat {round(point.lat, POINT_DECIMALS)}, lon {round(point.lon, POINT_DECIMALS)}"


def _with_offer(said: Said, offers: list[str], finding: Finding) -> Said:
    if not offers:
        return said
    where, message, hint = said
    return where, message, f"{word('doubt_hint', 'offer', finding.lang).format(', '.join(offers))} {hint}"


@lru_cache(maxsize=1_024)
def _meant(code: str, sort: str) -> tuple[Place, ...]:
    """Find places that may be meant by a code that is none, those of its own sort before all others."""
    found = called(code) or similar(code, SOUGHT_MAX)
    return (tuple(place for place in found if FIELDS[type(place)] == sort) or found)[:OFFERED_MAX]


def _offered(place: Place, sort: str, lang: Language) -> str:
    """Write a place with its code; one of another sort with the field into which that belongs."""
    field = FIELDS[type(place)]
    return f"{'' if field == sort else f'where.{field} '}{code_of(place)} ({place.names.get(lang)})"
