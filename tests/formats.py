"""`python -m tests.formats`: write into `docs/formats.md` what each standard carries of an event, as it is found to be.

Each field of each kind's example is changed or left out, and the documents are compared: where does it show?
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tests.pages import ROOT, rewrite

from cbrn_schemas.catalogue.words import word
from cbrn_schemas.contracts.template import example
from cbrn_schemas.errors import BusError
from cbrn_schemas.events import EVENT_TYPES, parse_event
from cbrn_schemas.formats import irix
from cbrn_schemas.formats.cap.documents import Message, document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_schemas.events import AnyEvent

PAGE: Final = ROOT / "docs" / "formats.md"
BEGIN: Final = "<!-- written by `uv run python -m tests.formats` -->\n"
END: Final = "<!-- end of what is written -->\n"
_PARAMETER: Final = re.compile(rb"<parameter>\n<valueName>kg\.cbrn:.*?</parameter>\n", re.DOTALL)
NOT_ASKED: Final = frozenset({"kind", "hazard", "body"})
"""What decides which event it is at all; and no standard is asked whether it carries that."""
ORDER: Final = ("element", "words", "parameter", "no")


def table() -> str:
    """Return the table, a row a field."""
    found: dict[str, tuple[set[str], set[str], int]] = {}
    for kind in EVENT_TYPES:
        for field, in_cap, in_irix in _fields(kind):
            cap, reports, kinds = found.get(field, (set(), set(), 0))
            found[field] = (cap | {in_cap}, reports | ({in_irix} if in_irix else set()), kinds + 1)
    lines = ["| field | what it is | kinds | CAP 1.2 | IRIX 1.0 |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{field}` | {word('field', field, 'en')} | {kinds} | {_said(cap)} | {_said(reports)} |"
        for field, (cap, reports, kinds) in sorted(found.items())
    ]
    return "\n" + "\n".join(lines) + "\n\n"


def _said(ways: set[str]) -> str:
    return ", ".join(way for way in ORDER if way in ways) or "–"


def _fields(kind: str) -> Iterator[tuple[str, str, str | None]]:
    data = example(kind)
    whole = _event(data)
    assert whole is not None
    for field in data.keys() - NOT_ASKED:
        changed = map(_event, _changed(data, field))
        other = next((event for event in changed if event is not None and event != whole), None)
        if other is not None:
            yield field, _in_cap(whole, other), _in_irix(_radiological(whole), _radiological(other))


def _event(data: dict[str, Any]) -> AnyEvent | None:
    try:
        event = parse_event(msgspec.json.encode(data))
        document(Message("id", event))
    except BusError:  # not every change makes an event
        return None
    return event


def _radiological(event: AnyEvent) -> AnyEvent:
    """Return the event as one of IRIX's hazards, where its kind may have one."""
    for hazard in irix.HAZARDS:
        data = event.model_dump(mode="json", exclude_none=True) | {"hazard": hazard}
        if (found := _event(data)) is not None:
            return found
    return event


def _changed(data: dict[str, Any], field: str) -> Iterator[dict[str, Any]]:
    """Give the event with another value, or without any."""
    yield {name: value for name, value in data.items() if name != field}
    value = data[field]
    schema = EVENT_TYPES[data["kind"]].model_json_schema()["properties"][field]
    yield from (data | {field: other} for other in schema.get("enum", ()) if other != value)
    if isinstance(value, str):
        try:
            yield data | {field: (datetime.fromisoformat(value) + timedelta(minutes=1)).isoformat()}
        except ValueError:
            yield data | {field: f"{value}-x"}
    elif isinstance(value, (int, float)):
        yield data | {field: value + 1}
    elif isinstance(value, dict):
        yield from (data | {field: inner} for name in value for inner in _changed_inside(value, name))
    elif isinstance(value, list):
        yield data | {field: value[:-1]}
        parts = value[0] if value and isinstance(value[0], dict) else {}
        yield from (data | {field: [inner]} for name in parts for inner in _changed_inside(parts, name))


def _changed_inside(value: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    inner = value[name]
    if isinstance(inner, (int, float)) and not isinstance(inner, bool):
        yield value | {name: inner * 2 + 1}
    yield {key: one for key, one in value.items() if key != name}


def _in_cap(one: AnyEvent, other: AnyEvent) -> str:
    documents = [document(Message("id", each)) for each in (one, other)]
    bare = [_PARAMETER.sub(b"", each) for each in documents]
    if bare[0] != bare[1]:
        return "element"
    return "parameter" if documents[0] != documents[1] else "no"


def _in_irix(one: AnyEvent, other: AnyEvent) -> str | None:
    if one.hazard not in irix.HAZARDS:
        return None
    reports = [irix.report_of(each, event_id="id", created=each.reported) for each in (one, other)]
    bare = [
        irix.write(replace(each, notes=(), event=None if each.event is None else replace(each.event, texts=())))
        for each in reports
    ]
    if bare[0] != bare[1]:
        return "element"
    return "words" if irix.write(reports[0]) != irix.write(reports[1]) else "no"


if __name__ == "__main__":
    rewrite(PAGE, BEGIN, END, table())
