"""The router as a member of the exactly-once loop: its topics, memory, dispatcher, and the rule book in force."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cbrn_routing.router.batch import Tally
from cbrn_routing.router.body_keys import BodyKeys
from cbrn_routing.router.dispatch import Dispatcher
from cbrn_routing.router.in_force import Rulebooks
from cbrn_routing.router.inspecting import Inspector
from cbrn_routing.router.reporting import router_name
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.shards import lane_topics
from cbrn_schemas.catalogue.bodies import publishers, receivers
from cbrn_schemas.topics import (
    Lane,
    Realm,
    bus_topic,
    from_topic,
    misplaced_topic,
    router_group,
    state_topic,
    to_topic,
    transactional_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from cbrn_routing.bus.record import Record
    from cbrn_routing.decide import Engine
    from cbrn_routing.rulebook import RuleBook
    from cbrn_routing.shards import LaneTopics, MemberOptions, Name, Outbox
    from cbrn_routing.signatures.policy import SignaturePolicy
    from cbrn_schemas.errors import InvalidEventError

Place = TypeVar("Place")
SHARED: Final = ("decisions", "duties", "quarantine", "outbound")


class Router:
    """A member that routes one lane of one realm."""

    def __init__(
        self,
        options: MemberOptions,
        lane: Lane,
        engine: Engine,
        *,
        ingress: Collection[str] = (),
        engine_of: Callable[[RuleBook], Engine] | None = None,
        signatures: SignaturePolicy | None = None,
    ) -> None:
        """Take an `engine` that decides until `engine_of` makes one of a book that is put into force.

        Without `engine_of` no rule books are read from the bus. Without `ingress` the topics of every publishing body
        are read; with it, receivers may lack topics. Without `signatures` nobody's are looked at.

        Raises:
            SignaturePolicyError: signatures are required, and no key can be verified here.
        """
        settings = options.settings
        self.options = options
        self.realm: Realm = settings.realm
        self.lane = lane
        self.group = router_group(self.realm, lane)
        self.ingress = ingress or ingress_topics(self.realm, lane, options.clock())
        self.tally = Tally()
        self.rulebooks: Rulebooks | None = None
        self._chosen = bool(ingress)
        self._dispatcher = Dispatcher(self.realm, lane, engine, settings.lang, signatures)
        self.body_keys: BodyKeys | None = None
        self._inspector: Inspector | None = None
        if signatures is not None and signatures.looks:
            keys = self.body_keys = BodyKeys(settings, signatures)
            self._inspector = Inspector(misplaced_topic(self.realm, lane), keys.keys, options.clock)
        if engine_of is not None:
            name = router_name(lane, options.instance)
            self.rulebooks = Rulebooks(settings, engine_of, self._dispatcher.use, name=name)

    def transactional_id(self, shard: int) -> str:
        """Name the writer of a shard."""
        return transactional_id(self.realm, self.lane, shard)

    def topics(self, counts: Mapping[str, int]) -> LaneTopics:
        """Say what is read and written.

        Raises:
            ShardsError: topics are missing, or have too few partitions.
        """
        today = local_day(self.options.clock())
        told = [to_topic(self.realm, body, self.lane.delivery) for body in receivers(today, ahead=True)]
        if self._chosen:
            told = [topic for topic in told if topic in counts]
        return lane_topics(
            self.realm,
            self.lane,
            self.ingress,
            misplaced_topic(self.realm, self.lane),
            state_topic(self.realm, self.lane),
            [*told, *(bus_topic(self.realm, name) for name in SHARED)],
            counts,
        )

    async def prepare(self, stopping: asyncio.Event) -> None:
        """Follow rule books and keys; the first time, wait for the book in force and for the keys."""
        following = [one.caught_up(stopping) for one in (self.rulebooks, self.body_keys) if one is not None]
        await asyncio.gather(*following)

    async def close(self) -> None:
        """Follow rule books and keys no longer."""
        for one in (self.rulebooks, self.body_keys):
            if one is not None:
                await one.close()
        if self._inspector is not None:
            self._inspector.close()

    async def inspect(self, fetched: dict[Place, list[Any]]) -> dict[Place, list[Any]]:
        """Verify what is signed."""
        return fetched if self._inspector is None else await self._inspector.inspect(fetched)

    def new_state(self) -> ShardState:
        """Return a memory of nothing."""
        return ShardState()

    def handle(
        self,
        records: Iterable[Record],
        state: ShardState,
        outbox: Outbox,
        now: datetime,
        unwritable: Mapping[Name, InvalidEventError],
    ) -> None:
        """Dispatch records of one partition."""
        self._dispatcher.dispatch(records, state, outbox, now, self.tally, outbox.placement, unwritable)

    def elapse(self, state: ShardState, outbox: Outbox, now: datetime) -> None:
        """Do nothing: a router's memory is never due."""


def ingress_topics(realm: Realm, lane: Lane, now: datetime) -> list[str]:
    """Name the ingress topics of the lane, of every body that publishes today."""
    return sorted(from_topic(realm, body, lane.value) for body in publishers(local_day(now), ahead=True))
