"""Rows, asks and lines of the log out of the records of one situation. Pure: the folds are those of all screens."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from cbrn_consumers.alert import read_alert
from cbrn_consumers.desk.store.finding import LANGUAGES, found_by, region_of
from cbrn_consumers.desk.store.in_place import in_places, words_of_alarm
from cbrn_consumers.desk.store.records import ALERTS, STANDING, name_of, place_of
from cbrn_consumers.desk.store.shown import ALL, Entry, Party, Row
from cbrn_consumers.situation import PEOPLE, Version, change_texts
from cbrn_consumers.standing import changes
from cbrn_consumers.standing.reader import Read, take_alert, take_others, take_receipt
from cbrn_schemas.catalogue.units import unit_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import ForeignAlert, Incident, read_event
from cbrn_schemas.records import record_time
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.desk.store.database import Whose
    from cbrn_consumers.desk.store.in_place import InPlace
    from cbrn_consumers.desk.store.records import Kept
    from cbrn_consumers.standing import Answer, Ask, Others, PartyStanding, SituationStanding, Told
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language

FACTS_MAX: Final = 2
"""Facts that a row has room for."""
CHANGES_MAX: Final = 20


class Folded(NamedTuple):
    """What the records of one situation come to."""

    rows: tuple[tuple[Row, str], ...]
    """Each with the words by which it is found."""
    asks: tuple[tuple[str, int, Ask], ...]
    """By body and number."""
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]


def read_of(
    situation: str, records: Iterable[Kept], realm: Realm, parse: Callable[[bytes], AnyEvent] = read_event
) -> tuple[Read, list[Entry]]:
    """Read the records of one situation; with them what the bus itself said of it."""
    read, said = Read(), list[Entry]()
    for record in records:
        place = place_of(record.topic)
        if place.stream == STANDING:
            take_others(record, read)
        elif place.stream != ALERTS:
            take_receipt(record, place.body, realm, read)
        elif (alert := take_alert(record, place.body, read, parse)) is None:
            said += _of_bus(record, place.body, situation)
        elif name_of(record.key) == alert.situation:
            read.keep(place.body, alert)
    return read, said


def fold(
    situation: str, records: Iterable[Kept], whose: Whose, parse: Callable[[bytes], AnyEvent] = read_event
) -> Folded:
    """Fold the records of one situation."""
    read, entries = read_of(situation, records, whose.realm, parse)
    standing, asked = read.standings.of(situation), in_places(situation, read)
    untold = [(one.row(whose), words_of_alarm(one)) for one in asked.values() if not one.told]
    if standing is None or read.latest is None:
        entries += (_of_answer(each, {}) for each, _ in read.standings.strays())
        return Folded(tuple(untold), (), tuple(entries), tuple(read.warnings))
    rows = [_party_row(party, standing, read, whose, asked.get(party.body)) for party in standing.parties]
    if whose.all:
        rows.append(_row_of_all(standing, read, whose, asked))
    asks = ((party.body, number, ask) for party in standing.parties for number, ask in enumerate(party.asks, 1))
    answers = [each for party in standing.parties for each in party.answers]
    answers += [each for each, _ in standing.strays]
    entries += (_of_answer(each, standing.latest.headlines, standing.latest) for each in answers)
    words: dict[tuple[str, ...], str] = {}
    return Folded(
        (*((row, _found_by(told, row.region, words)) for row, told in rows), *untold),
        tuple(asks),
        tuple(entries),
        tuple(read.warnings),
    )


def _found_by(told: Told, region: str, known: dict[tuple[str, ...], str]) -> str:
    """Find the words, once for all bodies that were told the same."""
    same = (*told.event, told.facts.place)
    if same not in known:
        known[same] = found_by(told, region)
    return known[same]


def _party_row(
    party: PartyStanding, standing: SituationStanding, read: Read, whose: Whose, asked: InPlace | None
) -> tuple[Row, Told]:
    told, ask = party.latest, party.open_ask
    due = [*([] if ask is None else [ask.due]), *([] if asked is None or asked.due is None else [asked.due])]
    first = party.first("acknowledged", "accepted", "en-route", "declined", "closed")
    common = _common(party.versions, told, read, whose, answered=party.answered_version)
    row = Row(
        scope=party.body,
        role=party.role,
        state=party.reached,
        due=min(due, default=None),
        asked_since=None if ask is None else ask.since,
        acknowledged_at=None if first is None else first.at,
        holder=party.holder,
        level=party.level,
        anew=ask is not None and party.answered_version > 0,
        closed=party.closed is not None,
        restricted=any(one.restricted for one in party.versions),
        parties=_parties(party, standing, read.others),
        in_place_of=() if asked is None or asked.due is None else asked.bodies,
        **common,
    )
    return row, told


def _row_of_all(
    standing: SituationStanding, read: Read, whose: Whose, asked: Mapping[str, InPlace]
) -> tuple[Row, Told]:
    told, waiting = standing.latest, standing.waiting()
    ask = waiting[0].open_ask if waiting else None
    first: dict[tuple[str, str], Told] = {}
    for one in sorted((one for party in standing.parties for one in party.versions), key=lambda one: one.order()):
        first.setdefault(one.event, _of_nobody(one))
    acknowledged = [each.at for party in standing.parties if (each := party.first("acknowledged", "accepted"))]
    row = Row(
        scope=ALL,
        role=None,
        state=None,
        due=None if ask is None else ask.due,
        asked_since=None if ask is None else ask.since,
        acknowledged_at=min(acknowledged, default=None),
        holder=next((party.holder for party in standing.parties if party.holder), None),
        level=max(party.level for party in standing.parties),
        anew=any(party.open_ask is not None and party.answered_version > 0 for party in standing.parties),
        closed=bool(standing.asked) and all(party.closed is not None for party in standing.asked),
        restricted=standing.restricted,
        parties=tuple(map(_party, standing.parties)),
        beside=tuple(one.party() for one in asked.values()),
        **_common(tuple(first.values()), told, read, whose, answered=0),
    )
    return row, told


def _of_nobody(told: Told) -> Told:
    """Leave out the role: each body has its own, and that of one beside that of another is no change."""
    return replace(told, facts=told.facts._replace(role=None))


def _common(versions: tuple[Told, ...], told: Told, read: Read, whose: Whose, *, answered: int) -> dict[str, Any]:
    alert = read.events.get(told.event)
    event = None if alert is None else cast("Incident", alert.event)
    region = region_of(told.facts.place)
    headlines = cast("Mapping[Language, str]", told.headlines)
    return {
        "situation": told.situation,
        "kind": told.kind,
        "publisher": told.publisher,
        "message_type": told.message_type,
        "headlines": headlines,
        "original_lang": next(iter(headlines), "en"),
        "severity": told.facts.severity,
        "hazards": told.facts.hazards,
        "place": told.facts.place,
        "region": region,
        "told_at": versions[0].at,
        "updated_at": told.at,
        "version": len(versions),
        "changes": _changes(versions, read, answered),
        "ended": told.ends,
        "ended_by": told.publisher if told.ends else None,
        "ended_at": told.at if told.ends else None,
        "exercise": told.status == "Exercise" or whose.realm is Realm.EXERCISE,
        "facts": {} if event is None else _facts(event),
        "signature": _signature(event),
    }


def _signature(event: Incident | None) -> str:
    """Say what the signature of a partner's document was worth; empty where it was none."""
    original = event.original if isinstance(event, ForeignAlert) else None
    return "" if original is None else original.signature.state


def _changes(versions: tuple[Told, ...], read: Read, answered: int) -> tuple[dict[Language, str], ...]:
    """Say what differs from the message that was answered, else from the one before the latest."""
    base = (answered or len(versions) - 1) - 1
    if base < 0 or base == len(versions) - 1:
        return ()
    before, now = (_version(versions[place], read, versions[base]) for place in (base, -1))
    texts = {lang: change_texts(before, now, lang)[:CHANGES_MAX] for lang in LANGUAGES}
    every = zip_longest(*texts.values())
    return tuple({lang: said for lang, said in zip(texts, each, strict=True) if said} for each in every)


def _version(told: Told, read: Read, base: Told) -> Version:
    alert = read.events.get(told.event)
    event = None if alert is None else cast("Any", alert.event)
    return Version(told, event, changes(base.facts, told.facts))


def _facts(event: Incident) -> dict[Language, str]:
    """Say how many are hurt, in short; nothing of nobody."""
    found = [(name, getattr(event, name)) for name in _counts(type(event))]
    said = [_said(name, value) for name, value in found if type(value) is int and value > 0][:FACTS_MAX]
    return {lang: " · ".join(one[lang] for one in said) for lang in LANGUAGES} if said else {}


@cache
def _counts(kind: type[Incident]) -> tuple[str, ...]:
    """List the fields of a kind that may count people."""
    return tuple(name for name in PEOPLE if name in kind.model_fields)


@lru_cache(maxsize=4096)
def _said(name: str, value: int) -> dict[Language, str]:
    return {lang: f"{word('field', name, lang)}: {amount(value, unit_of(name) or '', lang)}" for lang in LANGUAGES}


def _parties(own: PartyStanding, standing: SituationStanding, others: Others | None) -> tuple[Party, ...]:
    """List everybody told, as far as one of them may know: which bodies, no persons; nobody of a restricted one.

    A desk of all bodies sees it by itself, and tells as little of it as the watch does.
    """
    if standing.restricted:
        return (_party(own),)
    if len(standing.parties) > 1 or others is None:
        return tuple(_party(each) if each is own else replace(_party(each), by=None) for each in standing.parties)
    beside = (
        Party(body=one.body, role=one.role, state=one.reached, since=one.since, due=one.due, level=one.level, by=None)
        for one in others.beside(own.body)
    )
    return (_party(own), *beside)


def _party(party: PartyStanding) -> Party:
    ask, last = party.open_ask, party.answers[-1] if party.answers else None
    return Party(
        body=party.body,
        role=party.role,
        state=party.reached,
        since=party.latest.at if last is None else last.at,
        due=None if ask is None else ask.due,
        level=party.level,
        by=party.holder,
    )


def _of_answer(answer: Answer, headlines: Mapping[str, str], told: Told | None = None) -> Entry:
    receipt, origin = answer
    return Entry(
        at=answer.at,
        body=receipt.body,
        situation=receipt.situation,
        act=receipt.act,
        by=receipt.by,
        to=receipt.to,
        reason=receipt.reason,
        text=receipt.text,
        severity=None if told is None else told.facts.severity,
        headlines=cast("Mapping[Language, str]", headlines),
        restricted=told is not None and told.restricted,
        origin=origin[:3],
    )


def _of_bus(record: Kept, body: str, situation: str) -> Iterator[Entry]:
    """Make a line of what the bus itself said; nothing of what cannot be read."""
    try:
        alert: Alert = read_alert(record)
    except InvalidEventError:
        return
    if isinstance(alert.event, Incident):
        return
    yield Entry(
        at=record_time(record.timestamp),
        body=body,
        situation=alert.situation or situation,
        act=alert.event.kind,
        severity=alert.event.severity,
        headlines={lang: alert.headline(lang) for lang in LANGUAGES},
        restricted=alert.restricted,
        origin=(record.topic, record.partition, record.offset),
    )
