"""A watch without Kafka: it is told, answered, and given the time; what it says is read as a body would read it."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from tests.builders.standing import after

from cbrn_consumers.standing import Told
from cbrn_consumers.watch.memory import WatchState
from cbrn_consumers.watch.policy import Policies
from cbrn_consumers.watch.round import Round
from cbrn_consumers.watch.stands import Teller
from cbrn_schemas.standing_record import SituationStands, read_standing
from cbrn_schemas.topics import Realm
from cbrn_schemas.unanswered import Conclusion, Unanswered

TODAY = date(2026, 11, 27)
SHIPPED = Policies.load(None, TODAY)
BODIES = ("mes", "mes-cmc", "mes-hydromet", "moh", "mia", "mfa")


class Said(NamedTuple):
    """An alarm as one body got it."""

    body: str
    role: str
    restricted: bool
    alarm: Unanswered


class Others(NamedTuple):
    """Where everybody stands, as one body was told; None: it was taken back."""

    body: str
    situation: str
    stands: SituationStands | None


class Written:
    """Stands where an outbox does, and keeps what is written."""

    def __init__(self) -> None:
        self.alarms: list[Said] = []
        self.conclusions: list[Conclusion] = []
        self.standings: list[Others] = []

    @staticmethod
    def encode(key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> Any:
        return key, value, dict(headers)

    def append(self, topic: str, record: Any) -> None:
        key, value, headers = record
        if topic.endswith(".standing") and ".to." in topic:
            stands = None if value is None else read_standing(list(headers.items()), value)
            self.standings.append(Others(topic.split(".")[2], key.decode(), stands))
            return
        if topic.endswith(".bus.standing"):
            self.conclusions.append(Conclusion.model_validate_json(value))
            return
        alarm = Unanswered.model_validate_json(value)
        restricted = headers.get("cbrn_restricted") == b"true"
        self.alarms.append(Said(topic.split(".")[2], headers["cbrn_role"].decode(), restricted, alarm))


class Night:
    """One shard of the watch, and its clock."""

    def __init__(self, policies: Policies = SHIPPED) -> None:
        self.policies = policies
        self.state = WatchState(lambda: self.policies)
        self.log: list[Any] = []
        """Records of the state's topic."""
        self.written = Written()
        self.minute = 0.0
        self.hearers = frozenset(BODIES)

    def _round(self) -> Round:
        return Round(
            Realm.REAL,
            self.policies,
            BODIES,
            state=self.state,
            outbox=self.written,  # type: ignore[arg-type] # it has what is used of it
            now=after(self.minute),
        )

    def hear(self, *given: Any) -> None:
        """Take in alerts and answers, at the time that it is."""
        batch = self._round()
        for one in given:
            if isinstance(one, Told):
                batch.tell(one)
            else:
                batch.take(one.receipt, one.origin)
        self._commit()

    def _commit(self) -> None:
        Teller(Realm.REAL, self.hearers, self.written, after(self.minute)).tell(self.state)  # type: ignore[arg-type] # as above
        self.log += self.state.record()

    def until(self, minute: float) -> list[Said]:
        """Let time pass, stopping wherever something is due; return the alarms since then."""
        before = len(self.written.alarms)
        while (due := self.state.due) is not None and due <= after(minute):
            self.minute = max(self.minute, (due - after(0)).total_seconds() / 60 if due > after(-10_000) else 0)
            self._round().elapse()
            self._commit()
        self.minute = minute
        return self.written.alarms[before:]

    def restart(self) -> None:
        """Forget everything, and read back what was written."""
        self.state = WatchState(lambda: self.policies)
        assert self.state.restore(self.log) == []

    def outcomes(self) -> list[str]:
        return [each.outcome for each in self.written.conclusions]


def asked(said: list[Said]) -> list[tuple[str, str, int]]:
    """Who was asked, in order: step, body, level."""
    return [(each.alarm.step, each.body, each.alarm.level) for each in said if each.role == "lead"]
