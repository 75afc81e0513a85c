"""What a published type says of each of its fields, as a person wants to know it: form, values, unit, range, meaning.

Read from the JSON Schema, so that a template, a page and an editor say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.catalogue.written import number, unit
from cbrn_schemas.contracts.documents import UNIT
from cbrn_schemas.details import code_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_schemas.events.base import Language

MOST_SHOWN: Final = 100_000
"""An upper bound beyond it keeps slips of the keyboard out; nobody needs to read it."""
VALUES_SHOWN: Final = 12


class SchemaField(NamedTuple):
    """One field of a type."""

    name: str
    required: bool
    form: str
    """A code of the group `form`: `text`, `number`, `whole`, `truth`, `time`, `day`, `object`."""
    several: bool
    """A list of such."""
    allowed: tuple[Any, ...]
    """Of a closed list, its values."""
    unit: str | None
    least: str
    """Its range as signs: `≥ 0`, `> 0`."""
    most: str
    about: str
    """What its docstring says, in English."""
    default: Any
    part: str | None
    """The definition that describes it, where it is an object or a list of them."""
    by_language: bool
    """An object of such, by language."""
    chars: int | None = None
    """Of a text, the most characters that it may have; of a list of texts, of each."""
    items: tuple[int, int | None] = (0, None)
    """Of a list, how many it has at least and at most."""


def fields_of(schema: dict[str, Any], part: str | None = None) -> dict[str, SchemaField]:
    """Return the fields of a type by name, or of one of its parts."""
    described = schema if part is None else schema["$defs"][part]
    required = set(described.get("required", ()))
    return {name: _field(name, member, name in required) for name, member in described["properties"].items()}


def _field(name: str, member: dict[str, Any], required: bool) -> SchemaField:  # noqa: FBT001 - a field of the tuple
    kind = next((form for form in member.get("anyOf", ()) if form.get("type") != "null"), member)
    several = kind.get("type") == "array"
    items = (kind.get("minItems", 0), kind.get("maxItems"))
    kind = kind["items"] if several else kind
    by_language = "additionalProperties" in kind
    kind = kind["additionalProperties"] if by_language else kind
    reference = kind.get("$ref")
    return SchemaField(
        name,
        required,
        "object" if reference else _form(kind),
        several,
        tuple(kind["enum"]) if "enum" in kind else (kind["const"],) if "const" in kind else (),
        member.get(UNIT),
        f"> {kind['exclusiveMinimum']:g}" if "exclusiveMinimum" in kind else _bound("≥", kind.get("minimum")),
        _bound("≤", kind.get("maximum")),
        " ".join(member.get("description", "").split()),
        member.get("default"),
        reference and reference.rpartition("/")[2],
        by_language,
        kind.get("maxLength"),
        items,
    )


def _form(kind: dict[str, Any]) -> str:
    if kind.get("format") == "date-time":
        return "time"
    if kind.get("format") == "date":
        return "day"
    return {"integer": "whole", "boolean": "truth", "number": "number"}.get(kind.get("type", ""), "text")


def _bound(sign: str, value: float | None) -> str:
    return "" if value is None or abs(value) > MOST_SHOWN else f"{sign} {value:g}"


def told(field: SchemaField, lang: Language, *, parts: dict[str, SchemaField] | None = None) -> str:
    """Say on one line what a field is: meaning, whether it is required, form, unit and range, or its values.

    In English the meaning is what the docstring says, in other languages the label. `parts`: the fields of its object.
    """
    return "; ".join(filter(None, (meaning(field, lang), *facts(field, lang, parts=parts))))


def meaning(field: SchemaField, lang: Language) -> str:
    """Say what a field is; nothing where that is its name."""
    label = words().get(("field", field.name))
    if label is None or (lang == "en" and field.about):
        return field.about.rstrip(".")
    said = label.get(lang)
    return "" if said.casefold() == field.name.replace("_", " ") else said


def facts(
    field: SchemaField, lang: Language, *, parts: dict[str, SchemaField] | None = None, values: int = VALUES_SHOWN
) -> Iterator[str]:
    """Yield what must be known to write the field: required, form, unit, range, values."""
    if field.required:
        yield word("ui", "required", lang)
    if field.allowed:
        head = word("ui", "any-of" if field.several else "one-of", lang)
        if len(field.allowed) > 1 or field.several:
            yield f"{head}: {_listed(field, lang, values)}"
        return
    if field.form == "object" and not parts and not field.several:
        return  # its fields stand below
    form = word("form", field.form, lang)
    if parts:
        form += f" {word('ui', 'with', lang)} {', '.join(parts)}"
    if field.several:
        form = f"{word('form', 'list', lang)}: {form}"
    if field.unit not in {None, "1"}:
        form += f", {unit(field.unit or '', lang)}"
    yield ", ".join(filter(None, (form, field.least, field.most)))


def _listed(field: SchemaField, lang: Language, most: int) -> str:
    """List the values of a closed list, with what they mean where that is not the English word itself."""
    shown = [_named(field.name, value, lang) for value in field.allowed[:most]]
    return ", ".join(shown) + (", ..." if len(field.allowed) > most else "")


def _named(name: str, value: Any, lang: Language) -> str:
    if not isinstance(value, str):
        return number(value, lang)
    meant = value if lang == "en" else code_name(name, value, lang)
    return value if meant == value else f"{value} ({meant})"
