"""From an alert to what each officer is sent, and from a reply to a receipt. Kafka and channels are handed in.

An alert is done with once all its notices are written down; sending follows, and is taken up again after a restart.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from cbrn_consumers.notify.codes import Codes, Reply, digits
from cbrn_consumers.notify.composing import Composer, Way
from cbrn_consumers.notify.flood import Flood, Telling
from cbrn_consumers.notify.probing import Facts, Probing
from cbrn_consumers.notify.useless import UselessReplies
from cbrn_schemas.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.notify.channel import Outcome
    from cbrn_consumers.notify.history import History, Ledger
    from cbrn_consumers.notify.pool import Pool
    from cbrn_schemas.notice import NoticeRecord, Result
    from cbrn_schemas.officers import ChannelKind, Officer
    from cbrn_schemas.receipt import Receipt
    from cbrn_schemas.shift import ChannelTestAsked

TOO_OLD: Final = timedelta(hours=24)
"""Nobody is woken for an older alert: whoever starts this process anew would be sent ninety days of them."""

log = structlog.get_logger(__name__)


class Receipts(Protocol):
    """Where a receipt is written: `cbrn_consumers.answering.Answers`."""

    async def write(self, receipt: Receipt) -> object:
        """Write it; return once Kafka holds it."""


class Officers(Protocol):
    """Who there is, and who is told: `cbrn_consumers.notify.on_duty.OnDuty`."""

    def listed(self) -> Sequence[Officer]:
        """Return all officers of the body."""

    def asked(self, alert: Alert) -> Sequence[Officer]:
        """Return the officers who are told of an alert now."""


class Notifier:
    """The notices of one body."""

    def __init__(
        self,
        composer: Composer,
        officers: Officers,
        history: History,
        receipts: Receipts,
        *,
        clock: Callable[[], datetime],
        steady: Callable[[], float],
        facts: Facts,
    ) -> None:
        """Take what it works with.

        `steady` gives the seconds of a clock that never goes back.
        """
        self.pools: Mapping[ChannelKind, Pool[Notice]] = {}
        self._composer = composer
        self._officers = officers
        self._history = history
        self._receipts = receipts
        self._clock, self._steady = clock, steady
        self._codes = Codes()
        self._probing = Probing(composer, facts, history.ledger.answered)
        self._floods: dict[str, Flood] = {}
        self._planning = asyncio.Lock()
        """What is planned is written before anything else is: a digest must not pass over what is being held."""
        self._unwritten: dict[tuple[str, str, int], list[NoticeRecord]] = {}
        self._useless = UselessReplies()

    async def take_up(self) -> None:
        """Take up what the history leaves open: open codes, floods, and what was not sent."""
        now, steady, ledger = self._clock(), self._steady(), self._history.ledger
        self._open_codes(ledger)
        for guess in ledger.guesses:
            if guess.at <= now and (way := self._way(guess.post, guess.channel)) is not None:
                self._codes.note_wrong(way.channel.address, guess.at)
        arrived: set[tuple[str, object, int]] = set()
        for notice in ledger.all():  # all of them: whether a flood goes on says what was before the window, too
            ago, name = (now - notice.at).total_seconds(), (notice.post, notice.event, notice.level)
            if notice.digest_of is not None and ago >= 0:
                self._flood(notice.post).note_digest(steady - ago)
            elif notice.event is not None and ago >= 0 and name not in arrived:
                arrived.add(name)
                self._flood(notice.post).take(steady - ago, extreme=True)
        for notice in ledger.pending():
            if now - notice.at > TOO_OLD:
                await self._history.note(self._composer.outcome(notice, "too-old"))
            else:
                await self._dispatch(notice)

    async def take(self, alert: Alert) -> None:
        """Write down whom an alert is sent to, then have it sent.

        Raises:
            BusError: it could not be written down; nothing was sent.
        """
        async with self._planning:
            # Kept until it is written: whoever tries again must not count the alarm twice.
            records = self._unwritten.get(alert.identity)
            if records is None:
                records = self._unwritten[alert.identity] = self._planned(alert)
            await self._history.write(*records)
            del self._unwritten[alert.identity]
        for one in records:
            if isinstance(one, Notice) and one.channel is not None:
                await self._dispatch(one)

    async def told(self, notice: Notice, outcome: Outcome, attempt: int, *, last: bool) -> None:
        """Write down what came of an attempt."""
        result: Result = "sent" if outcome.sent else "given-up" if last else "failed"
        if result == "given-up":
            log.warning("a notice is given up", post=notice.post, channel=notice.channel, why=outcome.why)
        await self._history.note(self._composer.outcome(notice, result, attempt=attempt, why=outcome.why))
        if notice.is_test and (way := self._way_of(notice)) is not None:
            await self._probing.told(notice, way, outcome, attempt)

    async def test(self, asked: ChannelTestAsked) -> None:
        """Send an officer a code over each channel that is to be tested; of what was sent before, nothing.

        Raises:
            BusError: it could not be written down; it is to be tried again.
        """
        for officer in self._officers.listed():
            for channel in officer.channels if officer.post == asked.post else ():
                way = Way(officer, channel)
                name = self._composer.probe_id(way, asked.id)
                if asked.channel not in {None, channel.name} or self._history.ledger.knows(name):
                    continue
                notice = self._composer.probe(way, asked.id, self._codes.free(channel.address, name))
                await self._history.write(notice)
                await self._dispatch(notice)

    async def delivered(self, identifier: str, arrived: bool) -> None:  # noqa: FBT001 - the channel's signature
        """Write down whether a notice arrived, as the network says."""
        notice = self._history.ledger.get(identifier)
        if notice is not None:
            result: Result = "delivered" if arrived else "undelivered"
            await self._history.note(self._composer.outcome(notice, result))

    async def hear(self, number: str, text: str) -> None:
        """Take a reply: acknowledge with it, or say why it counts for nothing.

        Raises:
            BusError: the receipt could not be written; the reply must come again.
        """
        way = self._whose(number)
        if way is None:
            if self._useless.takes_stranger(self._steady()):
                log.warning("a reply from a number of no officer counts for nothing")
                why = Reply.UNKNOWN_NUMBER.value
                await self._history.note(self._composer.outcome(None, "reply-refused", why=why))
            return
        number = way.channel.address
        self._codes.know(number)
        if self._codes.lacks(number, text, self._clock()):
            self._open_codes(await self._history.look(self._clock()))
        reply, notice = self._codes.hear(number, text, self._clock())
        # One telephone may be that of several officers: whoever was sent the code has answered.
        way = (notice and self._way_of(notice)) or way
        if reply is Reply.COUNTS:
            assert notice is not None
            assert notice.code is not None
            if notice.is_test:
                await self._probing.answered(notice, way)
            else:
                await self._receipts.write(self._composer.receipt(notice, way.officer))
            self._codes.use(number, notice.code)
            await self._history.note(self._composer.outcome(notice, "answered"))
        elif not self._useless.takes(number, self._steady()) and reply is not Reply.UNKNOWN_CODE:
            # Each guess is written: a restart counts them from there.
            return
        else:
            say = log.error if reply is Reply.TOO_OFTEN else log.warning  # somebody may be guessing
            say("a reply counts for nothing", post=way.officer.post, why=reply.value)
            await self._history.note(self._composer.outcome(notice, "reply-refused", why=reply.value, way=way))
        answer = self._composer.answer(way, reply, notice)
        await self._history.write(answer)
        await self._dispatch(answer)

    def _open_codes(self, ledger: Ledger) -> None:
        """Let the codes of notices that were written down count, whichever process gave them out."""
        for notice in ledger.all():
            if notice.code is not None and (way := self._way_of(notice)) is not None:
                self._open(way, notice)
                if notice.id in ledger.answered:
                    self._codes.use(way.channel.address, notice.code)

    async def send_digests(self) -> None:
        """Send every digest that is due.

        Raises:
            BusError: one could not be written down; it is still held.
        """
        for post, held in list(self._history.ledger.held.items()):
            if held and self._flood(post).is_due(self._steady()):
                await self._send_digest(post)

    async def _send_digest(self, post: str) -> None:
        async with self._planning:
            held = self._history.ledger.held[post]
            officer = next((each for each in self._officers.listed() if each.post == post), None)
            if officer is None or not officer.channels:
                log.error("nobody is there any more for what a flood held back", post=post, count=len(held))
                gone = [self._composer.outcome(each, "unreachable", why="the officer is gone") for each in held]
                await self._history.write(*gone)
                del self._history.ledger.held[post]
                return
            notices = [self._composer.digest(Way(officer, each), held) for each in officer.channels]
            await self._history.write(*notices)
            self._flood(post).note_digest(self._steady())
        for notice in notices:
            await self._dispatch(notice)

    def _planned(self, alert: Alert) -> list[NoticeRecord]:
        if self._clock() - alert.origin.timestamp > TOO_OLD:
            if self._history.ledger.knows(self._composer.identifier(alert)):
                return []
            why = f"the bus had it at {alert.origin.timestamp:%Y-%m-%d %H:%M} UTC"
            return [self._composer.unsent(alert, None, "too-old", why)]
        officers = self._officers.asked(alert)
        if not officers:
            log.error("an alert reaches no officer: nobody is in the list", alert=str(alert.origin))
            return [self._composer.unsent(alert, None, "unreachable", "nobody is in the list")]
        return [one for officer in officers for one in self._planned_for(officer, alert)]

    def _planned_for(self, officer: Officer, alert: Alert) -> list[NoticeRecord]:
        post, ledger = officer.post, self._history.ledger
        if ledger.knows(self._composer.identifier(alert, post)):
            return []
        if not officer.channels:
            log.error("an officer has no channel", post=post)
            return [self._composer.unsent(alert, post, "unreachable", "the officer has no channel")]
        missing = [
            each for each in officer.channels if not ledger.knows(self._composer.identifier(alert, post, each.name))
        ]
        if len(missing) == len(officer.channels):  # else it comes again after a restart, and was counted
            extreme = alert.event.severity == "Extreme"
            if self._flood(post).take(self._steady(), extreme=extreme) is Telling.IN_DIGEST:
                return [self._composer.held(officer, alert)]
        return [self._notice(Way(officer, channel), alert) for channel in missing]

    def _notice(self, way: Way, alert: Alert) -> Notice:
        code = None
        if self._composer.wants_code(alert, way.channel):
            identifier = self._composer.identifier(alert, way.officer.post, way.channel.name)
            code = self._codes.free(way.channel.address, identifier)
        return self._composer.notice(way, alert, code)

    async def _dispatch(self, notice: Notice) -> None:
        """Hand a notice to the pool of its kind, and let its code count."""
        way = self._way_of(notice)
        pool = None if notice.kind is None else self.pools.get(notice.kind)
        if way is None or pool is None:
            why = "the channel is no longer in the list" if way is None else "no server is set up for this kind"
            log.warning("a notice is given up", post=notice.post, channel=notice.channel, why=why)
            await self._history.note(self._composer.outcome(notice, "given-up", why=why))
            if way is not None and notice.is_test:
                await self._probing.unsent(notice, way)
            return
        self._open(way, notice)
        await pool.put(notice, way.channel.address)

    def _open(self, way: Way, notice: Notice) -> None:
        """Let a notice's code count, where a reply can come back over its channel."""
        if notice.code is not None and way.channel.kind == "sms":
            self._codes.open(way.channel.address, notice)

    def _flood(self, post: str) -> Flood:
        return self._floods.setdefault(post, Flood())

    def _way_of(self, notice: Notice) -> Way | None:
        return self._way(notice.post, notice.channel)

    def _way(self, post: str | None, name: str | None) -> Way | None:
        for officer in self._officers.listed():
            if officer.post == post and name is not None:
                channel = officer.channel(name)
                return None if channel is None else Way(officer, channel)
        return None

    def _whose(self, number: str) -> Way | None:
        for officer in self._officers.listed():
            for channel in officer.channels:
                if channel.kind == "sms" and digits(channel.address) == digits(number):
                    return Way(officer, channel)
        return None
