"""What each field of an event says, as traits: read from the field and from the catalogue's lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, get_args
from unicodedata import normalize

from cbrn_routing.shocks import shakes_tailings
from cbrn_routing.traits import (
    ANIMALS,
    CARBON_MONOXIDE,
    CONFIRMED,
    CORDON,
    DUAL_USE,
    EMPTY,
    FOOD,
    FROM,
    GOODS,
    IMPORTED,
    INNOCENT,
    NUCLEAR_MATERIAL,
    OTHER_COUNTRY,
    PESTICIDE,
    PLANTS,
    PNEUMONIC,
    POSSIBLY_SCHEDULED,
    RELEASE,
    RELEASE_LIKELY,
    RIVER,
    SHAKES_TAILINGS,
    STOLEN,
    SUSPICIOUS,
    TO,
    TWO_YES,
    UNIDENTIFIED,
    USUAL,
    VEHICLE,
    WASTE,
    ZOONOSIS,
    Traits,
)
from cbrn_schemas.catalogue.agents import Ihr, agents
from cbrn_schemas.catalogue.nuclides import d_values_Bq, source_category
from cbrn_schemas.catalogue.substances import cwc_hint, substance_traits, un_number_traits
from cbrn_schemas.events.nuclear import NuclearMaterial

if TYPE_CHECKING:
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.parts import Agent, IhrAnnex2, RadioactiveSource, Substance

HOME: Final = "KG"
MEMOISED: Final = 4096
"""Combinations kept by each memo below: strings and small sets, about 0.5 KiB each, 2 MiB a memo."""

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
    """Put together what each of them says. Lists are not remembered: one that somebody makes up may have 20 kB."""
    first = value[0]
    found = _of_substance(first.cas, first.name, first.un_number)
    for one in value[1:]:
        found = union(found, _of_substance(one.cas, one.name, one.un_number))
    return found


def _substance(value: Substance, _event: Any) -> Traits:
    return _of_substance(value.cas, value.name, value.un_number)


def _agent(value: Agent, _event: Any) -> Traits:
    found = _of_agent(value.code, value.confirmed)
    return union(found, PNEUMONIC) if value.form == "pneumonic" else found


def _origin(value: str, event: Any) -> Traits:
    """Read a country; of a release to the air it is the installation, of a declared movement the town."""
    if event.kind == "chemical-release":
        return VEHICLE if value == "vehicle" else EMPTY
    return FROM.get(value, EMPTY) if event.kind in _NO_FILE else _country(value, FROM)


def _destination(value: str, event: Any) -> Traits:
    return EMPTY if event.kind in _NO_FILE else _country(value, TO)


_NO_FILE: Final = frozenset({"trafficking", "hazmat-movement"})
"""Kinds whose destination is nobody's file: what is for named officers only, and what names towns."""


def _country(value: str, neighbours: dict[str, Traits]) -> Traits:
    """Name the neighbour that is meant; of the rest of the world, only that it is another country."""
    return neighbours.get(value, EMPTY if value == HOME else OTHER_COUNTRY)


def _sources(value: tuple[RadioactiveSource, ...], _event: Any) -> Traits:
    return _of_sources(tuple((source.nuclide, source.activity_Bq, source.category) for source in value))


_MEDIA: Final[dict[str, Traits]] = {
    "river": RIVER,
    "canal": RIVER,
    "vehicle": VEHICLE,
    "goods": GOODS,
    "scrap": GOODS,
    "drinking-water": frozenset({"drinking-water"}),
    "food": FOOD,
    "milk": FOOD,
    "feed": FOOD,
}


def _medium(value: str, event: Any) -> Traits:
    """Return the medium's traits; goods and food only where they are contaminated: a shipment is goods by its kind."""
    return EMPTY if value in {"goods", "food"} and event.kind != "contamination" else _MEDIA.get(value, EMPTY)


def _river(_value: str, event: Any) -> Traits:
    """Take a named river for reached; only a clear «it did not get there» says otherwise."""
    return EMPTY if event.reached_river is False else RIVER


def _burial(value: str, _event: Any) -> Traits:
    return _of_agent("anthrax") if value == "anthrax" else PESTICIDE if value == "pesticide" else EMPTY


def _grounds(value: tuple[str, ...], _event: Any) -> Traits:
    found = WASTE if "waste" in value else EMPTY
    return found if _LICENCE.isdisjoint(value) else found | DUAL_USE


_LICENCE: Final = frozenset({"dual-use", "no-licence"})
"""Grounds on which export control holds a cargo (resolution 1540, operative paragraph 3(c) and (d))."""


def _control_list(_value: str, event: Any) -> Traits:
    """Read that a cargo stands on a list of controlled goods; other kinds say so by what they are."""
    return DUAL_USE if event.kind in {"detained-shipment", "undeclared-shipment"} else EMPTY


def _shock(value: float, event: Any) -> Traits:
    """Mark a shock where tailings lie near, natural or not."""
    return SHAKES_TAILINGS if shakes_tailings(value, event.magnitude_type, event.where) else EMPTY


def _concerns(value: tuple[str, ...], _event: Any) -> Traits:
    return EMPTY.union(*(_CONCERNED.get(one, EMPTY) for one in value))


_CONCERNED: Final = {"animals": ANIMALS, "plants": PLANTS, "food": FOOD}


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
    """Take a theft for stolen goods; one that was stopped took nothing."""
    return STOLEN if value == "theft" and event.completed is not False else EMPTY


def _imported(value: str, _event: Any) -> Traits:
    return IMPORTED | FROM.get(value, EMPTY)


def _if_set(traits: Traits) -> Reader:
    return lambda _value, _event: traits


def _by_value(table: dict[str, Traits]) -> Reader:
    return lambda value, _event: table.get(value, EMPTY)


READERS: Final[dict[str, Reader]] = {
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
    "origin_country": lambda value, _event: _country(value, FROM),
    "destination_country": lambda value, _event: _country(value, TO),
    "waste": _if_set(WASTE),
    "basel_code": _basel,
    "grounds": _grounds,
    "concerns": _concerns,
    "control_list": _control_list,
    "cordon": _if_set(CORDON),
    "cordon_m": _if_set(CORDON),
    "zone": lambda value, _event: CORDON if value.cordon_m else EMPTY,
    "medium_exact": _medium,
    "stolen": _if_set(STOLEN),
    "what": _by_value({"theft": STOLEN}),
    "transmission": _by_value({"animal": ZOONOSIS, "person-to-person": frozenset({"person-to-person"})}),
    "burial": _burial,
    "ihr": _ihr,
    "imported_from": _imported,
    "emerging": _if_set(frozenset({"woah-trigger"})),
    "notifiable_as": _if_set(frozenset({"woah-trigger"})),
    "state": _by_value(
        dict.fromkeys(("leaking", "overtopped", "breached"), RELEASE)
        | dict.fromkeys(("threatened", "eroding"), RELEASE_LIKELY)
    ),
    "released": _if_set(RELEASE),
    "condition": _by_value({"leaking": RELEASE, "burning": RELEASE}),
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


Giving = tuple[str, Any, Traits]
"""A field, what it holds, and the traits that it gives the event."""


def giving(event: AnyEvent) -> list[Giving]:
    """List the fields of an event that give it traits: the evidence for them."""
    fields = [(name, read, getattr(event, name)) for name, read in readers_of(type(event))]
    return [(name, value, traits) for name, read, value in fields if value and (traits := read(value, event))]


@cache
def readers_of(kind: type[AnyEvent]) -> tuple[tuple[str, Reader], ...]:
    """List the readers of fields that a kind has, where they mean this: to ask a model for others is slow.

    A suspected explosion has a magnitude, but is suspicious by kind.
    """
    fields = kind.model_fields
    meant = fields.keys() if "suspicious" in fields else fields.keys() - {"magnitude"}
    return tuple((name, read) for name, read in READERS.items() if name in meant)


@lru_cache(maxsize=MEMOISED)
def _of_substance(cas: str | None, name: str | None, un_number: str | None) -> Traits:
    """Return what its CAS number proves, and what name and UN number hint at."""
    known = EMPTY if cas is None else substance_traits(cas)
    known |= un_number_traits().get(un_number or "", EMPTY)
    if cas == "630-08-0" or un_number == "1016" or _plain(name or "") in _CARBON_MONOXIDE:
        known |= CARBON_MONOXIDE
    return known if cwc_hint(cas, name, un_number) is None else known | POSSIBLY_SCHEDULED


def _plain(name: str) -> str:
    """Fold what a keyboard makes of one name: letters with marks apart, capitals, blanks."""
    return " ".join(normalize("NFC", name).casefold().split())


_CARBON_MONOXIDE: Final = frozenset({
    "carbon monoxide", "co", "угарный газ", "оксид углерода", "монооксид углерода", "окись углерода",
    "ис газы", "ис газ", "көмүр кычкыл газы",
})  # fmt: skip


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
def union(one: Traits, other: Traits) -> Traits:
    """Return both together, the same object for the same two."""
    return one | other
