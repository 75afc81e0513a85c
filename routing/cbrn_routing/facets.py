"""From an event and its place to the facets on which a decision may depend.

Traits are derived here, from the event's own fields and the catalogue's lists, in a closed vocabulary: a trait that is
present is a fact, one that is absent proves nothing. This runs for every event, so what an event type has to say is
worked out once, and sets are shared.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from cbrn_routing.decision import Facets
from cbrn_schemas.catalogue.agents import Ihr, agents
from cbrn_schemas.catalogue.naming import ELSEWHERE
from cbrn_schemas.catalogue.nuclides import d_values_Bq, source_category
from cbrn_schemas.catalogue.substances import TRAITS as SUBSTANCE_TRAITS
from cbrn_schemas.catalogue.substances import cwc_hint, substance_traits, un_number_traits
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events import lane_of
from cbrn_schemas.events.nuclear import NuclearMaterial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbrn_routing.jurisdiction import Located
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.parts import Agent, IhrAnnex2, RadioactiveSource, Substance

Traits = frozenset[str]

HOME: Final = "KG"
EMPTY: Final[Traits] = frozenset()
"""The one empty set: most events have no traits, and nothing is built for them."""
AGENT_TRAITS: Final = frozenset({"zoonosis", "dangerous-disease", "ihr-notifiable", "ihr-consider", "woah-listed"})
"""What the list of agents says: passes from animals to people; on the list of especially dangerous infections; always
notified under IHR (2005) annex 2; its four questions are always asked; listed by WOAH."""
EVENT_TRAITS: Final = frozenset({"river", "vehicle", "goods", "waste", "cordon", "stolen"})
"""What the event itself says: reached a river or canal; from or in a vehicle; merchandise or scrap is contaminated; is
waste; a cordon is set or asked for; was taken by a thief."""
DUTY_TRAITS: Final = frozenset({
    "cwc-possible",
    "ihr-two-yes",
    "imported",
    "laboratory-confirmed",
    "nuclear-material",
    "release",
    "release-likely",
    "seized",
    "woah-trigger",
})  # fmt: skip
"""What duties to other states and to organisations turn on: a chemical that may be scheduled (a family, a name, a UN
number: never a proof); two yes of the four questions of IHR annex 2; a case brought in from abroad; an agent that a
laboratory confirmed; nuclear material in the sense of the safeguards agreement; the hazard got out of its containment,
or is likely to; material was seized; a ground for an immediate notification to WOAH (Terrestrial Code, 1.1.3)."""
ORIGINS: Final = {"CN": "origin-cn", "KZ": "origin-kz", "TJ": "origin-tj", "UZ": "origin-uz"}
"""The neighbour from which cargo, animals or a patient come."""
DESTINATIONS: Final = {
    "CN": "destination-cn",
    "KZ": "destination-kz",
    "TJ": "destination-tj",
    "UZ": "destination-uz",
}
"""The neighbour for which cargo or animals are bound."""
HINT_TRAITS: Final = frozenset(
    {"unidentified-agent", "other-country", "pneumonic", *ORIGINS.values(), *DESTINATIONS.values()}
)
"""An agent that nobody has identified, or that the catalogue does not hold; the neighbour that something comes from or
is bound for; another country that it comes from or is bound for; a form of a disease that passes by breath."""
CATEGORY_TRAITS: Final = tuple(f"d-category-{category}" for category in range(1, 6))
"""Category of a radioactive source, 1 the most dangerous (IAEA RS-G-1.9)."""
TRAITS: Final = SUBSTANCE_TRAITS | AGENT_TRAITS | EVENT_TRAITS | DUTY_TRAITS | HINT_TRAITS | frozenset(CATEGORY_TRAITS)
"""The closed vocabulary of traits."""

MEMOISED: Final = 4096
"""Combinations kept by each memo below: strings and small sets, about 0.5 KiB each, 2 MiB a memo."""

RIVER: Final[Traits] = frozenset({"river"})
VEHICLE: Final[Traits] = frozenset({"vehicle"})
GOODS: Final[Traits] = frozenset({"goods"})
WASTE: Final[Traits] = frozenset({"waste"})
CORDON: Final[Traits] = frozenset({"cordon"})
STOLEN: Final[Traits] = frozenset({"stolen"})
ZOONOSIS: Final[Traits] = frozenset({"zoonosis"})
PESTICIDE: Final[Traits] = frozenset({"pesticide"})
UNIDENTIFIED: Final[Traits] = frozenset({"unidentified-agent"})
POSSIBLY_SCHEDULED: Final[Traits] = frozenset({"cwc-possible"})
TWO_YES: Final[Traits] = frozenset({"ihr-two-yes"})
IMPORTED: Final[Traits] = frozenset({"imported"})
_FROM: Final[dict[str, Traits]] = {country: frozenset({trait}) for country, trait in ORIGINS.items()}
_TO: Final[dict[str, Traits]] = {country: frozenset({trait}) for country, trait in DESTINATIONS.items()}
OTHER_COUNTRY: Final[Traits] = frozenset({"other-country"})
PNEUMONIC: Final[Traits] = frozenset({"pneumonic"})
CONFIRMED: Final[Traits] = frozenset({"laboratory-confirmed"})
NUCLEAR_MATERIAL: Final[Traits] = frozenset({"nuclear-material"})
RELEASE: Final[Traits] = frozenset({"release"})
RELEASE_LIKELY: Final[Traits] = frozenset({"release-likely"})

SPECIAL_NUCLIDES: Final = frozenset({"U-233", "Pu-239", "Pu-240", "Pu-241", "Pu-242", "Pu-239/Be"})
"""Nuclides that stand for nuclear material wherever they are found. U-235 and U-238 do not: ore and tailings have them,
and there the publisher's own word (`nuclear_material`) counts. CPPNM, article 1(a); IAEA Statute, article XX."""
YES_ENOUGH: Final = 2
"""Answers of «yes» that oblige to notify WHO (IHR, annex 2)."""

_BASEL: Final = {
    "Y4": WASTE | PESTICIDE,
    "A4030": WASTE | PESTICIDE,
    "Y10": WASTE | {"pcb"},
    "A3180": WASTE | {"pcb"},
}
"""Basel Convention, Annexes I and VIII: biocides and phytopharmaceuticals; polychlorinated biphenyls."""

Reader = Callable[[Any, Any], Traits]
"""Reads a field that is set: (its value, the event) to traits."""


def _substances(value: tuple[Substance, ...], _event: Any) -> Traits:
    if len(value) == 1:
        one = value[0]
        return _of_substance(one.cas, one.name, one.un_number)
    return _of_substances(tuple((substance.cas, substance.name, substance.un_number) for substance in value))


def _substance(value: Substance, event: Any) -> Traits:
    return _substances((value,), event)


def _agent(value: Agent, _event: Any) -> Traits:
    found = _of_agent(value.code, value.confirmed)
    return _union(found, PNEUMONIC) if value.form == "pneumonic" else found


def _origin(value: str, event: Any) -> Traits:
    """A country; of a release to the air it is the installation, of a declared movement the town."""
    if event.kind == "chemical-release":
        return VEHICLE if value == "vehicle" else EMPTY
    return _FROM.get(value, EMPTY) if event.kind in _NO_FILE else _country(value, _FROM)


def _destination(value: str, event: Any) -> Traits:
    return EMPTY if event.kind in _NO_FILE else _country(value, _TO)


_NO_FILE: Final = frozenset({"trafficking", "hazmat-movement"})
"""Kinds whose destination is nobody's file: what is for named officers only, and what names towns."""


def _country(value: str, neighbours: dict[str, Traits]) -> Traits:
    """The neighbour that is meant; of the rest of the world, only that it is another country."""
    return neighbours.get(value, EMPTY if value == HOME else OTHER_COUNTRY)


def _sources(value: tuple[RadioactiveSource, ...], _event: Any) -> Traits:
    return _of_sources(tuple((source.nuclide, source.activity_Bq, source.category) for source in value))


_MEDIA: Final[dict[str, Traits]] = {
    "river": RIVER,
    "canal": RIVER,
    "vehicle": VEHICLE,
    "goods": GOODS,
    "scrap": GOODS,
}


def _medium(value: str, event: Any) -> Traits:
    """Return the medium's traits; of a shipment none: it is goods by its kind, and its medium says nothing more."""
    return EMPTY if value == "goods" and event.kind != "contamination" else _MEDIA.get(value, EMPTY)


def _river(_value: str, event: Any) -> Traits:
    """Take a named river for reached; only a clear «it did not get there» says otherwise."""
    return EMPTY if event.reached_river is False else RIVER


def _burial(value: str, _event: Any) -> Traits:
    return _of_agent("anthrax") if value == "anthrax" else PESTICIDE if value == "pesticide" else EMPTY


def _grounds(value: tuple[str, ...], _event: Any) -> Traits:
    return WASTE if "waste" in value else EMPTY


def _basel(value: str, _event: Any) -> Traits:
    return _BASEL.get(value, WASTE)


def _ihr(value: IhrAnnex2, _event: Any) -> Traits:
    answers = (value.serious, value.unusual, value.spread, value.restrictions)
    return TWO_YES if answers.count(True) >= YES_ENOUGH else EMPTY


def _nuclides(value: tuple[str, ...], _event: Any) -> Traits:
    return EMPTY if SPECIAL_NUCLIDES.isdisjoint(value) else NUCLEAR_MATERIAL


def _act(value: str, event: Any) -> Traits:
    """Take a theft for stolen goods; one that was stopped took nothing."""
    return STOLEN if value == "theft" and event.completed is not False else EMPTY


def _imported(value: str, _event: Any) -> Traits:
    return IMPORTED | _FROM.get(value, EMPTY)


def _if_set(traits: Traits) -> Reader:
    return lambda _value, _event: traits


def _by_value(table: dict[str, Traits]) -> Reader:
    return lambda value, _event: table.get(value, EMPTY)


_READERS: Final[dict[str, Reader]] = {
    "substances": _substances,
    "substance": _substance,
    "agent": _agent,
    "sources": _sources,
    "medium": _medium,
    "reached_river": _if_set(RIVER),
    "river": _river,
    "vehicle": _if_set(VEHICLE),
    "origin": _origin,
    "destination": _destination,
    "origin_country": lambda value, _event: _country(value, _FROM),
    "destination_country": lambda value, _event: _country(value, _TO),
    "waste": _if_set(WASTE),
    "basel_code": _basel,
    "grounds": _grounds,
    "cordon": _if_set(CORDON),
    "cordon_m": _if_set(CORDON),
    "zone": lambda value, _event: CORDON if value.cordon_m else EMPTY,
    "medium_exact": _medium,
    "stolen": _if_set(STOLEN),
    "what": _by_value({"theft": STOLEN}),
    "transmission": _by_value({"animal": ZOONOSIS}),
    "burial": _burial,
    "ihr": _ihr,
    "imported_from": _imported,
    "notifiable_as": _if_set(frozenset({"woah-trigger"})),
    "state": _by_value(
        {
            "leaking": RELEASE,
            "overtopped": RELEASE,
            "breached": RELEASE,
            "threatened": RELEASE_LIKELY,
            "eroding": RELEASE_LIKELY,
        }
    ),
    "released": _if_set(RELEASE),
    "condition": _by_value({"leaking": RELEASE, "burning": RELEASE}),
    "release": _by_value({"has-occurred": RELEASE, "likely": RELEASE_LIKELY}),
    "seized": _if_set(frozenset({"seized"})),
    "act": _act,
    "nuclides": _nuclides,
    "nuclear_material": _if_set(NUCLEAR_MATERIAL),
    "material": _by_value(dict.fromkeys(get_args(NuclearMaterial), NUCLEAR_MATERIAL)),
    "cause": _by_value({"nuclear-material": NUCLEAR_MATERIAL}),
}
"""What each field says by itself; a field that is absent, empty or false says nothing."""


READ: Final = frozenset(_READERS)
"""The fields that can give traits."""


class _Shape(NamedTuple):
    """What an event type has that facets need."""

    lane: str
    readers: tuple[tuple[str, Reader], ...]
    has_exposed: bool
    may_be_unknown: bool
    """Whether it may say that nobody knows yet what it is."""
    suspects: tuple[str, ...]
    """The fields that may hold something unconfirmed."""


def facets_of(event: AnyEvent, place: Located) -> Facets:
    """Return the facets of an event at a place, ready for `Matcher.decide`."""
    lane, readers, has_exposed, *_ = _shape(type(event))
    traits = EMPTY
    for name, read in readers:
        value = getattr(event, name)
        if value:
            found = read(value, event)
            if found:
                traits = _union(traits, found) if traits else found
    exposed = _exposed(event) if has_exposed else None
    return Facets(
        lane,
        event.hazard,
        event.kind,
        event.severity,
        event.urgency,
        event.certainty,
        event.deliberate,
        event.status,
        place.region,
        country_of(place),
        place.neighbours,
        place.downstream,
        place.border,
        _as_set(exposed) if exposed else EMPTY,
        traits,
    )


def _exposed(event: Any) -> tuple[str, ...]:
    """What lies within reach, by its sort or by name."""
    named: tuple[str, ...] = event.exposed
    return (*named, *(place.what for place in event.exposed_places)) if event.exposed_places else named


def is_manifold(event: AnyEvent) -> bool:
    """Whether an event has several places or hazards, and so several cells."""
    if event.where.further_districts:
        return True
    shape = _shape(type(event))
    return shape.has_exposed and bool(event.further_hazards or (shape.may_be_unknown and event.identified is False))  # type: ignore[union-attr]


def cells_of(event: AnyEvent, places: Sequence[Located]) -> Iterator[Facets]:
    """The facets of an event for each of its places with each of its hazards; its own first.

    A kind that never has a hazard (no toxic fire is radiological) stands for it as what comes of it: contamination, or
    an emergency where it is nuclear. So each cell is one that events can have, and that the proof has decided.
    """
    hazards: dict[str, str] = {event.hazard: event.kind}
    for hazard in _further_hazards(event):
        known = hazard in _hazards_of(type(event))
        hazards.setdefault(hazard, event.kind if known else _STANDS_FOR[hazard])
    for place in places:
        facets = facets_of(event, place)
        for hazard, kind in hazards.items():
            yield facets._replace(hazard=hazard, kind=kind)


_STANDS_FOR: Final = {
    "chemical": "contamination",
    "biological": "contamination",
    "radiological": "contamination",
    "nuclear": "facility-emergency",
}


def _further_hazards(event: AnyEvent) -> tuple[str, ...]:
    shape = _shape(type(event))
    if not shape.has_exposed:
        return ()
    unknown = _hazards_of(type(event)) if shape.may_be_unknown and event.identified is False else ()  # type: ignore[union-attr]
    return (*event.further_hazards, *unknown)  # type: ignore[union-attr] # only incidents have it


@cache
def _hazards_of(event_type: type[AnyEvent]) -> tuple[str, ...]:
    return get_args(event_type.model_fields["hazard"].annotation)


def country_of(place: Located) -> str | None:
    """Return the country as a facet: a place abroad has one even where nobody can say which."""
    return place.country or (ELSEWHERE if Doubt.PLACE_ABROAD in place.doubts else None)


def is_unverified(event: AnyEvent) -> bool:
    """Whether the publisher says that it is a claim which nobody has verified."""
    return _shape(type(event)).has_exposed and event.verified is False  # type: ignore[union-attr] # incidents alone


def is_unconfirmed(event: AnyEvent) -> bool:
    """Tell whether a substance or agent is somebody's guess, or an agent that the catalogue does not hold."""
    for name in _shape(type(event)).suspects:
        value = getattr(event, name)
        if not value:
            continue
        if name == "agent":
            if not value.confirmed or value.code not in agents():
                return True
        elif not all(substance.confirmed for substance in (value if name == "substances" else (value,))):
            return True
    return False


@cache
def _shape(event_type: type[AnyEvent]) -> _Shape:
    fields = event_type.model_fields
    return _Shape(
        lane=str(lane_of(fields["kind"].default)),
        readers=tuple((name, read) for name, read in _READERS.items() if name in fields),
        has_exposed="exposed" in fields,
        may_be_unknown="identified" in fields,
        suspects=tuple(name for name in ("substances", "substance", "agent") if name in fields),
    )


@lru_cache(maxsize=MEMOISED)
def _of_substance(cas: str | None, name: str | None, un_number: str | None) -> Traits:
    """Return what its CAS number proves, and what name and UN number hint at."""
    known = EMPTY if cas is None else substance_traits(cas)
    known |= un_number_traits().get(un_number or "", EMPTY)
    return known if cwc_hint(cas, name, un_number) is None else known | POSSIBLY_SCHEDULED


@lru_cache(maxsize=MEMOISED)
def _of_substances(named: tuple[tuple[str | None, str | None, str | None], ...]) -> Traits:
    return EMPTY.union(*(_of_substance(*one) for one in named))


@lru_cache(maxsize=MEMOISED)
def _of_agent(code: str, confirmed: bool = False) -> Traits:  # noqa: FBT001, FBT002 - a fact of the event, memoised
    agent = agents().get(code)
    confirmation = CONFIRMED if confirmed else EMPTY
    if agent is None:
        return confirmation | UNIDENTIFIED
    flags = {
        "unidentified-agent": code == "unidentified",
        "zoonosis": agent.zoonosis,
        "dangerous-disease": agent.dangerous,
        "ihr-notifiable": agent.ihr is Ihr.ALWAYS,
        "ihr-consider": agent.ihr is Ihr.CONSIDER,
        "woah-listed": agent.woah,
    }
    return confirmation.union(name for name, holds in flags.items() if holds)


@lru_cache(maxsize=MEMOISED)
def _of_sources(sources: tuple[tuple[str, float | None, int | None], ...]) -> Traits:
    """Return the most dangerous of the stated categories and of the one that the activities amount to (the sum of A/D).

    A nuclide without a D value adds nothing to the sum, so that what is said is «at least as dangerous as».
    """
    stated = [category for _, _, category in sources if category is not None]
    known = d_values_Bq()
    measured = source_category(
        [(nuclide, activity) for nuclide, activity, _ in sources if activity is not None and nuclide in known]
    )
    categories = stated if measured is None else [*stated, measured]
    traits = frozenset({f"d-category-{min(categories)}"}) if categories else EMPTY
    special = any(nuclide in SPECIAL_NUCLIDES for nuclide, _, _ in sources)
    return traits | NUCLEAR_MATERIAL if special else traits


@lru_cache(maxsize=MEMOISED)
def _union(one: Traits, other: Traits) -> Traits:
    return one | other


@lru_cache(maxsize=MEMOISED)
def _as_set(exposed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(exposed)
