"""A form read into the data of an event: no more than what was typed, in the shape that the kind's schema has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from cbrn_consumers.desk.report import places
from cbrn_consumers.desk.report.typed import PLACE, UNIT, rows_of, text_at, texts_at
from cbrn_consumers.desk.report.written import day_read, measured, number_read, time_read, truth_read
from cbrn_schemas.contracts import event_document
from cbrn_schemas.contracts.fields import fields_of
from cbrn_schemas.events import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_consumers.desk.report.typed import Typed
    from cbrn_schemas.contracts.fields import SchemaField

OWN: Final = frozenset({"kind", "body", "status"})
"""What no person writes: the kind was chosen, the body is the account's, and the realm says whether it is real."""
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


class PlaceMistake(NamedTuple):
    """A place by name that is none, or several."""

    problem: str
    """A code of the group `mistake`."""
    offered: tuple[str, ...]
    """Codes of those that may be meant."""


class Answers(NamedTuple):
    """What a form says."""

    event: dict[str, Any]
    rows: Mapping[str, str]
    """Of each row of a list, where it stands in the form: `substances.0` may be the second row, below an empty one."""
    place: PlaceMistake | None = None


def is_fixed(field: SchemaField) -> bool:
    """Tell whether a field leaves nothing to say."""
    return field.name in OWN or (len(field.allowed) == 1 and not field.several)


def is_measure(fields: Mapping[str, SchemaField]) -> bool:
    """Tell whether an object is a measurement: what is measured and its unit are one choice."""
    return "quantity" in fields and "unit" in fields


def read(kind: str, typed: Typed, fixed: Mapping[str, Any]) -> Answers:
    """Read what was typed into a kind's form; `fixed` is what nobody types (`OWN`)."""
    return _Reader(kind, typed).answers(fixed)


class _Reader:
    def __init__(self, kind: str, typed: Typed) -> None:
        self._schema = event_document(kind).schema
        self._typed = typed
        self._rows: dict[str, str] = {}

    def answers(self, fixed: Mapping[str, Any]) -> Answers:
        event = {**fixed, **self._object(fields_of(self._schema), "")}
        where = event.get("where", {})
        wrong = self._place(where)
        if where:
            event["where"] = where
        return Answers(event, self._rows, wrong)

    def _object(self, fields: Mapping[str, SchemaField], path: str) -> dict[str, Any]:
        """Read an object; empty where it says nothing beyond its defaults."""
        said: dict[str, Any] = {}
        for name, field in fields.items():
            if is_fixed(field) or (name == "quantity" and is_measure(fields)):
                continue
            value = self._value(field, f"{path}{name}")
            if value is None:
                continue
            if name == "unit" and is_measure(fields):
                said["quantity"], value = measured(value)
            said[name] = value
        return said if any(fields[name].default != value for name, value in said.items()) else {}

    def _value(self, field: SchemaField, path: str) -> Any:
        """Read a field; None where nothing was said."""
        if field.part is None:
            return self._many(field, path) if field.several else self._one(field, path)
        fields = fields_of(self._schema, field.part)
        if field.by_language:
            found = {lang: self._object(fields, f"{path}.{lang}.") for lang in LANGUAGES}
            return {lang: text for lang, text in found.items() if text} or None
        if field.several:
            return self._list(field, fields, path)
        return self._object(fields, f"{path}.") or None

    def _list(self, field: SchemaField, fields: Mapping[str, SchemaField], path: str) -> list[Any] | None:
        items: list[Any] = []
        for row in range(rows_of(self._typed, path)):
            item = self._object(fields, f"{path}.{row}.")
            if item:
                self._rows[f"{path}.{len(items)}"] = f"{path}.{row}"
                items.append(item)
        return self._or_none(field, items)

    def _many(self, field: SchemaField, path: str) -> list[Any] | None:
        texts = texts_at(self._typed, path)
        if not field.allowed:
            texts = [places.code_meant(field.name, line.strip()) for text in texts for line in text.split("\n")]
        return self._or_none(field, [text for text in texts if text])

    @staticmethod
    def _or_none(field: SchemaField, items: list[Any]) -> list[Any] | None:
        """Leave an empty list out, but where it says something: a spectrum in which nothing was found."""
        return items if items or (field.required and not field.items[0]) else None

    def _one(self, field: SchemaField, path: str) -> Any:
        text = text_at(self._typed, path)
        if not text:
            return None
        match field.form:
            case "number" | "whole":
                return number_read(text, field.unit or "", text_at(self._typed, f"{path}{UNIT}"))
            case "truth":
                return truth_read(text)
            case "time":
                return time_read(text)
            case "day":
                return day_read(text)
        return text if field.allowed else places.code_meant(field.name, text)

    def _place(self, where: dict[str, Any]) -> PlaceMistake | None:
        """Put the place by its name into the field that it belongs into."""
        name = text_at(self._typed, PLACE)
        if not name:
            return None
        found = places.found(name)
        if not isinstance(found, dict):
            return PlaceMistake("place-several" if found.exact else "place-unknown", found.codes)
        if any(where.get(field, value) != value for field, value in found.items()):
            return PlaceMistake("place-twice", ())
        where |= found
        return None
