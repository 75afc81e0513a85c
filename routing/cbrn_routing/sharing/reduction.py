"""An event reduced to what an agreement names, field by field, with what let each through and what stayed.

What is not named is dropped; where an event must say something all the same (a headline, a situation), something that
tells nothing stands in its place.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.sharing.places import place_name, reduced_where, tells_coordinates
from cbrn_routing.sharing.vocabulary import FRAME, ID, REFERENCES, REPLACED, TEXTS, WHERE, parts_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import parse_event, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.sharing.agreement import Agreement
    from cbrn_schemas.events import AnyEvent

_LANGUAGES: Final = ("ky", "ru", "en")
_LINE_MAX: Final = 200
_OPAQUE: Final = re.compile(r"shared-[0-9a-f]{20}")
_SAYS_NOTHING: Final = ("Unknown", "unknown")
_FRAME_CLAUSES: Final = {"kind": "kinds", "hazard": "hazards", "tlp": "tlp"}


class Passed(NamedTuple):
    """A field that leaves, and the clause that lets it."""

    field: str
    """Dotted, without the places in lists: `measurements.value`."""
    clause: str
    """Path into the agreement: `fields.3`, `place`, `kinds`; `frame` for what every message says of itself."""
    article: str | None = None


class Withheld(NamedTuple):
    """A field that the event holds and the partner does not see as it is."""

    field: str
    why: str
    """`not-named`, `finer-place` (coarsened), `replaced` (something opaque stands there), `coordinates` (degrees in a
    text), `hazard-not-named`."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """What a partner may see of an event."""

    data: bytes | None
    """Compact JSON in UTF-8 that validates as the event's kind, without any default that nobody named; None where
    nothing true and valid is left: then it cannot leave."""
    passed: tuple[Passed, ...]
    withheld: tuple[Withheld, ...]
    why_not: str | None = None
    """`place-unstated` or `not-reducible`, where nothing is left."""


def opaque(identifier: str, partner: str, salt: bytes = b"") -> str:
    """Return the name that stands for a situation or station: the same each time, and another for another partner.

    Names can be guessed and tried; a secret `salt` (up to 64 bytes, kept for ever) makes that useless.
    """
    if _OPAQUE.fullmatch(identifier):
        return identifier  # it has been replaced already
    digest = blake2b(f"{partner}\0{identifier}".encode(), key=salt, digest_size=10)
    return f"shared-{digest.hexdigest()}"


def name_abroad(agreement: Agreement, source: str, identifier: str, salt: bytes = b"") -> tuple[str, str]:
    """Return source and id under which a partner knows an event: its own where the agreement names `id`, else opaque.

    Agencies name their events and systems after places (`/mes/minkush-post`, `dam-F09-0012`).
    """
    if _id_goes(agreement, source, identifier):
        return source, identifier
    body = source[1:].partition("/")[0]
    return f"/{body}", _opaque_id(agreement, source, identifier, salt)


def _id_goes(agreement: Agreement, *said: str) -> bool:
    coarse = agreement.place != "exact"
    return ID in agreement.granted and not (coarse and any(map(tells_coordinates, said)))


def _opaque_id(agreement: Agreement, source: str, identifier: str, salt: bytes) -> str:
    if _OPAQUE.fullmatch(identifier):
        return identifier  # it has been replaced already
    # Ids are one system's own: the same id of two systems is two events.
    return opaque(f"{source}\0{identifier}", agreement.partner, salt)


def reduce(agreement: Agreement, event: AnyEvent, *, called: tuple[str, str] = ("", ""), salt: bytes = b"") -> Reduced:
    """Return of an event what the agreement names. Never raises for an event that is valid.

    `called` are its source and id, which lie beside it.
    """
    return _Reduction(agreement, event, called, salt).result()


@dataclass
class _Reduction:
    agreement: Agreement
    event: AnyEvent
    called: tuple[str, str]
    salt: bytes
    passed: dict[str, Passed] = field(default_factory=dict)
    withheld: dict[tuple[str, str], Withheld] = field(default_factory=dict)

    def result(self) -> Reduced:
        """Return what is left, with what let each field through."""
        given: dict[str, Any] = json.loads(to_bytes(self.event))
        where = reduced_where(self.event.where, self.agreement.place)
        if where is None:
            return self._without("place-unstated")
        kept: dict[str, Any] = {}
        for name, value in given.items():
            kept |= self._field(name, value, where)
        self._name()
        data = json.dumps(kept, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        try:
            parse_event(data)
        except InvalidEventError:  # a text that must be there tells coordinates: then nothing of it goes
            return self._without("not-reducible")
        return Reduced(data, tuple(self.passed.values()), tuple(self.withheld.values()))

    def _without(self, why: str) -> Reduced:
        return Reduced(None, (), tuple(self.withheld.values()), why)

    def _field(self, name: str, value: Any, where: dict[str, Any]) -> dict[str, Any]:
        if name in FRAME:
            self._pass(name, _FRAME_CLAUSES.get(name, "frame"))
            return {name: value}
        if name == WHERE:
            self._place(value, where)
            return {name: where}
        if name == TEXTS:
            texts = self._texts(value, where)
            return {name: texts} if texts else {}
        if name in REPLACED:
            return {name: self._identifier(name, value)}
        if name not in self.agreement.granted:
            if value not in _SAYS_NOTHING:
                self._withhold(name, "not-named")
            return {}
        kept = self._granted(name, value)
        return {} if kept is None else {name: kept}

    def _granted(self, name: str, value: Any) -> Any:
        if name == REFERENCES:
            return self._references(value)
        return self._hazards(value) if name == "further_hazards" else self._value(name, value)

    def _place(self, given: dict[str, Any], where: dict[str, Any]) -> None:
        self._pass(WHERE, "place")
        for name, value in given.items():
            if where.get(name) != value:
                self._withhold(f"{WHERE}.{name}", "finer-place")

    def _identifier(self, name: str, value: str) -> str:
        if name in self.agreement.granted and not self._tells(value):
            self._pass(name)
            return value
        self._withhold(name, "replaced")
        return opaque(value, self.agreement.partner, self.salt)

    def _name(self) -> None:
        """Say of id and source whether they go along: what stands for them is `name_abroad`."""
        if _id_goes(self.agreement, *self.called):
            self._pass(ID)
        else:
            self._withhold(ID, "replaced")

    def _references(self, value: list[str]) -> list[str]:
        """Return the ids of earlier events as the partner knows them."""
        self._pass(REFERENCES)
        named = [name_abroad(self.agreement, self.called[0], each, self.salt)[1] for each in value]
        if named != value:
            self._withhold(REFERENCES, "replaced")
        return named

    def _hazards(self, value: list[str]) -> list[str] | None:
        kept: list[str] = [each for each in value if each in self.agreement.hazards]
        if kept != value:
            self._withhold("further_hazards", "hazard-not-named")
        if kept:
            self._pass("further_hazards")
        return kept or None

    def _value(self, name: str, value: Any) -> Any:
        """Return of a field that is named its named parts, where it has parts; else all of it."""
        if parts_of(self.event.kind)[name] is None:
            return self._plain(name, value)
        if isinstance(value, list):
            self._pass(name)
            items = [self._part(name, item) for item in value]
            return [item for item in items if item is not None]
        return self._part(name, value)

    def _part(self, name: str, value: dict[str, Any]) -> dict[str, Any] | None:
        """Return what is left of one part; nothing where it said something and nothing of that is left."""
        kept = dict(self._leaves(name, value))
        if value and not kept:
            return None
        self._pass(name)
        return kept

    def _leaves(self, name: str, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for each, content in value.items():
            leaf = f"{name}.{each}"
            if leaf not in self.agreement.granted:
                self._withhold(leaf, "not-named")
            elif (kept := self._plain(leaf, content)) is not None:
                yield each, kept

    def _plain(self, leaf: str, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(each, str) and self._tells(each) for each in texts):
            self._withhold(leaf, "coordinates")
            return None
        self._pass(leaf)
        return value

    def _tells(self, text: str) -> bool:
        return self.agreement.place != "exact" and tells_coordinates(text)

    def _texts(self, given: dict[str, dict[str, Any]], where: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return what is left of the texts; where a headline stays, words of the catalogue stand, in all languages."""
        kept = {lang: dict(self._leaves(TEXTS, text)) for lang, text in given.items()}
        if all("headline" in text for text in kept.values()):
            return kept
        if not any(kept.values()) and "station" in type(self.event).model_fields:
            return {}  # a reading needs no words
        languages = sorted({*given, *_LANGUAGES}, key=_LANGUAGES.index)
        self._pass(f"{TEXTS}.headline", "catalogue")
        return {lang: {"headline": self._headline(where, lang), **kept.get(lang, {})} for lang in languages}

    def _headline(self, where: dict[str, Any], lang: Any) -> str:
        said = (word("kind", self.event.kind, lang), place_name(where, lang))
        return ": ".join(each for each in said if each)[:_LINE_MAX]

    def _pass(self, name: str, clause: str | None = None) -> None:
        if clause is not None:
            self.passed.setdefault(name, Passed(name, clause))
            return
        index = self.agreement.granted[name]
        self.passed.setdefault(name, Passed(name, f"fields.{index}", self.agreement.fields[index].article))

    def _withhold(self, name: str, why: str) -> None:
        self.withheld.setdefault((name, why), Withheld(name, why))
