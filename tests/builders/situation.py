"""Situations as they are read from a bus: real examples, told to bodies by the router's own decision."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.builders.golden import ROOT, example, read_yaml

from cbrn_consumers.alert import Alert, Origin
from cbrn_consumers.inbox import Inbox, OwnAnswers, Silences, delivery_of
from cbrn_consumers.standing import Answer, told_of
from cbrn_consumers.standing.reader import Read
from cbrn_routing.decide import Engine
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_schemas.events import parse_event
from cbrn_schemas.receipt import Act, give
from cbrn_schemas.records import EARLIER_RECIPIENT
from cbrn_schemas.topics import Lane, Realm

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
"""When the screens are looked at: 09:00 in Bishkek."""
MIN_KUSH = ROOT / "producers" / "cbrn_producers" / "simulator" / "scenarios" / "min-kush-2024.yaml"


@cache
def engine() -> Engine:
    return Engine(Eras(national_rulebook()), Gazetteer())


class Told:
    """What `standing.reader` reads of one situation, made as a router would have told it."""

    def __init__(self, *bodies: str) -> None:
        self.read, self.bodies, self.offset = Read(), bodies, 0
        self.roles: dict[str, str] = {}
        self.delivered: dict[str, list[Alert]] = {}
        self.answers: dict[str, list[Answer]] = {}

    def tell(self, given: dict[str, Any], minutes: float, **changes: Any) -> str:
        """Tell of an event that was published so many minutes before now; its id."""
        at = NOW - timedelta(minutes=minutes)
        times = {
            "observed": (at - timedelta(minutes=9)).isoformat(),
            "reported": (at - timedelta(minutes=1)).isoformat(),
        }
        data = json.dumps({**given, **times, **changes}).encode()
        event = parse_event(data)
        routed = engine().route(event, at)
        decision = routed.decision
        named = {one.body: (one.role.code, tuple(one.rules)) for one in decision.recipients}
        named |= {body: ("inform", (EARLIER_RECIPIENT,)) for body in self.roles if body not in named}
        self.roles |= {body: role for body, (role, _) in named.items()}
        self.offset += 1
        for body, (role, rules) in named.items():
            if self.bodies and body not in self.bodies:
                continue
            alert = Alert(
                id=f"e-{self.offset}",
                source=f"/{event.body}",
                type="kg.x",
                event=event,
                data=data,
                role=role,
                rules=rules,
                acknowledge_by=None
                if decision.acknowledge_within_s is None
                else at + timedelta(seconds=decision.acknowledge_within_s),
                level=0,
                warnings=(),
                restricted=any(one.restricted for one in decision.recipients),
                rulebook=decision.rulebook[:12],
                place=routed.place.district or routed.place.region or routed.place.country or "",
                origin=Origin(f"cbrn.to.{body}.alerts", 0, self.offset, at),
            )
            told = told_of(body, alert)
            assert told is not None
            self.read.standings.tell(told)
            self.read.keep(body, alert)
            self.delivered.setdefault(body, []).append(alert)
        return f"e-{self.offset}"

    def answer(self, body: str, act: Act, minutes: float, by: str = "Дежурный Асанов", **said: Any) -> None:
        """Answer the latest event for a body so many minutes before now."""
        if body not in self.read.alerts:
            return
        at, alert = NOW - timedelta(minutes=minutes), self.read.alerts[body]
        self.offset += 1
        given = give(
            id=f"{body}.{self.offset}",
            realm=Realm.REAL,
            body=body,
            situation=alert.event.situation,
            act=act,
            event={"source": alert.source, "id": alert.id},
            by=by,
            at=at,
            **said,
        )
        answer = Answer(given, Origin(f"cbrn.from.{body}.receipts", 0, self.offset, at))
        self.read.standings.take(answer)
        self.answers.setdefault(body, []).append(answer)


def min_kush(*bodies: str, until: str = "loaded", **changes: Any) -> Told:
    """The night of Min-Kush up to one of its steps; the leading ministry answered the first report."""
    told, minutes = Told(*bodies), 40.0
    for step in read_yaml(MIN_KUSH)["steps"]:
        if step.get("event", {}).get("situation") is None or step["id"] == "dispatcher-slip":
            continue
        told.tell({"body": step["body"], **step["event"]}, minutes, **changes)
        if step["id"] == "first-report":
            told.answer("mes", "accepted", minutes - 3)
            told.answer("mia", "declined", minutes - 4, reason="нет сил в районе, ближайший пост в 80 км")
        minutes -= 8
        if step["id"] == until:
            break
    return told


def tailings(*bodies: str, minutes: float = 8, **changes: Any) -> Told:
    """A dam at Mailuu-Suu has broken."""
    told = Told(*bodies)
    told.tell(example("tailings-failure"), minutes, **changes)
    told.answer("mes-cmc", "acknowledged", minutes - 2)
    return told


def theft(*bodies: str) -> Told:
    """A source was stolen: for named officers only."""
    told = Told(*bodies)
    told.tell(example("lost-source", stolen=True), 3)
    return told


def inbox_of(body: str, *nights: Told, lane: Lane = Lane.INCIDENTS) -> tuple[Inbox, OwnAnswers]:
    """The inbox of a body after these nights, and what it answered in them."""
    box, own = Inbox(Silences(body)), OwnAnswers(body)
    for night in nights:
        for alert in night.delivered.get(body, ()):
            box.restore(delivery_of(alert, lane), NOW)
            own.tell(alert)
        for given in night.answers.get(body, ()):
            own.take(given)
    return box, own
