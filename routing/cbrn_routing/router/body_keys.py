"""The keys that may sign, as the bus says: `<realm>.bus.keys`, read to its end at start and then followed.

Whoever may write the topic still cannot register a key: each record is verified here against this machine's own trust
file, and folded anew when that file changes. Whatever is wrong, the keys that were known stay known, and the log says
why.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import TopicPartition

from cbrn_routing.bus.errors import UnknownTopicError
from cbrn_routing.bus.pauses import Pauses
from cbrn_routing.bus.read import assigned, batch, catch_up, read_all
from cbrn_routing.signatures.errors import RegistrationError, SignaturePolicyError
from cbrn_routing.signatures.register import KeyRegister
from cbrn_routing.signing.trust import Trust
from cbrn_schemas.records import broker_time
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.signatures.policy import SignaturePolicy
    from cbrn_routing.signatures.register import RegisteredKey
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

CAUGHT_UP_WITHIN_S: Final = 30.0
"""A router that has just started waits so long for the keys, then it goes on without where no signature is required:
what is signed carries a warning until then. Where one is, it waits on, and says so: it would set good events aside."""
PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
STEADY_S: Final = 60.0
_Posted = tuple[int, datetime, bytes | None]


class BodyKeys:
    """The follower of the register of keys."""

    def __init__(self, settings: Settings, policy: SignaturePolicy) -> None:
        """Take the policy for which keys are wanted.

        Raises:
            SignaturePolicyError: signatures are required, and nobody's word on keys can be verified here.
        """
        if policy.demands and settings.rulebook_signers is None:
            raise SignaturePolicyError(
                "signatures are required, and there is no trust file: every such event would be set aside",
                "Set CBRN_RULEBOOK_SIGNERS to the list of those who may register keys.",
            )
        self._settings = settings
        self._policy = policy
        self._register = KeyRegister(settings.realm)
        self._posted: list[_Posted] = []
        self._trust = Trust()
        self._stamp: object = self
        """What tells whether the trust file has changed."""
        self._told = -1
        """Offset up to which it was told what does not count: folding anew must not tell it again."""
        self._read = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    def keys(self) -> Mapping[str, RegisteredKey]:
        """Return the keys of the moment, by id."""
        return self._register.keys

    async def caught_up(self, stopping: asyncio.Event) -> None:
        """Follow the register from now on. The first call waits for it; see `CAUGHT_UP_WITHIN_S`."""
        if self._following is not None:
            return
        self._following = asyncio.create_task(self._follow(), name="body-keys")
        awaited = [asyncio.create_task(event.wait()) for event in (self._read, stopping)]
        try:
            while True:
                done, _ = await asyncio.wait(awaited, timeout=CAUGHT_UP_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
                if done:
                    return
                log.error(
                    "the register of keys cannot be read yet",
                    waits_on=self._policy.demands,
                    hint="See the warnings above. Where signatures are required no event is routed until it is read.",
                )
                if not self._policy.demands:
                    return
        finally:
            for task in awaited:
                task.cancel()

    async def close(self) -> None:
        """Follow no longer."""
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following

    async def _follow(self) -> None:
        pauses, loop = Pauses(PAUSES_S, STEADY_S), asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._follow_once()
            except Exception as error:  # noqa: BLE001 - whatever it was: the keys stay known, and it is tried again
                if isinstance(error, UnknownTopicError) and not self._policy.demands:
                    self._read.set()  # a bus from before there were keys
                pause = pauses.after(loop.time() - began)
                log.warning(
                    "the register of keys cannot be followed; the keys that are known stay",
                    error=f"{type(error).__name__}: {error}",
                    hint=getattr(error, "hint", None),
                    pause_s=pause,
                    keys=len(self._register.keys),
                )
                await asyncio.sleep(pause)

    async def _follow_once(self) -> None:
        settings = self._settings
        posted: list[_Posted] = []
        async with assigned(settings, starts=_beginning(settings)) as (reader, partitions):
            async with aclosing(catch_up(reader, partitions, settings)) as batches:
                async for records in batches:
                    posted += map(_posted, records)
            self._posted = posted
            await self._fold()
            self._read.set()
            while True:
                records = await batch(reader, partitions, settings)
                if records or await asyncio.to_thread(self._trust_stamp) != self._stamp:
                    self._posted += map(_posted, records)
                    await self._fold()

    async def _fold(self) -> None:
        """Make the register of everything that lies on the topic, by the trust file of now: some hundred records."""
        stamp = await asyncio.to_thread(self._trust_stamp)
        self._trust = await asyncio.to_thread(Trust.read, self._settings.rulebook_signers)
        register = KeyRegister(self._settings.realm)
        if self._posted and not self._trust.signers and stamp != self._stamp:
            log.warning(
                "nobody's word on keys can be verified here: no signature counts",
                records=len(self._posted),
                hint="Set CBRN_RULEBOOK_SIGNERS to the list of those who may register keys.",
            )
        for offset, at, value in self._posted if self._trust.signers else ():
            try:
                record = register.take(value, at, self._trust)
            except RegistrationError as error:
                if offset > self._told:
                    log.warning("a record of a key does not count", offset=offset, why=str(error), hint=error.hint)
            else:
                if offset > self._told and self._read.is_set():
                    log.info("a record of a key counts from now on", offset=offset, act=record.act, kid=record.kid)
            self._told = max(self._told, offset)
        self._register, self._stamp = register, stamp

    def _trust_stamp(self) -> object:
        path = self._settings.rulebook_signers
        if path is None:
            return None
        try:
            found = path.stat()
        except OSError as error:
            return error.errno
        return found.st_mtime_ns, found.st_size, found.st_ino


async def read_key_records(settings: Settings) -> list[_Posted]:
    """Read everything on the realm's register of keys, in order: offset, the broker's time, value; not verified.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    return [_posted(record) for record in await read_all(settings, starts=_beginning(settings))]


def _beginning(settings: Settings) -> dict[TopicPartition, int]:
    """Tell where the register begins. It lies in one partition: its order counts."""
    return {TopicPartition(bus_topic(settings.realm, "keys"), 0): 0}


def _posted(record: Bytes | Any) -> _Posted:
    return record.offset, broker_time(record.timestamp, record.timestamp_type, datetime.now(UTC)), record.value
