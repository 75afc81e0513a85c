"""A desk's watch to test with: a rota and officers in a folder, and a bus without Kafka that holds what is said.

async with watch_house(tmp_path) as (house, bus):
    page = await house.client(Role.OFFICER).get("/watch")
    bus.log_of("mes")          # what the log holds
    bus.away = True            # the broker does not answer
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.builders.desk import desk_house
from tests.builders.rota import OFFICERS, ROUND, calendar

from cbrn_consumers.desk.web.rooms.watch.bus import Heard
from cbrn_consumers.inbox import Silences
from cbrn_consumers.notify.sendings import sendings_of
from cbrn_consumers.rota import ShiftLog, keep_rota
from cbrn_consumers.shifts.reaching import tested, way_of
from cbrn_routing.activation.status import Report, RulebookStatus
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_schemas.notice import Notice, NoticeOutcome
from cbrn_schemas.shift import ChannelTestAsked, state_fact
from cbrn_schemas.silence import declare
from cbrn_schemas.topics import Realm


class Said:
    """A bus that holds what is said at the time of its clock, as far as the watch's pages ask it."""

    def __init__(self, clock: Any, realm: Realm = Realm.REAL) -> None:
        self._clock, self._realm = clock, realm
        self.away = False
        self.made = 0
        self.logs: dict[str, ShiftLog] = {}
        self.quiet: dict[str, Silences] = {}
        self.notices: list[Notice | NoticeOutcome] = []
        self.routers: list[Report] | None = []
        self.unheard: dict[str, datetime] = {}
        self.written: list[Any] = []

    def log_of(self, body: str) -> ShiftLog:
        """The log of a body."""
        return self.logs.setdefault(body, ShiftLog(body, self._realm))

    def _heard(self, value: Any) -> Heard[Any]:
        return Heard(None, self._gone()) if self.away else Heard(value)

    def _gone(self) -> BrokerUnreachableError:
        return BrokerUnreachableError("no broker at kafka1:9092", "Look at the line.")

    def _write(self, said: Any) -> None:
        if self.away:
            raise self._gone()
        self.written.append(said)

    async def log(self, body: str) -> Heard[Any]:
        return self._heard(self.log_of(body))

    async def silences(self, body: str) -> Heard[Any]:
        return self._heard(self.quiet.setdefault(body, Silences(body)))

    async def sendings(self, body: str, now: datetime) -> Heard[Any]:
        del now
        return self._heard(sendings_of(each for each in self.notices if each.body == body))

    async def reports(self) -> Heard[Any]:
        return self._heard(self.routers)

    async def silent(self) -> Heard[Any]:
        return self._heard(self.unheard)

    def forget_log(self, body: str) -> None:
        """Nothing is kept."""

    async def publish(self, fact: Any, names: Any, count: int) -> None:
        fact = fact.model_copy(update={"open": tuple(names), "open_count": count})
        self._write(fact)
        self.log_of(fact.body).note(fact, self._clock())

    async def ask_test(self, body: str, post: str, channel: str | None, *, by: str, at: datetime) -> Any:
        self.made += 1
        more = {} if channel is None else {"channel": channel}
        said = {"id": f"{body}.asked-{self.made}", "realm": self._realm, "body": body, "post": post, "by": by, "at": at}
        asked = state_fact(ChannelTestAsked, **said, **more)
        self._write(asked)
        self.log_of(body).note(asked, self._clock())
        return asked

    async def give_back(self, roster: Any, code: str, *, by: str, at: datetime, posts: Any = None) -> Any:
        ledger = SimpleNamespace(all=lambda: [each for each in self.notices if isinstance(each, Notice)])
        way = way_of(roster, ledger, code, posts)
        settings = SimpleNamespace(realm=self._realm)
        fact = tested(settings, roster.rota.body, way, "answered", None, by=by, at=at)
        self._write(fact)
        self.log_of(fact.body).note(fact, self._clock())
        return fact

    async def declare(self, body: str, scope: Any, now: datetime, **fields: Any) -> Any:
        self.made += 1
        silence = declare(**fields, id=f"{body}.s{self.made}", body=body, scope=scope, severity_max="Minor")
        self._write(silence)
        self.quiet.setdefault(body, Silences(body)).note(silence, now)
        return silence, [], []

    async def end(self, said: Any, now: datetime) -> None:
        self.quiet.setdefault(said.body, Silences(said.body)).note(said, now)
        self._write(said)


def code_sent(post: str, channel: str, kind: str, code: str, at: datetime, *, body: str = "mes") -> Notice:
    """A code on its way to an officer's channel."""
    return Notice.model_validate(
        {
            "id": f"{body}.test-{post}-{channel}-{code}", "realm": Realm.REAL, "body": body, "post": post, "kind": kind,
            "channel": channel, "language": "ru", "severity": "Unknown", "subject": "Test", "text": f"A {code}",
            "code": code, "at": at,
        }
    )  # fmt: skip


def report(router: str, lane: str, heard: datetime, **fields: Any) -> Report:
    """What a router says of itself."""
    known = {"router": router, "lane": lane, "sequence": 3, "digest": "abcdef012345", "considered": 9, "at": heard}
    return Report(RulebookStatus.model_validate(known | fields), heard)


def keep_files(folder: Path, body: str = "mes", entries: Any = ROUND, officers: str | None = OFFICERS) -> None:
    """Put a rota and officers into a folder, for their user's eyes."""
    keep_rota(folder, body, calendar(*entries))
    if officers is not None:
        path = folder / f"{body}.yaml"
        path.write_text(officers.replace("body: mes", f"body: {body}"), encoding="utf-8")
        path.chmod(0o600)


@asynccontextmanager
async def watch_house(folder: Path, body: str = "mes", **more: Any) -> Any:
    """A desk whose body has a rota of two officers, day and night, and whose bus holds what is said."""
    rota = folder / "rota"
    keep_files(rota, body)
    async with desk_house(folder, body, rota_dir=rota, **more) as house:
        bus = Said(lambda: house.now, house.desk.settings.realm)
        house.app.state.watch_bus = bus
        yield house, bus


def later(house: Any, **span: float) -> datetime:
    """Let time pass, and return the new time."""
    house.now += timedelta(**span)
    return house.now
