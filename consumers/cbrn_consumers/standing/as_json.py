"""Standings for machines: JSON objects, and flat rows for a table. Times are RFC 3339 in UTC."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cbrn_schemas.records import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_consumers.standing.figures import Figures
    from cbrn_consumers.standing.fold import SituationStanding
    from cbrn_consumers.standing.party import Answer, Ask, PartyStanding, Stray
    from cbrn_consumers.standing.told import Change, Told


def standing_json(standing: SituationStanding, now: datetime, warnings: Iterable[str] = ()) -> dict[str, Any]:
    """Return a situation, everybody who was told of it, and every receipt."""
    return {
        "type": "standing",
        "situation": standing.situation,
        "at": rfc3339(now),
        "latest": _told(standing.latest),
        "state": "cancelled" if standing.ended else "open",
        "restricted": standing.restricted,
        "missing": [party.body for party in standing.missing(now)],
        "awaited": [party.body for party in standing.waiting() if not party.missing(now)],
        "parties": [party_json(party, now) for party in standing.parties],
        "not_counted": [stray_json(*stray) for stray in standing.strays],
        "warnings": list(warnings),
    }


def party_json(party: PartyStanding, now: datetime) -> dict[str, Any]:
    """Return where one body stands, with all that it was asked and has answered."""
    ask = party.open_ask
    return {
        "body": party.body,
        "role": party.role,
        "state": str(party.state(now)),
        "reached": str(party.reached),
        "told": rfc3339(party.versions[0].at),
        "versions": len(party.versions),
        "answered_version": party.answered_version or None,
        "level": party.level,
        "in_hand_of": party.holder,
        "due": None if ask is None else rfc3339(ask.due),
        "changed": [] if ask is None else [_change(change) for change in ask.changed],
        "asks": [_ask(each) for each in party.asks],
        "receipts": [answer_json(each) for each in party.answers],
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return a receipt as it was given, and when and where the broker has it."""
    given: dict[str, Any] = json.loads(answer.receipt.model_dump_json(exclude_none=True))
    origin = answer.origin
    place = {"topic": origin.topic, "partition": origin.partition, "offset": origin.offset}
    return given | {"taken": rfc3339(answer.at), "clock_ahead": answer.ahead, "origin": place}


def stray_json(answer: Answer, why: Stray) -> dict[str, Any]:
    """Return a receipt that does not count."""
    return answer_json(answer) | {"why": str(why)}


def row(standing: SituationStanding, party: PartyStanding, now: datetime) -> dict[str, Any]:
    """Return one body's standing as a row of a table, by the names of its columns."""
    ask, first = party.open_ask, party.first("acknowledged", "accepted", "en-route", "declined", "closed")
    return {
        "situation": standing.situation,
        "kind": standing.latest.kind,
        "severity": standing.latest.facts.severity,
        "place": standing.latest.facts.place,
        "body": party.body,
        "role": party.role,
        "state": str(party.state(now)),
        "reached": str(party.reached),
        "told": rfc3339(party.versions[0].at),
        "due": None if ask is None else rfc3339(ask.due),
        "overdue": party.missing(now),
        "changed": "" if ask is None else " ".join(change.field for change in ask.changed),
        "first_answer": None if first is None else rfc3339(first.at),
        "in_hand_of": party.holder,
    }


def figures_json(figures: Figures) -> dict[str, Any]:
    """Return a month's figures of one body at one severity."""
    return figures._asdict()


def _told(told: Told) -> dict[str, Any]:
    return {
        "event": {"source": told.source, "id": told.id},
        "kind": told.kind,
        "message_type": told.message_type,
        "status": told.status,
        "severity": told.facts.severity,
        "place": told.facts.place,
        "publisher": told.publisher,
        "headlines": dict(told.headlines),
        "told": rfc3339(told.at),
    }


def _ask(ask: Ask) -> dict[str, Any]:
    return {
        "version": ask.version,
        "since": rfc3339(ask.since),
        "due": rfc3339(ask.due),
        "severity": ask.severity,
        "changed": [_change(change) for change in ask.changed],
        "answered": None if ask.answer is None else rfc3339(ask.answer.at),
        "withdrawn": None if ask.withdrawn is None else rfc3339(ask.withdrawn),
    }


def _change(change: Change) -> dict[str, str]:
    before, after = change.said("en")
    return {"field": change.field, "before": before, "after": after}
