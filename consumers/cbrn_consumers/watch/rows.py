"""What the watch keeps of an alert and of an answer, as rows that can be written down; and back.

A person's name is not among it: it is not needed, and the state lies on a topic of the bus.
"""

from __future__ import annotations

from datetime import datetime
from sys import intern
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from cbrn_consumers.alert import Origin
from cbrn_consumers.standing import Answer, Facts, Named, Told
from cbrn_schemas.receipt import Act, Receipt, SeenEvent, receipts_topic
from cbrn_schemas.topics import Realm, to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_consumers.standing import PartyStanding


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""One that says no zone is compared with nothing, and would stop the shard at each start."""


class ToldRow(msgspec.Struct, array_like=True, gc=False):
    """An alert to one body; whose it is and of what situation, says where it is kept."""

    source: str
    id: str
    level: int
    partition: int
    offset: int
    at: Moment
    acknowledge_by: Moment | None
    restricted: bool
    message_type: str
    kind: str
    place: str
    spots: tuple[str, ...]
    point: tuple[float, float] | None
    hazards: tuple[str, ...]
    substances: list[tuple[tuple[str, ...], str]]
    severity: str
    role: str | None
    headlines: dict[str, str]

    @classmethod
    def of(cls, told: Told) -> ToldRow:
        """Keep what is needed of an alert."""
        facts = told.facts
        return cls(
            told.source,
            told.id,
            told.level,
            told.origin.partition,
            told.origin.offset,
            told.at,
            told.acknowledge_by,
            told.restricted,
            told.message_type,
            told.kind,
            facts.place,
            facts.spots,
            facts.point,
            facts.hazards,
            [(tuple(sorted(each.ids)), each.code) for each in facts.substances],
            facts.severity,
            facts.role,
            dict(told.headlines),
        )

    def told(self, realm: Realm, situation: str, body: str) -> Told:
        """Return it as the standing has it."""
        severity: Any = self.severity
        role: Any = self.role
        message_type: Any = self.message_type
        return Told(
            body=body,
            situation=situation,
            source=self.source,
            id=self.id,
            level=self.level,
            origin=Origin(to_topic(realm, body, "alerts"), self.partition, self.offset, self.at),
            acknowledge_by=self.acknowledge_by,
            restricted=self.restricted,
            message_type=message_type,
            status="",
            kind=self.kind,
            publisher="",
            facts=Facts(
                self.place,
                self.spots,
                self.point,
                self.hazards,
                tuple(Named(frozenset(ids), code) for ids, code in self.substances),
                severity,
                role,
            ),
            headlines=self.headlines,
        )


class AnswerRow(msgspec.Struct, array_like=True, gc=False):
    """A receipt that answers."""

    id: str
    act: Act
    source: str
    event: str
    partition: int
    offset: int
    at: Moment
    reason: str | None

    @classmethod
    def of(cls, receipt: Receipt, origin: Origin) -> AnswerRow:
        """Keep what is needed of a receipt."""
        seen = receipt.event
        place = origin.partition, origin.offset, origin.timestamp
        return cls(receipt.id, receipt.act, seen.source, seen.id, *place, receipt.reason)

    def answer(self, realm: Realm, situation: str, body: str) -> Answer:
        """Return it as the standing has it."""
        receipt = Receipt.model_construct(
            id=self.id,
            realm=realm,
            body=body,
            situation=situation,
            act=self.act,
            event=SeenEvent.model_construct(source=self.source, id=self.event),
            by="",
            at=self.at,
            reason=self.reason,
        )
        return Answer(receipt, Origin(receipts_topic(realm, body), self.partition, self.offset, self.at))


_ALIKE: Final = (
    *("source", "id", "acknowledge_by", "message_type", "kind", "place", "spots", "point", "hazards", "substances"),
    *("severity", "headlines"),
)
"""What rows of one event have in common, whoever was told."""
_WORDS: Final = ("message_type", "kind", "severity", "role")
"""Of which there are few: each is held once."""
UNSHOWN: Final[dict[str, str]] = {}
"""In the place of headlines that are not needed; nobody writes into it."""


def word_of(text: str) -> str:
    """Return a word of which there are few as it is held already: read from Kafka each comes as one of its own."""
    return intern(str(text))


def share(row: ToldRow, others: Iterable[ToldRow]) -> None:
    """Let a row hold what another row of the same event holds already: of ten bodies told nine then cost little."""
    for name in _WORDS:
        if (text := getattr(row, name)) is not None:
            setattr(row, name, word_of(text))
    row.headlines = row.headlines or UNSHOWN
    for other in others:
        if other is not row and (other.id, other.source) == (row.id, row.source):
            for name in _ALIKE:
                if getattr(row, name) == getattr(other, name):
                    setattr(row, name, getattr(other, name))
            return


VERSIONS_MAX: Final = 32
"""Messages of one situation to one body that are remembered, some 300 B each."""
INFORMED_MAX: Final = 8
"""Of a body that is only informed: by the latest it is seen whether its answer still stands."""
ANSWERS_MAX: Final = 64


def trim(rows: list[ToldRow], standing: PartyStanding, at_most: int = VERSIONS_MAX) -> None:
    """Forget messages that no longer matter, until there are no more than `at_most`.

    First what came before the last that was answered. Of more that nobody has answered the second is dropped: the first
    says since when an answer is asked for, and takes over a sooner time.
    """
    if standing.answered_version > 1:
        answered = standing.versions[standing.answered_version - 1].event
        while (rows[0].source, rows[0].id) != answered:
            del rows[0]
    while len(rows) > at_most:
        first, second = rows[0], rows.pop(1)
        times = [each.acknowledge_by for each in (first, second) if each.acknowledge_by is not None]
        first.acknowledge_by = min(times, default=None)
