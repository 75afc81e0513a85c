"""The data of an event written into the fields of its form: an example, a draft to begin with, an earlier report."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from cbrn_consumers.desk.report.reading import is_fixed, is_measure
from cbrn_consumers.desk.report.typed import ROWS
from cbrn_consumers.desk.report.written import (
    day_written,
    measure_of,
    number_written,
    time_written,
    truth_written,
)
from cbrn_schemas.contracts import event_document
from cbrn_schemas.contracts.fields import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from cbrn_consumers.desk.report.typed import Typed
    from cbrn_schemas.contracts.fields import SchemaField

_PER_REPORT: Final = frozenset({"observed", "reported", "references", "message_type"})
"""What the next report about a situation says anew."""
_TAG_BYTES: Final = 2


def filled(kind: str, event: Mapping[str, Any]) -> Typed:
    """Return what would have been typed for an event, given as JSON has it."""
    schema = event_document(kind).schema
    return dict(_object(schema, fields_of(schema), event, ""))


def proposed(kind: str, now: datetime) -> Typed:
    """Return what a new form begins with: a name for the situation that no other has, the time."""
    fields = fields_of(event_document(kind).schema)
    begun: Typed = {"observed": [time_written(now.replace(second=0, microsecond=0).isoformat())]}
    if "message_type" in fields:
        begun["situation"] = [f"KG-{now:%Y-%m-%d}-{kind}-{secrets.token_hex(_TAG_BYTES)}"]
    for name, field in fields.items():
        if field.part is not None and field.several and (field.required and field.items[0]):
            begun[f"{name}{ROWS}"] = ["1"]
    return begun


def continued(kind: str, event: Mapping[str, Any], event_id: str, message_type: str, now: datetime) -> Typed:
    """Return a form for the next report about a situation: what was said before, as an update or the end of it."""
    kept = {name: value for name, value in event.items() if name not in _PER_REPORT}
    new = {"message_type": message_type, "references": [event_id], "observed": now.isoformat(timespec="minutes")}
    return filled(kind, {**kept, **new})


def _object(
    schema: dict[str, Any], fields: Mapping[str, SchemaField], values: Mapping[str, Any], path: str
) -> Iterator[tuple[str, list[str]]]:
    for name, value in values.items():
        field = fields.get(name)
        if field is None or value is None or is_fixed(field) or (name == "quantity" and is_measure(fields)):
            continue
        if name == "unit" and is_measure(fields):
            quantity = values.get("quantity", fields["quantity"].default)
            yield f"{path}{name}", [measure_of(quantity, value)]
        else:
            yield from _value(schema, field, value, f"{path}{name}")


def _value(schema: dict[str, Any], field: SchemaField, value: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if field.part is None:
        yield path, _texts(field, value)
        return
    fields = fields_of(schema, field.part)
    if field.by_language:
        for lang, text in value.items():
            yield from _object(schema, fields, text, f"{path}.{lang}.")
    elif field.several:
        yield f"{path}{ROWS}", [str(len(value))]
        for row, item in enumerate(value):
            yield from _object(schema, fields, item, f"{path}.{row}.")
    else:
        yield from _object(schema, fields, value, f"{path}.")


def _texts(field: SchemaField, value: Any) -> list[str]:
    if field.several:
        return [str(each) for each in value] if field.allowed else ["\n".join(map(str, value))]
    if isinstance(value, bool):
        return [truth_written(value)]
    if isinstance(value, int | float):
        return [number_written(value)]
    return [_WRITERS.get(field.form, str)(value)]


_WRITERS: Final[Mapping[str, Callable[[str], str]]] = {"time": time_written, "day": day_written}
