"""Events with everything in them, and agreements: what sharing is tried on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, get_args, get_origin

from tests.builders.golden import example

from cbrn_routing.sharing import Agreement
from cbrn_routing.sharing.vocabulary import FRAME, leaves, missing, names_of
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.events import EVENT_TYPES, AnyEvent, Incident
from cbrn_schemas.events.model import Part

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ENDLESS = {"valid_from": "2020-01-01"}
_BASIS = {
    "instrument": "example-agreement",
    "article": "Article 1",
    "since": "2020-01-01",
    "source": "a test",
    "confidence": "low",
}
_GUESSES: tuple[Any, ...] = (
    *("a line of words", "KZ", "Cs-137", "41703430", "2027-01-02T09:00:00Z", "2027-01-02", "67-56-1", "1689"),
    *("8401", "Y10", "a-code", "anthrax", 1, 2, 1.5, True),
)


def agreement(**changes: Any) -> Agreement:
    """Make an agreement with Kazakhstan over dose rates, with what is changed."""
    return Agreement.model_validate(written(**changes))


def written(**changes: Any) -> dict[str, Any]:
    """Write what `agreement` makes."""
    return {
        "partner": "kz",
        "version": 1,
        "title": {"ky": "бир келишим", "ru": "соглашение", "en": "an agreement"},
        "basis": [_BASIS],
        **ENDLESS,
        "hazards": ["radiological", "nuclear", "chemical", "biological"],
        "kinds": ["gamma-dose-rate"],
        "fields": ["certainty", "reading"],
        "place": "district",
        "tlp": "AMBER",
        "release": {"persons": 1, "bodies": ["mfa"], "within": "24h"},
        "formats": ["cap"],
        "signatures": {"demand": "optional"},
        **changes,
    }


def allowing(kind: str, *names: str, **changes: Any) -> Agreement:
    """Make an agreement over one kind that allows these names, and what the kind cannot do without."""
    wanted = dict.fromkeys(name for name in names if name in names_of(kind))
    exact = changes.get("place", "district") == "exact"
    while True:
        lacking = missing(kind, frozenset(leaf for name in wanted for leaf in leaves(name, exact=exact)))
        if not lacking:
            return agreement(kinds=[kind], fields=list(wanted), **changes)
        wanted |= dict.fromkeys(lacking)


@cache
def filled(kind: str) -> AnyEvent:
    """Make an event of the kind in which every field says something that may."""
    model = EVENT_TYPES[kind]
    said = example(kind) | {"situation": "KG-2026-telling"} if issubclass(model, Incident) else example(kind)
    for name, field in model.model_fields.items():
        for guess in (
            () if name in FRAME or name == "where" or _is_plain(said.get(name)) else _guesses(field.annotation)
        ):
            try:
                model.model_validate_json(json.dumps({**said, name: guess}))
            except InvalidEventError:
                continue
            said[name] = guess
            break
    return model.model_validate_json(json.dumps(said))


def _is_plain(value: Any) -> bool:
    """Tell whether something stands there already that has no parts which might be lacking."""
    return value not in (None, [], {}) and "{" not in json.dumps(value)


def leaves_of(value: dict[str, Any]) -> set[str]:
    """Return the dotted names in an event's JSON, without places in lists and without languages."""
    found: set[str] = set()
    for name, content in value.items():
        found.add(name)
        parts = content.values() if name == "texts" else content if isinstance(content, list) else [content]
        found |= {f"{name}.{each}" for part in parts if isinstance(part, dict) for each in part}
    return found


def strings_of(value: Any) -> list[str]:
    """Return every text within a JSON value."""
    if isinstance(value, dict):
        return [each for part in value.values() for each in strings_of(part)]
    if isinstance(value, list):
        return [each for part in value for each in strings_of(part)]
    return [value] if isinstance(value, str) else []


_READING: dict[str, Any] = {
    "value": 2.5,
    "unit": "uSv/h",
    "at": "at the bridge",
    "nuclide": "Cs-137",
    "limit_ratio": 2.0,
}
_PARTS: dict[str, dict[str, Any]] = {
    "Agent": {"code": "anthrax", "confirmed": False, "strain": "a strain"},
    "DoseRate": _READING,
    "Emergency": {"degree": "II", "regime": "emergency"},
    "ExposedPlace": {"what": "school", "name": "School No. 5", "persons": 7},
    "IdentifiedNuclide": {"nuclide": "Cs-137", "activity_Bq": 1000.0},
    "IhrAnnex2": {"serious": True, "unusual": False},
    "Measurement": {"quantity": "ambient-dose-equivalent-rate", **_READING, "substance": "cyanide"},
    "Operator": {"name": "a firm", "licence": "12", "contact": "+996 312 00 00 00"},
    "PatientGroup": {"persons": 2, "condition": "mild", "age_from": 5, "age_to": 50},
    "RadioactiveSource": {"nuclide": "Cs-137", "activity_Bq": 5e9, "category": 4, "device": "a gauge", "serial": "7"},
    "Substance": {"name": "Sodium cyanide", "cas": "143-33-9", "un_number": "1689", "mass_kg": 7.0, "confirmed": False},
    "Text": {"headline": "a headline", "description": "a description", "instruction": "an instruction"},
    "Vehicle": {"mode": "road", "registration": "01KG123", "description": "at the gate of the mill"},
    "Zone": {"persons": 9, "hazard_radius_m": 300.0, "cordon_m": 100.0, "protective_equipment": ["gloves"]},
}


def _guesses(annotation: Any) -> list[Any]:
    """List values that a field of this type may take; which of them it takes, its model says."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        part = _PARTS.get(annotation.__name__)
        return [] if part is None else [part]
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return list(inside)
    if origin is tuple:
        return [[guess] for guess in _guesses(inside[0])]
    if origin is dict:
        return [dict.fromkeys(("ky", "ru", "en"), guess) for guess in _guesses(inside[1])]
    if inside:  # a union, or something annotated
        return [guess for each in inside for guess in _guesses(each)]
    return [] if annotation is type(None) else list(_GUESSES)
