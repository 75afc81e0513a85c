"""What was folded, as rows of the tables. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from cbrn_consumers.desk.store.tables import NEVER, micros
from cbrn_consumers.inbox import readings_of
from cbrn_schemas.events import Monitoring
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.desk.store.folding import Folded
    from cbrn_consumers.desk.store.shown import Entry, Row

GRAVEST: Final = max(SEVERITY_ORDER.values())


def reading_rows(alert: Alert, body: str) -> Iterator[dict[str, Any]]:
    """Make a row of each number of a reading; none of what is no reading."""
    if not isinstance(alert.event, Monitoring):
        return
    topic, partition, offset, _ = alert.origin
    for each in readings_of(alert.event):
        yield {
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "name": each.name,
            "body": body,
            "station": alert.event.station,
            "kind": alert.event.kind,
            "place": alert.place,
            "severity": alert.event.severity,
            "value": float(each.value),
            "unit": each.unit,
            "at": micros(alert.event.observed),
        }


def situation_row(row: Row, words: str) -> dict[str, Any]:
    """Make the row of a situation, with its place in the list."""
    over = row.over
    return {
        "scope": row.scope,
        "situation": row.situation,
        "over": over,
        "due": NEVER if row.due is None or over else micros(row.due),
        "rank": 0 if over else GRAVEST - SEVERITY_ORDER[row.severity],
        "age": -micros(row.updated_at),
        "region": row.region,
        "hazards": f",{','.join(row.hazards)},",
        "found_by": words,
        "row": msgspec.json.encode(row).decode(),
    }


def ask_rows(folded: Mapping[str, Folded]) -> Iterator[dict[str, Any]]:
    """Make a row of each answer that was asked for."""
    for name, one in folded.items():
        for body, number, ask in one.asks:
            yield {
                "situation": name,
                "body": body,
                "number": number,
                "since": micros(ask.since),
                "due": micros(ask.due),
                "severity": ask.severity,
                "answered": None if ask.answer is None else micros(ask.answer.at),
                "withdrawn": None if ask.withdrawn is None else micros(ask.withdrawn),
            }


def act_row(entry: Entry) -> dict[str, Any]:
    """Make the row of a line of the log."""
    topic, partition, offset = entry.origin
    return {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "body": entry.body,
        "situation": entry.situation,
        "at": micros(entry.at),
        "entry": msgspec.json.encode(entry).decode(),
    }
