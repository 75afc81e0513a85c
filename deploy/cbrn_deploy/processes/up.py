"""The whole bus on one machine: broker, topics, a router for each lane, clerk, keeper and watch; kept running.

Whatever ends is started again. Only a broker that does not come up any more ends the bus, with a word on why: whoever
started it (a person, systemd) must know.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from cbrn_consumers.duties import Clerk
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_deploy.authority import access_folder
from cbrn_deploy.kafka import BrokerStartError, EmbeddedKafka, EmbeddedKafkaError, broker_folder
from cbrn_deploy.kafka.private_folder import private_folder
from cbrn_deploy.processes.catalogue import Follower, changed, tell_what_is_in_use
from cbrn_deploy.processes.children import (
    DeskProcess,
    FeedsProcess,
    GatewayProcess,
    InboundProcess,
    KeeperProcess,
    NotifyProcess,
    RouterProcess,
    WatchProcess,
    applied,
)
from cbrn_deploy.processes.local_users import admit
from cbrn_deploy.processes.overdue import end_what_is_over
from cbrn_deploy.provisioning import connected, planned_topics
from cbrn_routing.activation import Trust, TrustFileError
from cbrn_routing.bus.pauses import Pauses
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from cbrn_consumers.keeping import Keeper
    from cbrn_deploy.processes.children import ChildProcess
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 0.5
RESTART_PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before a process that ended is started again; the last repeats."""
STEADY_S: Final = 60.0
"""A process that ran as long as this begins the list of pauses again."""
SUPERVISOR_STARTS_MAX: Final = 5
"""So often a broker whose supervisor was killed is started again before the bus ends: 8 s, and what the starts take."""


async def bring_up(
    settings: Settings,
    data: Path,
    port: int,
    *,
    gateway: str | None = None,
    desk: str | None = None,
    notify: Mapping[str, Path] = MappingProxyType({}),
    feeds: bool = False,
    inbound: Path | None = None,
    plaintext: bool = False,
) -> None:
    """Run the bus until SIGINT or SIGTERM, which also end its start at once; data stay in `data`.

    `gateway`: the body whose programs may publish over HTTP; None for nobody's. `desk`: the body whose officers see all
    situations on pages, each other body's its own; None for no desk. `notify`: bodies whose officers are
    told, and each one's file of channels. `feeds`: serve what was released to partners; `inbound`: the file of
    partners from whom is taken in. `plaintext`: without encryption, users and rights.

    Raises what `cbrn_deploy.kafka`, `.provisioning` and `.processes` raise: also later, when the broker ends and does
    not come up again.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    private_folder(data, ours=False)
    if gateway is not None:
        _must_be_free(GatewayProcess.ADDRESS, f"cbrn run gateway --as {gateway}")
    if desk is not None:
        _must_be_free(DeskProcess.ADDRESS, f"cbrn run desk --body {desk} --all")
    if feeds:
        _must_be_free(FeedsProcess.ADDRESS, "cbrn run feeds")
    try:
        Trust.read(settings.rulebook_signers)
    except TrustFileError as error:  # each process says so in its own log, which nobody reads at the start
        log.warning(
            "signatures cannot be verified", file=str(settings.rulebook_signers), why=str(error), hint=error.hint
        )
    async with AsyncExitStack() as stack:
        kafka = EmbeddedKafka(
            broker_folder(data), port=port, keep=True, access=access_folder(data), plaintext=plaintext
        )
        stack.push_async_callback(asyncio.to_thread, kafka.stop)
        children: list[ChildProcess] = []
        catalogue = Follower(settings)  # what is changed from now on is news
        beside = _Beside(gateway, desk, notify, feeds, inbound)
        if not await finished(_start_all(settings, data, kafka, children, stack, beside), stopping):
            log.info("stopped while starting")
            return
        watchers = [asyncio.create_task(keep(child, stopping)) for child in children]
        watchers.append(asyncio.create_task(keep_broker(kafka, stopping)))
        own = _own(settings, kafka, data)
        watchers.append(asyncio.create_task(keep_catalogue(catalogue, own, stopping)))
        if not plaintext:  # in the clear there are no credentials
            watchers.append(asyncio.create_task(keep_credentials(own, stopping)))
        done, _ = await asyncio.wait(watchers, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        stopping.set()  # or they have ended since a broker was given up
        await asyncio.wait(watchers)
        for watcher in done:
            watcher.result()


def _must_be_free(address: str, apart: str) -> None:
    """Look before the broker starts whether somebody listens there: its topics take a minute to be made."""
    from cbrn_deploy.processes.listening import (  # noqa: PLC0415 - needs what a bus without pages and gateway does not
        ListenError,
        listener_at,
    )

    try:
        listener_at(address, address, exposed=None).close()
    except ListenError as error:
        host, _, port = address.rpartition(":")
        hint = f"End what listens there, or run it beside the bus: `uv run {apart} --listen {host}:{int(port) + 1}`."
        raise ListenError(error.message, hint) from None


class _Beside(NamedTuple):
    """What runs beside the core of the bus: see `bring_up`."""

    gateway: str | None
    desk: str | None
    notify: Mapping[str, Path]
    feeds: bool
    inbound: Path | None

    def children(self, own: Settings, logs: Path) -> Iterator[ChildProcess]:
        """Make its processes."""
        if self.gateway is not None:
            yield GatewayProcess(own, self.gateway, logs / "gateway.log")
        if self.desk is not None:
            yield DeskProcess(own, self.desk, logs / "desk.log", all_bodies=True)
        if self.feeds:
            yield FeedsProcess(own, logs / "feeds.log")
        if self.inbound is not None:
            yield InboundProcess(own, self.inbound, logs / "inbound.log")
        yield from (NotifyProcess(own, body, file, logs / f"notify-{body}.log") for body, file in self.notify.items())

    @property
    def addresses(self) -> dict[str, str]:
        """Where pages and doors are."""
        served = {"gateway": f"http://{GatewayProcess.ADDRESS}/events"} if self.gateway else {}
        served |= {"desk": f"http://{DeskProcess.ADDRESS}"} if self.desk else {}
        return served | ({"feeds": f"http://{FeedsProcess.ADDRESS}/feeds"} if self.feeds else {})


async def _start_all(  # noqa: PLR0917 - all of it is started
    settings: Settings,
    data: Path,
    kafka: EmbeddedKafka,
    children: list[ChildProcess],
    stack: AsyncExitStack,
    beside: _Beside,
) -> None:
    """Start broker, topics and processes one after the other; what is there is ended with `stack`."""
    await kafka.start_async()
    own = _own(settings, kafka, data)
    tell_what_is_in_use()
    log.info("broker up", bootstrap_servers=kafka.bootstrap_servers, data=str(data))
    async with connected(own) as cluster:
        today = datetime.now(UTC).date()
        planned = planned_topics(own.realm, shards=own.shards, replication=1, on=today)
        # One topic that somebody has raised must not keep all others from being routed.
        for held in (await cluster.apply(planned, own.realm)).remaining.odd:
            log.error(
                "a topic has another number of partitions",
                topic=held.topic,
                partitions=held.present,
                others=held.planned,
                hint=held.why,
            )
    logs = private_folder(data / "logs")
    children += [RouterProcess(own, lane, logs / f"router-{lane}.log", instance=f"{lane}-0") for lane in Lane]
    children += [KeeperProcess(own, keeper, logs / f"{keeper.role}.log") for keeper in _keepers(own)]
    children.append(WatchProcess(own, logs / "watch.log", instance="watch-0"))
    children += beside.children(own, logs)
    await admit(kafka, children)
    for child in children:
        stack.push_async_callback(child.stop)
    await asyncio.gather(*(child.start() for child in children))
    log.info("the bus is up", realm=own.realm.value, logs=str(logs), stop="Ctrl-C", **beside.addresses)


def _keepers(settings: Settings) -> list[type[Keeper]]:
    """Return whoever keeps a topic of the bus here; where there are agreements, also copies for partners."""
    keepers: list[type[Keeper]] = [Clerk, QuarantineKeeper]
    if settings.agreements is not None:
        from cbrn_consumers.partners.keeper import PartnersKeeper  # noqa: PLC0415 - needs what a bus without does not

        keepers.append(PartnersKeeper)
    return keepers


def _own(settings: Settings, kafka: EmbeddedKafka, data: Path) -> Settings:
    """Return the settings of whatever works with this bus's broker."""
    return settings.reaching(kafka.settings(), data_dir=data)


async def keep_catalogue(catalogue: Follower, settings: Settings, stopping: asyncio.Event) -> None:
    """Make topics and rights that a changed catalogue needs; the processes wait for them, and then take it."""
    while await finished(changed(catalogue), stopping):
        pauses = Pauses(RESTART_PAUSES_S, STEADY_S)
        while (why := await applied(settings)) is not None:
            pause_s = pauses.after(0)
            log.error("the changed catalogue could not be applied", why=why, pause_s=pause_s)
            if await _stops_within(pause_s, stopping):
                return
        log.info("the topics and rights of the changed catalogue are there")


async def keep_credentials(settings: Settings, stopping: asyncio.Event) -> None:
    """End the credentials whose time is over."""
    await finished(end_what_is_over(settings), stopping)


async def finished(work: Coroutine[Any, Any, object], stopping: asyncio.Event) -> bool:
    """Do some work unless the bus is to stop first: it is then cancelled, and undoes what it began. Whether it is done.

    Raises what the work raises.
    """
    working, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return True
        return False
    finally:
        stopped.cancel()
        if not working.done():
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


async def keep_broker(kafka: EmbeddedKafka, stopping: asyncio.Event) -> None:
    """Tell what becomes of the broker, and start it again where its supervisor, which does so otherwise, was killed.

    Raises:
        EmbeddedKafkaError: it does not come up any more.
    """
    while not await _stops_within(LOOK_EVERY_S, stopping):
        for said in kafka.news():
            event = said["event"]
            if event == "died":
                pause_s, logs = said["pause_s"], str(kafka.folder)
                log.error("the broker ended, starting it again", how=said["how"], pause_s=pause_s, logs=logs)
            elif event == "restarted":
                log.warning("the broker is up again", process=said["pid"])
            elif event == "failed":
                raise given_up(kafka.start_error(said))
            elif event == "gone":
                log.error("the broker's supervisor was killed, starting both again", logs=str(kafka.folder))
                await finished(_supervise_again(kafka), stopping)


async def _supervise_again(kafka: EmbeddedKafka) -> None:
    for pause_s in RESTART_PAUSES_S[: SUPERVISOR_STARTS_MAX - 1]:
        try:
            await _start_again(kafka)
        except EmbeddedKafkaError as error:
            log.error("the broker did not come up", error=str(error), pause_s=pause_s)  # noqa: TRY400 - told in words
            await asyncio.sleep(pause_s)
        else:
            return
    try:
        await _start_again(kafka)
    except EmbeddedKafkaError as error:
        raise given_up(error) from error


async def _start_again(kafka: EmbeddedKafka) -> None:
    await asyncio.to_thread(kafka.stop)
    await kafka.start_async()
    log.warning("the broker is up again", process=kafka.pids[1])


def given_up(error: EmbeddedKafkaError) -> EmbeddedKafkaError:
    """Return the same, told by a bus that ran until then and ends now."""
    return BrokerStartError(
        f"the broker ended and does not come up again, so the bus has ended: {error}", hint=error.hint, log=error.log
    )


async def keep(child: ChildProcess, stopping: asyncio.Event) -> None:
    """Start a process again whenever it ends, until the bus is to stop."""
    loop = asyncio.get_running_loop()
    pauses, began = Pauses(RESTART_PAUSES_S, STEADY_S), loop.time()
    while not await _stops_within(LOOK_EVERY_S, stopping):
        if child.running:
            continue
        pause = pauses.after(loop.time() - began)
        log.warning("a process ended, starting it again", process=child.name, pause_s=pause, log=str(child.log_file))
        if await _stops_within(pause, stopping):
            return
        try:
            if await finished(child.start(), stopping):
                log.warning("a process is up again", process=child.name)
        except Exception as error:  # noqa: BLE001 - whatever it was (no memory, no file left): it is tried again
            log.warning("a process did not come up", process=child.name, error=str(error).partition("\n")[0])
        began = loop.time()


async def _stops_within(seconds: float, stopping: asyncio.Event) -> bool:
    """Wait, but no longer than until the bus is to stop; whether it is."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return False
    return True
