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
from cbrn_routing.severity import FLOORS, graver
from cbrn_routing.shocks import shakes_tailings
from cbrn_schemas.catalogue.agents import Ihr, agents
from cbrn_schemas.catalogue.naming import ELSEWHERE
from cbrn_schemas.catalogue.nuclides import d_values_Bq, source_category
from cbrn_schemas.catalogue.substances import TRAITS as SUBSTANCE_TRAITS
from cbrn_schemas.catalogue.substances import cwc_hint, substance_traits, un_number_traits
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events import lane_of
from cbrn_schemas.events.nuclear import NuclearMaterial

if TYPE_CHECKING:
    from cbrn_routing.jurisdiction import Located
    from cbrn_routing.severity import Floor
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.parts import Agent, IhrAnnex2, RadioactiveSource, Substance

Traits = frozenset[str]

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
    "dual-use",
    "endemic",
    "in-custody",
    "ihr-usual",
    "innocent-alarm",
    "quarantine-pest",
})  # fmt: skip
"""What duties to other states and to organisations turn on: a chemical that may be scheduled (a family, a name, a UN
number: never a proof); two yes of the four questions of IHR annex 2, or «not unusual»; a case from abroad; an agent
that a laboratory confirmed; a disease that the country always has; nuclear material in the sense of the safeguards
agreement; the hazard got out of its containment, or is likely to; material was seized, persons are held; a ground for
an immediate notification to WOAH (Terrestrial Code, 1.1.3); held as dual-use or without a licence; a portal alarmed
at a patient or at what nature put there; an organism of the quarantine list."""
HANDLING_TRAITS: Final = frozenset({"tlp-red", "tlp-amber-strict"})
"""For whose eyes it is (Traffic Light Protocol 2.0): for named persons alone, or for the members alone. The matcher
reads them; a rule has no need to."""
SCENE_TRAITS: Final = frozenset(
    {"carbon-monoxide", "drinking-water", "person-to-person", "shakes-tailings", "suspicious"}
)
"""A gas that a stove makes and no border sees; water that people drink; passes between people; a natural shock strong
enough near tailings; a shock that does not look natural."""
ORIGINS: Final = {"CN": "origin-cn", "KZ": "origin-kz", "TJ": "origin-tj", "UZ": "origin-uz"}
"""The neighbour from which cargo or a patient comes."""
HINT_TRAITS: Final = frozenset({"unidentified-agent", *ORIGINS.values()})
"""An agent that nobody has identified, or that the catalogue does not hold; the neighbour that something comes from."""
CATEGORY_TRAITS: Final = tuple(f"d-category-{category}" for category in range(1, 6))
"""Category of a radioactive source, 1 the most dangerous (IAEA RS-G-1.9)."""
TRAITS: Final = (
    SUBSTANCE_TRAITS
    | AGENT_TRAITS
    | EVENT_TRAITS
    | DUTY_TRAITS
    | HINT_TRAITS
    | HANDLING_TRAITS
    | SCENE_TRAITS
    | frozenset(CATEGORY_TRAITS)
)
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
CONFIRMED: Final[Traits] = frozenset({"laboratory-confirmed"})
NUCLEAR_MATERIAL: Final[Traits] = frozenset({"nuclear-material"})
RELEASE: Final[Traits] = frozenset({"release"})
RELEASE_LIKELY: Final[Traits] = frozenset({"release-likely"})
DUAL_USE: Final[Traits] = frozenset({"dual-use"})
INNOCENT: Final[Traits] = frozenset({"innocent-alarm"})
CARBON_MONOXIDE: Final[Traits] = frozenset({"carbon-monoxide"})
USUAL: Final[Traits] = frozenset({"ihr-usual"})
SUSPICIOUS: Final[Traits] = frozenset({"suspicious"})
SHAKES_TAILINGS: Final[Traits] = frozenset({"shakes-tailings"})

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
    return _of_agent(value.code, value.confirmed)


def _sources(value: tuple[RadioactiveSource, ...], _event: Any) -> Traits:
    return _of_sources(tuple((source.nuclide, source.activity_Bq, source.category) for source in value))


_MEDIA: Final[dict[str, Traits]] = {
    "river": RIVER,
    "canal": RIVER,
    "vehicle": VEHICLE,
    "goods": GOODS,
    "scrap": GOODS,
    "drinking-water": frozenset({"drinking-water"}),
}


def _medium(value: str, event: Any) -> Traits:
    """A shipment is goods by its kind: its medium says nothing more."""
    return EMPTY if value == "goods" and event.kind != "contamination" else _MEDIA.get(value, EMPTY)


def _river(_value: str, event: Any) -> Traits:
    """A river is named; only a clear «it did not get there» says otherwise."""
    return EMPTY if event.reached_river is False else RIVER


def _burial(value: str, _event: Any) -> Traits:
    return _of_agent("anthrax") if value == "anthrax" else PESTICIDE if value == "pesticide" else EMPTY


def _grounds(value: tuple[str, ...], _event: Any) -> Traits:
    found = WASTE if "waste" in value else EMPTY
    return found if _LICENCE.isdisjoint(value) else found | DUAL_USE


_LICENCE: Final = frozenset({"dual-use", "no-licence"})
"""Grounds on which export control holds a cargo (resolution 1540, operative paragraph 3(c) and (d))."""


def _shock(value: float, event: Any) -> Traits:
    """A shock matters where tailings lie near, natural or not."""
    return SHAKES_TAILINGS if shakes_tailings(value, event.magnitude_type, event.where) else EMPTY


def _basel(value: str, _event: Any) -> Traits:
    return _BASEL.get(value, WASTE)


def _ihr(value: IhrAnnex2, _event: Any) -> Traits:
    answers = (value.serious, value.unusual, value.spread, value.restrictions)
    if answers.count(True) >= YES_ENOUGH:
        return TWO_YES
    return USUAL if value.unusual is False else EMPTY


def _nuclides(value: tuple[str, ...], _event: Any) -> Traits:
    return EMPTY if SPECIAL_NUCLIDES.isdisjoint(value) else NUCLEAR_MATERIAL


def _act(value: str, event: Any) -> Traits:
    """A theft that was stopped took nothing."""
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
    "origin": _by_value({"vehicle": VEHICLE, **_FROM}),
    "waste": _if_set(WASTE),
    "basel_code": _basel,
    "grounds": _grounds,
    "cordon": _if_set(CORDON),
    "cordon_m": _if_set(CORDON),
    "stolen": _if_set(STOLEN),
    "what": _by_value({"theft": STOLEN}),
    "transmission": _by_value({"animal": ZOONOSIS, "person-to-person": frozenset({"person-to-person"})}),
    "burial": _burial,
    "ihr": _ihr,
    "imported_from": _imported,
    "emerging": _if_set(frozenset({"woah-trigger"})),
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
    "release": _by_value({"has-occurred": RELEASE, "likely": RELEASE_LIKELY}),
    "seized": _if_set(frozenset({"seized"})),
    "act": _act,
    "nuclides": _nuclides,
    "nuclear_material": _if_set(NUCLEAR_MATERIAL),
    "material": _by_value(dict.fromkeys(get_args(NuclearMaterial), NUCLEAR_MATERIAL)),
    "cause": _by_value({"nuclear-material": NUCLEAR_MATERIAL, "natural": INNOCENT, "medical": INNOCENT}),
    "detained": _if_set(frozenset({"in-custody"})),
    "quarantine_pest": _if_set(frozenset({"quarantine-pest"})),
    "suspicious": _if_set(SUSPICIOUS),
    "magnitude": _shock,
}
"""What each field says by itself; a field that is absent, empty or false says nothing."""


_CLOSED: Final = {"RED": frozenset({"tlp-red"}), "AMBER+STRICT": frozenset({"tlp-amber-strict"})}
"""Marks of the Traffic Light Protocol that close an event."""


class _Shape(NamedTuple):
    """What an event type has that facets need."""

    lane: str
    readers: tuple[tuple[str, Reader], ...]
    has_exposed: bool
    floors: tuple[tuple[str, Floor], ...]
    threatens: bool
    suspects: tuple[str, ...]
    """The fields that may hold something unconfirmed."""


def facets_of(event: AnyEvent, place: Located) -> Facets:
    """The facets of an event at a place, ready for `Matcher.decide`."""
    lane, readers, has_exposed, floors, threatens, _ = _shape(type(event))
    traits = _CLOSED.get(event.tlp, EMPTY)
    for name, read in readers:
        value = getattr(event, name)
        if value:
            found = read(value, event)
            if found:
                traits = _union(traits, found) if traits else found
    reach = (event.exposed or event.near) if has_exposed else None  # type: ignore[union-attr] # only incidents have them
    severity: str = event.severity
    for name, floor_of in floors:
        value = getattr(event, name)
        if value:
            severity = graver(severity, floor_of(value, event))
    # A threat is an act, whoever forgot to tick the other box.
    deliberate = True if threatens and event.deliberate is None and event.threat else event.deliberate  # type: ignore[union-attr]
    return Facets(
        lane,
        event.hazard,
        event.kind,
        severity,
        event.urgency,
        event.certainty,
        deliberate,
        event.status,
        place.region,
        country_of(place),
        EMPTY if severity == "Minor" and place.estimated else place.neighbours,
        place.downstream,
        place.border,
        _reach(event.exposed, event.near) if reach else EMPTY,  # type: ignore[union-attr]
        traits,
    )


def country_of(place: Located) -> str | None:
    """The country as a facet: a place abroad has one even where nobody can say which."""
    return place.country or (ELSEWHERE if Doubt.PLACE_ABROAD in place.doubts else None)


def is_unconfirmed(event: AnyEvent) -> bool:
    """Whether a substance or agent is somebody's guess, or an agent that the catalogue does not hold."""
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
        readers=tuple((name, read) for name, read in _READERS.items() if name in fields and _tells(name, event_type)),
        has_exposed="exposed" in fields,
        floors=tuple((name, floor_of) for name, floor_of in FLOORS.items() if name in fields),
        threatens="threat" in fields,
        suspects=tuple(name for name in ("substances", "substance", "agent") if name in fields),
    )


def _tells(name: str, event_type: type[AnyEvent]) -> bool:
    """Whether the field means this here: a suspected explosion has a magnitude, too, and is suspicious by its kind."""
    return name != "magnitude" or "suspicious" in event_type.model_fields


@lru_cache(maxsize=MEMOISED)
def _of_substance(cas: str | None, name: str | None, un_number: str | None) -> Traits:
    """What its CAS number proves, and what name and UN number hint at."""
    known = EMPTY if cas is None else substance_traits(cas)
    known |= un_number_traits().get(un_number or "", EMPTY)
    if cas == "630-08-0" or un_number == "1016" or (name or "").casefold() in _CARBON_MONOXIDE:
        known |= CARBON_MONOXIDE
    return known if cwc_hint(cas, name, un_number) is None else known | POSSIBLY_SCHEDULED


_CARBON_MONOXIDE: Final = frozenset(
    {"carbon monoxide", "угарный газ", "оксид углерода", "ис газы", "көмүр кычкыл газы"}
)


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
        "endemic": agent.endemic,
    }
    return confirmation.union(name for name, holds in flags.items() if holds)


@lru_cache(maxsize=MEMOISED)
def _of_sources(sources: tuple[tuple[str, float | None, int | None], ...]) -> Traits:
    """The most dangerous of the stated categories and of the one that the activities amount to (the sum of A/D).

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
def _reach(exposed: tuple[str, ...], near: tuple[str, ...]) -> frozenset[str]:
    return frozenset(exposed + near)
