"""From an alert to what each officer is sent, and from a reply to a receipt. Kafka and channels are handed in.

An alert is done with once all its notices are written down; sending follows, and is taken up again after a restart.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import structlog

from cbrn_consumers.notify.codes import Codes, Reply, digits
from cbrn_consumers.notify.flood import WINDOW_S, Flood, Telling
from cbrn_consumers.notify.writing import SUBJECT_LETTERS, digest_of, letter_of, notice_of, short_time
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import Incident
from cbrn_schemas.notice import Notice, NoticeOutcome
from cbrn_schemas.receipt import SeenEvent, give
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.notify.channel import Outcome
    from cbrn_consumers.notify.history import History
    from cbrn_consumers.notify.pool import Pool
    from cbrn_schemas.notice import NoticeRecord, Result
    from cbrn_schemas.officers import Channel, ChannelKind, Officer
    from cbrn_schemas.receipt import Receipt
    from cbrn_schemas.topics import Realm

TOO_OLD: Final = timedelta(hours=24)
"""Nobody is woken for an older alert: whoever starts this process anew would be sent ninety days of them."""
STRANGERS_A_MINUTE: Final = 30
"""Replies from unknown numbers of which each is written down; of more only the count is."""
HELD_SHOWN: Final = 50
"""Held notices kept a post for the text of its digest; all are counted."""
SMS_DIGEST_LINES: Final = 2

log = structlog.get_logger(__name__)


class Receipts(Protocol):
    """Where a receipt is written: `cbrn_consumers.answering.Answers`."""

    async def write(self, receipt: Receipt) -> object:
        """Write it; return once Kafka holds it."""


class _Way(NamedTuple):
    officer: Officer
    channel: Channel


class Notifier:
    """The notices of one body."""

    def __init__(
        self,
        body: str,
        realm: Realm,
        officers: Callable[[], Sequence[Officer]],
        history: History,
        receipts: Receipts,
        *,
        clock: Callable[[], datetime],
        steady: Callable[[], float],
    ) -> None:
        """Take what it works with; `officers` gives those who are to be told now, `steady` the seconds of a clock that
        never goes back.
        """
        self.pools: Mapping[ChannelKind, Pool] = {}
        self._body, self._realm = body, realm
        self._officers = officers
        self._history = history
        self._receipts = receipts
        self._clock, self._steady = clock, steady
        self._codes = Codes()
        self._floods: dict[str, Flood] = {}
        self._unwritten: tuple[object, list[NoticeRecord]] | None = None
        self._strangers: list[float] = []

    async def take_up(self) -> None:
        """Go on where the history ends: open codes, floods, and what was not sent."""
        now, steady, ledger = self._clock(), self._steady(), self._history.ledger
        arrived: set[tuple[str, object]] = set()
        for notice in ledger.all():
            key = (notice.post, notice.event or notice.id)
            if notice.event is not None and key not in arrived and (ago := (now - notice.at).total_seconds()) < WINDOW_S:
                arrived.add(key)
                self._flood(notice.post).take(steady - ago, extreme=True)
            way = self._way_of(notice)
            if notice.code is not None and way is not None:
                self._codes.open(way.channel.address, notice)
                if notice.id in ledger.answered:
                    self._codes.use(way.channel.address, notice.code)
        for post, held in ledger.held.items():
            self._flood(post).held = len(held)
        for notice in ledger.pending():
            await self._dispatch(notice)

    async def take(self, alert: Alert) -> None:
        """Write down whom an alert is sent to, then have it sent.

        Raises:
            BusError: it could not be written down; nothing was sent.
        """
        if self._unwritten is None or self._unwritten[0] != alert.identity:
            # Kept until it is written: whoever tries again must not count the alarm twice.
            self._unwritten = alert.identity, self._planned(alert)
        records = self._unwritten[1]
        await self._history.write(*records)
        self._unwritten = None
        for one in records:
            if isinstance(one, Notice) and one.channel is not None:
                await self._dispatch(one)

    async def told(self, notice: Notice, outcome: Outcome, attempt: int, last: bool) -> None:  # noqa: FBT001 - the pool's signature
        """Write down what came of an attempt."""
        result: Result = "sent" if outcome.sent else "given-up" if last else "failed"
        if result == "given-up":
            log.warning("a notice is given up", post=notice.post, channel=notice.channel, why=outcome.why)
        await self._history.note(self._outcome(notice, result, attempt=attempt, why=outcome.why))

    async def delivered(self, identifier: str, arrived: bool) -> None:  # noqa: FBT001 - the channel's signature
        """Write down that the network says whether a notice arrived."""
        notice = self._history.ledger.get(identifier)
        if notice is not None:
            await self._history.note(self._outcome(notice, "delivered" if arrived else "undelivered"))

    async def hear(self, number: str, text: str) -> None:
        """Take a reply: acknowledge with it, or say why it counts for nothing.

        Raises:
            BusError: the receipt could not be written; the reply must come again.
        """
        now = self._clock()
        way = self._whose(number)
        if way is None:
            await self._stranger()
            return
        self._codes.know(way.channel.address)
        reply, notice = self._codes.hear(way.channel.address, text, now)
        if reply is Reply.COUNTS:
            assert notice is not None
            assert notice.code is not None
            await self._receipts.write(self._receipt(notice, way.officer, now))
            self._codes.use(way.channel.address, notice.code)
            await self._history.note(self._outcome(notice, "answered"))
        else:
            log.warning("a reply counts for nothing", post=way.officer.post, why=reply.value)
            refused = NoticeOutcome(
                realm=self._realm,
                body=self._body,
                notice=None if notice is None else notice.id,
                post=way.officer.post,
                channel=way.channel.name,
                result="reply-refused",
                why=reply.value,
                at=now,
            )
            await self._history.note(refused)
        if reply is not Reply.TOO_OFTEN:
            await self._answer(way, reply, notice, now)

    async def send_digests(self) -> None:
        """Send every digest that is due.

        Raises:
            BusError: one could not be written down; it is still held.
        """
        steady = self._steady()
        for post, flood in self._floods.items():
            if flood.due(steady) == 0:
                await self._send_digest(post, flood, steady)

    async def _send_digest(self, post: str, flood: Flood, steady: float) -> None:
        held = self._history.ledger.held.get(post, [])
        officer = next((each for each in self._officers() if each.post == post), None)
        notices = [] if officer is None else [self._digest(_Way(officer, each), held) for each in officer.channels]
        if not notices:
            log.warning("nobody is there any more for what a flood held back", post=post, count=flood.held)
            self._history.ledger.held.pop(post, None)
        await self._history.write(*notices)
        flood.digest(steady)
        for notice in notices:
            await self._dispatch(notice)

    def _digest(self, way: _Way, held: list[Notice]) -> Notice:
        officer, channel = way
        lines = {"lines": SMS_DIGEST_LINES} if channel.kind == "sms" else {}
        letter = digest_of(held[-HELD_SHOWN:], len(held), officer.language, **lines)
        return self._notice(
            way,
            f"digest/{held[0].id}/{held[-1].id}",
            subject=letter.subject,
            text=letter.text,
            severity=max((each.severity for each in held), key=SEVERITY_ORDER.__getitem__),
            digest_of=len(held),
        )

    def _planned(self, alert: Alert) -> list[NoticeRecord]:
        now = self._clock()
        if now - alert.origin.timestamp > TOO_OLD:
            return self._too_old(alert, now)
        found: list[NoticeRecord] = []
        officers = self._officers()
        if not officers:
            log.error("an alert reaches no officer: nobody is in the list, or on duty", alert=str(alert.origin))
            found.append(self._unreachable(alert, None, "nobody is in the list, or on duty"))
        for officer in officers:
            found += self._planned_for(officer, alert)
        return found

    def _planned_for(self, officer: Officer, alert: Alert) -> list[NoticeRecord]:
        if not officer.channels:
            return [self._unreachable(alert, officer.post, "the officer has no channel")]
        held = self._notice_of(_Way(officer, officer.channels[0]), alert, held=True)
        each = [self._notice_of(_Way(officer, channel), alert) for channel in officer.channels]
        if any(self._history.ledger.knows(one.id) for one in (held, *each)):
            return []  # it comes again after a restart; what was written down is taken up from there
        extreme = alert.event.severity == "Extreme"
        if self._flood(officer.post).take(self._steady(), extreme=extreme) is Telling.IN_DIGEST:
            return [held]
        return list(each)

    def _notice_of(self, way: _Way, alert: Alert, *, held: bool = False) -> Notice:
        officer, channel = way
        event, lang = alert.event, officer.language
        situation = event.situation if isinstance(event, Incident) else None
        what = "/".join(map(str, alert.identity))
        identifier = self._id(what, officer.post, "" if held else channel.name)
        code, known = None, self._history.ledger.get(identifier)
        if channel.kind == "sms" and not held and situation is not None and alert.acknowledge_by is not None:
            code = self._codes.free(channel.address, identifier) if known is None else known.code
        subject = notice_of(alert, lang, SUBJECT_LETTERS)
        text = subject
        if channel.kind == "sms":
            text = notice_of(alert, lang, code=code)
        elif channel.kind != "bell" and not held:
            text = letter_of(alert, self._body, lang, post=officer.title).text
        return self._notice(
            way,
            what,
            held=held,
            subject=subject,
            text=text,
            severity=event.severity,
            situation=situation,
            event=SeenEvent(source=alert.source, id=alert.id) if situation is not None else None,
            level=alert.level,
            code=code,
        )

    def _notice(self, way: _Way, what: str, *, held: bool = False, **fields: object) -> Notice:
        officer, channel = way
        given = {
            "id": self._id(what, officer.post, "" if held else channel.name),
            "realm": self._realm,
            "body": self._body,
            "post": officer.post,
            "kind": None if held else channel.kind,
            "channel": None if held else channel.name,
            "language": officer.language,
            "at": self._clock(),
        }
        return Notice.model_validate(given | fields)

    def _id(self, what: str, post: str, channel: str) -> str:
        digest = blake2b("\0".join((self._realm, what, post, channel)).encode(), digest_size=12).hexdigest()
        return f"{self._body}.{digest}"

    async def _dispatch(self, notice: Notice) -> None:
        """Hand a notice to the pool of its kind, and let its code count."""
        way = self._way_of(notice)
        pool = None if notice.kind is None else self.pools.get(notice.kind)
        if way is None or pool is None:
            why = "the channel is no longer in the list" if way is None else "no server is set up for this kind"
            log.warning("a notice is given up", post=notice.post, channel=notice.channel, why=why)
            await self._history.note(self._outcome(notice, "given-up", why=why))
            return
        if notice.code is not None:
            self._codes.open(way.channel.address, notice)
        await pool.put(notice, way.channel.address)

    async def _answer(self, way: _Way, reply: Reply, notice: Notice | None, now: datetime) -> None:
        """Tell the officer by SMS what a reply came to."""
        lang = way.officer.language
        group = "answered" if reply is Reply.COUNTS else reply.value
        said = word("notice", group, lang)
        text = f"{notice.situation}: {said}, {short_time(now, now)}" if notice is not None else said
        answer = self._notice(
            way,
            f"reply/{now.isoformat()}/{reply}",
            subject=text,
            text=text,
            severity="Unknown" if notice is None else notice.severity,
            situation=None if notice is None else notice.situation,
        )
        await self._history.write(answer)
        await self._dispatch(answer)

    def _receipt(self, notice: Notice, officer: Officer, at: datetime) -> Receipt:
        assert notice.event is not None
        return give(
            id=self._id("receipt", notice.id, ""),
            realm=self._realm,
            body=self._body,
            situation=notice.situation,
            act="acknowledged",
            event=notice.event,
            level=notice.level,
            by=officer.title if officer.name is None else f"{officer.title} {officer.name}",
            at=at,
        )

    async def _stranger(self) -> None:
        steady = self._steady()
        self._strangers = [each for each in self._strangers if steady - each < 60] + [steady]  # noqa: PLR2004 - a minute
        if len(self._strangers) > STRANGERS_A_MINUTE:
            self._strangers.pop()
            return
        log.warning("a reply from a number of no officer counts for nothing")
        await self._history.note(
            NoticeOutcome(
                realm=self._realm,
                body=self._body,
                result="reply-refused",
                why=Reply.UNKNOWN_NUMBER.value,
                at=self._clock(),
            )
        )

    def _outcome(self, notice: Notice, result: Result, *, attempt: int = 0, why: str | None = None) -> NoticeOutcome:
        return NoticeOutcome(
            realm=self._realm,
            body=self._body,
            notice=notice.id,
            post=notice.post,
            channel=notice.channel,
            result=result,
            attempt=attempt,
            why=why,
            at=self._clock(),
        )

    def _unreachable(self, alert: Alert, post: str | None, why: str) -> NoticeOutcome:
        what = "/".join(map(str, alert.identity))
        return NoticeOutcome(
            realm=self._realm,
            body=self._body,
            notice=self._id(what, post or "", ""),
            post=post,
            result="unreachable",
            why=why,
            at=self._clock(),
        )

    def _too_old(self, alert: Alert, now: datetime) -> list[NoticeRecord]:
        identifier = self._id("/".join(map(str, alert.identity)), "", "")
        if self._history.ledger.knows(identifier):
            return []
        why = f"the bus had it at {alert.origin.timestamp:%Y-%m-%d %H:%M} UTC"
        return [
            NoticeOutcome(
                realm=self._realm, body=self._body, notice=identifier, result="too-old", why=why, at=now
            )
        ]

    def _flood(self, post: str) -> Flood:
        return self._floods.setdefault(post, Flood())

    def _way_of(self, notice: Notice) -> _Way | None:
        for officer in self._officers():
            if officer.post == notice.post and notice.channel is not None:
                channel = officer.channel(notice.channel)
                return None if channel is None else _Way(officer, channel)
        return None

    def _whose(self, number: str) -> _Way | None:
        for officer in self._officers():
            for channel in officer.channels:
                if channel.kind == "sms" and digits(channel.address) == digits(number):
                    return _Way(officer, channel)
        return None
