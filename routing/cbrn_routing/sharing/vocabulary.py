"""The closed vocabulary of an agreement's `fields`, derived from the models of the events.

A name is a field of an event (`substances`, `river`) or of one of its parts (`texts.headline`, `measurements.at`).
What this room does not know cannot be named, and what is not named does not leave.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

from pydantic_core import PydanticUndefined

from cbrn_schemas.events import EVENT_TYPES
from cbrn_schemas.events.base import LINE_PATTERN, PROSE_PATTERN
from cbrn_schemas.events.model import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic.fields import FieldInfo

FRAME: Final = ("kind", "hazard", "body", "status", "message_type", "observed", "reported", "tlp")
"""What every message says of itself. Kinds, hazards and marks are the agreement's own clauses; without the others
nobody could tell an exercise, or whose word it is."""
REPLACED: Final = ("situation", "station")
"""Names that machines compare, and that people make telling (`KG-2026-minkush-truck`): where they are not named, an
opaque one stands in their place, the same each time."""
ID: Final = "id"
"""Names the event, and beside it the system that said it: both are the agency's own words, and travel outside the event
(`ce_id`, `ce_source`, CAP's `identifier`). Where it is not named, opaque ones stand in their place."""
REFERENCES: Final = "references"
"""Ids of earlier events: as opaque as those are."""
WHERE: Final = "where"
"""Goes along as exactly as the agreement's `place` says, whether or not it is listed."""
TEXTS: Final = "texts"
"""In place of a headline that is not named stand words of the catalogue."""
_FINE: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "Measurement": frozenset({"at"}),
        "DoseRate": frozenset({"at"}),
        "ExposedPlace": frozenset({"name"}),
        "Vehicle": frozenset({"description"}),
    }
)
"""Parts of parts that say where something is by their very nature, or in free words: to name `measurements` does not
name `measurements.at`, unless the place goes along exactly."""
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"Substance": ("name", "cas", "un_number")})
"""Parts that say something by any of these: whoever names one names all, or one that says it by another is lost."""
_SAYS_NOTHING: Final = (None, (), "Unknown", "unknown", PydanticUndefined)


@cache
def parts_of(kind: str) -> Mapping[str, type[Part] | None]:
    """Return the fields of a kind, each with the part that it holds, one or a list of them; None for a plain value."""
    fields = EVENT_TYPES[kind].model_fields
    return MappingProxyType({name: next(_parts(field.annotation), None) for name, field in fields.items()})


def _parts(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts(argument)


@cache
def names() -> tuple[str, ...]:
    """List every name that an agreement may hold, sorted."""
    return tuple(sorted({name for kind in EVENT_TYPES for name in names_of(kind)}))


@cache
def names_of(kind: str) -> frozenset[str]:
    """Return the names that say something of this kind."""
    found = {ID}
    for name, part in parts_of(kind).items():
        if name in FRAME:
            continue
        found.add(name)
        if part is not None and name != WHERE:
            found.update(f"{name}.{each}" for each in part.model_fields)
    return frozenset(found)


@cache
def fine() -> frozenset[str]:
    """Return the names that a group does not bring along where the place does not go along exactly."""
    held = ((name, part) for kind in EVENT_TYPES for name, part in parts_of(kind).items() if part is not None)
    return frozenset(f"{name}.{each}" for name, part in held for each in _FINE.get(part.__name__, ()))


@cache
def free_texts() -> frozenset[str]:
    """Return the names of what people write in their own words, which may name a place or a person."""
    found: set[str] = set()
    for kind in EVENT_TYPES:
        for name, part in parts_of(kind).items():
            fields = EVENT_TYPES[kind].model_fields if part is None else part.model_fields
            inner = {name: fields[name]} if part is None else {f"{name}.{each}": fields[each] for each in fields}
            found.update(each for each, field in inner.items() if _is_free(field.annotation, field.metadata))
    return frozenset(found)


def _is_free(annotation: Any, metadata: Iterable[Any]) -> bool:
    if any(getattr(each, "pattern", None) in {LINE_PATTERN, PROSE_PATTERN} for each in metadata):
        return True
    inside = getattr(annotation, "__metadata__", ())
    return any(_is_free(each, ()) for each in get_args(annotation)) or bool(inside and _is_free(None, inside))


def leaves(name: str, *, exact: bool) -> frozenset[str]:
    """Return what naming a field lets through: itself, what it is in, and its parts but the fine ones."""
    top = name.partition(".")[0]
    if top != name:
        return frozenset({top, name})
    within = (each for each in names() if each.startswith(f"{name}."))
    return frozenset({name, *(each for each in within if exact or each not in fine())})


def missing(kind: str, granted: frozenset[str]) -> tuple[str, ...]:
    """Return the names without which what is let through of a kind would be no event, or say what nobody said.

    `granted` holds the leaves. A count of 0 that stands where none was let through would be a false report.
    """
    lacking: list[str] = []
    for name, field in EVENT_TYPES[kind].model_fields.items():
        if name in {*FRAME, *REPLACED, WHERE, TEXTS}:
            continue
        if _speaks(field) and name not in granted:
            lacking.append(name)
        part = parts_of(kind)[name]
        if part is not None and name in granted:
            lacking += [each for each in _needed(name, part, granted) if each not in granted]
    return tuple(lacking)


def needed(kind: str) -> frozenset[str]:
    """Return the names without which the kind cannot be told, and those of a part that its part cannot do without."""
    every = missing(kind, frozenset())
    held = (name for name, part in parts_of(kind).items() if part is not None)
    return frozenset(every) | {each for name in held for each in missing(kind, frozenset({*every, name}))}


def _needed(name: str, part: type[Part], granted: frozenset[str]) -> Iterator[str]:
    for each, field in part.model_fields.items():
        if _speaks(field):
            yield f"{name}.{each}"
    group = [f"{name}.{each}" for each in _ONE_OF.get(part.__name__, ())]
    if granted & {name, *group}:
        yield from group


def _speaks(field: FieldInfo) -> bool:
    """Tell whether a field must be there, or says something when it is left out."""
    if field.is_required():
        return True
    constant = get_origin(field.annotation) is Literal and get_args(field.annotation) == (field.default,)
    return not constant and field.default not in _SAYS_NOTHING
