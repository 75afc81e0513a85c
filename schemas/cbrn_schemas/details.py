"""What an event says, field by field, in the language of whoever reads it: the one place that lays out an event.

Every screen that shows an alert shows these lines beside its headline: call-back number, zone, patients, substances
and whatever else its kind has. What the heads of screens say already (kind, severity, place, publisher, times, texts)
is left out. A code without a label is shown as it is.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.naming import place_name
from cbrn_schemas.catalogue.units import unit_of
from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.catalogue.written import amount, local_time
from cbrn_schemas.events.base import ExposedPlace, PatientGroup
from cbrn_schemas.events.foreign import Coded, ForeignArea, ForeignWords, Original
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.parts import Agent, Measurement, RadioactiveSource, Substance, Vehicle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language

HEAD: Final = frozenset(
    {"kind", "hazard", "body", "status", "observed", "reported", "severity", "texts", "situation", "station"}
    | {"message_type", "references", "reporter", "where"}
)
"""Fields that every screen shows at the head, or that are for machines."""
FIRST: Final = (
    "verified",
    "identified",
    "further_hazards",
    "contact",
    "zone",
    "exposed_places",
    "patients",
    "emergency",
)
"""Fields that are shown before those of the kind: what an officer acts on."""
BRIEF: Final = frozenset({*FIRST, "further_districts", "origin", "destination", "operator", "agent", "substances"})
"""Fields that a list has room for."""
SILENT: Final[Mapping[str, Any]] = {"urgency": "Unknown", "certainty": "Unknown", "tlp": "GREEN", "confirmed": True}
"""Values that say nothing."""
_PLACES: Final = frozenset(
    {"origin", "destination", "origin_country", "destination_country", "imported_from", "further_districts"}
)
"""Fields with the code of a country or a district."""
GROUPS: Final[Mapping[str, str]] = {
    "medium_exact": "medium",
    "further_hazards": "hazard",
    "what": "exposed",
    "near": "exposed",
    "exceeds": "limit",
    "threshold": "limit",
    "outcome": "limit",
}
"""The group of words for a field's codes, where it is not the field's own name."""


class Detail(NamedTuple):
    """One line: what it is, and what the event says."""

    field: str
    label: str
    text: str

    def __str__(self) -> str:
        return f"{self.label}: {self.text}"


def details(event: AnyEvent, lang: Language, *, brief: bool = False) -> tuple[Detail, ...]:
    """Lay out what the event says beyond the heads of screens, what one acts on first; if `brief`, that alone."""
    fields = type(event).model_fields
    names = (*(name for name in FIRST if name in fields), *(name for name in fields if name not in FIRST))
    found = [_detail(name, getattr(event, name), lang) for name in names if name not in HEAD]
    found.insert(0, _detail("further_districts", event.where.further_districts, lang))
    found.insert(1, _detail("spot", event.where.description, lang))
    return tuple(one for one in found if one.text and (not brief or one.field in BRIEF))


def value_text(name: str, value: Any, lang: Language) -> str:
    """Write one field's value as every screen does, also one that says little; empty where there is none."""
    return "" if value is None or value in ((), {}) else _text(name, value, lang)


def _detail(name: str, value: Any, lang: Language) -> Detail:
    return Detail(name, word("field", name, lang), "" if _is_silent(name, value) else _text(name, value, lang))


def _is_silent(name: str, value: Any) -> bool:
    return value is None or value in ((), {}) or SILENT.get(name) == value


def _text(name: str, value: Any, lang: Language) -> str:
    if isinstance(value, tuple):
        return "; ".join(_text(name, each, lang) for each in value)
    if isinstance(value, Measurement):
        return _measurement(value, lang)
    if isinstance(value, Model):
        writer = _WRITERS.get(type(value))
        return ", ".join(_parts(value, lang)) if writer is None else writer(value, lang)
    return _plain(name, value, lang)


def _plain(name: str, value: Any, lang: Language) -> str:
    match value:
        case bool():
            return word("facet", "yes" if value else "no", lang)
        case int() | float():
            return amount(value, unit_of(name) or "", lang)
        case datetime():
            return local_time(value)
        case date():
            return f"{value:%d.%m.%Y}"
    return _named(name, str(value), lang)


def _named(name: str, value: str, lang: Language) -> str:
    """Name a place or a code; a district that is in no catalogue with what that means, so that the slip is seen."""
    place = place_name(value, lang) if name in _PLACES else value
    if place != value:
        return place
    if name == "further_districts":
        doubt = word("doubt", "place-unknown", lang)
        return f"{value} ({doubt[0].lower()}{doubt[1:]})"
    return code_name(name, value, lang)  # the origin of a release is no country


def code_name(name: str, value: str, lang: Language) -> str:
    """Find the word for a code of a closed list; free text as it is."""
    for group in (GROUPS.get(name, name), "value"):
        label = words().get((group, value))
        if label is not None:
            return label.get(lang)
    return value


def _part(name: str, value: Any, lang: Language) -> str:
    """Write «cordon 200 m»; nothing where the field says nothing."""
    return "" if _is_silent(name, value) else f"{word('field', name, lang)} {_text(name, value, lang)}"


def _parts(value: Model, lang: Language) -> Iterator[str]:
    """Write «persons 40», «cordon 200 m»: each field that says something."""
    yield from filter(None, (_part(name, getattr(value, name), lang) for name in type(value).model_fields))


def _measurement(value: Measurement, lang: Language) -> str:
    of = value.nuclide or value.substance
    head = word("quantity", value.quantity, lang) + (f" ({of})" if of else "")
    parts = [f"{head} {_read(value, lang)}"]
    if value.limit_ratio is not None:
        parts.append(f"{amount(value.limit_ratio, '', lang)} × {word('field', 'limit_ratio', lang)}")
    if value.at:
        parts.append(value.at)
    return ", ".join(parts)


def _read(value: Measurement, lang: Language) -> str:
    """Write a reading with its uncertainty; one below what the instrument sees is no finding."""
    if value.detection_limit is not None and value.value < value.detection_limit:
        return f"{word('field', 'detection_limit', lang)} {amount(value.detection_limit, value.unit, lang)}"
    said = amount(value.value, value.unit, lang)
    return said if value.uncertainty is None else f"{said} ± {amount(value.uncertainty, value.unit, lang)}"


def _substance(value: Substance, lang: Language) -> str:
    parts = [value.name, value.cas and f"CAS {value.cas}", value.un_number and f"UN {value.un_number}"]
    parts += [amount(value.mass_kg, "kg", lang) if value.mass_kg is not None else None]
    parts += [amount(value.volume_m3, "m3", lang) if value.volume_m3 is not None else None]
    parts += [None if value.confirmed else word("doubt", "substance-unconfirmed", lang)]
    return ", ".join(filter(None, parts))


def _agent(value: Agent, lang: Language) -> str:
    known = agents().get(value.code)
    parts = [value.code if known is None else known.names.get(lang), value.strain]
    parts += [code_name("form", value.form, lang) if value.form else None]
    parts += [word("trait", "laboratory-confirmed", lang) if value.confirmed else word("explain", "unconfirmed", lang)]
    return ", ".join(filter(None, parts))


def _source(value: RadioactiveSource, lang: Language) -> str:
    parts = [value.nuclide, amount(value.activity_Bq, "Bq", lang) if value.activity_Bq is not None else None]
    parts += [_part("activity_on", value.activity_on, lang), _part("category", value.category, lang)]
    parts += [_part("sealed", value.sealed, lang), _part("shielded", value.shielded, lang), value.device, value.serial]
    return ", ".join(filter(None, parts))


def _vehicle(value: Vehicle, lang: Language) -> str:
    return ", ".join(filter(None, (code_name("mode", value.mode, lang), value.registration, value.description)))


def _exposed_place(value: ExposedPlace, lang: Language) -> str:
    """Write «school No. 5, people 620»."""
    parts = [value.name or word("exposed", value.what, lang)]
    parts += [f"{word('field', 'persons', lang)} {value.persons}"] if value.persons is not None else []
    return ", ".join(parts)


def _patients(value: PatientGroup, lang: Language) -> str:
    """Write «9, moderate, age 7-12»."""
    ages = [str(age) for age in dict.fromkeys((value.age_from, value.age_to)) if age is not None]
    parts = [str(value.persons), code_name("condition", value.condition, lang) if value.condition else ""]
    parts += [f"{word('field', 'ages', lang)} {'-'.join(ages)}"] if ages else []
    return ", ".join(filter(None, parts))


def _coded(value: Coded, _lang: Language) -> str:
    return f"{value.scheme} {value.value}"


def _foreign_area(value: ForeignArea, lang: Language) -> str:
    """Name an area; its lines are for maps."""
    codes = ", ".join(_coded(code, lang) for code in value.geocodes)
    return value.description or codes or word("ui", "unknown", lang)


def _foreign_words(value: ForeignWords, _lang: Language) -> str:
    """Write «kk-KZ: Аммиак шығарылуы. …»: the partner's own words, in its own language."""
    parts = (value.event, value.headline, value.description, value.instruction)
    return f"{value.language}: {' | '.join(' '.join(part.split()) for part in parts if part)}"


def _original(value: Original, lang: Language) -> str:
    """Write what arrived, from whom, and what its signature is worth."""
    signed = word("value", value.signature.state, lang)
    signer = f" ({value.signature.signer})" if value.signature.signer else ""
    by = value.signature.let_through_by
    parts = [value.format, value.sender, value.identifier, local_time(value.received), signed + signer]
    parts += [f"{word('field', 'let_through_by', lang)} {by}"] if by else []
    return ", ".join(parts)


_WRITERS: Final[Mapping[type, Callable[[Any, Language], str]]] = {
    Coded: _coded,
    ForeignArea: _foreign_area,
    ForeignWords: _foreign_words,
    Original: _original,
    Substance: _substance,
    Agent: _agent,
    RadioactiveSource: _source,
    Vehicle: _vehicle,
    ExposedPlace: _exposed_place,
    PatientGroup: _patients,
}
