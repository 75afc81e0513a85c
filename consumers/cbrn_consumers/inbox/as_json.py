"""The inbox for machines: the view, a notice, a silence as JSON objects. Times are RFC 3339 in UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbrn_schemas.records import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cbrn_consumers.inbox import (
        ActiveSilence,
        Coordinate,
        Group,
        GroupKey,
        HiddenBy,
        Line,
        Noted,
        Notice,
        OwnAnswers,
        Shown,
        View,
    )


def view_json(
    view: View, groups: Mapping[GroupKey, Group], own: OwnAnswers, *, realm: str, hidden: bool
) -> dict[str, Any]:
    """Return the list as it stands; with `hidden` also the lines that silences hide, each naming its silence."""
    lines = [line_json(line, groups, view.at, own) for line in view.lines]
    if hidden:
        lines += [
            line_json(line, groups, view.at, own) | {"hidden_by": by.active.silence.id}
            for by in view.hidden
            for line in by.lines
        ]
    return {
        "type": "inbox",
        "body": own.body,
        "realm": realm,
        "at": rfc3339(view.at),
        "counts": own.counts(view.lines, view.at)._asdict(),
        "groups": lines,
        "hidden": [hidden_json(by, view.at) for by in view.hidden],
        "left_out": {"groups": view.left_groups, "messages": view.left_messages},
        "warnings": list(view.warnings),
    }


def line_json(line: Line, groups: Mapping[GroupKey, Group], at: datetime, own: OwnAnswers) -> dict[str, Any]:
    """Return one group, with the coordinates of all its records where it is still held.

    `asked` is what is still asked of the body, by its own receipts; `acknowledge_by` what the alerts said.
    """
    group, asked = groups.get(line.key), own.asked(line, at)
    due = line.acknowledge_by
    return {
        "group": line.key.name,
        "lane": str(line.key.lane),
        "sort": str(line.key.sort),
        "kind": line.kind,
        "hazard": line.hazard or None,
        "headlines": dict(line.headlines),
        "place": line.place,
        "publishers": list(line.publishers),
        "role": line.role,
        "rules": list(line.rules),
        "acknowledge_by": None if due is None else rfc3339(due),
        "overdue": due is not None and due < at,
        "asked": {
            "due": None if asked.due is None else rfc3339(asked.due),
            "late": asked.late(at),
            "state": None if asked.state is None else str(asked.state),
            "in_hand_of": asked.holder,
        },
        "status": line.status,
        "message_type": line.message_type,
        "level": line.level,
        "severity": line.severity,
        "highest_severity": line.highest,
        "state": "ended" if line.ended else "open",
        "changed": list(line.changed),
        "warnings": list(line.warnings),
        "restricted": line.restricted,
        "protected": list(line.protection),
        "count": line.count,
        "repeated": line.repeated,
        "first": rfc3339(line.first),
        "latest": rfc3339(line.latest),
        "readings": [_series(shown) for shown in line.readings],
        "remarks": list(line.remarks),
        "records": [] if group is None else coordinates_json(group.coordinates()),
        "hidden_by": None,
    }


def hidden_json(by: HiddenBy, now: datetime) -> dict[str, Any]:
    """Return what one silence hides: lines of the list, messages in them, messages that will be told when it ends."""
    return {
        "silence": silence_json(by.active, now),
        "groups": len(by.lines),
        "messages": sum(line.count for line in by.lines),
        "untold": by.untold,
    }


def silence_json(active: ActiveSilence, now: datetime) -> dict[str, Any]:
    """Return a silence and what became of it."""
    silence, end = active.silence, active.end
    return {
        "id": silence.id,
        "body": silence.body,
        "state": str(active.state(now)),
        "author": silence.author,
        "reason": silence.reason,
        "scope": silence.scope.given(),
        "severity_max": silence.severity_max,
        "limits": list(silence.limits),
        "starts": rfc3339(active.since),
        "until": rfc3339(active.until),
        "expires": rfc3339(silence.expires),
        "created": rfc3339(silence.created),
        "ended": None if end is None else {"author": end.author, "reason": end.reason, "at": rfc3339(end.at)},
    }


def notice_json(notice: Notice, own: OwnAnswers) -> dict[str, Any]:
    """Return one notice: what it is of, and where each of its messages stands."""
    return {
        "type": "notice",
        "at": rfc3339(notice.at),
        "since": rfc3339(notice.since),
        "silence": None if notice.silence is None else silence_json(notice.silence, notice.at),
        "told": [
            line_json(told.line, {}, notice.at, own)
            | {"changed": list(told.changes), "messages": len(told.records), "records": coordinates_json(told.records)}
            for told in notice.told
        ],
    }


def coordinates_json(coordinates: Iterable[Coordinate]) -> list[dict[str, Any]]:
    """Return topic, partition and offsets of records."""
    offsets: dict[tuple[str, int], list[int]] = {}
    for each in coordinates:
        offsets.setdefault(each[:2], []).append(each.offset)
    return [{"topic": topic, "partition": partition, "offsets": found} for (topic, partition), found in offsets.items()]


def _series(shown: Shown) -> dict[str, Any]:
    reading = shown.latest.reading
    return {
        "name": reading.name,
        "quantity": reading.quantity,
        "first": _noted(shown.first),
        "latest": _noted(shown.latest),
        "highest": _noted(shown.highest),
        "lowest": _noted(shown.lowest),
    }


def _noted(noted: Noted) -> dict[str, Any]:
    return {"value": noted.reading.value, "unit": noted.reading.unit or None, "at": rfc3339(noted.at)}
