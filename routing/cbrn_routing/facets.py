"""From an event and its place to the facets on which a decision may depend.

Traits are derived here, from the event's own fields and the catalogue's lists, in a closed vocabulary: a trait that is
present is a fact, one that is absent proves nothing. This runs for every event, so what an event type has to say is
worked out once, and sets are shared.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.decision import Facets
from cbrn_schemas.agents import Ihr, agents
from cbrn_schemas.events import lane_of
from cbrn_schemas.nuclides import source_category
from cbrn_schemas.substances import TRAITS as SUBSTANCE_TRAITS
from cbrn_schemas.substances import substance_traits

if TYPE_CHECKING:
    from cbrn_routing.jurisdiction import Located
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.parts import Agent, RadioactiveSource, Substance

Traits = frozenset[str]

EMPTY: Final[Traits] = frozenset()
"""The one empty set: most events have no traits, and nothing is built for them."""
AGENT_TRAITS: Final = frozenset({"zoonosis", "dangerous-disease", "ihr-notifiable", "woah-listed"})
"""What the list of agents says: passes from animals to people; on the list of especially dangerous infections; always
notified under IHR (2005) annex 2; listed by WOAH."""
EVENT_TRAITS: Final = frozenset({"river", "vehicle", "waste", "cordon", "stolen"})
"""What the event itself says: reached a river or canal; from or in a vehicle; is waste; a cordon is set or asked for;
was taken by a thief."""
CATEGORY_TRAITS: Final = tuple(f"d-category-{category}" for category in range(1, 6))
"""Category of a radioactive source, 1 the most dangerous (IAEA RS-G-1.9)."""
TRAITS: Final = SUBSTANCE_TRAITS | AGENT_TRAITS | EVENT_TRAITS | frozenset(CATEGORY_TRAITS)
"""The closed vocabulary of traits."""

MEMOISED: Final = 4096
"""Combinations kept by each memo below: strings and small sets, about 0.5 KiB each, 2 MiB a memo."""

RIVER: Final[Traits] = frozenset({"river"})
VEHICLE: Final[Traits] = frozenset({"vehicle"})
WASTE: Final[Traits] = frozenset({"waste"})
CORDON: Final[Traits] = frozenset({"cordon"})
STOLEN: Final[Traits] = frozenset({"stolen"})
ZOONOSIS: Final[Traits] = frozenset({"zoonosis"})
PESTICIDE: Final[Traits] = frozenset({"pesticide"})

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
        cas = value[0].cas
        return EMPTY if cas is None else substance_traits(cas)
    return _of_substances(tuple(substance.cas for substance in value if substance.cas is not None))


def _substance(value: Substance, event: Any) -> Traits:
    return _substances((value,), event)


def _agent(value: Agent, _event: Any) -> Traits:
    return _of_agent(value.code)


def _sources(value: tuple[RadioactiveSource, ...], _event: Any) -> Traits:
    return _of_sources(tuple((source.nuclide, source.activity_Bq, source.category) for source in value))


def _river(_value: str, event: Any) -> Traits:
    """A river is named; only a clear «it did not get there» says otherwise."""
    return EMPTY if event.reached_river is False else RIVER


def _burial(value: str, _event: Any) -> Traits:
    return _of_agent("anthrax") if value == "anthrax" else PESTICIDE if value == "pesticide" else EMPTY


def _grounds(value: tuple[str, ...], _event: Any) -> Traits:
    return WASTE if "waste" in value else EMPTY


def _basel(value: str, _event: Any) -> Traits:
    return _BASEL.get(value, WASTE)


def _if_set(traits: Traits) -> Reader:
    return lambda _value, _event: traits


def _by_value(table: dict[str, Traits]) -> Reader:
    return lambda value, _event: table.get(value, EMPTY)


_READERS: Final[dict[str, Reader]] = {
    "substances": _substances,
    "substance": _substance,
    "agent": _agent,
    "sources": _sources,
    "medium": _by_value({"river": RIVER, "canal": RIVER, "vehicle": VEHICLE}),
    "reached_river": _if_set(RIVER),
    "river": _river,
    "vehicle": _if_set(VEHICLE),
    "origin": _by_value({"vehicle": VEHICLE}),
    "waste": _if_set(WASTE),
    "basel_code": _basel,
    "grounds": _grounds,
    "cordon": _if_set(CORDON),
    "cordon_m": _if_set(CORDON),
    "stolen": _if_set(STOLEN),
    "what": _by_value({"theft": STOLEN}),
    "transmission": _by_value({"animal": ZOONOSIS}),
    "burial": _burial,
}
"""What each field says by itself; a field that is absent, empty or false says nothing."""


class _Shape(NamedTuple):
    """What an event type has that facets need."""

    lane: str
    readers: tuple[tuple[str, Reader], ...]
    has_exposed: bool
    suspects: tuple[str, ...]
    """The fields that may hold something unconfirmed."""


def facets_of(event: AnyEvent, place: Located) -> Facets:
    """The facets of an event at a place, ready for `Matcher.decide`."""
    lane, readers, has_exposed, _ = _shape(type(event))
    traits = EMPTY
    for name, read in readers:
        value = getattr(event, name)
        if value:
            found = read(value, event)
            if found:
                traits = _union(traits, found) if traits else found
    exposed = event.exposed if has_exposed else None  # type: ignore[union-attr] # only incidents have it
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
        place.country,
        place.neighbours,
        place.downstream,
        place.border,
        _as_set(exposed) if exposed else EMPTY,
        traits,
    )


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
        readers=tuple((name, read) for name, read in _READERS.items() if name in fields),
        has_exposed="exposed" in fields,
        suspects=tuple(name for name in ("substances", "substance", "agent") if name in fields),
    )


@lru_cache(maxsize=MEMOISED)
def _of_substances(numbers: tuple[str, ...]) -> Traits:
    return EMPTY.union(*map(substance_traits, numbers))


@lru_cache(maxsize=MEMOISED)
def _of_agent(code: str) -> Traits:
    agent = agents().get(code)
    if agent is None:
        return EMPTY
    flags = {
        "zoonosis": agent.zoonosis,
        "dangerous-disease": agent.dangerous,
        "ihr-notifiable": agent.ihr is Ihr.ALWAYS,
        "woah-listed": agent.woah,
    }
    return frozenset(name for name, holds in flags.items() if holds)


@lru_cache(maxsize=MEMOISED)
def _of_sources(sources: tuple[tuple[str, float | None, int | None], ...]) -> Traits:
    """The most dangerous of the stated categories and of the one that the activities amount to."""
    stated = [category for _, _, category in sources if category is not None]
    measured = source_category([(nuclide, activity) for nuclide, activity, _ in sources if activity is not None])
    categories = stated if measured is None else [*stated, measured]
    return frozenset({f"d-category-{min(categories)}"}) if categories else EMPTY


@lru_cache(maxsize=MEMOISED)
def _union(one: Traits, other: Traits) -> Traits:
    return one | other


@lru_cache(maxsize=MEMOISED)
def _as_set(exposed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(exposed)
