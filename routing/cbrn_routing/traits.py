"""The closed vocabulary of traits: facts beside kind, place and severity on which a rule may depend.

A trait that is present is a fact, one that is absent proves nothing. Sets of one are shared: this runs for every event.
"""

from __future__ import annotations

from typing import Final

from cbrn_schemas.catalogue.substances import TRAITS as SUBSTANCE_TRAITS

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
RED: Final = "tlp-red"
STRICT: Final = "tlp-amber-strict"
HANDLING_TRAITS: Final = frozenset({RED, STRICT})
"""For whose eyes it is (Traffic Light Protocol 2.0): for named persons alone, or for the members alone. The matcher
reads them; a rule only to name by kind whom a general rule would have told."""
SCENE_TRAITS: Final = frozenset(
    {
        "animals",
        "carbon-monoxide",
        "drinking-water",
        "food",
        "person-to-person",
        "plants",
        "shakes-tailings",
        "suspicious",
    }
)
"""Animals suffer from it; a gas that a stove makes and no border sees; water that people drink; what people or animals
eat; passes between people; plants suffer from it; a natural shock strong enough near tailings; a shock that does not
look natural."""
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

RIVER: Final[Traits] = frozenset({"river"})
VEHICLE: Final[Traits] = frozenset({"vehicle"})
GOODS: Final[Traits] = frozenset({"goods"})
FOOD: Final[Traits] = frozenset({"food"})
WASTE: Final[Traits] = frozenset({"waste"})
ANIMALS: Final[Traits] = frozenset({"animals"})
PLANTS: Final[Traits] = frozenset({"plants"})
CORDON: Final[Traits] = frozenset({"cordon"})
STOLEN: Final[Traits] = frozenset({"stolen"})
ZOONOSIS: Final[Traits] = frozenset({"zoonosis"})
PESTICIDE: Final[Traits] = frozenset({"pesticide"})
UNIDENTIFIED: Final[Traits] = frozenset({"unidentified-agent"})
POSSIBLY_SCHEDULED: Final[Traits] = frozenset({"cwc-possible"})
TWO_YES: Final[Traits] = frozenset({"ihr-two-yes"})
IMPORTED: Final[Traits] = frozenset({"imported"})
FROM: Final[dict[str, Traits]] = {country: frozenset({trait}) for country, trait in ORIGINS.items()}
TO: Final[dict[str, Traits]] = {country: frozenset({trait}) for country, trait in DESTINATIONS.items()}
OTHER_COUNTRY: Final[Traits] = frozenset({"other-country"})
PNEUMONIC: Final[Traits] = frozenset({"pneumonic"})
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
