"""Alerts and officers to notify, and a history without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.builders.golden import event

from cbrn_consumers.alert import Alert, Origin
from cbrn_consumers.notify.channel import SENT
from cbrn_consumers.notify.history import Ledger
from cbrn_schemas.errors import BusError
from cbrn_schemas.notice import Notice, NoticeOutcome
from cbrn_schemas.officers import Officer
from cbrn_schemas.topics import Realm
from cbrn_schemas.unanswered import UNANSWERED_TYPE, WATCH_SOURCE, Unanswered

START = datetime(2026, 11, 27, 3, tzinfo=UTC)
MOBILE = "+996555123456"
MAIL = "asanov@mes.example"


def alert(number: int = 1, kind: str = "chemical-release", **changed: Any) -> Alert:
    """One alert; what is no field of an alert goes into its event."""
    own = {name: changed.pop(name) for name in list(changed) if name in Alert.__dataclass_fields__}
    said = event(kind, **({"situation": "KG-2026-chlorine", "severity": "Severe"} | changed))
    given: dict[str, Any] = {
        "id": f"e-{number}",
        "source": "/mes",
        "type": f"kg.cbrn.incident.{kind}.v1",
        "event": said,
        "data": b"{}",
        "role": "lead",
        "rules": ("a-rule",),
        "acknowledge_by": START + timedelta(minutes=20),
        "level": 0,
        "warnings": (),
        "restricted": False,
        "rulebook": "0" * 12,
        "place": "41708203",
        "origin": Origin("cbrn.to.mes.alerts", 0, number, START),
    }
    return Alert(**(given | own))


def unanswered(step: str, level: int = 1, **changed: Any) -> Alert:
    """An alarm of the watch: the Ministry of Health has not answered, and this body is asked now."""
    said = Unanswered.model_validate(
        {
            "situation": "KG-2026-chlorine",
            "body": "moh",
            "lacking": "not-acknowledged",
            "event": {"source": "/mes", "id": "e-1"},
            "due": START,
            "at": START,
            "level": level,
            "step": step,
            "asked": "mes",
        }
    )
    given = {"id": "unanswered-1", "source": WATCH_SOURCE, "type": UNANSWERED_TYPE, "acknowledge_by": None}
    return alert(**(given | {"event": said, "level": level} | changed))


def officer(post: str = "duty-1", *channels: dict[str, str], **changed: Any) -> Officer:
    given = {"post": post, "title": f"Duty officer {post.replace('-', ' ')}", "language": "ky", "channels": channels}
    return Officer.model_validate(given | changed)


def mobile(number: str = MOBILE) -> dict[str, str]:
    return {"name": "mobile", "kind": "sms", "to": number}


def mail(address: str = MAIL) -> dict[str, str]:
    return {"name": "office", "kind": "email", "to": address}


def notice(name: str = "1", **changed: Any) -> Notice:
    given: dict[str, Any] = {
        "id": f"mes.{name}",
        "realm": Realm.REAL,
        "body": "mes",
        "post": "duty-1",
        "kind": "webhook",
        "channel": "hook",
        "language": "ky",
        "severity": "Severe",
        "subject": "Оор: Химиялык заттын бөлүнүп чыгышы, Өзгөн",
        "text": "ң ө ү",
        "at": START,
    }
    return Notice(**(given | changed))


class FakeHistory:
    """The history, as far as the notifier uses it; `broken` refuses to write."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.records: list[Notice | NoticeOutcome] = []
        self.broken = False

    async def write(self, *said: Notice | NoticeOutcome) -> None:
        if self.broken:
            raise BusError("no broker")
        for one in said:
            self.records.append(one)
            self.ledger.take(one)

    async def note(self, outcome: NoticeOutcome) -> None:
        await self.write(outcome)

    async def look(self, _now: datetime) -> Ledger:
        return self.ledger

    def notices(self, **wanted: Any) -> list[Notice]:
        return [
            each
            for each in self.records
            if isinstance(each, Notice) and all(getattr(each, name) == value for name, value in wanted.items())
        ]

    def results(self) -> list[str]:
        return [each.result for each in self.records if isinstance(each, NoticeOutcome)]


class FakeChannel:
    """Takes everything, and remembers it."""

    def __init__(self) -> None:
        self.sent: list[tuple[Notice, str]] = []

    async def send(self, notice: Notice, address: str) -> Any:
        self.sent.append((notice, address))
        return SENT

    async def close(self) -> None:
        pass
