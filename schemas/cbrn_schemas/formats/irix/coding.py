"""Words of ours in the closed lists of IRIX 1.0."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cbrn_schemas.events import AnyEvent

CONFIDENTIALITY: Final = {
    "CLEAR": "Free for Public Use",
    "GREEN": "For Authority Use Only",
    "AMBER": "For Authority Use Only",
    "AMBER+STRICT": "For Addressees Use Only",
    "RED": "For Addressees Use Only",
}
"""By TLP 2.0: GREEN may go round a community of authorities, AMBER to those in it who need it, RED to persons."""
TYPES: Final = {
    "orphan-source": "Discovered Dangerous Source",
    "lost-source": "Missing Dangerous Source",
    "transport-accident": "Transport Event",
}
OTHER: Final = "Other"
CLASSES: Final = {
    "general-emergency": "General Emergency",
    "site-area-emergency": "Site Area Emergency",
    "facility-emergency": "Facility Emergency",
    "alert": "Alert",
}
FIFTH_CLASS: Final = "Other nuclear or radiological emergency"
"""GSR Part 7, 5.14; IRIX lists the four before it."""
ACTIONS: Final = {
    "sheltering": "Sheltering",
    "evacuation": "Evacuation",
    "stable-iodine": "Stable Iodine Prophylaxis",
    "food-restrictions": "Food Restrictions",
    "water-restrictions": "Restriction on Water Use",
    "access-restrictions": "Access Restrictions",
    "decontamination": "Urgent Decontamination",
    "registration": "Registration for Follow-Up",
}
ORDERED: Final = "Ordered"
"""An event says «taken or ordered»: the less of both."""
COMPARTMENTS: Final = {"air": "Air", "water": "Water", "air-and-water": "Air and Water"}
RELEASES: Final = {
    "has-occurred": ("Has Occurred", None),
    "has-not-occurred": ("Has Not Occurred", None),
    "likely": ("Unknown", "Likely to Occur"),
    "unlikely": ("Unknown", "Unlikely to Occur"),
    "unknown": ("Unknown", None),
}
"""Actual and future release. Whoever expects one has not said that there was none so far."""
SAMPLES: Final = {
    "air": "A11",
    "drinking-water": "A22",
    "water": "A20",
    "river": "A211",
    "lake": "A212",
    "groundwater": "A213",
    "wastewater": "A23",
    "soil": "A3",
    "sediment": "A6",
    "deposition": "A4",
    "snow": "A423",
}
"""EURDEP's sample types by medium; others are described in words."""
_FOOD: Final = frozenset({"food", "plant"})
_GOODS: Final = frozenset({"goods", "scrap", "vehicle"})
_DRUNK: Final = frozenset({"drinking-water", "milk"})


@cache
def nuclides() -> frozenset[str]:
    """Return the 409 nuclides that IRIX names; others are described in words."""
    text = files("cbrn_schemas.formats.irix").joinpath("data", "nuclides.csv").read_text(encoding="utf-8")
    return frozenset(text.split()[1:])


def type_of(event: AnyEvent) -> str:
    """Return IRIX's type of an event, «Other» where none says what ours does."""
    return TYPES.get(event.kind) or _BY_KIND.get(event.kind, _other)(event)


def _other(_: AnyEvent) -> str:
    return OTHER


def _facility(event: AnyEvent) -> str:
    return "Nuclear Installation Event" if event.hazard == "nuclear" else OTHER


def _contamination(event: AnyEvent) -> str:
    medium, exact = getattr(event, "medium", None), getattr(event, "medium_exact", None)
    if medium in _FOOD or exact in _DRUNK:
        return "Contamination in Food / Drinking Water"
    return "Contamination in Commodities" if medium in _GOODS else OTHER


def _overexposure(event: AnyEvent) -> str:
    return "Severe Overexposure" if getattr(event, "symptoms", None) else OTHER


def _sabotage(event: AnyEvent) -> str:
    threatened = getattr(event, "act", None) == "threat" and not getattr(event, "completed", None)
    return "Credible Threat" if threatened else "Malicious Act"


def _deliberate(event: AnyEvent) -> str:
    return "Malicious Act" if event.deliberate else OTHER


_BY_KIND: Final[Mapping[str, Callable[[AnyEvent], str]]] = {
    "facility-emergency": _facility,
    "contamination": _contamination,
    "overexposure": _overexposure,
    "sabotage": _sabotage,
    "trafficking": _deliberate,
}
