"""A client in any language, tried on a bus of its own: a broker, the topics of one body, and what the client wrote."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.processes.children import BROKER_VARIABLES
from cbrn_deploy.processes.local_users import give_certificate, give_password
from cbrn_deploy.provisioning import connected, planned_topics
from cbrn_routing.bus.read import read_all
from cbrn_schemas.errors import BusError
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, from_topic, to_topic
from cbrn_schemas.users import User

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from cbrn_routing.bus.read import Bytes

SHARDS: Final = 16
"""Partitions of each topic: by another hash than murmur2 a key lies right by chance once in sixteen times."""
STOP_WITHIN_S: Final = 5.0


class ClientError(BusError):
    """The client could not be started, or did not end in time."""


@asynccontextmanager
async def trial_bus(
    settings: Settings, body: str, *, by_certificate: bool = False
) -> AsyncGenerator[tuple[Settings, Settings]]:
    """Start a broker with the topics of a body; it ends, and its files go, with the context.

    Yields our settings, of whoever owns the broker, and the client's: a user with the body's rights, and a password or
    a certificate.

    Raises what `cbrn_deploy.kafka` and `.provisioning` raise.
    """
    with TemporaryDirectory(prefix="cbrn-trial-") as folder:
        async with EmbeddedKafka() as kafka:
            own = settings.reaching(kafka.settings(), shards=SHARDS)
            user = User(own.realm, body)
            if by_certificate:
                file = await give_certificate(kafka, user)
            else:
                file = await give_password(kafka, user, Path(folder))
            await provision(own, body)
            yield own, own.reaching(Settings(credentials=file))


async def provision(settings: Settings, body: str) -> None:
    """Create the topics of a body."""
    wanted = set(topics(settings, body).values())
    today = datetime.now(UTC).date()
    planned = planned_topics(settings.realm, shards=settings.shards, replication=1, on=today)
    async with connected(settings) as cluster:
        await cluster.create([spec for spec in planned if spec.name in wanted])


def variables(settings: Settings, body: str) -> dict[str, str]:
    """Return what a client is told in its environment: its password, too, since not every client reads our files."""
    password = "" if settings.password is None else settings.password.get_secret_value()
    own = {
        "CBRN_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "CBRN_SECURITY_PROTOCOL": settings.security_protocol,
        "CBRN_CREDENTIALS": settings.credentials,
        "CBRN_CA_FILE": settings.ca_file,
        "CBRN_CERTIFICATE_FILE": settings.certificate_file,
        "CBRN_KEY_FILE": settings.key_file,
        "CBRN_USERNAME": settings.username,
        "CBRN_PASSWORD": password,
    }
    return (
        {name: str(value) for name, value in own.items() if value}
        | {
            "CBRN_REALM": settings.realm.value,
            "CBRN_BODY": body,
        }
        | topics(settings, body)
    )


def topics(settings: Settings, body: str) -> dict[str, str]:
    """Return the topics that a client is told, by their variables."""
    realm = settings.realm
    return {
        "CBRN_TOPIC_INCIDENTS": from_topic(realm, body, Lane.INCIDENTS),
        "CBRN_TOPIC_MONITORING": from_topic(realm, body, Lane.MONITORING),
        "CBRN_TOPIC_ALERTS": to_topic(realm, body, Lane.INCIDENTS.delivery),
    }


async def run_client(command: Sequence[str], settings: Settings, body: str, within_s: float) -> int:
    """Run a client to its end and return its exit status; what it says goes to standard error.

    Raises:
        ClientError: there is no such program, or it still ran after `within_s` seconds; it is then ended.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env={name: value for name, value in os.environ.items() if name not in BROKER_VARIABLES}
            | variables(settings, body),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
        )
    except OSError as error:
        hint = "Write the command behind `--`, as in a shell: cbrn conformance mes -- java Sample.java"
        raise ClientError(f"{command[0]} cannot be started: {error.strerror}", hint) from error
    try:
        return await asyncio.wait_for(process.wait(), within_s)
    except TimeoutError:
        hint = "It should publish, wait until the broker has answered, and end; --for gives it more time."
        raise ClientError(f"the client still ran after {within_s:g} s, and was ended", hint) from None
    finally:
        await _end(process)  # also where it has ended: what it left behind would look for the broker for ever


async def _end(process: asyncio.subprocess.Process) -> None:
    """Stop the client and whatever it has started: politely, then for good."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
            return


async def sent(settings: Settings, body: str) -> list[Bytes]:
    """Read everything that a body's clients have written, in order of time."""
    return await read_all(settings, *(from_topic(settings.realm, body, lane) for lane in Lane))
