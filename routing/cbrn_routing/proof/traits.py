"""Which sets of traits an event of a kind can have, and which of its fields give them.

Nothing is guessed: each field is tried with the values that could matter, and `facets_of`, which the router uses, says
what follows. An event's traits are the union of what its fields say, so what was tried field by field can be combined.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib import resources
from itertools import product
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args, get_origin

from cbrn_routing.facets import facets_of
from cbrn_routing.field_traits import READERS
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.proof.errors import ImpossibleCellError
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, NEIGHBOURS
from cbrn_routing.traits import EMPTY, HANDLING_TRAITS
from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.substances import listings
from cbrn_schemas.events import EVENT_TYPES, Event, Incident, Monitoring, parse_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic.fields import FieldInfo

Fields = dict[str, Any]
Traits = frozenset[str]

_BASE: Final = frozenset({*Event.model_fields, *Incident.model_fields, *Monitoring.model_fields}) - {"tlp"}
UN_NUMBERS: Final = range(1, 3_600)
"""The numbers of the UN Recommendations on the Transport of Dangerous Goods, with room for new ones: all are tried."""
_IHR: Final = ("serious", "unusual", "spread", "restrictions")
_BY_NAME: Final[Mapping[str, tuple[Any, ...]]] = {
    "sources": tuple(
        [{"nuclide": nuclide, **category}]
        for nuclide in ("Cs-137", "Pu-239")
        for category in ({}, *({"category": number} for number in range(1, 6)))
    ),
    "nuclides": (["Pu-239"],),
    "imported_from": ("DE", *NEIGHBOURS),
    **dict.fromkeys(("origin", "destination", "origin_country", "destination_country"), ("DE", *NEIGHBOURS)),
    "zone": ({"cordon_m": 100.0},),
    "material": ("plutonium",),
    "vehicle": ({"mode": "road"},),
    "river": ("Naryn",),
    "basel_code": ("Y1", "Y4", "Y10"),
    "cordon_m": (100.0,),
    "magnitude": (8.5,),
    "detained": (1,),
    "ihr": (
        *(
            {name: True for name, yes in zip(_IHR, answers, strict=True) if yes}
            for answers in product((True, False), repeat=len(_IHR))
            if any(answers)
        ),
        {"unusual": False},
    ),
}
"""Values of fields whose type does not list them. Where a treaty's list decides, it is asked instead."""


@cache
def least_events() -> Mapping[str, Fields]:
    """Return for each kind the fields that it must have, with values that say as little as possible."""
    text = (resources.files(__package__) / "data" / "least_events.json").read_text(encoding="utf-8")
    found: dict[str, Fields] = json.loads(text)
    return found


class Ways(NamedTuple):
    """A set of traits, and fields of an event that give it."""

    traits: Traits
    fields: Fields


@lru_cache(maxsize=1024)
def trait_sets(kind: str, relevant: Traits) -> tuple[Ways, ...]:
    """Return every set of traits that an event of the kind can have, as far as a look at `relevant` tells them apart.

    Two sets that hold the same of `relevant` count as one, but for the empty set, which stands for itself. The plainest
    event comes first. A mark that closes an event is there only where it is asked for: it stands for no other trait.
    """
    base, plainest, menus = _menus(kind)
    found = {_seen(base, relevant): Ways(base, plainest)}
    for name, menu in menus.items():
        if name == "tlp" and relevant.isdisjoint(HANDLING_TRAITS):
            continue
        for held in tuple(found.values()):
            for more, value in menu.items():
                traits = held.traits | more
                found.setdefault(_seen(traits, relevant), Ways(traits, {**held.fields, name: value}))
    return tuple(sorted(found.values(), key=lambda way: (len(way.fields), len(way.traits), sorted(way.traits))))


def fields_for(kind: str, wanted: Traits) -> Fields:
    """Find fields of an event of the kind that give exactly the traits `wanted`.

    Raises:
        ImpossibleCellError: there are none; says which traits are too many, or cannot be left out.
    """
    base, plainest, menus = _menus(kind)
    known = base.union(*(traits for menu in menus.values() for traits in menu))
    if wanted - known:
        raise ImpossibleCellError("traits", f"no event of {kind} has {', '.join(sorted(wanted - known))}")
    if base - wanted:
        raise ImpossibleCellError("traits", f"every event of {kind} has {', '.join(sorted(base - wanted))}")
    found: dict[Traits, Fields] = {base: plainest}
    for name, menu in menus.items():
        for traits, fields in tuple(found.items()):
            for more, value in menu.items():
                if more <= wanted:
                    found.setdefault(traits | more, {**fields, name: value})
    if wanted not in found:
        raise ImpossibleCellError("traits", f"no event of {kind} has {', '.join(sorted(wanted))} and no other trait")
    return found[wanted]


def _seen(traits: Traits, relevant: Traits) -> tuple[Traits, bool]:
    return traits & relevant, bool(traits)


def plainest(kind: str) -> Fields:
    """Find the fields of the event of a kind that has the fewest traits, without its envelope."""
    return _menus(kind).plainest


def envelope(kind: str, hazard: str) -> Fields:
    """Return what every event has, whatever its kind; the day and the place are the caller's to change."""
    key = "situation" if issubclass(EVENT_TYPES[kind], Incident) else "station"
    return {
        "kind": kind,
        "hazard": hazard,
        "body": "mes",
        key: f"CHECK-{kind}",
        "observed": "2026-01-01T09:00:00+06:00",
        "reported": "2026-01-01T09:05:00+06:00",
        "where": {"district": "41711"},
        "texts": {"en": {"headline": kind}},
    }


class _Menus(NamedTuple):
    """What the fields of a kind can say."""

    base: Traits
    """The traits that every event of the kind has."""
    plainest: Fields
    """An event that has no others, without its envelope."""
    of: Mapping[str, Mapping[Traits, Any]]
    """For each field that can add traits: those, each with a value. To add nothing is to leave the field as it is."""


@cache
def _menus(kind: str) -> _Menus:
    plainest = _plainest(kind)
    base = _traits(kind, plainest)
    menus: dict[str, Mapping[Traits, Any]] = {}
    for name, field in _telling_fields(kind).items():
        menu: dict[Traits, Any] = {}
        for value in _values(name, field):
            menu.setdefault(_traits(kind, {**plainest, name: value}) - base, value)
        menu.pop(EMPTY, None)
        if menu:
            menus[name] = _united(menu) if name == "substances" else menu
    return _Menus(base, plainest, menus)


def _plainest(kind: str) -> Fields:
    """Return the required fields, each with the value that says the least."""
    fields = dict(least_events()[kind])
    for name, field in _telling_fields(kind).items():
        if name in fields:
            values = [fields[name], *_values(name, field)]
            said = [len(_traits(kind, {**fields, name: value})) for value in values]
            fields[name] = values[said.index(min(said))]
    return fields


def _telling_fields(kind: str) -> dict[str, FieldInfo]:
    return {
        name: field for name, field in EVENT_TYPES[kind].model_fields.items() if name not in _BASE or name in READERS
    }


def _united(menu: dict[Traits, list[Any]]) -> dict[Traits, list[Any]]:
    """Unite several substances in one event: every union of what single ones say."""
    found: dict[Traits, list[Any]] = {EMPTY: []}
    for traits, value in menu.items():
        for held, values in tuple(found.items()):
            found.setdefault(held | traits, [*values, *value])
    del found[EMPTY]
    return found


def _values(name: str, field: FieldInfo) -> Iterable[Any]:
    """Return the values that are tried for a field: those that its type lists, else those that could matter."""
    listed = tuple(_literals(field.annotation))
    if listed:
        return [[value] for value in listed] if _is_tuple(field.annotation) else listed
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name == "agent":
        return _telling_agents()
    if name in {"substance", "substances"}:
        return [[value] for value in _telling_substances()] if name == "substances" else _telling_substances()
    return (True,) if bool in _parts(field.annotation) else ()


@cache
def _telling_agents() -> tuple[Fields, ...]:
    """Find one agent for each set of traits that agents have, unconfirmed ones first."""
    agent_values = [
        {"code": code, "confirmed": confirmed, **form}
        for form in ({}, {"form": "pneumonic"})
        for confirmed in (False, True)
        for code in _agent_codes()
    ]
    return _one_each("human-disease", "agent", agent_values)


def _agent_codes() -> tuple[str, ...]:
    return ("not-known", *agents())


@cache
def _telling_substances() -> tuple[Fields, ...]:
    """Find one substance for each set of traits that a CAS number, a name, a UN number, or several together give."""
    numbers = tuple(dict.fromkeys(line.cas for line in listings() if line.cas is not None))
    names = tuple(dict.fromkeys(line.name for line in listings()))
    listed = _one_each("gas-concentration", "substance", [{"cas": number} for number in numbers])
    named = _one_each("gas-concentration", "substance", [{"name": name} for name in names])
    numbered = _one_each("gas-concentration", "substance", [{"un_number": f"{number:04}"} for number in UN_NUMBERS])
    # They may mean different substances: such a report is routed, too.
    together = [
        {**number, **name, **other} for number in ({}, *listed) for name in ({}, *named) for other in ({}, *numbered)
    ]
    return _one_each("gas-concentration", "substance", [*listed, *named, *numbered, *filter(None, together)])


def _one_each(kind: str, name: str, values: Iterable[Fields]) -> tuple[Fields, ...]:
    """Keep the first of the values that give the same traits."""
    found: dict[Traits, Fields] = {}
    for value in values:
        found.setdefault(_traits(kind, {name: value}), value)
    return tuple(found.values())


def _traits(kind: str, fields: Fields) -> Traits:
    """Return what the router would make of an event of the kind with these fields."""
    event = {**envelope(kind, HAZARDS_OF[kind][0]), **least_events()[kind], **fields}
    parsed = parse_event(json.dumps(event).encode())
    return facets_of(parsed, _gazetteer().locate(parsed.where)).traits


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def _literals(annotation: Any) -> Iterator[Any]:
    """Yield the values that a type lists, however deep in options and tuples."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
        return
    for part in get_args(annotation):
        yield from _literals(part)


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) or (annotation,)


def _is_tuple(annotation: Any) -> bool:
    return get_origin(annotation) is tuple or any(get_origin(part) is tuple for part in get_args(annotation))
