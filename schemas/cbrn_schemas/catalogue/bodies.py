"""The bodies of the bus: whoever publishes or is told.

Ministries are split and renamed, so a body is data: a stable code, names in three languages, a parent, dates,
successors and former names. The facts are in `data/bodies.csv`, each row with its source and confidence, and in the
folder that an installation adds (`own`); nothing here knows one body from another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.own import merged
from cbrn_schemas.catalogue.spelling import OFFERED_MAX, Index, offer
from cbrn_schemas.catalogue.tables import Confidence, Row, day, flag, flag_or_unknown, listed
from cbrn_schemas.catalogue.words import Names
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from cbrn_schemas.events.base import Language


class BodyKind(StrEnum):
    """What a body is."""

    MINISTRY = "ministry"
    COMMITTEE = "committee"
    ACADEMY = "academy"
    SERVICE = "service"
    REPRESENTATIVE = "representative"
    """Of the President in a region."""
    MAYOR = "mayor"
    GROUP = "group"
    """The working group itself."""
    NEIGHBOUR = "neighbour"
    """A state that borders the country."""
    ORGANISATION = "organisation"
    """An international one."""


@dataclass(frozen=True, slots=True)
class Body:
    """Whoever publishes or is told."""

    code: str
    names: Names
    abbreviations: Names
    """What tables show: an abbreviation where one is in use, else a short name."""
    parent: str | None
    """Code of the body that it is subordinate to."""
    kind: BodyKind
    member: bool
    """One of the working group's ten (eleven bodies since Education and Science was split)."""
    region: str | None
    """ISO 3166-2 of the region that it governs."""
    country: str | None
    """ISO 3166-1 alpha-2 of a neighbour."""
    publishes: bool
    receives: bool
    hazards: frozenset[str]
    """Hazards that it monitors or answers for; empty for a body with a supporting task."""
    duty_24_7: bool | None
    """Someone answers at any hour; None where nobody could say."""
    duty_confirmed: bool
    """A source confirms `duty_24_7`; otherwise it is general knowledge and shown as such."""
    writes_kib_s: int | None
    """KiB a second that each of its credentials may publish; None: as every body, which is no net of sensors."""
    valid_from: date | None
    """First day; None where it is older than the catalogue needs."""
    valid_to: date | None
    """First day on which it no longer exists; None while it does."""
    successors: tuple[str, ...]
    aliases: tuple[str, ...]
    """Other, former and everyday names."""
    note: str
    source: str
    confidence: Confidence
    confidence_ky: Confidence
    """Of the Kyrgyz name: `low` where it is our own translation."""
    own: bool = False
    """Added by this installation: see `catalogue.own`."""

    def name(self, lang: Language) -> str:
        """Return the full name in `lang`."""
        return self.names.get(lang)

    def short(self, lang: Language) -> str:
        """Return the abbreviation or short name in `lang`."""
        return self.abbreviations.get(lang)

    @property
    def is_abroad(self) -> bool:
        """Whether it is a neighbour state or an international organisation."""
        return self.kind in {BodyKind.NEIGHBOUR, BodyKind.ORGANISATION}

    def valid_on(self, on: date) -> bool:
        """Tell whether the body existed on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


@cache
def bodies() -> Mapping[str, Body]:
    """Return all bodies by code, former ones included, in the order of the table."""
    return MappingProxyType({row["code"]: _body(row) for row in merged("bodies.csv")})


def body(code: str) -> Body:
    """Find the body with this code. Raises UnknownCodeError."""
    found = bodies().get(code)
    if found is None:
        raise UnknownCodeError(f"no body has the code {code!r}", lambda: body_meant(code))
    return found


def find_body(text: str) -> Body | None:
    """Find the body that `text` names by code, name, abbreviation or alias, in any language and spelling; else None."""
    found = _index().called(text)
    return found[0] if len(found) == 1 else None


def body_meant(text: str) -> str:
    """Say which bodies a text may mean that names none, or where they are listed."""
    return offer([each.code for each in _index().meant(text)][:OFFERED_MAX], "`cbrn bodies` lists all.")


@lru_cache(maxsize=64)
def publishers(on: date, *, ahead: bool = False) -> Mapping[str, Body]:
    """Return bodies by code that may publish on that day; with `ahead` also those that begin later: see `receivers`."""
    return _existing(on, lambda candidate: candidate.publishes, ahead=ahead)


@lru_cache(maxsize=64)
def receivers(on: date, *, ahead: bool = False) -> Mapping[str, Body]:
    """Return bodies by code that may be told on that day; with `ahead` also those that begin after it.

    Their topics have to be there before: at midnight the first event may be theirs, and nobody is at work to make any.
    """
    return _existing(on, lambda candidate: candidate.receives, ahead=ahead)


@lru_cache(maxsize=64)
def partners(on: date, *, ahead: bool = False) -> Mapping[str, Body]:
    """Return the receivers abroad by code; nothing reaches them that nobody has released."""
    return _existing(on, lambda candidate: candidate.receives and candidate.is_abroad, ahead=ahead)


def is_abroad(code: str) -> bool:
    """Tell whether a code is that of a partner abroad; one that the catalogue does not know is not."""
    known = bodies().get(code)
    return known is not None and known.is_abroad


def in_office(code: str, on: date) -> tuple[str, ...]:
    """Return who has the task of the body `code` on that day: itself, its successors or its predecessors; or nobody.

    Raises UnknownCodeError.
    """
    asked = body(code)
    if asked.valid_on(on):
        return (code,)
    if asked.valid_to is not None and asked.valid_to <= on:
        return tuple(dict.fromkeys(each for successor in asked.successors for each in in_office(successor, on)))
    before = [each.code for each in bodies().values() if code in each.successors]
    return tuple(dict.fromkeys(each for predecessor in before for each in _back(predecessor, on)))


def _back(code: str, on: date) -> tuple[str, ...]:
    """Return a predecessor if it existed on that day, else those before it."""
    found = body(code)
    if found.valid_to is not None and found.valid_to <= on:
        return ()  # it had ended already, and its successor had not begun
    return in_office(code, on)


def neighbour(country: str) -> Body | None:
    """Find the body that stands for a bordering state, by ISO 3166-1 alpha-2; None for any other."""
    return _by_country().get(country)


def authority(region: str) -> Body | None:
    """Find the plenipotentiary or mayor of a region, by ISO 3166-2; None for a code outside the country."""
    return _by_region().get(region)


def _existing(on: date, wanted: Callable[[Body], bool], *, ahead: bool) -> Mapping[str, Body]:
    return MappingProxyType(
        {
            code: each
            for code, each in bodies().items()
            if wanted(each) and (each.valid_on(on) or (ahead and each.valid_from is not None and each.valid_from > on))
        }
    )


@cache
def _index() -> Index[Body]:
    return Index((each, names_of_body(each), ()) for each in bodies().values())


def names_of_body(each: Body) -> tuple[str, ...]:
    """Return all that a body is called: code, names, abbreviations, former and everyday names."""
    return (each.code, *each.names, *each.abbreviations, *each.aliases)


@cache
def _by_country() -> Mapping[str, Body]:
    return {each.country: each for each in bodies().values() if each.country is not None}


@cache
def _by_region() -> Mapping[str, Body]:
    return {each.region: each for each in bodies().values() if each.region is not None}


def _body(row: Row) -> Body:
    return Body(
        code=row["code"],
        names=Names(row["ky"], row["ru"], row["en"]),
        abbreviations=Names(row["short_ky"], row["short_ru"], row["short_en"]),
        parent=row["parent"] or None,
        kind=BodyKind(row["kind"]),
        member=flag(row["member"]),
        region=row["region"] or None,
        country=row["country"] or None,
        publishes=flag(row["publishes"]),
        receives=flag(row["receives"]),
        hazards=frozenset(listed(row["hazards"])),
        duty_24_7=flag_or_unknown(row["duty_24_7"]),
        duty_confirmed=bool(flag_or_unknown(row["duty_confirmed"])),
        writes_kib_s=int(row["writes_kib_s"]) if row["writes_kib_s"] else None,
        valid_from=day(row["valid_from"]),
        valid_to=day(row["valid_to"]),
        successors=listed(row["successors"]),
        aliases=listed(row["aliases"]),
        note=row["note"],
        source=row["source"],
        confidence=Confidence(row["confidence"]),
        confidence_ky=Confidence(row["confidence_ky"]),
        own=row.get("own") == "yes",
    )
